"""Whether a document came in time for a gate."""

from datetime import datetime

from gateway.domain.gate import GateState
from gateway.domain.tenant import Tenant
from gateway.records.gates import GateStatus


def why_late(status: GateStatus, tenant: Tenant, received_at: datetime) -> str | None:
    """Why a gate does not take a document received at this moment; None if it does."""
    gate, own_close = status.gate, status.closed_by.get(tenant.tenant_id)
    if own_close is not None and own_close <= received_at:
        return f"{_received(received_at)}; you closed gate {gate.gate_id} at {_text(own_close)}"
    if not status.takes_at(received_at):
        times = f"takes documents from {_text(gate.opens_at)} to {_text(gate.waits_until)}"
        closed = f" and closed at {_text(status.closed_at)}" if status.closed_at else ""
        return f"{_received(received_at)}; gate {gate.gate_id} {times}{closed}"
    if status.state not in (GateState.OPEN, GateState.CLOSED):
        decided = f"{gate.gate_id} had to be decided before the document was processed"
        return f"{_received(received_at)}, in time, but {decided}"
    return None


def _received(moment: datetime) -> str:
    return f"received at {_text(moment)}"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
