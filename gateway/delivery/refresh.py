"""Rebuilding of documents that waited longer than their peer accepts.

Some peers silently drop documents whose `createdDateTime` is too old. What the document states still
holds, so it is sent as another document: with a new mRID and a new time.
"""

import uuid
from datetime import datetime
from typing import Final

from gateway.domain.document import DocumentLabel
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import CodedId
from gateway.domain.transport import TransportState, has_reached
from gateway.ports import UnitOfWork
from gateway.records.messages import acknowledgements, outbox, transports
from gateway.records.messages.outbox import StoredMessage
from mappings.renewing import renewed

_XML: Final = "application/xml"


def rebuilt(uow: UnitOfWork, message: StoredMessage, now: datetime) -> Outgoing | None:
    """The document of a message with a new mRID and time.

    None where that would not help or is not allowed: its own time is over, another party made it, it is no
    XML, or a network has it already.
    """
    if not message.made_here or message.content_type != _XML:
        return None
    if message.not_after is not None and message.not_after < now:
        return None
    status = transports.find(uow, message.message_id)
    payload = outbox.payload_of(uow, message.id)
    if payload is None or (status is not None and has_reached(status.state, TransportState.HANDED_OVER)):
        return None
    mrid = uuid.uuid4().hex
    data = renewed(payload, mrid, now)
    if data is None:
        return None
    known = acknowledgements.of(uow, [message.id]).get(message.id)
    wants = None
    if known is not None:
        sender = CodedId(known.sender)
        wants = DocumentLabel(known.family, message.version, sender, mrid, known.revision, now)
    return Outgoing(
        message.kind,
        message.version,
        data,
        message.answers,
        message.not_after,
        wants=wants,
        conversation=message.conversation,
        receiver=message.receiver,
        gate_id=message.gate_id,
    )
