"""Activations of the bids of a gate, as platforms reported them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.domain.bid import Direction
from gateway.domain.tenant import Tenant
from gateway.processes.errors import NotOfTheGateError
from gateway.processes.gates import Gates
from gateway.processes.participants import seen_names, sees_all
from gateway.records.engine.stores import Stores
from gateway.records.market import activations


@dataclass(frozen=True, slots=True)
class Activated:
    """That a bid was activated from `start` to `end`; with 0 MW, that it was not, or not any more.

    Attributes:
        direct: by direct activation, which delivers in the market time unit after it, too.
        created_at: `createdDateTime` of the document that reports it.
    """

    platform: str
    bid_id: str
    direction: Direction
    start: datetime
    end: datetime
    direct: bool
    quantity_mw: float
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GateActivations:
    """Reported activations of one gate.

    Attributes:
        unreported: platforms whose reports do not cover all of its delivery.
    """

    unreported: Sequence[str]
    reported: Sequence[Activated]


def activations_of(stores: Stores, gates: Gates, gate_id: str, caller: Tenant) -> GateActivations:
    """Reported activations in a gate's delivery, by platform, bid and time.

    A platform sees its own bids, the gate's TSOs and the operator all.

    Raises:
        UnknownGateError: see `Gates.find`.
        NotOfTheGateError: it is not the caller's business.
    """
    gate = gates.find(gate_id, caller).gate
    if caller.tenant_id not in gate.platforms and not sees_all(caller, gate):
        raise NotOfTheGateError(gate_id)
    start_s, end_s = (int(at.timestamp()) for at in (gate.delivery.start, gate.delivery.end))
    unreported: list[str] = []
    reported: list[Activated] = []
    for platform in stores.present(seen_names(gate.platforms, caller, gate)):
        with stores.of(platform).reading() as uow:
            if not activations.is_reported(uow, start_s, end_s):
                unreported.append(platform)
            reported += [
                Activated(
                    platform,
                    one.bid_id,
                    direction,
                    datetime.fromtimestamp(max(one.start_s, start_s), UTC),
                    datetime.fromtimestamp(min(one.end_s, end_s), UTC),
                    one.direct,
                    one.quantity_mw,
                    one.created_at,
                )
                for one, direction in activations.of_gate(uow, gate_id, start_s, end_s)
            ]
    return GateActivations(unreported, reported)
