"""Names, order and units of a problem change nothing in its answer."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.gate import DemandRule
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.quantity_steps import STEP_MW
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.grid_arrays import GridArrays, Injections
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.merit_order import safe_merit_order
from tests.optimiser.cases import random_problem, two_bids_behind_one_line

SEEDS = st.integers(0, 2**32 - 1)


def problem_of(seed: int) -> Problem:
    """A random problem; half of them meet the demand first, on rows that may be exceeded by a half."""
    problem = random_problem(seed)
    if seed % 2:
        return problem
    soft = tuple(
        replace(one, emergency_upper_mw=1.5 * one.upper_mw, emergency_lower_mw=1.5 * one.lower_mw)
        for one in problem.grids
    )
    return replace(problem, grids=soft, rule=DemandRule.MEET_DEMAND)


def same(found: Answer, wanted: Answer, *, mw: float = 1.0, eur: float = 1.0) -> None:
    """Equal figures where a MW is written as `mw` and a EUR as `eur`, as far as steps of quantities go."""
    steps = found.accepted_mw.size * STEP_MW  # the same in every unit
    assert found.verification.holds
    assert found.outcome == wanted.outcome
    assert found.shortage_mw.sum() == pytest.approx(mw * wanted.shortage_mw.sum(), abs=max(2e-5 * mw, steps))
    assert found.overload.sum() == pytest.approx(mw * wanted.overload.sum(), abs=max(2e-5 * mw, steps))
    assert found.cost_eur.sum() == pytest.approx(eur * wanted.cost_eur.sum(), rel=1e-5, abs=1e-2 * eur)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_renaming(seed: int) -> None:
    problem = problem_of(seed)
    renamed = replace(
        problem,
        bids=replace(
            problem.bids, ids=tuple(f"z{number:03d}"[::-1] for number in range(len(problem.bids.ids)))
        ),
        grids=tuple(
            replace(
                one,
                grid_id=f"other {9 - number}",
                element_ids=tuple(f"E{-row}" for row in range(len(one.element_ids))),
                node_ids=tuple(f"N{-node}" for node in range(len(one.node_ids))),
                point_names=tuple(f"P{-point}" for point in range(len(one.point_names))),
            )
            for number, one in enumerate(problem.grids)
        ),
    )
    same(cover_demand(renamed, gap=1e-7), cover_demand(problem, gap=1e-7))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_reordering(seed: int) -> None:
    """Bids, grids, and the elements, nodes and operating points of each grid in another order."""
    problem, draw = problem_of(seed), np.random.default_rng(seed)
    order = draw.permutation(len(problem.bids.ids))
    offer = problem.bids
    place = np.argsort(order)
    rows: dict[str, Any] = {
        name: getattr(offer, name)[order]
        for name in ("direction", "quantity_mw", "price_eur_per_mwh", "minimum_mw", "divisible", "list_index")
    }
    shuffled = replace(
        problem,
        bids=replace(offer, ids=tuple(offer.ids[bid] for bid in order), **rows),
        grids=tuple(_shuffled(one, place, draw) for one in problem.grids)[::-1],
    )
    found, wanted = cover_demand(shuffled, gap=1e-7), cover_demand(problem, gap=1e-7)
    same(found, wanted)


def _shuffled(one: GridArrays, place: np.ndarray, draw: np.random.Generator) -> GridArrays:
    points, elements, nodes = (draw.permutation(size) for size in one.ptdf.shape)
    hung = one.injections
    return replace(
        one,
        element_ids=tuple(one.element_ids[element] for element in elements),
        node_ids=tuple(one.node_ids[node] for node in nodes),
        point_names=tuple(one.point_names[point] for point in points),
        ptdf=one.ptdf[np.ix_(points, elements, nodes)],
        base_mw=one.base_mw[points][:, :, elements],
        injections=Injections(place[hung.bid], np.argsort(nodes)[hung.node], hung.factor),
        **{
            name: getattr(one, name)[elements]
            for name in (
                *("lower_mw", "upper_mw", "emergency_lower_mw", "emergency_upper_mw"),
                *("of_element", "scale", "accuracy", "margin_mw"),
            )
        },
    )


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.sampled_from([0.1, 10.0, 1000.0]))
def test_another_unit_of_power(seed: int, unit: float) -> None:
    """All power in tenths, tens or thousands of MW, prices by energy as they were."""
    problem = problem_of(seed)
    scaled = replace(
        problem,
        bids=replace(
            problem.bids,
            quantity_mw=unit * problem.bids.quantity_mw,
            minimum_mw=unit * problem.bids.minimum_mw,
            price_eur_per_mwh=problem.bids.price_eur_per_mwh,
        ),
        lists=Lists(problem.lists.names, problem.lists.direction, unit * problem.lists.demand_mw),
        grids=tuple(_rows(one, np.full(one.upper_mw.size, unit), in_ptdf=False) for one in problem.grids),
    )
    same(cover_demand(scaled, gap=1e-7), cover_demand(problem, gap=1e-7), mw=unit, eur=unit)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_another_unit_of_each_row(seed: int) -> None:
    """Rows in units of their own, such as A or kV, with a scale that makes them comparable."""
    problem, draw = problem_of(seed), np.random.default_rng(seed)
    scaled = tuple(
        _rows(one, draw.choice([0.1, 1.0, 20.0], one.upper_mw.size), in_ptdf=True) for one in problem.grids
    )
    same(cover_demand(replace(problem, grids=scaled), gap=1e-7), cover_demand(problem, gap=1e-7))


def _rows(one: GridArrays, unit: np.ndarray, *, in_ptdf: bool) -> GridArrays:
    """The grid with its rows times `unit`; their scale too, where bids stay in MW."""
    return replace(
        one,
        ptdf=one.ptdf * unit[:, None] if in_ptdf else one.ptdf,
        scale=one.scale * unit if in_ptdf else one.scale,
        base_mw=one.base_mw * unit,
        lower_mw=one.lower_mw * unit,
        upper_mw=one.upper_mw * unit,
        emergency_lower_mw=one.emergency_lower_mw * unit,
        emergency_upper_mw=one.emergency_upper_mw * unit,
        margin_mw=one.margin_mw * unit,
    )


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_splitting_the_rows_of_an_element(seed: int) -> None:
    """Elements described by one to four rows each, equal, wider or with the limit of one side only."""
    problem, draw = problem_of(seed), np.random.default_rng(seed)
    split = replace(problem, grids=tuple(_split(one, draw) for one in problem.grids))
    same(cover_demand(split, gap=1e-7), cover_demand(problem, gap=1e-7))
    whole, parts = safe_merit_order(problem), safe_merit_order(split)
    assert parts.available_mw.sum() == pytest.approx(whole.available_mw.sum(), abs=1e-4)


def _split(one: GridArrays, draw: np.random.Generator) -> GridArrays:
    """The same elements by more rows and operating points: some twice, some by half, some never full."""
    row = np.repeat(np.arange(one.upper_mw.size), draw.integers(1, 5, one.upper_mw.size))
    first = np.diff(row, prepend=-1) != 0
    wider = np.where(first, 0.0, draw.choice([0.0, 3.0, 50.0], row.size))  # the first row says it as it was
    points = np.repeat(np.arange(one.ptdf.shape[0]), 2)
    return replace(
        one,
        element_ids=tuple(f"{one.element_ids[at]} {number}" for number, at in enumerate(row.tolist())),
        point_names=tuple(f"{one.point_names[at]} {number}" for number, at in enumerate(points.tolist())),
        ptdf=one.ptdf[np.ix_(points, row)],
        base_mw=one.base_mw[points][:, :, row],
        lower_mw=one.lower_mw[row] - wider,
        upper_mw=one.upper_mw[row] + wider,
        emergency_lower_mw=one.emergency_lower_mw[row] - wider,
        emergency_upper_mw=one.emergency_upper_mw[row] + wider,
        of_element=one.of_element[row],
        scale=one.scale[row],
        accuracy=one.accuracy[row],
        margin_mw=one.margin_mw[row],
    )


def test_a_change_that_matters_is_seen() -> None:
    """The figures compared do tell one answer from another."""
    problem = two_bids_behind_one_line()
    tighter = replace(
        problem, grids=tuple(replace(one, upper_mw=0.5 * one.upper_mw) for one in problem.grids)
    )
    with pytest.raises(AssertionError):
        same(cover_demand(tighter, gap=1e-7), cover_demand(problem, gap=1e-7))
