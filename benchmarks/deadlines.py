"""`python -m benchmarks.deadlines [--json] [--problem NAME] [--use USE] [--budgets S …]`: on time, with what?

Large problems in both uses of lists at budgets from 0.25 to 30 s. Every row states how long the answer took,
the rung it reached, its volume and the proven bound of it in MW, summed over MTUs, and as `alone_mw` what
simple methods leave in the same time: in `exact` each grid alone, or a merit order of which every subset is
safe; in `prefix` lists of which every subset is safe. `failures` names what is wrong with a row: late by more
than 10 % and 0.3 s, less volume than that, or more than 1 % less than a smaller budget left; volume is never
asked beyond the bound.
With `--faults N` the solver fails in N ways instead, and counted are answers late, wrong or overloaded.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.generator import direct, joint
from gateway.domain.result import Rung
from gateway.optimiser.check.assemble import judge
from gateway.optimiser.deadline.conservative import Curtailment
from gateway.optimiser.deadline.demand import solve_with_deadline
from gateway.optimiser.deadline.lists import safe_merit_order_with_deadline
from gateway.optimiser.deadline.solver_process import CHILD, SolverProcess, packed
from gateway.optimiser.model.decision import MtuDecision
from gateway.optimiser.model.price_order import merit_order
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.conditions import honoured
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.every_subset import every_subset
from tests.optimiser.faults import BROKEN, child

BUDGETS = (0.25, 1.0, 5.0, 15.0, 30.0)
Row = dict[str, Any]


def indivisible(problem: Problem, share: float) -> Problem:
    """With a share of the bids all-or-nothing."""
    whole = np.random.default_rng(5).random(len(problem.bids.ids)) < share
    return replace(problem, bids=replace(problem.bids, divisible=~whole))


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "2,000 bids, 500 elements, 96 MTUs": lambda: joint(1, 96, nodes=501, bids=2_000),
    "10,000 bids, 300 elements": lambda: joint(1, 1, nodes=301, bids=10_000),
    "2,000 bids, 40 % indivisible": lambda: indivisible(joint(1, 1, nodes=501, bids=2_000), 0.4),
    "20 grids, 24 MTUs": lambda: joint(20, 24),
    "4 grids, 8 MTUs, direct activation": lambda: direct(joint(4, 8)),
}


def exact(problem: Problem, budget_s: float) -> Row:
    """The answer to a demand; where it is optimal, its unmet demand is the least there is."""
    answer = solve_with_deadline(problem, budget_s)
    met, asked = answer.accepted_mw.sum(axis=0), problem.lists.demand_mw.sum(axis=0)
    proven = np.array([rung is Rung.OPTIMAL for rung in answer.rung])
    return {
        "rung": answer.worst_rung.value,
        "volume_mw": float(met.sum()),
        "bound_mw": float(np.where(proven, met, asked).sum()),
        "gap": answer.gap,
    }


def prefix(problem: Problem, budget_s: float) -> Row:
    """Safe lists."""
    safe = safe_merit_order_with_deadline(problem, budget_s)
    return {
        "rung": safe.worst_rung.value,
        "volume_mw": float(safe.available_mw.sum()),
        "bound_mw": float(safe.bound_mw.sum()),
        "gap": safe.gap,
    }


USES = {"exact": exact, "prefix": prefix}


def every_subset_mw(problem: Problem, use: str, budget_s: float) -> float:
    """What is left where every subset of it must be safe, as far as half of the time allows: answers are
    checked and written up, too. In watts, as quantities are published."""
    end, flows = perf_counter() + budget_s / 2, GridFlows.of(problem)

    def late() -> bool:
        return perf_counter() > end

    if use == "prefix":
        parts, done = every_subset(problem, flows, late)
        for flow, ready in zip(flows, done, strict=True):
            parts[flow.bids] *= ready
        return in_watts(honoured(problem, parts))
    by_price, _ = merit_order(problem)
    curtailment, left_mw = Curtailment(problem, flows), 0.0
    curtailment.prepare()
    for mtu in range(problem.mtus):
        if late():
            break
        left_mw += sum(in_watts(one.accepted_mw) for one in curtailment.decide(by_price, np.array([mtu])))
    return left_mw


def in_watts(quantity_mw: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The sum of what is left of each quantity in whole watts, in MW."""
    return float(np.floor(quantity_mw * 1e6 + 1e-6).sum()) / 1e6


def each_grid_alone_mw(problem: Problem, budget_s: float) -> float:
    """What comes of each grid alone, asked for nothing else, in nine tenths of the time less what writing it
    up takes: as much is kept back of every answer."""
    begun = perf_counter()
    judge(problem, merit_order(problem)[0], Rung.CONSERVATIVE)
    writing_up_s = perf_counter() - begun
    end, found = perf_counter() + 0.9 * budget_s - writing_up_s, dict[int, float]()
    child = SolverProcess(MtuDecision, CHILD, "each-grid", 0, packed(problem))
    ended = False
    while not ended and (left := end - perf_counter()) > 0:
        batch, ended = child.receive(left)
        found |= {decision.mtu: float(decision.accepted_mw.sum()) for decision in batch}
    child.kill()
    return sum(found.values())


def rows(name: str, use: str, budgets: list[float]) -> Iterator[Row]:
    """One per budget."""
    problem = PROBLEMS[name]()
    most = 0.0
    for budget_s in budgets:
        simple = every_subset_mw(problem, use, budget_s)
        alone = each_grid_alone_mw(problem, budget_s) if use == "exact" else 0.0
        started = perf_counter()
        found = USES[use](problem, budget_s)
        took_s = perf_counter() - started
        least = max(simple, alone)
        failures = {
            "late": took_s > 1.1 * budget_s + 0.3,
            "below alone": found["volume_mw"] < min(least, found["bound_mw"]) - 1e-3,
            "falls": found["volume_mw"] < 0.99 * most,
        }
        most = max(most, found["volume_mw"])
        row = {"name": name, "use": use, "budget_s": budget_s, "took_s": took_s} | found
        yield row | {"alone_mw": least, "failures": [why for why, is_so in failures.items() if is_so]}


def faults(runs: int, budget_s: float) -> Row:
    """A solver that fails, in one way after the other."""
    late, wrong, overloaded, slowest = 0, 0, 0, 0.0
    rungs: dict[str, int] = {}
    problem = joint(2, 4)
    for run in range(runs):
        source = list(BROKEN.values())[run % len(BROKEN)]
        started = perf_counter()
        answer = solve_with_deadline(problem, budget_s, command=child(source))
        seconds = perf_counter() - started
        slowest = max(slowest, seconds)
        late += seconds > budget_s
        wrong += not answer.verification.holds
        overloaded += answer.verification.violations > 0
        rungs[answer.worst_rung.value] = rungs.get(answer.worst_rung.value, 0) + 1
    counted = {"late": late, "wrong": wrong, "overloaded": overloaded, "slowest_seconds": slowest}
    return {"name": "faults", "runs": runs, "budget_seconds": budget_s} | counted | {"rungs": rungs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--problem", choices=PROBLEMS, help="only this one")
    parser.add_argument("--use", choices=USES, help="only this one")
    parser.add_argument("--budgets", type=float, nargs="+", default=list(BUDGETS), help="seconds, ascending")
    parser.add_argument("--faults", type=int, default=0, metavar="N", help="runs with a solver that fails")
    options = parser.parse_args()
    if "OMP_NUM_THREADS" not in os.environ:  # as on the command line; numpy reads it once, at the start
        command = [sys.executable, "-m", "benchmarks.deadlines", *sys.argv[1:]]
        raise SystemExit(subprocess.call(command, env=os.environ | {"OMP_NUM_THREADS": "1"}))
    if options.faults:
        found: Iterator[Row] = iter([faults(options.faults, options.budgets[0])])
    else:
        names = [options.problem] if options.problem else list(PROBLEMS)
        uses = [options.use] if options.use else list(USES)
        found = (row for name in names for use in uses for row in rows(name, use, options.budgets))
    for row in found:
        line = json.dumps(row) if options.json else "  ".join(f"{key} {value}" for key, value in row.items())
        print(line, flush=True)


if __name__ == "__main__":
    main()
