"""A system operator lists, fetches, confirms and acknowledges its documents by commands."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import esmp
from gateway.cli.commands import app
from mappings import canonical_json
from tests.e2e.running import SECRET, Member, Running, json_of
from tests.e2e.world import MEMBERS, bid, document, prepare

TSO = "11XTEST-TSO----Z"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A decided hour, of whose lists the system operator gets documents."""
    tso = Member("tso", "tso", ((TSO, "A01"),), "merit_order_lists = true\n")
    members = (tso, *(one for one in MEMBERS if one.name != "tso"))
    with Running(tmp_path_factory.mktemp("outbox"), members) as running:
        prepare(running)
        for platform, offered in (("north", 6.0), ("south", 4.0)):
            data = document(platform, "7.4", f"TEST-{platform}", bid(f"TEST-{platform}", offered, 20.0))
            assert running.hand_in(running.as_(platform), data)[0]["state"] == "accepted"
            json_of(running.as_(platform).post("/v1/gates/hour/close"))
        operator = running.as_("operator")
        running.until(lambda: operator.get("/v1/gates/hour").json()["state"] == "published", "the gate")
        for tenant in ("north", "tso"):
            credentials = {
                "client_id": tenant,
                "client_secret": SECRET,
                "token_url": f"{running.url}/oauth/token",
            }
            (running.directory / f"{tenant}.json").write_text(json.dumps(credentials))
        yield running


def outbox(running: Running, *words: object, tenant: str = "tso") -> Result:
    credentials = running.directory / f"{tenant}.json"
    asked = ["outbox", *map(str, words), "--credentials", str(credentials)]
    return CliRunner().invoke(app, asked, env={"COLUMNS": "300"})


def listed(running: Running, tenant: str = "tso") -> list[dict[str, Any]]:
    done = outbox(running, "list", "--json", tenant=tenant)
    assert done.exit_code == 0, done.output
    messages: list[dict[str, Any]] = json.loads(done.stdout)["messages"]
    return messages


def test_documents_are_listed_with_what_is_known_of_them(published: Running) -> None:
    first, second = listed(published)
    assert [first["kind"], second["kind"]] == ["MeritOrderList", "MeritOrderList"]
    shown = outbox(published, "list", "--after", first["id"])
    (row,) = [line for line in shown.output.splitlines() if "MeritOrderList" in line]
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells[:6] == [str(second["id"]), "MeritOrderList", second["version"], second["mrid"], "1", "hour"]
    assert cells[6] == second["created_at"]
    nothing = outbox(published, "list", "--after", second["id"])
    assert (nothing.exit_code, "nothing is there for you after" in nothing.output) == (0, True)


def test_a_document_is_fetched_in_every_form(published: Running, tmp_path: Path) -> None:
    number = listed(published)[0]["id"]
    xml, table, plain = (tmp_path / name for name in ("list.xml", "list.csv", "list.json"))
    assert outbox(published, "get", number, "-o", xml).exit_code == 0
    assert esmp.validate(xml.read_bytes()).valid
    assert outbox(published, "get", number, "--as", "csv", "-o", table).exit_code == 0
    assert b"TEST-north" in table.read_bytes()
    assert outbox(published, "get", number, "--as", "json", "-o", plain).exit_code == 0
    assert canonical_json.loads(plain.read_bytes()).header.receiver.party.code == TSO
    assert outbox(published, "get", number).stdout_bytes == xml.read_bytes()
    again = outbox(published, "get", number, "-o", xml)
    assert (again.exit_code, "nothing is overwritten" in again.stderr) == (1, True)
    missing = outbox(published, "get", 999)
    assert (missing.exit_code, "there is no message 999" in missing.stderr) == (1, True)


def test_confirmed_documents_are_delivered(published: Running) -> None:
    numbers = [one["id"] for one in listed(published)]
    done = outbox(published, "confirm", *numbers)
    assert done.exit_code == 0, done.output
    assert {one["state"] for one in listed(published)} == {"delivered"}
    assert outbox(published, "confirm", 999).exit_code == 1


def test_an_acknowledgement_is_accepted_and_noted(published: Running) -> None:
    one, another = (message["id"] for message in listed(published))
    accepted = outbox(published, "acknowledge", one)
    assert accepted.exit_code == 0, accepted.output
    assert " ".join(accepted.output.split()).count("state accepted") == 1
    rejected = outbox(published, "acknowledge", another, "--reject", "we buy nothing today")
    assert rejected.exit_code == 0, rejected.output
    answers = [message["acknowledgement"] for message in listed(published)]
    assert [(each["state"], each["codes"]) for each in answers] == [
        ("accepted", ["A01"]),
        ("refused", ["A02", "999"]),
    ]
    assert "accepted A01" in outbox(published, "list").output
    changed = outbox(published, "acknowledge", another)
    assert (changed.exit_code, "was acknowledged before, as refused" in changed.output) == (1, True)


def test_what_awaits_no_answer_gets_none(published: Running) -> None:
    (answer,) = [one for one in listed(published, "north") if one["kind"] == "Acknowledgement"]
    done = outbox(published, "acknowledge", answer["id"], tenant="north")
    assert (done.exit_code, "awaits no Acknowledgement" in done.stderr) == (1, True)
    missing = outbox(published, "acknowledge", 999)
    assert (missing.exit_code, "there is no message 999" in missing.stderr) == (1, True)
