"""Two partners behind one gateway: bids go on in the other's version, answers come back, whatever ends it."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

import esmp
import mappings
from gateway.domain.outgoing import Outgoing
from gateway.records.engine.stores import Stores
from gateway.records.messages import outbox
from gateway.records.messages.outbox import DeathCause
from tests.e2e.running import SECRET, Member, Running, json_of
from tests.intake.test_forwarding import FOR_SOUTH, answer_of_south
from tests.patience import PATIENCE_S
from tests.specimens import NORTH, SOUTH

XML = {"Content-Type": "application/xml"}
MEMBERS = (
    Member("north", "platform", [(NORTH, "A01")]),
    Member("south", "platform", [(SOUTH, "A01")]),
    Member("operator", "operator"),
)
ROUTES = f"""
[routes.to-south]
receiver = "{SOUTH}"
kind = "ReserveBid"
to = "south"
version = "7.4"
"""


def bids(mrid: str) -> bytes:
    return FOR_SOUTH.replace(b"<mRID>TEST-DOC-72</mRID>", f"<mRID>{mrid}</mRID>".encode(), 1)


def messages(client: httpx2.Client, kind: str) -> list[dict[str, object]]:
    found = json_of(client.get("/v1/outbox?limit=1000"))["messages"]
    return [message for message in found if message["kind"] == kind]


def cli(gateway: Running, *arguments: str) -> str:
    credentials = gateway.directory / "operator.json"
    credentials.write_text(json.dumps({"client_id": "operator", "client_secret": SECRET}))
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "gateway.cli", *arguments),
            *("--url", gateway.url, "--credentials", str(credentials), "--json"),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return ran.stdout


def test_kill_9_on_the_way_loses_nothing_and_brings_nothing_twice(tmp_path: Path) -> None:
    gateway = Running(tmp_path, MEMBERS, ROUTES)
    mrids = [f"TEST-{number}" for number in range(8)]
    with gateway:
        north = gateway.as_("north")
        for mrid in mrids:
            assert north.post("/v1/documents", content=bids(mrid), headers=XML).status_code == 202
        gateway.end(signal.SIGKILL)
    with gateway:
        south = gateway.as_("south")
        gateway.until(lambda: len(messages(south, "ReserveBid")) == len(mrids), "the bids")
        arrived = []
        for message in messages(south, "ReserveBid"):
            payload = south.get(f"/v1/outbox/{message['id']}").content
            report = esmp.validate(payload)
            assert report.identity is not None
            assert (report.valid, report.identity.version) == (True, "7.4")
            document = mappings.read(payload, report.identity).document
            assert document is not None
            arrived.append(document.header.mrid)
        assert sorted(arrived) == mrids
        assert len(messages(gateway.as_("north"), "Acknowledgement")) == len(mrids)


@pytest.mark.feature(id="C10")
def test_there_and_back_and_seen_by_the_operator(tmp_path: Path) -> None:
    with Running(tmp_path, MEMBERS, ROUTES) as gateway:
        north, south = gateway.as_("north"), gateway.as_("south")
        seen, _ = gateway.hand_in(north, bids("TEST-1"))
        assert (seen["state"], seen["forwarding"]["route"], seen["forwarding"]["version"]) == (
            "accepted",
            "to-south",
            "7.4",
        )
        (bid,) = gateway.until(lambda: messages(south, "ReserveBid"), "the bids")
        assert (bid["mrid"], bid["revision"]) == ("TEST-1", 1)
        assert bid["acknowledgement"] == {"state": "awaited", "codes": [], "answered_at": None}
        path = f"/v1/documents/{seen['document_id']}"
        assert north.get(path).json()["forwarding"]["answer"] == bid["acknowledgement"]
        assert south.post(f"/v1/outbox/{bid['id']}/confirm").status_code == 204
        answered = south.post("/v1/documents", content=answer_of_south("A01", mrid="TEST-1"), headers=XML)
        taken = gateway.settled(south, answered.headers["location"])
        said = {
            "family": "ReserveBid",
            "mrid": "TEST-1",
            "revision": 1,
            "state": "accepted",
            "codes": ["A01"],
        }
        assert (taken["state"], taken["acknowledges"]) == ("accepted", said)
        gateway.until(lambda: len(messages(north, "Acknowledgement")) == 2, "the answer")
        (bid,) = messages(south, "ReserveBid")
        assert (bid["state"], bid["acknowledgement"]["state"]) == ("delivered", "accepted")  # type: ignore[index]
        shown = json.loads(cli(gateway, "document", "show", seen["document_id"]))
        assert shown["forwarding"]["answer"] == bid["acknowledgement"]
        (route,) = json.loads(cli(gateway, "routes", "list"))["routes"]
        assert (route["name"], route["forwarded"], route["waiting"]) == ("to-south", 2, 0)


def test_an_operator_has_a_dead_letter_sent_after_all(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    stores = Stores(tmp_path / "data" / "stores", ["south"])
    with stores.of("south").writing() as uow:
        number = outbox.put(uow, Outgoing("BidAvailability", "1.1", b"<a/>"), now)
        outbox.give_up(uow, number, "no answer", DeathCause.ATTEMPTS, at=now, failures=30)
        message = outbox.find(uow, number)
    stores.close()
    assert message is not None
    with Running(tmp_path, MEMBERS) as gateway:
        refused, _ = gateway.hand_in(gateway.as_("north"), b"<nothing/>")
        listed = json.loads(cli(gateway, "deadletter", "list"))
        ids = [
            *(letter["message_id"] for letter in listed["dead_letters"]),
            *(document["document_id"] for document in listed["refused_documents"]),
        ]
        assert ids == [message.message_id, refused["document_id"]]
        shown = [json.loads(cli(gateway, "deadletter", "show", one)) for one in ids]
        assert [one["state"] for one in shown] == ["dead", "refused"]
        (letter,) = json.loads(cli(gateway, "deadletter", "list"))["dead_letters"]
        assert (letter["message_id"], letter["reason"], letter["attempts"]) == (
            message.message_id,
            "no answer",
            30,
        )
        (again,) = json.loads(cli(gateway, "deadletter", "redrive", message.message_id))["messages"]
        assert (again["state"], again["message_id"]) == ("waiting", message.message_id)
        (waits,) = [
            one
            for one in json.loads(cli(gateway, "deadletter", "waiting"))["messages"]
            if one["message_id"] == message.message_id
        ]
        assert waits["redriven"] == 1
        given = json.loads(
            cli(gateway, "deadletter", "give-up", message.message_id, "--reason", "has it by mail")
        )
        assert (given["state"], given["because"], given["reason"]) == ("dead", "by-hand", "has it by mail")
        assert '"event":"message given up by hand"' in gateway.log
        assert '"event":"message redriven"' in gateway.log
        assert '"event":"dead letters"' in gateway.log
