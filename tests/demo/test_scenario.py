"""The same seed gives the same day; whatever the seed, a day is sound."""

from dataclasses import astuple, replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.demo.area import DemoGrid
from gateway.demo.platforms import MOST, PLATFORMS, platforms
from gateway.demo.recount import books_of
from gateway.demo.scenario import MTU, Scenario, scenario
from gateway.domain.market_time import local_day
from gateway.domain.party import is_eic
from gateway.domain.resource import ConnectionPoint, ResourceMap
from tests.demo.areas import area

PERIOD = local_day(date(2027, 6, 17))
GRIDS = (area("north", PERIOD, 40), area("south", PERIOD, 40))


def as_value(day: Scenario) -> object:
    """Everything in a day, comparable."""
    bids = {
        platform: [
            tuple(part.tolist() if isinstance(part, np.ndarray) else part for part in astuple(bid))
            for bid in platform_bids
        ]
        for platform, platform_bids in day.bids.items()
    }
    pools = {name: dict(shares) for name, shares in day.pools.items()}
    return day.locations, pools, bids, day.demand_up_mw.tolist(), day.demand_down_mw.tolist()


def test_the_same_seed_gives_the_same_day(grids: tuple[DemoGrid, ...]) -> None:
    assert as_value(scenario(PERIOD, grids, 7)) == as_value(scenario(PERIOD, grids, 7))


def test_another_seed_gives_another_day(grids: tuple[DemoGrid, ...]) -> None:
    assert as_value(scenario(PERIOD, grids, 7)) != as_value(scenario(PERIOD, grids, 8))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_day_is_sound(seed: int) -> None:
    day = scenario(PERIOD, GRIDS, seed)
    unit_of = {unit.unit_id: unit for grid in GRIDS for unit in grid.units}
    # The domain's own law: every pooled unit is located, shares of each pool sum to 1.
    assignment = ResourceMap(
        {unit: (ConnectionPoint(place.grid_id, place.node),) for unit, place in day.locations.items()},
        day.pools,
    )
    ids = [bid.bid_id for bids in day.bids.values() for bid in bids]
    assert len(set(ids)) == len(ids) == day.bid_count
    for bids in day.bids.values():
        for bid in bids:
            members = [unit_of[unit] for unit in assignment.units_of(bid.resource)]
            capability = sum(unit.max_up_mw if bid.up else unit.max_down_mw for unit in members)
            assert 0 < bid.quantity_mw.max() <= capability + 0.005
            assert bid.quantity_mw.min() >= 0
            assert is_eic(bid.provider)
            assert len(bid.bid_id) <= 60
    for demand in (day.demand_up_mw, day.demand_down_mw):
        assert demand.shape == (96,)
        assert demand.min() > 0


def test_every_unit_is_bid_by_one_resource_only(day: Scenario) -> None:
    behind = [
        unit
        for resource in {bid.resource for bids in day.bids.values() for bid in bids}
        for unit in day.pools.get(resource, {resource: 1.0})
    ]
    assert len(behind) == len(set(behind))


def test_some_bids_are_of_several_units(day: Scenario) -> None:
    bid_as_pool = {bid.resource for bids in day.bids.values() for bid in bids} & set(day.pools)
    assert bid_as_pool
    assert all(len(day.pools[name]) > 1 for name in bid_as_pool)


def test_platforms_speak_different_versions_and_products(day: Scenario) -> None:
    assert {platform.version for platform in PLATFORMS} == {"7.2", "7.4"}
    assert {bid.resolution for bid in day.bids["balancing"]} == {MTU}
    assert {bid.resolution for bid in day.bids["local-market"]} == {timedelta(hours=1)}


def test_stretches_are_the_unbroken_times_of_an_offer(day: Scenario) -> None:
    sunny = next(
        bid
        for bids in day.bids.values()
        for bid in bids
        if 0 < (bid.quantity_mw > 0).sum() < len(bid.quantity_mw)
    )
    inside = np.zeros(len(sunny.quantity_mw), dtype=bool)
    for first, end in sunny.stretches():
        inside[first:end] = True
    assert (inside == (sunny.quantity_mw > 0)).all()


def test_hourly_offers_count_in_every_quarter_hour(day: Scenario) -> None:
    books = books_of(day)
    row = books.platform.index("local-market")
    bid = day.bids["local-market"][0]
    assert books.bid_id[row] == bid.bid_id
    assert books.offered_mw[row].reshape(-1, 4).tolist() == [[mw] * 4 for mw in bid.quantity_mw.tolist()]


def test_an_unknown_technology_is_named(grids: tuple[DemoGrid, ...]) -> None:
    strange = replace(grids[0], units=(replace(grids[0].units[1], technology="perpetual motion"),))
    with pytest.raises(KeyError, match="perpetual motion"):
        scenario(PERIOD, (strange,), 1)


@pytest.mark.parametrize("count", range(len(PLATFORMS), MOST + 1))
def test_every_platform_has_a_part(grids: tuple[DemoGrid, ...], count: int) -> None:
    taking_part = platforms(count)
    day = scenario(PERIOD, grids, 7, taking_part)
    assert list(day.bids) == [platform.tenant for platform in taking_part]
    assert all(day.bids.values())
    assert len({platform.eic for platform in taking_part}) == count
    assert all(is_eic(platform.eic) for platform in taking_part)
    assert platforms(len(PLATFORMS)) == PLATFORMS


@pytest.mark.parametrize("count", [1, MOST + 1])
def test_a_day_has_two_platforms_or_more_but_not_any_number(count: int) -> None:
    with pytest.raises(ValueError, match="2 to 6"):
        platforms(count)
