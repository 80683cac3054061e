"""Rounding cuts and the search, against every combination of switches and against HiGHS."""

from dataclasses import replace
from itertools import product

import highspy
import numpy as np
import pytest
from scipy.sparse import csr_array

from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.solver import branch_cut, highs
from gateway.optimiser.solver.branch_cut import BranchCut
from gateway.optimiser.solver.rounding import ColumnKinds, RelaxationRows, deep, rounded
from tests.optimiser.cases import random_problem

SWITCHES, ROWS = 8, 4


class Knapsacks:
    """Rows over extras, switches and one overload each: min cost, demand covered, extra ≤ ratio · switch."""

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        count, rows = SWITCHES, ROWS
        least, ratio = draw.uniform(0.2, 1.0, count), draw.uniform(0.0, 1.0, count)
        width = 2 * count + rows
        effect = draw.uniform(-0.5, 1.0, (rows, count))
        self.matrix, self.upper = np.zeros((rows + count + 1, width)), np.zeros(rows + count + 1)
        self.matrix[:rows, :count], self.matrix[:rows, count : 2 * count] = effect, effect * least
        self.matrix[:rows, 2 * count :] = -np.eye(rows)
        self.upper[:rows] = draw.uniform(0.1, 0.6, rows)
        self.matrix[rows:-1, :count], self.matrix[rows:-1, count : 2 * count] = np.eye(count), -np.diag(ratio)
        self.matrix[-1, :count], self.matrix[-1, count : 2 * count] = -1.0, -least
        self.upper[-1] = -0.4 * (least + ratio).sum()
        price = draw.uniform(20, 300, count)
        self.cost = np.r_[price, price * least, np.full(rows, 2000.0)]
        self.columns = ColumnKinds(
            switches=np.arange(count, 2 * count),
            extras=np.arange(count),
            switch_of=np.arange(count, 2 * count),
            ratio=ratio,
            others=np.arange(2 * count, width),
        )

    def model(self) -> highspy.Highs:
        model = highs.new_model()
        top = np.full(self.cost.size, highs.INFINITY)
        top[self.columns.switches] = 1.0
        highs.add_columns(model, self.cost, np.zeros(self.cost.size), top)
        highs.add_rows(
            model, csr_array(self.matrix), np.full(self.upper.size, -highs.INFINITY), self.upper.copy()
        )
        return model


def least_over_all(case: Knapsacks, model: highspy.Highs, cost: FloatArray) -> float:
    """The least of `cost` over every combination of switches."""
    highs.set_costs(model, np.arange(cost.size), cost)
    least = np.inf
    for chosen in product((0.0, 1.0), repeat=SWITCHES):
        highs.set_column_bounds(model, case.columns.switches, np.array(chosen), np.array(chosen))
        least = min(least, highs.optimum(model))
    return float(least)


@pytest.mark.parametrize("seed", range(6))
def test_no_cut_takes_away_a_point_with_whole_switches(seed: int) -> None:
    case = Knapsacks(seed)
    model = case.model()
    highs.solve(model)
    values = highs.values(model)[0]
    rows = RelaxationRows(case.matrix, case.upper, np.zeros(case.upper.size))
    cuts = deep(rounded(case.columns, rows, values), values)
    assert (cuts.matrix @ values > cuts.upper).all()
    for cut, upper in zip(cuts.matrix, cuts.upper, strict=True):
        assert least_over_all(case, case.model(), -cut) >= -upper - 1e-7


def test_cuts_are_found_at_all() -> None:
    found = 0
    for seed in range(6):
        case = Knapsacks(seed)
        model = case.model()
        highs.solve(model)
        rows = RelaxationRows(case.matrix, case.upper, np.zeros(case.upper.size))
        found += rounded(case.columns, rows, highs.values(model)[0]).upper.size
    assert found >= 6


@pytest.mark.parametrize("seed", range(12))
def test_the_search_equals_enumeration(seed: int) -> None:
    case = Knapsacks(seed)
    found = BranchCut(case.model()).search(lambda: case.columns, 0.0, 0.0, lambda _: True)
    assert found is not None
    values, bound = found
    assert case.cost @ values == pytest.approx(least_over_all(case, case.model(), case.cost), rel=1e-7)
    assert bound == pytest.approx(case.cost @ values, rel=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_rows_found_on_the_way_hold(seed: int) -> None:
    """The first limit row is left out until a point is found."""
    case, source = Knapsacks(seed), Knapsacks(seed).model()
    highs.set_row_bounds(source, np.array([0]), np.array([-highs.INFINITY]), np.array([1e3]))

    def complete(values: FloatArray) -> bool:
        if case.matrix[0] @ values <= case.upper[0] + 1e-6:
            return True
        highs.add_rows(source, csr_array(case.matrix[:1]), np.array([-highs.INFINITY]), case.upper[:1].copy())
        return False

    found = BranchCut(source).search(lambda: case.columns, 0.0, 0.0, complete)
    assert found is not None
    assert case.cost @ found[0] == pytest.approx(least_over_all(case, case.model(), case.cost), rel=1e-7)


def test_a_search_without_any_point_is_an_error() -> None:
    case = Knapsacks(0)
    model = case.model()
    highs.add_rows(model, csr_array(-case.matrix[-1:]), np.array([-highs.INFINITY]), np.array([0.0]))
    with pytest.raises(highs.SolverError, match="no point"):
        BranchCut(model).search(lambda: case.columns, 0.0, 0.0, lambda _: True)


def test_highs_takes_over_what_takes_too_many_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_problem(3)
    indivisible = np.zeros(len(problem.bids.ids), np.bool_)
    problem = replace(problem, bids=replace(problem.bids, divisible=indivisible), surplus_mw=1.0)
    before = cover_demand(problem, 0.0)
    monkeypatch.setattr(branch_cut, "MOST_NODES", 1)
    after = cover_demand(problem, 0.0)
    assert after.objective_eur == pytest.approx(before.objective_eur, rel=1e-6)
