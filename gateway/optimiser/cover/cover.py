"""Cover a demand: the one function that chooses among the methods that decide which bids are accepted."""

from collections.abc import Iterator, Sequence
from time import perf_counter

from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.assemble import assemble
from gateway.optimiser.cover.by_level import decide_by_level, has_levels
from gateway.optimiser.integer.dive import dive
from gateway.optimiser.integer.integer import GAP, decide_integers, needs_integers
from gateway.optimiser.linear.linear import Linear
from gateway.optimiser.model.decision import MtuDecision
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.solver.parallel import parallel_map

CHUNK = 16  # MTUs that share one warm model; fixed, so that the number of processes changes no answer
MANY_BIDS = 2_000  # from which on a process of its own per chunk pays


def cover_demand(problem: Problem, gap: float = GAP, processes: int = 1) -> Answer:
    """Least cost that meets the demand of every MTU within all limits, or else with the least overload.

    Where no combination is free of congestion, each MW beyond a limit costs `overload_eur_per_mw` per row
    and each MW short `shortage_eur_per_mw`; `Answer.overloads` and the shortages state both. Divisible bids
    without links are decided exactly, all others within the relative `gap`, and the answer states what is
    proven. Among bids of equal price the one earlier in the list comes first.

    Raises:
        SolverError: the solver failed; `deadline.demand.solve_with_deadline` never raises it.
    """
    started = perf_counter()
    flows = GridFlows.of(problem)
    decisions = list(decide(problem, flows, range(problem.mtus), gap, processes))
    return assemble(problem, flows, decisions, {"solve": perf_counter() - started})


def decide(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    mtus: Sequence[int],
    gap: float = GAP,
    processes: int = 1,
) -> Iterator[MtuDecision]:
    """Joint decisions for `mtus`, as they are found; SolverError if the solver fails.

    More than one of `processes` forks: only for a process without threads of its own.
    """
    if has_levels(problem):

        def jointly(
            posed: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int]
        ) -> Iterator[MtuDecision]:
            return decide(posed, flows, mtus, gap, processes)

        yield from decide_by_level(problem, flows, mtus, jointly)
        return
    if needs_integers(problem):
        yield from decide_integers(problem, flows, mtus, gap, processes)
        return
    chunks = [mtus[first : first + CHUNK] for first in range(0, len(mtus), CHUNK)]
    several = processes if len(problem.bids.ids) >= MANY_BIDS else 1
    for decisions in parallel_map(_decide_chunk, (problem, flows), chunks, several):
        yield from decisions


def first_decisions(
    problem: Problem, flows: tuple[GridFlows, ...], mtus: Sequence[int], processes: int = 1
) -> Iterator[MtuDecision]:
    """Feasible decisions for `mtus`, before better ones that may be slow; none where those are quick."""
    if needs_integers(problem) and not problem.links and not has_levels(problem):
        yield from dive(problem, flows, mtus, processes)


def _decide_chunk(shared: tuple[Problem, tuple[GridFlows, ...]], mtus: Sequence[int]) -> list[MtuDecision]:
    problem, flows = shared
    return list(Linear(problem, flows).decide(mtus))
