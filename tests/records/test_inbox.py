"""Envelopes are stored once, and settled once."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.envelope import Envelope
from gateway.ports import ConflictError
from gateway.records.engine.store import Store
from gateway.records.messages import inbox
from gateway.records.messages.inbox import EnvelopeState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def envelope(message_id: str = "m1", payload: bytes = b"<a/>", received_at: datetime = NOON) -> Envelope:
    return Envelope("north", "rest", message_id, "application/xml", received_at, payload)


def test_an_envelope_is_found_as_it_was_put(store: Store) -> None:
    with store.room("north").writing() as room:
        receipt = inbox.put(room, envelope())
    with store.room("north").reading() as room:
        stored = inbox.find(room, receipt.envelope_id)
        assert stored is not None
        assert (stored.state, stored.received_at, stored.size) == (EnvelopeState.RECEIVED, NOON, 4)
        assert stored.sha256 == envelope().sha256
        assert inbox.payload_of(room, receipt.envelope_id) == b"<a/>"
    with store.room("south").reading() as room:
        assert inbox.find(room, receipt.envelope_id) is None


def test_a_repeated_message_is_the_same_envelope(store: Store) -> None:
    with store.room("north").writing() as room:
        first = inbox.put(room, envelope())
    with store.room("north").writing() as room:
        again = inbox.put(room, envelope(received_at=NOON + timedelta(hours=1)))
        assert inbox.unsettled(room) == [first.envelope_id]
    assert not first.repeated
    assert again.repeated
    assert again.envelope_id == first.envelope_id


def test_other_content_under_the_same_message_id_is_a_conflict(store: Store) -> None:
    with store.room("north").writing() as room:
        first = inbox.put(room, envelope())
    with pytest.raises(ConflictError, match="m1"), store.room("north").writing() as room:
        inbox.put(room, envelope(payload=b"<b/>"))
    with store.room("north").reading() as room:
        assert inbox.payload_of(room, first.envelope_id) == b"<a/>"


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (EnvelopeState.ACCEPTED, None),
        (EnvelopeState.PARTLY, b"<a/>"),
        (EnvelopeState.REFUSED, b"<a/>"),
    ],
)
def test_only_quarantine_keeps_payloads(store: Store, state: EnvelopeState, kept: bytes | None) -> None:
    with store.room("north").writing() as room:
        stored = inbox.put(room, envelope())
        inbox.settle(room, stored.envelope_id, state, NOON)
        assert inbox.payload_of(room, stored.envelope_id) == kept
        assert inbox.unsettled(room) == []


def test_only_what_came_before_a_moment_is_waited_for(store: Store) -> None:
    with store.room("north").writing() as room:
        early = inbox.put(room, envelope("early", received_at=NOON - timedelta(seconds=1)))
        inbox.put(room, envelope("late", received_at=NOON))
        assert inbox.unsettled(room, NOON) == [early.envelope_id]
        assert inbox.count_unsettled(room, NOON) == 1


def test_starts_are_counted(store: Store) -> None:
    with store.room("north").writing() as room:
        stored = inbox.put(room, envelope())
        assert [inbox.count_start(room, stored.envelope_id) for _ in range(3)] == [1, 2, 3]
