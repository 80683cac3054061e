"""Notes of a run name another gate to who may see that one, and to nobody else."""

import pytest

from gateway.domain.gate import UseOfLists
from gateway.processes.bid_check.problem.notes_on_gates import as_seen, on_published, on_reported
from tests.processes.test_committed import decided, send
from tests.processes.world import RESOURCES, TENANTS, World, bid, gate, model

ANOTHER = "what another gate has published counts as used"
REPORTED = "what was reported as activated of bids of another gate counts as used"
OTHERWISE = REPORTED + (
    "; of some it is more than was published, or with another activation type than the lists are used"
)


def test_a_run_names_the_gate_that_counts_to_who_may_see_it_alone(world: World) -> None:
    """`tso` is of both gates, `tso2` of the second alone; the auditor sees all."""
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 10.0, units=1))
    terms = {"units": 1, "use": UseOfLists.PREFIX}
    world.gates.create(gate("secret", platforms=("west",), system_operators=("tso",), **terms))
    world.gates.create(gate("other", process="A51", platforms=("east",), **terms))
    send(world, "secret", bid("a", "u1", 6, 20, units=1), platform="west")
    world.close_and_run("secret")
    assert decided(world, "other", bid("b", "u2", 9, 20, units=1), process="A51") == {"b": [4.0]}
    for name, note in (
        ("auditor", on_published("secret")),
        ("tso", on_published("secret")),
        ("tso2", ANOTHER),
    ):
        (listed,) = world.results.runs("other", TENANTS[name])
        for shown in (listed, world.results.run(listed.run_id, TENANTS[name])):
            assert shown.figures is not None
            assert note in shown.figures.notes
            assert ("secret" in str(shown.figures)) is (note != ANOTHER)


@pytest.mark.parametrize(
    ("note", "seen"),
    [
        (on_published("secret"), ANOTHER),
        (on_reported("secret"), REPORTED),
        (on_reported("secret", "east/secret-1, east/b"), OTHERWISE),
    ],
)
def test_nothing_of_a_gate_is_left_in_a_note(note: str, seen: str) -> None:
    assert as_seen(note, lambda gate_id: gate_id == "secret") == note
    assert as_seen(note, lambda gate_id: gate_id != "secret") == seen


def test_other_notes_stay() -> None:
    note = "what run 1 has published and is retained counts as used"
    assert as_seen(note, "other".__eq__) == note
