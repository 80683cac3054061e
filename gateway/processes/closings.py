"""StatusRequest documents by which a platform declares that it has sent everything of a gate.

Every protocol that carries documents carries this one: it needs no words of its own for it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from gateway.domain.document import CanonicalDocument
from gateway.domain.gate import GateState
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.status_request import StatusRequest
from gateway.domain.tenant import Tenant
from gateway.ports import UnitOfWork
from gateway.records.engine.stores import Stores
from gateway.records.market import closings, gates

SENT_EVERYTHING: Final = "flexgate.sent-everything"
"""The attribute whose value names a gate."""


class RecordClosings:
    """The process for StatusRequest documents. Attributes of other names are recorded, not acted upon."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def apply(
        self,
        uow: UnitOfWork,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,  # noqa: ARG002 - the first declaration does not matter
        received_at: datetime,
    ) -> Sequence[Finding]:
        """Note of which gates everything was sent (`ports.DocumentApplier`); of all of them or of none."""
        if not isinstance(document, StatusRequest):
            raise TypeError(f"not a status request: {type(document).__name__}")
        names = [each.value for each in document.attributes if each.attribute == SENT_EVERYTHING]
        if not names:
            message = f"validated and recorded, not acted upon: no attribute is {SENT_EVERYTHING}"
            return [Finding(Stage.PROCESS, ReasonCode.COMPLEMENTARY, message)]
        faults = [fault for name in names for fault in self._faults(name, tenant, received_at)]
        if not faults:
            for name in names:
                closings.put(uow, name, received_at)
        return faults

    def _faults(self, gate_id: str, tenant: Tenant, received_at: datetime) -> Iterator[Finding]:
        with self._stores.shared.reading() as shared:
            status = gates.find(shared, gate_id)
        if status is None or tenant.tenant_id not in status.gate.platforms:
            message = f"no gate {gate_id!r} collects your bids"
        elif status.state is GateState.CANCELLED:
            message = f"gate {gate_id!r} is cancelled"
        elif received_at < status.gate.opens_at:
            message = f"gate {gate_id!r} opens at {status.gate.opens_at:%Y-%m-%dT%H:%M:%SZ}"
        else:
            return
        yield Finding(Stage.PROCESS, ReasonCode.GATE_NOT_OPEN, message, place=Place(Part.ATTRIBUTE_VALUE))
