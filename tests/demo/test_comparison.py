"""Two days that differ in anything that matters are told apart, bid by bid."""

from dataclasses import replace
from typing import Any

import pytest

from contract_tests.emulators.answers import LimitedBid
from contract_tests.emulators.platform import Answers
from gateway.demo.area import DemoGrid
from gateway.demo.comparison import compared, differences
from gateway.demo.day import PlayedDay
from gateway.demo.next_morning import PlayedMorning
from gateway.demo.scenario import Scenario
from tests.demo.conftest import listed

FIGURES = {"bids": 90, "limited_bids": 1, "cost": 1000.0, "cost_unconstrained": 900.0}


@pytest.fixture
def played(day: Scenario, grids: tuple[DemoGrid, ...], morning: PlayedMorning) -> PlayedDay:
    start = day.units.start_of(40)
    limit = LimitedBid("TEST-BID-1", start, start + day.units.mtu, "C41", 1.5, (("B58", "limited"),))
    answers = {
        tenant: Answers((limit,) if tenant == "balancing" else (), tuple(points))
        for tenant, points in listed(day, part=0.5).items()
    }
    return PlayedDay(day, grids, {"run_id": "1", "figures": FIGURES}, answers, [], morning)


def with_answers(played: PlayedDay, **changes: Any) -> PlayedDay:
    changed = replace(played.answers["balancing"], **changes)
    return replace(played, answers={**played.answers, "balancing": changed})


def test_the_same_day_is_the_same(played: PlayedDay) -> None:
    assert list(differences(played, played)) == []
    listed_points = sum(len(answers.merit_order) for answers in played.answers.values())
    assert compared(played) == listed_points + len(played.morning.answers.merit_order)


@pytest.mark.parametrize("figure", FIGURES)
def test_another_figure_is_reported(played: PlayedDay, figure: str) -> None:
    other = replace(played, run={"run_id": "2", "figures": {**FIGURES, figure: FIGURES[figure] + 1}})
    (reported,) = differences(other, played)
    assert reported.startswith(f"{figure} is ")


@pytest.mark.parametrize("quantity", ["available_mw", "activated_mw"])
def test_another_quantity_of_one_bid_in_one_unit_is_reported(played: PlayedDay, quantity: str) -> None:
    points = list(played.answers["balancing"].merit_order)
    points[7] = replace(points[7], **{quantity: getattr(points[7], quantity) + 0.01})
    (reported,) = differences(with_answers(played, merit_order=tuple(points)), played)
    assert reported.startswith("merit order lists: 1 entries have other quantities")
    assert points[7].bid_id in reported


def test_a_missing_bid_is_reported(played: PlayedDay) -> None:
    points = played.answers["balancing"].merit_order[1:]
    (reported,) = differences(with_answers(played, merit_order=points), played)
    assert reported.startswith("merit order lists: 1 entries are on one side only")


def test_another_limit_is_reported(played: PlayedDay) -> None:
    (limit,) = played.answers["balancing"].limited
    (reported,) = differences(with_answers(played, limited=(replace(limit, available_mw=None),)), played)
    assert reported.startswith("bid availabilities: 1 entries have other quantities")
    (gone,) = differences(with_answers(played, limited=()), played)
    assert "on one side only" in gone


def test_another_balancing_list_is_reported(played: PlayedDay) -> None:
    points = played.morning.answers.merit_order[1:]
    morning = replace(played.morning, answers=replace(played.morning.answers, merit_order=points))
    (reported,) = differences(replace(played, morning=morning), played)
    assert reported.startswith("merit order lists: 1 entries are on one side only")
