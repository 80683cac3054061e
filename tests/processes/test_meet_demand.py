"""A gate that meets its demand first: limits give way as far as an operator's model agrees, no further."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.bid import Direction
from gateway.domain.gate import DemandRule
from gateway.domain.grid import ReducedGridModel
from gateway.domain.result import Outcome, Run
from tests.processes.test_bid_check import accepted
from tests.processes.world import AREA, RESOURCES, TENANTS, World, bid, document, gate, model


def line(**agreed: Any) -> ReducedGridModel:
    """`north-line`, 4 MW, with what else its operator says of it."""
    grid = model("north", 4.0)
    return replace(grid, elements=tuple(replace(one, **agreed) for one in grid.elements))


def line_in_parts(**agreed: Any) -> ReducedGridModel:
    """The same line as two rows."""
    grid = line(**{"of_element": "the line", **agreed})
    (whole,), (point,) = grid.elements, grid.operating_points
    return replace(
        grid,
        elements=(whole, replace(whole, element_id="north-line outage")),
        operating_points=(
            replace(point, base_flow_mw=point.base_flow_mw.repeat(2, 1), ptdf=point.ptdf.repeat(2, 0)),
        ),
    )


def run_with(
    world: World, grid: ReducedGridModel, rule: DemandRule = DemandRule.MEET_DEMAND
) -> tuple[Run, list[float], list[dict[str, Any]]]:
    """10 MW asked of one bid behind the line: the run, what is taken, and the overloads warned of."""
    world.gates.create(gate(demand_rule=rule))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", grid)
    world.put("south", model("south", 100.0))
    world.submit("east", document("east", [bid("a", "u1", 10, 20)]))
    world.demand("g1", up=10)
    with capture_logs() as logs:
        run_id = world.close_and_run()
    figures = world.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    warned = [dict(log) for log in logs if log["event"] == "overload published"]
    return figures, accepted(world, run_id)["a"], warned


@pytest.mark.feature(id="A6")
def test_an_agreed_limit_is_exceeded_and_somebody_hears_which_and_by_how_much(world: World) -> None:
    run, taken, (warned,) = run_with(world, line(emergency_upper=6.5))
    assert taken == pytest.approx([6.5, 6.5])
    assert run.outcome is Outcome.LEAST_OVERLOAD
    assert run.shortage_mwh == pytest.approx(3.5 * 0.5)
    assert [(one.mtu, one.mw, one.anyway_mw) for one in run.shortages] == [(0, 3.5, 0.0), (1, 3.5, 0.0)]
    assert warned["log_level"] == "warning"
    assert (warned["grid"], warned["element"]) == ("north", "north-line")
    assert warned["overload_mw"] == pytest.approx(2.5)
    assert (warned["gate"], warned["rule"]) == ("g1", DemandRule.MEET_DEMAND)
    checked = run.verification
    assert (checked.violations, checked.worst_violation_mw, checked.agreed_overloads) == (0, 0.0, 2)


def test_shortage_is_stated_by_direction(world: World) -> None:
    world.gates.create(gate())
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 100.0))
    world.put("south", model("south", 100.0))
    down = bid("down", "u1", 2, 20, direction=Direction.DOWN)
    world.submit("east", document("east", [bid("up", "u1", 10, 20), down]))
    world.demand("g1", up=11, down=5)
    run = world.results.run(world.close_and_run(), TENANTS["operator"]).figures
    assert run is not None
    assert (run.shortage_up_mwh, run.shortage_down_mwh) == pytest.approx((1 * 0.5, 3 * 0.5))
    assert run.shortage_mwh == pytest.approx(4 * 0.5)
    short = [(one.mtu, one.direction, one.mw, one.anyway_mw) for one in run.shortages]
    assert sorted(short) == [(0, -1, 3.0, 3.0), (0, 1, 1.0, 1.0), (1, -1, 3.0, 3.0), (1, 1, 1.0, 1.0)]
    assert {one.list_name for one in run.shortages} == {f"{AREA} A01 up", f"{AREA} A01 down"}
    reported = world.results.run(run.run_id, TENANTS["north"]).figures
    assert reported is not None
    assert (reported.shortage_up_mwh, reported.shortage_down_mwh, reported.shortage_mwh) == (None, None, None)


@pytest.mark.parametrize(
    ("grid", "rule"),
    [
        (line(), DemandRule.MEET_DEMAND),
        (line(emergency_lower=-9.0), DemandRule.MEET_DEMAND),
        (line(emergency_upper=6.5), DemandRule.KEEP_LIMITS),
    ],
    ids=["not agreed", "agreed for the other direction", "limits come first"],
)
def test_a_limit_holds_otherwise(world: World, grid: ReducedGridModel, rule: DemandRule) -> None:
    run, taken, warned = run_with(world, grid, rule)
    assert (taken, warned) == (pytest.approx([4, 4]), [])
    assert run.outcome is Outcome.SHORTAGE


@pytest.mark.parametrize(
    ("north", "taken"),
    [
        (line(emergency_upper=8.0, scale=2.0), [6, 4]),
        (line(emergency_upper=8.0, scale=0.5), [4, 6]),
        (line_in_parts(emergency_upper=8.0, scale=1.5), [6, 4]),
        (line_in_parts(emergency_upper=8.0, scale=1.5, of_element=None), [4, 6]),
    ],
    ids=["counts half", "counts double", "two rows of one element", "two elements"],
)
def test_the_excess_that_counts_least_is_chosen(
    world: World, north: ReducedGridModel, taken: list[float]
) -> None:
    """Of two lines of 4 MW one must carry 6: by scale, and each element once."""
    world.gates.create(gate(demand_rule=DemandRule.MEET_DEMAND))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", north)
    south = model("south", 4.0)
    world.put("south", replace(south, elements=(replace(south.elements[0], emergency_upper=8.0),)))
    world.submit("east", document("east", [bid("a", "u1", 10, 20), bid("b", "s1", 10, 20)]))
    world.demand("g1", up=10)
    found = accepted(world, world.close_and_run())
    assert [found["a"][0], found["b"][0]] == pytest.approx(taken)
