"""What is kept of the time for publishing: by size, by what the last runs took, never all of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.processes.bid_check.run import time_reserve as reserve
from gateway.processes.bid_check.run.time_reserve import CAUTION, CELL_S, LEAST_S, MOST, must_begin, reserve_s
from gateway.records.market import runs
from tests.processes.world import CLOSES, DAY, RESOURCES, World, bid, document, gate


@given(st.integers(0, 10**8), st.floats(-1e4, 1e5))
def test_without_a_run_it_grows_with_the_size_up_to_half_of_what_is_left(cells: int, left: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "published_last", lambda *_: ())
        kept = reserve_s(None, cells, left)  # type: ignore[arg-type]
    assert 0 <= kept <= max(MOST * left, 0)
    assert kept == pytest.approx(max(min(LEAST_S + CAUTION * CELL_S * cells, MOST * left), 0))


def test_the_slowest_of_the_last_runs_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserve, "_MEASURABLE", 2)
    world.resources.replace(world.tenants["tso"], RESOURCES)
    for number, seconds in enumerate((0.5, 8.0, 2.0)):
        name = ("east", "west", "late")[number]
        world.gates.create(gate(f"g{number}", platforms=(name,)))
        assert not world.submit(name, document(name, [bid("a", "free", 5, 20)]))
        world.demand(f"g{number}", up=1)
        world.clock.moment = CLOSES
        world.gates.close(f"g{number}", world.tenants["operator"])
        reported = world.bid_check.run(f"g{number}")
        assert reported.stage_seconds["publish"] > 0
        with world.stores.shared.writing() as shared:
            slow = replace(reported, stage_seconds={"publish": seconds})
            runs.publish(shared, slow, world.clock.now(), to_all=True, needed_until=DAY)
    with world.stores.shared.reading() as shared:  # one bid in two units took 8 s
        assert reserve_s(shared, 20, 1e6) == pytest.approx(LEAST_S + CAUTION * 4.0 * 20)
        assert reserve_s(shared, 20, 10.0) == MOST * 10.0


def test_a_gate_begins_early_enough_for_all_that_its_run_takes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bid in two units took 3 s to read, 1 s to explain and 8 s to publish, so one cell takes 6 s."""
    monkeypatch.setattr(reserve, "_MEASURABLE", 2)
    world.resources.replace(world.tenants["tso"], RESOURCES)
    world.gates.create(gate("before", platforms=("west",)))
    assert not world.submit("west", document("west", [bid("a", "free", 5, 20)]))
    one = gate("g1", platforms=("east",))
    world.gates.create(one)
    assert not world.submit("east", document("east", [bid("a", "free", 5, 20)]))
    kept = timedelta(seconds=LEAST_S)
    assert must_begin(world.stores, one, one.publish_by - one.budget - kept)
    assert not must_begin(world.stores, one, one.publish_by - one.budget - 2 * kept)
    world.clock.moment = CLOSES
    world.gates.close("before", world.tenants["operator"])
    reported = world.bid_check.run("before")
    with world.stores.shared.writing() as shared:
        took = {"assemble": 3.0, "optimise": 99.0, "explain": 1.0, "publish": 8.0}
        runs.publish(
            shared, replace(reported, stage_seconds=took), world.clock.now(), to_all=True, needed_until=DAY
        )
    kept = timedelta(seconds=LEAST_S + CAUTION * 6.0 * 2)
    moment = timedelta(milliseconds=1)
    assert must_begin(world.stores, one, one.publish_by - one.budget - kept + moment)
    assert not must_begin(world.stores, one, one.publish_by - one.budget - kept - moment)
