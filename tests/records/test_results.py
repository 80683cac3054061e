"""Runs and results as they are kept, and how they are forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from gateway.domain.bid import Direction
from gateway.domain.document import DocumentRef
from gateway.domain.gate import DemandRule, Gate, GateState, UseOfLists
from gateway.domain.grid import ElementKind
from gateway.domain.limiting import LimitingRow
from gateway.domain.market_time import Interval
from gateway.domain.reason import Reason
from gateway.domain.result import GridGapCause, Outcome, Run, Rung, Side, Verification
from gateway.records.engine.stores import Stores
from gateway.records.market import explanations, gates, results, runs
from gateway.records.market.explanations import BidExplanation, ExplanationRow
from gateway.records.market.results import BidAvailabilityRow, MeritOrderRow
from gateway.records.privacy.retention import forget

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = NOON + timedelta(minutes=30)
GATE = Gate(
    gate_id="g1",
    market="mFRR",
    process="A47",
    delivery=Interval(NOON, NOON + timedelta(minutes=30)),
    mtu=timedelta(minutes=15),
    currency="EUR",
    platforms=("north",),
    system_operators=(),
    grid_operators=(),
    opens_at=NOON - timedelta(days=1),
    closes_at=NOON - timedelta(hours=1),
    grids_due_at=NOON - timedelta(hours=1),
    window=timedelta(0),
    budget=timedelta(seconds=5),
    publish_by=NOON,
    use=UseOfLists.EXACT,
    netting_platform=False,
)


def figures(run_id: str) -> Run:
    return Run(
        run_id=run_id,
        gate_id="g1",
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=2),
        use=UseOfLists.EXACT,
        rule=DemandRule.KEEP_LIMITS,
        outcome=Outcome.SHORTAGE,
        partly_unchecked=False,
        rung=Rung.BEST_FOUND,
        gap=0.01,
        input_hash="0" * 64,
        bids=3,
        limited_bids=1,
        offered_mwh=20.0,
        available_mwh=15.5,
        cost=-12.5,
        cost_unconstrained=-20.0,
        max_loading_before_pct=130.0,
        max_loading_after_pct=100.0,
        contracted_mwh=0.0,
        contracted_cut_mwh=0.0,
        shortage_up_mwh=0.0,
        shortage_down_mwh=0.0,
        failing_bids=1,
        verification=Verification(100, 0, 0.0, 1e-6),
        missing_platforms=(("south", "sent nothing while the gate took documents"),),
        unclosed_platforms=("south",),
        overloads_remaining=(("grid", "line"),),
        undecided=(("north/a", "no price"),),
        notes=("a note",),
        stage_seconds={"optimise": 0.1},
    )


def test_a_run_goes_on_where_it_stood(stores: Stores) -> None:
    with stores.shared.writing() as shared:
        gates.put(shared, GATE)
        begun = runs.start(shared, "g1", NOON)
        assert runs.start(shared, "g1", NOON + timedelta(hours=1)) == begun
        runs.decide(shared, figures(begun.run_id), b"decision")
    with stores.shared.reading() as shared:
        decided = runs.find(shared, begun.run_id)
        assert decided is not None
        assert decided.figures == figures(begun.run_id)
        assert runs.decision_of(shared, begun.run_id) == b"decision"
    with stores.shared.writing() as shared:
        publish(shared, begun.run_id, NOON, to_all=False)
        assert (runs.pending_gates(shared), runs.published_to_all(shared, begun.run_id)) == (["g1"], False)
        publish(shared, begun.run_id, NOON + timedelta(hours=2), to_all=True)
        assert (runs.pending_gates(shared), runs.published_to_all(shared, begun.run_id)) == ([], True)
        assert runs.decision_of(shared, begun.run_id) == b"decision"
        (last,) = runs.published_last(shared, 10)
        assert (last.run_id, last.published_at) == (begun.run_id, NOON)
        assert runs.find_of_gate(shared, "g1") == runs.find(shared, begun.run_id)


def test_who_was_not_notified_gets_the_next_run_instead(stores: Stores) -> None:
    with stores.shared.writing() as shared:
        gates.put(shared, GATE)
        begun = runs.start(shared, "g1", NOON)
        runs.decide(shared, figures(begun.run_id), b"decision")
        publish(shared, begun.run_id, NOON, to_all=False)
        further = runs.start_next(shared, "g1", NOON + timedelta(hours=1))
        assert runs.pending_gates(shared) == []
        assert runs.decision_of(shared, begun.run_id) == b"decision"
        runs.decide(shared, figures(further.run_id), b"further")
        assert runs.decision_of(shared, begun.run_id) is None
        assert runs.decision_of(shared, further.run_id) == b"further"


def test_who_was_not_notified_still_is_when_the_next_run_is_given_up(stores: Stores) -> None:
    with stores.shared.writing() as shared:
        gates.put(shared, GATE)
        begun = runs.start(shared, "g1", NOON)
        runs.decide(shared, figures(begun.run_id), b"decision")
        for to_all, pending_gates in ((False, ["g1"]), (True, [])):
            publish(shared, begun.run_id, NOON, to_all=to_all)
            further = runs.start_next(shared, "g1", NOON + timedelta(hours=1))
            runs.give_up(shared, further)
            assert runs.pending_gates(shared) == pending_gates
            assert runs.find_of_gate(shared, "g1") == runs.find(shared, begun.run_id)


def test_a_decision_is_kept_until_its_delivery_is_over(stores: Stores) -> None:
    with stores.shared.writing() as shared:
        gates.put(shared, GATE)
        begun = runs.start(shared, "g1", NOON)
        runs.decide(shared, figures(begun.run_id), b"decision")
        publish(shared, begun.run_id, NOON, to_all=True)
    for moment, kept in ((END, b"decision"), (END + timedelta(days=1, seconds=1), None)):
        forget(stores, moment)
        with stores.shared.reading() as shared:
            assert runs.decision_of(shared, begun.run_id) == kept
            assert runs.published_to_all(shared, begun.run_id)


def publish(local: Connection, run_id: str, at: datetime, *, to_all: bool) -> None:
    runs.publish(local, figures(run_id), at, to_all=to_all, needed_until=END)


def test_a_gate_only_moves_forward(stores: Stores) -> None:
    with stores.shared.writing() as shared:
        gates.put(shared, GATE)
        assert not gates.move(shared, "g1", GateState.CLOSED, GateState.RUNNING)
        assert gates.close(shared, "g1", NOON)
        assert not gates.close(shared, "g1", NOON + timedelta(hours=1))
        assert gates.move(shared, "g1", GateState.CLOSED, GateState.RUNNING)
        assert gates.move(shared, "g1", GateState.RUNNING, GateState.PUBLISHED)
        assert not gates.move(shared, "g1", GateState.RUNNING, GateState.PUBLISHED)
        assert gates.due(shared, NOON + timedelta(days=9)) == []
        status = gates.find(shared, "g1")
    assert status is not None
    assert (status.state, status.closed_at) == (GateState.PUBLISHED, NOON)
    assert not status.takes_at(NOON)


def test_results_come_back_and_are_reported_once(stores: Stores) -> None:
    numbers = np.array([0.0, 1.0, 0.25, 0.0])
    available = BidAvailabilityRow(
        "a",
        DocumentRef("doc", 2),
        Direction.UP,
        numbers,
        numbers,
        numbers,
        numbers > 0.5,
        (Reason("B46", "full"), Reason("B47", None)),
    )
    ordered = MeritOrderRow("north", "a", "zone", "A01", Direction.DOWN, numbers, numbers, numbers, numbers)
    with stores.of("north").writing() as uow:
        assert not results.published(uow, "r1")
        results.publish(
            uow,
            "r1",
            "g1",
            NOON,
            units=4,
            delivery_end=NOON,
            availability_rows=[available],
            merit_order_rows=[ordered],
        )
        assert results.published(uow, "r1")
        (back,) = results.availability_of(uow, "r1")
        assert (back.bid_id, back.document, back.reasons) == (
            "a",
            DocumentRef("doc", 2),
            (Reason("B46", "full"), Reason("B47", None)),
        )
        assert back.limited.tolist() == [False, True, False, False]
        assert back.available_mw.tolist() == numbers.tolist()
        (row,) = results.merit_order_after(uow, ("", ""), "r1")
        assert (row.zone, row.product, row.direction) == ("zone", "A01", Direction.DOWN)
        np.testing.assert_array_equal(row.energy_price, [np.nan, 1.0, 0.25, np.nan])
        assert row.offered_mw.tolist() == numbers.tolist()
    with pytest.raises(IntegrityError), stores.of("north").writing() as uow:
        results.publish(uow, "r1", "g1", NOON, units=4, delivery_end=NOON)


LIMITING = [
    LimitingRow("grid", name, ElementKind.LINE, side, "peak")
    for name, side in (("line", Side.REVERSE), ("idle", Side.FORWARD), ("cable", Side.FORWARD))
]


def explained(
    bid_id: str, *limits: tuple[int, int, float, float, float], price: float | None
) -> BidExplanation:
    """Of a bid: unit, row, MW cut, share and margin, each."""
    mtu, row, cut, share, margin = map(np.array, zip(*limits, strict=True))
    prices = None if price is None else np.full(len(mtu), price)
    numbers = (column.astype(np.int32) for column in (mtu, row, mtu + 1))
    return BidExplanation(
        7,
        bid_id,
        Direction.DOWN,
        bid_id == "b",
        *numbers,
        cut + 3,
        cut,
        share,
        margin,
        margin + 1,
        margin + 2,
        prices,
    )


def read(bid_id: str, mtu: int, cut: float, *what: Any) -> ExplanationRow:
    """Of element, side, share, margin and price."""
    element, side, share, margin, price = what
    flows = margin, margin + 1, margin + 2
    return ExplanationRow(
        7,
        bid_id,
        "down",
        bid_id == "b",
        mtu,
        cut + 3,
        cut,
        "grid",
        None,
        element,
        side,
        "peak",
        mtu + 1,
        share,
        *flows,
        price,
    )


def test_explanations_come_back_by_bid_with_the_names_of_what_limits(stores: Stores) -> None:
    reported = [
        explained("b", (1, 2, 0.5, 0.25, -1.0), (1, 0, 0.5, 0.75, 0.0), (3, 2, 2.0, 1.0, 0.0), price=30.0),
        explained("a", (0, 0, 1.5, 1.0, 0.0), price=None),
    ]
    with stores.of("north").writing() as uow:
        results.publish(uow, "r1", "g1", NOON, units=4, delivery_end=NOON)
        explanations.put(uow, "r1", LIMITING, reported, {0: "east", 5: "west"})
        assert explanations.platforms_of(uow, "r1") == {0: "east", 5: "west"}
        units = {bid_id: mtu.tolist() for bid_id, mtu in explanations.units_of(uow, "r1")}
        assert units == {"b": [1, 1, 3], "a": [0]}
        kept = uow.scalars(select(explanations.limiting_rows.c.element_id)).all()
        assert sorted(kept) == ["cable", "line"], "what limits no bid is not kept"
    assert list(explanations.of_run(stores.of("north"), "r1", {"grid"})) == [
        read("b", 1, 0.5, "cable", Side.FORWARD, 0.25, -1.0, 30.0),
        read("b", 1, 0.5, "line", Side.REVERSE, 0.75, 0.0, 30.0),
        read("b", 3, 2.0, "cable", Side.FORWARD, 1.0, 0.0, 30.0),
        read("a", 0, 1.5, "line", Side.REVERSE, 1.0, 0.0, None),
    ]


def test_a_grid_that_could_not_be_asked_comes_back_without_numbers(stores: Stores) -> None:
    because = GridGapCause.UNKNOWN_CONNECTION_POINT
    rows = [
        LimitingRow.uncheckable("grid", because, "n7"),
        LimitingRow.uncheckable("grid", GridGapCause.NO_MODEL),
    ]
    one, none = np.array([0, 0], np.int32), np.full(2, np.nan)
    number, half = np.array([0, 1], np.int32), np.full(2, 0.5)
    with stores.of("north").writing() as uow:
        results.publish(uow, "r1", "g1", NOON, units=4, delivery_end=NOON)
        reported = BidExplanation(
            7, "a", Direction.UP, False, one, number, one, half + 3, half, half, none, none, none, np.zeros(2)
        )
        explanations.put(uow, "r1", rows, [reported], {})
    nothing = (None, None, 0, 0.5, None, None, None, None)
    assert list(explanations.of_run(stores.of("north"), "r1", {"grid"})) == [
        ExplanationRow(7, "a", "up", False, 0, 3.5, 0.5, "grid", because, "connection point n7", *nothing),
        ExplanationRow(7, "a", "up", False, 0, 3.5, 0.5, "grid", GridGapCause.NO_MODEL, None, *nothing),
    ]


def test_results_are_forgotten_with_their_publication(stores: Stores) -> None:
    limited = explained("a", (1, 0, 0.5, 1.0, 0.0), price=30.0)
    with stores.of("north").writing() as uow:
        results.publish(uow, "r1", "g1", NOON, units=4, delivery_end=NOON)
        explanations.put(uow, "r1", LIMITING, [limited], {0: "east"})
    with stores.shared.writing() as shared:
        gates.put(shared, GATE)
        runs.start(shared, "g1", NOON)
    forget(stores, NOON + timedelta(days=400))
    assert [one.bid_id for one in explanations.of_run(stores.of("north"), "r1", {"grid"})] == ["a"]
    forget(stores, NOON + timedelta(days=400, seconds=1))
    assert list(explanations.of_run(stores.of("north"), "r1", {"grid"})) == []
    with stores.of("north").reading() as uow:
        assert explanations.platforms_of(uow, "r1") == {}
    with stores.of("north").reading() as uow:
        assert uow.scalars(select(explanations.limiting_rows.c.number)).all() == []
    with stores.shared.reading() as shared:
        assert gates.listed(shared, None, 10) == []
        assert runs.find_of_gate(shared, "g1") is None
