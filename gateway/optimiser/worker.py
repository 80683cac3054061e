"""An answer before the deadline, whatever the solver does.

The solver runs in child processes that are killed at the deadline. Meanwhile this process computes the
conservative answer itself, with numpy alone. Decisions arrive MTU by MTU and are recomputed before they are
believed; each MTU ends on the highest rung that produced a believable decision:

    optimal or best found (joint child) · each grid alone (second child) · conservative · not assessed

and on the cheapest of the decisions known, whoever found it: a joint search that is not through may know less
than each grid alone.

The second child starts when the joint one fails, or has used `HEDGE` of the time without finishing.
"""

import threading
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.answer import Answer
from gateway.optimiser.assemble import assemble
from gateway.optimiser.conservative import curtail
from gateway.optimiser.decision import Decision
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.price_order import merit_order
from gateway.optimiser.problem import Problem
from gateway.optimiser.solver_process import CHILD, SolverProcess, go_on, packed
from gateway.optimiser.verify import believable, objectives

HEDGE = 0.4
RESERVE = 0.1  # of the budget, for a busy machine; to it comes what writing up is seen to take
WRITING_UP = 4  # times what judging all MTUs once takes
BLOCK = 32  # MTUs curtailed between two looks at the clock
LOOK_S = 0.05  # between two looks at the clock
CENT, RELATIVE = 0.01, 1e-6  # EUR per hour, and part of an objective, by which it may be wrong
JOINT, EACH_GRID, CONSERVATIVE = "joint", "each-grid", "conservative"


def solve_with_deadline(
    problem: Problem,
    budget_s: float,
    *,
    memory_mb: int = 0,
    command: Sequence[str] = CHILD,
    stopping: threading.Event | None = None,
) -> Answer:
    """Always an answer within `budget_s` seconds of wall time; `Answer.rung` says how good, per MTU.

    Part of the budget is kept back to check and write up the answer. A problem so large that even that
    does not fit is answered as not assessed.

    Args:
        problem: the question.
        budget_s: seconds until the answer must be there.
        memory_mb: address space of each solver process, 0 for no limit.
        command: how to start a solver process; the method and the memory limit are appended.
        stopping: when it is set, nobody waits for the answer any more.

    Raises:
        SolverStoppedError: `stopping` was set; no process of ours is left.
    """
    started = perf_counter()
    ladder = _Ladder(problem, command, memory_mb, stopping)
    try:
        ladder.climb(started, budget_s)
    finally:
        ladder.stop()
    seconds = {"decide": perf_counter() - started}
    return assemble(problem, ladder.flows, ladder.best(), seconds, notes=tuple(ladder.notes))


class _Ladder:
    """The decisions of every method so far, and the processes that may still add to them."""

    def __init__(
        self, problem: Problem, command: Sequence[str], memory_mb: int, stopping: threading.Event | None
    ) -> None:
        self.problem = problem
        self.notes: list[str] = []
        self._command, self._memory_mb, self._stopping = command, memory_mb, stopping
        self._payload = packed(problem)
        self._children: dict[str, SolverProcess[Decision]] = {}
        self._found: dict[str, dict[int, Decision]] = {JOINT: {}, EACH_GRID: {}, CONSERVATIVE: {}}
        self._started: set[str] = set()
        self._start(JOINT)
        self.flows = GridFlows.of(problem)

    def climb(self, started: float, budget_s: float) -> None:
        """Collect decisions until all are exact, the children are done, or the time is over."""
        reserve = self._conservative(started, budget_s)
        end = started + budget_s - reserve
        hedge = started + HEDGE * (budget_s - reserve)
        while self._children and (now := perf_counter()) < end:
            if now >= hedge:
                self._start(EACH_GRID)
            self._collect(min(LOOK_S, end - now))
            if self._exact():
                return
        if self._children:
            self.notes.append(f"stopped at the deadline: {', '.join(sorted(self._children))}")

    def best(self) -> list[Decision]:
        """Per MTU the cheapest decision; of equal ones that of the better method.

        Where links tie MTUs together, decisions of two methods do not mix: then the cheapest of the methods
        that have decided every MTU stands for all.
        """
        methods = list(self._found.values())
        if self.problem.ties_mtus:
            whole = [found for found in methods if len(found) == self.problem.mtus]
            methods = [min(whole, key=_cost)] if whole else methods[-1:]
        best: dict[int, Decision] = {}
        for found in methods:
            for mtu, decision in found.items():
                if mtu not in best or _cost({mtu: decision}) < _cost({mtu: best[mtu]}):
                    best[mtu] = decision
        return [best[mtu] for mtu in sorted(best)]

    def stop(self) -> None:
        """Kill what still runs."""
        for child in self._children.values():
            child.kill()

    def _start(self, method: str) -> None:
        if method in self._started:
            return
        self._started.add(method)
        try:
            child = SolverProcess(
                Decision, self._command, method, self._memory_mb, self._payload, stopping=self._stopping
            )
        except OSError as error:
            self.notes.append(f"{method} could not be started: {error.strerror}")
        else:
            self._children[method] = child

    def _conservative(self, started: float, budget_s: float) -> float:
        """Curtail block by block while a third of the budget lasts; returns the seconds to keep back.

        A block is begun only if what the last one took, and writing up, still fit.
        """
        by_price, _ = merit_order(self.problem)
        begun = perf_counter()
        objectives(self.problem, self.flows, by_price, np.arange(self.problem.mtus))
        writing_up = WRITING_UP * (perf_counter() - begun)
        found, took_s = self._found[CONSERVATIVE], 0.0
        first, block = 0, 2
        while first < self.problem.mtus:
            begun = perf_counter()
            spent_s = begun - started + took_s
            if spent_s > budget_s / 3 or spent_s + writing_up > budget_s:
                self.notes.append(f"no time to curtail MTUs from {first}")
                break
            go_on(self._stopping)
            mtus = np.arange(first, min(first + block, self.problem.mtus))
            first, block = first + block, min(2 * block, BLOCK)
            found |= {d.mtu: d for d in curtail(self.problem, self.flows, by_price, mtus)}
            took_s = perf_counter() - begun
        return min(budget_s / 2, RESERVE * budget_s + 0.05 + writing_up)

    def _collect(self, patience_s: float) -> None:
        for method, child in list(self._children.items()):
            batch, ended = child.receive(patience_s / len(self._children))
            held = believable(self.problem, self.flows, batch)
            if len(held) < len(batch):
                self.notes.append(f"{method}: {len(batch) - len(held)} decisions not believed")
            found = self._found[method]
            for decision in held:
                known = found.get(decision.mtu)
                if known is None or _replaces(decision, known):
                    found[decision.mtu] = decision
            if ended:
                child.kill()
                del self._children[method]
                if len(found) < self.problem.mtus:
                    self.notes.append(f"{method} ended with {len(found)} of {self.problem.mtus} MTUs decided")
                    self._start(EACH_GRID)

    def _exact(self) -> bool:
        joint = self._found[JOINT]
        return len(joint) == self.problem.mtus and all(d.rung == Rung.OPTIMAL for d in joint.values())


def _replaces(decision: Decision, known: Decision) -> bool:
    """Whether a method's later decision is better than its earlier one: cheaper, or as cheap and better
    proven.

    Objectives are as exact as the solver is: what is proven to be optimal may cost a trifle more than what
    was found before it.
    """
    rungs = list(Rung)
    trifle = CENT + RELATIVE * abs(known.objective_eur_per_h)
    if rungs.index(decision.rung) < rungs.index(known.rung):
        return decision.objective_eur_per_h <= known.objective_eur_per_h + trifle
    return decision.objective_eur_per_h < known.objective_eur_per_h


def _cost(found: dict[int, Decision]) -> float:
    """EUR per hour, to the cent: by less no decision is better than another."""
    return round(sum(decision.objective_eur_per_h for decision in found.values()), 2)
