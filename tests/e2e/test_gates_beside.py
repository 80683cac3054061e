"""Two markets on one grid, over HTTP: what one gate has published counts as used in the other."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from contract_tests.emulators.answers import read_merit_order
from tests.e2e.running import Running, json_of
from tests.e2e.world import COLLECTION, LIMIT_MW, MEMBERS, bid, document, gate, prepare

OTHER = "A51"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An exact gate of the north platform and a prefix gate of the south one, for the same hour."""
    with Running(tmp_path_factory.mktemp("beside"), MEMBERS) as running:
        prepare(running, "local", platforms=["north"])
        reserve = gate("reserve", ["south"], process=OTHER, use="prefix", netting_platform=True)
        json_of(running.as_("operator").post("/v1/gates", json=reserve), 201)
        yield running


def published(running: Running, gate_id: str, tenant: str, data: bytes) -> tuple[dict[str, float], list[str]]:
    """Hand in bids, close, and read the merit order list of the platform and the notes of the run."""
    seen, _ = running.hand_in(running.as_(tenant), data)
    assert seen["state"] == "accepted", seen
    operator = running.as_("operator")
    json_of(running.as_(tenant).post(f"/v1/gates/{gate_id}/close"))
    running.until(lambda: operator.get(f"/v1/gates/{gate_id}").json()["state"] == "published", gate_id)
    client = running.as_(tenant)
    listed = client.get("/v1/outbox").json()["messages"]
    (order,) = (entry for entry in listed if entry["kind"] == "MeritOrderList")
    steps = read_merit_order(client.get(f"/v1/outbox/{order['id']}").content)
    (run,) = json_of(operator.get(f"/v1/gates/{gate_id}/runs"))["runs"]
    notes = json_of(operator.get(f"/v1/runs/{run['run_id']}"))["figures"]["notes"]
    return {step.bid_id: step.available_mw for step in steps}, notes


def test_the_lists_of_both_gates_together_keep_the_line(running: Running) -> None:
    bought, _ = published(running, "local", "north", document("north", "7.2", "N", bid("LOCAL", 3.0, 20.0)))
    assert bought == {"LOCAL": 3.0}
    other = document(
        "south", "7.4", "S", bid("RESERVE", 9.0, 50.0), collection=replace(COLLECTION, process=OTHER)
    )
    left, notes = published(running, "reserve", "south", other)
    assert left == {"RESERVE": pytest.approx(LIMIT_MW - 3.0)}
    assert "what gate local has published counts as used" in notes
