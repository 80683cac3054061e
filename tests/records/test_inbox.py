"""Envelopes are stored once, and settled once."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.envelope import Envelope
from gateway.ports import ConflictError
from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox
from gateway.records.messages.inbox import EnvelopeState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def envelope(message_id: str = "m1", payload: bytes = b"<a/>", received_at: datetime = NOON) -> Envelope:
    return Envelope("north", "rest", message_id, "application/xml", received_at, payload)


def test_an_envelope_is_found_as_it_was_put(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        receipt = inbox.put(uow, envelope())
    with stores.of("north").reading() as uow:
        stored = inbox.find(uow, receipt.envelope_id)
        assert stored is not None
        assert (stored.state, stored.received_at, stored.size) == (EnvelopeState.RECEIVED, NOON, 4)
        assert stored.sha256 == envelope().sha256
        assert inbox.payload_of(uow, receipt.envelope_id) == b"<a/>"
    with stores.of("south").reading() as uow:
        assert inbox.find(uow, receipt.envelope_id) is None


def test_a_repeated_message_is_the_same_envelope(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        first = inbox.put(uow, envelope())
    with stores.of("north").writing() as uow:
        again = inbox.put(uow, envelope(received_at=NOON + timedelta(hours=1)))
        assert inbox.unsettled(uow) == [first.envelope_id]
    assert not first.repeated
    assert again.repeated
    assert again.envelope_id == first.envelope_id


def test_other_content_under_the_same_message_id_is_a_conflict(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        first = inbox.put(uow, envelope())
    with pytest.raises(ConflictError, match="m1"), stores.of("north").writing() as uow:
        inbox.put(uow, envelope(payload=b"<b/>"))
    with stores.of("north").reading() as uow:
        assert inbox.payload_of(uow, first.envelope_id) == b"<a/>"


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (EnvelopeState.ACCEPTED, None),
        (EnvelopeState.PARTLY, b"<a/>"),
        (EnvelopeState.REFUSED, b"<a/>"),
    ],
)
def test_only_quarantine_keeps_payloads(stores: Stores, state: EnvelopeState, kept: bytes | None) -> None:
    with stores.of("north").writing() as uow:
        stored = inbox.put(uow, envelope())
        inbox.settle(uow, stored.envelope_id, state, NOON)
        assert inbox.payload_of(uow, stored.envelope_id) == kept
        assert inbox.unsettled(uow) == []


def test_only_what_came_before_a_moment_is_waited_for(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        early = inbox.put(uow, envelope("early", received_at=NOON - timedelta(seconds=1)))
        inbox.put(uow, envelope("late", received_at=NOON))
        assert inbox.unsettled(uow, NOON) == [early.envelope_id]
        assert inbox.count_unsettled(uow, NOON) == 1


def test_starts_are_counted(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        stored = inbox.put(uow, envelope())
        assert [inbox.count_start(uow, stored.envelope_id) for _ in range(3)] == [1, 2, 3]
