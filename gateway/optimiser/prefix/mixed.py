"""Safe lists with bids that may not be cut at will: taken out first, then searched with switches.

`reduced` reaches an answer quickly: bids furthest from staying go, and the programme is solved again.
`switched` is the mixed-integer programme over the cuts known so far; unsafe activations of its answer become
cuts, and it runs again, until its answer is safe. As the cuts are a subset of all rows, each run is a
relaxation: what it proves bounds the volume, whether its answer is safe or not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

import highspy
import numpy as np
from scipy.sparse import csr_array, eye_array, hstack

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.prefix.conditions import Conditions
from gateway.optimiser.prefix.search import Search
from gateway.optimiser.solver import highs
from gateway.optimiser.solver.highs import SolverError

GAP = 1e-5
LEAST_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Switched:
    """Quantities (W·b,), None if no safe ones were found, and the least cost that is possible."""

    available: FloatArray | None
    bound: float


def reduced(search: Search, conditions: Conditions, available: FloatArray) -> Iterator[FloatArray]:
    """Quantities, from those of the linear programme on, ever fewer; the last honour the conditions.

    Raises:
        SolverError: the solver failed.
    """
    while True:
        bids, far = conditions.broken(available)
        if not bids.size:
            return
        order = np.argsort(-far, kind="stable")
        out = np.unique(bids[order[: max(1, bids.size // 3)]])
        search.confine(out, np.zeros(out.size), np.zeros(out.size))
        available, _ = search.converge()
        yield available


def free(search: Search) -> None:
    """Undo what `reduced` did to the bounds."""
    columns = np.arange(search.offered.size)
    search.confine(columns, np.zeros(columns.size), search.offered)


def switched(search: Search, conditions: Conditions, incumbent: float, seconds: float) -> Switched:
    """The best that switches find within `seconds`, below the cost of an incumbent.

    Raises:
        SolverError: the solver failed.
    """
    end, bound = perf_counter() + seconds, -np.inf
    while True:
        left = end - perf_counter()
        if left < LEAST_S:
            return Switched(None, bound)
        model, whole, switches = _model(search, conditions)
        for name, value in (("mip_rel_gap", GAP), ("time_limit", left)):
            highs.accept(model.setOptionValue(name, value), f"option {name}")
        if model.run() == highspy.HighsStatus.kError:
            raise SolverError("mixed-integer run")
        info = model.getInfo()
        bound = max(bound, float(info.mip_dual_bound))
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        if not found or bound >= incumbent - GAP * max(abs(incumbent), 1.0):
            return Switched(None, bound)
        values = np.array(model.getSolution().col_value)
        available = np.clip(values[: search.offered.size], 0.0, search.offered)
        on = values[-switches:][: whole.size] > 0.5
        available[whole[~on]] = 0.0
        available[whole[on]] = np.maximum(available[whole[on]], conditions.least[whole[on]])
        if not search.forbid(available, values):
            return Switched(available, bound)


def _model(search: Search, conditions: Conditions) -> tuple[highspy.Highs, IntArray, int]:
    """The programme with a switch for every bid with a minimum, and for every parent that must be full."""
    model = highs.new_model()
    search.copy_to(model)
    count = model.getNumCol()
    whole, parents = np.flatnonzero(conditions.least > 0), np.unique(conditions.parts[:, 0])
    switches = whole.size + parents.size
    highs.add_columns(model, np.zeros(switches), np.zeros(switches), np.ones(switches))
    highs.set_integer(model, count + np.arange(switches))
    pick = _rows(whole, count)
    between = csr_array((whole.size, parents.size))
    unit = eye_array(whole.size)
    most = hstack([pick, unit.multiply(-search.offered[whole][:, None]), between], format="csr")
    least = hstack([pick, unit.multiply(-conditions.least[whole][:, None]), between], format="csr")
    endless = np.full(whole.size, highs.INFINITY)
    highs.add_rows(model, most, -endless, np.zeros(whole.size))
    highs.add_rows(model, least, np.zeros(whole.size), endless)
    for parent, part in conditions.parts.tolist():
        full = count + whole.size + int(np.searchsorted(parents, parent))
        for quantity, sign in ((parent, -1.0), (part, 1.0)):
            entries = (
                np.array([sign, -sign * conditions.offered[quantity]]),
                np.array([quantity, full]),
                np.array([0, 2]),
            )
            row = csr_array(entries, shape=(1, count + switches))
            highs.add_rows(model, row, np.array([-highs.INFINITY]), np.zeros(1))
    for one, after in conditions.follows.tolist():  # both have switches: links look at either
        on = count + np.searchsorted(whole, [one, after])
        row = csr_array((np.array([1.0, -1.0]), on, np.array([0, 2])), shape=(1, count + switches))
        highs.add_rows(model, row, np.array([-highs.INFINITY]), np.zeros(1))
    return model, whole, switches


def _rows(columns: IntArray, width: int) -> csr_array:
    """One row per column, 1 there."""
    return csr_array(
        (np.ones(columns.size), columns, np.arange(columns.size + 1)), shape=(columns.size, width)
    )
