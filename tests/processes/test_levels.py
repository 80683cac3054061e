"""A grid model whose operating points belong to activation levels, through a gate."""

from dataclasses import replace

import pytest

from gateway.domain.grid import ReducedGridModel
from gateway.domain.result import Run, Rung
from tests.processes.world import RESOURCES, TENANTS, World, bid, document, gate, model

LEVELS = (0.0, 8.0, 60.0)


def bent(levels: tuple[float, ...] = LEVELS) -> ReducedGridModel:
    """North's line carries 4 MW; a MW at `n1` loads it with half a MW, beyond a level of 8 MW with more."""
    whole = model("north", 4.0, points={"rest": 0.5, "low": 0.5, "high": 1.0})
    points = tuple(
        replace(point, activation_level_mw=level, activation_band_mw=(0.0, levels[-1]))
        for point, level in zip(whole.operating_points, levels, strict=True)
    )
    return replace(whole, operating_points=points)


def run(world: World, demand: float, levels: tuple[float, ...] = LEVELS) -> Run:
    world.gates.create(gate())
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", bent(levels))
    world.put("south", model("south", 100.0))
    world.submit("east", document("east", [bid("load", "u1", 10, 20), bid("free", "s1", 30, 90)]))
    world.demand("g1", up=demand)
    found = world.results.run(world.close_and_run(), TENANTS["operator"]).figures
    assert found is not None
    return found


def taken(world: World, run_id: str) -> float:
    rows = world.availability(run_id, TENANTS["operator"])["east"]
    accepted = next(row for row in rows if row.bid_id == "load").accepted_mw
    assert accepted is not None
    return float(accepted[0])


def test_a_point_limits_no_bid_below_the_level_before_it(world: World) -> None:
    reported = run(world, 7)
    assert taken(world, reported.run_id) == pytest.approx(7), "3.5 MW on the line; at 60 MW it would be 7"
    assert (reported.rung, reported.notes, reported.verification.violations) == (Rung.OPTIMAL, (), 0)
    assert reported.max_loading_after_pct == pytest.approx(100 * 3.5 / 4)


def test_once_it_is_reached_it_does(world: World) -> None:
    reported = run(world, 30)
    assert taken(world, reported.run_id) == pytest.approx(8), "up to the level of the bend, not a watt beyond"


def test_offers_beyond_the_levels_make_every_point_count_and_are_named(world: World) -> None:
    reported = run(world, 7, levels=(0.0, 3.0, 6.0))
    assert taken(world, reported.run_id) == pytest.approx(4)
    (note,) = reported.notes
    assert "grid north to an activation level of 10 MW" in note
