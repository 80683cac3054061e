"""The demo's own arithmetic against hand-made numbers, and against answers that lie."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from contract_tests.emulators.answers import ListedPoint
from contract_tests.emulators.market_bid import MarketBid
from gateway.demo.area import DemoGrid
from gateway.demo.platforms import PLATFORMS
from gateway.demo.recount import Recount, recount
from gateway.demo.scenario import MTU, Location, Scenario
from gateway.domain.market_time import Interval, MtuGrid
from tests.demo.areas import area
from tests.demo.conftest import PERIOD, listed

HOUR = Interval(PERIOD.start, PERIOD.start + timedelta(hours=1))


def bid(name: str, up: bool, mw: float, price: float) -> MarketBid:
    return MarketBid(
        name,
        "11XTEST-BSP-01-F",
        name,
        "NDE",
        up,
        True,
        0.0,
        HOUR.start,
        MTU,
        np.full(4, mw),
        np.full(4, price),
    )


def day_of(bids: Sequence[MarketBid], nodes: Sequence[str], up: float, down: float) -> Scenario:
    return Scenario(
        seed=0,
        platforms=PLATFORMS[:1],
        units=MtuGrid(HOUR, MTU),
        locations={one.resource: Location("north", node) for one, node in zip(bids, nodes, strict=True)},
        pools={},
        bids={"balancing": bids},
        demand_up_mw=np.full(4, up),
        demand_down_mw=np.full(4, down),
    )


def answer(day: Scenario, taken: dict[str, float]) -> dict[str, list[ListedPoint]]:
    """A list in which each bid is available and activated as `taken` says, in every unit."""
    (bids,) = day.bids.values()
    return {
        "balancing": [
            ListedPoint(
                one.bid_id, one.up, HOUR.start + unit * MTU, MTU, taken[one.bid_id], 1.0, taken[one.bid_id]
            )
            for one in bids
            for unit in range(4)
        ]
    }


@pytest.fixture
def congested() -> tuple[Scenario, DemoGrid]:
    """8 MW wanted; the farm's 9 MW are cheapest, its line carries 6, at a base flow of ±1."""
    bids = [bid("farm", True, 9.0, 50.0), bid("village", True, 9.0, 80.0), bid("load", False, 2.0, 30.0)]
    return day_of(bids, ["farm", "station", "station"], 8.0, 1.0), area("north", HOUR, 0)


def test_by_hand(congested: tuple[Scenario, DemoGrid]) -> None:
    day, grid = congested
    count = recount(day, [grid.model], answer(day, {"farm": 5.0, "village": 3.0, "load": 1.0}))
    assert count.merit_order_mw[:, 0].tolist() == [8.0, 0.0, 1.0]
    # By price alone 8 MW flow back over a line with 1 MW of feed-in on it already: 9 of 6 MW.
    assert count.max_loading_before_pct == pytest.approx(150.0)
    assert count.max_loading_after_pct == pytest.approx(100.0)
    assert count.violations == 0
    assert count.cost_unconstrained_eur == pytest.approx(8 * 50 - 1 * 30)
    assert count.cost_eur == pytest.approx(5 * 50 + 3 * 80 - 1 * 30)
    assert count.unmet_mwh == pytest.approx(0.0)


def test_an_answer_beyond_a_limit_is_caught(congested: tuple[Scenario, DemoGrid]) -> None:
    day, grid = congested
    count = recount(day, [grid.model], answer(day, {"farm": 5.01, "village": 2.99, "load": 1.0}))
    # Two lines, the bright operating point, four units.
    assert count.violations == 8


def test_demand_that_is_not_met_is_counted(congested: tuple[Scenario, DemoGrid]) -> None:
    day, grid = congested
    count = recount(day, [grid.model], answer(day, {"farm": 5.0, "village": 2.0, "load": 1.0}))
    assert count.unmet_mwh == pytest.approx(1.0)


def test_where_the_base_is_beyond_a_limit_relief_is_no_violation(
    congested: tuple[Scenario, DemoGrid],
) -> None:
    day, grid = congested
    tight = replace(
        grid.model,
        elements=tuple(replace(one, lower=-0.5) for one in grid.model.elements),
    )
    none = recount(day, [tight], answer(day, {"farm": 0.0, "village": 8.0, "load": 1.0}))
    some = recount(day, [tight], answer(day, {"farm": 0.1, "village": 7.9, "load": 1.0}))
    assert none.violations == 0
    assert some.violations > 0


def test_pools_inject_where_their_units_are() -> None:
    one = replace(bid("pool", True, 4.0, 50.0), resource="pool")
    day = replace(
        day_of([one], ["village"], 4.0, 0.0),
        locations={
            "a": Location("north", "village"),
            "b": Location("north", "farm"),
            "c": Location("south", "farm"),
        },
        pools={"pool": {"a": 0.5, "b": 0.25, "c": 0.25}},
    )
    grid = area("north", HOUR, 0)
    count = recount(day, [grid.model], answer(day, {"pool": 4.0}))
    to_village, to_farm = count.loadings[0].after_pct[0, 1:]
    assert to_village == pytest.approx(100 * (1 + 3) / 6)
    assert to_farm == pytest.approx(100 * (1 + 1) / 6)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"bid_id": "stranger"}, "stranger"),
        ({"up": False}, "direction"),
        ({"activated_mw": 9.5}, "activated"),
        ({"available_mw": 9.5}, "available"),
    ],
)
def test_a_list_that_says_what_was_never_offered_is_refused(
    congested: tuple[Scenario, DemoGrid], change: dict[str, object], names: str
) -> None:
    day, grid = congested
    lists = answer(day, {"farm": 5.0, "village": 3.0, "load": 1.0})
    lists["balancing"][0] = replace(lists["balancing"][0], **change)
    with pytest.raises(ValueError, match=names):
        recount(day, [grid.model], lists)


def test_merit_order_meets_the_demand_of_a_whole_day(day: Scenario, grids: tuple[DemoGrid, ...]) -> None:
    count: Recount = recount(day, [grid.model for grid in grids], listed(day, part=0.0))
    for sign, demand in ((1, day.demand_up_mw), (-1, day.demand_down_mw)):
        offered = count.books.offered_mw[count.books.sign == sign].sum(axis=0)
        taken = count.merit_order_mw[count.books.sign == sign].sum(axis=0)
        assert taken == pytest.approx(np.minimum(demand, offered))
    assert count.violations == 0
    assert count.cost_eur == 0.0


@pytest.mark.parametrize(
    ("up", "down", "most", "band", "beyond"),
    [
        (3.0, 2.0, 1.5, (-4.0, 4.0), 0),
        (3.0, 1.0, 1.5, (-4.0, 4.0), 4),
        (3.0, 2.0, 1.5, (-1.5, 4.0), 4),
        (3.0, 2.0, 1.5, (-1.5, 2.5), 8),
        (3.0, 2.0, np.inf, (-4.0, 4.0), 0),
    ],
)
def test_bounds_of_activations_count_by_themselves(
    up: float, down: float, most: float, band: tuple[float, float], beyond: int
) -> None:
    """3 MW up and 2 MW down at one point leave 1 MW there, and are 3 and 2 MW in all, in four units."""
    north = area("north", HOUR, 0)
    bids = [bid("up", True, 3.0, 1.0), bid("down", False, 2.0, 1.0)]
    node = north.model.connection_points[1]
    day = day_of(bids, [node, node], 3.0, 2.0)
    points = tuple(
        replace(
            point,
            activation_band_mw=band,
            connection_point_activation_mw=None if np.isinf(most) else most,
            ptdf=0.0 * point.ptdf,
        )
        for point in north.model.operating_points
    )
    model = replace(north.model, operating_points=points)
    count = recount(day, [model], answer(day, {"up": up, "down": down}))
    assert count.violations == beyond
