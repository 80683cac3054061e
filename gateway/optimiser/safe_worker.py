"""The safe merit order before a deadline, whatever the solver does.

As `worker` for covering a demand: a child that can be killed sends what every part of the grids may keep,
and meanwhile this process curtails the whole offer so that every subset of it is safe, with numpy alone.
Parts are independent, so each stands on its own rung. Nothing a child sends is believed before its worst
prefixes were recomputed here.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.checks import FloatArray
from gateway.optimiser.conservative import curtail
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.merit_order import Fallback, Kept, SafeMeritOrder, gather, grid_parts
from gateway.optimiser.problem import Problem
from gateway.optimiser.solver_process import CHILD, SolverProcess, go_on, packed

METHOD = "merit-order"
LOOK_S = 0.05  # between two looks at the clock
CURTAIL_SHARE = 0.3  # of the budget, at most, for the fallback
GATHER_SHARE = 0.2  # of the budget, kept back to check and join the parts


def safe_merit_order_with_deadline(
    problem: Problem,
    budget_s: float,
    *,
    memory_mb: int = 0,
    command: Sequence[str] = CHILD,
    stopping: threading.Event | None = None,
) -> SafeMeritOrder:
    """A safe merit order within `budget_s` seconds of wall time; `rung` says per grid how good.

    Args and errors as in `worker.solve_with_deadline`.
    """
    started = perf_counter()
    notes: list[str] = []
    flows = GridFlows.of(problem)
    child: SolverProcess[Kept] | None = None
    try:
        child = SolverProcess(Kept, command, METHOD, memory_mb, packed(problem), stopping=stopping)
    except OSError as error:
        notes.append(f"the solver could not be started: {error.strerror}")
    try:
        fallback, rung = _curtailed(problem, flows, started + CURTAIL_SHARE * budget_s, stopping)
        kept: dict[int, Kept] = {}
        wanted, end = len(grid_parts(problem, flows)), started + (1 - GATHER_SHARE) * budget_s
        while child is not None and len(kept) < wanted and (left := end - perf_counter()) > 0:
            batch, ended = child.receive(min(LOOK_S, left))
            kept |= {each.part: each for each in batch}
            if ended:
                break
    finally:
        if child is not None:
            child.kill()
    if len(kept) < wanted:
        notes.append(f"{len(kept)} of {wanted} parts were solved in time")
    answer = gather(problem, flows, kept, Fallback(fallback, rung))
    return replace(answer, seconds=perf_counter() - started, notes=tuple(notes))


def _curtailed(
    problem: Problem, flows: tuple[GridFlows, ...], end: float, stopping: threading.Event | None
) -> tuple[FloatArray, Rung]:
    """(B, T) every subset of which is safe, as far as there is time; nothing where there is none."""
    offered = problem.bids.available_mw
    result = np.zeros_like(offered)
    for mtu in range(problem.mtus):
        go_on(stopping)
        if perf_counter() > end:
            return result, Rung.NOT_ASSESSED
        (decision,) = curtail(problem, flows, offered, np.array([mtu]))
        result[:, mtu] = decision.accepted_mw
    return result, Rung.CONSERVATIVE
