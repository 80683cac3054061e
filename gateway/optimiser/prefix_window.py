"""What one part may keep in a window of MTUs: contracted capacity first, then the most volume."""

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
) -> WindowAnswer:
    """What may be kept at `mtus`, after `before` (b,) was kept in the MTU before them.

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
            kept, value = taken_out(search, wholes, kept)
            limiting = search.limiting()
            free(search)
            if seconds > 0:
                found = switched(search, wholes, value, seconds)
                least = max(least, found.bound)
                if found.kept is not None:
                    kept, limiting = found.kept, search.limiting()
            proven = float(cost @ kept) - least <= PROVEN * max(abs(least), 1.0)
        if number < len(aims) - 1:
            floor = csr_array(-cost[None, :])
            search.hold(floor, np.array([-float(cost @ kept) - TOLERANCE_MW]), np.array([np.inf]))
    kept = np.where(kept < TOLERANCE_MW, 0.0, kept)
    return WindowAnswer(
        kept.reshape(len(mtus), -1).T, *limiting, bound_mw=-least / (1.0 - CHEAPER), proven=proven
    )


def first_list(rows: PartRows, mtu: int, rounds: int) -> tuple[FloatArray, float] | None:
    """Safe quantities (b,) of one MTU and a bound of their volume, by a sweep after so many rounds of search.

    None where a sweep cannot be had.

    Raises:
        SolverError: the solver failed.
    """
    most, bound = None, float(rows.offered[:, mtu].sum())
    if rounds:
        search = Search(rows, mtu, mtu, None)
        search.aim(_aims(rows, range(mtu, mtu + 1))[-1])
        most, cost = search.converge(search.offered, rounds)
        bound = min(bound, -cost / (1.0 - CHEAPER))
    kept = swept(rows, mtu, most)
    return None if kept is None else (kept, bound)


def _aims(rows: PartRows, mtus: range) -> list[FloatArray]:
    """Costs (W·b,) of one MW kept, in the order in which they count."""
    offer = rows.problem.bids
    contracted = np.tile(np.where(offer.contracted[rows.bids], -1.0, 0.0), len(mtus))
    rank = np.argsort(
        np.argsort(offer.price_eur_per_mwh[rows.bids, mtus.start : mtus.stop], axis=0, kind="stable"), axis=0
    )
    volume = (CHEAPER * rank / max(rows.bids.size, 1) - 1.0).T.ravel()
    return [contracted, volume] if contracted.any() else [volume]
