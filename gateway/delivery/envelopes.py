"""Envelopes of messages in the outbox: expiry, and the ids by which the peer knows them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.domain.envelope import Envelope
from gateway.ports import UnitOfWork
from gateway.records.messages import inbox, outbox
from gateway.records.messages.outbox import StoredMessage


def end_of_use(message: StoredMessage, max_age: timedelta | None) -> datetime | None:
    """When the message expires: by its own time or the age its peer accepts, whichever is first."""
    ends = [] if message.not_after is None else [message.not_after]
    if max_age is not None:
        ends.append(message.created_at + max_age)
    return min(ends, default=None)


def envelopes_of(
    uow: UnitOfWork,
    tenant: str,
    channel: str,
    messages: Sequence[StoredMessage],
    max_age: timedelta | None,
) -> dict[int, Envelope]:
    """Messages in their envelopes, by their codes; nothing of those that were forgotten meanwhile.

    They have the peer's own ids where the peer knows them from this channel.
    """
    payloads = outbox.payloads_of(uow, [message.id for message in messages])
    answered = inbox.find_all(uow, [one.answers for one in messages if one.answers is not None])
    envelopes: dict[int, Envelope] = {}
    for message in messages:
        theirs = answered.get(message.answers or "")
        known_there = theirs is not None and theirs.channel == channel
        if message.id in payloads:
            envelopes[message.id] = Envelope(
                tenant=tenant,
                channel=channel,
                message_id=message.message_id,
                content_type=message.content_type,
                received_at=message.created_at,
                payload=payloads[message.id],
                correlation_id=theirs.correlation_id if theirs and known_there else message.answers,
                message_type=message.kind,
                answered_type=theirs.message_type if theirs else None,
                reply_to=theirs.reply_to if theirs and known_there else None,
                not_after=end_of_use(message, max_age),
                gate_id=message.gate_id,
                sha256=message.sha256,
            )
    return envelopes
