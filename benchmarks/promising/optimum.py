"""How much the grids could carry at most of a gate whose bids are all simple: one linear programme per gate.

Exact lists: the most demand that can be met within all rows. Lists used as prefix: the most that may stay
listed so that, whatever part of each list is activated by schedule and directly, every row holds.
Written from what the lists promise, with one row for every prefix, so that nothing has to be searched.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from benchmarks.promising.gates import DIRECT, EXACT, MTUS, SCHEDULED, Grid, Offer, RandomGate, connections

Floats = NDArray[np.float64]
MOST_OFFERS = 8


def small_enough(gate: RandomGate) -> bool:
    """Whether this module can tell the optimum: simple bids, few of them, no two at one price in one list."""
    if not gate.is_simple or len(gate.offers) > MOST_OFFERS:
        return False
    for unit in range(MTUS):
        prices = defaultdict(list)
        for offer in gate.offers:
            if offer.price is None:
                return False
            prices[_list_of(gate, offer)].append(offer.price[unit])
        if any(len(set(own)) < len(own) for own in prices.values()):
            return False
    return True


def volume_ratio(gate: RandomGate, published: Mapping[tuple[str, str], Floats]) -> tuple[float, float]:
    """MW × units that are published, and the most that could be.

    Raises:
        RuntimeError: the programme has no answer.
    """
    kept = sum(float(published[offer.platform, offer.name].sum()) for offer in gate.offers)
    return kept, _Programme(gate).solve()


def _list_of(gate: RandomGate, offer: Offer) -> object:
    if gate.use == EXACT:
        return offer.zone, offer.up
    return offer.up if gate.one_buyer else (offer.platform, offer.zone, offer.up)


class _Programme:
    """Variables: what is kept of each offer in each unit, then whatever rows need."""

    def __init__(self, gate: RandomGate) -> None:
        self._gate = gate
        self._count = len(gate.offers) * MTUS
        self._entries: list[tuple[int, int, float]] = []
        self._most: list[float] = []
        self._bounds: list[tuple[float, float | None]] = [
            (0.0, offer.quantity[unit]) for offer in gate.offers for unit in range(MTUS)
        ]
        if gate.use == EXACT:
            self._demand()
        for grid in gate.grids:
            self._rows(grid)

    def solve(self) -> float:
        row, column, value = zip(*self._entries, strict=True) if self._entries else ((), (), ())
        shape = len(self._most), len(self._bounds)
        cost = np.zeros(len(self._bounds))
        cost[: self._count] = -1.0
        found = linprog(
            cost,
            A_ub=csr_array((value, (row, column)), shape=shape) if self._most else None,
            b_ub=self._most or None,
            bounds=self._bounds,
            method="highs",
        )
        if found.status != 0:
            raise RuntimeError(f"seed {self._gate.seed}: {found.message}")
        return float(-found.fun)

    def _demand(self) -> None:
        for (zone, up), demand in self._gate.demand.items():
            own = [n for n, o in enumerate(self._gate.offers) if o.zone == zone and o.up == up]
            for unit in range(MTUS):
                self._row({n * MTUS + unit: 1.0 for n in own}, demand[unit])

    def _row(self, coefficients: Mapping[int, float], most: float) -> None:
        self._entries += [(len(self._most), at, value) for at, value in coefficients.items() if value]
        self._most.append(most)

    def _more(self) -> int:
        self._bounds.append((0.0, None))
        return len(self._bounds) - 1

    def _rows(self, grid: Grid) -> None:
        """Every row of a grid, both sides, in each unit and the one after the last."""
        points, units, elements = grid.base.shape
        for k in range(points):
            for element in range(elements):
                effect = self._effects(grid, k, element)
                for unit in range(units):
                    base = grid.base[k, unit, element]
                    above = max(grid.upper[element] - base, 0.0)
                    below = max(base - grid.lower[element], 0.0)
                    for side, store in ((1.0, above), (-1.0, below)):
                        self._side(side * effect, unit, store)

    def _effects(self, grid: Grid, k: int, element: int) -> Floats:
        places = connections()
        return np.array(
            [
                (1 if offer.up else -1)
                * sum(
                    f * grid.ptdf[k, element, int(n[1:])] for g, n, f in places[offer.unit] if g == grid.name
                )
                for offer in self._gate.offers
            ]
        )

    def _side(self, effect: Floats, unit: int, store: float) -> None:
        if self._gate.use == EXACT:
            if unit < MTUS:
                self._row({n * MTUS + unit: value for n, value in enumerate(effect)}, store)
            return
        lists: dict[object, list[int]] = defaultdict(list)
        for number, offer in enumerate(self._gate.offers):
            lists[_list_of(self._gate, offer)].append(number)
        parts: dict[int, float] = {}
        for own in lists.values():
            for when, delivers_later in ((unit, False), (unit - 1, True)):
                if 0 <= when < MTUS:
                    part = self._more()
                    parts[part] = 1.0
                    self._prefixes(own, effect, when, part, later=delivers_later)
        self._row(parts, store)

    def _prefixes(self, own: list[int], effect: Floats, unit: int, part: int, *, later: bool) -> None:
        """`part` is at least what any prefix of a list brings now, or what direct activation brings later.

        Scheduling takes a prefix, direct activation one of what is left; only the latter delivers on.
        """
        offers = self._gate.offers
        ordered = sorted(own, key=lambda n: (1 if offers[n].up else -1) * (offers[n].price or ())[unit])
        for scheduled in range(len(ordered) + 1):
            by_schedule = {n for n in ordered[:scheduled] if offers[n].product != DIRECT}
            rest = [n for n in ordered if n not in by_schedule and offers[n].product != SCHEDULED]
            for direct in range(len(rest) + 1):
                brings = {*rest[:direct]} if later else by_schedule | {*rest[:direct]}
                if brings:
                    self._row({part: -1.0, **{n * MTUS + unit: effect[n] for n in brings}}, 0.0)
