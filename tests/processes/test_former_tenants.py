"""A gate outlives a participant that is configured no longer: it is decided without it, and can be read."""

from pathlib import Path

import pytest

from gateway.domain.gate import GateState
from gateway.records.store import Store
from tests.processes.world import CLOSES, RESOURCES, TENANTS, World, bid, document, gate, model

OPERATOR = TENANTS["operator"]


def left_by(world: World, directory: Path, former: str) -> World:
    """The same gateway after its operator has taken one participant out of the configuration."""
    world.store.close()
    tenants = {name: one for name, one in TENANTS.items() if name != former}
    return World(Store(directory, tenants), world.clock, tenants=tenants)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def begun(directory: Path) -> World:
    world = World.at(directory)
    world.gates.create(gate())
    world.resources.take(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0))
    world.put("south", model("south", 100.0))
    world.submit("east", document("east", [bid("cheap", "u1", 10, 20)]))
    world.submit("west", document("west", [bid("dear", "free", 10, 50)]))
    world.demand("g1", up=10)
    return world


@pytest.mark.parametrize(
    ("former", "accepted"), [("west", {"east": [4.0]}), ("north", {"east": [0.0], "west": [0.0]})]
)
def test_a_gate_goes_on_without_a_former_participant(
    begun: World, directory: Path, former: str, accepted: dict[str, list[float]]
) -> None:
    world = left_by(begun, directory, former)
    world.clock.moment = CLOSES
    world.gates.close("g1", OPERATOR)
    assert [one.gate_id for one in world.keeper.due()] == ["g1"]
    run_id = world.bid_check.run("g1").run_id
    assert world.gates.find("g1", OPERATOR).state is GateState.PUBLISHED
    told = world.results.availability(run_id, OPERATOR)
    assert {
        name: [float(row.accepted_mw[0]) for row in rows if row.accepted_mw is not None]
        for name, rows in told.items()
    } == accepted
    assert {row.grid_id for row in world.results.explanations(run_id, OPERATOR)} == (
        {"north"} if former == "west" else set()
    )
    world.store.close()


def test_an_assignment_to_a_grid_whose_operator_is_gone_is_remarked_on(begun: World, directory: Path) -> None:
    assert begun.resources.remarks(RESOURCES) == []
    world = left_by(begun, directory, "north")
    remarks = world.resources.remarks(RESOURCES)
    assert {remark.message for remark in remarks} == {"no grid is called 'north'"}
    world.store.close()


def test_the_demand_of_a_tso_that_is_gone_is_not_read(begun: World, directory: Path) -> None:
    assert [name for name, _ in begun.demands.stated("g1", OPERATOR)] == ["tso"]
    world = left_by(begun, directory, "tso")
    assert world.demands.stated("g1", OPERATOR) == []
    world.store.close()
