"""The baseline: every row of every grid in one model, handed to HiGHS at once."""

from time import perf_counter

import highspy
import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack

from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.rows import constraint_matrix, margins


def solve_full(problem: Problem) -> tuple[float, float]:
    """Objective per hour of MTU 0 by simplex on the full model, and the seconds to build and solve it."""
    started = perf_counter()
    flows = GridFlows.of(problem)
    keys = RowKeys.join([_all_rows(number, flow) for number, flow in enumerate(flows)])
    bids, rows = len(problem.bids.ids), len(keys)
    up = problem.bids.direction > 0
    limits = hstack([constraint_matrix(flows, keys, bids), csr_array((rows, 2)), -eye_array(rows)])
    sums = csr_array(np.stack([up, ~up]).astype(float))
    balances = hstack([sums, eye_array(2), csr_array((2, rows))])
    matrix = csr_array(vstack([balances, limits], format="csr"))
    demand = np.r_[problem.demand_up_mw[0], problem.demand_down_mw[0]]
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = bids + 2 + rows, 2 + rows
    penalties = np.r_[np.full(2, problem.shortage_eur_per_mw), np.full(rows, problem.overload_eur_per_mw)]
    lp.col_cost_ = np.r_[problem.bids.price_eur_per_mwh[:, 0], penalties]
    lp.col_lower_ = np.zeros(lp.num_col_)
    lp.col_upper_ = np.r_[problem.bids.available_mw[:, 0], np.full(2 + rows, highspy.kHighsInf)]
    lp.row_lower_ = np.r_[demand, np.full(rows, -highspy.kHighsInf)]
    lp.row_upper_ = np.r_[demand, margins(flows, keys, problem.mtus)[:, 0]]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("solver", "simplex")):
        model.setOptionValue(option, value)
    if model.passModel(lp) != highspy.HighsStatus.kOk:
        raise RuntimeError("HiGHS refused the full model")
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError("the full model was not solved")
    return float(model.getInfo().objective_function_value), perf_counter() - started


def _all_rows(number: int, flow: GridFlows) -> RowKeys:
    points, elements, _ = flow.grid.ptdf.shape
    side, point, element = np.unravel_index(np.arange(2 * points * elements), (2, points, elements))
    return RowKeys(np.full(side.size, number), element, point, 1 - 2 * side)
