"""A problem is refused where it is wrong, and the error names the culprit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gateway.optimiser.model.checks import InvalidProblemError
from gateway.optimiser.model.grid_arrays import Injections
from gateway.optimiser.model.links import Condition, ConditionalLink, Links
from tests.optimiser.cases import bids, grid, random_problem, two_bids_behind_one_line


def test_arrays_cannot_be_written_through() -> None:
    problem = two_bids_behind_one_line()
    for array in (problem.bids.quantity_mw, problem.grids[0].ptdf, problem.lists.demand_mw):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"quantity_mw": [[10.0], [np.nan]]}, ["b1", "MTU 0", "quantity_mw is not finite"]),
        ({"quantity_mw": [[10.0], [-1.0]]}, ["b1", "negative"]),
        ({"minimum_mw": [[11.0], [0.0]]}, ["b0", "minimum quantity above the quantity"]),
        ({"price_eur_per_mwh": [[np.inf], [0.0]]}, ["b0", "price"]),
        ({"quantity_mw": [[10.0], [1e16]]}, ["b1", "MTU 0", "quantity_mw is beyond 1,000,000"]),
        ({"price_eur_per_mwh": [[-1e12], [0.0]]}, ["b0", "price_eur_per_mwh is beyond"]),
        ({"direction": [1, 0]}, ["b1", "direction"]),
        ({"direction": [1.0, -1.0]}, ["direction must be integers"]),
        ({"ids": ("x", "x")}, ["'x' appears twice"]),
        ({"divisible": [1, 0]}, ["true or false"]),
        ({"minimum_mw": [[0.0, 0.0], [0.0, 0.0]]}, ["minimum_mw has shape (2, 2), expected (2, 1)"]),
        ({"provider": [0, 3]}, ["b1", "unknown provider"]),
    ],
)
def test_a_bad_bid_is_named(change: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(InvalidProblemError) as refused:
        replace(two_bids_behind_one_line().bids, **change)
    for name in names:
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"ptdf": [[[np.nan, 0.0]]]}, ["grid 'G'", "G-line0", "G-node0", "not finite"]),
        ({"ptdf": [[[1.0]]]}, ["grid 'G'", "ptdf has shape (1, 1, 1), expected (1, 1, 2)"]),
        ({"base_mw": [[[np.inf]]]}, ["grid 'G'", "G-line0", "MTU 0"]),
        ({"upper_mw": [-5.0]}, ["G-line0", "above upper"]),
        ({"element_ids": ()}, ["grid 'G'", "at least one element"]),
        ({"node_ids": ("n", "n")}, ["grid 'G'", "node 'n' appears twice"]),
        ({"injections": Injections([0], [7], [1.0])}, ["grid 'G'", "node number 7 of 2"]),
        ({"injections": Injections([0], [0], [np.nan])}, ["grid 'G'", "factor is not finite"]),
    ],
)
def test_a_bad_grid_is_named(change: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(InvalidProblemError) as refused:
        replace(two_bids_behind_one_line().grids[0], **change)
    for name in names:
        assert name in str(refused.value)
    assert refused.value.grid_id == "G"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"demand_up_mw": [-1.0]}, "'up' is negative"),
        ({"demand_down_mw": [np.nan]}, "MTU 0"),
        ({"demand_up_mw": [1e300]}, "'up' is beyond 1,000,000 MW"),
        ({"demand_up_mw": [1.0, 2.0]}, "shape"),
        ({"mtu_hours": 0.0}, "mtu_hours"),
        ({"relief_share": 1.5}, "relief_share"),
        ({"grids": (grid([[[1.0]]], [[[0.0]]], 1.0, [0]),) * 2}, "grid 'G' appears twice"),
        ({"grids": (grid([[[1.0]]], [[[0.0]]], 1.0, [0, 0, 0]),)}, "bid number 2 of 2"),
        ({"grids": (grid([[[1.0]]], [[[0.0], [0.0]]], 1.0, [0]),)}, "base_mw has 2 MTUs"),
    ],
)
def test_a_problem_that_does_not_fit_together_is_refused(change: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidProblemError, match=name):
        two_bids_behind_one_line(**change)


@pytest.mark.parametrize(
    ("links", "name"),
    [
        (Links(exclusive=((0, 9),)), "bid number 9"),
        (Links(exclusive=((0, 1),), inclusive=((0, 1),)), "'b0': in two groups at once"),
        (Links(exclusive=((0, 0),)), "twice"),
        (Links(multipart=((0,),)), "fewer than two"),
        (Links(technical=(((0, 0), (1, 2)),)), "MTU number 2"),
        (Links(technical=(((0, 0), (1, 0)),)), "skips"),
        (Links(conditional=(ConditionalLink(0, 0, ()),)), "without a condition"),
        (Links(conditional=(ConditionalLink(0, 0, (Condition(1, 0, True),)),)), "not earlier"),
    ],
)
def test_contradictory_links_name_the_bid(links: Links, name: str) -> None:
    with pytest.raises(InvalidProblemError, match=name):
        two_bids_behind_one_line(links=links)


def test_groups_of_mixed_direction_are_refused() -> None:
    offer = bids([1, 1], [1, 2], [1, -1])
    with pytest.raises(InvalidProblemError, match="mixes directions"):
        two_bids_behind_one_line(bids=offer, links=Links(inclusive=((0, 1),)))


def test_demand_above_all_offers_is_no_error() -> None:
    assert two_bids_behind_one_line(demand_up_mw=[1000.0]).demand_up_mw[0] == 1000


def test_penalties_stay_above_any_price() -> None:
    cheap = two_bids_behind_one_line()
    dear = two_bids_behind_one_line(bids=bids([10, 10], [9000, -5]))
    assert cheap.shortage_eur_per_mw > cheap.overload_eur_per_mw > 50
    assert dear.overload_eur_per_mw > 9000 < dear.shortage_eur_per_mw


def test_injections_of_one_bid_at_one_node_are_summed() -> None:
    hung = Injections([3, 0, 3], [1, 0, 1], [0.5, 1.0, 0.25])
    assert hung.bid.tolist() == [0, 3]
    assert hung.factor.tolist() == [1.0, 0.75]


def test_a_bid_on_no_grid_is_named() -> None:
    problem = two_bids_behind_one_line(grids=(grid([[[1.0]]], [[[0.0]]], 1.0, [0]),))
    assert problem.unconnected == (1,)


def test_a_cap_below_the_minimum_excludes_the_bid() -> None:
    offer = bids([10, 10], [1, 2], minimum_mw=[[4.0], [0.0]], cap_mw=[[3.0], [3.0]])
    assert offer.available_mw.tolist() == [[0.0], [3.0]]


def test_random_problems_differ() -> None:
    assert random_problem(1).demand_up_mw[0] != random_problem(2).demand_up_mw[0]
