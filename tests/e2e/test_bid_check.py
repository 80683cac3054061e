"""One market hour from wire to wire: two platforms, two versions, one line that cannot carry everything."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from lxml import etree

import esmp
from contract_tests.emulators.answers import read_bid_availability, read_merit_order
from tests.e2e.running import Running, json_of
from tests.e2e.world import LIMIT_MW, MEMBERS, MTUS, bid, document, prepare
from tests.postgresql import database
from tests.shared import STANDARDS
from tests.specimens import POOL, UNITS

SCHEMAS = {
    "BidAvailability": "iec62325-451-n-bidavailabilitydocument_v1_1.xsd",
    "MeritOrderList": "iec62325-451-7-moldocument_v7_3.xsd",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def hour(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The hour, decided and published."""
    with ExitStack() as stack:
        settings = ""
        if request.param == "postgresql":
            made = stack.enter_context(database(*(member.name for member in MEMBERS)))
            settings = f'[store]\nurl = "{made.place}"\n'
        running = stack.enter_context(Running(tmp_path_factory.mktemp("hour"), MEMBERS, settings))
        yield decided(running)


def decided(running: Running) -> Running:
    prepare(running)
    north = document(
        "north", "7.2", "TEST-N1", bid("TEST-N-CHEAP", 6.0, 20.0), bid("TEST-N-POOL", 3.0, 50.0, POOL)
    )
    south = document("south", "7.4", "TEST-S1", bid("TEST-S-FAR", 10.0, 90.0, UNITS[2]))
    for tenant, data in (("north", north), ("south", south)):
        seen, acknowledgement = running.hand_in(running.as_(tenant), data)
        assert seen["state"] == "accepted", seen
        assert b"<code>A01</code>" in acknowledgement
        json_of(running.as_(tenant).post("/v1/gates/hour/close"))
    operator = running.as_("operator")
    running.until(lambda: operator.get("/v1/gates/hour").json()["state"] == "published", "the gate")
    return running


def messages(running: Running, tenant: str) -> dict[str, bytes]:
    client = running.as_(tenant)
    listed = client.get("/v1/outbox").json()["messages"]
    return {entry["kind"]: client.get(f"/v1/outbox/{entry['id']}").content for entry in listed}


def test_the_grid_is_respected_and_the_demand_met(hour: Running) -> None:
    (run,) = json_of(hour.as_("operator").get("/v1/gates/hour/runs"))["runs"]
    figures = json_of(hour.as_("operator").get(f"/v1/runs/{run['run_id']}"))["figures"]
    assert figures["rung"] == "optimal"
    assert figures["max_loading_before_pct"] == pytest.approx(100 * 8 / LIMIT_MW)
    assert figures["max_loading_after_pct"] == pytest.approx(100)
    assert figures["verification"]["violations"] == 0
    assert figures["verification"]["rows_checked"] > 0
    assert figures["shortage_mwh"] == 0
    # Without the grid 6 MW at 20 and 2 at 50, with it 5 at 20 behind the line and 3 at 90 beside it.
    assert figures["cost_unconstrained"] == pytest.approx(220)
    assert figures["cost"] == pytest.approx(370)
    steps = json_of(hour.as_("tso").get(f"/v1/runs/{run['run_id']}/merit-order?mtu=0"))["steps"]
    assert {step["bid_id"]: step["accepted_mw"] for step in steps if step["accepted_mw"]} == {
        "TEST-N-CHEAP": pytest.approx(5.0),
        "TEST-S-FAR": pytest.approx(3.0),
    }


def test_each_platform_gets_its_answer_in_its_own_terms(hour: Running) -> None:
    north, south = messages(hour, "north"), messages(hour, "south")
    assert north.keys() >= {"Acknowledgement", "BidAvailability", "MeritOrderList"}
    for payload in (*north.values(), *south.values()):
        assert esmp.validate(payload).valid
    limited = {entry.bid_id for entry in read_bid_availability(north["BidAvailability"])}
    assert "TEST-N-CHEAP" in limited
    listed = {point.bid_id for point in read_merit_order(north["MeritOrderList"])}
    assert listed <= {"TEST-N-CHEAP", "TEST-N-POOL"}
    assert b"TEST-S-FAR" not in b"".join(north.values())
    assert b"TEST-N-" not in b"".join(south.values())


def test_the_line_is_named_to_its_owner_only(hour: Running) -> None:
    (run,) = json_of(hour.as_("dso").get("/v1/gates/hour/runs"))["runs"]
    path = f"/v1/runs/{run['run_id']}/explanations"
    why = json_of(hour.as_("dso").get(path))["explanations"]
    assert {row["element_id"] for row in why} == {"line-1"}
    assert {row["mtu"] for row in why} == set(range(MTUS))
    # Its name is in no answer to a platform, and another DSO takes no part.
    assert not re.search(rb"line-1", b"".join(messages(hour, "north").values()))
    assert hour.as_("dso2").get(path).status_code == 404
    assert hour.as_("north").get(path).status_code == 403


@pytest.mark.feature(id="A5")
@pytest.mark.shared
@pytest.mark.parametrize("kind", SCHEMAS)
def test_answers_are_valid_by_the_published_schema(hour: Running, kind: str) -> None:
    schema = published(SCHEMAS[kind])
    for tenant in ("north", "south"):
        payload = messages(hour, tenant).get(kind)
        if payload is not None:
            assert schema.validate(etree.fromstring(payload)), schema.error_log
    assert kind in messages(hour, "north")


def published(name: str) -> etree.XMLSchema:
    """A published schema; its code lists are in a folder of their own."""

    class CodeLists(etree.Resolver):
        def resolve(self, url: str, _pubid: str, context: object) -> object:  # type: ignore[override]
            file = STANDARDS / "esmp" / "codelists" / "v91" / Path(url).name
            return self.resolve_filename(str(file), context) if file.is_file() else None

    parser = etree.XMLParser()
    parser.resolvers.add(CodeLists())
    return etree.XMLSchema(etree.parse(STANDARDS / "esmp" / "xsd" / name, parser))
