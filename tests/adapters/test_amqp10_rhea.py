"""What another author's AMQP 1.0 brings: every outcome of a delivery, credit, endings, passwords, frames."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.records.messages.outbox import OutboxState
from tests.adapters.local_gateway import LARGEST_BYTES, LocalGateway, stays
from tests.adapters.peers.amqp10 import EndpointPeer
from tests.adapters.peers.rhea import RheaEndpoint, rhea_peer
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

pytestmark = [pytest.mark.services, pytest.mark.feature(id="C3")]

GOOD = RESERVE_BID_7_2.data


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[EndpointPeer]:
    with rhea_peer(tmp_path) as opened:
        yield opened


@pytest.fixture
def rhea(peer: EndpointPeer) -> RheaEndpoint:
    assert isinstance(peer.endpoint, RheaEndpoint)
    return peer.endpoint


def last_error(local: LocalGateway) -> str:
    assert local.channel is not None
    return local.channel.health().last_error or ""


def is_delivered(local: LocalGateway, number: int) -> None:
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED, "delivery")


@pytest.mark.parametrize("outcome", ["rejecting", "releasing", "modifying"])
def test_what_is_not_accepted_is_sent_again_under_the_same_id(
    local: LocalGateway, rhea: RheaEndpoint, outcome: str
) -> None:
    setattr(rhea.faults, outcome, 2)
    local.start()
    is_delivered(local, local.put(b"<a/>"))
    eventually(lambda: [sent.body for sent in rhea.sent] == [b"<a/>"] * 3, "the news of the endpoint")
    assert len({sent.properties["baMessageID"] for sent in rhea.sent}) == 1


def test_nothing_leaves_without_credit_and_everything_with_it(
    local: LocalGateway, rhea: RheaEndpoint
) -> None:
    rhea.faults.withholding = 1
    local.start()
    numbers = [local.put(f"<m{number}/>".encode()) for number in range(3)]
    assert stays(lambda: rhea.sent == [])
    rhea.do("giveCredit")
    for number in numbers:
        is_delivered(local, number)
    # The endpoint says what it has by a way of its own, perhaps after the gateway knows of the delivery.
    eventually(lambda: len({sent.body for sent in rhea.sent}) == 3, "the news of the endpoint")
    bodies = [sent.body for sent in rhea.sent]
    assert sorted(set(bodies), key=bodies.index) == [b"<m0/>", b"<m1/>", b"<m2/>"]


def test_what_was_brought_and_not_accepted_is_brought_again_and_has_one_effect(
    local: LocalGateway, peer: EndpointPeer, rhea: RheaEndpoint
) -> None:
    local.start()
    local.intake.failing = 10**9
    peer.send(GOOD, "m-1")
    eventually(lambda: rhea.under_way == 1, "the delivery")
    peer.unplug()
    eventually(lambda: rhea.state.connected == 0, "the connection to be over")
    assert rhea.state.waiting == 1
    local.intake.failing = 0
    peer.plug()
    eventually(lambda: rhea.unconfirmed == 0, "the confirmation")
    assert rhea.state.brought > 1
    eventually(peer.received)
    assert stays(lambda: len(peer.received()) == 1)
    assert local.envelopes() == 1


@pytest.mark.parametrize("form", ["data", "sections", "text"])
def test_a_body_may_be_bytes_in_any_number_of_sections_or_a_text(
    local: LocalGateway, peer: EndpointPeer, rhea: RheaEndpoint, form: str
) -> None:
    local.start()
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
    local: LocalGateway, peer: EndpointPeer, rhea: RheaEndpoint, message_id: tuple[str, str]
) -> None:
    local.start()
    for _ in range(2):
        rhea.deliver(GOOD, {}, message_id=message_id)
    eventually(peer.received)
    assert stays(lambda: len(peer.received()) == 1)
    assert [each.answers for each in peer.received()] == [message_id[1]]
    assert local.envelopes() == 1


@pytest.mark.parametrize("form", ["number", "map", "list", "sequence", "nothing"])
def test_any_other_body_is_refused_and_delays_no_other_message(
    local: LocalGateway, peer: EndpointPeer, rhea: RheaEndpoint, form: str
) -> None:
    local.start()
    rhea.deliver(b"", {"baMessageID": "m-1"}, form=form)
    eventually(lambda: len(peer.received()) == 1)
    peer.send(GOOD, "m-2")
    eventually(lambda: len(peer.received()) == 2)
    codes = {each.answers: codes_of(acknowledgement_in(each.payload))[0] for each in peer.received()}
    assert codes == {"m-1": "A02", "m-2": "A01"}
    eventually(lambda: rhea.unconfirmed == 0, "the confirmation")


TEXT_AT_FAULT = {
    "property key": {"properties": {"messageID": "m-1", "ZZZZ": "x"}},
    "property value": {"properties": {"messageID": "ZZZZ"}},
    "message-id": {"more": {"message_id": "ZZZZ"}},
    "content-type": {"more": {"content_type": "ZZZZ"}},
    "text": {"form": "text", "body": GOOD.replace(b"MarketDocument", b"ZZZZ")},
    "cut short": {"cut": 500},
}


@pytest.mark.parametrize("what", TEXT_AT_FAULT)
def test_what_does_not_decode_is_kept_refused_and_delays_no_other_message(
    local: LocalGateway, peer: EndpointPeer, rhea: RheaEndpoint, what: str
) -> None:
    local.start()
    stated: dict[str, Any] = {"body": GOOD, "form": "data", "properties": {}, "more": {}, "cut": 0}
    stated |= TEXT_AT_FAULT[what]
    body = base64.b64encode(stated.pop("body")).decode()
    for number in range(2):  # the second is another message, and no repetition of the first
        stated["more"] = stated["more"] | {"subject": f"{number}"}
        rhea.do("deliverSpoilt", **stated, body=body, **{"from": b"ZZZZ".hex(), "to": "fffe8081"})
        eventually(lambda count=number + 1: len(peer.received()) == count, "the refusal")
    peer.send(GOOD, "good")
    eventually(lambda: len(peer.received()) == 3, "the answer to a good one")
    answers = [acknowledgement_in(each.payload) for each in peer.received()]
    assert [codes_of(answer)[0] for answer in answers] == ["A02", "A02", "A01"]
    reason = " ".join(each.text or "" for each in answers[0].reasons)
    assert ("it ends too early" if what == "cut short" else "a text in it is no UTF-8") in reason
    assert len(local.quarantined()) == 2
    eventually(lambda: rhea.unconfirmed == 0, "the confirmation")


@pytest.mark.parametrize("form", ["number", "map", "list", "sequence"])
def test_the_refusal_of_a_body_that_is_no_document_says_what_it_is(
    local: LocalGateway, peer: EndpointPeer, rhea: RheaEndpoint, form: str
) -> None:
    local.start()
    rhea.deliver(b"", {}, form=form)
    eventually(peer.received)
    (answer,) = [acknowledgement_in(each.payload) for each in peer.received()]
    assert "neither bytes nor text" in " ".join(each.text or "" for each in answer.reasons)


def test_nothing_without_an_id_is_no_repetition_of_another_nothing(
    local: LocalGateway, peer: EndpointPeer, rhea: RheaEndpoint
) -> None:
    local.start()
    for count in (1, 2):
        rhea.deliver(b"", {}, form="nothing")
        eventually(lambda count=count: len(peer.received()) == count, "each its refusal")


def test_a_document_of_many_frames_is_whole_both_ways(
    local: LocalGateway, peer: EndpointPeer, rhea: RheaEndpoint
) -> None:
    local.start()
    padding = b" " * (LARGEST_BYTES - len(GOOD))
    peer.send(GOOD + padding, "m-1")
    eventually(peer.received)
    assert codes_of(acknowledgement_in(peer.received()[0].payload)) == ["A01"]
    large = b"<a>" + bytes(range(32, 127)).replace(b"<", b"").replace(b"&", b"") * 2000 + b"</a>"
    is_delivered(local, local.put(large))
    eventually(lambda: rhea.sent[-1].body == large, "the news of the endpoint")


@pytest.mark.parametrize(
    ("ending", "reason"), [("closeLink", "the queue is gone"), ("closeConnection", "maintenance")]
)
def test_what_the_endpoint_ends_is_reported_and_begun_again(
    local: LocalGateway, peer: EndpointPeer, rhea: RheaEndpoint, ending: str, reason: str
) -> None:
    local.start()
    rhea.do(ending)
    eventually(lambda: reason in last_error(local), "the reason")
    local.until_health("up")
    peer.send(GOOD, "m-1")
    eventually(peer.received)


def test_a_queue_that_is_not_there_is_named(local: LocalGateway, peer: EndpointPeer) -> None:
    peer.more = {"address_prefix": "elsewhere/"}
    local.start(wait=False)
    local.until_health("down")
    assert "no queue elsewhere/ecp.endpoint." in last_error(local)


class TestWithPassword:
    @pytest.fixture
    def peer(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointPeer]:
        with rhea_peer(tmp_path, user="flexgate", password="right") as opened:
            opened.more = {"username": "flexgate", "password": {"env": "TEST_ENDPOINT_PASSWORD"}}
            monkeypatch.setenv("TEST_ENDPOINT_PASSWORD", "right")
            yield opened

    def test_the_right_one_opens(self, local: LocalGateway, peer: EndpointPeer) -> None:
        local.start()
        peer.send(GOOD, "m-1")
        eventually(peer.received)

    def test_another_is_refused_and_reported_without_it(
        self, local: LocalGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TEST_ENDPOINT_PASSWORD", "wrong")
        local.start(wait=False)
        local.until_health("down")
        assert "auth" in last_error(local).lower()
        assert "wrong" not in last_error(local)
