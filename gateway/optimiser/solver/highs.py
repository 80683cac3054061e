"""HiGHS, guarded: one place that knows its options, its status codes and its traps."""

from collections.abc import Sequence

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array

from gateway.optimiser.model.checks import FloatArray, IntArray

INFINITY = highspy.kHighsInf
UNSCALED, SCALED = 0, 2  # strategies of HiGHS for its simplex
BASIC = highspy.HighsBasisStatus.kBasic
AT_LOWER = highspy.HighsBasisStatus.kLower
NOTHING_FEASIBLE = highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible
AT_UPPER = highspy.HighsBasisStatus.kUpper
DUAL_TOLERANCE = 1e-9
NO_ENTRY = 1e-12  # HiGHS drops smaller ones; of a bid of a million MW they move a watt


class SolverError(RuntimeError):
    """The solver failed, refused the model or did not reach an optimum."""


class Infeasible(SolverError):  # noqa: N818 - the state of a model, not a fault
    """No point honours all rows."""


def new_model(**options: float | str | bool) -> highspy.Highs:
    """A silent, single-threaded model.

    One thread always: another value in the same process makes HiGHS refuse to run.
    """
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    settings = {
        "output_flag": False,
        "threads": 1,
        "dual_feasibility_tolerance": DUAL_TOLERANCE,
        "small_matrix_value": NO_ENTRY,
        "simplex_scale_strategy": UNSCALED,  # PTDFs are within [−1, 1] already: a third faster unscaled
        "mip_heuristic_run_root_reduced_cost": False,  # finds nothing in these models: a fifth faster without
    } | options
    for name, value in settings.items():
        accept(model.setOptionValue(name, value), f"option {name}")
    return model


def accept(status: highspy.HighsStatus, what: str) -> None:
    """Raise SolverError unless HiGHS returned kOk; it reports bad input only through this value."""
    if status != highspy.HighsStatus.kOk:
        raise SolverError(f"HiGHS refused: {what} ({status.name})")


def add_columns(
    model: highspy.Highs,
    cost: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    entries: csc_array | None = None,
) -> None:
    """Append columns, with `entries` (rows of the model, columns) or in no row yet; refuses NaN."""
    if not cost.size:
        return
    if entries is None:  # scipy would need longer than HiGHS
        start, row, value = np.zeros(cost.size, np.int32), np.zeros(0, np.int32), np.zeros(0)
        _numbers(cost, lower, upper)
    else:
        _finite(entries, cost, lower, upper)
        start, row = entries.indptr[:-1].astype(np.int32), entries.indices.astype(np.int32)
        value = entries.data
    accept(model.addCols(cost.size, cost, lower, upper, value.size, start, row, value), "columns")


def add_rows(model: highspy.Highs, matrix: csr_array, lower: FloatArray, upper: FloatArray) -> None:
    """Append rows lower ≤ matrix · x ≤ upper; refuses NaN, which HiGHS would accept."""
    if not lower.size:
        return
    _finite(matrix, lower, upper)
    start, column = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
    status = model.addRows(lower.size, lower, upper, matrix.nnz, start, column, matrix.data)
    accept(status, "rows")


def add_dense_rows(model: highspy.Highs, matrix: FloatArray, columns: IntArray, upper: FloatArray) -> None:
    """Append rows Σ_i matrix[r, i] · x[columns[r, i]] ≤ upper (R,); refuses what is not finite.

    `columns` is (R, n), or (n,) if it is the same for all rows; no row names a column twice.
    """
    if not upper.size:
        return
    counted = ~(np.abs(matrix) <= NO_ENTRY)  # so that what is no number stays in sight
    place = np.flatnonzero(counted)
    entries = matrix.ravel()[place]
    if not np.isfinite(entries).all() or np.isnan(upper).any():
        raise SolverError("a row is not finite")
    column = np.broadcast_to(columns, matrix.shape).ravel()[place].astype(np.int32)
    start = np.zeros(upper.size, np.int32)
    np.cumsum(np.count_nonzero(counted[:-1], axis=1), out=start[1:])
    lower = np.full(upper.size, -INFINITY)
    status = model.addRows(upper.size, lower, upper, entries.size, start, column, entries)
    accept(status, "rows")


def _finite(matrix: csr_array | csc_array, *bounds: FloatArray) -> None:
    """Sort the entries, drop those that HiGHS would drop with a warning, and raise SolverError on what it
    would accept silently.
    """
    _numbers(*bounds)
    if not np.isfinite(matrix.data).all():
        raise SolverError("a row or column is not finite")
    matrix.sum_duplicates()  # sorts, too
    if (np.abs(matrix.data) <= NO_ENTRY).any():
        matrix.data[np.abs(matrix.data) <= NO_ENTRY] = 0.0
        matrix.eliminate_zeros()


def _numbers(*bounds: FloatArray) -> None:
    if any(np.isnan(bound).any() for bound in bounds):
        raise SolverError("a bound of a row or column is no number")


def set_costs(model: highspy.Highs, columns: IntArray, cost: FloatArray) -> None:
    """Change objective coefficients."""
    accept(model.changeColsCost(columns.size, columns.astype(np.int32), cost), "costs")


def set_column_bounds(model: highspy.Highs, columns: IntArray, lower: FloatArray, upper: FloatArray) -> None:
    """Change column bounds."""
    accept(model.changeColsBounds(columns.size, columns.astype(np.int32), lower, upper), "column bounds")


def set_row_bounds(model: highspy.Highs, rows: IntArray, lower: FloatArray, upper: FloatArray) -> None:
    """Change row bounds."""
    status = model.changeRowsBounds(rows.size, rows.astype(np.int32), lower, upper)  # type: ignore[attr-defined]
    accept(status, "row bounds")


def set_basis(
    model: highspy.Highs,
    columns: Sequence[highspy.HighsBasisStatus],
    rows: Sequence[highspy.HighsBasisStatus],
) -> None:
    """Start the next run from this basis."""
    basis = highspy.HighsBasis()
    basis.col_status, basis.row_status, basis.valid = list(columns), list(rows), True
    accept(model.setBasis(basis), "basis")


def solve(model: highspy.Highs) -> None:
    """Run to optimality, reading run status and model status.

    A failed run is repeated once from scratch with a fresh scheduler, and scaled from then on: that cures a
    thread count set by another user of HiGHS in this process, a basis gone singular, and sensitivities so
    small, of bids so large, that none can be a pivot.

    Raises:
        SolverError: no optimum.
    """
    if _optimal(model):
        return
    highspy.Highs.resetGlobalScheduler(True)
    model.clearSolver()
    accept(model.setOptionValue("simplex_scale_strategy", SCALED), "scaling")
    if not _optimal(model):
        raise _ended(model)


def _ended(model: highspy.Highs) -> SolverError:
    status = model.getModelStatus()
    text = f"HiGHS ended with {model.modelStatusToString(status)}"
    return Infeasible(text) if status in NOTHING_FEASIBLE else SolverError(text)


def _optimal(model: highspy.Highs) -> bool:
    ran = model.run() != highspy.HighsStatus.kError
    return ran and model.getModelStatus() == highspy.HighsModelStatus.kOptimal


def optimum(model: highspy.Highs) -> float:
    """The least objective of a linear programme, infinite if nothing is feasible.

    Raises:
        SolverError: neither an optimum nor a proof that there is none.
    """
    if not _optimal(model):
        if model.getModelStatus() in NOTHING_FEASIBLE:
            return float(np.inf)
        try:
            solve(model)
        except Infeasible:
            return float(np.inf)
    return float(model.getInfo().objective_function_value)


def take_over(model: highspy.Highs, source: highspy.Highs) -> None:
    """Make `model` the same programme as `source`."""
    accept(model.passModel(source.getLp()), "model")


def delete_rows(model: highspy.Highs, rows: IntArray) -> None:
    """Remove rows; those after them move up."""
    if rows.size:
        accept(model.deleteRows(rows.size, rows.astype(np.int32)), "rows to delete")


def rows_of(model: highspy.Highs) -> tuple[FloatArray, FloatArray, FloatArray]:
    """All rows, dense (R, N), with their lower and upper bounds (R,)."""
    programme = model.getLp()
    matrix, shape = programme.a_matrix_, (programme.num_row_, programme.num_col_)
    entries = np.array(matrix.value_), np.array(matrix.index_), np.array(matrix.start_)
    by_column = matrix.format_ == highspy.MatrixFormat.kColwise
    sparse = csc_array(entries, shape=shape) if by_column else csr_array(entries, shape=shape)
    return sparse.toarray(), np.array(programme.row_lower_), np.array(programme.row_upper_)


def tableau(model: highspy.Highs, columns: IntArray, most: int) -> FloatArray:
    """(K, R) multipliers of the rows that make up the tableau rows of those `columns` that are basic."""
    status, basic = model.getBasicVariables()  # type: ignore[attr-defined]
    accept(status, "basic variables")
    picked = np.flatnonzero(np.isin(basic, columns))[:most]
    result = np.zeros((picked.size, model.getNumRow()))
    for place, row in enumerate(picked.tolist()):
        status, result[place] = model.getBasisInverseRow(row)  # type: ignore[attr-defined]
        accept(status, "tableau")
    result[np.abs(result) < DUAL_TOLERANCE] = 0.0
    return result


def values(model: highspy.Highs) -> tuple[FloatArray, FloatArray]:
    """Column values and row duals of the last solve; raises SolverError when they are not finite."""
    solution = model.getSolution()
    columns, duals = np.array(solution.col_value), np.array(solution.row_dual)
    if not (np.isfinite(columns).all() and np.isfinite(duals).all()):
        raise SolverError("HiGHS returned numbers that are not finite")
    return columns, duals


def row_values(model: highspy.Highs) -> FloatArray:
    """Values of all rows in the last solve."""
    return np.array(model.getSolution().row_value)


def solve_mixed(model: highspy.Highs) -> None:
    """Run a mixed-integer model until its gap; there is no time limit, HiGHS does not observe one.

    Raises:
        SolverError: it ended otherwise, whatever point it reports.
    """
    if model.run() == highspy.HighsStatus.kError:
        highspy.Highs.resetGlobalScheduler(True)
        model.clearSolver()
        accept(model.run(), "mixed-integer run")
    reached = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    if not reached or not np.isfinite(model.getInfo().objective_function_value):
        raise _ended(model)


def set_integer(model: highspy.Highs, columns: IntArray) -> None:
    """Make columns integer."""
    _set_kind(model, columns, highspy.HighsVarType.kInteger)


def set_continuous(model: highspy.Highs, columns: IntArray) -> None:
    """Make columns continuous."""
    _set_kind(model, columns, highspy.HighsVarType.kContinuous)


def _set_kind(model: highspy.Highs, columns: IntArray, kind: highspy.HighsVarType) -> None:
    kinds = np.full(columns.size, kind)
    accept(model.changeColsIntegrality(columns.size, columns.astype(np.int32), kinds), "integrality")
