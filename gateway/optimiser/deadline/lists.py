"""The safe merit order before a deadline, whatever the solver does.

As `demand` for covering a demand: a child that can be killed sends safe quantities of every component of the
grids in its MTUs, then better answers where there are any. Meanwhile this process scales all offers down
so that every subset of it is safe, with numpy alone. Nothing a child sends is believed before its worst
activations were recomputed by this process, as it arrives; answers too late to be checked are left out.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from gateway.optimiser.deadline.solver_process import CHILD, STARTING_S, SolverProcess, go_on, packed
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import ComponentAnswer, SafeMeritOrder
from gateway.optimiser.safe.every_subset import every_subset
from gateway.optimiser.safe.gather import Fallback, Gathered

METHOD = "merit-order"
LOOK_S = 0.05  # between two looks at the clock
CURTAIL_SHARE = 0.6  # of the budget, at most, for the fallback
CHECKED = 0.5  # times the duration of the fallback is the most of its check: it covers the same cells
RESERVE = 0.05  # of the budget, for a busy machine; plus the observed duration of joining the components


def safe_merit_order_with_deadline(
    problem: Problem,
    budget_s: float,
    *,
    memory_mb: int = 0,
    command: Sequence[str] = CHILD,
    stopping: threading.Event | None = None,
) -> SafeMeritOrder:
    """Return a safe merit order within `budget_s` seconds of wall time; `rung` states per grid how good.

    Args and errors as in `demand.solve_with_deadline`.
    """
    started = perf_counter()
    notes: list[str] = []
    child: SolverProcess[ComponentAnswer] | None = None
    cut_short = budget_s <= STARTING_S
    try:
        if not cut_short:
            child = SolverProcess(
                ComponentAnswer, command, METHOD, memory_mb, packed(problem), stopping=stopping
            )
    except OSError as error:
        notes.append(f"the solver could not be started: {error.strerror}")
    try:
        flows = GridFlows.of(problem)
        gathered = Gathered(problem, flows)

        def is_over() -> bool:
            go_on(stopping)
            return perf_counter() > started + CURTAIL_SHARE * budget_s

        began = perf_counter()
        fallback = Fallback(*every_subset(problem, flows, is_over))
        first_check = CHECKED * (perf_counter() - began)
        end = started + (1 - RESERVE) * budget_s
        if perf_counter() + first_check > end:
            fallback = Fallback.nothing(problem)
            notes.append("no time to check lists of which every subset is safe")
        else:
            gathered.answer(fallback)  # checks the fallback
            first_check = 0.0
        began = perf_counter()
        gathered.answer(fallback)  # measures the duration of joining
        end -= perf_counter() - began
        cut_short |= not _collected(gathered, child, end, first_check / max(len(gathered.components), 1))
    finally:
        if child is not None:
            child.kill()
    answer = gathered.answer(fallback)
    seconds, notes = perf_counter() - started, [*notes, *gathered.notes()]
    return replace(answer, seconds=seconds, notes=tuple(notes), cut_short=cut_short)


def _collected(
    gathered: Gathered, child: SolverProcess[ComponentAnswer] | None, end: float, slowest: float
) -> bool:
    """Add answers until the end, or until there are no more; no check was slower than `slowest` yet.

    Returns whether all answers were added.
    """
    while child is not None and (left := end - perf_counter()) > 0:
        batch, ended = child.receive(min(LOOK_S, left))
        for part_answer in batch:
            began = perf_counter()
            if began + slowest > end:
                return False
            gathered.add(part_answer)
            slowest = max(slowest, perf_counter() - began)
        if ended:
            return True
    return child is None
