"""What one part may keep in a window of MTUs: contracted capacity first, then the most volume."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.checks import FloatArray, IntArray
from gateway.optimiser.prefix_mixed import free, switched, taken_out
from gateway.optimiser.prefix_rows import TOLERANCE_MW, PartRows
from gateway.optimiser.prefix_search import Search
from gateway.optimiser.prefix_sweep import swept
from gateway.optimiser.prefix_whole import Wholes

CHEAPER = 1e-4  # how much of a MW the cheapest bid counts more than the dearest
PROVEN = 1e-6  # relative


@dataclass(frozen=True, slots=True, eq=False)
class WindowAnswer:
    """Quantities (b, W), limiting rows (numbers of the part's), their MTUs and prices, the bound in MW.

    Attributes:
        bound_mw: no list of these bids keeps more than this; where contracted capacity comes first, none that
            keeps as much of it.
        proven: whether nothing is left to search for.
    """

    kept: FloatArray
    rows: IntArray
    mtu: IntArray
    price: FloatArray
    bound_mw: float
    proven: bool


def decide_window(
    rows: PartRows, mtus: range, before: FloatArray | None, seconds: float = 0.0
) -> Iterator[WindowAnswer]:
    """What may be kept at `mtus`, after `before` (b,) was kept in the MTU before them: ever better answers.

    Bids with minima and groups are taken out where they do not fit; `seconds` are spent to find more.

    Raises:
        SolverError: the solver failed.
    """
    search, wholes = Search(rows, mtus.start, mtus.stop - 1, before), Wholes(rows, mtus.start, mtus.stop - 1)
    same = wholes.same_shares()
    if same.shape[0]:
        search.hold(same, np.zeros(same.shape[0]), np.zeros(same.shape[0]))
    aims = _aims(rows, mtus)
    proven = True
    for number, cost in enumerate(aims):
        search.aim(cost)
        ahead = number == 0 and not same.shape[0]
        kept, least = search.converge(search.offered if ahead else None)
        least = max(least, float(cost @ search.offered))
        limiting = search.limiting()
        if not wholes.linear and wholes.broken(kept)[0].size:
            tell = number == len(aims) - 1 and not wholes.tied
            if tell:
                yield _answer(wholes.rest(kept), len(mtus), limiting, least, proven=False)
            for fewer in taken_out(search, wholes, kept):
                kept = fewer
                limiting = search.limiting()
                if tell:
                    yield _answer(wholes.rest(kept), len(mtus), limiting, least, proven=False)
            free(search)
            if seconds > 0:
                found = switched(search, wholes, float(cost @ kept), seconds)
                least = max(least, found.bound)
                if found.kept is not None:
                    kept, limiting = found.kept, search.limiting()
            proven = float(cost @ kept) - least <= PROVEN * max(abs(least), 1.0)
        if number < len(aims) - 1:
            floor = csr_array(-cost[None, :])
            search.hold(floor, np.array([-float(cost @ kept) - TOLERANCE_MW]), np.array([np.inf]))
    yield _answer(kept, len(mtus), limiting, least, proven=proven)


def _answer(
    kept: FloatArray,
    mtus: int,
    limiting: tuple[IntArray, IntArray, FloatArray],
    least: float,
    *,
    proven: bool,
) -> WindowAnswer:
    """From quantities (W·b,) and the least cost that is possible."""
    kept = np.where(kept < TOLERANCE_MW, 0.0, kept)
    return WindowAnswer(kept.reshape(mtus, -1).T, *limiting, bound_mw=-least / (1.0 - CHEAPER), proven=proven)


def first_lists(rows: PartRows, mtus: range, rounds: int) -> tuple[FloatArray, FloatArray]:
    """Safe quantities (b, M) at consecutive MTUs that begin anew, and bounds (M,) of their volume.

    By a sweep; where MTUs do not meet, after so many `rounds` of search for what can be kept.

    Raises:
        SolverError: the solver failed.
    """
    bound = rows.offered[:, mtus.start : mtus.stop].sum(axis=0)
    if not rounds:
        return swept(rows, mtus), bound
    most = np.zeros((rows.bids.size, len(mtus)))
    for column, mtu in enumerate(mtus):
        search = Search(rows, mtu, mtu, None)
        search.aim(_aims(rows, range(mtu, mtu + 1))[-1])
        most[:, column], cost = search.converge(search.offered, rounds)
        bound[column] = min(bound[column], -cost / (1.0 - CHEAPER))
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
