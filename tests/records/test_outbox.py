"""What leaves: in order, once confirmed no more, and never under a cursor that was given before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.records.engine.store import Store
from gateway.records.messages import outbox, receiver_turns, webhooks
from gateway.records.messages.outbox import DeathCause, OutboxState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def message(payload: bytes = b"<a/>", answers: str | None = None) -> Outgoing:
    return Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", payload, answers=answers)


def test_a_cursor_reads_on_where_it_stopped(store: Store) -> None:
    with store.room("north").writing() as room:
        ids = [outbox.put(room, message(f"<m{n}/>".encode()), NOON) for n in range(5)]
        first = outbox.after(room, 0, 2)
        rest = outbox.after(room, first[-1].id, 10)
    assert [read.id for read in [*first, *rest]] == ids
    assert len({read.message_id for read in [*first, *rest]}) == 5


def test_an_id_is_never_given_twice(store: Store) -> None:
    with store.room("north").writing() as room:
        last = outbox.put(room, message(), NOON)
        room.execute(delete(outbox.outbox))
        assert outbox.put(room, message(), NOON) > last


def test_confirmed_messages_wait_no_more_but_can_be_read(store: Store) -> None:
    with store.room("north").writing() as room:
        first, second = outbox.put(room, message(), NOON), outbox.put(room, message(), NOON)
        assert outbox.confirm(room, first, NOON)
        assert outbox.confirm(room, first, NOON + timedelta(hours=1))
        waiting = next(iter(receiver_turns.due(room, LATER, 1)), None)
        confirmed = outbox.find(room, first)
        assert outbox.payload_of(room, first) == b"<a/>"
        assert not outbox.confirm(room, second + 1, NOON)
    assert waiting is not None
    assert waiting.id == second
    assert confirmed is not None
    assert (confirmed.state, confirmed.settled_at) == (OutboxState.DELIVERED, NOON)


def test_a_failed_attempt_does_not_undo_a_confirmation(store: Store) -> None:
    with store.room("north").writing() as room:
        sent = outbox.put(room, message(), NOON)
        outbox.confirm(room, sent, NOON)
        outbox.postpone(room, sent, "timed out", NOON, at=NOON, failures=1)
        outbox.give_up(room, sent, "timed out", DeathCause.ATTEMPTS, at=NOON, failures=1)
        found = outbox.find(room, sent)
    assert found is not None
    assert (found.state, found.attempts) == (OutboxState.DELIVERED, 0)


def test_failed_attempts_are_counted_and_explained(store: Store) -> None:
    with store.room("north").writing() as room:
        sent = outbox.put(room, message(), NOON)
        outbox.postpone(room, sent, "connection refused", NOON + timedelta(seconds=5), at=NOON, failures=1)
        waiting = next(iter(receiver_turns.due(room, LATER, 1)), None)
        outbox.give_up(room, sent, "too late", DeathCause.ATTEMPTS, at=NOON, failures=1)
        dead = outbox.find(room, sent)
        assert next(iter(receiver_turns.due(room, LATER, 1)), None) is None
    assert waiting is not None
    assert (waiting.attempts, waiting.last_error) == (1, "connection refused")
    assert waiting.next_attempt_at == NOON + timedelta(seconds=5)
    assert dead is not None
    assert (dead.state, dead.last_error) == (OutboxState.DEAD, "too late")


def test_answers_are_found_by_what_they_answer(store: Store) -> None:
    with store.room("north").writing() as room:
        outbox.put(room, message(answers="other"), NOON)
        wanted = outbox.put(room, message(answers="mine"), NOON)
        assert [found.id for found in outbox.answering(room, "mine")] == [wanted]


def test_a_new_webhook_gets_at_once_what_is_waiting(store: Store) -> None:
    with store.room("north").writing() as room:
        sent = outbox.put(room, message(), NOON)
        outbox.postpone(room, sent, "no answer", NOON + timedelta(minutes=15), at=NOON, failures=1)
        webhooks.put(room, "https://a.example/hook", NOON)
        waiting = next(iter(receiver_turns.due(room, LATER, 1)), None)
    assert waiting is not None
    assert (waiting.attempts, waiting.next_attempt_at) == (0, None)


def test_one_webhook_at_most(store: Store) -> None:
    with store.room("north").writing() as room:
        assert webhooks.find(room) is None
        webhooks.put(room, "https://a.example/hook", NOON)
        first = webhooks.find(room)
        assert first is not None
        webhooks.disable(room, first, "410 Gone", NOON)
        disabled = webhooks.find(room)
        webhooks.put(room, "https://b.example/hook", NOON)
        webhooks.disable(room, first, "410 Gone", NOON)  # an answer of the old address, too late
        replaced = webhooks.find(room)
        assert webhooks.remove(room)
        assert not webhooks.remove(room)
    assert disabled is not None
    assert (disabled.active, disabled.disabled_because) == (False, "410 Gone")
    assert replaced is not None
    assert (replaced.active, replaced.url) == (True, "https://b.example/hook")


def due(store: Store, now: datetime = NOON, most: int = 10) -> list[bytes | None]:
    with store.room("north").reading() as room:
        return [outbox.payload_of(room, one.id) for one in receiver_turns.due(room, now, most)]


def test_a_message_waits_for_its_conversation_alone(store: Store) -> None:
    with store.room("north").writing() as room:
        first = outbox.put(room, message(b"<a1/>", "a"), NOON)
        for payload, answers in ((b"<a2/>", "a"), (b"<b1/>", "b"), (b"<n1/>", None), (b"<n2/>", None)):
            outbox.put(room, message(payload, answers), NOON)
    assert due(store) == [b"<a1/>", b"<b1/>", b"<n1/>", b"<n2/>"]
    with store.room("north").writing() as room:
        outbox.postpone(room, first, "busy", LATER, at=NOON, failures=1)
    assert due(store) == [b"<b1/>", b"<n1/>", b"<n2/>"]
    assert due(store, LATER) == [b"<b1/>", b"<n1/>", b"<n2/>", b"<a1/>"], "what was tried comes after the new"
    assert due(store, LATER, 3) == [b"<b1/>", b"<n1/>", b"<n2/>"]
    with store.room("north").writing() as room:
        outbox.confirm(room, first, LATER)
    assert due(store)[0] == b"<a2/>"


def test_who_is_not_there_holds_up_nobody_else(store: Store) -> None:
    with store.room("north").writing() as room:
        for number in range(3):
            outbox.put(room, replace(message(b"<dead/>"), receiver=f"topic/{number % 2}"), NOON)
        outbox.put(room, message(b"<live/>"), NOON)
        receiver_turns.not_reached(room, "topic/0", 1, LATER)
        receiver_turns.not_reached(room, "topic/1", 4, LATER)
    assert due(store) == [b"<live/>"]
    with store.room("north").writing() as room:
        assert receiver_turns.failures(room, ["topic/1", "topic/2"]) == {"topic/1": 4}
        receiver_turns.reached(room, ["topic/1"])
    assert due(store) == [b"<dead/>", b"<live/>"]
    assert len(due(store, LATER)) == 4
    with store.room("north").writing() as room:
        receiver_turns.start_over(room)
    assert len(due(store)) == 4
