"""What polling brings: a cursor that survives, lists of two shapes, and a peer that may say anything."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.kit.http.client import CallError
from adapters.poll import OUTBOX, OUTBOX_MESSAGE, ListedMessage, PollOptions
from adapters.poll.listing import at, page_in
from gateway.records.messages.outbox import OutboxState, StoredMessage, find
from tests.adapters.local_gateway import LARGEST_BYTES, LocalGateway, stays
from tests.adapters.peers.poll import SHAPES, PollPeer, linking_peer, poll_peer
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2

GOOD = RESERVE_BID_7_2.data
BASE = "https://peer.example:8443"
OPTIONS: dict[str, Any] = {"host": "peer.example", "port": 8443, "tls": True}
LISTING = {"path": "/list", "cursor_parameter": "after", "items": "/messages"}
MESSAGE = {"key": "/id", "id": "/id"}


@pytest.fixture(params=["flexgate", "links"])
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PollPeer]:
    with {"flexgate": poll_peer, "links": linking_peer}[request.param](tmp_path) as opened:
        yield opened


def message(local: LocalGateway, number: int) -> StoredMessage:
    with local.stores.of("north").reading() as uow:
        found = find(uow, number)
    assert found is not None
    return found


def until_delivered(local: LocalGateway) -> StoredMessage:
    number = local.put(b"<a/>")
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED, "delivery")
    return message(local, number)


def last_error(local: LocalGateway) -> str | None:
    assert local.channel is not None
    return local.channel.health().last_error


def listed(peer: PollPeer) -> int:
    return peer.service.requests["GET /list"]


class TestCursor:
    @pytest.mark.feature(id="C7")
    def test_it_survives_a_restart(self, local: LocalGateway, peer: PollPeer) -> None:
        local.start()
        for number in range(3):
            peer.send(GOOD, f"m-{number}")
        eventually(lambda: local.envelopes() == 3)
        eventually(lambda: len(peer.received()) == 3)
        local.restart()
        peer.send(GOOD, "m-3")
        eventually(lambda: local.envelopes() == 4)
        asked = [peer.service.requests[f"GET /messages/{number}"] for number in range(1, 5)]
        assert asked == [1, 1, 1, 1]

    def test_it_moves_only_behind_what_is_stored(self, local: LocalGateway, peer: PollPeer) -> None:
        local.start()
        local.intake.busy = 10**9
        peer.send(GOOD, "m-0")
        peer.send(GOOD, "m-1")
        eventually(lambda: local.intake.busy < 10**9, "the first message to be in hand")
        asked = listed(peer)
        assert stays(lambda: listed(peer) == asked), "a busy gateway stops to ask"
        assert peer.service.requests["GET /messages/2"] == 0
        assert peer.service.unconfirmed == 2
        local.stop()
        local.open_stores()
        local.start()
        eventually(lambda: local.envelopes() == 2)

    def test_what_was_stored_and_not_confirmed_is_known_again(
        self, local: LocalGateway, peer: PollPeer
    ) -> None:
        if peer.service.shape == "links":
            pytest.skip("this peer wants no confirmation")
        peer.service.faults.unconfirmable = 2
        peer.send(GOOD, "m-0")
        local.start(wait=False)
        eventually(lambda: peer.service.unconfirmed == 0)
        assert peer.service.requests["GET /messages/1"] == 3
        assert local.envelopes() == 1
        eventually(peer.received)
        assert stays(lambda: len(peer.received()) == 1)

    def test_a_list_that_has_not_changed_is_not_sent(self, local: LocalGateway, peer: PollPeer) -> None:
        local.start()
        eventually(lambda: peer.service.requests["unchanged"] > 1)
        peer.send(GOOD, "m-0")
        eventually(peer.received)
        eventually(lambda: peer.service.requests["unchanged"] > 10)

    def test_a_peer_that_ignores_it_is_not_asked_without_pause(
        self, local: LocalGateway, peer: PollPeer
    ) -> None:
        listing = SHAPES[peer.service.shape]["listing"] | {"cursor_parameter": "other"}
        peer.more = {"listing": listing}
        peer.more["poll_s"] = 0.2
        peer.send(GOOD, "m-0")
        local.start()
        eventually(peer.received)
        before, begun = listed(peer), time.monotonic()
        eventually(lambda: listed(peer) > before + 2)
        assert time.monotonic() - begun > 0.2
        assert local.envelopes() == 1


class TestInwards:
    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_a_request_that_a_peer_refuses_is_repeated(
        self, local: LocalGateway, peer: PollPeer, status: int
    ) -> None:
        peer.service.faults.statuses = [status, status]
        local.start(wait=False)
        local.until_health("down")
        assert last_error(local) == f"the peer cannot be used: answered {status}"
        local.until_health("up")
        peer.send(GOOD, "m-0")
        eventually(peer.received)

    def test_a_peer_is_left_alone_for_as_long_as_it_says(self, local: LocalGateway, peer: PollPeer) -> None:
        peer.service.faults.statuses, peer.service.faults.retry_after_s = [429], 1
        begun = time.monotonic()
        local.start(wait=False)
        local.until_health("down")
        local.until_health("up")
        assert time.monotonic() - begun > 0.8

    def test_a_request_whose_answer_breaks_off_is_repeated(self, local: LocalGateway, peer: PollPeer) -> None:
        peer.service.faults.cutting = 3
        peer.send(GOOD, "m-0")
        local.start(wait=False)
        eventually(peer.received)
        assert codes_of(acknowledgement_in(peer.received()[0].payload)) == ["A01"]
        assert local.envelopes() == 1

    def test_a_peer_that_falls_silent_is_down_until_it_answers(
        self, local: LocalGateway, peer: PollPeer
    ) -> None:
        peer.more = {"answer_timeout_s": 0.2}
        local.start()
        peer.service.faults.slow_s = 1.0
        local.until_health("down")
        peer.service.faults.slow_s = 0.0
        local.until_health("up")
        until_delivered(local)

    def test_a_list_of_another_type_is_none(self, local: LocalGateway, peer: PollPeer) -> None:
        peer.service.faults.list_type = "text/html"
        local.start(wait=False)
        local.until_health("down")
        assert "the list is no JSON" in (last_error(local) or "")

    def test_a_message_that_is_gone_does_not_hold_up_the_others(
        self, local: LocalGateway, peer: PollPeer
    ) -> None:
        peer.service.faults.forgotten = {1}
        peer.send(b"<forgotten/>", "m-0")
        peer.send(GOOD, "m-1")
        local.start()
        eventually(peer.received)
        assert local.envelopes() == 1

    def test_a_redirect_is_not_followed(self, local: LocalGateway, peer: PollPeer) -> None:
        peer.service.faults.redirect_to = f"http://127.0.0.1:{peer.service.port}/readyz"
        peer.send(GOOD, "m-0")
        local.start(wait=False)
        local.until_health("down")
        assert last_error(local) == "the peer cannot be used: answered 302"
        assert peer.service.requests["GET /readyz"] == 0
        peer.service.faults.redirect_to = None
        eventually(peer.received)

    def test_a_link_to_another_server_is_not_followed(self, local: LocalGateway, peer: PollPeer) -> None:
        if peer.service.shape == "flexgate":
            pytest.skip("this peer gives no links")
        peer.service.faults.link_host = f"127.0.0.1:{peer.service.port}"  # past the cable
        peer.send(GOOD, "m-0")
        local.start(wait=False)
        local.until_health("down")
        assert last_error(local) == "the peer cannot be used: a link leads to another server"
        assert peer.service.requests["GET /messages/1"] == 0

    def test_a_message_far_too_large_is_not_read_to_its_end(
        self, local: LocalGateway, peer: PollPeer
    ) -> None:
        peer.send(b" " * (200 * LARGEST_BYTES), "m-0")
        peer.send(GOOD, "m-1")
        local.start()
        eventually(peer.received)
        assert peer.refusals() == ["urn:flexgate:problem:too-large"]

    def test_a_channel_that_only_sends_fetches_nothing(self, local: LocalGateway, peer: PollPeer) -> None:
        peer.carries = "out"
        peer.send(GOOD, "m-0")
        local.start()
        until_delivered(local)
        assert listed(peer) == local.envelopes() == 0
        peer.unplug()
        local.until_health("down")


@pytest.mark.parametrize("peer", ["flexgate"], indirect=True)
class TestOutwards:
    """Both shapes are posted to alike."""

    def test_a_message_says_what_it_is(self, local: LocalGateway, peer: PollPeer) -> None:
        local.start()
        sent = until_delivered(local)
        (posted,) = peer.service.posted
        assert posted.body == b"<a/>"
        headers = {name: posted.headers[name] for name in ("content-type", "idempotency-key", "ce-subject")}
        assert headers == {
            "content-type": "application/xml",
            "idempotency-key": sent.message_id,
            "ce-subject": "run-1",
        }

    @pytest.mark.parametrize("status", [413, 415, 422])
    def test_what_the_peer_will_never_take_is_given_up(
        self, local: LocalGateway, peer: PollPeer, status: int
    ) -> None:
        peer.more = {"poll_s": 600.0}
        local.start()
        peer.service.faults.statuses = [status]
        number = local.put(b"<a/>")
        eventually(lambda: local.state_of(number) is OutboxState.DEAD)
        assert message(local, number).last_error == f"the peer answered {status}"

    def test_a_peer_that_wants_a_pause_gets_it_and_no_attempt_counts(
        self, local: LocalGateway, peer: PollPeer
    ) -> None:
        peer.more = {"poll_s": 600.0}
        local.start()
        peer.service.faults.statuses, peer.service.faults.retry_after_s = [503], 1
        begun = time.monotonic()
        assert until_delivered(local).attempts == 1
        assert time.monotonic() - begun > 0.8
        assert len(peer.service.posted) == 1

    def test_a_token_opens_and_a_wrong_one_says_so(
        self, local: LocalGateway, peer: PollPeer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        peer.service.token = "open sesame"
        peer.more = {"bearer": {"env": "TEST_TOKEN"}}
        monkeypatch.setenv("TEST_TOKEN", "wrong")
        local.start(wait=False)
        local.until_health("down")
        assert last_error(local) == "the peer cannot be used: answered 401"
        local.stop()
        local.open_stores()
        monkeypatch.setenv("TEST_TOKEN", "open sesame")
        local.start()
        until_delivered(local)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


def places(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    yield pointer, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from places(each, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")


class TestLists:
    @given(JSON)
    def test_everything_has_a_pointer_that_leads_to_it(self, content: Any) -> None:
        for pointer, value in places(content):
            assert at(content, pointer) is value
        assert at(content, "/no such name") is None

    @pytest.mark.parametrize(
        ("data", "fault"),
        [
            (b"", "no JSON"),
            (b"<a/>", "no JSON"),
            (b"[" * 100_000, "no JSON"),
            (b"{}", "no messages at /messages"),
            (b'{"messages": {}}', "no messages"),
            (b'{"messages": [7]}', "no name at /id"),
            (b'{"messages": [{"id": true, "message_id": "m"}]}', "no name at /id"),
            (b'{"messages": [{"id": 1}]}', "no name at /message_id"),
            (b'{"messages": [{"id": 1, "message_id": ""}]}', "no name"),
            (b'{"messages": [{"id": 1, "message_id": "%s"}]}' % (b"m" * 600), "no name"),
        ],
    )
    def test_a_list_that_is_none_says_why(self, data: bytes, fault: str) -> None:
        with pytest.raises(CallError, match=fault):
            page_in(data, OUTBOX, OUTBOX_MESSAGE, BASE)

    def test_a_key_cannot_leave_its_place_in_the_path(self) -> None:
        data = b'{"messages": [{"id": "../../oauth?x=1#", "message_id": "m"}]}'
        (only,) = page_in(data, OUTBOX, OUTBOX_MESSAGE, BASE).messages
        assert only.address == "/v1/outbox/..%2F..%2Foauth%3Fx%3D1%23"

    @pytest.mark.parametrize(
        ("link", "address"),
        [
            ("/m/1?part=2", "/m/1?part=2"),
            ("https://peer.example:8443/m/1#x", "/m/1"),
            ("m/1", "/m/1"),
            ("https://peer.example/m/1", None),
            ("http://peer.example:8443/m/1", None),
            ("//other.example/m/1", None),
            ("https://peer.example:8443@other.example/m/1", None),
            ("file:///etc/passwd", None),
        ],
    )
    def test_links_stay_at_the_peer(self, link: str, address: str | None) -> None:
        data = b'{"messages": [{"id": 1, "message_id": "m", "href": "%s"}]}' % link.encode()
        shape = ListedMessage(key="/id", id="/message_id", link="/href")
        if address is None:
            with pytest.raises(CallError, match="another server"):
                page_in(data, OUTBOX, shape, BASE)
        else:
            assert page_in(data, OUTBOX, shape, BASE).messages[0].address == address


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"tls": False, "bearer": {"env": "TEST_TOKEN"}}, "tls"),
        ({"bearer": {"env": "TEST_TOKEN"}, "username": "u"}, "one of"),
        ({"listing": LISTING | {"next": "/next"}}, "a cursor is in each message"),
        ({"message": MESSAGE | {"path": "/p"}}, "a cursor is in each message"),
        ({"message": MESSAGE}, "either path or link"),
        ({"message": MESSAGE | {"path": "/p", "link": "/l"}}, "either path or link"),
        ({"message": MESSAGE | {"key": "id"}}, "key"),
        ({"oauth": {"token_url": "https://a/t", "client_id": "c"}}, "either key or secret"),
        (
            {"oauth": {"token_url": "http://a/t", "client_id": "c", "secret": {"env": "TEST_TOKEN"}}},
            "https only",
        ),
        (
            {
                "oauth": {
                    "token_url": "http://localhost.a/t",
                    "client_id": "c",
                    "secret": {"env": "TEST_TOKEN"},
                }
            },
            "https only",
        ),
    ],
)
def test_options_that_do_not_fit(monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], fault: str) -> None:
    monkeypatch.setenv("TEST_TOKEN", "t")
    PollOptions.model_validate(OPTIONS)
    with pytest.raises(ValidationError, match=fault):
        PollOptions.model_validate(OPTIONS | change)
