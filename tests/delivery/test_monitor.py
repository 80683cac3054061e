"""What is stuck is reported: dead letters when there are more, an acknowledgement that stays out once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.delivery import DeliveryMonitor
from gateway.domain.document import DocumentLabel
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import CodedId
from gateway.domain.transport import TransportNews, TransportState
from gateway.records.messages import acknowledgements, backlogs, outbox
from gateway.records.messages.acknowledgements import AnswerState
from gateway.records.messages.outbox import DeathCause, OutboxState
from gateway.records.messages.transports import TenantTransports
from tests.delivery.test_dispatcher import NOON, TENANTS, Clock
from tests.stores import stores_in

WITHIN = timedelta(minutes=10)


class LocalGateway:
    def __init__(self, directory: Path) -> None:
        tenants = {**TENANTS, "north": replace(TENANTS["north"], acknowledge_within=WITHIN)}
        self.stores, self.clock = stores_in(directory, tenants), Clock()
        self.watch = DeliveryMonitor(self.stores, tenants, self.clock)

    def put(self, tenant: str = "north", mrid: str = "TEST-1", revision: int = 1) -> int:
        label = DocumentLabel("BidAvailability", "1.1", CodedId("TEST"), mrid, revision, NOON)
        with self.stores.of(tenant).writing() as uow:
            return outbox.put(uow, Outgoing("BidAvailability", "1.1", b"<a/>", wants=label), NOON)

    def deliver(self, message: int, tenant: str = "north") -> None:
        with self.stores.of(tenant).writing() as uow:
            outbox.confirm(uow, message, self.clock.now())

    def stated(self) -> list[tuple[object, ...]]:
        with capture_logs() as logs:
            self.watch.look()
        return [(log["event"], log["tenant"], log.get("depth", log.get("seconds"))) for log in logs]


@pytest.fixture
def local(tmp_path: Path) -> LocalGateway:
    return LocalGateway(tmp_path)


@pytest.mark.feature(id="F5")
def test_an_acknowledgement_that_stays_out_is_reported_once_after_its_time(local: LocalGateway) -> None:
    message = local.put()
    local.clock.moment += 2 * WITHIN
    assert local.stated() == []  # not delivered: that is not the receiver's silence
    local.deliver(message)
    local.clock.moment += WITHIN
    assert local.stated() == []
    local.clock.moment += timedelta(seconds=1)
    assert local.stated() == [("acknowledgement overdue", "north", 601)]
    assert local.stated() == []
    with local.stores.of("north").writing() as uow:
        assert (backlogs.backlog(uow).awaited, backlogs.backlog(uow).overdue) == (1, 1)
        acknowledgements.answer(uow, message, AnswerState.ACCEPTED, ["A01"], at=NOON, by="e")
        assert (backlogs.backlog(uow).awaited, backlogs.backlog(uow).overdue) == (0, 0)


def test_without_an_agreed_time_nothing_is_overdue(local: LocalGateway) -> None:
    message = local.put("south")
    local.deliver(message, "south")
    local.clock.moment += timedelta(days=2)
    assert local.stated() == []


def test_an_acknowledgement_in_time_is_not_reported(local: LocalGateway) -> None:
    message = local.put()
    local.deliver(message)
    with local.stores.of("north").writing() as uow:
        acknowledgements.answer(uow, message, AnswerState.REFUSED, ["A02"], at=NOON, by="e")
    local.clock.moment += 2 * WITHIN
    assert local.stated() == []


def test_dead_letters_are_reported_when_there_are_more(local: LocalGateway) -> None:
    for depth in (1, 2):
        message = local.put()
        with local.stores.of("north").writing() as uow:
            outbox.give_up(uow, message, "no answer", DeathCause.ATTEMPTS, at=NOON, failures=1)
        assert local.stated() == [("dead letters", "north", depth)]
        assert local.stated() == []


def test_a_dead_letter_that_arrived_after_all_is_none_any_more(local: LocalGateway) -> None:
    message = local.put()
    with local.stores.of("north").writing() as uow:
        outbox.give_up(uow, message, "no news in time", DeathCause.ATTEMPTS, at=NOON, failures=30)
        found = outbox.find(uow, message)
    assert found is not None
    progress = TenantTransports(local.stores.of("north"), "north-ecp", local.clock)
    progress.begin([found.message_id])
    progress.record([TransportNews(TransportState.ACCEPTED, found.message_id, "theirs")])
    assert local.stated() == [("dead letters", "north", 1)]
    progress.record([TransportNews(TransportState.RECEIVED, transport_id="theirs")])
    assert local.stated() == [("dead letter arrived after all", "north", None)]
    with local.stores.of("north").reading() as uow:
        assert outbox.find(uow, message).state is OutboxState.DELIVERED  # type: ignore[union-attr]


def test_a_dead_letter_is_replaced_once_a_newer_revision_goes_out(local: LocalGateway) -> None:
    older, newer = local.put(), local.put(revision=2)
    other = local.put(mrid="TEST-2")
    with local.stores.of("north").writing() as uow:
        for message in (older, newer, other):
            outbox.give_up(uow, message, "gone", DeathCause.ATTEMPTS, at=NOON, failures=30)
    assert local.stated() == [("dead letters", "north", 3)]
    with local.stores.of("north").writing() as uow:
        assert outbox.redrive(uow, newer)
    assert local.stated() == [("dead letter replaced by a newer revision", "north", None)]
    with local.stores.of("north").reading() as uow:
        states = [found.state for one in (older, newer, other) if (found := outbox.find(uow, one))]
        assert states == [OutboxState.REPLACED, OutboxState.WAITING, OutboxState.DEAD]
        assert backlogs.backlog(uow).dead == 1


def test_an_acknowledgement_is_awaited_of_what_arrived_only(local: LocalGateway) -> None:
    message = local.put()
    with local.stores.of("north").reading() as uow:
        assert backlogs.backlog(uow).awaited == 0
    local.deliver(message)
    with local.stores.of("north").reading() as uow:
        assert backlogs.backlog(uow).awaited == 1
