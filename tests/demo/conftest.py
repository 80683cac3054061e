"""A small day: two areas, its scenario, and an answer that takes bids by price alone."""

from datetime import date

import pytest

from contract_tests.emulators.answers import ListedPoint
from gateway.demo.area import DemoGrid
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
