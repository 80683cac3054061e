"""What another author's AMQP 1.0 brings: every outcome of a delivery, credit, endings, passwords, frames."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records.outbox import OutboxState
from tests.adapters.house import LARGEST_BYTES, House, stays
from tests.adapters.peers.amqp10 import EndpointPeer
from tests.adapters.peers.rhea import RheaEndpoint, rhea_peer
from tests.intake.house import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

pytestmark = pytest.mark.services

GOOD = RESERVE_BID_7_2.data


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[EndpointPeer]:
    with rhea_peer(tmp_path) as opened:
        yield opened


@pytest.fixture
def rhea(peer: EndpointPeer) -> RheaEndpoint:
    assert isinstance(peer.endpoint, RheaEndpoint)
    return peer.endpoint


def last_error(house: House) -> str:
    assert house.channel is not None
    return house.channel.health().last_error or ""


def is_delivered(house: House, number: int) -> None:
    eventually(lambda: house.state_of(number) is OutboxState.DELIVERED, "delivery")


@pytest.mark.parametrize("outcome", ["rejecting", "releasing", "modifying"])
def test_what_is_not_accepted_is_sent_again_under_the_same_id(
    house: House, rhea: RheaEndpoint, outcome: str
) -> None:
    setattr(rhea.faults, outcome, 2)
    house.start()
    is_delivered(house, house.put(b"<a/>"))
    assert [sent.body for sent in rhea.sent] == [b"<a/>"] * 3
    assert len({sent.properties["baMessageID"] for sent in rhea.sent}) == 1


def test_nothing_leaves_without_credit_and_everything_with_it(house: House, rhea: RheaEndpoint) -> None:
    rhea.faults.withholding = 1
    house.start()
    numbers = [house.put(f"<m{number}/>".encode()) for number in range(3)]
    assert stays(lambda: rhea.sent == [])
    rhea.do("giveCredit")
    for number in numbers:
        is_delivered(house, number)
    bodies = [sent.body for sent in rhea.sent]
    assert sorted(set(bodies), key=bodies.index) == [b"<m0/>", b"<m1/>", b"<m2/>"]


def test_what_was_brought_and_not_accepted_is_brought_again_and_has_one_effect(
    house: House, peer: EndpointPeer, rhea: RheaEndpoint
) -> None:
    house.start()
    house.intake.failing = 10**9
    peer.send(GOOD, "m-1")
    eventually(lambda: rhea.under_way == 1, "the delivery")
    peer.unplug()
    eventually(lambda: rhea.state.connected == 0, "the connection to be over")
    assert rhea.state.waiting == 1
    house.intake.failing = 0
    peer.plug()
    eventually(lambda: rhea.unconfirmed == 0, "the confirmation")
    assert rhea.state.brought > 1
    eventually(peer.received)
    assert stays(lambda: len(peer.received()) == 1)
    assert house.envelopes() == 1


@pytest.mark.parametrize("form", ["data", "sections", "text"])
def test_a_body_may_be_bytes_in_any_number_of_sections_or_a_text(
    house: House, peer: EndpointPeer, rhea: RheaEndpoint, form: str
) -> None:
    house.start()
    rhea.deliver(GOOD, {"baMessageID": "m-1"}, form=form)
    eventually(peer.received)
    (answer,) = peer.received()
    assert codes_of(acknowledgement_in(answer.payload)) == ["A01"]


@pytest.mark.parametrize(
    "message_id",
    [
        ("string", "m-1"),
        ("ulong", "4711"),
        ("uuid", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("binary", "m-2"),
    ],
)
def test_an_id_may_be_of_any_type(
    house: House, peer: EndpointPeer, rhea: RheaEndpoint, message_id: tuple[str, str]
) -> None:
    house.start()
    for _ in range(2):
        rhea.deliver(GOOD, {}, message_id=message_id)
    eventually(peer.received)
    assert stays(lambda: len(peer.received()) == 1)
    assert [each.answers for each in peer.received()] == [message_id[1]]
    assert house.envelopes() == 1


@pytest.mark.parametrize("form", ["number", "map", "list", "sequence", "nothing"])
def test_any_other_body_is_refused_and_holds_up_nobody(
    house: House, peer: EndpointPeer, rhea: RheaEndpoint, form: str
) -> None:
    house.start()
    rhea.deliver(b"", {"baMessageID": "m-1"}, form=form)
    eventually(lambda: len(peer.received()) == 1)
    peer.send(GOOD, "m-2")
    eventually(lambda: len(peer.received()) == 2)
    codes = {each.answers: codes_of(acknowledgement_in(each.payload))[0] for each in peer.received()}
    assert codes == {"m-1": "A02", "m-2": "A01"}
    eventually(lambda: rhea.unconfirmed == 0, "the confirmation")


def test_a_document_of_many_frames_is_whole_both_ways(
    house: House, peer: EndpointPeer, rhea: RheaEndpoint
) -> None:
    house.start()
    padding = b" " * (LARGEST_BYTES - len(GOOD))
    peer.send(GOOD + padding, "m-1")
    eventually(peer.received)
    assert codes_of(acknowledgement_in(peer.received()[0].payload)) == ["A01"]
    large = b"<a>" + bytes(range(32, 127)).replace(b"<", b"").replace(b"&", b"") * 2000 + b"</a>"
    is_delivered(house, house.put(large))
    assert rhea.sent[-1].body == large


@pytest.mark.parametrize(
    ("ending", "reason"), [("closeLink", "the queue is gone"), ("closeConnection", "maintenance")]
)
def test_what_the_endpoint_ends_is_told_and_begun_again(
    house: House, peer: EndpointPeer, rhea: RheaEndpoint, ending: str, reason: str
) -> None:
    house.start()
    rhea.do(ending)
    eventually(lambda: reason in last_error(house), "the reason")
    house.until_health("up")
    peer.send(GOOD, "m-1")
    eventually(peer.received)


def test_a_queue_that_is_not_there_is_named(house: House, peer: EndpointPeer) -> None:
    peer.more = {"address_prefix": "elsewhere/"}
    house.start(wait=False)
    house.until_health("down")
    assert "no queue elsewhere/ecp.endpoint." in last_error(house)


class TestWithPassword:
    @pytest.fixture
    def peer(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointPeer]:
        with rhea_peer(tmp_path, user="flexgate", password="right") as opened:
            opened.more = {"username": "flexgate", "password": {"env": "TEST_ENDPOINT_PASSWORD"}}
            monkeypatch.setenv("TEST_ENDPOINT_PASSWORD", "right")
            yield opened

    def test_the_right_one_opens(self, house: House, peer: EndpointPeer) -> None:
        house.start()
        peer.send(GOOD, "m-1")
        eventually(peer.received)

    def test_another_is_refused_and_told_without_it(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TEST_ENDPOINT_PASSWORD", "wrong")
        house.start(wait=False)
        house.until_health("down")
        assert "auth" in last_error(house).lower()
        assert "wrong" not in last_error(house)
