"""Outgoing messages for a tenant, before they are stored."""

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.header import DocumentLabel
from gateway.domain.packed import Packed


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A document to hand over to a tenant.

    Attributes:
        kind: its family: a `DocumentKind`, or one that has no place in the canonical model.
        answers: id of the envelope or run it answers.
        gate_id: the gate whose result it reports; None for what reports none.
        not_after: when it is of no more use to the peer.
        wants: which document the peer's acknowledgement will name; None for what is not acknowledged.
        made_here: it is a document of ours, not one that is forwarded.
        message_id: for a message that is transferred from another store, always the same; else a new one.
        conversation: messages of the same one reach their receiver in their order; None: that of what it
            answers, and of a message that answers nothing, its own.
        receiver: the place on the channel that the peer named for this answer; None: that of the channel.
    """

    kind: str
    version: str
    payload: bytes | Packed
    answers: str | None = None
    not_after: datetime | None = None
    content_type: str = "application/xml"
    wants: DocumentLabel | None = None
    message_id: str | None = None
    made_here: bool = True
    conversation: str | None = None
    receiver: str | None = None
    gate_id: str | None = None
