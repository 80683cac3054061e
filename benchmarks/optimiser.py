"""The optimiser's cases: `python -m benchmarks.optimiser [--json] [--case NAME] [--quick]`.

Each case runs in a fresh process with one numpy and solver thread. `seconds` is wall time from a built
problem to a verified answer, `cpu_seconds` the processor time of the whole case; `baseline_seconds` is the
full model in HiGHS on the same problem in the same process, compared by objective (null where the full model
is out of reach, and with --quick). On a busy machine `cpu_ratio`, of processor times, is the fairer ratio.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.full_model import solve_full
from benchmarks.generator import CHECK, direct, joint
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.assemble import assemble
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.federated.coordinator import Round
from gateway.optimiser.federated.member import cover_by_members
from gateway.optimiser.linear.linear import Linear
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.lists import DOWN, UP, Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import BELIEVED_MW
from gateway.optimiser.safe.merit_order import safe_merit_order

Result = dict[str, Any]
PROCESSES = os.cpu_count() or 1


def joint_110_cold(quick: bool) -> Result:
    problem = joint(110)
    began = process_time()
    answer, seconds = timed(problem, runs=5)
    result = report(answer, seconds) | {"solve_cpu_seconds": (process_time() - began) / 5}
    result["optimum_error"] = abs(answer.objective_eur[0] - CHECK["optimum"]) / CHECK["optimum"]
    return result if quick else compared(result, problem, answer)


def joint_110_warm(quick: bool) -> Result:
    """The next MTU of a model that has solved one: median over five."""
    problem = joint(110, 6)
    flows = GridFlows.of(problem)
    model, decisions, seconds, spent = Linear(problem, flows), [], [], []
    for mtu in range(problem.mtus):
        started, began = perf_counter(), process_time()
        decisions += list(model.decide([mtu]))
        seconds.append(perf_counter() - started)
        spent.append(process_time() - began)
    answer = assemble(problem, flows, decisions, {})
    result = report(answer, median(seconds[1:])) | {"solve_cpu_seconds": median(spent[1:])}
    return result if quick else compared(result, problem, answer)


def day_110(_: bool) -> Result:
    answer, seconds = timed(joint(110, 96), runs=1, processes=PROCESSES)
    return report(answer, seconds)


def joint_1000(_: bool) -> Result:
    answer, seconds = timed(joint(1000), runs=1)
    return report(answer, seconds)


def merit_order_110(_: bool) -> Result:
    return kept(joint(110))


def merit_order_110_direct(_: bool) -> Result:
    """Two MTUs; a third of the bids for scheduled activation, a third for direct, a third for both."""
    return kept(direct(joint(110, 2)))


def kept(problem: Problem) -> Result:
    """Safe lists in as many processes as there are cores, with the processor time of all of them."""
    started, began = perf_counter(), used()["cpu_seconds"]
    safe = safe_merit_order(problem, processes=PROCESSES)
    seconds, result = perf_counter() - started, used()
    return result | {
        "seconds": seconds,
        "solve_cpu_seconds": result["cpu_seconds"] - began,
        "rows_checked": safe.rows_checked,
        "violations": int(safe.max_violation_mw > BELIEVED_MW),
        "gap": safe.gap,
        "volume_left": float(safe.available_mw.sum() / problem.bids.quantity_mw.sum()),
    }


def merit_order_platforms(_: bool) -> Result:
    """Volume left when the bids of four grids are dealt to platforms that activate independently."""
    problems = [joint(1, first_seed=seed) for seed in range(4)]
    result: Result = {}
    started = perf_counter()
    for count in (1, 2, 5, 10):
        dealt = [on_platforms(problem, count, seed) for seed, problem in enumerate(problems)]
        left = [safe_merit_order(p).available_mw.sum() / p.bids.quantity_mw.sum() for p in dealt]
        result[f"volume_left_{count}"] = float(np.mean(left))
    return used() | {"seconds": perf_counter() - started} | result


def federated_110(_: bool) -> Result:
    """Every grid asked by prices, against the joint optimum in the same process."""
    problem, rounds = joint(110), 0

    def count(one: Round) -> None:
        nonlocal rounds
        rounds = one.number

    started = perf_counter()
    answer = cover_by_members(problem, report=count)
    seconds = perf_counter() - started
    together, joint_seconds = timed(problem, runs=1)
    cost, least = float(answer.objective_eur.sum()), float(together.objective_eur.sum())
    return report(answer, seconds) | {
        "rounds": rounds,
        "optimum_error": abs(cost - least) / least,
        "joint_seconds": joint_seconds,
        "ratio_to_joint": seconds / joint_seconds,
    }


def integer_1(_: bool) -> Result:
    """One grid, one MTU, within 0.1 %: median over ten seeds; the worst gap."""
    answers = [timed(with_integers(joint(1, first_seed=seed)), runs=1, gap=1e-3) for seed in range(10)]
    seconds = [each for _, each in answers]
    worst = max((answer for answer, _ in answers), key=lambda answer: answer.gap)
    return report(worst, median(seconds)) | {"seconds_max": max(seconds)}


def integer_110(_: bool) -> Result:
    answer, seconds = timed(with_integers(joint(110)), runs=1, gap=1e-2, processes=PROCESSES)
    return report(answer, seconds)


def linked_day_1(_: bool) -> Result:
    """One grid over a day; a fifth of the bids rest in the MTU after each in which they are activated."""
    answer, seconds = timed(with_rests(joint(1, 96)), runs=1, processes=PROCESSES)
    return report(answer, seconds)


CASES: dict[str, Callable[[bool], Result]] = {
    case.__name__: case
    for case in (
        joint_110_cold,
        joint_110_warm,
        day_110,
        joint_1000,
        merit_order_110,
        merit_order_110_direct,
        merit_order_platforms,
        federated_110,
        integer_1,
        integer_110,
        linked_day_1,
    )
}


def with_integers(problem: Problem) -> Problem:
    """30 % of the bids all-or-nothing, the others with a minimum of 40 %."""
    whole = np.random.default_rng(5).random(len(problem.bids.ids)) < 0.3
    minimum = np.where(whole[:, None], 0.0, 0.4 * problem.bids.quantity_mw)
    return replace(problem, bids=replace(problem.bids, divisible=~whole, minimum_mw=minimum))


def with_rests(problem: Problem) -> Problem:
    """A fifth of the bids technically linked from each MTU to the next."""
    bids = np.flatnonzero(np.random.default_rng(7).random(len(problem.bids.ids)) < 0.2).tolist()
    chains = tuple(tuple((bid, mtu) for mtu in range(problem.mtus)) for bid in bids)
    return replace(problem, links=Links(technical=chains))


def on_platforms(problem: Problem, count: int, seed: int) -> Problem:
    """The bids dealt at random to platforms that activate independently."""
    platform = np.random.default_rng(seed).integers(0, count, len(problem.bids.ids))
    names = tuple(f"platform {number}" for number in range(count))
    lists = Lists.without_demand(
        [f"{name} {way}" for name in names for way in (UP, DOWN)], [1, -1] * count, 1
    )
    offer = replace(problem.bids, list_index=2 * platform + (problem.bids.direction < 0))
    return replace(problem, bids=offer, lists=lists)


def timed(problem: Problem, runs: int, gap: float = 1e-4, processes: int = 1) -> tuple[Answer, float]:
    """The answer and the median wall time of `runs`."""
    seconds = []
    for _ in range(runs):
        started = perf_counter()
        answer = cover_demand(problem, gap, processes)
        seconds.append(perf_counter() - started)
    return answer, median(seconds)


def report(answer: Answer, seconds: float) -> Result:
    verdict = answer.verification
    if not verdict.holds:
        raise RuntimeError(f"the answer does not hold: {verdict}")
    return used() | {
        "seconds": seconds,
        "rows_checked": verdict.rows_checked,
        "violations": verdict.violations,
        "gap": answer.gap,
    }


def used() -> Result:
    """Peak memory of the largest process and processor time of all, before any baseline is solved."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "cpu_seconds": sum(each.ru_utime + each.ru_stime for each in usage),
        "memory_mb": max(each.ru_maxrss for each in usage) / 1024,
    }


def compared(result: Result, problem: Problem, answer: Answer) -> Result:
    began = process_time()
    objective, seconds = solve_full(problem)
    spent = process_time() - began
    error = abs(objective - answer.objective_eur[0] / problem.mtu_hours) / abs(objective)
    if error > 1e-6:
        raise RuntimeError(f"the full model has another optimum: {objective}, relative error {error:.1e}")
    return result | {
        "baseline_seconds": seconds,
        "ratio": seconds / result["seconds"],
        "baseline_cpu_seconds": spent,
        "cpu_ratio": spent / result["solve_cpu_seconds"],
        "baseline_error": error,
    }


def run_here(name: str, quick: bool) -> Result:
    empty = {"name": name, "seconds": None, "baseline_seconds": None, "ratio": None}
    return empty | CASES[name](quick)


def run_apart(name: str, quick: bool) -> Result:
    """One case in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.optimiser", "--here", name, *(["--quick"] if quick else [])]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    result: Result = json.loads(done.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object per case and line")
    parser.add_argument("--case", choices=CASES, help="only this case")
    parser.add_argument("--quick", action="store_true", help="without the full-model baselines")
    parser.add_argument("--here", choices=CASES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(run_here(options.here, options.quick)))
        return
    for name in [options.case] if options.case else CASES:
        result = run_apart(name, options.quick)
        if options.json:
            print(json.dumps(result), flush=True)
        else:
            print("  ".join(f"{key} {value}" for key, value in result.items()), flush=True)


if __name__ == "__main__":
    main()
