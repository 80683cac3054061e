"""Limitations as columns: named, priced, the heaviest found, and kept with what was decided."""

from dataclasses import replace

import numpy as np

from gateway.domain.grid import ElementKind
from gateway.domain.limiting import Limitations, LimitingRow
from gateway.domain.reason import Reason
from gateway.domain.result import GridGapCause, Rung, SearchGap, Side
from gateway.processes.bid_check.problem.decision import Decision, UnitFigures, decode, encode

ROWS = tuple(
    LimitingRow("grid", f"line-{number}", ElementKind.LINE, Side.FORWARD, "peak") for number in range(3)
)


def limitations(*cells: tuple[int, int, int, float], price: float | None = None) -> Limitations:
    """Of bid, unit, row and share, each."""
    bid, mtu, row, share = map(np.array, zip(*cells, strict=True))
    numbers = (column.astype(np.int32) for column in (bid, mtu, row, mtu + 1))
    flows = -share, share + 1, share + 2
    return Limitations(ROWS, *numbers, share, *flows, None if price is None else np.full(len(share), price))


def test_the_heaviest_is_that_of_the_largest_share_and_of_equals_the_first() -> None:
    reported = limitations((1, 0, 2, 0.5), (0, 1, 0, 0.3), (1, 0, 1, 0.5), (0, 1, 2, 0.7), (0, 0, 1, 1.0))
    found = reported.heaviest()
    cells = zip(found.bid.tolist(), found.mtu.tolist(), found.row.tolist(), strict=True)
    assert list(cells) == [(0, 0, 1), (0, 1, 2), (1, 0, 2)]


def test_limitations_of_some_bids_and_units_are_kept_beside_others() -> None:
    old, new = limitations((1, 0, 2, 0.5), price=30.0), limitations((0, 1, 0, 0.25), price=10.0)
    both = old.joined(new.moved([4, 7], 2))
    assert (both.bid.tolist(), both.mtu.tolist(), both.full_at.tolist()) == ([1, 4], [0, 3], [1, 4])
    assert (both.base_mw.tolist(), both.limit_mw.tolist()) == ([1.5, 1.25], [2.5, 2.25])
    assert [both.rows[row] for row in both.row.tolist()] == [ROWS[2], ROWS[0]]
    assert (both.share.tolist(), both.margin_mw.tolist()) == ([0.5, 0.25], [-0.5, -0.25])
    assert both.shadow_price is not None
    assert both.shadow_price.tolist() == [30.0, 10.0]
    alone = old.joined(Limitations.none())
    assert (len(alone), alone.shadow_price is None) == (1, False)
    assert Limitations.none().joined(Limitations.none()).shadow_price is None


def test_limitations_of_some_bids_name_them_by_their_place_among_these() -> None:
    reported = limitations((3, 0, 2, 0.5), (1, 1, 0, 0.3), (0, 1, 1, 0.2))
    some = reported.of_bids([3, 0], 4)
    assert (some.bid.tolist(), some.row.tolist(), some.share.tolist()) == ([0, 1], [2, 1], [0.5, 0.2])


def test_nothing_limited_has_no_heaviest() -> None:
    assert len(Limitations.none().heaviest()) == 0


def test_what_was_decided_is_the_same_after_it_was_kept() -> None:
    mw = np.array([[1.0, 2.5], [0.0, np.nan]])
    decided = Decision(
        available_mw=mw,
        accepted_mw=None,
        limited=mw > 1.0,
        why=np.array([[0, 1], [1, 0]], np.int32),
        reasons=(Reason("B46", "full"),),
        limits=limitations((1, 0, 2, 0.5), (0, 1, 0, 0.25), price=30.0),
        wanted_mw=2 * mw,
        passed_over=mw < 1.0,
        units=(UnitFigures(Rung.OPTIMAL, cost=1.5, overloads_remaining=(("grid", "line-1"),)), UnitFigures()),
    )
    back = decode(encode(decided))
    np.testing.assert_array_equal(back.available_mw, mw)
    np.testing.assert_array_equal(back.wanted_mw, 2 * mw)
    assert back.accepted_mw is None
    assert (back.units, back.passed_over.tolist()) == (decided.units, [[False, False], [True, False]])
    assert back.limited.tolist() == [[False, True], [False, False]]
    assert (back.why.dtype, back.why.tolist()) == (np.int32, [[0, 1], [1, 0]])
    assert (back.reasons, tuple(back.limits.rows)) == (decided.reasons, ROWS)
    for name in ("bid", "mtu", "row", "full_at", "share", "margin_mw", "base_mw", "limit_mw", "shadow_price"):
        np.testing.assert_array_equal(getattr(back.limits, name), getattr(decided.limits, name))


def test_a_decision_on_no_bids_is_kept_too() -> None:
    none = np.zeros((0, 2))
    why, flags = none.astype(np.int32), none > 0
    decided = Decision(none, none, flags, why, (), Limitations.none(), none, flags, ())
    assert decode(encode(decided)).available_mw.shape == (0, 2)


def test_why_no_element_is_named_is_kept_too() -> None:
    rows = (
        LimitingRow.not_found("grid", SearchGap.NOT_THROUGH),
        LimitingRow.uncheckable("grid", GridGapCause.NO_MODEL),
    )
    mw = np.zeros((1, 1))
    decided = Decision(
        available_mw=mw,
        accepted_mw=None,
        limited=mw > 0,
        why=np.zeros((1, 1), np.int32),
        reasons=(),
        limits=replace(Limitations.none(), rows=rows),
        wanted_mw=mw,
        passed_over=mw > 0,
        units=(),
    )
    assert tuple(decode(encode(decided)).limits.rows) == rows
