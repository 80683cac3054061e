"""Demands of system operators for the lists of a gate: stated, withdrawn, listed."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike

from esmp.codes import code_set
from gateway.domain.bounds import MAX_DEMAND_MW
from gateway.domain.counted import counted
from gateway.domain.gate import Gate, GateState, UseOfLists
from gateway.domain.quantity import readable_number
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, UnitOfWork
from gateway.processes.bid_check.collecting.products import STANDARD, WAYS_OF_STANDARD, product_named
from gateway.processes.errors import (
    DemandInvalidError,
    DemandOverlapError,
    GateClosedError,
    NoDemandError,
    NotOfTheGateError,
)
from gateway.processes.gates import Gates
from gateway.processes.participants import oversees
from gateway.records.engine.stores import Stores
from gateway.records.market import bids, demands, gates
from gateway.records.market.demands import Demand
from gateway.records.market.gates import GateStatus


class Demands:
    """Demands of all gates, each in the store of the TSO that stated it."""

    def __init__(self, stores: Stores, gates: Gates, clock: Clock) -> None:
        self._stores = stores
        self._gates = gates
        self._clock = clock

    def state(
        self,
        gate_id: str,
        caller: Tenant,
        up_mw: ArrayLike,
        down_mw: ArrayLike,
        *,
        zone: str = "",
        product: str = "",
    ) -> Demand:
        """State what a TSO of the gate needs of the lists of a zone and product, MW per market time unit and
        direction.

        It replaces the demand that the TSO stated before for the same zone and product. Left out, they are
        those of the gate, if it has one of each; otherwise any (see `bid_check.lists.demands_of`). Then no
        statement may name one: whether two demands add up must never be a guess.

        Raises:
            UnknownGateError: see `Gates.find`.
            GateClosedError: the gate has closed.
            NotOfTheGateError: the caller is not one of its TSOs.
            DemandOverlapError: it names no zone, or for its zone no product, and another demand of the
                gate does, or vice versa.
            DemandInvalidError: unknown product, a zone or product that is none of the gate's, none where the
                gate names several, wrong length, negative or beyond the bound agreed with the
                caller, or the gate publishes prefix lists.
        """
        status = self._gates.find(gate_id, caller)
        if caller.tenant_id not in status.gate.system_operators:
            raise NotOfTheGateError(gate_id)
        if status.gate.use is UseOfLists.PREFIX:
            raise DemandInvalidError(f"gate {gate_id!r} publishes prefix lists, which need no demand")
        _check_product(product)
        _check_named("zone", zone, status.gate.zones)
        _check_named("product", product, _products(status.gate))
        zone, product = _completed(status.gate, zone, product)
        most_mw = min(caller.bounds.power_mw, MAX_DEMAND_MW)
        demand = Demand(
            gate_id,
            self._clock.now(),
            status.gate.delivery.end,
            _demand(up_mw, len(status.gate.units), "up_mw", most_mw),
            _demand(down_mw, len(status.gate.units), "down_mw", most_mw),
            zone,
            product,
        )
        with self._open_store(status, caller) as store:
            own = [(caller.tenant_id, one) for one in demands.of_gate(store, gate_id)]
            _refuse_unclear(demand, caller.tenant_id, [*own, *self._stated_by_others(status.gate, caller)])
            demands.put(store, demand)
        return demand

    def withdraw(self, gate_id: str, caller: Tenant, *, zone: str = "", product: str = "") -> None:
        """Withdraw the demand that a TSO stated with this zone and product, while the gate is open.

        Raises:
            UnknownGateError: see `Gates.find`.
            GateClosedError: the gate has closed.
            NoDemandError: it stated nothing with this zone and product.
        """
        status = self._gates.find(gate_id, caller)
        zone, product = _completed(status.gate, zone, product)
        with self._open_store(status, caller) as store:
            if not demands.remove(store, gate_id, zone, product):
                raise NoDemandError(gate_id, zone, product)

    def stated(self, gate_id: str, caller: Tenant) -> Sequence[tuple[str, Demand]]:
        """Demands stated for a gate, by TSO, zone and product: the caller's own; all for the operator.

        Raises:
            UnknownGateError: see `Gates.find`.
        """
        gate = self._gates.find(gate_id, caller).gate
        everybody = sorted(self._stores.present(gate.system_operators))
        found: list[tuple[str, Demand]] = []
        for name in everybody if oversees(caller, gate) else (caller.tenant_id,):
            with self._stores.of(name).reading() as uow:
                found += [(name, demand) for demand in demands.of_gate(uow, gate_id)]
        return found

    def has_bids_in(self, gate_id: str, zone: str) -> bool:
        """Whether any platform of a gate has bids in a bidding zone so far."""
        with self._stores.shared.reading() as shared:
            status = gates.find(shared, gate_id)
        for platform in () if status is None else self._stores.present(status.gate.platforms):
            with self._stores.of(platform).reading() as uow:
                if zone in bids.zones(uow, gate_id):
                    return True
        return False

    def _stated_by_others(self, gate: Gate, caller: Tenant) -> Iterator[tuple[str, Demand]]:
        """Demands that the other TSOs of a gate stated, by TSO."""
        for name in sorted(self._stores.present(gate.system_operators)):
            if name != caller.tenant_id:
                with self._stores.of(name).reading() as uow:
                    yield from ((name, one) for one in demands.of_gate(uow, gate.gate_id))

    @contextmanager
    def _open_store(self, status: GateStatus, caller: Tenant) -> Iterator[UnitOfWork]:
        """The caller's store, for writing, while the gate is held open.

        Raises:
            GateClosedError: it is not open.
        """
        gate_id = status.gate.gate_id
        # The shared store is held for writing: the gate cannot close between the look and the statement.
        with self._stores.shared.writing() as shared, self._stores.of(caller.tenant_id).writing() as uow:
            status = gates.find(shared, gate_id) or status
            if status.state is not GateState.OPEN:
                raise GateClosedError(
                    f"gate {gate_id!r} is {status.state}; demand is taken until it closes"
                    + (f" (it closed at {status.closed_at:%Y-%m-%dT%H:%M:%SZ})" if status.closed_at else "")
                )
            yield uow


def _check_named(part: str, given: str, of_gate: Collection[str]) -> None:
    """Refuse a zone or product that the gate does not have, and none where it has several."""
    if given and of_gate and given not in of_gate:
        known = ", ".join(sorted(of_gate))
        raise DemandInvalidError(f"the gate has no {part} {given}, it has {known}", f"/{part}")
    if not given and len(of_gate) > 1:
        several = ", ".join(sorted(of_gate))
        raise DemandInvalidError(f"the gate has {part}s {several}: name the one it is for", f"/{part}")


def _products(gate: Gate) -> set[str]:
    """The products of a gate's lists; none where it accepts any."""
    return {product_named(one) for one in gate.products}


def _completed(gate: Gate, zone: str, product: str) -> tuple[str, str]:
    """Zone and product, those of the gate in place of what is left out, where it has just one."""
    products = _products(gate)
    return zone or gate.only_zone, product or (next(iter(products)) if len(products) == 1 else "")


def _refuse_unclear(demand: Demand, stated_by: str, stated: Sequence[tuple[str, Demand]]) -> None:
    """Demands of a gate all name a zone, or none does; those of one zone all name a product, or none does.

    Raises:
        DemandOverlapError: names the other one.
    """
    part = "zone"
    conflicting = [(by, one) for by, one in stated if bool(one.zone) != bool(demand.zone)]
    if not conflicting:
        part = "product"
        same_zone = [(by, one) for by, one in stated if one.zone == demand.zone]
        conflicting = [(by, one) for by, one in same_zone if bool(one.product) != bool(demand.product)]
    if not conflicting:
        return
    by = conflicting[0][0]
    who = "you" if by == stated_by else by
    if getattr(demand, part):
        text = (
            f"{who} stated a demand without a {part}, which bids of any {part} may meet; a further one of a "
            f"{part} could be a part of it or more: withdraw that one first, or name no {part} either"
        )
    else:
        named = ", ".join(sorted({getattr(one, part) for _, one in conflicting}))
        text = (
            f"{who} stated a demand of {part} {named}; a further one without a {part} could be a part of it "
            f"or more: name the {part}"
        )
    raise DemandOverlapError(text, f"/{part}")


def _check_product(product: str) -> None:
    if product in WAYS_OF_STANDARD:
        raise DemandInvalidError(f"product {product} is in the lists of {STANDARD}: state that", "/product")
    if product and product not in code_set().lists["MarketProductTypeList"]:
        raise DemandInvalidError(
            f"product {product!r} is not in the code list of market products", "/product"
        )


def _demand(
    values: ArrayLike, units: int, name: str, most_mw: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    given = np.asarray(values, dtype=object)
    if any(isinstance(value, bool | str | bytes) for value in given.ravel()):  # none of these is a number
        raise DemandInvalidError(f"{name} is not a list of numbers", f"/{name}")
    try:
        mw = given.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DemandInvalidError(f"{name} is not a list of numbers", f"/{name}") from error
    if mw.shape != (units,):
        raise DemandInvalidError(
            f"{name} has {counted(mw.size, 'value')}; the gate has {counted(units, 'market time unit')}",
            f"/{name}",
        )
    bad = np.flatnonzero(~((mw >= 0) & (mw <= most_mw)))
    if bad.size:
        stated_mw, most = readable_number(mw[bad[0]]), readable_number(most_mw)
        place = f"{name}/{bad[0]}"
        raise DemandInvalidError(f"{place} is {stated_mw}; a demand is from 0 to {most} MW", f"/{place}")
    return mw
