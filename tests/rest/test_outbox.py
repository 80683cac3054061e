"""Pulling: a cursor that misses nothing, bytes that prove themselves, confirmation that is heard once."""

import hashlib

from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.domain.packed import Packed
from gateway.records import outbox
from gateway.records.outbox import DeathCause
from gateway.security.message_signatures import content_digest
from tests.web.house import URL, House


def put(house: House, tenant: str, *payloads: bytes) -> None:
    with house.world.store.room(tenant).writing() as room:
        for payload in payloads:
            message = Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", payload, answers="envelope-1")
            outbox.put(room, message, house.world.clock.now())


def test_a_cursor_goes_through_everything_once(house: House) -> None:
    put(house, "east", *(f"<m{number}/>".encode() for number in range(5)))
    east, cursor, seen = house.as_("east"), 0, []
    while page := (answer := east.get(f"/v1/outbox?after={cursor}&limit=2").json())["messages"]:
        assert len(page) <= 2
        seen += [message["sha256"] for message in page]
        cursor = answer["next"]
    assert seen == [hashlib.sha256(f"<m{number}/>".encode()).hexdigest() for number in range(5)]
    assert answer["next"] == cursor
    put(house, "east", b"<m5/>")
    assert len(east.get(f"/v1/outbox?after={cursor}").json()["messages"]) == 1


def test_a_message_as_it_is(house: House) -> None:
    put(house, "east", b"<m/>")
    east = house.as_("east")
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


def test_a_packed_message_comes_packed_or_as_a_stream(house: House) -> None:
    document = b"<m>" + b"many bids " * 100_000 + b"</m>"
    with house.world.store.room("east").writing() as room:
        packed = Packed.of([document])
        message = Outgoing(DocumentKind.MERIT_ORDER_LIST, "7.3", packed, answers="run-1")
        outbox.put(room, message, house.world.clock.now())
    east = house.as_("east")
    (listed,) = east.get("/v1/outbox").json()["messages"]
    assert (listed["size"], listed["sha256"]) == (len(document), hashlib.sha256(document).hexdigest())
    for accepted, sent in (("gzip", packed.data), ("identity", document)):
        answer = east.get(f"/v1/outbox/{listed['id']}", headers={"Accept-Encoding": accepted})
        assert answer.content == document
        assert answer.headers.get("content-encoding", "identity") == accepted
        assert answer.headers["content-length"] == str(len(sent))
        assert answer.headers["content-digest"] == content_digest(sent)


def test_what_never_was_a_document_cannot_be_fetched(house: House) -> None:
    put(house, "east", b"")
    now = house.world.clock.now()
    with house.world.store.room("east").writing() as room:
        outbox.give_up(room, 1, "too long", DeathCause.UNWRITABLE, at=now, failures=0)
    east = house.as_("east")
    (listed,) = east.get("/v1/outbox").json()["messages"]
    assert (listed["state"], listed["last_error"]) == ("dead", "too long")
    assert east.get("/v1/outbox/1").status_code == 404


def test_confirmed_once_and_for_all(house: House) -> None:
    put(house, "east", b"<m/>")
    east = house.as_("east")
    for _ in range(2):
        assert east.post("/v1/outbox/1/confirm").status_code == 204
    (listed,) = east.get("/v1/outbox").json()["messages"]
    assert listed["state"] == "delivered"
    assert east.get("/v1/outbox/1").status_code == 200


def test_messages_of_others_do_not_exist(house: House) -> None:
    put(house, "east", b"<m/>")
    west = house.as_("west")
    assert west.get("/v1/outbox").json() == {"messages": [], "next": 0}
    assert west.get("/v1/outbox/1").status_code == 404
    assert west.post("/v1/outbox/1/confirm").status_code == 404
    (listed,) = house.as_("east").get("/v1/outbox").json()["messages"]
    assert listed["state"] == "waiting"
