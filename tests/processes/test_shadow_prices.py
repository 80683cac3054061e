"""A shadow price is what one more MW of limit saves, and is left out where that is not known."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.gate import DemandRule
from gateway.domain.grid import ReducedGridModel
from tests.processes.world import RESOURCES, TENANTS, World, bid, document, gate, model

STEP_MW = 0.1


def line(limit_mw: float = 4.0, *, error_pct: float = 0.0, margin_mw: float = 0.0) -> ReducedGridModel:
    """North's line, of which each row keeps an error and a margin free."""
    grid = model("north", limit_mw, base_mw=1.0)
    (element,) = grid.elements
    return replace(
        grid,
        elements=(replace(element, margin=margin_mw),),
        error_band_pct=error_pct,
        limits_include_error=False,
    )


def run(
    directory: Path, grid: ReducedGridModel, rule: DemandRule = DemandRule.KEEP_LIMITS, up: float = 10.0
) -> tuple[float, set[float | None]]:
    """Cost per hour of 10 MW of a cheap bid behind the line and 10 MW of a dear one before it, and prices."""
    world = World.at(directory)
    world.gates.create(gate(demand_rule=rule))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", grid)
    world.put("south", model("south", 100.0))
    world.submit("east", document("east", [bid("cheap", "u1", 10, 20), bid("dear", "free", 10, 50)]))
    world.demand("g1", up=up)
    run_id = world.close_and_run()
    figures = world.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert figures.cost is not None
    reported = world.results.explanations(run_id, TENANTS["north"])
    return figures.cost / 0.5, {one.shadow_price for one in reported if one.bid_id == "cheap"}


@pytest.mark.feature(id="A18")
@pytest.mark.parametrize(("error_pct", "margin_mw"), [(0.0, 0.0), (10.0, 0.0), (10.0, 0.5)])
def test_it_is_what_a_wider_limit_saves(tmp_path: Path, error_pct: float, margin_mw: float) -> None:
    cost, (price,) = run(tmp_path / "as-is", line(error_pct=error_pct, margin_mw=margin_mw))
    wider, _ = run(tmp_path / "wider", line(4 + STEP_MW, error_pct=error_pct, margin_mw=margin_mw))
    assert price == pytest.approx((cost - wider) / STEP_MW, rel=1e-3)
    assert price == pytest.approx(30 / (1 + error_pct / 100))


@pytest.mark.parametrize("rule", DemandRule)
def test_where_demand_is_left_nothing_would_be_saved(tmp_path: Path, rule: DemandRule) -> None:
    _, reported = run(tmp_path, line(), rule, up=15.0)
    assert reported == {None}


def test_beyond_its_base_flow_a_limit_may_rise_for_nothing(tmp_path: Path) -> None:
    _, reported = run(tmp_path, line(0.5))
    assert reported == {None}
