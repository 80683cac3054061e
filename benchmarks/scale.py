"""`python -m benchmarks.scale --json [--case NAME]`: how time and memory grow with the size of one thing.

Prints one JSON object per case: `name`, `clock` (`processor` where a case computes alone, `wall` where others
take part), `sizes`, `seconds` by that clock, `memory_mb` (peak of the process) and `exponent`, the slope of
log(seconds) over log(size): 1 is proportional, 2 is quadratic; some add figures of their own. Every size runs
in a process of its own; what it needs beforehand is made there and not timed. A case is one entry of `CASES`.
"""

import argparse
import importlib
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final, Literal

from benchmarks.scaling.measured import Measured


@dataclass(frozen=True)
class Case:
    """One dimension of growth.

    Attributes:
        prepare: `module:function`; called with a size, makes what is needed and returns what is timed.
        sizes: ascending; enough of them above the base cost of one run for the slope to mean something.
        clock: `processor` for what computes alone in its process, which neighbours on the machine do not
            change; `wall` for what other processes take part in.
    """

    prepare: str
    sizes: tuple[int, ...]
    clock: Literal["processor", "wall"] = "wall"


CASES: Final = {
    "grid_build": Case("benchmarks.scaling.grid_build:prepare", (600, 1200, 2500, 5000), "processor"),
    "tenants": Case("benchmarks.scaling.tenants:prepare", (125, 250, 500, 1000)),
    "documents": Case("benchmarks.scaling.records:documents", (250, 500, 1000, 2000), "processor"),
    "bids": Case("benchmarks.scaling.records:bids", (2500, 5000, 10_000, 20_000), "processor"),
    "units": Case("benchmarks.scaling.records:units", (25_000, 50_000, 100_000), "processor"),
    "models": Case("benchmarks.scaling.records:models", (50, 100, 200, 400), "processor"),
    "waiting": Case("benchmarks.scaling.records:waiting", (2500, 5000, 10_000, 20_000), "processor"),
    "market": Case("benchmarks.scaling.market:two_platforms", (26_510,)),
    "market_100000": Case("benchmarks.scaling.market:four_platforms", (100_000,)),
    "gates": Case("benchmarks.scaling.gates:prepare", (125, 250, 500, 1000)),
}


def measure(case: Case, size: int) -> Measured:
    """One size, in this process; what a case measured by itself counts."""
    module, function = case.prepare.split(":")
    prepare: Callable[[int], Callable[[], object]] = getattr(importlib.import_module(module), function)
    run = prepare(size)
    now = time.process_time if case.clock == "processor" else time.perf_counter
    started = now()
    outcome = run()
    seconds = now() - started
    if isinstance(outcome, Measured):
        return outcome
    return Measured(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Least-squares slope of log(seconds) over log(size)."""
    x, y = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    over = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return over / sum((a - mean_x) ** 2 for a in x)


def grown(name: str, sizes: list[int]) -> dict[str, object]:
    """Every size of a case, each in a process of its own."""
    seconds, memory = [], []
    others: dict[str, list[float]] = {}
    for size in sizes:
        command = [sys.executable, "-m", "benchmarks.scale", "--one", name, str(size)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found = Measured(**json.loads(done.stdout.splitlines()[-1]))
        seconds.append(round(found.seconds, 3))
        memory.append(round(found.memory_mb, 1))
        for other, figure in found.others.items():
            others.setdefault(other, []).append(figure)
        figures_text = f"{found.seconds:.2f} s, {found.memory_mb:.0f} MB {dict(found.others)}"
        print(f"# {name} {size}: {figures_text}", file=sys.stderr, flush=True)
    return {
        "name": name,
        "clock": CASES[name].clock,
        "sizes": sizes,
        "seconds": seconds,
        "memory_mb": memory,
        "exponent": round(exponent(sizes, seconds), 2) if len(sizes) > 1 else None,
        **others,
    }


def main() -> None:
    """Measure the cases named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON (it always does)")
    parser.add_argument(
        "--case", action="append", choices=sorted(CASES), help="only this one; may be repeated"
    )
    parser.add_argument("--sizes", type=int, nargs="+", help="other sizes than those of the case")
    parser.add_argument("--one", nargs=2, metavar=("CASE", "SIZE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(asdict(measure(CASES[chosen.one[0]], int(chosen.one[1])))))
        return
    for name in chosen.case or CASES:
        print(json.dumps(grown(name, chosen.sizes or list(CASES[name].sizes))), flush=True)


if __name__ == "__main__":
    main()
