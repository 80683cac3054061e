"""`python -m benchmarks.deadlines [--json] [--runs N] [--budget S]`: is there an answer before the deadline?

Every run hands the ladder a solver that fails in another way; counted are answers after the deadline, answers
that do not hold, and answers with an overload where none was called for.
"""

import argparse
import json
from time import perf_counter

from benchmarks.generator import joint
from gateway.optimiser.worker import solve_with_deadline
from tests.optimiser.faults import BROKEN, child


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--budget", type=float, default=1.0, help="seconds per run")
    options = parser.parse_args()
    late, wrong, overloaded, slowest = 0, 0, 0, 0.0
    rungs: dict[str, int] = {}
    faults = list(BROKEN.items())
    problem = joint(2, 4)
    for run in range(options.runs):
        _, source = faults[run % len(faults)]
        started = perf_counter()
        answer = solve_with_deadline(problem, options.budget, command=child(source))
        seconds = perf_counter() - started
        slowest = max(slowest, seconds)
        late += seconds > options.budget
        wrong += not answer.verification.holds
        overloaded += answer.verification.violations > 0
        rungs[answer.worst_rung.value] = rungs.get(answer.worst_rung.value, 0) + 1
    result = {
        "name": "deadlines",
        "runs": options.runs,
        "budget_seconds": options.budget,
        "late": late,
        "wrong": wrong,
        "overloaded": overloaded,
        "slowest_seconds": slowest,
        "rungs": rungs,
    }
    print(json.dumps(result) if options.json else result)


if __name__ == "__main__":
    main()
