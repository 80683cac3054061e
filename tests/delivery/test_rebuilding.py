"""A document of ours that waited too long for its peer is made anew, never sent under an old time."""

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
from gateway.records.engine.store import Store
from gateway.records.messages import acknowledgements, outbox
from gateway.records.messages.acknowledgements import AnswerState
from gateway.records.messages.outbox import DeathCause, OutboxState, StoredMessage
from gateway.records.messages.transports import RoomTransports
from tests.delivery.test_dispatcher import AT_ONCE, NOON, TENANTS, Clock, Peers
from tests.patience import eventually
from tests.specimens import ACKNOWLEDGEMENT_8_1

LIMIT = timedelta(minutes=6)
DOCUMENT = Outgoing("Acknowledgement", "8.1", ACKNOWLEDGEMENT_8_1.data, answers="e1")


class House:
    def __init__(self, directory: Path) -> None:
        self.store, self.clock = Store(directory, TENANTS), Clock()
        self.peers = Peers(max_age=LIMIT)
        self.dispatcher = Dispatcher(
            self.store, TENANTS, lambda _: self.peers, self.clock, AT_ONCE, rebuilding=["north"]
        )

    def put(self, message: Outgoing) -> int:
        with self.store.room("north").writing() as room:
            return outbox.put(room, message, NOON)

    def wait_too_long(self) -> None:
        self.clock.moment += LIMIT + timedelta(seconds=1)
        self.peers.open.add("north")
        self.dispatcher.start()

    def messages(self) -> list[StoredMessage]:
        with self.store.room("north").reading() as room:
            return list(outbox.after(room, 0, 10))

    def states(self) -> list[OutboxState]:
        return [message.state for message in self.messages()]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.01)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.01)
    built = House(tmp_path)
    yield built
    built.dispatcher.stop()
    built.store.close()


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


def test_it_gets_a_new_mrid_and_time_and_says_the_same(house: House) -> None:
    house.put(DOCUMENT)
    house.wait_too_long()
    eventually(lambda: house.states() == [OutboxState.REPLACED, OutboxState.DELIVERED])
    (arrived,) = house.peers.arrived
    old_mrid, _ = header(DOCUMENT.payload)
    mrid, created = header(arrived.payload)
    assert mrid != old_mrid
    assert created == f"{house.clock.moment:%Y-%m-%dT%H:%M:%SZ}"
    assert without_header(arrived.payload) == without_header(DOCUMENT.payload)
    assert esmp.validate(arrived.payload).findings == ()
    old, new = house.messages()
    assert old.message_id != new.message_id == arrived.message_id
    assert new.answers == "e1"


def test_what_awaits_an_acknowledgement_awaits_it_under_the_new_mrid(house: House) -> None:
    mrid, _ = header(DOCUMENT.payload)
    label = DocumentLabel("Acknowledgement", "8.1", CodedId("10XGATEWAY-----N"), mrid, 1, NOON)
    house.put(replace(DOCUMENT, wants=label))
    house.wait_too_long()
    eventually(lambda: house.states() == [OutboxState.REPLACED, OutboxState.DELIVERED])
    new_mrid, _ = header(house.peers.arrived[0].payload)
    with house.store.room("north").reading() as room:
        known = acknowledgements.of(room, [1, 2])
    assert (known[2].mrid, known[2].state) == (new_mrid, AnswerState.AWAITED)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(replace(DOCUMENT, made_here=False), id="of somebody else"),
        pytest.param(replace(DOCUMENT, content_type="application/json"), id="not XML"),
        pytest.param(replace(DOCUMENT, not_after=NOON + LIMIT), id="its own time is over"),
    ],
)
def test_what_cannot_be_made_anew_expires(house: House, message: Outgoing) -> None:
    house.put(message)
    house.wait_too_long()
    eventually(lambda: house.states() == [OutboxState.DEAD])
    assert house.messages()[0].dead_because is DeathCause.EXPIRED
    assert house.peers.arrived == []


def test_what_a_network_has_already_is_not_made_a_second_time(house: House) -> None:
    house.put(DOCUMENT)
    message_id = house.messages()[0].message_id
    progress = RoomTransports(house.store.room("north"), "north-ecp", house.clock)
    progress.begin([message_id])
    progress.tell([TransportNews(TransportState.ACCEPTED, message_id, "theirs")])
    house.wait_too_long()
    eventually(lambda: house.states() == [OutboxState.DEAD])
    assert progress.of([message_id])[message_id].state is TransportState.EXPIRED


def test_while_there_is_no_way_out_nothing_is_made_anew(house: House) -> None:
    house.put(DOCUMENT)
    house.clock.moment += 10 * LIMIT
    house.dispatcher.start()
    time.sleep(0.1)
    assert house.states() == [OutboxState.WAITING]


@pytest.mark.parametrize("rebuilding", [True, False])
def test_a_dead_letter_that_is_too_old_is_sent_after_all_only_where_it_is_made_anew(
    house: House, rebuilding: bool
) -> None:
    number = house.put(DOCUMENT)
    with house.store.room("north").writing() as room:
        outbox.give_up(room, number, "no answer", DeathCause.ATTEMPTS, at=NOON, failures=30)
    letters = DeadLetters(house.store, TENANTS, lambda _: LIMIT, house.clock, ["north"] if rebuilding else [])
    message_id = house.messages()[0].message_id
    house.wait_too_long()
    if not rebuilding:
        with pytest.raises(CannotRedriveError, match="what expired is never sent"):
            letters.redrive(TENANTS["north"], message_id, "somebody")
        return
    letters.redrive(TENANTS["north"], message_id, "somebody")
    eventually(lambda: house.states() == [OutboxState.REPLACED, OutboxState.DELIVERED])
    assert header(house.peers.arrived[0].payload) != header(DOCUMENT.payload)
