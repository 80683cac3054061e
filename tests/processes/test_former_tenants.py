"""A gate outlives a participant that is configured no longer: it is decided without it, and can be read."""

from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.domain.gate import GateState
from gateway.domain.outgoing import Outgoing
from gateway.processes.errors import GateInvalidError, GateTermsError
from gateway.processes.former_tenants import warn_of_former_tenants
from gateway.records.messages import outbox
from tests.processes.world import CLOSES, RESOURCES, TENANTS, World, bid, document, gate, model
from tests.stores import stores_in

OPERATOR = TENANTS["operator"]


def left_by(world: World, directory: Path, former: str) -> World:
    """The same gateway after its operator has taken one participant out of the configuration."""
    world.stores.close()
    tenants = {name: one for name, one in TENANTS.items() if name != former}
    return World(stores_in(directory, tenants), world.clock, tenants=tenants)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def begun(directory: Path) -> World:
    world = World.at(directory)
    world.gates.create(gate())
    world.resources.replace(TENANTS["tso"], RESOURCES)
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
    reported = world.availability(run_id, OPERATOR)
    assert {
        name: [float(row.accepted_mw[0]) for row in rows if row.accepted_mw is not None]
        for name, rows in reported.items()
    } == accepted
    assert {row.grid_id for row in world.results.explanations(run_id, OPERATOR)} == (
        {"north"} if former == "west" else set()
    )
    world.stores.close()


def test_an_assignment_to_a_grid_whose_operator_is_gone_is_remarked_on(begun: World, directory: Path) -> None:
    (at_reference,) = begun.resources.remarks(RESOURCES)
    assert at_reference.message.startswith("'ref' is the reference of grid 'north'")
    world = left_by(begun, directory, "north")
    remarks = world.resources.remarks(RESOURCES)
    assert {remark.message for remark in remarks} == {"no grid is called 'north'"}
    world.stores.close()


def test_the_demand_of_a_tso_that_is_gone_is_not_read(begun: World, directory: Path) -> None:
    assert [name for name, _ in begun.demands.stated("g1", OPERATOR)] == ["tso"]
    world = left_by(begun, directory, "tso")
    assert world.demands.stated("g1", OPERATOR) == []
    world.stores.close()


def test_an_open_gate_that_names_a_former_participant_is_amended_in_all_else(
    begun: World, directory: Path
) -> None:
    world = left_by(begun, directory, "west")
    later = gate(publish_by=CLOSES + timedelta(minutes=20))
    assert world.gates.amend(later).gate == later
    without = gate(platforms=("east",), publish_by=later.publish_by)
    assert world.gates.amend(without).gate == without
    with pytest.raises(GateInvalidError, match="'west' is not a platform"):
        world.gates.amend(later)
    world.stores.close()


def test_a_former_grid_operator_hinders_no_amendment(begun: World, directory: Path) -> None:
    world = left_by(begun, directory, "north")
    later = gate(publish_by=CLOSES + timedelta(minutes=20))
    assert world.gates.amend(later).gate == later
    with pytest.raises(GateTermsError, match="west cannot leave"):
        world.gates.amend(gate(platforms=("east",)))
    world.stores.close()


def test_a_former_platform_is_not_waited_for(begun: World, directory: Path) -> None:
    world = left_by(begun, directory, "west")
    assert world.keeper.due() == []
    world.gates.close("g1", TENANTS["east"])
    assert world.gates.find("g1", OPERATOR).state is GateState.CLOSED
    world.stores.close()


def test_a_gate_waits_no_more_when_the_last_platform_it_waits_for_is_taken_out(
    begun: World, directory: Path
) -> None:
    begun.gates.close("g1", TENANTS["east"])
    assert begun.keeper.due() == []
    world = left_by(begun, directory, "west")
    assert [one.gate_id for one in world.keeper.due()] == ["g1"]
    assert world.gates.find("g1", OPERATOR).state is GateState.CLOSED
    world.stores.close()


def test_the_start_says_who_is_configured_no_longer_and_what_is_left(begun: World, directory: Path) -> None:
    with begun.stores.of("west").writing() as uow:
        outbox.put(uow, Outgoing("Acknowledgement", "8.1", b"<a/>"), CLOSES)
    with capture_logs() as logs:
        warn_of_former_tenants(begun.stores)
    assert logs == []
    world = left_by(begun, directory, "west")
    with capture_logs() as logs:
        warn_of_former_tenants(world.stores)
    assert [(one["tenant"], one["open_gates"], one["waiting"]) for one in logs] == [("west", ["g1"], 1)]
    world.stores.close()


def test_a_run_notes_whom_it_could_not_tell(begun: World, directory: Path) -> None:
    begun.clock.moment = CLOSES
    begun.gates.close("g1", OPERATOR)
    assert "receives no results" not in " ".join(begun.bid_check.run("g1").notes)
    world = left_by(begun, directory, "west")
    world.gates.run_again("g1")
    assert (
        "west is configured no longer: it receives no results of this run" in world.bid_check.run("g1").notes
    )
    world.stores.close()
