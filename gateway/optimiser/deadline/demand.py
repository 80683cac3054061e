"""An answer before the deadline, whatever the solver does.

The solver runs in child processes that are killed at the deadline. Until its first decision on an MTU comes,
this process sweeps the MTU itself, with numpy alone; what there is no time to sweep is curtailed. Decisions
are recomputed before they are believed, and each MTU ends on the best decision of any method, by the order of
aims (see `order`): a joint search that has not finished may be worse than a sweep.

    optimal or best found (joint child) · best found (sweep) · each grid alone (second child) · conservative
    · not assessed

The second child starts when the joint one fails, or has used `HEDGE` of the time without finishing, if it
has easier problems to solve.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.assemble import assemble
from gateway.optimiser.check.verify import believable, objectives
from gateway.optimiser.deadline.conservative import Curtailment
from gateway.optimiser.deadline.price_sweep import PriceSweep
from gateway.optimiser.deadline.solver_process import CHILD, STARTING_S, SolverProcess, go_on, packed
from gateway.optimiser.model.decision import MtuDecision, shortage
from gateway.optimiser.model.order import AimValues, is_better, priced
from gateway.optimiser.model.price_order import merit_order
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows

HEDGE = 0.4
RESERVE = 0.1  # of the budget, for a busy machine; plus the observed duration of writing up
MOST_RESERVED = 0.4  # of the budget
WRITING_UP = 4  # times the duration of judging all MTUs once
SWEEP_SHARE = 0.5  # of the time, after which what has not been swept yet of a small problem is curtailed
BLOCK = 32  # MTUs curtailed between two looks at the clock, of a large problem FIRST and then more
FIRST = 4
SLACK = 1.3  # times the duration of the last block, per MTU, that the next one may have
CELLS = 5_000_000  # rows × bids × MTUs, from which on all is curtailed first
LOOK_S = 0.05  # between two looks at the clock
JOINT, EACH_GRID, HERE = "joint", "each-grid", "here"


def solve_with_deadline(
    problem: Problem,
    budget_s: float,
    *,
    memory_mb: int = 0,
    command: Sequence[str] = CHILD,
    stopping: threading.Event | None = None,
) -> Answer:
    """Return an answer within `budget_s` seconds of wall time; `Answer.rung` states how good, per MTU.

    Part of the budget is reserved to check and write up the answer. A problem so large that even that
    does not fit is answered as not assessed.

    Args:
        problem: the question.
        budget_s: seconds until the answer must be there.
        memory_mb: address space of each solver process, 0 for no limit.
        command: how to start a solver process; the method and the memory limit are appended.
        stopping: when it is set, the caller no longer needs the answer.

    Raises:
        SolverStoppedError: `stopping` was set; no process of ours is left.
    """
    started = perf_counter()
    ladder = _Ladder(problem, command, memory_mb, stopping)
    try:
        if budget_s > STARTING_S:
            ladder.start()
        ladder.climb(started, budget_s)
    finally:
        ladder.stop()
    seconds = {"decide": perf_counter() - started}
    answer = assemble(problem, ladder.flows, ladder.best(), seconds, notes=tuple(ladder.notes))
    return replace(answer, cut_short=ladder.cut_short)


class _Ladder:
    """The decisions of every method so far, and the processes that may still add to them."""

    def __init__(
        self, problem: Problem, command: Sequence[str], memory_mb: int, stopping: threading.Event | None
    ) -> None:
        self.problem = problem
        self.notes: list[str] = []
        self._command, self._memory_mb, self._stopping = command, memory_mb, stopping
        self._children: dict[str, SolverProcess[MtuDecision]] = {}
        self._found: dict[str, dict[int, MtuDecision]] = {JOINT: {}, EACH_GRID: {}, HERE: {}}
        self._started: set[str] = set()
        self.flows = GridFlows.of(problem)
        self._by_price, _ = merit_order(problem)
        self._cheapest = self._by_price
        if problem.surplus_mw:
            self._cheapest, _ = merit_order(problem, surplus_mw=problem.surplus_mw)
        cells = sum(flow.grid.ptdf[:, :, 0].size * flow.bids.size for flow in self.flows)
        self._large = cells * problem.mtus > CELLS
        plain = not problem.links and bool(problem.bids.divisible.all())
        self._same_alone = len(self.flows) == 1 and plain  # the one grid alone is the joint problem
        self._curtailment = Curtailment(problem, self.flows)
        self._unswept = list(range(problem.mtus))
        self.cut_short = False

    def start(self) -> None:
        """Have the joint problem solved."""
        self._start(JOINT)

    def climb(self, started: float, budget_s: float) -> None:
        """Collect decisions until all are exact, the children are done, or the time is over."""
        begun = perf_counter()
        objectives(self.problem, self.flows, self._by_price, np.arange(self.problem.mtus))
        writing_up = WRITING_UP * (perf_counter() - begun)
        left = budget_s - min(MOST_RESERVED * budget_s, RESERVE * budget_s + 0.03 + writing_up)
        end, hedge = started + left, started + HEDGE * left
        curtail_at = started + (0.0 if self._large else SWEEP_SHARE * left)
        sweep: PriceSweep | None = None
        while (self._children or self._unswept) and (now := perf_counter()) < end:
            if now >= hedge and self._children and not self._same_alone:
                self._start(EACH_GRID)
            if now >= curtail_at and self._unswept:
                self._curtail(end)
                curtail_at = end
            patience_s = min(LOOK_S, end - now)
            if self._unswept:
                sweep = sweep or PriceSweep(self.problem, self.flows)
                self._sweep(sweep, end if len(self._unswept) == 1 else min(end, curtail_at))
                patience_s = 0.0
            self._collect(patience_s)
            if self._exact():
                return
        self.cut_short = bool(self._children) or JOINT not in self._started
        if self._children:
            self.notes.append(f"stopped at the deadline: {', '.join(sorted(self._children))}")

    def best(self) -> list[MtuDecision]:
        """Per MTU the best decision known, with the best bound; of equal ones that of the better method.

        Where links tie MTUs together, decisions of two methods do not mix: then the best of the methods that
        have decided every MTU is that of all.
        """
        methods = list(self._found.values())
        if self.problem.ties_mtus:
            complete = [found for found in methods if len(found) == self.problem.mtus]
            methods = [self._best_of(complete)] if complete else methods[-1:]
        best: dict[int, MtuDecision] = {}
        for mtu in range(self.problem.mtus):
            known = [{mtu: found[mtu]} for found in methods if mtu in found]
            if known:
                best[mtu] = self._best_of(known)[mtu]
        return [self._bounded(decision) for decision in best.values()]

    def _best_of(self, methods: Sequence[dict[int, MtuDecision]]) -> dict[int, MtuDecision]:
        best = methods[0]
        for other in methods[1:]:
            if is_better(self._aim_values(other), self._aim_values(best)):
                best = other
        return best

    def _aim_values(self, decisions: dict[int, MtuDecision]) -> AimValues:
        """Values of the aims, of decisions on some MTUs together."""
        problem, total = self.problem, np.zeros(4)
        for mtu, decision in decisions.items():
            accepted = decision.accepted_mw
            cost = float(problem.bids.price_eur_per_mwh[:, mtu] @ accepted)
            unmet = float(shortage(problem, accepted, mtu).sum())
            over = decision.objective_eur_per_h - float(priced(problem, cost, unmet, 0.0))
            contracted = -float(accepted[problem.bids.contracted].sum())
            total += (unmet, over / problem.overload_eur_per_mw, contracted, cost)
        unmet, over, contracted, cost = total.tolist()
        return unmet, over, contracted, cost

    def _bounded(self, decision: MtuDecision) -> MtuDecision:
        """With the best bound of all methods: at least the merit order, as if there were no grid."""
        mtu, problem = decision.mtu, self.problem
        alone = self._cheapest[:, mtu]
        cost = float(problem.bids.price_eur_per_mwh[:, mtu] @ alone)
        bounds = [float(priced(problem, cost, float(shortage(problem, alone, mtu).sum()), 0.0))]
        bounds += [found[mtu].bound_eur_per_h for found in self._found.values() if mtu in found]
        return replace(decision, bound_eur_per_h=min(max(bounds), decision.objective_eur_per_h))

    def stop(self) -> None:
        """Kill what still runs."""
        for child in self._children.values():
            child.kill()

    def _start(self, method: str) -> None:
        if method in self._started:
            return
        self._started.add(method)
        try:
            payload = packed(self.problem)
            child = SolverProcess(
                MtuDecision, self._command, method, self._memory_mb, payload, stopping=self._stopping
            )
        except OSError as error:
            self.notes.append(f"{method} could not be started: {error.strerror}")
        else:
            self._children[method] = child

    def _sweep(self, sweep: PriceSweep, end: float) -> None:
        """Sweep the next MTU that needs it, as far as the time allows."""
        mtu = self._unswept.pop(0)
        if mtu in self._found[JOINT] and not self.problem.ties_mtus:
            return

        def is_over() -> bool:
            go_on(self._stopping)
            return perf_counter() > end

        self._take(HERE, [sweep.decide(mtu, is_over)])

    def _curtail(self, end: float) -> None:
        """Curtail what has not been swept yet, block by block while another is likely to fit."""
        missing = [mtu for mtu in self._unswept if mtu not in self._found[JOINT]]
        block, each_s = FIRST if self._large else BLOCK, 0.0
        self._curtailment.prepare()
        while missing:
            begun = perf_counter()
            fit = int((end - begun) / (SLACK * each_s)) if each_s else block
            if fit < 1:
                self.notes.append(f"no time to curtail MTUs from {missing[0]}")
                break
            go_on(self._stopping)
            block = min(block, fit)
            mtus, missing = np.array(missing[:block]), missing[block:]
            self._take(HERE, self._curtailment.decide(self._by_price, mtus))
            each_s, block = (perf_counter() - begun) / mtus.size, min(2 * block, BLOCK)

    def _collect(self, patience_s: float) -> None:
        for method, child in list(self._children.items()):
            batch, ended = child.receive(patience_s / len(self._children))
            self._take(method, batch)
            if ended:
                child.kill()
                del self._children[method]
                found = self._found[method]
                if len(found) < self.problem.mtus:
                    self.notes.append(f"{method} ended with {len(found)} of {self.problem.mtus} MTUs decided")
                    self._start(EACH_GRID)

    def _take(self, method: str, batch: Sequence[MtuDecision]) -> None:
        """Store decisions that pass verification and are better than earlier ones of the method."""
        held, found = believable(self.problem, self.flows, batch), self._found[method]
        if len(held) < len(batch):
            self.notes.append(f"{method}: {len(batch) - len(held)} decisions not believed")
        for decision in held:
            known = found.get(decision.mtu)
            if known is None or self._replaces(decision, known):
                found[decision.mtu] = decision

    def _replaces(self, decision: MtuDecision, known: MtuDecision) -> bool:
        """Whether a later decision is better than an earlier one, or as good and better proven.

        Objectives are as exact as the solver is: what is proven to be optimal may cost a trifle more than
        what was found before it.
        """
        rungs, (later, earlier) = list(Rung), (self._aim_values({one.mtu: one}) for one in (decision, known))
        proven = rungs.index(decision.rung) < rungs.index(known.rung)
        return is_better(later, earlier) or (proven and not is_better(earlier, later))

    def _exact(self) -> bool:
        joint = self._found[JOINT]
        return len(joint) == self.problem.mtus and all(d.rung == Rung.OPTIMAL for d in joint.values())
