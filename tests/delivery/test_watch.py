"""What stands still is told: dead letters when there are more, an acknowledgement that stays out once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.delivery import DeliveryWatch
from gateway.domain.document import DocumentLabel
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import CodedId
from gateway.domain.transport import TransportNews, TransportState
from gateway.records.engine.store import Store
from gateway.records.messages import acknowledgements, backlogs, outbox
from gateway.records.messages.acknowledgements import AnswerState
from gateway.records.messages.outbox import DeathCause, OutboxState
from gateway.records.messages.transports import RoomTransports
from tests.delivery.test_dispatcher import NOON, TENANTS, Clock

WITHIN = timedelta(minutes=10)


class House:
    def __init__(self, directory: Path) -> None:
        tenants = {**TENANTS, "north": replace(TENANTS["north"], acknowledge_within=WITHIN)}
        self.store, self.clock = Store(directory, tenants), Clock()
        self.watch = DeliveryWatch(self.store, tenants, self.clock)

    def put(self, tenant: str = "north", mrid: str = "TEST-1", revision: int = 1) -> int:
        label = DocumentLabel("BidAvailability", "1.1", CodedId("TEST"), mrid, revision, NOON)
        with self.store.room(tenant).writing() as room:
            return outbox.put(room, Outgoing("BidAvailability", "1.1", b"<a/>", wants=label), NOON)

    def deliver(self, message: int, tenant: str = "north") -> None:
        with self.store.room(tenant).writing() as room:
            outbox.confirm(room, message, self.clock.now())

    def said(self) -> list[tuple[object, ...]]:
        with capture_logs() as logs:
            self.watch.look()
        return [(log["event"], log["tenant"], log.get("depth", log.get("seconds"))) for log in logs]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_an_acknowledgement_that_stays_out_is_told_once_after_its_time(house: House) -> None:
    message = house.put()
    house.clock.moment += 2 * WITHIN
    assert house.said() == []  # not delivered: that is not the receiver's silence
    house.deliver(message)
    house.clock.moment += WITHIN
    assert house.said() == []
    house.clock.moment += timedelta(seconds=1)
    assert house.said() == [("acknowledgement overdue", "north", 601)]
    assert house.said() == []
    with house.store.room("north").writing() as room:
        assert (backlogs.backlog(room).awaited, backlogs.backlog(room).overdue) == (1, 1)
        acknowledgements.answer(room, message, AnswerState.ACCEPTED, ["A01"], at=NOON, by="e")
        assert (backlogs.backlog(room).awaited, backlogs.backlog(room).overdue) == (0, 0)


def test_without_an_agreed_time_nothing_is_overdue(house: House) -> None:
    message = house.put("south")
    house.deliver(message, "south")
    house.clock.moment += timedelta(days=2)
    assert house.said() == []


def test_an_acknowledgement_in_time_is_not_told(house: House) -> None:
    message = house.put()
    house.deliver(message)
    with house.store.room("north").writing() as room:
        acknowledgements.answer(room, message, AnswerState.REFUSED, ["A02"], at=NOON, by="e")
    house.clock.moment += 2 * WITHIN
    assert house.said() == []


def test_dead_letters_are_told_when_there_are_more(house: House) -> None:
    for depth in (1, 2):
        message = house.put()
        with house.store.room("north").writing() as room:
            outbox.give_up(room, message, "no answer", DeathCause.ATTEMPTS, at=NOON, failures=1)
        assert house.said() == [("dead letters", "north", depth)]
        assert house.said() == []


def test_a_dead_letter_that_arrived_after_all_is_none_any_more(house: House) -> None:
    message = house.put()
    with house.store.room("north").writing() as room:
        outbox.give_up(room, message, "no news in time", DeathCause.ATTEMPTS, at=NOON, failures=30)
        found = outbox.find(room, message)
    assert found is not None
    progress = RoomTransports(house.store.room("north"), "north-ecp", house.clock)
    progress.begin([found.message_id])
    progress.tell([TransportNews(TransportState.ACCEPTED, found.message_id, "theirs")])
    assert house.said() == [("dead letters", "north", 1)]
    progress.tell([TransportNews(TransportState.RECEIVED, transport_id="theirs")])
    assert house.said() == [("dead letter arrived after all", "north", None)]
    with house.store.room("north").reading() as room:
        assert outbox.find(room, message).state is OutboxState.DELIVERED  # type: ignore[union-attr]


def test_a_dead_letter_is_replaced_once_a_newer_revision_goes_out(house: House) -> None:
    older, newer = house.put(), house.put(revision=2)
    other = house.put(mrid="TEST-2")
    with house.store.room("north").writing() as room:
        for message in (older, newer, other):
            outbox.give_up(room, message, "gone", DeathCause.ATTEMPTS, at=NOON, failures=30)
    assert house.said() == [("dead letters", "north", 3)]
    with house.store.room("north").writing() as room:
        assert outbox.redrive(room, newer)
    assert house.said() == [("dead letter replaced by a newer revision", "north", None)]
    with house.store.room("north").reading() as room:
        states = [found.state for one in (older, newer, other) if (found := outbox.find(room, one))]
        assert states == [OutboxState.REPLACED, OutboxState.WAITING, OutboxState.DEAD]
        assert backlogs.backlog(room).dead == 1


def test_an_acknowledgement_is_awaited_of_what_arrived_only(house: House) -> None:
    message = house.put()
    with house.store.room("north").reading() as room:
        assert backlogs.backlog(room).awaited == 0
    house.deliver(message)
    with house.store.room("north").reading() as room:
        assert backlogs.backlog(room).awaited == 1
