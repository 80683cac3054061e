"""The demo's own arithmetic: flows and costs recomputed from what was uploaded and what was published.

Nothing of the gateway takes part: only the reduced models as the DSOs sent them, the TSO's mapping, the
platforms' books, and the merit order lists that came back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract_tests.emulators.answers import ListedPoint
from gateway.demo.scenario import MTU, Scenario
from gateway.domain.bid import Direction
from gateway.domain.grid import ReducedGridModel
from gateway.domain.result import merit_order

Floats = NDArray[np.float64]

TOLERANCE_MW: Final = 1e-3
"""Flows nearer to a limit than this count as within it: documents have rounded quantities."""


@dataclass(frozen=True, eq=False)
class Books:
    """All bids of a day side by side, in market time units.

    Attributes:
        bid_id, platform, resource: length B.
        sign: +1 up, −1 down, shape (B,).
        offered_mw, price: shape (B, T).
    """

    bid_id: tuple[str, ...]
    platform: tuple[str, ...]
    resource: tuple[str, ...]
    sign: NDArray[np.int_]
    offered_mw: Floats
    price: Floats


@dataclass(frozen=True, eq=False)
class GridLoading:
    """Loading of one grid's elements in % of the limit on the side the flow is on, worst operating point.

    Attributes:
        base_pct: without any activation, shape (T, L).
        before_pct: with the pure merit order, shape (T, L).
        after_pct: with the grid-checked answer, shape (T, L).
        violations: rows (operating point, unit, element) that the answer leaves beyond limit and base flow,
            and bounds of the activations that it exceeds.
    """

    grid_id: str
    elements: tuple[str, ...]
    base_pct: Floats
    before_pct: Floats
    after_pct: Floats
    violations: int


@dataclass(frozen=True, eq=False)
class Recount:
    """A day recomputed.

    Attributes:
        merit_order_mw: what price alone would activate, shape (B, T).
        accepted_mw, available_mw: quantities of the published lists, shape (B, T).
        cost_eur, cost_unconstrained_eur: Σ price × MW × h; a down bid's price is income.
        unmet_mwh: demand the answer does not meet, both directions.
    """

    books: Books
    merit_order_mw: Floats
    accepted_mw: Floats
    available_mw: Floats
    cost_eur: float
    cost_unconstrained_eur: float
    unmet_mwh: float
    loadings: tuple[GridLoading, ...]

    @property
    def violations(self) -> int:
        """Rows of all grids that the answer leaves in violation."""
        return sum(grid.violations for grid in self.loadings)

    @property
    def max_loading_before_pct(self) -> float:
        """Worst loading anywhere with the pure merit order."""
        return max(float(grid.before_pct.max()) for grid in self.loadings)

    @property
    def max_loading_after_pct(self) -> float:
        """Worst loading anywhere with the answer."""
        return max(float(grid.after_pct.max()) for grid in self.loadings)


def recount(
    day: Scenario, models: Sequence[ReducedGridModel], published: Mapping[str, Sequence[ListedPoint]]
) -> Recount:
    """Recompute the day.

    Args:
        day: what was offered and demanded.
        models: the reduced models as uploaded.
        published: the merit order lists, by platform.

    Raises:
        ValueError: a list names a bid its platform never offered, or more than it offered.
    """
    books = books_of(day)
    available, accepted = listed_mw(day, books, published)
    by_price = _by_price(day, books)
    hours = day.units.hours
    unmet = [
        np.clip(demand - accepted[books.sign == sign].sum(axis=0), 0.0, None).sum() * hours
        for sign, demand in ((1, day.demand_up_mw), (-1, day.demand_down_mw))
    ]
    return Recount(
        books=books,
        merit_order_mw=by_price,
        accepted_mw=accepted,
        available_mw=available,
        cost_eur=_cost(books, accepted, hours),
        cost_unconstrained_eur=_cost(books, by_price, hours),
        unmet_mwh=float(sum(unmet)),
        loadings=tuple(_loading(day, books, model, by_price, accepted) for model in models),
    )


def books_of(day: Scenario) -> Books:
    """The bids of all platforms in the gate's market time units."""
    rows = [(platform, bid) for platform, bids in day.bids.items() for bid in bids]
    return Books(
        bid_id=tuple(bid.bid_id for _, bid in rows),
        platform=tuple(platform for platform, _ in rows),
        resource=tuple(bid.resource for _, bid in rows),
        sign=np.array([1 if bid.up else -1 for _, bid in rows]),
        offered_mw=np.array([np.repeat(bid.quantity_mw, bid.resolution // MTU) for _, bid in rows]),
        price=np.array([np.repeat(bid.energy_price, bid.resolution // MTU) for _, bid in rows]),
    )


def listed_mw(
    day: Scenario, books: Books, published: Mapping[str, Sequence[ListedPoint]]
) -> tuple[Floats, Floats]:
    """Available and activated quantities of the published lists, each of shape (B, T).

    Raises:
        ValueError: a list names a bid its platform never offered, or more than it offered.
    """
    row_of = {key: row for row, key in enumerate(zip(books.platform, books.bid_id, strict=True))}
    available = np.zeros_like(books.offered_mw)
    accepted = np.zeros_like(books.offered_mw)
    for platform, points in published.items():
        for point in points:
            row = row_of.get((platform, point.bid_id))
            if row is None or (books.sign[row] > 0) != point.up:
                raise ValueError(f"platform {platform} never offered bid {point.bid_id} in this direction")
            first = day.units.index_of(point.start)
            units = slice(first, first + point.resolution // MTU)
            available[row, units] = point.available_mw
            accepted[row, units] = point.activated_mw
    for what, quantity in (("available", available), ("activated", accepted)):
        beyond = np.argwhere(quantity > books.offered_mw + TOLERANCE_MW)
        if beyond.size:
            row, unit = beyond[0]
            raise ValueError(f"more of bid {books.bid_id[row]} is {what} in unit {unit} than was offered")
    return available, accepted


def _by_price(day: Scenario, books: Books) -> Floats:
    """What covers the demand at least cost when no grid is looked at."""
    taken = np.zeros_like(books.offered_mw)
    for direction, demand in ((Direction.UP, day.demand_up_mw), (Direction.DOWN, day.demand_down_mw)):
        rows = np.flatnonzero(books.sign == direction)
        names = [books.bid_id[row] for row in rows]
        for unit, wanted in enumerate(demand):
            order = rows[merit_order(direction, books.price[rows, unit], books.offered_mw[rows, unit], names)]
            offered = books.offered_mw[order, unit]
            before = np.concatenate(([0.0], np.cumsum(offered)[:-1]))
            taken[order, unit] = np.clip(wanted - before, 0.0, offered)
    return taken


def _cost(books: Books, taken_mw: Floats, hours: float) -> float:
    return float((books.sign[:, None] * books.price * taken_mw).sum() * hours)


def injections(day: Scenario, books: Books, model: ReducedGridModel) -> Floats:
    """Injection at each connection point per MW of each bid, signed by its direction, shape (B, N)."""
    matrix = np.zeros((len(books.bid_id), len(model.connection_points)))
    for row, resource in enumerate(books.resource):
        for unit, share in day.pools.get(resource, {resource: 1.0}).items():
            place = day.locations[unit]
            if place.grid_id == model.grid_id:
                matrix[row, model.node_index(place.node)] += share * books.sign[row]
    return matrix


def beyond_band(model: ReducedGridModel, per_mw: Floats, mw: Floats, *, together: bool) -> int:
    """How many bounds of the activations for which the model holds are exceeded, over all units.

    Args:
        per_mw: injection at each connection point per MW of each bid, see `injections`.
        mw: of each bid, shape (B, T).
        together: whether ups and downs at one connection point are sure to be activated both; if not, the
            more of the two counts there.
    """
    band = model.band()
    up, down = (np.maximum(sign * per_mw, 0.0).T @ mw for sign in (1, -1))
    at_point = np.abs(up - down) if together else np.maximum(up, down)
    bounds = (
        (up.sum(axis=0), band.highest_mw),
        (down.sum(axis=0), -band.lowest_mw),
        (at_point, band.point_mw),
    )
    return int(sum((reached > most + TOLERANCE_MW).sum() for reached, most in bounds))


def _loading(
    day: Scenario, books: Books, model: ReducedGridModel, by_price: Floats, accepted: Floats
) -> GridLoading:
    base = model.base_flows_on(day.units)
    lower, upper = model.limits_mw()
    per_mw = injections(day, books, model)
    per_bid = model.ptdf() @ per_mw.T
    before, after = (base + np.swapaxes(per_bid @ quantity, 1, 2) for quantity in (by_price, accepted))
    # Where the base flow is already beyond a limit nothing may worsen it; that alone is no violation.
    above = after - np.maximum(upper, base) > TOLERANCE_MW
    below = np.minimum(lower, base) - after > TOLERANCE_MW
    base_pct, before_pct, after_pct = (
        100.0 * np.maximum(flow / upper, flow / lower).max(axis=0) for flow in (base, before, after)
    )
    return GridLoading(
        grid_id=model.grid_id,
        elements=tuple(element.element_id for element in model.elements),
        base_pct=base_pct,
        before_pct=before_pct,
        after_pct=after_pct,
        violations=int(above.sum() + below.sum()) + beyond_band(model, per_mw, accepted, together=True),
    )
