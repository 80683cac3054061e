"""What leaves: in order, once confirmed no more, and never under a cursor that was given before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.records.engine.stores import Stores
from gateway.records.messages import outbox, receiver_turns, webhooks
from gateway.records.messages.outbox import DeathCause, OutboxState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def message(payload: bytes = b"<a/>", answers: str | None = None) -> Outgoing:
    return Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", payload, answers=answers)


def test_a_cursor_reads_on_where_it_stopped(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        ids = [outbox.put(uow, message(f"<m{n}/>".encode()), NOON) for n in range(5)]
        first = outbox.after(uow, 0, 2)
        rest = outbox.after(uow, first[-1].id, 10)
    assert [read.id for read in [*first, *rest]] == ids
    assert len({read.message_id for read in [*first, *rest]}) == 5


def test_an_id_is_never_given_twice(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        last = outbox.put(uow, message(), NOON)
        uow.execute(delete(outbox.outbox))
        assert outbox.put(uow, message(), NOON) > last


def test_confirmed_messages_wait_no_more_but_can_be_read(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        first, second = outbox.put(uow, message(), NOON), outbox.put(uow, message(), NOON)
        assert outbox.confirm(uow, first, NOON)
        assert outbox.confirm(uow, first, NOON + timedelta(hours=1))
        waiting = next(iter(receiver_turns.due(uow, LATER, 1)), None)
        confirmed = outbox.find(uow, first)
        assert outbox.payload_of(uow, first) == b"<a/>"
        assert not outbox.confirm(uow, second + 1, NOON)
    assert waiting is not None
    assert waiting.id == second
    assert confirmed is not None
    assert (confirmed.state, confirmed.settled_at) == (OutboxState.DELIVERED, NOON)


def test_a_failed_attempt_does_not_undo_a_confirmation(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        sent = outbox.put(uow, message(), NOON)
        outbox.confirm(uow, sent, NOON)
        outbox.postpone(uow, sent, "timed out", NOON, at=NOON, failures=1)
        outbox.give_up(uow, sent, "timed out", DeathCause.ATTEMPTS, at=NOON, failures=1)
        found = outbox.find(uow, sent)
    assert found is not None
    assert (found.state, found.attempts) == (OutboxState.DELIVERED, 0)


def test_failed_attempts_are_counted_and_explained(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        sent = outbox.put(uow, message(), NOON)
        outbox.postpone(uow, sent, "connection refused", NOON + timedelta(seconds=5), at=NOON, failures=1)
        waiting = next(iter(receiver_turns.due(uow, LATER, 1)), None)
        outbox.give_up(uow, sent, "too late", DeathCause.ATTEMPTS, at=NOON, failures=1)
        dead = outbox.find(uow, sent)
        assert next(iter(receiver_turns.due(uow, LATER, 1)), None) is None
    assert waiting is not None
    assert (waiting.attempts, waiting.last_error) == (1, "connection refused")
    assert waiting.next_attempt_at == NOON + timedelta(seconds=5)
    assert dead is not None
    assert (dead.state, dead.last_error) == (OutboxState.DEAD, "too late")


def test_answers_are_found_by_what_they_answer(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        outbox.put(uow, message(answers="other"), NOON)
        wanted = outbox.put(uow, message(answers="mine"), NOON)
        assert [found.id for found in outbox.answering(uow, "mine")] == [wanted]


def test_a_new_webhook_gets_at_once_what_is_waiting(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        sent = outbox.put(uow, message(), NOON)
        outbox.postpone(uow, sent, "no answer", NOON + timedelta(minutes=15), at=NOON, failures=1)
        webhooks.put(uow, "https://a.example/hook", NOON)
        waiting = next(iter(receiver_turns.due(uow, LATER, 1)), None)
    assert waiting is not None
    assert (waiting.attempts, waiting.next_attempt_at) == (0, None)


def test_one_webhook_at_most(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        assert webhooks.find(uow) is None
        webhooks.put(uow, "https://a.example/hook", NOON)
        first = webhooks.find(uow)
        assert first is not None
        webhooks.disable(uow, first, "410 Gone", NOON)
        disabled = webhooks.find(uow)
        webhooks.put(uow, "https://b.example/hook", NOON)
        webhooks.disable(uow, first, "410 Gone", NOON)  # an answer of the old address, too late
        replaced = webhooks.find(uow)
        assert webhooks.remove(uow)
        assert not webhooks.remove(uow)
    assert disabled is not None
    assert (disabled.active, disabled.disabled_because) == (False, "410 Gone")
    assert replaced is not None
    assert (replaced.active, replaced.url) == (True, "https://b.example/hook")


def due(stores: Stores, now: datetime = NOON, most: int = 10) -> list[bytes | None]:
    with stores.of("north").reading() as uow:
        return [outbox.payload_of(uow, one.id) for one in receiver_turns.due(uow, now, most)]


def test_a_message_waits_for_its_conversation_alone(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        first = outbox.put(uow, message(b"<a1/>", "a"), NOON)
        for payload, answers in ((b"<a2/>", "a"), (b"<b1/>", "b"), (b"<n1/>", None), (b"<n2/>", None)):
            outbox.put(uow, message(payload, answers), NOON)
    assert due(stores) == [b"<a1/>", b"<b1/>", b"<n1/>", b"<n2/>"]
    with stores.of("north").writing() as uow:
        outbox.postpone(uow, first, "busy", LATER, at=NOON, failures=1)
    assert due(stores) == [b"<b1/>", b"<n1/>", b"<n2/>"]
    assert due(stores, LATER) == [b"<b1/>", b"<n1/>", b"<n2/>", b"<a1/>"], (
        "what was tried comes after the new"
    )
    assert due(stores, LATER, 3) == [b"<b1/>", b"<n1/>", b"<n2/>"]
    with stores.of("north").writing() as uow:
        outbox.confirm(uow, first, LATER)
    assert due(stores)[0] == b"<a2/>"


def test_a_receiver_that_is_not_there_delays_no_other(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        for number in range(3):
            outbox.put(uow, replace(message(b"<dead/>"), receiver=f"topic/{number % 2}"), NOON)
        outbox.put(uow, message(b"<live/>"), NOON)
        receiver_turns.not_reached(uow, "topic/0", 1, LATER)
        receiver_turns.not_reached(uow, "topic/1", 4, LATER)
    assert due(stores) == [b"<live/>"]
    with stores.of("north").writing() as uow:
        assert receiver_turns.failures(uow, ["topic/1", "topic/2"]) == {"topic/1": 4}
        receiver_turns.reached(uow, ["topic/1"])
    assert due(stores) == [b"<dead/>", b"<live/>"]
    assert len(due(stores, LATER)) == 4
    with stores.of("north").writing() as uow:
        receiver_turns.start_over(uow)
    assert len(due(stores)) == 4
