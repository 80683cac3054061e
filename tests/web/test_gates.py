"""Gates, demand, grids, resources and results over HTTP, each seen by the right eyes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.gates import app
from gateway.grids import exchange
from gateway.records.market import activations
from gateway.records.market.activations import StoredActivation
from gateway.web.gate_views import READ_ONLY
from tests.processes.world import AREA, CLOSES, DAY, OPENS, bid, document, model
from tests.web.local_gateway import LocalGateway

PREFIX = "urn:flexgate:problem:"
GATE: dict[str, Any] = {
    "gate_id": "g1",
    "market": "mFRR",
    "process": "A47",
    "delivery": {"start": DAY.isoformat(), "end": (DAY + timedelta(minutes=30)).isoformat()},
    "mtu": "PT15M",
    "currency": "EUR",
    "platforms": ["east", "west"],
    "system_operators": ["tso", "tso2"],
    "grid_operators": ["north", "south"],
    "opens_at": OPENS.isoformat(),
    "closes_at": CLOSES.isoformat(),
    "grids_due_at": CLOSES.isoformat(),
    "window": "PT5M",
    "budget": "PT20S",
    "publish_by": (CLOSES + timedelta(minutes=10)).isoformat(),
    "use": "exact",
    "netting_platform": False,
}
TWO_UNITS = {"u1": [{"grid_id": "north", "node": "n1"}], "s1": [{"grid_id": "south", "node": "n1"}]}
ASSIGNMENT = {
    "connections": TWO_UNITS,
    "participation": {"pool": {"u1": 0.25, "s1": 0.75}},
}
JSON = {"Content-Type": "application/json"}


def terms_of(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in READ_ONLY}


@pytest.fixture
def ready(local: LocalGateway) -> LocalGateway:
    """A gate, an assignment, two grid models and a demand, all put over HTTP."""
    assert local.as_("operator").post("/v1/gates", json=GATE).status_code == 201
    assert local.as_("tso").put("/v1/resources", json=ASSIGNMENT).status_code == 200
    for grid, limit in (("north", 4.0), ("south", 100.0)):
        data = exchange.write(model(grid, limit))
        answer = local.as_(grid).put(f"/v1/grids/{grid}/models", content=data, headers=JSON)
        assert answer.status_code == 200
    demand = {"up_mw": [8.0, 8.0], "down_mw": [0.0, 0.0]}
    assert local.as_("tso").put("/v1/gates/g1/demand", json=demand).status_code == 200
    return local


def pages(local: LocalGateway, tenant: str, path: str, name: str, limit: int) -> list[list[dict[str, Any]]]:
    """A list page by page, as a client reads it to its end."""
    client, after, found = local.as_(tenant), "", []
    while True:
        page = client.get(path, params={"limit": limit} | ({"after": after} if after else {})).json()
        found.append(page[name])
        if (after := page.get("next") or "") == "":
            return found


class TestPages:
    @pytest.fixture
    def week(self, local: LocalGateway) -> LocalGateway:
        """Two gates a day, one for each platform."""
        for day in range(4):
            start = DAY + timedelta(days=day)
            delivery = {"start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat()}
            for platform in ("east", "west"):
                more = {"gate_id": f"{platform}{day}", "delivery": delivery, "platforms": [platform]}
                assert local.as_("operator").post("/v1/gates", json=GATE | more).status_code == 201
        return local

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 8, 100])
    def test_every_gate_is_on_one_page(self, week: LocalGateway, limit: int) -> None:
        of_all = pages(week, "operator", "/v1/gates", "gates", limit)
        assert all(len(page) == limit for page in of_all[:-1])
        assert len(of_all[-1]) <= limit
        names = [gate["gate_id"] for page in of_all for gate in page]
        assert names == ["west3", "east3", "west2", "east2", "west1", "east1", "west0", "east0"]
        own = pages(week, "east", "/v1/gates", "gates", limit)
        assert [gate["gate_id"] for page in own for gate in page] == ["east3", "east2", "east1", "east0"]

    def test_a_gate_that_is_not_there_is_followed_by_nothing(self, week: LocalGateway) -> None:
        assert week.as_("east").get("/v1/gates?after=none").status_code == 404
        assert week.as_("east").get("/v1/gates?after=west0").status_code == 404
        assert week.as_("east").get("/v1/gates?limit=0").status_code == 422
        assert week.as_("east").get("/v1/gates?limit=1001").status_code == 422

    @pytest.mark.parametrize("limit", [1, 2, 100])
    def test_every_backlog_is_on_one_page(self, local: LocalGateway, limit: int) -> None:
        of_all = pages(local, "operator", "/v1/backlogs", "backlogs", limit)
        assert all(len(page) == limit for page in of_all[:-1])
        assert [one["tenant"] for page in of_all for one in page] == sorted(local.world.tenants)
        assert [[one["tenant"]] for one in pages(local, "east", "/v1/backlogs", "backlogs", limit)[0]] == [
            ["east"]
        ]


class TestGates:
    def test_create_and_see(self, local: LocalGateway) -> None:
        created = local.as_("operator").post("/v1/gates", json=GATE)
        assert created.status_code == 201
        assert created.headers["location"] == "/v1/gates/g1"
        seen = local.as_("operator").get(created.headers["location"]).json()
        assert seen == created.json()
        assert seen["state"] == "open"
        assert seen["mtu"] == "PT15M"
        assert seen["market_time_units"] == 2
        assert seen["missing"] == ["east", "west"]

    def test_a_gate_as_it_is_shown_is_the_next_gate(self, ready: LocalGateway) -> None:
        ready.world.close_and_run()
        operator = ready.as_("operator")
        shown = operator.get("/v1/gates/g1").json()
        assert (shown["state"], len(shown["closed_by"])) == ("published", 0)
        runs = operator.get("/v1/gates/g1/runs").json()["runs"]
        made = operator.post("/v1/gates", json=shown | {"runs": runs, "gate_id": "g2", "process": "A51"})
        assert made.status_code == 201, made.text
        assert terms_of(made.json()) == terms_of(shown) | {"gate_id": "g2", "process": "A51"}
        assert (made.json()["state"], made.json()["version"], made.json()["closed_at"]) == ("open", 1, None)
        amended = operator.put("/v1/gates/g2", json=made.json() | {"state": "published", "window": "PT2M"})
        assert (amended.status_code, amended.json()["state"]) == (200, "open")
        assert amended.json()["window"] == "PT2M"
        refused = operator.post("/v1/gates", json=shown | {"gate_id": "g3", "status": "open"})
        assert refused.status_code == 422
        assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/status"]

    def test_a_participant_sees_no_other(self, ready: LocalGateway) -> None:
        seen = ready.as_("east").get("/v1/gates/g1").json()
        assert seen["platforms"] == seen["missing"] == ["east"]
        assert (seen["grid_operators"], seen["system_operators"]) == (None, None)
        assert ready.as_("north").get("/v1/gates").json()["gates"][0]["grid_operators"] == ["north"]

    def test_a_stranger_sees_no_gate(self, ready: LocalGateway) -> None:
        answer = ready.as_("late").get("/v1/gates/g1")
        assert answer.status_code == 404
        assert ready.as_("late").get("/v1/gates").json()["gates"] == []
        unknown = ready.as_("late").get("/v1/gates/g2").json()
        assert unknown["detail"].replace("g2", "g1") == answer.json()["detail"]
        assert ready.as_("late").post("/v1/gates/g1/close").status_code == 404

    @pytest.mark.parametrize(
        ("change", "status", "kind"),
        [
            ({"gate_id": "g1"}, 409, "conflict"),
            ({"gate_id": "g/2"}, 422, "invalid"),
            ({"gate_id": "g2", "platforms": ["north"]}, 422, "invalid"),
            ({"gate_id": "g2", "platforms": []}, 422, "invalid"),
            ({"gate_id": "g2", "budget": "PT1H"}, 422, "invalid"),
            ({"gate_id": "g2", "mtu": "PT7M"}, 422, "invalid"),
            ({"gate_id": "g2", "opens_at": "2026-03-01T00:00:00"}, 422, "invalid"),
            ({"gate_id": "g2", "minimum_bid_mw": -1}, 422, "invalid"),
            ({"gate_id": "g2"}, 409, "conflict"),
        ],
        ids=str,
    )
    def test_refused(self, ready: LocalGateway, change: dict[str, Any], status: int, kind: str) -> None:
        answer = ready.as_("operator").post("/v1/gates", json=GATE | change)
        assert answer.status_code == status
        assert answer.json()["type"] == PREFIX + kind

    def test_a_gate_that_is_over_is_remarked(self, local: LocalGateway) -> None:
        assert local.as_("operator").post("/v1/gates", json=GATE).json()["remarks"] == []
        late = GATE | {"gate_id": "late", "process": "A51", "use": "prefix"}
        assert local.as_("operator").post("/v1/gates", json=late).status_code == 201
        local.world.clock.moment = DAY
        later = local.as_("operator").post("/v1/gates", json=late | {"gate_id": "later"})
        assert (later.status_code, later.json()["errors"][0]["pointer"]) == (422, "/closes_at")
        (remark,) = local.as_("operator").get("/v1/gates/late").json()["remarks"]
        assert f"no bids since {CLOSES + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}" in remark
        local.world.clock.moment = DAY + timedelta(days=1)
        (remark,) = local.as_("operator").get("/v1/gates/g1").json()["remarks"]
        assert "nothing of it can be activated" in remark

    def test_it_closes_with_its_last_platform(self, ready: LocalGateway) -> None:
        first = ready.as_("east").post("/v1/gates/g1/close").json()
        assert (first["state"], first["missing"]) == ("open", [])
        assert ready.as_("operator").get("/v1/gates/g1").json()["missing"] == ["west"]
        assert ready.as_("west").post("/v1/gates/g1/close").json()["state"] == "closed"
        demand = ready.as_("tso").put("/v1/gates/g1/demand", json={"up_mw": [1, 1], "down_mw": [0, 0]})
        assert demand.status_code == 409
        assert "closed" in demand.json()["detail"]

    def test_a_demand_for_a_zone_without_bids_is_remarked_and_can_be_taken_back(
        self, ready: LocalGateway
    ) -> None:
        tso, operator = ready.as_("tso"), ready.as_("operator")
        ready.world.submit("east", document("east", [bid("a", "u1", 10, 20)]))
        demand = {"up_mw": [1, 1], "down_mw": [0, 0], "product": "A01"}
        beside = tso.put("/v1/gates/g1/demand", json=demand | {"zone": AREA})
        assert (beside.status_code, beside.json()["errors"][0]["pointer"]) == (409, "/zone")
        assert "you stated a demand without a zone" in beside.json()["detail"]
        assert tso.delete("/v1/gates/g1/demand").status_code == 204
        right = tso.put("/v1/gates/g1/demand", json=demand | {"zone": AREA}).json()
        assert (right["system_operator"], right["remarks"]) == ("tso", [])
        wrong = tso.put("/v1/gates/g1/demand", json=demand | {"zone": "10YNOSUCH"}).json()
        assert "no bids in zone '10YNOSUCH'" in wrong["remarks"][0]
        for reader in (tso, operator):
            seen = reader.get("/v1/gates/g1/demand").json()["demands"]
            assert {one["zone"]: bool(one["remarks"]) for one in seen} == {
                AREA: False,
                "10YNOSUCH": True,
            }
        place = {"zone": "10YNOSUCH", "product": "A01"}
        assert tso.delete("/v1/gates/g1/demand", params=place).status_code == 204
        assert tso.delete("/v1/gates/g1/demand", params=place).status_code == 404
        assert operator.delete("/v1/gates/g1/demand", params=place).status_code == 403
        assert {one["zone"] for one in tso.get("/v1/gates/g1/demand").json()["demands"]} == {AREA}

    def test_a_demand_of_the_wrong_length_says_where(self, ready: LocalGateway) -> None:
        demand = {"up_mw": [1], "down_mw": [0, 0]}
        answer = ready.as_("tso").put("/v1/gates/g1/demand", json=demand)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/up_mw")

    def test_the_operator_closes_now(self, ready: LocalGateway) -> None:
        assert ready.as_("operator").post("/v1/gates/g1/close").json()["state"] == "closed"


class TestAmendAndCancel:
    def test_participants_see_that_terms_have_changed(self, ready: LocalGateway) -> None:
        assert ready.as_("east").get("/v1/gates/g1").json()["amended_at"] is None
        amended = ready.as_("operator").put("/v1/gates/g1", json=GATE | {"budget": "PT10S"})
        assert amended.status_code == 200
        seen = ready.as_("east").get("/v1/gates/g1").json()
        assert (seen["budget"], seen["amended_at"]) == ("PT10S", amended.json()["amended_at"])
        assert seen["amended_at"] is not None

    @pytest.mark.parametrize(
        ("change", "status", "text"),
        [
            ({"gate_id": "g2"}, 422, "names gate 'g2'"),
            ({"currency": "NOK"}, 409, "currency"),
            ({"platforms": ["east"]}, 409, "cannot leave"),
            ({"process": "X99"}, 422, "process types"),
            ({"budget": "PT1H"}, 422, "after the publication deadline"),
        ],
        ids=str,
    )
    def test_terms_that_are_refused(
        self, ready: LocalGateway, change: dict[str, Any], status: int, text: str
    ) -> None:
        answer = ready.as_("operator").put("/v1/gates/g1", json=GATE | change)
        assert (answer.status_code, text in answer.json()["detail"]) == (status, True)

    def test_only_the_operator_amends_and_cancels(self, ready: LocalGateway) -> None:
        for name in ("east", "north", "tso"):
            assert ready.as_(name).put("/v1/gates/g1", json=GATE).status_code == 403
            assert ready.as_(name).post("/v1/gates/g1/cancel").status_code == 403

    def test_cancelled_is_seen_and_final(self, ready: LocalGateway) -> None:
        assert ready.as_("operator").post("/v1/gates/none/cancel").status_code == 404
        assert ready.as_("operator").post("/v1/gates/g1/cancel").json()["state"] == "cancelled"
        seen = ready.as_("east").get("/v1/gates/g1").json()
        assert (seen["state"], seen["cancelled_at"] is None) == ("cancelled", False)
        assert ready.as_("operator").put("/v1/gates/g1", json=GATE).status_code == 409
        assert ready.as_("east").post("/v1/gates/g1/close").status_code == 409
        assert ready.as_("operator").post("/v1/gates", json=GATE | {"gate_id": "g2"}).status_code == 201

    def test_a_second_gate_names_the_first(self, ready: LocalGateway) -> None:
        answer = ready.as_("operator").post("/v1/gates", json=GATE | {"gate_id": "g2"})
        assert (answer.status_code, "gate 'g1' already collects" in answer.json()["detail"]) == (409, True)


class TestVersions:
    def test_a_change_of_another_version_than_there_is_is_refused(self, ready: LocalGateway) -> None:
        operator = ready.as_("operator")
        seen = operator.get("/v1/gates/g1")
        assert (seen.headers["etag"], seen.json()["version"]) == ('"1"', 1)
        mine = {"If-Match": seen.headers["etag"]}
        first = operator.put("/v1/gates/g1", json=GATE | {"budget": "PT10S"}, headers=mine)
        assert (first.status_code, first.headers["etag"]) == (200, '"2"')
        again = operator.put("/v1/gates/g1", json=GATE | {"budget": "PT10S"}, headers=mine)
        assert (again.status_code, again.headers["etag"]) == (200, '"2"'), "it is as asked for"
        for answer in (
            operator.put("/v1/gates/g1", json=GATE | {"budget": "PT11S"}, headers=mine),
            operator.post("/v1/gates/g1/cancel", headers=mine),
            operator.post("/v1/gates/g1/close", headers=mine),
            operator.post("/v1/gates/g1/runs", headers=mine),
        ):
            assert (answer.status_code, answer.headers["etag"]) == (412, '"2"')
            assert answer.json()["type"] == f"{PREFIX}stale"
        assert operator.get("/v1/gates/g1").json()["budget"] == "PT10S"

    @pytest.mark.parametrize("tag", ["*", '"1"', '"7", "1"'])
    def test_what_is_met(self, ready: LocalGateway, tag: str) -> None:
        answer = ready.as_("operator").post("/v1/gates/g1/close", headers={"If-Match": tag})
        assert answer.json()["state"] == "closed"

    @pytest.mark.parametrize("tag", ["1", 'W/"1"', '"x"', '"7"', '""', '"', ""])
    def test_what_is_not(self, ready: LocalGateway, tag: str) -> None:
        answer = ready.as_("operator").post("/v1/gates/g1/close", headers={"If-Match": tag})
        assert answer.status_code == 412


class TestRunAgain:
    def test_a_further_run_is_seen_by_everybody(self, ready: LocalGateway) -> None:
        assert ready.as_("operator").post("/v1/gates/g1/runs").status_code == 409
        assert ready.as_("east").post("/v1/gates/g1/runs").status_code == 403
        assert ready.as_("operator").post("/v1/gates/none/runs").status_code == 404
        first = ready.world.close_and_run()
        begun = ready.as_("operator").post("/v1/gates/g1/runs")
        assert begun.status_code == 202
        assert begun.json()["number"] == 2
        assert begun.headers["location"] == f"/v1/runs/{begun.json()['run_id']}"
        assert ready.as_("east").get(f"/v1/runs/{begun.json()['run_id']}/availability").status_code == 404
        ready.world.bid_check.run("g1")
        for name in ("east", "north", "tso", "operator"):
            seen = ready.as_(name).get("/v1/gates/g1/runs").json()["runs"]
            assert [run["run_id"] for run in seen] == [first, begun.json()["run_id"]]
            assert [run["number"] for run in seen] == [1, 2]

    def test_a_further_run_with_a_budget_of_its_own(self, ready: LocalGateway) -> None:
        ready.world.close_and_run()
        again = ready.as_("operator")
        for wrong in ("PT0S", "P367D", "-PT1S", "soon"):
            refused = again.post("/v1/gates/g1/runs", json={"budget": wrong})
            assert refused.status_code == 422, refused.text
            assert refused.json()["errors"][0]["pointer"] == "/budget"
        assert again.post("/v1/gates/g1/runs", json={"window": "PT1S"}).status_code == 422
        assert again.post("/v1/gates/g1/runs", json={"budget": "P2D"}).status_code == 409
        begun = again.post("/v1/gates/g1/runs", json={"budget": "PT2M"})
        assert begun.status_code == 202
        ready.world.bid_check.run("g1")
        assert [run["budget"] for run in again.get("/v1/gates/g1/runs").json()["runs"]] == [None, "PT2M"]


class TestCommands:
    def test_a_gate_from_its_file_to_its_end(
        self, local: LocalGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        @contextmanager
        def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
            def call(method: str, path: str, body: Any = None, *, of: int | None = None) -> Any:
                headers = {} if of is None else {"If-Match": f'"{of}"'}
                answer = local.as_("operator").request(method, path, json=body, headers=headers)
                assert answer.is_success, answer.text
                return answer.json()

            yield call

        monkeypatch.setattr("gateway.cli.gates.connected", connected)
        (tmp_path / "credentials.json").write_text("{}")
        (tmp_path / "gate.json").write_text(json.dumps(GATE))
        (tmp_path / "change.json").write_text(json.dumps({"budget": "PT10S"}))

        def gate(*arguments: object) -> str:
            words = [str(word) for word in arguments]
            done = CliRunner().invoke(app, [*words, "--credentials", str(tmp_path / "credentials.json")])
            assert done.exit_code == 0, done.output
            return done.output

        def read(shown: str) -> Any:
            """JSON among lines of the log."""
            return json.JSONDecoder().raw_decode(shown[shown.index("{\n") :])[0]

        assert "gate g1 is open" in gate("create", tmp_path / "gate.json")
        answered = gate("amend", "g1", tmp_path / "change.json")
        assert "gate g1 is amended: version 2\nbudget: PT20S → PT10S\n" in answered
        assert "gate g1 has these terms already: version 2\n" in gate("amend", "g1", tmp_path / "change.json")
        shown = read(gate("show", "g1", "--json"))
        (tmp_path / "again.json").write_text(json.dumps(shown | {"gate_id": "g3", "process": "A51"}))
        gate("create", tmp_path / "again.json")
        third = read(gate("show", "g3", "--json"))
        assert terms_of(third) == terms_of(shown) | {"gate_id": "g3", "process": "A51"}
        assert (third["state"], third["version"], third["runs"]) == ("open", 1, [])
        assert local.as_("operator").get("/v1/gates/g1").json()["budget"] == "PT10S"
        assert "gate g1 is cancelled" in gate("cancel", "g1")
        (tmp_path / "gate.json").write_text(json.dumps(GATE | {"gate_id": "g2"}))
        gate("create", tmp_path / "gate.json")
        local.world.close_and_run("g2")
        assert "run 2 of gate g2 has begun" in gate("rerun", "g2")

    def test_what_was_activated_is_read_by_whom_it_concerns(
        self, ready: LocalGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ready.world.submit("east", document("east", [bid("a", "u1", 10, 20)]))
        start_s = int(DAY.timestamp())
        with ready.world.stores.of("east").writing() as uow:
            one = StoredActivation("a", start_s, start_s + 900, True, 4.0, OPENS, OPENS, "o")
            activations.put(uow, [one], (start_s, start_s + 900), OPENS)
        for name in ("tso", "operator", "east"):
            answer = ready.as_(name).get("/v1/gates/g1/activations")
            assert answer.status_code == 200, answer.text
            (reported,) = answer.json()["activations"]
            assert (reported["platform"], reported["bid_id"], reported["direction"]) == ("east", "a", "up")
            assert (reported["direct"], reported["quantity_mw"]) == (True, 4.0)
            assert answer.json()["untold"] == (["east"] if name == "east" else ["east", "west"])
        assert ready.as_("west").get("/v1/gates/g1/activations").json()["activations"] == []
        assert ready.as_("north").get("/v1/gates/g1/activations").status_code == 403

        @contextmanager
        def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
            yield lambda method, path: ready.as_("tso").request(method, path).json()

        monkeypatch.setattr("gateway.cli.run_results.connected", connected)
        words = ["activations", "g1", "--credentials", str(tmp_path / "none.json")]
        shown = CliRunner().invoke(app, words, env={"COLUMNS": "200"}).output
        for cell in ("2026-03-01T23:15Z", "east", "up", "4.000", "direct"):
            assert cell in shown
        assert "not reported for all of the delivery, so the rest is unknown: east, west" in shown

    def test_availability_is_shown_with_every_reason(
        self, ready: LocalGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ready.world.submit("east", document("east", [bid("a", "u1", 10, 20), bid("b", "u1", 2, 90)]))
        ready.world.close_and_run("g1")

        @contextmanager
        def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
            yield lambda method, path: ready.as_("tso").request(method, path).json()

        monkeypatch.setattr("gateway.cli.availability.connected", connected)
        words = ["availability", "g1", "--credentials", str(tmp_path / "none.json")]
        shown = CliRunner().invoke(app, words, env={"COLUMNS": "250"}).output
        of_a = next(line for line in shown.splitlines() if " a " in line and "10.000" in line)
        for cell in ("east", "up", "10.000", "4.000", "limited by a grid in 2 market time units"):
            assert cell in of_a
        assert "B46" in shown

    def test_a_platform_sees_its_bids_as_they_are_held(
        self, ready: LocalGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = [bid("a", "u1", 10, 20), bid("b", "u1", [3, 4], [None, 7]), bid("c", "u1", 5, 30)]
        ready.world.submit("east", document("east", first), "d1")
        second = document("east", [bid("a", "u1", 8, 21), bid("b", "u1", [3, 4], 7)], revision=2)
        ready.world.submit("east", second, "d2")
        held = ready.as_("east").get("/v1/gates/g1/bids", params={"limit": 1})
        assert held.status_code == 200, held.text
        (only,) = held.json()["bids"]
        assert (only["bid_id"], only["document_id"], only["document_revision"]) == ("a", "d2", 2)
        assert [point["quantity_mw"] for point in only["points"]] == [8, 8]
        assert [point["capacity_price"] for point in only["points"]] == [None, None]
        assert datetime.fromisoformat(only["points"][1]["start"]) == DAY + timedelta(minutes=15)
        rest = ready.as_("east").get("/v1/gates/g1/bids", params={"after": held.json()["next"]}).json()
        assert ([one["bid_id"] for one in rest["bids"]], rest["next"]) == (["b"], None)
        assert ready.as_("west").get("/v1/gates/g1/bids").json()["bids"] == []
        for name in ("tso", "operator", "north"):
            assert ready.as_(name).get("/v1/gates/g1/bids").status_code == 403
        assert ready.as_("east").get("/v1/gates/none/bids").status_code == 404

        @contextmanager
        def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
            yield lambda method, path: ready.as_("east").request(method, path).json()

        monkeypatch.setattr("gateway.cli.run_results.connected", connected)
        words = ["bids", "g1", "--credentials", str(tmp_path / "none.json")]
        shown = CliRunner().invoke(app, words, env={"COLUMNS": "200"}).output
        for cell in ("up", "3 to 4", "7", "doc-1 revision 2", "2026-03-01T23:30Z"):
            assert cell in shown


class TestSafeMeritOrder:
    SAFE = GATE | {
        "gate_id": "g2",
        "process": "A51",
        "use": "prefix",
        "objective": "price-order",
        "one_buyer": True,
        "netting_share": 0.5,
    }

    def test_how_the_question_is_put_is_among_the_terms_of_the_gate(self, ready: LocalGateway) -> None:
        assert ready.as_("operator").post("/v1/gates", json=self.SAFE).status_code == 201
        shown = ready.as_("east").get("/v1/gates/g2").json()
        terms = ("use", "demand_rule", "objective", "one_buyer", "netting_share")
        assert [shown[term] for term in terms] == ["prefix", "keep-limits", "price-order", True, 0.5]
        usual = ready.as_("east").get("/v1/gates/g1").json()
        assert [usual[term] for term in terms] == ["exact", "keep-limits", "volume", False, 1.0]

    @pytest.mark.parametrize(
        "change",
        [
            {"use": "best"},
            {"demand_rule": "random"},
            {"objective": "price"},
            {"one_buyer": "yes please"},
            {"netting_share": 1.5},
            {"netting_share": -0.1},
        ],
    )
    def test_terms_that_there_are_not(self, local: LocalGateway, change: dict[str, Any]) -> None:
        answer = local.as_("operator").post("/v1/gates", json=self.SAFE | change)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(change))}"

    def test_a_demand_is_refused_and_a_run_claims_no_activation(self, ready: LocalGateway) -> None:
        ready.as_("operator").post("/v1/gates", json=self.SAFE)
        refused = ready.as_("tso").put("/v1/gates/g2/demand", json={"up_mw": [1, 1], "down_mw": [0, 0]})
        assert refused.status_code == 422
        assert "need no demand" in refused.json()["detail"]
        bids = [bid("b1", "u1", 6.0, 10.0), bid("b2", "s1", 6.0, 50.0)]
        assert not ready.world.submit("east", document("east", bids, process="A51"))
        run_id = ready.world.close_and_run("g2")
        figures = ready.as_("operator").get(f"/v1/runs/{run_id}").json()["figures"]
        assert figures["use"] == "prefix"
        assert (figures["offered_mwh"], figures["available_mwh"]) == (6.0, 5.0)
        nothing = ("cost", "cost_unconstrained", "shortage_mwh", "max_loading_after_pct")
        assert [figures[name] for name in nothing] == [None] * 4
        assert figures["gap"] == 0.0
        rows = ready.as_("east").get(f"/v1/runs/{run_id}/availability").json()["bids"]
        assert {row["bid_id"]: (row["available_mw"], row["accepted_mw"]) for row in rows} == {
            "b1": ([4.0, 4.0], None),
            "b2": ([6.0, 6.0], None),
        }
        steps = ready.as_("tso").get(f"/v1/runs/{run_id}/merit-order?mtu=0").json()["steps"]
        assert [(step["available_mw"], step["accepted_mw"]) for step in steps] == [(4.0, None), (6.0, None)]
        (why, _) = ready.as_("north").get(f"/v1/runs/{run_id}/explanations").json()["explanations"]
        assert (why["bid_id"], why["element_id"], why["shadow_price"]) == ("b1", "north-line", None)

    def test_what_it_changed_is_shown_to_whom_it_concerns(
        self, ready: LocalGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bids = [bid("b1", "u1", 6.0, 10.0), bid("b2", "s1", 6.0, 50.0)]
        assert not ready.world.submit("east", document("east", bids))
        first = ready.world.close_and_run()
        assert ready.as_("tso").get(f"/v1/runs/{first}/changes").status_code == 404
        ready.world.put("north", model("north", 5.0))
        second = ready.as_("operator").post("/v1/gates/g1/runs").json()["run_id"]
        assert ready.as_("tso").get(f"/v1/runs/{second}/changes").status_code == 404
        ready.world.bid_check.run("g1")
        changed = [
            {"bid_id": "b1", "before_mw": [4.0, 4.0], "after_mw": [5.0, 5.0]},
            {"bid_id": "b2", "before_mw": [4.0, 4.0], "after_mw": [3.0, 3.0]},
        ]
        both = {"platform": "east", "direction": "up", "mtu": [0, 1]}
        for name in ("east", "tso", "operator"):
            seen = ready.as_(name).get(f"/v1/runs/{second}/changes").json()
            assert (seen["gate_id"], seen["since"]) == ("g1", first)
            assert seen["bids"] == [both | each for each in changed]
        same = ready.as_("tso").get(f"/v1/runs/{second}/changes", params={"since": second}).json()
        assert same["bids"] == []
        assert ready.as_("west").get(f"/v1/runs/{second}/changes").json()["bids"] == []
        assert ready.as_("tso").get(f"/v1/runs/{second}/changes?since=none").status_code == 404
        for name, grids in (("tso", ["north", "south"]), ("north", ["north"]), ("east", [])):
            used = [
                ready.as_(name).get(f"/v1/runs/{run}").json()["figures"]["models"] for run in (first, second)
            ]
            assert [[one["grid_id"] for one in each] for each in used] == [grids, grids]
            assert [one["model_id"] for each in used for one in each if one["grid_id"] == "north"] == [
                number for number in (1, 2) if grids
            ]

        @contextmanager
        def connected(_url: str | None, _credentials: Path) -> Iterator[Any]:
            yield lambda method, path: ready.as_("tso").request(method, path).json()

        monkeypatch.setattr("gateway.cli.run_results.connected", connected)
        words = ["changes", "g1", "--credentials", str(tmp_path / "none.json")]
        shown = CliRunner().invoke(app, words, env={"COLUMNS": "200"}).output
        assert "\nnorth: model 2, before 1\n" in shown
        assert "south: " not in shown
        assert "+1.000" in shown


class TestDemand:
    def test_as_stated(self, ready: LocalGateway) -> None:
        assert ready.as_("tso").get("/v1/gates/g1/demand").json()["demands"][0]["up_mw"] == [8.0, 8.0]
        assert ready.as_("tso2").get("/v1/gates/g1/demand").json() == {"demands": []}

    def test_what_it_leaves_open_is_remarked(self, ready: LocalGateway) -> None:
        stated = ready.as_("tso").put("/v1/gates/g1/demand", json={"up_mw": [1, 1], "down_mw": [0, 0]})
        (remark,) = stated.json()["remarks"]
        assert "names no zone and no product" in remark

    def test_a_member_given_twice_is_refused(self, ready: LocalGateway) -> None:
        body = b'{"up_mw": [1.0, 1.0], "down_mw": [0.0, 0.0], "up_mw": [2.0, 2.0]}'
        answer = ready.as_("tso").put("/v1/gates/g1/demand", content=body, headers=JSON)
        assert answer.status_code == 422
        assert "/up_mw: given more than once" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "body",
        [
            b'{"up_mw": [1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": [-1.0, 1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": [NaN, 1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": [1e999, 1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": ["much", 1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": [true, 1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": ["10", 1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": [1e300, 1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": [null, 1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": [[1.0], 1.0], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": {"0": 1.0, "1": 1.0}, "down_mw": [0.0, 0.0]}',
            b'{"up_mw": "1.0, 1.0", "down_mw": [0.0, 0.0]}',
            b'{"up_mw": [1.0, 100000.5], "down_mw": [0.0, 0.0]}',
            b'{"up_mw": [-1e-9, 1.0], "down_mw": [0.0, 0.0]}',
        ],
    )
    def test_refused(self, ready: LocalGateway, body: bytes) -> None:
        answer = ready.as_("tso").put("/v1/gates/g1/demand", content=body, headers=JSON)
        assert answer.status_code == 422
        assert "line 1, column 12" in answer.json()["detail"] or "up_mw" in answer.json()["detail"]


class TestGrids:
    def test_a_model_of_the_past_is_remarked(self, ready: LocalGateway) -> None:
        north, data = ready.as_("north"), exchange.write(model("north", 4.0))
        assert north.put("/v1/grids/north/models", content=data, headers=JSON).json()["remarks"] == []
        ready.world.clock.moment = DAY + timedelta(days=1)
        later = ready.as_("north").put("/v1/grids/north/models", content=data, headers=JSON)
        (remark,) = later.json()["remarks"]
        assert "no gate to come uses it" in remark

    @pytest.mark.feature(id="A1")
    def test_put_list_withdraw(self, ready: LocalGateway) -> None:
        north = ready.as_("north")
        (listed,) = north.get("/v1/grids/north/models").json()["models"]
        assert (listed["elements"], listed["operating_points"], listed["withdrawn_at"]) == (1, 1, None)
        assert "payload" not in listed
        gone = north.delete(f"/v1/grids/north/models/{listed['model_id']}").json()
        assert (gone["withdrawn_at"] is not None, gone["unchanged"]) == (True, False)
        again = north.delete(f"/v1/grids/north/models/{listed['model_id']}").json()
        assert again == gone | {"unchanged": True}
        once_more = north.put(
            "/v1/grids/north/models", content=exchange.write(model("north", 4.0)), headers=JSON
        )
        assert once_more.json()["unchanged"] is False
        assert [one["model_id"] for one in north.get("/v1/grids").json()["models"]] == [
            once_more.json()["model_id"],
            listed["model_id"],
        ]
        of_south = ready.as_("south").get("/v1/grids").json()["models"]
        assert {one["grid_id"] for one in of_south} == {"south"}

    def test_the_same_model_again_changes_nothing(self, ready: LocalGateway) -> None:
        north, data = ready.as_("north"), exchange.write(model("north", 4.0))
        again = north.put("/v1/grids/north/models", content=data, headers=JSON).json()
        assert (again.pop("remarks"), again.pop("unchanged")) == ([], True)
        assert (again.pop("assigned_points"), again.pop("lost_points")) == (1, [])
        assert [again] == north.get("/v1/grids/north/models").json()["models"]

    def test_assigned_points_that_a_model_does_not_have_any_more_are_counted(
        self, ready: LocalGateway
    ) -> None:
        """As where the model was built with another key of pseudonyms: all points have other names."""
        units = {"u1": [{"grid_id": "north", "node": "n1"}], "u7": [{"grid_id": "north", "node": "far"}]}
        ready.as_("tso").put("/v1/resources", json={"connections": units | {"u8": units["u7"]}})
        path, one = "/v1/grids/north/models", model("north", 4.0)
        for renamed, lost in (({"far": "point-b"}, ["far"]), ({"far": "b", "n1": "a"}, ["far", "n1"])):
            nodes = tuple(renamed.get(node, node) for node in one.connection_points)
            data = exchange.write(replace(one, connection_points=nodes))
            taken = ready.as_("north").put(path, content=data, headers=JSON).json()
            assert (taken["assigned_points"], taken["lost_points"]) == (2, lost)

    @pytest.mark.parametrize(
        ("old", "new", "pointer"),
        [
            (b"-0.5", b"NaN", "/operating_points/0/ptdf/0"),
            (b"[1.0,-0.5,0.0]", b"[1.0,-0.5]", "/operating_points/0/ptdf/0"),
            (b'"node":"ref"', b'"node":"nowhere"', "/reference"),
            (b"4.0", b"-4.0", "/elements/0"),
        ],
        ids=["not a number", "wrong shape", "unknown node", "wrong limit"],
    )
    def test_a_bad_model_is_refused_with_its_places(
        self, local: LocalGateway, old: bytes, new: bytes, pointer: str
    ) -> None:
        data = exchange.write(model("north", 4.0))
        assert old in data, data
        bad = data.replace(old, new)
        answer = local.as_("north").put("/v1/grids/north/models", content=bad, headers=JSON)
        assert answer.status_code == 422
        assert answer.json()["type"] == PREFIX + "invalid"
        assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"]), answer.text
        assert local.as_("north").get("/v1/grids/north/models").status_code == 404

    def test_the_grid_of_another_operator(self, ready: LocalGateway) -> None:
        south = ready.as_("south")
        data = exchange.write(model("north", 9.0))
        assert south.put("/v1/grids/north/models", content=data, headers=JSON).status_code == 409
        assert south.get("/v1/grids/north/models").status_code == 404
        assert south.delete("/v1/grids/north/models/1").status_code == 404

    def test_a_model_put_to_another_grid(self, local: LocalGateway) -> None:
        data = exchange.write(model("north", 4.0))
        answer = local.as_("north").put("/v1/grids/other/models", content=data, headers=JSON)
        assert answer.status_code == 422
        assert "north" in answer.json()["detail"]


class TestResources:
    @pytest.mark.feature(id="A2")
    def test_json_and_csv(self, ready: LocalGateway) -> None:
        tso = ready.as_("tso")
        shown = tso.get("/v1/resources").json()
        assert shown["participation"] == ASSIGNMENT["participation"]
        assert shown["connections"]["u1"] == [{"grid_id": "north", "node": "n1", "factor": 1.0}]
        csv = b"unit,grid_id,node\nu9,north,far\n"
        answer = tso.put("/v1/resources", content=csv, headers={"Content-Type": "text/csv; charset=utf-8"})
        assert answer.status_code == 200
        assert set(tso.get("/v1/resources").json()["connections"]) == {"u9"}
        assert answer.json()["dropped_units"] == ["s1", "u1"]

    def test_where_units_can_be_assigned(self, ready: LocalGateway) -> None:
        tso, path = ready.as_("tso"), "/v1/resources/connection-points"
        both = [
            {"grid_id": name, "nodes": ["n1", "far", "ref"], "unmoving": ["ref"]}
            for name in ("north", "south")
        ]
        assert tso.get(path).json() == {"grids": both}
        assert tso.get(path, params={"grid_id": "south"}).json() == {"grids": both[1:]}
        assert tso.get(path, params={"grid_id": "nroth"}).status_code == 404
        why = "no element of it limits a unit there"
        everywhere = {
            f"{one['grid_id']}-{node}": [{"grid_id": one["grid_id"], "node": node}]
            for one in both
            for node in one["nodes"]
        }
        taken = tso.post("/v1/resources/check", json={"connections": everywhere}).json()
        assert (len(taken["connections"]), taken["remarks"]) == (
            6,
            [
                {
                    "pointer": f"/connections/{name}-ref/0/node",
                    "line": None,
                    "detail": f"'ref' is the reference of grid '{name}': {why}",
                }
                for name in ("north", "south")
            ],
        )
        ready.as_("south").delete("/v1/grids/south/models/1")
        assert tso.get(path).json() == {"grids": both[:1]}
        assert tso.get(path, params={"grid_id": "south"}).json() == {"grids": []}
        for other in ("east", "north", "operator"):
            assert ready.as_(other).get(path).status_code == 403

    def test_what_no_grid_model_has_is_remarked_at_once(self, ready: LocalGateway) -> None:
        connections = {
            "u1": [{"grid_id": "north", "node": "n1"}, {"grid_id": "nroth", "node": "n1"}],
            "u/2": [{"grid_id": "south", "node": "n7"}],
        }
        answer = ready.as_("tso").put("/v1/resources", json={"connections": connections})
        assert answer.status_code == 200
        assert [(one["pointer"], one["detail"]) for one in answer.json()["remarks"]] == [
            ("/connections/u~12/0/node", "the model of grid 'south' has no connection point 'n7'"),
            ("/connections/u1/1/grid_id", "no grid is called 'nroth'"),
        ]
        assert {one["line"] for one in answer.json()["remarks"]} == {None}
        good = ready.as_("tso").put("/v1/resources", json=ASSIGNMENT).json()
        assert (good.pop("remarks"), good.pop("dropped_units")) == ([], ["u/2"])
        assert good == ready.as_("tso").get("/v1/resources").json()

    def test_remarks_on_a_csv_name_its_lines_where_it_replaces_and_where_it_changes(
        self, ready: LocalGateway
    ) -> None:
        tso, csv = ready.as_("tso"), {"Content-Type": "text/csv"}
        whole = b"unit,grid_id,node\nu2,north,n9\nu1,north,n1\nu1,north,n8\n"
        for answer in (
            tso.post("/v1/resources/check", content=whole, headers=csv),
            tso.put("/v1/resources", content=whole, headers=csv),
        ):
            lines = [(one["pointer"], one["line"]) for one in answer.json()["remarks"]]
            assert lines == [
                ("/connections/u1/1/node", 4),
                ("/connections/u2/0/node", 2),
                ("/connections/u1/1/factor", 4),
            ]
        some = tso.patch("/v1/resources", content=b"unit,grid_id,node\nu2,north,n7\n", headers=csv).json()
        lines = [(one["pointer"], one["line"]) for one in some["remarks"]]
        assert lines == [
            ("/connections/u1/1/node", None),
            ("/connections/u2/0/node", 2),
            ("/connections/u1/1/factor", None),
        ]
        assert some["connections"]["u1"] == answer.json()["connections"]["u1"]

    def test_the_operator_of_the_gateway_sees_what_no_model_has_of_every_system_operator(
        self, ready: LocalGateway
    ) -> None:
        path = "/v1/resources/remarks"
        assert ready.as_("operator").get(path).json() == {"remarks": []}
        for tso, unit, grid_id, node in (("tso", "u1", "nroth", "n1"), ("tso2", "u/2", "south", "n7")):
            ready.as_(tso).put(
                "/v1/resources", json={"connections": {unit: [{"grid_id": grid_id, "node": node}]}}
            )
        assert ready.as_("operator").get(path).json()["remarks"] == [
            {"system_operator": "tso", "unit": "u1", "detail": "no grid is called 'nroth'"},
            {
                "system_operator": "tso2",
                "unit": "u/2",
                "detail": "the model of grid 'south' has no connection point 'n7'",
            },
        ]
        for other in ("tso", "north", "east"):
            assert ready.as_(other).get(path).status_code == 403

    def test_changes_are_checked_as_they_would_be_taken(self, ready: LocalGateway) -> None:
        tso, path = ready.as_("tso"), "/v1/resources/check"
        tso.put("/v1/resources", json={"connections": TWO_UNITS})
        before = tso.get("/v1/resources").json()
        changes = {"connections": {"s1": None, "u9": [{"grid_id": "north", "node": "n9"}]}}
        answer = tso.post(f"{path}?change=true", json=changes).json()
        assert answer["dropped_units"] == ["s1"]
        assert answer["connections"].keys() == {"u1", "u9"}
        assert [one["detail"] for one in answer["remarks"]] == [
            "the model of grid 'north' has no connection point 'n9'"
        ]
        assert tso.get("/v1/resources").json() == before
        assert tso.patch("/v1/resources", json=changes).json() == answer

    @pytest.mark.parametrize(
        ("content", "pointer", "detail"),
        [
            ({"connections": {"s1": None}}, "/connections/s1", "null takes it away"),
            ({"participation": {"p": {"u1": 1.0}}}, "", "connections, of every unit, are missing"),
        ],
    )
    def test_a_file_of_changes_is_distinguished_from_a_whole_assignment(
        self, ready: LocalGateway, content: dict[str, Any], pointer: str, detail: str
    ) -> None:
        tso = ready.as_("tso")
        tso.put("/v1/resources", json={"connections": TWO_UNITS})
        for answer in (tso.post("/v1/resources/check", json=content), tso.put("/v1/resources", json=content)):
            assert answer.status_code == 422
            (error,) = answer.json()["errors"]
            assert error["pointer"] == pointer
            assert error["detail"].startswith(detail)
            assert "`resources check --change`" in error["detail"]
        assert tso.post("/v1/resources/check?change=true", json=content).status_code == 200

    def test_the_operator_of_a_grid_sees_which_units_hang_on_it(self, ready: LocalGateway) -> None:
        ready.as_("tso").patch(
            "/v1/resources", json={"connections": {"u7": [{"grid_id": "north", "node": "n7"}]}}
        )
        (good, bad) = ready.as_("north").get("/v1/grids/north/units").json()["units"]
        assert good == {"unit": "u1", "node": "n1", "factor": 1.0, "remark": None}
        assert bad["remark"] == "the model of grid 'north' has no connection point 'n7'"
        assert ready.as_("south").get("/v1/grids/north/units").status_code == 404
        assert ready.as_("east").get("/v1/grids/north/units").status_code == 403

    def test_every_fault_has_its_place(self, local: LocalGateway) -> None:
        tso = local.as_("tso")
        bad = {"connections": {"u1": []}, "participation": {"pool": {"u2": 0.5}}}
        answer = tso.put("/v1/resources", json=bad)
        assert answer.status_code == 422
        assert {error["pointer"] for error in answer.json()["errors"]} == {
            "/connections/u1",
            "/participation/pool",
        }
        answer = tso.put("/v1/resources", content=b"unit,node\nu,n\n", headers={"Content-Type": "text/csv"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "line 2"

    def test_a_unit_of_another_tso(self, ready: LocalGateway) -> None:
        answer = ready.as_("tso2").put("/v1/resources", json=ASSIGNMENT)
        assert answer.status_code == 409
        assert "u1" in answer.json()["detail"]


class TestResults:
    @pytest.fixture
    def run_id(self, ready: LocalGateway) -> str:
        bids = [bid("b1", "u1", 6.0, 10.0), bid("b2", "s1", 6.0, 50.0)]
        assert not ready.world.submit("east", document("east", bids))
        return ready.world.close_and_run()

    def test_everybody_sees_its_part(self, ready: LocalGateway, run_id: str) -> None:
        (run,) = ready.as_("east").get("/v1/gates/g1/runs").json()["runs"]
        assert run["run_id"] == run_id
        figures = ready.as_("operator").get(f"/v1/runs/{run_id}").json()["figures"]
        assert figures["limited_bids"] == 1
        assert figures["verification"]["violations"] == 0
        assert figures["max_loading_before_pct"] == pytest.approx(150)
        assert figures["max_loading_after_pct"] == pytest.approx(100)

        available = ready.as_("east").get(f"/v1/runs/{run_id}/availability").json()["bids"]
        limited = next(row for row in available if row["bid_id"] == "b1")
        assert limited["available_mw"] == pytest.approx([4.0, 4.0])
        assert limited["limited"] == [True, True]
        assert ready.as_("west").get(f"/v1/runs/{run_id}/availability").json()["bids"] == []

        steps = ready.as_("tso").get(f"/v1/runs/{run_id}/merit-order?mtu=1").json()["steps"]
        assert [(step["bid_id"], step["place"], step["direction"]) for step in steps] == [
            ("b1", 1, "up"),
            ("b2", 2, "up"),
        ]
        assert sum(step["accepted_mw"] for step in steps) == pytest.approx(8.0)

        why = ready.as_("north").get(f"/v1/runs/{run_id}/explanations").json()["explanations"]
        assert {(row["bid_id"], row["element_id"], row["mtu"]) for row in why} == {
            ("b1", "north-line", 0),
            ("b1", "north-line", 1),
        }
        assert ready.as_("south").get(f"/v1/runs/{run_id}/explanations").json()["explanations"] == []

    def test_messages_about_a_run_name_its_gate_and_units(self, ready: LocalGateway, run_id: str) -> None:
        starts = [f"{DAY + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}" for minutes in (0, 15)]
        for path in ("merit-order", "availability", "explanations"):
            seen = ready.as_("tso").get(f"/v1/runs/{run_id}/{path}").json()
            assert (seen["run_id"], seen["gate_id"], seen["mtu_starts"]) == (run_id, "g1", starts)
        for path in ("fairness", "non-delivery"):
            assert ready.as_("tso").get(f"/v1/runs/{run_id}/{path}").json()["gate_id"] == "g1"
        steps = ready.as_("tso").get(f"/v1/runs/{run_id}/merit-order").json()["steps"]
        assert {(step["zone"], step["product"]) for step in steps} == {(AREA, "A01")}

    def test_a_tso_of_the_gate_sees_what_the_operator_sees(self, ready: LocalGateway, run_id: str) -> None:
        for path in ("availability", "explanations"):
            address = f"/v1/runs/{run_id}/{path}"
            seen = ready.as_("tso").get(address)
            assert seen.status_code == 200
            assert seen.json() == ready.as_("operator").get(address).json()
            assert "b1" in seen.text

    def test_reports_for_tso_and_operator(self, ready: LocalGateway, run_id: str) -> None:
        for name in ("tso", "operator"):
            fairness = ready.as_(name).get(f"/v1/runs/{run_id}/fairness").json()
            assert fairness["grid_gaps"] == []
            assert [(row["by"], row["name"], row["limited_mwh"]) for row in fairness["shares"]] == [
                ("provider", "", pytest.approx(1.0)),
                ("platform", "east", pytest.approx(1.0)),
            ]
            failing = ready.as_(name).get(f"/v1/runs/{run_id}/non-delivery").json()
            assert (failing["assessed"], failing["bids"]) == (True, [])
        assert ready.as_("east").get(f"/v1/runs/{run_id}/fairness").status_code == 403

    def test_a_stranger_sees_no_run(self, ready: LocalGateway, run_id: str) -> None:
        for path in ("", "/availability"):
            assert ready.as_("late").get(f"/v1/runs/{run_id}{path}").status_code == 404

    def test_a_unit_of_time_that_the_gate_has_not(self, ready: LocalGateway, run_id: str) -> None:
        assert ready.as_("tso").get(f"/v1/runs/{run_id}/merit-order?mtu=2").status_code == 422


class TestPlaces:
    """Whatever is wrong with what was sent, the answer points at it."""

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"mtu": "PT7M"}, "/mtu"),
            ({"mtu": "PT1S", "delivery": {"start": DAY.isoformat(), "end": "2026-03-03T00:00:00Z"}}, "/mtu"),
            ({"delivery": {"start": GATE["delivery"]["end"], "end": GATE["delivery"]["start"]}}, "/delivery"),
            ({"closes_at": OPENS.isoformat()}, "/closes_at"),
            ({"budget": "PT1H"}, "/publish_by"),
            ({"netting_platform": True}, "/use"),
            ({"process": "A99"}, "/process"),
            ({"currency": "QQQ"}, "/currency"),
            ({"products": ["A01", "A99"]}, "/products/1"),
            ({"zones": [""]}, "/zones/0"),
            ({"platforms": ["east", "nobody"]}, "/platforms/1"),
            ({"platforms": ["east", "east"]}, "/platforms"),
            ({"system_operators": ["north"]}, "/system_operators/0"),
            ({"grid_operators": ["east"]}, "/grid_operators/0"),
        ],
    )
    def test_of_a_gate(self, local: LocalGateway, change: dict[str, Any], pointer: str) -> None:
        answer = local.as_("operator").post("/v1/gates", json=GATE | change)
        assert answer.status_code == 422
        ((place, detail),) = [(one["pointer"], one["detail"]) for one in answer.json()["errors"]]
        assert place == pointer
        assert detail in answer.json()["detail"] or place.startswith("/zones")

    def test_of_amendments_demands_models_and_queries(self, ready: LocalGateway) -> None:
        operator, tso = ready.as_("operator"), ready.as_("tso")
        prefix = GATE | {"gate_id": "p1", "process": "A51", "use": "prefix"}
        assert operator.post("/v1/gates", json=prefix).status_code == 201
        short = {"up_mw": [1], "down_mw": [0, 0]}
        whole = {"up_mw": [1, 1], "down_mw": [0, 0]}
        other = exchange.write(model("north", 4.0))
        answers = {
            "/gate_id": operator.put("/v1/gates/g1", json=GATE | {"gate_id": "g2"}),
            "/up_mw": tso.put("/v1/gates/g1/demand", json=short),
            "/product": tso.put("/v1/gates/g1/demand", json=whole | {"product": "Q1"}),
            "": tso.put("/v1/gates/p1/demand", json=whole),
            "/grid": ready.as_("north").put("/v1/grids/other/models", content=other, headers=JSON),
        }
        for pointer, answer in answers.items():
            assert answer.status_code == 422
            assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


class TestMarket:
    def test_areas_and_products_come_back_and_stay(self, local: LocalGateway) -> None:
        operator = local.as_("operator")
        market = {"zones": [AREA], "domains": [AREA, "10Y1001A1001A91G"], "products": ["A01", "A02"]}
        made = operator.post("/v1/gates", json=GATE | market)
        assert made.status_code == 201
        assert {name: made.json()[name] for name in market} == market
        seen = operator.get("/v1/gates/g1").json()
        assert {name: seen[name] for name in market} == market
        assert operator.put("/v1/gates/g1", json=GATE | market | {"zones": []}).status_code == 409
