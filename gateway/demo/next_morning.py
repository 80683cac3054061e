"""The second market of the demo: a balancing list for the next morning, of which any amount may be used.

It is a day later than the local market on the same grids: of two gates for the same hours each would fill
lines that the other fills, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from contract_tests.emulators.answers import ListedPoint
from contract_tests.emulators.market_bid import MarketBid
from contract_tests.emulators.platform import Answers
from gateway.demo.platforms import Platform
from gateway.demo.recount import TOLERANCE_MW, Books, Floats, beyond_band, books_of, injections, listed_mw
from gateway.demo.scenario import MTU, Scenario
from gateway.domain.grid import ReducedGridModel
from gateway.domain.market_time import Interval, MtuGrid

_BEGINS: Final = timedelta(hours=12)
_LASTS: Final = timedelta(hours=2)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class PlayedMorning:
    """The balancing list as it went.

    Attributes:
        scenario: what one platform offers for these hours; there is no demand.
        models: of each grid, for these hours.
        run: the gateway's run with its figures, as the operator sees it.
        answers: what was published to the platform.
    """

    scenario: Scenario
    models: Sequence[ReducedGridModel]
    run: Mapping[str, Any]
    answers: Answers

    @property
    def platform(self) -> Platform:
        """Whose bids are listed."""
        (platform,) = self.scenario.platforms
        return platform


@dataclass(frozen=True, slots=True, eq=False)
class ListCount:
    """A published list used in every way it may be used.

    Attributes:
        bids, limited_bids: how many; a bid is limited if less of it is listed than was offered.
        offered_mwh, listed_mwh: energy of all bids, and of what is published.
        offered_pct: worst loading if the bids were used as offered, by any amount in price order.
        listed_pct: the same with the published list.
        violations: rows (operating point, unit, element) that some use of the list takes too far, and
            bounds of the activations that some use exceeds.
        out_of_order: units in which the document does not follow the prices.
        listed_mw: what is published of each bid, shape (B, T), rows as in `books_of`.
    """

    bids: int
    limited_bids: int
    offered_mwh: float
    listed_mwh: float
    offered_pct: float
    listed_pct: float
    violations: int
    out_of_order: int
    listed_mw: Floats


def next_morning(
    day: Scenario, models: Sequence[ReducedGridModel]
) -> tuple[Scenario, Sequence[ReducedGridModel]]:
    """Two hours from the next noon on, in which no provider changes its price: the same forecast, and what
    the first platform offers in them."""
    count = _LASTS // MTU
    start = day.units.start_of(_BEGINS // MTU)
    platform = day.platforms[0]
    offered = [_of_hours(bid, start, start + _LASTS) for bid in day.bids[platform.tenant]]
    scenario = replace(
        day,
        platforms=(platform,),
        units=MtuGrid(Interval(start + _DAY, start + _LASTS + _DAY), MTU),
        bids={platform.tenant: [bid for bid in offered if bid.quantity_mw.any()]},
        demand_up_mw=np.zeros(count),
        demand_down_mw=np.zeros(count),
    )
    return scenario, [_model_of_hours(model, Interval(start, start + _LASTS)) for model in models]


def _of_hours(bid: MarketBid, start: datetime, end: datetime) -> MarketBid:
    units = slice((start - bid.start) // bid.resolution, (end - bid.start) // bid.resolution)
    return replace(
        bid,
        bid_id=f"{bid.bid_id}-NEXT",
        start=start + _DAY,
        quantity_mw=bid.quantity_mw[units],
        energy_price=bid.energy_price[units],
    )


def _model_of_hours(model: ReducedGridModel, hours: Interval) -> ReducedGridModel:
    flows = model.base_flows_on(MtuGrid(hours, MTU))
    points = [
        replace(point, base_flow_mw=flow) for point, flow in zip(model.operating_points, flows, strict=True)
    ]
    validity = Interval(hours.start + _DAY, hours.end + _DAY)
    return replace(model, validity=validity, operating_points=tuple(points))


def recount(played: PlayedMorning) -> ListCount:
    """Use the published list by every amount in price order, up and down, in every unit.

    Flows are linear in what is used of a bid, so the worst use ends with a whole bid, and the worst ones of
    up and down add up. The bids offer scheduled activation, which ends with its unit.

    Raises:
        ValueError: the list names a bid that was never offered, or more than was offered.
    """
    day, points = played.scenario, played.answers.merit_order
    books = books_of(day)
    listed, _ = listed_mw(day, books, {played.platform.tenant: points})
    place, out_of_order = _places(books, day, points)
    by_price = books.sign[:, None] * books.price
    offered_pct = listed_pct = 0.0
    violations = 0
    for model in played.models:
        beyond, pct = _used(day, books, model, listed, place)
        violations, listed_pct = violations + beyond, max(listed_pct, pct)
        offered_pct = max(offered_pct, _used(day, books, model, books.offered_mw, by_price)[1])
    less = (listed < books.offered_mw - TOLERANCE_MW).any(axis=1)
    return ListCount(
        bids=len(books.bid_id),
        limited_bids=int(less.sum()),
        offered_mwh=float(books.offered_mw.sum()) * day.units.hours,
        listed_mwh=float(listed.sum()) * day.units.hours,
        offered_pct=offered_pct,
        listed_pct=listed_pct,
        violations=violations,
        out_of_order=out_of_order,
        listed_mw=listed,
    )


def _places(books: Books, day: Scenario, points: Sequence[ListedPoint]) -> tuple[Floats, int]:
    """The rank of each bid in the list of each unit, shape (B, T), and how many lists are out of order."""
    row_of = {bid: row for row, bid in enumerate(books.bid_id)}
    place = np.zeros_like(books.price)
    last: dict[tuple[int, bool], float] = {}
    wrong = set()
    for number, point in enumerate(points):
        unit = day.units.index_of(point.start)
        price = point.energy_price if point.up else -point.energy_price
        if price < last.get((unit, point.up), -np.inf):
            wrong.add(unit)
        last[unit, point.up] = price
        place[row_of[point.bid_id], unit] = number
    return place, len(wrong)


def _used(
    day: Scenario, books: Books, model: ReducedGridModel, mw: Floats, place: Floats
) -> tuple[int, float]:
    """Rows that some use of the bids takes beyond limit and base, and the worst loading in %.

    Args:
        mw: of each bid, shape (B, T).
        place: by what the bids of each list are sorted, ascending, shape (B, T).
    """
    per_mw = injections(day, books, model)
    per_bid = model.ptdf() @ per_mw.T
    points, elements, _ = per_bid.shape
    units = len(day.units)
    most, least = np.zeros((2, points, units, elements))
    for sign in (1, -1):
        rows = np.flatnonzero(books.sign == sign)
        for unit in range(units):
            order = rows[np.argsort(place[rows, unit], kind="stable")]
            flows = np.cumsum(per_bid[:, :, order] * mw[order, unit], axis=2)
            most[:, unit] += flows.max(axis=2, initial=0.0)
            least[:, unit] += flows.min(axis=2, initial=0.0)
    base = model.base_flows_on(day.units)
    lower, upper = model.limits_mw()
    beyond = base + most - np.maximum(upper, base) > TOLERANCE_MW
    below = np.minimum(lower, base) - base - least > TOLERANCE_MW
    pct = 100.0 * max(((base + most) / upper).max(), ((base + least) / lower).max())
    unproven = beyond_band(model, per_mw, mw, together=False)
    return int(beyond.sum() + below.sum()) + unproven, float(pct)
