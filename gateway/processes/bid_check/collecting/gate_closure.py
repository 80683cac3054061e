"""Whether a document came in time for a gate."""

from collections.abc import Sequence
from datetime import datetime

from gateway.domain.gate import Gate, GateState
from gateway.domain.market_time import Interval
from gateway.domain.tenant import Tenant
from gateway.ports import UnitOfWork
from gateway.records.engine.stores import Stores
from gateway.records.market import closings, gates
from gateway.records.market.gates import GateStatus


def why_late(uow: UnitOfWork, status: GateStatus, tenant: Tenant, received_at: datetime) -> str | None:
    """Why a gate does not accept a document received at this moment; None if it does.

    A closing document of the platform counts from the moment it took effect, whether the scheduler has noted
    it by then or not.
    """
    gate = status.gate
    own_close = status.closed_by.get(tenant.tenant_id) or closings.time_of(uow, gate.gate_id)
    if own_close is not None and own_close <= received_at:
        return f"{_received(received_at)}; you closed gate {gate.gate_id!r} at {own_close:%Y-%m-%dT%H:%M:%SZ}"
    if not status.takes_at(received_at):
        times = f"from {gate.opens_at:%Y-%m-%dT%H:%M:%SZ} to {gate.waits_until:%Y-%m-%dT%H:%M:%SZ}"
        closed = f" and closed at {status.closed_at:%Y-%m-%dT%H:%M:%SZ}" if status.closed_at else ""
        return f"{_received(received_at)}; gate {gate.gate_id!r} accepts documents {times}{closed}"
    if status.state not in (GateState.OPEN, GateState.CLOSED):
        decided = f"gate {gate.gate_id!r} had to be decided before the document was processed"
        return f"{_received(received_at)}, in time, but {decided}"
    return None


def why_none(stores: Stores, tenant: Tenant, period: Interval, process: str | None = None) -> str | None:
    """That the gates which would collect a platform's bids of `period` are cancelled; None if none is.

    `process` is what the gates are for; None for any.
    """
    cancelled = [gate.gate_id for gate in cancelled_gates(stores, tenant, period, process)]
    if len(cancelled) == 1:
        return f"gate {cancelled[0]!r} is cancelled, and no other collects your bids for {period}"
    if cancelled:
        named = ", ".join(map(repr, cancelled[:3])) + (", …" if len(cancelled) > 3 else "")
        return f"gates {named} are cancelled, and no other collects your bids for {period}"
    return None


def cancelled_gates(
    stores: Stores, tenant: Tenant, period: Interval, process: str | None = None
) -> Sequence[Gate]:
    """Cancelled gates that would collect a platform's bids of `period` for `process` (None: any), by
    delivery."""
    with stores.shared.reading() as uow:
        return [
            status.gate
            for status in gates.cancelled_in(uow, period)
            if tenant.tenant_id in status.gate.platforms and process in (None, status.gate.process)
        ]


def _received(moment: datetime) -> str:
    return f"received at {moment:%Y-%m-%dT%H:%M:%SZ}"
