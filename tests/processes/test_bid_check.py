"""The main job on grids small enough to check by hand."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.reason import ReasonCode
from gateway.domain.result import GridGapCause, Outcome, Rung, Side
from tests.processes.world import RESOURCES, TENANTS, World, bid, document, gate, model, renamed


def accepted(world: World, run_id: str) -> dict[str, list[float]]:
    found = world.availability(run_id, TENANTS["operator"])
    return {row.bid_id: row.accepted_mw.tolist() for rows in found.values() for row in rows}


def available(world: World, run_id: str) -> dict[str, list[float]]:
    found = world.availability(run_id, TENANTS["operator"])
    return {row.bid_id: row.available_mw.tolist() for rows in found.values() for row in rows}


def test_cheap_bids_behind_a_full_line_give_way_to_dearer_ones(ready: World) -> None:
    ready.submit("east", document("east", [bid("cheap", "u1", 10, 20)]))
    ready.submit("west", document("west", [bid("dear", "free", 10, 50)]))
    ready.demand("g1", up=10)
    run_id = ready.close_and_run()

    assert accepted(ready, run_id) == {"cheap": [4, 4], "dear": [6, 6]}
    assert available(ready, run_id) == accepted(ready, run_id)
    figures = ready.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert figures.rung is Rung.OPTIMAL
    assert figures.cost == pytest.approx((4 * 20 + 6 * 50) * 0.5)
    assert figures.cost_unconstrained == pytest.approx(10 * 20 * 0.5)
    assert figures.max_loading_before_pct == pytest.approx(250)
    assert figures.max_loading_after_pct == pytest.approx(100)
    assert (figures.bids, figures.limited_bids, figures.verification.violations) == (2, 1, 0)


@pytest.mark.feature(id="A15")
def test_a_platform_learns_how_much_and_a_reason_a_dso_learns_its_element(ready: World) -> None:
    ready.submit("east", document("east", [bid("cheap", "u1", 10, 20)]))
    ready.submit("west", document("west", [bid("dear", "free", 10, 50)]))
    ready.demand("g1", up=10)
    run_id = ready.close_and_run()

    (row,) = ready.availability(run_id, TENANTS["east"])["east"]
    assert row.reason is not None
    assert row.reason.code == ReasonCode.INTERNAL_CONGESTION
    assert "north" not in (row.reason.text or "")
    explained = list(ready.results.explanations(run_id, TENANTS["north"]))
    assert [(e.bid_id, e.mtu, e.element_id, e.side, e.share, e.cut_mw) for e in explained] == [
        ("cheap", 0, "north-line", Side.FORWARD, 1.0, 6.0),
        ("cheap", 1, "north-line", Side.FORWARD, 1.0, 6.0),
    ]
    assert explained[0].shadow_price == pytest.approx(30)
    assert list(ready.results.explanations(run_id, TENANTS["south"])) == []


@pytest.mark.feature(id="A15")
def test_an_explanation_follows_from_the_model_by_hand(ready: World) -> None:
    """margin = limit − (base + Σ direction · accepted · share · factor · PTDF), at the stated point."""
    grid = model("north", 4.0, base_mw=[1.0, -0.5], nodes={"n2": -0.4}, points={"low": 0.9, "high": 1.1})
    ready.put("north", grid)
    ready.submit(
        "east",
        document(
            "east",
            [bid("a", "u1", 10, 20), bid("b", "pool", 8, 25), bid("d", "u2", 3, 5, direction=Direction.DOWN)],
        ),
    )
    ready.submit("west", document("west", [bid("dear", "free", 30, 90)]))
    ready.demand("g1", up=12, down=2)
    run_id = ready.close_and_run()

    took = accepted(ready, run_id)
    shares = {"a": 1.0, "b": 0.25, "d": -1.0, "dear": 0.0}
    explained = list(ready.results.explanations(run_id, TENANTS["north"]))
    assert explained
    for one in explained:
        point = next(p for p in grid.operating_points if p.name == one.operating_point)
        flow = point.base_flow_mw[one.mtu, 0] + sum(
            took[name][one.mtu] * share * point.ptdf[0, grid.node_index("n1")]
            for name, share in shares.items()
        )
        limit = 4.0 if one.side is Side.FORWARD else -4.0
        assert one.margin_mw == pytest.approx((limit - flow) * (1 if limit > 0 else -1), abs=1e-5)
        assert one.operating_point == "high"
        assert (one.base_flow_mw, one.limit_mw, one.full_at) == (
            point.base_flow_mw[one.mtu, 0],
            limit,
            one.mtu,
        )


@pytest.mark.feature(id="A2")
@pytest.mark.feature(id="A8")
def test_a_unit_in_two_grids_respects_both(ready: World) -> None:
    ready.put("south", model("south", 3.0))
    ready.submit("east", document("east", [bid("cheap", "both", 10, 20), bid("dear", "free", 10, 50)]))
    ready.demand("g1", up=10)
    run_id = ready.close_and_run()

    assert accepted(ready, run_id)["cheap"] == [3, 3]
    assert {e.grid_id for e in ready.results.explanations(run_id, TENANTS["operator"])} == {"south"}


@pytest.mark.feature(id="A8")
def test_one_joint_run_costs_no_more_than_separate_ones(ready: World) -> None:
    """West's cheap bid serves east's demand too; apart, east must buy its own dear one."""
    ready.submit("east", document("east", [bid("e-cheap", "u1", 10, 20), bid("e-dear", "free", 10, 90)]))
    ready.submit("west", document("west", [bid("w-cheap", "s1", 10, 30)]))
    ready.demand("g1", up=12)
    joint = ready.results.run(ready.close_and_run(), TENANTS["operator"]).figures
    assert joint is not None
    assert joint.cost == pytest.approx((4 * 20 + 8 * 30) * 0.5)
    apart_east = (4 * 20 + 2 * 90) * 0.5  # 6 MW each
    apart_west = 6 * 30 * 0.5
    assert joint.cost < apart_east + apart_west


@pytest.mark.feature(id="A6")
def test_without_a_way_out_limits_hold_and_the_shortage_is_named(ready: World) -> None:
    ready.submit("east", document("east", [bid("only", "u1", 10, 20), bid("little", "free", 3, 60)]))
    ready.demand("g1", up=9)
    run_id = ready.close_and_run()

    figures = ready.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert accepted(ready, run_id) == {"only": [4, 4], "little": [3, 3]}
    assert figures.overloads_remaining == ()
    assert figures.max_loading_after_pct == pytest.approx(100)
    assert figures.shortage_mwh == pytest.approx(1)
    assert figures.outcome is Outcome.SHORTAGE


def test_where_the_grid_is_overloaded_already_what_worsens_it_goes_and_what_relieves_it_stays(
    ready: World,
) -> None:
    ready.put("north", model("north", 4.0, base_mw=5.0))
    ready.submit(
        "east",
        document(
            "east",
            [
                bid("worse", "u1", 2, 10),
                bid("other", "free", 9, 40),
                bid("relief", "u2", 3, 15, direction=Direction.DOWN),
            ],
        ),
    )
    ready.demand("g1", up=2, down=1)
    run_id = ready.close_and_run()
    took = accepted(ready, run_id)
    flow = 5.0 + np.array(took["worse"]) - np.array(took["relief"])
    assert took["relief"] == [1, 1]
    assert (flow <= 5.0 + 1e-6).all()


def test_demand_beyond_all_offers_is_a_stated_shortage(ready: World) -> None:
    ready.submit("east", document("east", [bid("a", "free", 3, 20)]))
    ready.demand("g1", up=5)
    run_id = ready.close_and_run()
    figures = ready.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert figures.shortage_mwh == pytest.approx(2 * 0.5)


def test_the_price_of_a_down_bid_is_paid_by_its_provider(ready: World) -> None:
    """Of two down bids the one that pays more is taken, and its price lowers the cost."""
    ready.submit(
        "east",
        document(
            "east",
            [
                bid("pays-50", "free", 5, 50, direction=Direction.DOWN),
                bid("pays-10", "free", 5, 10, direction=Direction.DOWN),
            ],
        ),
    )
    ready.demand("g1", down=6)
    run_id = ready.close_and_run()
    assert accepted(ready, run_id) == {"pays-50": [5, 5], "pays-10": [1, 1]}
    figures = ready.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert figures.cost == pytest.approx(-(5 * 50 + 10) * 0.5)


def test_an_hourly_bid_serves_every_quarter_of_its_hour(world: World) -> None:
    world.gates.create(gate(units=8))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0, units=8))
    world.put("south", model("south", 9.0, units=8))
    world.submit("east", document("east", [bid("hour", "u1", [6, 2], [20, 30], hours=True)]))
    world.demand("g1", up=3, units=8)
    run_id = world.close_and_run()
    assert accepted(world, run_id) == {"hour": [3] * 4 + [2] * 4}


@pytest.mark.feature(id="A5")
def test_the_sum_over_units_is_the_bid(ready: World) -> None:
    """A pool of 0.25 on north's full line and 0.75 on south: 16 MW put 4 MW on north's line."""
    ready.submit("east", document("east", [bid("pool", "pool", 40, 20), bid("dear", "free", 40, 50)]))
    ready.demand("g1", up=20)
    run_id = ready.close_and_run()
    assert accepted(ready, run_id) == {"pool": [16, 16], "dear": [4, 4]}


@pytest.mark.parametrize("agreed", [False, True])
def test_without_a_model_nothing_is_available_unless_the_operator_agreed(world: World, agreed: bool) -> None:
    if agreed:
        world.agree("north")
    world.put("north", model("north", 4.0))
    world.grid_models.withdraw(TENANTS["north"], "north", 1)
    world.gates.create(gate())
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("south", model("south", 2.0))
    world.submit("east", document("east", [bid("a", "u1", 10, 20), bid("b", "s1", 10, 10)]))
    world.demand("g1", up=9)
    run_id = world.close_and_run()
    figures = world.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert figures.missing_grids == ("north",)
    assert figures.partly_unchecked == agreed
    assert (figures.withheld_bids, figures.limited_bids) == (0 if agreed else 1, 1)
    assert accepted(world, run_id) == {"a": [7, 7] if agreed else [0, 0], "b": [2, 2]}
    rows = {row.bid_id: row for row in world.availability(run_id, TENANTS["east"])["east"]}
    assert rows["a"].reason is not None
    assert "no usable model" in (rows["a"].reason.text or "")
    assert ("passed on unchecked" in (rows["a"].reason.text or "")) == agreed
    of_north = list(world.results.explanations(run_id, TENANTS["north"]))
    assert [(one.bid_id, one.mtu, one.withheld_because) for one in of_north] == (
        [] if agreed else [("a", mtu, GridGapCause.WITHDRAWN) for mtu in (0, 1)]
    )


def test_what_the_market_wants_of_whom_does_not_depend_on_the_grid(world: World) -> None:
    """10 MW are demanded: 6 of the cheapest behind north, 4 of the next; the dearest is not wanted."""
    world.gates.create(gate())
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("south", model("south", 100.0))
    bids = [bid("cheap", "u1", 6, 10), bid("next", "s1", 6, 20)]
    world.submit("east", document("east", bids))
    world.submit("west", document("west", [bid("dear", "free", 9, 30)]))
    world.demand("g1", up=10)
    world.put("north", model("north", 100.0))
    runs = [world.close_and_run()]
    for limit in (2.0, None):
        if limit is None:
            for number in (1, 2):
                world.grid_models.withdraw(TENANTS["north"], "north", number)
        else:
            world.put("north", model("north", limit))
        world.clock.moment += timedelta(seconds=1)
        world.gates.run_again("g1")
        runs.append(world.bid_check.run("g1").run_id)
    wanted = []
    for run_id in runs:
        shares = {one.name: one for one in world.results.limited_shares(run_id, TENANTS["tso"])}
        wanted.append((shares["east"].wanted_mwh, shares["west"].wanted_mwh))
        assert shares["east"].share_of_wanted == pytest.approx(1.0)
    assert wanted == [pytest.approx((5.0, 0.0))] * 3
    for run_id in runs:
        figures = world.results.run(run_id, TENANTS["tso"]).figures
        assert figures is not None
        assert figures.cost_unconstrained == pytest.approx((6 * 10 + 4 * 20) * 0.5)
    last = world.results.run(runs[-1], TENANTS["tso"]).figures
    assert last is not None
    assert last.missing_grids == ("north",)


def test_an_unknown_price_of_a_limit_is_none(ready: World) -> None:
    """Taken whole or not at all, no price says why."""
    ready.submit("east", document("east", [bid("whole", "u1", 10, 20, divisible=False)]))
    ready.submit("west", document("west", [bid("dear", "free", 10, 50)]))
    ready.demand("g1", up=8)
    reported = list(ready.results.explanations(ready.close_and_run(), TENANTS["north"]))
    assert [(one.bid_id, one.element_id) for one in reported] == [("whole", "north-line")] * 2
    assert {one.shadow_price for one in reported} == {None}


def test_a_unit_at_a_node_the_model_does_not_have_is_withheld_and_stops_no_other(ready: World) -> None:
    ready.put("south", model("south", 2.0, nodes={"n9": 0.3}))
    ready.put("north", renamed(model("north", 4.0), "n1", "n7"))
    ready.submit("east", document("east", [bid("a", "u1", 10, 20), bid("b", "s1", 10, 10)]))
    ready.demand("g1", up=2)
    run_id = ready.close_and_run()
    figures = ready.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert accepted(ready, run_id) == {"a": [0, 0], "b": [2, 2]}
    assert not figures.partly_unchecked
    assert figures.outcome is Outcome.WITHIN_LIMITS
    assert any("assigned to n1" in note and "north" in note for note in figures.notes)
    of_north = list(ready.results.explanations(run_id, TENANTS["north"]))
    assert [(one.bid_id, one.mtu, one.cut_mw, one.share, one.element_id) for one in of_north] == [
        ("a", mtu, 10.0, 1.0, "connection point n1") for mtu in (0, 1)
    ]
    assert {one.withheld_because for one in of_north} == {GridGapCause.UNKNOWN_CONNECTION_POINT}
    assert list(ready.results.explanations(run_id, TENANTS["tso"])) == [
        structs.replace(one, platform="east") for one in of_north
    ]
    assert list(ready.results.explanations(run_id, TENANTS["south"])) == []


def test_equal_questions_have_equal_hashes_and_answers(tmp_path: Path) -> None:
    figures = []
    for number, limit in enumerate((4.0, 4.0, 4.5)):
        one = World.at(tmp_path / f"again-{number}")
        one.gates.create(gate())
        one.resources.replace(TENANTS["tso"], RESOURCES)
        one.put("north", model("north", limit))
        one.put("south", model("south", 9.0))
        one.submit("west", document("west", [bid("w", "free", 10, 50)]))
        one.submit("east", document("east", [bid("e", "u1", 10, 20)]))
        one.demand("g1", up=10)
        run_id = one.close_and_run()
        run = one.results.run(run_id, TENANTS["operator"]).figures
        assert run is not None
        figures.append((run.input_hash, run.cost))
        one.stores.close()
    assert figures[0] == figures[1]
    assert figures[0][0] != figures[2][0]


def test_links_are_honoured(ready: World) -> None:
    """Of an exclusive pair one is taken, of an inclusive pair both or none, and never part of a whole."""
    exclusive = {BidTerm.EXCLUSIVE_GROUP: "one-of"}
    inclusive = {BidTerm.INCLUSIVE_GROUP: "all-of"}
    ready.submit(
        "east",
        document(
            "east",
            [
                bid("either", "free", 5, 10, terms=exclusive),
                bid("or", "free", 5, 11, terms=exclusive),
                bid("this", "u1", 4, 12, terms=inclusive, divisible=False, minimum=None),
                bid("and-that", "u2", 4, 12, terms=inclusive, divisible=False, minimum=None),
                bid("rest", "free", 20, 90),
            ],
        ),
    )
    ready.demand("g1", up=12)
    run_id = ready.close_and_run()
    took = accepted(ready, run_id)
    assert took["either"] == [5, 5]
    assert took["or"] == [0, 0]
    assert took["this"] == took["and-that"] == [0, 0], "8 MW do not fit on 4 MW"
    assert took["rest"] == [7, 7]
    figures = ready.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert figures.undecided == ()
    assert figures.verification.violations == 0


def test_a_minimum_is_kept_or_nothing_is_taken(ready: World) -> None:
    ready.submit("east", document("east", [bid("big", "u1", 10, 20, minimum=6), bid("dear", "free", 10, 50)]))
    ready.demand("g1", up=10)
    run_id = ready.close_and_run()
    assert accepted(ready, run_id) == {"big": [0, 0], "dear": [10, 10]}
