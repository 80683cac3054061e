"""Pulling: a cursor that misses nothing, bytes that prove themselves, confirmation that is heard once."""

import gzip
import hashlib

import pytest
from fastapi.testclient import TestClient

from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.domain.packed import Packed
from gateway.records.messages import outbox
from gateway.records.messages.outbox import DeathCause
from gateway.security.message_signatures import content_digest
from tests.web.local_gateway import URL, LocalGateway


def put(local: LocalGateway, tenant: str, *payloads: bytes) -> None:
    with local.world.stores.of(tenant).writing() as uow:
        for payload in payloads:
            message = Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", payload, answers="envelope-1")
            outbox.put(uow, message, local.world.clock.now())


def test_a_cursor_goes_through_everything_once(local: LocalGateway) -> None:
    put(local, "east", *(f"<m{number}/>".encode() for number in range(5)))
    east, cursor, seen = local.as_("east"), 0, []
    while page := (answer := east.get(f"/v1/outbox?after={cursor}&limit=2").json())["messages"]:
        assert len(page) <= 2
        seen += [message["sha256"] for message in page]
        cursor = answer["next"]
    assert seen == [hashlib.sha256(f"<m{number}/>".encode()).hexdigest() for number in range(5)]
    assert answer["next"] == cursor
    put(local, "east", b"<m5/>")
    assert len(east.get(f"/v1/outbox?after={cursor}").json()["messages"]) == 1


def test_a_message_as_it_is(local: LocalGateway) -> None:
    put(local, "east", b"<m/>")
    east = local.as_("east")
    (listed,) = east.get("/v1/outbox").json()["messages"]
    fetched = east.get(f"/v1/outbox/{listed['id']}")
    assert fetched.content == b"<m/>"
    assert fetched.headers["content-type"].startswith("application/xml")
    assert fetched.headers["content-digest"] == content_digest(b"<m/>")
    assert fetched.headers["ce-id"] == listed["message_id"]
    assert fetched.headers["ce-source"] == URL
    assert fetched.headers["ce-type"] == "eu.flexgate.Acknowledgement.v1"
    assert fetched.headers["ce-subject"] == listed["answers"] == "envelope-1"
    assert fetched.headers["ce-specversion"] == "1.0"


@pytest.mark.feature(id="C14")
def test_a_packed_message_comes_packed_or_as_a_stream(local: LocalGateway) -> None:
    document = b"<m>" + b"many bids " * 100_000 + b"</m>"
    with local.world.stores.of("east").writing() as uow:
        packed = Packed.of([document])
        message = Outgoing(DocumentKind.MERIT_ORDER_LIST, "7.3", packed, answers="run-1")
        outbox.put(uow, message, local.world.clock.now())
    east = local.as_("east")
    (listed,) = east.get("/v1/outbox").json()["messages"]
    assert (listed["size"], listed["sha256"]) == (len(document), hashlib.sha256(document).hexdigest())
    for accepted, sent in (("gzip", packed.data), ("identity", document)):
        answer = east.get(f"/v1/outbox/{listed['id']}", headers={"Accept-Encoding": accepted})
        assert answer.content == document
        assert answer.headers.get("content-encoding", "identity") == accepted
        assert answer.headers["content-length"] == str(len(sent))
        assert answer.headers["content-digest"] == content_digest(sent)


@pytest.fixture
def large(local: LocalGateway) -> tuple[TestClient, str, bytes]:
    """Who has a packed message, where it is, and its bytes."""
    document = b"<m>" + b"".join(b"bid %d " % number for number in range(100_000)) + b"</m>"
    with local.world.stores.of("east").writing() as uow:
        message = Outgoing(DocumentKind.MERIT_ORDER_LIST, "7.3", Packed.of([document]), answers="run-1")
        number = outbox.put(uow, message, local.world.clock.now())
    return local.as_("east"), f"/v1/outbox/{number}", document


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_broken_download_goes_on(large: tuple[TestClient, str, bytes], coding: str) -> None:
    client, path, document = large
    accepting = {"Accept-Encoding": coding}
    with client.stream("GET", path, headers=accepting) as answer:
        whole = b"".join(answer.iter_raw())
        tag, digest = answer.headers["etag"], answer.headers["repr-digest"]
    assert (gzip.decompress(whole) if coding == "gzip" else whole) == document
    assert digest == content_digest(whole)
    pieces, at = [], 0
    while at < len(whole):
        asking = accepting | {"Range": f"bytes={at}-{at + 99_999}", "If-Range": tag}
        with client.stream("GET", path, headers=asking) as answer:
            piece = b"".join(answer.iter_raw())
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes {at}-{at + len(piece) - 1}/{len(whole)}"
        assert answer.headers["content-length"] == str(len(piece))
        assert (answer.headers["etag"], answer.headers["repr-digest"]) == (tag, digest)
        pieces.append(piece)
        at += len(piece)
    assert b"".join(pieces) == whole


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=5-", slice(5, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=10-99999999999", slice(10, None)),
        ("bytes=-99999999999", slice(0, None)),
        ("bytes=16383-16385", slice(16_383, 16_386)),
    ],
)
def test_parts(large: tuple[TestClient, str, bytes], asked: str, found: slice) -> None:
    client, path, document = large
    answer = client.get(path, headers={"Range": asked, "Accept-Encoding": "identity"})
    assert answer.status_code == 206
    assert answer.content == document[found]


@pytest.mark.parametrize("asked", ["bytes=5-4", "bytes=-", "bytes=0-1, 5-6", "lines=0-1", "bytes=a-b", "0-1"])
def test_what_is_no_single_range_is_passed_over(large: tuple[TestClient, str, bytes], asked: str) -> None:
    client, path, document = large
    answer = client.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, document)


def test_bytes_that_are_not_there(large: tuple[TestClient, str, bytes]) -> None:
    client, path, document = large
    for asked in (f"bytes={len(document)}-", "bytes=-0"):
        answer = client.get(path, headers={"Range": asked, "Accept-Encoding": "identity"})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{len(document)}"


def test_another_form_comes_whole(large: tuple[TestClient, str, bytes]) -> None:
    client, path, document = large
    packed = client.get(path, headers={"Accept-Encoding": "gzip"}).headers["etag"]
    asking = {"Range": "bytes=0-9", "If-Range": packed}
    answer = client.get(path, headers=asking | {"Accept-Encoding": "identity"})
    assert (answer.status_code, answer.content) == (200, document)
    assert client.get(path, headers=asking | {"Accept-Encoding": "gzip"}).status_code == 206


def test_what_is_known_is_not_sent_again(large: tuple[TestClient, str, bytes]) -> None:
    client, path, _ = large
    tag = client.get(path).headers["etag"]
    answer = client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_parts_are_of_get_alone(large: tuple[TestClient, str, bytes]) -> None:
    client, path, _ = large
    assert client.head(path, headers={"Range": "bytes=0-9"}).status_code == 200


def test_what_never_was_a_document_cannot_be_fetched(local: LocalGateway) -> None:
    put(local, "east", b"")
    now = local.world.clock.now()
    with local.world.stores.of("east").writing() as uow:
        outbox.give_up(uow, 1, "too long", DeathCause.UNWRITABLE, at=now, failures=0)
    east = local.as_("east")
    (listed,) = east.get("/v1/outbox").json()["messages"]
    assert (listed["state"], listed["last_error"]) == ("dead", "too long")
    assert east.get("/v1/outbox/1").status_code == 404


def test_confirmed_once_and_for_all(local: LocalGateway) -> None:
    put(local, "east", b"<m/>")
    east = local.as_("east")
    for _ in range(2):
        assert east.post("/v1/outbox/1/confirm").status_code == 204
    (listed,) = east.get("/v1/outbox").json()["messages"]
    assert listed["state"] == "delivered"
    assert east.get("/v1/outbox/1").status_code == 200


def test_messages_of_others_do_not_exist(local: LocalGateway) -> None:
    put(local, "east", b"<m/>")
    west = local.as_("west")
    assert west.get("/v1/outbox").json() == {"messages": [], "next": 0}
    assert west.get("/v1/outbox/1").status_code == 404
    assert west.post("/v1/outbox/1/confirm").status_code == 404
    (listed,) = local.as_("east").get("/v1/outbox").json()["messages"]
    assert listed["state"] == "waiting"
