"""Fetching: nothing missed by a cursor, nothing late, the peer's own ids."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.delivery.mailbox import TenantMailbox
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.outgoing import Outgoing
from gateway.records.engine.store import Store
from gateway.records.messages import inbox, outbox
from gateway.records.messages.outbox import DeathCause, OutboxState
from tests.stores import stores_in

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    moment = NOON

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return stores_in(tmp_path, ["north"]).of("north")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mailbox(store: Store, clock: Clock) -> TenantMailbox:
    return TenantMailbox(store, "north-soap", clock, max_age=timedelta(hours=1))


def put(store: Store, not_after: datetime | None = None, answers: str | None = None) -> int:
    message = Outgoing(DocumentKind.BID_AVAILABILITY, "1.1", b"<a/>", answers=answers, not_after=not_after)
    with store.writing() as uow:
        return outbox.put(uow, message, NOON)


def state_of(store: Store, code: int) -> OutboxState:
    with store.reading() as uow:
        found = outbox.find(uow, code)
    assert found is not None
    return found.state


def test_what_never_was_a_document_is_not_there(store: Store, mailbox: TenantMailbox) -> None:
    never, code = put(store), put(store)
    with store.writing() as uow:
        outbox.give_up(uow, never, "too long", DeathCause.UNWRITABLE, at=NOON, failures=0)
    assert [letter.code for letter in mailbox.after(0, 10)] == [code]
    assert mailbox.fetch(never) is None


def test_a_cursor_walks_over_everything(store: Store, mailbox: TenantMailbox) -> None:
    codes = [put(store) for _ in range(5)]
    seen, cursor = [], 0
    while letters := mailbox.after(cursor, 2):
        seen += [letter.code for letter in letters]
        cursor = seen[-1]
    assert seen == codes


def test_what_is_late_is_not_there_and_does_not_end_the_walk(
    store: Store, mailbox: TenantMailbox, clock: Clock
) -> None:
    late = [put(store, not_after=NOON + timedelta(minutes=1)) for _ in range(3)]
    good = put(store)
    clock.moment = NOON + timedelta(minutes=2)
    assert [letter.code for letter in mailbox.after(0, 2)] == [good]
    assert {state_of(store, code) for code in late} == {OutboxState.DEAD}
    assert mailbox.fetch(late[0]) is None
    clock.moment = NOON + timedelta(hours=2)
    assert mailbox.after(0, 2) == []


def test_fetching_alone_confirms_nothing(store: Store, mailbox: TenantMailbox) -> None:
    code = put(store)
    assert mailbox.fetch(code) is not None
    assert mailbox.after(0, 9)[0].waits
    mailbox.confirm(code)
    assert state_of(store, code) is OutboxState.DELIVERED
    assert not mailbox.after(0, 9)[0].waits
    assert mailbox.fetch(code) is not None, "it can be fetched again"


@pytest.mark.parametrize(("channel", "known_as"), [("north-soap", "theirs"), ("rest", "ours")])
def test_the_peer_reads_its_own_ids_where_it_knows_them(
    store: Store, mailbox: TenantMailbox, channel: str, known_as: str
) -> None:
    came = Envelope("north", channel, "m", "application/xml", NOON, b"<a/>", correlation_id="theirs")
    with store.writing() as uow:
        ours = inbox.put(uow, came).envelope_id
    envelope = mailbox.fetch(put(store, answers=ours))
    assert envelope is not None
    assert envelope.correlation_id == {"theirs": "theirs", "ours": ours}[known_as]
    assert mailbox.fetch(999) is None
