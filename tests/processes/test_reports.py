"""Whom limits hit, and what a bid would overload by not delivering."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from gateway.domain.bid import BidTerm
from gateway.domain.gate import StaleModel, UseOfLists
from gateway.domain.reason import ReasonCode
from gateway.domain.resource import ResourceMap
from gateway.domain.result import (
    GridGap,
    GridGapCause,
    GridGapConsequence,
    GroupedBy,
    LimitedShare,
    Side,
)
from gateway.processes.bid_check.result import reports
from gateway.processes.errors import NotOfTheGateError, RunNotPublishedError, UnknownRunError
from gateway.records.market import grid_models, runs
from gateway.records.market.reports import FailingBidRow
from tests.processes.world import (
    CLOSES,
    TENANTS,
    World,
    bid,
    connected,
    document,
    gate,
    model,
    renamed,
    solve,
)

TSO, OPERATOR = TENANTS["tso"], TENANTS["operator"]


def prepare(world: World, **terms: object) -> None:
    """North's line carries 4 MW; `load` brings 1 MW per MW, `relief` takes half of that away."""
    world.gates.create(gate(**terms))  # type: ignore[arg-type]
    units = connected(load=(("north", "n1"),), relief=(("north", "far"),), free=(("north", "ref"),))
    world.resources.replace(TSO, ResourceMap(units, {}))
    world.put("north", model("north", 4.0))
    by_a, by_b = {BidTerm.PROVIDER: "TEST-A"}, {BidTerm.PROVIDER: "TEST-B"}
    bids = [bid("load", "load", 10, [20, 10], terms=by_a), bid("relief", "relief", 8, 15, terms=by_b)]
    world.submit("east", document("east", bids))
    world.submit("west", document("west", [bid("dear", "free", 30, 90)]))
    if terms.get("use") is not UseOfLists.PREFIX:
        world.demand("g1", up=20)


@pytest.mark.feature(id="A14")
@pytest.mark.feature(id="A35")
def test_limits_are_set_against_the_part_of_the_merit_order(world: World) -> None:
    """By price: 10 MW of A, 8 of B, 2 without a provider; the line leaves A 8 MW. Two quarter hours."""
    prepare(world)
    run_id = world.close_and_run()
    shares = world.results.limited_shares(run_id, OPERATOR)
    assert shares == world.results.limited_shares(run_id, TSO)
    assert [(one.by, one.name) for one in shares] == [
        (GroupedBy.PROVIDER, "TEST-A"),
        (GroupedBy.PROVIDER, ""),
        (GroupedBy.PROVIDER, "TEST-B"),
        (GroupedBy.PLATFORM, "east"),
        (GroupedBy.PLATFORM, "west"),
    ]
    assert shares[0] == LimitedShare(GroupedBy.PROVIDER, "TEST-A", 5.0, 1.0, 1.0, 0.5, 1.0)
    assert shares[2] == LimitedShare(GroupedBy.PROVIDER, "TEST-B", 4.0, 0.0, 0.0, 0.4, 0.0)
    assert shares[4] == LimitedShare(GroupedBy.PLATFORM, "west", 1.0, 0.0, 0.0, 0.1, 0.0)


def test_what_limits_keep_back_of_the_demand_is_distinguished_from_what_is_not_needed(world: World) -> None:
    """5 MW are demanded: by price of B in the first unit, of A in the second, where the line does not carry
    them; more than half of the 10 MW that A offers is not needed."""
    prepare(world)
    world.demand("g1", up=5)
    run_id = world.close_and_run()
    shares = {one.name: one for one in world.results.limited_shares(run_id, OPERATOR)}
    (row,) = [one for one in world.availability(run_id, OPERATOR)["east"] if one.bid_id == "load"]
    of_a = shares["TEST-A"]
    assert of_a.limited_mwh == pytest.approx((10 - row.available_mw[row.limited]).sum() / 4)
    by_price = np.array([0.0, 5.0])
    assert of_a.limited_wanted_mwh == pytest.approx(np.maximum(by_price - row.available_mw, 0).sum() / 4)
    assert 0 < of_a.limited_wanted_mwh < of_a.limited_mwh


@pytest.mark.feature(id="A13")
def test_a_bid_on_whose_relief_a_limit_relies_is_named(world: World) -> None:
    """8 MW of load and 8 MW of relief fill the line; without the relief it carries twice its limit."""
    prepare(world)
    run_id = world.close_and_run()
    (failing,) = world.results.failing_bids(run_id, OPERATOR)
    assert failing == FailingBidRow(
        "east", "relief", 2, 0, "north", "north-line", Side.FORWARD, "normal", pytest.approx(4.0)
    )
    reported = world.results.run(run_id, OPERATOR).figures
    assert reported is not None
    assert (reported.failing_bids, reported.notes) == (1, ())


@pytest.mark.feature(id="A13")
def test_without_netting_no_failure_matters_and_that_was_looked_at(world: World) -> None:
    prepare(world, netting_share=0.0)
    run_id = world.close_and_run()
    assert world.results.failing_bids(run_id, OPERATOR) == []
    reported = world.results.run(run_id, OPERATOR).figures
    assert reported is not None
    assert reported.failing_bids == 0


def test_of_several_market_time_units_the_worst_is_reported(world: World) -> None:
    """In the second, 2.5 MW flow back: 10 − 2.5 without the relief, −2.5 − 4 without the load."""
    prepare(world)
    world.put("north", model("north", 4.0, base_mw=[0.0, -2.5]))
    relief, load = world.results.failing_bids(world.close_and_run(), OPERATOR)
    assert (relief.bid_id, relief.units, relief.mtu, relief.side) == ("relief", 2, 0, Side.FORWARD)
    assert relief.overload_mw == pytest.approx(4.0)
    assert (load.bid_id, load.units, load.mtu, load.side) == ("load", 1, 1, Side.REVERSE)
    assert load.overload_mw == pytest.approx(2.5)


def test_publication_comes_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "_EFFECTS_PER_S", 1e-3)
    prepare(world)
    run_id = world.close_and_run()
    reported = world.results.run(run_id, OPERATOR).figures
    assert reported is not None
    assert reported.failing_bids is None
    assert "no time" in reported.notes[0]
    assert world.results.failing_bids(run_id, OPERATOR) == []
    assert world.results.limited_shares(run_id, OPERATOR)


def test_a_safe_merit_order_sets_limits_against_the_offer_and_names_the_relief_it_relies_on(
    world: World,
) -> None:
    """Where the load is dearer, 8 MW of it rely on 8 MW of relief; where it is cheaper, 4 MW on none."""
    prepare(world, use=UseOfLists.PREFIX, one_buyer=True)
    run_id = world.close_and_run()
    shares = {one.name: one for one in world.results.limited_shares(run_id, OPERATOR)}
    assert shares["TEST-A"] == LimitedShare(GroupedBy.PROVIDER, "TEST-A", 5.0, 2.0, 2.0, 5 / 24, 1.0)
    assert (shares["west"].wanted_mwh, shares["west"].limited_mwh) == (15.0, 0.0)
    (failing,) = world.results.failing_bids(run_id, OPERATOR)
    assert failing == FailingBidRow(
        "east", "relief", 1, 0, "north", "north-line", Side.FORWARD, "normal", pytest.approx(4.0)
    )
    reported = world.results.run(run_id, OPERATOR).figures
    assert reported is not None
    assert (reported.failing_bids, reported.notes) == (1, ())


def test_a_safe_merit_order_without_netting_relies_on_no_relief(world: World) -> None:
    prepare(world, use=UseOfLists.PREFIX, one_buyer=True, netting_share=0.0)
    run_id = world.close_and_run()
    assert world.results.failing_bids(run_id, OPERATOR) == []
    reported = world.results.run(run_id, OPERATOR).figures
    assert reported is not None
    assert reported.failing_bids == 0


def gap(world: World, **terms: object) -> tuple[GridGap, ...]:
    """East bids 10 MW on north and 30 on no grid, of which the first is affected; two quarter hours."""
    world.gates.create(gate(**terms))  # type: ignore[arg-type]
    units = connected(load=(("north", "n1"),), free=(("south", "ref"),))
    world.resources.replace(TSO, ResourceMap(units, {}))
    world.put("south", model("south", 4.0))
    world.submit("east", document("east", [bid("load", "load", 10, 20), bid("dear", "free", 30, 90)]))
    world.demand("g1", up=15)
    return tuple(world.results.grid_gaps(world.close_and_run(), OPERATOR))


def taken(world: World) -> dict[str, tuple[list[float], str | None]]:
    (run,) = world.results.runs("g1", OPERATOR)
    rows = world.availability(run.run_id, OPERATOR)["east"]
    return {
        row.bid_id: (row.available_mw.tolist(), None if row.reason is None else row.reason.text)
        for row in rows
    }


@pytest.mark.feature(id="A14")
@pytest.mark.feature(id="A33")
@pytest.mark.parametrize(
    ("agreed", "consequence", "available", "says"),
    [
        (True, GridGapConsequence.PASSED_UNCHECKED, 10, "passed on unchecked, as the grid operator agreed"),
        (False, GridGapConsequence.WITHHELD, 0, "nothing of it is available"),
    ],
)
def test_a_grid_without_model_is_named_with_what_was_agreed_and_whom_it_concerns(
    world: World, agreed: bool, consequence: GridGapConsequence, available: float, says: str
) -> None:
    if agreed:
        world.agree("north")
    world.put("north", model("north", 4.0))
    world.grid_models.withdraw(TENANTS["north"], "north", 1)
    (missing,) = gap(world)
    assert missing == GridGap("north", GridGapCause.WITHDRAWN, consequence, 1, 5.0, 0.25)
    mw, reason = taken(world)["load"]
    assert mw == [available, available]
    assert reason is not None
    assert says in reason
    assert taken(world)["dear"][0] == [15 - available, 15 - available]


def test_a_run_without_answer_withholds_everything(world: World) -> None:
    prepare(world, use=UseOfLists.PREFIX)
    world.grid_models.withdraw(TENANTS["north"], "north", 1)
    world.bid_check = world.check_with(solve, lambda *_: 1 / 0)  # type: ignore[arg-type, return-value]
    run_id = world.close_and_run()
    assert [one.cause for one in world.results.grid_gaps(run_id, OPERATOR)] == [
        GridGapCause.WITHDRAWN,
        GridGapCause.NO_MODEL,
    ]
    rows = world.availability(run_id, OPERATOR)["east"]
    assert [row.available_mw.tolist() for row in rows] == [[0, 0], [0, 0]]
    kept_back = world.results.withheld(run_id, OPERATOR)
    assert {one.reason for one in kept_back} == {ReasonCode.CALCULATION_FAILED}


@pytest.mark.feature(id="A14")
@pytest.mark.parametrize(
    ("agreed", "consequence", "available"),
    [
        (StaleModel.USE, GridGapConsequence.USED, 4),
        (StaleModel.SET_ASIDE, GridGapConsequence.PASSED_UNCHECKED, 10),
    ],
)
def test_an_old_model_is_used_or_set_aside_as_agreed_and_named(
    world: World, agreed: StaleModel, consequence: GridGapConsequence, available: float
) -> None:
    world.agree("north")
    world.put("north", model("north", 4.0))
    world.clock.moment += timedelta(minutes=20)
    (old,) = gap(world, max_model_age=timedelta(minutes=50), stale_model=agreed)
    assert old == GridGap("north", GridGapCause.OUTDATED, consequence, 1, 5.0, 0.25)
    assert taken(world)["load"][0] == [available, available]


@pytest.mark.parametrize("agreed", [False, True])
def test_a_unit_at_an_unknown_connection_point_is_withheld_whatever_was_agreed(
    world: World, agreed: bool
) -> None:
    if agreed:
        world.agree("north")
    world.put("north", renamed(model("north", 4.0), "n1", "n7"))
    (unknown,) = gap(world)
    assert unknown.cause is GridGapCause.UNKNOWN_CONNECTION_POINT
    assert (unknown.name, unknown.bids, unknown.consequence) == ("north", 1, GridGapConsequence.WITHHELD)
    assert taken(world)["load"][0] == [0, 0]


def test_a_model_gone_bad_is_named_and_stops_no_other_grid(world: World) -> None:
    world.gates.create(gate())
    world.resources.replace(TSO, ResourceMap(connected(n=(("north", "n1"),), s=(("south", "n1"),)), {}))
    world.put("north", model("north", 4.0))
    world.put("south", model("south", 4.0))
    with world.stores.of("north").writing() as uow:
        uow.execute(update(grid_models.grid_models).values(payload=b'{"format": '))
    world.submit("east", document("east", [bid("n-bid", "n", 10, 20), bid("s-bid", "s", 10, 10)]))
    world.demand("g1", up=4)
    run_id = world.close_and_run()
    (bad,) = world.results.grid_gaps(run_id, OPERATOR)
    assert (bad.name, bad.cause, bad.bids) == ("north", GridGapCause.UNUSABLE, 1)
    reported = world.results.run(run_id, OPERATOR).figures
    assert reported is not None
    assert reported.notes[0].startswith("the model of grid north cannot be used: ")
    rows = world.availability(run_id, OPERATOR)["east"]
    taken = {row.bid_id: row.accepted_mw.tolist() for row in rows if row.accepted_mw is not None}
    assert taken == {"n-bid": [0, 0], "s-bid": [4, 4]}


def test_no_other_tenant_learns_of_either(world: World) -> None:
    prepare(world)
    run_id = world.close_and_run()
    for name in ("east", "west", "north"):
        with pytest.raises(NotOfTheGateError):
            world.results.limited_shares(run_id, TENANTS[name])
        with pytest.raises(NotOfTheGateError):
            world.results.failing_bids(run_id, TENANTS[name])
        with pytest.raises(NotOfTheGateError):
            world.results.grid_gaps(run_id, TENANTS[name])
        shown = world.results.run(run_id, TENANTS[name]).figures
        assert shown is not None
        assert shown.failing_bids is None
    for ask in (world.results.limited_shares, world.results.failing_bids):
        with pytest.raises(UnknownRunError):
            ask(run_id, TENANTS["late"])


def test_both_wait_for_the_publication(world: World) -> None:
    prepare(world)
    world.clock.moment = CLOSES + timedelta(seconds=1)
    world.gates.close("g1", OPERATOR)
    with world.stores.shared.writing() as shared:
        begun = runs.start(shared, "g1", world.clock.now())
    for ask in (world.results.limited_shares, world.results.failing_bids):
        with pytest.raises(RunNotPublishedError):
            ask(begun.run_id, OPERATOR)


@pytest.mark.feature(id="A33")
@pytest.mark.parametrize("use", list(UseOfLists))
def test_contracted_reserve_that_a_limit_cuts_raises_an_alarm(world: World, use: UseOfLists) -> None:
    """With the relief north's line carries 8 MW: they go to the contracted bid, 4 of whose 12 MW are cut, and
    nothing is left to the cheaper one."""
    prepare(world, use=use)
    by_c = {BidTerm.PROVIDER: "TEST-C", BidTerm.AGREEMENT: "R-2026"}
    world.submit("east", document("late", [bid("reserve", "load", 12, 500, terms=by_c)]))
    if use is UseOfLists.EXACT:
        world.demand("g1", up=100)
    with capture_logs() as logs:
        run_id = world.close_and_run()
    rows = world.availability(run_id, OPERATOR)["east"]
    taken = {row.bid_id: row.available_mw.tolist() for row in rows}
    assert taken["reserve"] == pytest.approx([8, 8], abs=1e-3)
    assert taken["load"] == pytest.approx([0, 0], abs=1e-3)
    reported = world.results.run(run_id, OPERATOR).figures
    assert reported is not None
    assert reported.contracted_mwh == pytest.approx(6.0)
    assert reported.contracted_cut_mwh == pytest.approx(2.0, abs=1e-3)
    (alarm,) = [line for line in logs if line["event"] == "contracted reserve is cut"]
    assert (alarm["log_level"], alarm["cut_mwh"]) == ("warning", pytest.approx(2.0, abs=1e-3))
    (cut,) = [one for one in world.results.withheld(run_id, OPERATOR) if one.contracted]
    assert (cut.provider, cut.grid_id, cut.mwh) == ("TEST-C", "north", pytest.approx(2.0, abs=1e-3))


def test_a_bid_of_another_grid_is_passed_over_for_relief_and_its_own_grid_is_not_blamed(world: World) -> None:
    """1 MW of relief at 50 lets 0.5 MW at 10 in, and 1.5 MW at 45 out."""
    world.gates.create(gate())
    units = connected(load=(("north", "n1"),), relief=(("north", "far"),), other=(("south", "n1"),))
    world.resources.replace(TSO, ResourceMap(units, {}))
    world.put("north", model("north", 4.0))
    world.put("south", model("south", 100.0))
    bids = [bid("cheap", "load", 10, 10), bid("relief", "relief", 2, 50)]
    world.submit("east", document("east", bids))
    world.submit("west", document("west", [bid("passed", "other", 10, 45)]))
    world.demand("g1", up=10)
    rows = world.availability(world.close_and_run(), OPERATOR)
    (passed,), (cheap, _) = rows["west"], rows["east"]
    assert passed.available_mw == pytest.approx([3, 3])
    assert [(reason.code, "relieve" in (reason.text or "")) for reason in passed.reasons] == [
        (ReasonCode.INTERNAL_CONGESTION, True)
    ]
    assert cheap.reasons[0].text == "the grid cannot carry the whole bid"


@pytest.mark.feature(id="A14")
@pytest.mark.feature(id="A35")
def test_bids_passed_over_against_merit_are_distinguished_from_those_that_are_too_dear(world: World) -> None:
    """The line leaves A 8 of 10 MW in two quarter hours, and a dearer bid is taken for the rest. What is
    not needed of the dear bid is not withheld."""
    prepare(world)
    rows = world.results.withheld(world.close_and_run(), OPERATOR)
    assert [(one.provider, one.grid_id, one.against_merit) for one in rows] == [("TEST-A", "north", True)]
    assert rows[0].mwh == pytest.approx((2 + 2) / 4)
