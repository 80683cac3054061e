"""A small day: two areas, its scenario, and an answer that takes bids by price alone."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from contract_tests.emulators.answers import ListedPoint
from contract_tests.emulators.platform import Answers
from gateway.demo.area import DemoGrid
from gateway.demo.next_morning import PlayedMorning, next_morning
from gateway.demo.recount import books_of
from gateway.demo.scenario import MTU, Scenario, scenario
from gateway.domain.market_time import Interval, local_day
from tests.demo.areas import area

PERIOD = local_day(date(2027, 6, 17))


@pytest.fixture(scope="session")
def period() -> Interval:
    return PERIOD


@pytest.fixture(scope="session")
def grids() -> tuple[DemoGrid, ...]:
    return area("north", PERIOD, 40), area("south", PERIOD, 40)


@pytest.fixture(scope="session")
def day(grids: tuple[DemoGrid, ...]) -> Scenario:
    return scenario(PERIOD, grids, seed=1)


@pytest.fixture(scope="session")
def morning(day: Scenario, grids: tuple[DemoGrid, ...]) -> PlayedMorning:
    """A balancing list in which a tenth of every bid is available: nothing is limited by it."""
    scenario, models = next_morning(day, [grid.model for grid in grids])
    books = books_of(scenario)
    order = np.argsort(books.sign[:, None] * books.price, axis=0, kind="stable")
    points = [
        replace(point, available_mw=0.1 * point.available_mw, activated_mw=0.0)
        for unit in range(len(scenario.units))
        for row in order[:, unit]
        for point in _points(scenario, row, unit)
    ]
    run = {
        "bids": len(books.bid_id),
        "limited_bids": len(books.bid_id),
        "available_mwh": 0.1 * float(books.offered_mw.sum()) * scenario.units.hours,
        "rung": "optimal",
        "verification": {"violations": 0},
    }
    return PlayedMorning(scenario, models, {"run_id": "2", "figures": run}, Answers((), tuple(points)))


def _points(day: Scenario, row: int, unit: int) -> list[ListedPoint]:
    """A bid in a unit, if it is offered there, available whole."""
    books = books_of(day)
    mw, price = float(books.offered_mw[row, unit]), float(books.price[row, unit])
    up = bool(books.sign[row] > 0)
    return [ListedPoint(books.bid_id[row], up, day.units.start_of(unit), MTU, mw, price, mw)] * (mw > 0)


def listed(day: Scenario, part: float = 1.0) -> dict[str, list[ListedPoint]]:
    """Merit order lists in which every bid is available whole, and this part of it activated."""
    books = books_of(day)
    lists: dict[str, list[ListedPoint]] = {platform: [] for platform in day.bids}
    for row, bid_id in enumerate(books.bid_id):
        for unit, offered in enumerate(books.offered_mw[row]):
            if offered > 0:
                lists[books.platform[row]].append(
                    ListedPoint(
                        bid_id,
                        bool(books.sign[row] > 0),
                        day.units.start_of(unit),
                        MTU,
                        float(offered),
                        float(books.price[row, unit]),
                        float(part * offered),
                    )
                )
    return lists
