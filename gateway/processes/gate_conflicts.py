"""What a gate may not have in common with another one: its name, and the bids that it collects.

Gates of all markets are meant, but no text tells more of another one than its reader may see (None: who may
see every gate).
"""

from gateway.domain.gate import Gate
from gateway.domain.tenant import Tenant
from gateway.ports import UnitOfWork
from gateway.processes.errors import GateClashError, GateExistsError, GateNameError
from gateway.processes.participants import takes_part
from gateway.records.market import gates


def refuse_taken_name(shared: UnitOfWork, gate_id: str, caller: Tenant | None) -> None:
    """Names are one for all markets, so a conflict has to show.

    Raises:
        GateExistsError: the caller may see the gate of this name.
        GateNameError: it may not.
    """
    taken = gates.find(shared, gate_id)
    if taken is None:
        return
    if caller is None or takes_part(caller, taken.gate):
        raise GateExistsError(gate_id)
    raise GateNameError(gate_id)


def refuse_clash(shared: UnitOfWork, gate: Gate, caller: Tenant | None) -> None:
    """No two gates collect the same bids.

    Raises:
        GateClashError: another one does already. The text tells who may not see it nothing of it but that.
    """
    for other in gates.delivering_in(shared, gate.delivery):
        overlapping = set(other.gate.platforms) & set(gate.platforms)
        if other.gate.gate_id == gate.gate_id or other.gate.process != gate.process or not overlapping:
            continue
        bids = f"bids of {', '.join(sorted(overlapping))} for process {gate.process} and"
        if caller is None or takes_part(caller, other.gate):
            raise GateClashError(
                f"gate {other.gate.gate_id!r} already collects {bids} delivery {other.gate.delivery}"
            )
        raise GateClashError(f"{bids} this delivery, or a part of it, are already collected")
