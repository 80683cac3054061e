"""A demo that went wrong says so: every disagreement between the gateway and the recount is a fault."""

from dataclasses import replace
from typing import Any

import pytest

from contract_tests.emulators.answers import LimitedBid
from contract_tests.emulators.dso import Limitation
from contract_tests.emulators.platform import Answers
from gateway.demo.area import DemoGrid
from gateway.demo.day import PlayedDay
from gateway.demo.next_morning import PlayedMorning
from gateway.demo.next_morning import recount as recount_list
from gateway.demo.recount import Recount, recount
from gateway.demo.scenario import Scenario
from gateway.demo.verdict import faults, figures
from tests.demo.conftest import listed


@pytest.fixture
def count(day: Scenario, grids: tuple[DemoGrid, ...]) -> Recount:
    return replace(recount(day, [grid.model for grid in grids], listed(day, part=0.0)), unmet_mwh=0.0)


@pytest.fixture
def played(day: Scenario, grids: tuple[DemoGrid, ...], count: Recount, morning: PlayedMorning) -> PlayedDay:
    """A day on which the gateway says what the recount says."""
    bid = day.bids["balancing"][0].bid_id
    (first, _), *_ = day.bids["balancing"][0].stretches()
    start = day.units.start_of(first)
    limit = LimitedBid(
        bid, start, start + day.units.mtu, "C41", float(day.bids["balancing"][0].quantity_mw[first]), ()
    )
    run = {
        "bids": day.bid_count,
        "limited_bids": 1,
        "cost": count.cost_eur,
        "cost_unconstrained": count.cost_unconstrained_eur,
        "max_loading_before_pct": count.max_loading_before_pct,
        "max_loading_after_pct": count.max_loading_after_pct,
        "shortage_mwh": 0.0,
        "rung": "optimal",
        "verification": {"violations": 0, "rows_checked": 100},
        "stage_seconds": {"optimise": 0.5},
    }
    return PlayedDay(
        day,
        grids,
        {"run_id": "1", "figures": run},
        {"balancing": Answers((limit,), ()), "local-market": Answers((), ())},
        [Limitation(bid, first, 1.0, "north", "to farm", 1.0)],
        morning,
    )


def reported(played: PlayedDay, count: Recount) -> list[str]:
    return list(faults(played, count, recount_list(played.morning)))


def with_run(played: PlayedDay, **changes: Any) -> PlayedDay:
    return replace(played, run={**played.run, "figures": {**played.run["figures"], **changes}})


def test_a_day_on_which_both_agree_reports_nothing(played: PlayedDay, count: Recount) -> None:
    assert (reported(played, count)) == []


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"bids": 1}, "bids"),
        ({"limited_bids": 2}, "limited bids"),
        ({"cost": 1e6}, "cost, €"),
        ({"cost_unconstrained": 1e6}, "cost by price alone"),
        ({"max_loading_before_pct": 1e3}, "worst loading before"),
        ({"max_loading_after_pct": 1e3}, "worst loading after"),
        ({"verification": {"violations": 3, "rows_checked": 100}}, "violations"),
        ({"rung": "best-found"}, "best-found, not optimal"),
    ],
)
def test_every_disagreement_is_a_fault(
    played: PlayedDay, count: Recount, changes: dict[str, Any], names: str
) -> None:
    (fault,) = reported(with_run(played, **changes), count)
    assert names in fault


def test_unmet_demand_is_a_fault(played: PlayedDay, count: Recount) -> None:
    (fault,) = reported(played, replace(count, unmet_mwh=0.5))
    assert "0.500 MWh of the demand are not met" in fault


def test_broken_limits_are_a_fault_even_if_the_gateway_agrees(played: PlayedDay, count: Recount) -> None:
    broken = replace(count, loadings=(replace(count.loadings[0], violations=2), *count.loadings[1:]))
    found = reported(with_run(played, verification={"violations": 2, "rows_checked": 100}), broken)
    assert found == ["the published answer breaks 2 limits"]


def test_two_documents_that_contradict_each_other_are_a_fault(played: PlayedDay, count: Recount) -> None:
    (limit,) = played.answers["balancing"].limited
    wrong = {**played.answers, "balancing": Answers((replace(limit, available_mw=0.01),), ())}
    (fault,) = reported(replace(played, answers=wrong), count)
    assert limit.bid_id in fault


def test_an_error_in_the_gateways_log_is_a_fault(played: PlayedDay, count: Recount) -> None:
    (fault,) = reported(replace(played, errors=["Exception in thread dispatcher:"]), count)
    assert "dispatcher" in fault


def test_figures_count_the_larger_of_both_counts_of_violations(played: PlayedDay, count: Recount) -> None:
    broken = replace(count, loadings=(replace(count.loadings[0], violations=2), *count.loadings[1:]))
    assert figures(played, broken, recount_list(played.morning), 1.0)["violations_after"] == 2
    lied = with_run(played, verification={"violations": 5, "rows_checked": 100})
    assert figures(lied, broken, recount_list(lied.morning), 1.0)["violations_after"] == 5


def with_list(played: PlayedDay, **changes: Any) -> PlayedDay:
    figures = {**played.morning.run["figures"], **changes}
    return replace(played, morning=replace(played.morning, run={"figures": figures}))


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"bids": 1}, "bids"),
        ({"limited_bids": 1}, "limited bids"),
        ({"available_mwh": 1e4}, "MWh available"),
        ({"verification": {"violations": 1}}, "violations"),
        ({"rung": "not-assessed"}, "not-assessed"),
    ],
)
def test_every_disagreement_over_the_balancing_list_is_a_fault(
    played: PlayedDay, count: Recount, changes: dict[str, Any], names: str
) -> None:
    (fault,) = reported(with_list(played, **changes), count)
    assert "balancing list" in fault
    assert names in fault
