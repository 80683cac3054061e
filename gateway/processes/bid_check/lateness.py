"""Whether a document came in time for a gate."""

from datetime import datetime

from gateway.domain.gate import GateState
from gateway.domain.tenant import Tenant
from gateway.records.gates import GateStatus


def why_late(status: GateStatus, tenant: Tenant, received_at: datetime) -> str | None:
    """Why a gate does not take a document received at this moment; None if it does."""
    gate = status.gate
    times = (
        f"gate {gate.gate_id} takes documents from {gate.opens_at:%Y-%m-%dT%H:%M:%SZ} to "
        f"{gate.waits_until:%Y-%m-%dT%H:%M:%SZ}"
    )
    received = f"received at {received_at:%Y-%m-%dT%H:%M:%SZ}"
    own_close = status.closed_by.get(tenant.tenant_id)
    if own_close is not None and own_close <= received_at:
        return f"{received}; you closed gate {gate.gate_id} at {own_close:%Y-%m-%dT%H:%M:%SZ}"
    if not status.takes_at(received_at):
        closed = f" and closed at {status.closed_at:%Y-%m-%dT%H:%M:%SZ}" if status.closed_at else ""
        return f"{received}; {times}{closed}"
    if status.state not in (GateState.OPEN, GateState.CLOSED):
        return f"{received}, in time, but {gate.gate_id} had to be decided before the document was processed"
    return None
