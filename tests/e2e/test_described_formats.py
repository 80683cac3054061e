"""Three formats that nobody wrote code for: a JSON message, a national XML, a table; each by a description.

Of each a document that is right, one that is not, the same again, other content under its name, a further
revision and an older one; routed to its receiver as it came, recorded as the policy says, and answered.
"""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.formats.format_sets import add
from tests.e2e.running import Member, Running, json_of
from tests.e2e.test_onenet_exchanges import code_of
from tests.e2e.test_schema_sets import flexgate
from tests.formats.samples import METERED_TOML, ORDER_TOML, PODS_TOML, metered, order, pods, write_all
from tests.specimens import NORTH, SOUTH

GRID = code_of("DSO")
ROUTES = f"""
[routes.pods]
receiver = "{SOUTH}"
kind = "PodRegistration"
to = "south"
version = "1"

[routes.orders]
kind = "FlexOrder"
to = "south"
market = "local"

[routes.metered]
sender = "{NORTH}"
kind = "MeteredValues"
to = "south"

[routes.metered-of-grid]
sender = "{GRID}"
kind = "MeteredValues"
to = "south"

[grants.metered-of-grid]
from = "grid"
to = "south"
kind = "MeteredValues"
"""


@dataclass(frozen=True, slots=True)
class Case:
    """Documents of one format: right, wrong and where, other content, the next revision."""

    kind: str
    content_type: str
    right: bytes
    wrong: bytes
    place: tuple[str, int | None]
    other: bytes
    next: bytes
    content: bytes
    """What stands in them, and may stand in no store of the sender afterwards."""


def as_json(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()


def cases() -> list[Case]:
    wrong = pods("REG-2")
    wrong["pods"][1]["maxPowerKw"] = -1
    return [
        Case(
            "PodRegistration",
            "application/json",
            as_json(pods()),
            as_json(wrong),
            ("/pods/1/maxPowerKw", None),
            as_json(pods(aggregator={"code": NORTH, "name": "TEST other"})),
            as_json(pods(revision=2)),
            b"IT001E12345678",
        ),
        Case(
            "FlexOrder",
            "application/xml",
            order(),
            order("CZ-2", kw="much"),
            ("/FlexOrder/Step[1]", 12),
            order(kw="13"),
            order(issue=2),
            b'kind="DOWN"',
        ),
        Case(
            "MeteredValues",
            "text/csv",
            metered(),
            metered("MV-2", kwh="0,2,5"),
            ("kWh", 2),
            metered(kwh="0,3"),
            metered(issue=2),
            b"AB12CD34",
        ),
    ]


def submit(gateway: Running, client: httpx2.Client, data: bytes, content_type: str, key: str) -> Any:
    headers = {"Content-Type": content_type, "Idempotency-Key": key}
    answer = client.post("/v1/documents", content=data, headers=headers)
    assert answer.status_code == 202, answer.text
    return gateway.settled(client, answer.headers["location"])


def messages(client: httpx2.Client, *kinds: str) -> list[dict[str, Any]]:
    found = json_of(client.get("/v1/outbox?limit=1000"))["messages"]
    return [each for each in found if each["kind"] in kinds]


def answers(client: httpx2.Client, kind: str) -> list[str]:
    return [client.get(f"/v1/outbox/{each['id']}").text for each in messages(client, kind)]


@pytest.mark.feature(id="B11")
def test_each_goes_all_the_way(tmp_path: Path) -> None:
    for text in (PODS_TOML, ORDER_TOML, METERED_TOML):
        assert len(text.strip().splitlines()) <= 30
    members = [
        Member("north", "platform", [(NORTH, "A01")]),
        Member("south", "platform", [(SOUTH, "A01")]),
        Member("grid", "dso", [(GRID, "A01")]),
    ]
    gateway = Running(tmp_path / "gateway", members)
    described = write_all(tmp_path / "described")
    flexgate("formats", "add", described["pods"], "--config", gateway.configuration)
    for name in ("order", "metered"):
        add(gateway.directory / "data" / "schemas", described[name])
    with gateway.configuration.open("a", encoding="utf-8") as configuration:
        configuration.write(ROUTES)
    with gateway:
        north, south, grid = (gateway.as_(name) for name in ("north", "south", "grid"))
        for case in cases():
            goes_all_the_way(gateway, north, south, case)
        answered(north)
        granted(gateway, grid)
        of_another_market = submit(gateway, north, order("CZ-9", market="other"), "application/xml", "other")
        assert [each["code"] for each in of_another_market["findings"]] == ["A59"]
    recorded(gateway)


def goes_all_the_way(gateway: Running, north: httpx2.Client, south: httpx2.Client, case: Case) -> None:
    def seen(data: bytes, key: str) -> Any:
        return submit(gateway, north, data, case.content_type, f"{case.kind}-{key}")

    right = seen(case.right, "right")
    assert (right["state"], right["kind"], right["findings"]) == ("accepted", case.kind, [])
    assert right["forwarding"]["version"] == right["version"]
    wrong = seen(case.wrong, "wrong")
    (finding,) = wrong["findings"]
    assert (wrong["state"], finding["path"], finding["line"]) == ("refused", *case.place)
    again = seen(case.right, "again")
    assert again["state"] == "accepted"
    assert again["repeats"] == right["document_id"]
    for data, key in ((case.other, "other"), (case.next, "next"), (case.other, "older")):
        later = seen(data, key)
        assert (key, later["state"]) == (key, "accepted" if key == "next" else "refused")
        assert [each["code"] for each in later["findings"]] == ([] if key == "next" else ["A51"])
        assert all(each["path"] for each in later["findings"])

    def arrived() -> list[dict[str, Any]] | None:
        found = messages(south, case.kind)
        return found if len(found) >= 2 else None

    forwarded = gateway.until(arrived, f"{case.kind} to arrive")
    assert forwarded is not None
    got = [south.get(f"/v1/outbox/{each['id']}") for each in forwarded]
    assert [each.content for each in got] == [case.right, case.next]
    assert {each.headers["content-type"].partition(";")[0] for each in got} == {case.content_type}
    awaited = {each["acknowledgement"] and each["acknowledgement"]["state"] for each in forwarded}
    assert awaited == ({None} if case.kind == "PodRegistration" else {"awaited"})


def answered(north: httpx2.Client) -> None:
    """Each in its own way, the repetition too: of the JSON by JSON, of the others by an Acknowledgement."""
    own = [json.loads(text) for text in answers(north, "PodRegistrationResult")]
    assert [(each["answers"], each["result"]) for each in own] == [
        ("REG-1", "REGISTERED"),
        ("REG-2", "REJECTED"),
        ("REG-1", "REGISTERED"),
        ("REG-1", "REJECTED"),
        ("REG-1", "REGISTERED"),
        ("REG-1", "REJECTED"),
    ]
    assert own[0]["resultId"] == own[2]["resultId"]
    assert "/pods/1/maxPowerKw" in own[1]["reasons"]
    acknowledgements = answers(north, "Acknowledgement")
    for mrid, codes in (
        ("CZ-1", ["A01", "A01", "A02", "A01", "A02"]),
        ("MV-1", ["A01"] * 2 + ["A02", "A01", "A02"]),
    ):
        of = [text for text in acknowledgements if f">{mrid}<" in text]
        assert [
            next(code for code in ("A01", "A02") if f"<code>{code}</code>" in text) for text in of
        ] == codes


def granted(gateway: Running, grid: httpx2.Client) -> None:
    """A DSO may send what a grant names, and nothing else of the kind's neighbours."""
    taken = submit(gateway, grid, metered("MV-7", operator=GRID), "text/csv", "granted")
    assert (taken["state"], taken["forwarding"]["route"]) == ("accepted", "metered-of-grid")
    refused = submit(gateway, grid, order("CZ-7", sender=GRID), "application/xml", "not-granted")
    assert [(each["code"], each["path"], each["line"]) for each in refused["findings"]] == [
        ("A05", "/FlexOrder/Head/From", 4)
    ]
    foreign = submit(gateway, grid, metered("MV-8"), "text/csv", "as-north")
    assert [each["code"] for each in foreign["findings"]] == ["A78"]


def recorded(gateway: Running) -> None:
    """By name, revision and hash; nothing of what a document says is left where it was taken."""
    store = next((gateway.directory / "data" / "stores").glob("north*.sqlite"))
    with sqlite3.connect(store) as database:
        rows = database.execute(
            "select kind, mrid, revision from documents order by kind, revision"
        ).fetchall()
        assert rows == [
            ("FlexOrder", "CZ-1", 1),
            ("FlexOrder", "CZ-1", 2),
            ("MeteredValues", "MV-1", 1),
            ("MeteredValues", "MV-1", 2),
            ("PodRegistration", "REG-1", 1),
            ("PodRegistration", "REG-1", 2),
        ]
        accepted = {row[0] for row in database.execute("select document_id from documents")}
        tables = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        columns = {
            name: [row[1] for row in database.execute(f'pragma table_info("{name}")')] for name in tables
        }
        for name in tables:
            for row in database.execute(f'select * from "{name}"'):
                if not accepted & set(row):
                    continue  # what was refused stays in quarantine as it came
                stored = dict(zip(columns[name], row, strict=True))
                said = [key for key, value in stored.items() if holds_content(value)]
                assert said == [], (name, said)


def holds_content(value: object) -> bool:
    data = value.encode() if isinstance(value, str) else value
    return isinstance(data, bytes) and any(case.content in data for case in cases())
