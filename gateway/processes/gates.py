"""Gates: who may see them, when they close, what is demanded. They only move forward."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from gateway.domain.bounds import MAX_DEMAND_MW
from gateway.domain.gate import Gate, GateState, UseOfLists
from gateway.domain.tenant import Tenant, TenantRole
from gateway.ports import Clock
from gateway.processes.errors import (
    DemandInvalidError,
    GateClashError,
    GateClosedError,
    GateExistsError,
    GateInvalidError,
    NotOfTheGateError,
    UnknownGateError,
)
from gateway.records import demands, gates
from gateway.records.demands import Demand
from gateway.records.gates import GateStatus
from gateway.records.store import Store

MAX_UNITS = 10_000
"""Market time units of one gate; a year of hours, or a quarter of quarter hours."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,34}")


class Gates:
    """All gates of the house."""

    def __init__(self, store: Store, tenants: Mapping[str, Tenant], clock: Clock) -> None:
        self._store = store
        self._tenants = tenants
        self._clock = clock

    def create(self, gate: Gate) -> GateStatus:
        """Open a gate.

        Raises:
            GateExistsError: the name is taken.
            GateInvalidError: a participant is unknown or has another role, or the name cannot stand in an
                address.
            GateClashError: one of its platforms already has a gate for the same process and delivery.
        """
        self._check(gate)
        with self._store.house.writing() as house:
            if gates.find(house, gate.gate_id) is not None:
                raise GateExistsError(gate.gate_id)
            for other in gates.delivering_in(house, gate.delivery):
                shared = set(other.gate.platforms) & set(gate.platforms)
                if other.gate.process == gate.process and shared:
                    raise GateClashError(
                        f"gate {other.gate.gate_id!r} already collects bids of {', '.join(sorted(shared))} "
                        f"for process {gate.process} and delivery {other.gate.delivery}"
                    )
            gates.put(house, gate)
        return GateStatus(gate, GateState.OPEN, {}, None)

    def listed(self, caller: Tenant) -> Sequence[GateStatus]:
        """Gates the caller takes part in, latest delivery first; the operator sees all."""
        with self._store.house.reading() as house:
            return [status for status in gates.listed(house) if _takes_part(caller, status.gate)]

    def find(self, gate_id: str, caller: Tenant) -> GateStatus:
        """One gate.

        Raises:
            UnknownGateError: there is none, or the caller takes no part in it.
        """
        with self._store.house.reading() as house:
            status = gates.find(house, gate_id)
        if status is None or not _takes_part(caller, status.gate):
            raise UnknownGateError(gate_id)
        return status

    def close(self, gate_id: str, caller: Tenant) -> GateStatus:
        """A platform has sent everything (the gate closes with the last of them); the operator closes now.

        Closing what is closed changes nothing.

        Raises:
            UnknownGateError: see `find`.
            GateClosedError: a platform closes before the gate opens.
        """
        gate = self.find(gate_id, caller).gate
        now = self._clock.now()
        if caller.role is TenantRole.PLATFORM and now < gate.opens_at:
            raise GateClosedError(f"gate {gate_id!r} opens at {gate.opens_at:%Y-%m-%dT%H:%M:%SZ}")
        with self._store.house.writing() as house:
            if caller.role is TenantRole.PLATFORM:
                gates.close_platform(house, gate_id, caller.tenant_id, now)
                status = gates.find(house, gate_id)
                everybody = status is not None and not status.missing
            else:
                everybody = True
            if everybody:
                gates.close(house, gate_id, now)
        return self.find(gate_id, caller)

    def state_demand(
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

        It replaces what the TSO stated before for the same zone and product. Left out, they stand for the
        only zone or product in which there are bids when the gate closes.

        Raises:
            UnknownGateError: see `find`.
            GateClosedError: the gate has closed.
            NotOfTheGateError: the caller is not one of its TSOs.
            DemandInvalidError: wrong length, negative or not finite, or the gate publishes prefix lists.
        """
        status = self.find(gate_id, caller)
        if caller.tenant_id not in status.gate.system_operators:
            raise NotOfTheGateError(gate_id)
        if status.gate.use is UseOfLists.PREFIX:
            raise DemandInvalidError(f"gate {gate_id!r} publishes prefix lists, which need no demand")
        demand = Demand(
            gate_id,
            self._clock.now(),
            _demand(up_mw, len(status.gate.units), "up_mw"),
            _demand(down_mw, len(status.gate.units), "down_mw"),
            zone,
            product,
        )
        # Inside a writing house, so that the gate cannot close between the look and the statement.
        with self._store.house.writing() as house, self._store.room(caller.tenant_id).writing() as room:
            status = gates.find(house, gate_id) or status
            if status.state is not GateState.OPEN:
                raise GateClosedError(
                    f"gate {gate_id!r} is {status.state}; demand is taken until it closes"
                    + (f" (it closed at {status.closed_at:%Y-%m-%dT%H:%M:%SZ})" if status.closed_at else "")
                )
            demands.put(room, demand)
        return demand

    def demands(self, gate_id: str, caller: Tenant) -> Sequence[Demand]:
        """What the caller itself stated for a gate, by zone and product.

        Raises:
            UnknownGateError: see `find`.
        """
        self.find(gate_id, caller)
        with self._store.room(caller.tenant_id).reading() as room:
            return demands.of_gate(room, gate_id)

    def _check(self, gate: Gate) -> None:
        if _NAME.fullmatch(gate.gate_id) is None:
            raise GateInvalidError(f"gate id {gate.gate_id!r}: up to 35 letters, digits, '.', '_', '-'")
        if len(gate.units) > MAX_UNITS:
            raise GateInvalidError(f"{len(gate.units)} market time units; at most {MAX_UNITS}")
        for names, roles, what in (
            (gate.system_operators, (TenantRole.TSO,), "a TSO"),
            (gate.platforms, (TenantRole.PLATFORM,), "a platform"),
            (gate.grid_operators, (TenantRole.DSO, TenantRole.TSO), "a grid operator"),
        ):
            if len(set(names)) != len(names):
                raise GateInvalidError(f"a participant is named twice: {', '.join(names)}")
            for name in names:
                if name not in self._tenants or self._tenants[name].role not in roles:
                    raise GateInvalidError(f"{name!r} is not {what}")


def sees_all(tenant: Tenant, gate: Gate) -> bool:
    """Whether the whole of a gate is a tenant's business: its TSOs' and the operator's."""
    return tenant.role is TenantRole.OPERATOR or tenant.tenant_id in gate.system_operators


def _takes_part(tenant: Tenant, gate: Gate) -> bool:
    return sees_all(tenant, gate) or tenant.tenant_id in (*gate.platforms, *gate.grid_operators)


def _demand(values: ArrayLike, units: int, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    given = np.asarray(values, dtype=object)
    if any(isinstance(value, bool | str | bytes) for value in given.ravel()):  # none of these is a number
        raise DemandInvalidError(f"{name} is not a list of numbers")
    try:
        mw = given.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DemandInvalidError(f"{name} is not a list of numbers") from error
    if mw.shape != (units,):
        raise DemandInvalidError(f"{name} has {mw.size} values; the gate has {units} market time units")
    bad = np.flatnonzero(~((mw >= 0) & (mw <= MAX_DEMAND_MW)))
    if bad.size:
        raise DemandInvalidError(
            f"{name}/{bad[0]} is {mw[bad[0]]:g}; a demand is from 0 to {MAX_DEMAND_MW:,.0f} MW"
        )
    return mw
