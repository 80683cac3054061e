"""The traps of the solver, each one sprung on purpose."""

import highspy
import numpy as np
import pytest
from scipy.sparse import csr_array

from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.solver import highs
from tests.optimiser.cases import two_bids_behind_one_line


def small_model() -> highspy.Highs:
    """min x + 2y, x + y ≥ 3, x ≤ 2."""
    model = highs.new_model()
    highs.add_columns(model, np.array([1.0, 2.0]), np.zeros(2), np.array([2.0, highs.INFINITY]))
    matrix = csr_array(np.array([[1.0, 1.0]]))
    highs.add_rows(model, matrix, np.array([3.0]), np.array([highs.INFINITY]))
    return model


def test_a_solved_model_gives_values_and_duals() -> None:
    model = small_model()
    highs.solve(model)
    columns, duals = highs.values(model)
    assert columns == pytest.approx([2, 1])
    assert duals == pytest.approx([2])


def test_another_thread_count_in_the_process_does_no_harm() -> None:
    other = highspy.Highs()
    other.setOptionValue("output_flag", False)
    other.setOptionValue("threads", 2)
    other.setOptionValue("parallel", "on")
    other.setOptionValue("solver", "ipm")
    other.addVar(0, 1)
    other.run()
    answer = cover_demand(two_bids_behind_one_line())
    assert answer.cost_eur[0] == pytest.approx(380)
    highs.solve(small_model())


def test_a_model_without_optimum_is_an_error_and_not_a_zero() -> None:
    model = small_model()
    highs.set_column_bounds(model, np.array([1]), np.zeros(1), np.array([0.5]))
    with pytest.raises(highs.SolverError, match="nfeasible"):
        highs.solve(model)


def test_a_time_limit_is_an_error_and_not_an_answer() -> None:
    model = small_model()
    model.setOptionValue("time_limit", 0.0)
    with pytest.raises(highs.SolverError):
        highs.solve(model)


def test_unsorted_wide_and_duplicate_indices_are_put_right() -> None:
    model = small_model()
    column = np.array([1, 0, 1], dtype=np.int64)
    row = csr_array((np.array([0.25, -1.0, 0.75]), column, np.array([0, 3])), shape=(1, 2))
    highs.add_rows(model, row, np.array([0.5]), np.array([highs.INFINITY]))
    highs.solve(model)
    assert highs.values(model)[0] == pytest.approx([1.25, 1.75])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(highs.SolverError, match="not finite"):
        highs.add_rows(small_model(), csr_array(np.array([[bad, 1.0]])), np.zeros(1), np.ones(1))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_dense_row_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(highs.SolverError, match="not finite"):
        highs.add_dense_rows(small_model(), np.array([[bad, 1.0]]), np.arange(2), np.ones(1))
    with pytest.raises(highs.SolverError, match="not finite"):
        highs.add_dense_rows(small_model(), np.ones((1, 2)), np.arange(2), np.array([np.nan]))


def test_dense_rows_are_the_rows_given_less_their_smallest_entries() -> None:
    model = small_model()
    highs.add_dense_rows(model, np.array([[0.0, 1e-12], [2.0, -1.0]]), np.array([1, 0]), np.array([5.0, 3.0]))
    matrix, lower, upper = highs.rows_of(model)
    assert matrix[-2:].tolist() == [[0.0, 0.0], [-1.0, 2.0]]
    assert upper[-2:].tolist() == [5.0, 3.0]
    assert (lower[-2:] == -highs.INFINITY).all()


def test_refused_input_is_an_error() -> None:
    model = small_model()
    with pytest.raises(highs.SolverError, match="costs"):
        highs.set_costs(model, np.array([7]), np.array([1.0]))
    with pytest.raises(highs.SolverError, match="option"):
        highs.new_model(no_such_option=1.0)
