"""What one part may keep in a window of MTUs: contracted capacity first, then volume or the price order."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gateway.domain.gate import ListObjective
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.prefix.in_price_order import (
    HELD_MW,
    TIGHTLY_HELD_MW,
    in_price_order,
    price_order,
)
from gateway.optimiser.prefix.mixed import free, switched, taken_out
from gateway.optimiser.prefix.rows import TOLERANCE_MW, PartRows
from gateway.optimiser.prefix.search import Search, Stuck
from gateway.optimiser.prefix.sweep import swept
from gateway.optimiser.prefix.whole import Wholes
from gateway.optimiser.solver.highs import SolverError

SWEPT_AFTER = 2, 6, 8, 12, 16  # rounds of a large search
CHEAPER = 1e-4  # how much of a MW the cheapest bid counts more than the dearest
PROVEN = 1e-6  # relative


@dataclass(frozen=True, slots=True, eq=False)
class WindowAnswer:
    """Quantities (b, W), limiting rows (numbers of the part's), their MTUs and prices, the bound in MW.

    Attributes:
        bound_mw: no list of these bids keeps more than this; where contracted capacity comes first, none that
            keeps as much of it; where the price order does, none that keeps it.
        proven: whether nothing is left to search for.
    """

    kept: FloatArray
    rows: IntArray
    mtu: IntArray
    price: FloatArray
    bound_mw: float
    proven: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Quantities (W·b,), what limits them (`Search.limiting`), the least possible cost; if it is theirs."""

    kept: FloatArray
    limiting: tuple[IntArray, IntArray, FloatArray]
    least: float
    proven: bool = False

    def answer(self, mtus: int) -> WindowAnswer:
        """As the answer of so many MTUs."""
        kept = np.where(self.kept < TOLERANCE_MW, 0.0, self.kept).reshape(mtus, -1).T
        bound_mw = -self.least / (1.0 - CHEAPER)
        return WindowAnswer(kept, *self.limiting, bound_mw=bound_mw, proven=self.proven)


def decide_window(
    rows: PartRows,
    mtus: range,
    before: FloatArray | None,
    seconds: float = 0.0,
    *,
    large: bool = False,
) -> Iterator[WindowAnswer]:
    """What may be kept at `mtus`, after `before` (b,) was kept in the MTU before them: ever better answers.

    Bids with minima and groups are taken out where they do not fit; `seconds` are spent to find more. Where
    the search is `large`, sweeps report intermediate results. Where the solver cannot keep the rows,
    a sweep, which needs none, decides, unless MTUs meet.

    Raises:
        SolverError: the solver failed.
    """
    holds = rows.problem.objective is ListObjective.PRICE_ORDER or len(_aims(rows, mtus)) > 1
    try:
        try:
            yield from _searched(rows, mtus, before, seconds, TIGHTLY_HELD_MW, large=large)
        except Stuck:
            raise
        except SolverError:
            if not holds:
                raise
            yield from _searched(rows, mtus, before, seconds, HELD_MW, large=large)
    except Stuck:
        if rows.coupled:
            raise
        kept = swept(rows, mtus).T.ravel()
        no_rows, none = np.zeros(0, np.int64), np.zeros(0)
        least = -float(rows.offered[:, mtus.start : mtus.stop].sum()) * (1.0 - CHEAPER)
        yield _Found(kept, (no_rows, no_rows, none), least).answer(len(mtus))


def _searched(
    rows: PartRows, mtus: range, before: FloatArray | None, seconds: float, held_mw: float, *, large: bool
) -> Iterator[WindowAnswer]:
    """As `decide_window`, by the search alone; what is found first is held to `held_mw`."""
    search, wholes = Search(rows, mtus.start, mtus.stop - 1, before), Wholes(rows, mtus.start, mtus.stop - 1)
    same, in_order = wholes.same_shares(), rows.problem.objective is ListObjective.PRICE_ORDER
    if same.shape[0]:
        search.hold(same, np.zeros(same.shape[0]), np.zeros(same.shape[0]))
    start, known = None if same.shape[0] else search.offered, None
    *contracted, volume = _aims(rows, mtus)
    for cost in contracted:
        *_, best = _made_most(search, wholes, cost, start, seconds)
        start, known, most = None, best.kept, float(cost @ best.kept) + held_mw
        search.hold(csr_array(cost[None, :]), np.array([-np.inf]), np.array([most]))
        if in_order:  # whole ones are not kept in parts to make up for others
            whole = np.flatnonzero((wholes.least > 0) & (cost < 0))
            search.confine(whole, np.maximum(best.kept[whole] - held_mw, 0.0), best.kept[whole])
    if in_order:
        search.aim(volume)
        kept = in_price_order(search, wholes, price_order(rows, mtus), search.converge(start)[0], held_mw)
        no_rows, none = np.zeros(0, np.int64), np.zeros(0)
        least = -float(kept.sum()) * (1.0 - CHEAPER)
        yield _Found(kept, (no_rows, no_rows, none), least, proven=not wholes.tied).answer(len(mtus))
        return
    if large and not wholes.tied and not rows.coupled and not contracted:
        for rounds in SWEPT_AFTER:
            search.aim(volume)
            kept, least = search.converge(start, rounds)
            start = None
            kept = swept(rows, mtus, kept.reshape(len(mtus), -1).T).T.ravel()
            least = max(least, float(volume @ search.offered))
            yield _Found(kept, search.limiting(), least).answer(len(mtus))
    for found in _made_most(search, wholes, volume, start, seconds, known):
        yield found.answer(len(mtus))


def _made_most(  # noqa: PLR0917 - one search, as far as it came
    search: Search,
    wholes: Wholes,
    cost: FloatArray,
    start: FloatArray | None,
    seconds: float,
    known: FloatArray | None = None,
) -> Iterator[_Found]:
    """Ever better quantities for a cost; the last is the best.

    `known` are quantities that honour all conditions, if some are: what is held may leave nothing else once
    bids are taken out.
    """
    search.aim(cost)
    kept, least = search.converge(start)
    least = max(least if np.isfinite(least) else float(cost @ kept), float(cost @ search.offered))
    proven, limiting = True, search.limiting()
    if not wholes.linear and wholes.broken(kept)[0].size:
        if not wholes.tied:
            yield _Found(wholes.rest(kept), limiting, least)
        try:
            for fewer in taken_out(search, wholes, kept):
                kept, limiting = fewer, search.limiting()
                if not wholes.tied:
                    yield _Found(wholes.rest(kept), limiting, least)
        except SolverError:
            if known is None:
                raise
            kept = known
        free(search)
        if seconds > 0:
            found = switched(search, wholes, float(cost @ kept), seconds)
            least = max(least, found.bound)
            if found.kept is not None:
                kept, limiting = found.kept, search.limiting()
        proven = float(cost @ kept) - least <= PROVEN * max(abs(least), 1.0)
    yield _Found(kept, limiting, least, proven)


def first_lists(
    rows: PartRows, mtus: range, rounds: int, *, alike: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Safe quantities (b, M) at consecutive MTUs that follow no other, and bounds (M,) of their volume.

    By a sweep; where MTUs do not meet, after so many `rounds` of search for what can be kept. `alike`
    searches in the MTU in the middle only, and sweeps the others by the shares of the offers that it keeps.

    Raises:
        SolverError: the solver failed.
    """
    bound = rows.offered[:, mtus.start : mtus.stop].sum(axis=0)
    if not rounds:
        return swept(rows, mtus), bound
    most = np.zeros((rows.bids.size, len(mtus)))
    middle = len(mtus) // 2
    for column in [middle] if alike else range(len(mtus)):
        mtu = mtus[column]
        search = Search(rows, mtu, mtu, None)
        search.aim(_aims(rows, range(mtu, mtu + 1))[-1])
        most[:, column], cost = search.converge(search.offered, rounds)
        bound[column] = min(bound[column], -cost / (1.0 - CHEAPER))
    if alike:
        offered = rows.offered[:, mtus.start : mtus.stop]
        there = offered[:, middle]
        share = np.divide(most[:, middle], there, out=np.ones_like(there), where=there > 0)
        most = share[:, None] * offered
    return swept(rows, mtus, most), bound


def _aims(rows: PartRows, mtus: range) -> list[FloatArray]:
    """Costs (W·b,) of one MW kept, in the order in which they count."""
    offer = rows.problem.bids
    contracted = np.tile(np.where(offer.contracted[rows.bids], -1.0, 0.0), len(mtus))
    rank = np.argsort(
        np.argsort(offer.price_eur_per_mwh[rows.bids, mtus.start : mtus.stop], axis=0, kind="stable"), axis=0
    )
    volume = (CHEAPER * rank / max(rows.bids.size, 1) - 1.0).T.ravel()
    return [contracted, volume] if contracted.any() else [volume]
