"""Safe quantities of one part in a window of MTUs: contracted capacity first, then volume or price order."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gateway.domain.gate import ListObjective
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.prefix.conditions import Conditions
from gateway.optimiser.prefix.in_price_order import (
    HELD_MW,
    TIGHTLY_HELD_MW,
    in_price_order,
    price_order,
)
from gateway.optimiser.prefix.mixed import free, reduced, switched
from gateway.optimiser.prefix.rows import TOLERANCE_MW, ComponentRows
from gateway.optimiser.prefix.search import Search, Stuck
from gateway.optimiser.prefix.sweep import swept
from gateway.optimiser.solver.highs import SolverError

SWEPT_AFTER = 2, 6, 8, 12, 16  # rounds of a large search
CHEAPER = 1e-4  # how much of a MW the cheapest bid counts more than the dearest
PROVEN = 1e-6  # relative


@dataclass(frozen=True, slots=True, eq=False)
class WindowAnswer:
    """Quantities (b, W), limiting rows (numbers of the part's), their MTUs and prices, the bound in MW.

    Attributes:
        bound_mw: upper bound of any list of these bids; where contracted capacity comes first, of those with
            as much of it; where the price order does, of those in that order.
        proven: whether nothing is left to search for.
    """

    available: FloatArray
    rows: IntArray
    mtu: IntArray
    price: FloatArray
    bound_mw: float
    proven: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Quantities (W·b,), what limits them (`Search.limiting`), the least possible cost; if it is theirs."""

    available: FloatArray
    limiting: tuple[IntArray, IntArray, FloatArray]
    least: float
    proven: bool = False

    def answer(self, mtus: int) -> WindowAnswer:
        """As the answer of so many MTUs."""
        available = np.where(self.available < TOLERANCE_MW, 0.0, self.available).reshape(mtus, -1).T
        bound_mw = -self.least / (1.0 - CHEAPER)
        return WindowAnswer(available, *self.limiting, bound_mw=bound_mw, proven=self.proven)


def decide_window(
    rows: ComponentRows,
    mtus: range,
    before: FloatArray | None,
    seconds: float = 0.0,
    *,
    large: bool = False,
) -> Iterator[WindowAnswer]:
    """Safe quantities at `mtus`, after `before` (b,) in the MTU before them: ever better answers.

    Bids with minima and groups are removed where they do not fit; `seconds` are spent to find more. Where
    the search is `large`, sweeps report intermediate results. Where the solver cannot satisfy the rows,
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
        available = swept(rows, mtus).T.ravel()
        no_rows, none = np.zeros(0, np.int64), np.zeros(0)
        least = -float(rows.offered[:, mtus.start : mtus.stop].sum()) * (1.0 - CHEAPER)
        yield _Found(available, (no_rows, no_rows, none), least).answer(len(mtus))


def _searched(
    rows: ComponentRows,
    mtus: range,
    before: FloatArray | None,
    seconds: float,
    held_mw: float,
    *,
    large: bool,
) -> Iterator[WindowAnswer]:
    """As `decide_window`, by the search alone; what is found first is held to `held_mw`."""
    search, conditions = (
        Search(rows, mtus.start, mtus.stop - 1, before),
        Conditions(rows, mtus.start, mtus.stop - 1),
    )
    same, in_order = conditions.same_shares(), rows.problem.objective is ListObjective.PRICE_ORDER
    if same.shape[0]:
        search.hold(same, np.zeros(same.shape[0]), np.zeros(same.shape[0]))
    start, known = None if same.shape[0] else search.offered, None
    *contracted, volume = _aims(rows, mtus)
    for cost in contracted:
        *_, best = _made_most(search, conditions, cost, start, seconds)
        start, known, most = None, best.available, float(cost @ best.available) + held_mw
        search.hold(csr_array(cost[None, :]), np.array([-np.inf]), np.array([most]))
        if in_order:  # indivisible ones do not stay in parts to compensate others
            whole = np.flatnonzero((conditions.least > 0) & (cost < 0))
            search.confine(whole, np.maximum(best.available[whole] - held_mw, 0.0), best.available[whole])
    if in_order:
        search.aim(volume)
        available = in_price_order(
            search, conditions, price_order(rows, mtus), search.converge(start)[0], held_mw
        )
        no_rows, none = np.zeros(0, np.int64), np.zeros(0)
        least = -float(available.sum()) * (1.0 - CHEAPER)
        yield _Found(available, (no_rows, no_rows, none), least, proven=not conditions.tied).answer(len(mtus))
        return
    if large and not conditions.tied and not rows.coupled and not contracted:
        for rounds in SWEPT_AFTER:
            search.aim(volume)
            available, least = search.converge(start, rounds)
            start = None
            available = swept(rows, mtus, available.reshape(len(mtus), -1).T).T.ravel()
            least = max(least, float(volume @ search.offered))
            yield _Found(available, search.limiting(), least).answer(len(mtus))
    for found in _made_most(search, conditions, volume, start, seconds, known):
        yield found.answer(len(mtus))


def _made_most(  # noqa: PLR0917 - one search, as far as it came
    search: Search,
    conditions: Conditions,
    cost: FloatArray,
    start: FloatArray | None,
    seconds: float,
    known: FloatArray | None = None,
) -> Iterator[_Found]:
    """Ever better quantities for a cost; the last is the best.

    `known` are quantities that honour all conditions, if some are: what is held may leave nothing else once
    bids are removed.
    """
    search.aim(cost)
    available, least = search.converge(start)
    least = max(least if np.isfinite(least) else float(cost @ available), float(cost @ search.offered))
    proven, limiting = True, search.limiting()
    if not conditions.linear and conditions.broken(available)[0].size:
        if not conditions.tied:
            yield _Found(conditions.rest(available), limiting, least)
        try:
            for fewer in reduced(search, conditions, available):
                available, limiting = fewer, search.limiting()
                if not conditions.tied:
                    yield _Found(conditions.rest(available), limiting, least)
        except SolverError:
            if known is None:
                raise
            available = known
        free(search)
        if seconds > 0:
            found = switched(search, conditions, float(cost @ available), seconds)
            least = max(least, found.bound)
            if found.available is not None:
                available, limiting = found.available, search.limiting()
        proven = float(cost @ available) - least <= PROVEN * max(abs(least), 1.0)
    yield _Found(available, limiting, least, proven)


def first_lists(
    rows: ComponentRows, mtus: range, rounds: int, *, alike: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Safe quantities (b, M) at consecutive MTUs that follow no other, and bounds (M,) of their volume.

    By a sweep; where MTUs do not meet, after so many `rounds` of search. `alike`
    searches in the MTU in the middle only, and sweeps the others by its shares of the offers.

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


def _aims(rows: ComponentRows, mtus: range) -> list[FloatArray]:
    """Costs (W·b,) of one available MW, in the order in which they count."""
    offer = rows.problem.bids
    contracted = np.tile(np.where(offer.contracted[rows.bids], -1.0, 0.0), len(mtus))
    rank = np.argsort(
        np.argsort(offer.price_eur_per_mwh[rows.bids, mtus.start : mtus.stop], axis=0, kind="stable"), axis=0
    )
    volume = (CHEAPER * rank / max(rows.bids.size, 1) - 1.0).T.ravel()
    return [contracted, volume] if contracted.any() else [volume]
