"""A document of ours that waited too long for its peer is made again, never sent under an old time."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

import esmp
from gateway.delivery import CannotRedriveError, DeadLetters, Dispatcher
from gateway.domain.document import DocumentLabel
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import CodedId
from gateway.domain.transport import TransportNews, TransportState
from gateway.records.messages import acknowledgements, outbox
from gateway.records.messages.acknowledgements import AnswerState
from gateway.records.messages.outbox import DeathCause, OutboxState, StoredMessage
from gateway.records.messages.transports import TenantTransports
from tests.delivery.test_dispatcher import AT_ONCE, NOON, TENANTS, Clock, Peers
from tests.patience import eventually
from tests.specimens import ACKNOWLEDGEMENT_8_1
from tests.stores import stores_in

LIMIT = timedelta(minutes=6)
DOCUMENT = Outgoing("Acknowledgement", "8.1", ACKNOWLEDGEMENT_8_1.data, answers="e1")


class LocalGateway:
    def __init__(self, directory: Path) -> None:
        self.stores, self.clock = stores_in(directory, TENANTS), Clock()
        self.peers = Peers(max_age=LIMIT)
        self.dispatcher = Dispatcher(
            self.stores, TENANTS, lambda _: self.peers, self.clock, AT_ONCE, rebuilding=["north"]
        )

    def put(self, message: Outgoing) -> int:
        with self.stores.of("north").writing() as uow:
            return outbox.put(uow, message, NOON)

    def wait_too_long(self) -> None:
        self.clock.moment += LIMIT + timedelta(seconds=1)
        self.peers.open.add("north")
        self.dispatcher.start()

    def messages(self) -> list[StoredMessage]:
        with self.stores.of("north").reading() as uow:
            return list(outbox.after(uow, 0, 10))

    def states(self) -> list[OutboxState]:
        return [message.state for message in self.messages()]


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalGateway]:
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.01)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.01)
    built = LocalGateway(tmp_path)
    yield built
    built.dispatcher.stop()
    built.stores.close()


def header(payload: bytes) -> tuple[str, str]:
    root = etree.fromstring(payload)
    return root.findtext("{*}mRID", ""), root.findtext("{*}createdDateTime", "")


def without_header(payload: bytes) -> bytes:
    root = etree.fromstring(payload)
    for name in ("mRID", "createdDateTime"):
        element = root.find(f"{{*}}{name}")
        assert element is not None
        element.text = ""
    return etree.tostring(root, method="c14n2")


def test_it_gets_a_new_mrid_and_time_and_says_the_same(local: LocalGateway) -> None:
    local.put(DOCUMENT)
    local.wait_too_long()
    eventually(lambda: local.states() == [OutboxState.REPLACED, OutboxState.DELIVERED])
    (arrived,) = local.peers.arrived
    old_mrid, _ = header(DOCUMENT.payload)
    mrid, created = header(arrived.payload)
    assert mrid != old_mrid
    assert created == f"{local.clock.moment:%Y-%m-%dT%H:%M:%SZ}"
    assert without_header(arrived.payload) == without_header(DOCUMENT.payload)
    assert esmp.validate(arrived.payload).findings == ()
    old, new = local.messages()
    assert old.message_id != new.message_id == arrived.message_id
    assert new.answers == "e1"


def test_what_awaits_an_acknowledgement_awaits_it_under_the_new_mrid(local: LocalGateway) -> None:
    mrid, _ = header(DOCUMENT.payload)
    label = DocumentLabel("Acknowledgement", "8.1", CodedId("10XGATEWAY-----N"), mrid, 1, NOON)
    local.put(replace(DOCUMENT, wants=label))
    local.wait_too_long()
    eventually(lambda: local.states() == [OutboxState.REPLACED, OutboxState.DELIVERED])
    new_mrid, _ = header(local.peers.arrived[0].payload)
    with local.stores.of("north").reading() as uow:
        known = acknowledgements.of(uow, [1, 2])
    assert (known[2].mrid, known[2].state) == (new_mrid, AnswerState.AWAITED)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(replace(DOCUMENT, made_here=False), id="of somebody else"),
        pytest.param(replace(DOCUMENT, content_type="application/json"), id="not XML"),
        pytest.param(replace(DOCUMENT, not_after=NOON + LIMIT), id="its own time is over"),
    ],
)
def test_what_cannot_be_made_again_expires(local: LocalGateway, message: Outgoing) -> None:
    local.put(message)
    local.wait_too_long()
    eventually(lambda: local.states() == [OutboxState.DEAD])
    assert local.messages()[0].dead_because is DeathCause.EXPIRED
    assert local.peers.arrived == []


def test_what_a_network_has_already_is_not_made_a_second_time(local: LocalGateway) -> None:
    local.put(DOCUMENT)
    message_id = local.messages()[0].message_id
    progress = TenantTransports(local.stores.of("north"), "north-ecp", local.clock)
    progress.begin([message_id])
    progress.record([TransportNews(TransportState.ACCEPTED, message_id, "theirs")])
    local.wait_too_long()
    eventually(lambda: local.states() == [OutboxState.DEAD])
    assert progress.of([message_id])[message_id].state is TransportState.EXPIRED


def test_while_there_is_no_way_out_nothing_is_made_again(local: LocalGateway) -> None:
    local.put(DOCUMENT)
    local.clock.moment += 10 * LIMIT
    local.dispatcher.start()
    time.sleep(0.1)
    assert local.states() == [OutboxState.WAITING]


@pytest.mark.parametrize("rebuilding", [True, False])
def test_a_dead_letter_that_is_too_old_is_sent_after_all_only_where_it_is_made_again(
    local: LocalGateway, rebuilding: bool
) -> None:
    number = local.put(DOCUMENT)
    with local.stores.of("north").writing() as uow:
        outbox.give_up(uow, number, "no answer", DeathCause.ATTEMPTS, at=NOON, failures=30)
    letters = DeadLetters(
        local.stores, TENANTS, lambda _: LIMIT, local.clock, ["north"] if rebuilding else []
    )
    message_id = local.messages()[0].message_id
    local.wait_too_long()
    if not rebuilding:
        with pytest.raises(CannotRedriveError, match="what expired is never sent"):
            letters.redrive(TENANTS["north"], message_id, "somebody")
        return
    letters.redrive(TENANTS["north"], message_id, "somebody")
    eventually(lambda: local.states() == [OutboxState.REPLACED, OutboxState.DELIVERED])
    assert header(local.peers.arrived[0].payload) != header(DOCUMENT.payload)
