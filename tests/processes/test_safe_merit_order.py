"""A gate that asks for a safe merit order: what stays, who receives what, and what is never claimed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import numpy as np
import pytest

from esmp import validate
from gateway.domain.bid import BidTerm, Direction
from gateway.domain.document import BidAvailability, MeritOrderList
from gateway.domain.gate import ListObjective, UseOfLists
from gateway.domain.reason import ReasonCode
from gateway.domain.result import Run, Rung, Side
from gateway.optimiser.deadline.lists import safe_merit_order_with_deadline
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.answer import SafeMeritOrder
from gateway.processes.errors import DemandInvalidError
from mappings import write
from tests.processes.world import (
    RESOURCES,
    TENANTS,
    World,
    bid,
    connected,
    document,
    gate,
    keep_safe,
    model,
    solve,
)

OPERATOR = TENANTS["operator"]


def open_gate(
    world: World,
    netting_share: float = 1.0,
    one_buyer: bool = True,
    **north: object,
) -> None:
    """North's line carries 4 MW: `u1` loads it with 1 MW per MW, `far` relieves it by half a MW."""
    terms = {"use": UseOfLists.PREFIX, "netting_share": netting_share, "one_buyer": one_buyer}
    world.gates.create(gate(**terms))
    resources = replace(
        RESOURCES, connections={**RESOURCES.connections, **connected(relief=(("north", "far"),))}
    )
    world.resources.replace(TENANTS["tso"], resources)
    world.put("north", model("north", 4.0, **north))  # type: ignore[arg-type]
    world.put("south", model("south", 100.0))


def available(world: World, run_id: str) -> dict[str, list[float]]:
    found = world.availability(run_id, OPERATOR)
    return {row.bid_id: row.available_mw.tolist() for rows in found.values() for row in rows}


def figures(world: World, run_id: str) -> Run:
    found = world.results.run(run_id, OPERATOR).figures
    assert found is not None
    return found


def test_relief_counts_only_where_it_comes_first_in_price_order(world: World) -> None:
    open_gate(world)
    world.submit(
        "east", document("east", [bid("load", "u1", 10, [20, 50]), bid("relief", "relief", 8, [50, 20])])
    )
    run_id = world.close_and_run()
    assert available(world, run_id) == {"load": [4, 8], "relief": [8, 8]}
    reported = figures(world, run_id)
    assert (reported.use, reported.rung, reported.limited_bids) == (UseOfLists.PREFIX, Rung.OPTIMAL, 1)
    assert (reported.offered_mwh, reported.available_mwh) == (pytest.approx(36 / 4), pytest.approx(28 / 4))


@pytest.mark.parametrize(("share", "expected"), [(1.0, 8.0), (0.5, 6.0), (0.0, 4.0)])
def test_the_netting_share_says_how_far_relief_counts(world: World, share: float, expected: float) -> None:
    open_gate(world, share)
    world.submit("east", document("east", [bid("load", "u1", 10, 50), bid("relief", "relief", 8, 20)]))
    assert available(world, world.close_and_run())["load"] == pytest.approx([expected, expected])


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (ListObjective.VOLUME, {"cheap": [0, 0], "dear": [8, 8]}),
        (ListObjective.PRICE_ORDER, {"cheap": [4, 4], "dear": [0, 0]}),
    ],
)
def test_the_objective_says_what_is_kept_first(
    world: World, objective: ListObjective, expected: dict[str, list[float]]
) -> None:
    """The dear one loads the line half as much: without the cheap one there is more volume."""
    world.gates.create(gate(use=UseOfLists.PREFIX, objective=objective))
    half = {**RESOURCES.connections, **connected(half=(("north", "half"),))}
    world.resources.replace(TENANTS["tso"], replace(RESOURCES, connections=half))
    world.put("north", model("north", 4.0, nodes={"half": 0.5}))
    world.put("south", model("south", 100.0))
    world.submit("east", document("east", [bid("cheap", "u1", 20, 20), bid("dear", "half", 20, 50)]))
    run_id = world.close_and_run()
    assert available(world, run_id) == {name: pytest.approx(mw) for name, mw in expected.items()}
    assert figures(world, run_id).rung is Rung.OPTIMAL
    reported = list(world.results.explanations(run_id, TENANTS["north"]))
    assert {one.bid_id for one in reported} == {"cheap", "dear"}, (
        "each is reported with the line that limits it"
    )
    limits = [one for one in world.written if isinstance(one, BidAvailability)]
    texts = {limit.bid_id: limit.reasons[0].text for one in limits for limit in one.limits}
    whole = "the grid cannot always carry the whole bid"
    preferred = f"{whole} beside dearer ones, and the gate keeps the most volume first"
    assert texts == {"cheap": preferred if objective is ListObjective.VOLUME else whole, "dear": whole}


@pytest.mark.parametrize(("one_buyer", "expected"), [(True, 8.0), (False, 4.0)])
def test_relief_on_another_platform_counts_only_with_one_buyer(
    world: World, one_buyer: bool, expected: float
) -> None:
    open_gate(world, one_buyer=one_buyer)
    world.submit("east", document("east", [bid("load", "u1", 10, 50)]))
    world.submit("west", document("west", [bid("relief", "relief", 8, 20)]))
    run_id = world.close_and_run()
    assert available(world, run_id)["load"] == pytest.approx([expected, expected])
    (first, _) = world.results.explanations(run_id, TENANTS["north"])
    assert (first.bid_id, first.share, first.cut_mw) == ("load", 1.0, pytest.approx(10 - expected))


@pytest.mark.parametrize(("share", "expected"), [(1.0, 8.0), (0.5, 6.0), (0.0, 4.0)])
def test_covering_a_demand_honours_the_same_share(ready: World, share: float, expected: float) -> None:
    ready.gates.create(gate("g2", process="A51", netting_share=share))
    relieving = replace(
        RESOURCES, connections={**RESOURCES.connections, **connected(relief=(("north", "far"),))}
    )
    ready.resources.replace(TENANTS["tso"], relieving)
    bids = [bid("load", "u1", 10, 30), bid("relief", "relief", 8, 20), bid("dear", "free", 20, 900)]
    ready.submit("east", document("east", bids, process="A51"))
    ready.demand("g2", up=18)
    found = ready.availability(ready.close_and_run("g2"), OPERATOR)["east"]
    taken = {row.bid_id: row.accepted_mw for row in found}
    assert taken["load"] == pytest.approx([expected, expected])


def activations(quantity: np.ndarray) -> Iterator[np.ndarray]:
    """Every prefix pair of a list in price order, its last bids in quarters; by direction ±1 in halves."""
    half = len(quantity) // 2
    for up, down in product(np.arange(0, half + 0.1, 0.25), repeat=2):
        parts = np.concatenate([np.clip(end - np.arange(half), 0, 1) for end in (up, down)])
        yield quantity * parts


@pytest.mark.feature(id="A11")
def test_every_activation_in_price_order_stays_within_every_limit(world: World) -> None:
    """Three bids up and three down, two platforms, base flow near the limit; recomputed from the model."""
    open_gate(world, base_mw=[1.5, -3.0])
    ups = [bid("up-1", "u1", 3, 10), bid("up-2", "relief", 6, 20), bid("up-3", "u2", 7, 30)]
    downs = [
        bid("down-1", "u1", 5, 90, direction=Direction.DOWN),
        bid("down-2", "relief", 9, 80, direction=Direction.DOWN),
        bid("down-3", "u2", 6, 70, direction=Direction.DOWN),
    ]
    world.submit("east", document("east", [ups[0], ups[2], downs[1]]))
    world.submit("west", document("west", [ups[1], downs[0], downs[2]]))
    kept = available(world, world.close_and_run())
    effect = np.array([1.0, -0.5, 1.0, -1.0, 0.5, -1.0])
    names = ["up-1", "up-2", "up-3", "down-1", "down-2", "down-3"]
    flows = np.array(
        [
            [base + effect @ activated for activated in activations(np.array([kept[n][mtu] for n in names]))]
            for mtu, base in enumerate((1.5, -3.0))
        ]
    )
    assert np.abs(flows).max() == pytest.approx(4.0), "safe, and no safer than it must be"


def test_nothing_is_activated_and_nothing_is_claimed_to_cost(world: World) -> None:
    open_gate(world)
    world.submit("east", document("east", [bid("load", "u1", 10, 20), bid("free", "free", 3, 60)]))
    run_id = world.close_and_run()
    reported = figures(world, run_id)
    assert (reported.gap, reported.cost, reported.cost_unconstrained, reported.shortage_mwh) == (
        0.0,
        None,
        None,
        None,
    )
    assert (reported.max_loading_before_pct, reported.max_loading_after_pct) == (None, None)
    assert reported.verification.rows_checked == 6 * 2 * 2, (
        "2 lines and 2 bands of two rows, 2 sides, 2 units"
    )
    assert (reported.verification.violations, reported.notes) == (0, ())
    rows = world.availability(run_id, TENANTS["east"])["east"]
    assert [row.accepted_mw for row in rows] == [None, None]
    order = list(world.results.merit_order(run_id, TENANTS["tso"], mtu=0))
    assert [(step.bid_id, step.available_mw, step.accepted_mw) for step in order] == [
        ("load", 4.0, None),
        ("free", 3.0, None),
    ]


def test_a_platform_reads_what_stays_and_no_activation(world: World) -> None:
    open_gate(world)
    world.submit("east", document("east", [bid("load", "u1", 10, 20), bid("free", "free", 3, 60)]))
    world.close_and_run()
    mine = [one for one in world.written if one.header.receiver.party == TENANTS["east"].parties[0]]
    limited, listed = mine
    assert isinstance(limited, BidAvailability)
    assert isinstance(listed, MeritOrderList)
    (limit,) = limited.limits
    assert (limit.bid_id, limit.available_mw, limit.business_type) == ("load", 4.0, "C41")
    assert limit.requesting_party == TENANTS["north"].parties[0]
    assert [reason.code for reason in limit.reasons] == [ReasonCode.INTERNAL_CONGESTION]
    assert [(s.bid_id, s.quantity_mw.tolist()) for s in listed.series] == [("load", [4, 4]), ("free", [3, 3])]
    assert all(np.isnan(series.activated_mw).all() for series in listed.series)
    for one in mine:
        data = write(one, one.header.version).data
        assert validate(data).valid
        assert b"activated_Quantity" not in data


def test_an_operator_learns_which_element_limits_which_bid(world: World) -> None:
    """`both` loads two full lines, so it costs most store and goes; the others keep what is left."""
    open_gate(world)
    world.put("south", model("south", 1.0))
    bids = [bid("both", "both", 10, 20), bid("load", "u1", 10, 30), bid("last", "s1", 4, 40)]
    world.submit("east", document("east", bids))
    run_id = world.close_and_run()
    assert available(world, run_id) == {"both": [0, 0], "load": [4, 4], "last": [1, 1]}
    explained = list(world.results.explanations(run_id, TENANTS["north"]))
    assert [(e.bid_id, e.mtu, e.element_id, e.side, round(e.share, 2), e.cut_mw) for e in explained] == [
        ("both", 0, "north-line", Side.FORWARD, 0.5, 10),
        ("both", 1, "north-line", Side.FORWARD, 0.5, 10),
        ("load", 0, "north-line", Side.FORWARD, 1.0, 6),
        ("load", 1, "north-line", Side.FORWARD, 1.0, 6),
    ]
    assert {(e.margin_mw, e.shadow_price) for e in explained} == {(0.0, None)}
    south = list(world.results.explanations(run_id, TENANTS["south"]))
    assert {(e.bid_id, round(e.share, 2)) for e in south} == {("both", 0.5), ("last", 1.0)}


@pytest.mark.parametrize("term", [BidTerm.INCLUSIVE_GROUP, BidTerm.EXCLUSIVE_GROUP])
def test_a_bid_that_only_its_group_keeps_out_blames_no_grid(world: World, term: BidTerm) -> None:
    open_gate(world)
    world.grid_models.withdraw(TENANTS["south"], "south", 1)
    group = {term: "pair"}
    bids = [bid("near", "u1", 2, 20, terms=group), bid("behind", "s1", 2, 20, terms=group)]
    world.submit("east", document("east", bids))
    run_id = world.close_and_run()
    left = [2.0, 2.0] if term is BidTerm.EXCLUSIVE_GROUP else [0.0, 0.0]
    assert available(world, run_id) == {"near": left, "behind": [0, 0]}
    rows = {row.bid_id: row for row in world.availability(run_id, TENANTS["east"])["east"]}
    assert [reason.code for reason in rows["behind"].reasons] == [ReasonCode.OPERATIONAL_SECURITY]
    if term is BidTerm.INCLUSIVE_GROUP:
        assert [reason.code for reason in rows["near"].reasons] == [ReasonCode.LINKED_BID_REJECTED]
        assert not rows["near"].limited.any()
    assert {one.bid_id for one in world.results.explanations(run_id, OPERATOR)} == {"behind"}


def test_the_unit_in_which_direct_activation_fills_an_element_is_named(world: World) -> None:
    """Offered in the first unit only; activated directly, it delivers until the end of the second."""
    world.gates.create(gate(use=UseOfLists.PREFIX))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0, base_mw=[0.0, 3.0]))
    world.put("south", model("south", 100.0))
    direct = bid("direct", "u1", 10, 20, units=1, terms={BidTerm.PRODUCT: "A07"})
    world.submit("east", document("east", [direct]))
    run_id = world.close_and_run()
    assert available(world, run_id) == {"direct": pytest.approx([1, 0])}
    (why,) = world.results.explanations(run_id, TENANTS["north"])
    assert (why.mtu, why.full_at, why.cut_mw) == (0, 1, pytest.approx(9))
    assert (why.base_flow_mw, why.limit_mw, why.side) == (3.0, 4.0, Side.FORWARD)


def test_a_row_that_a_later_bid_does_not_fill_does_not_limit_it(world: World) -> None:
    """After the relief north's line has margin for `late`, which south's line limits: only south is named."""
    open_gate(world)
    world.put("south", model("south", 1.0))
    bids = [bid("early", "u1", 10, 20), bid("relief", "relief", 10, 30), bid("late", "both", 5, 40)]
    world.submit("east", document("east", bids))
    run_id = world.close_and_run()
    assert available(world, run_id) == {"early": [4, 4], "relief": [10, 10], "late": [1, 1]}
    named = {(one.bid_id, one.grid_id) for one in world.results.explanations(run_id, OPERATOR)}
    assert named == {("early", "north"), ("late", "south")}


def test_what_is_overloaded_without_any_bid_is_named_and_not_worsened(world: World) -> None:
    open_gate(world, base_mw=5.0)
    world.submit("east", document("east", [bid("worse", "u1", 2, 10), bid("relief", "relief", 3, 20)]))
    run_id = world.close_and_run()
    assert available(world, run_id) == {"worse": [0, 0], "relief": [3, 3]}
    assert figures(world, run_id).overloads_remaining == (("north", "north-line"),)


def test_no_demand_is_taken(world: World) -> None:
    open_gate(world)
    with pytest.raises(DemandInvalidError, match="need no demand"):
        world.demand("g1", up=1)


def test_the_use_and_the_share_change_the_question(ready: World) -> None:
    hashes = set()
    for number, changes in enumerate(
        (
            {},
            {"netting_share": 0.5},
            {"use": UseOfLists.PREFIX},
            {"use": UseOfLists.EXACT},
            {"one_buyer": True},
        )
    ):
        one = gate(f"q{number}", platforms=(("east", "west", "late")[number % 3],), **changes)  # type: ignore[arg-type]
        one = replace(one, process=f"A5{number}")
        ready.gates.create(one)
        hashes.add(figures(ready, ready.close_and_run(one.gate_id)).input_hash)
    assert len(hashes) == 4, "the first and the last but one are one question"


def test_when_there_is_no_answer_nothing_is_available_and_the_run_says_so(world: World) -> None:
    def fail(_problem: Problem, _budget: float) -> SafeMeritOrder:
        raise RuntimeError("no solver")

    open_gate(world)
    world.submit("east", document("east", [bid("load", "u1", 10, 20)]))
    world.gates.close("g1", OPERATOR)
    reported = world.check_with(solve, fail).run("g1")
    assert (reported.rung, reported.limited_bids, reported.available_mwh) == (Rung.NOT_ASSESSED, 0, 0.0)
    (row,) = world.availability(reported.run_id, OPERATOR)["east"]
    assert (row.available_mw.tolist(), row.accepted_mw) == ([0, 0], None)


@pytest.mark.parametrize(
    ("rung", "code"),
    [
        (Rung.CONSERVATIVE, ReasonCode.OPERATIONAL_SECURITY),
        (Rung.NOT_ASSESSED, ReasonCode.OPERATIONAL_SECURITY),
        (Rung.OPTIMAL, ReasonCode.INTERNAL_CONGESTION),
    ],
)
def test_a_lower_rung_is_named_to_all_whom_its_grid_limits(
    world: World, rung: Rung, code: ReasonCode
) -> None:
    def lower(problem: Problem, budget_s: float) -> SafeMeritOrder:
        safe = keep_safe(problem, budget_s)
        assert [grid.grid_id for grid in problem.grids] == ["north", "south"]
        ladder = (rung, safe.rung[1])
        return replace(safe, rung=ladder, notes=("in haste",))

    open_gate(world)
    world.submit("east", document("east", [bid("load", "u1", 10, 20), bid("other", "s1", 200, 20)]))
    world.gates.close("g1", OPERATOR)
    reported = world.check_with(solve, lower).run("g1")
    assert (reported.rung, reported.notes) == (rung, ("in haste",))
    rows = {row.bid_id: row for row in world.availability(reported.run_id, OPERATOR)["east"]}
    reasons = {name: row.reason.code for name, row in rows.items() if row.reason is not None}
    assert reasons == {"load": code, "other": ReasonCode.INTERNAL_CONGESTION}


def test_the_solver_in_its_own_process_gives_the_same_answer_and_a_restart_tells_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    open_gate(world)
    world.submit("east", document("east", [bid("load", "u1", 10, 20), bid("relief", "relief", 8, 10)]))
    world.gates.close("g1", OPERATOR)
    publish = world.publisher.publish
    monkeypatch.setattr(world.publisher, "publish", disk_full)
    with pytest.raises(OSError, match="disk full"):
        world.check_with(solve, safe_merit_order_with_deadline).run("g1")
    monkeypatch.setattr(world.publisher, "publish", publish)
    world.clock.moment += timedelta(minutes=1)
    run_id = world.bid_check.run("g1").run_id
    assert available(world, run_id) == {"load": [8, 8], "relief": [8, 8]}
    assert "optimiser: total" in figures(world, run_id).stage_seconds
