"""What a message in the outbox is for its peer: how long it is of use, and by which ids the peer knows it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.domain.envelope import Envelope
from gateway.records import inbox, outbox
from gateway.records.outbox import StoredMessage


def end_of_use(message: StoredMessage, max_age: timedelta | None) -> datetime | None:
    """When the message is of no more use: by its own time or the age its peer takes, whichever is first."""
    ends = [] if message.not_after is None else [message.not_after]
    if max_age is not None:
        ends.append(message.created_at + max_age)
    return min(ends, default=None)


def envelope_of(
    room: Connection, tenant: str, channel: str, message: StoredMessage, max_age: timedelta | None
) -> Envelope | None:
    """The message in its envelope, with the peer's own ids where the peer knows them from this channel.

    None when the message was forgotten meanwhile.
    """
    payload = outbox.payload_of(room, message.id)
    if payload is None:
        return None
    answered = None if message.answers is None else inbox.find(room, message.answers)
    known_there = answered is not None and answered.channel == channel
    return Envelope(
        tenant=tenant,
        channel=channel,
        message_id=message.message_id,
        content_type=message.content_type,
        received_at=message.created_at,
        payload=payload,
        correlation_id=answered.correlation_id if answered and known_there else message.answers,
        message_type=message.kind,
        reply_to=answered.reply_to if answered and known_there else None,
        not_after=end_of_use(message, max_age),
    )
