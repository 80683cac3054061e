"""`python -m benchmarks.two_versions rest --other DIR [--json]`: the service of this checkout and of another.

Both run at the same time, each with its own gateway and load generator under the same fixed load, again and
again: a machine whose speed changes from minute to minute is the same machine for both. Ratios are of this
checkout to the other, means over the pairs with 95 % intervals (Student's t). The other needs a virtual
environment of its own. Without another, this one is compared with itself: that is the noise.
"""

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

from scipy.stats import t as student_t

OWN: Final = Path(__file__).parents[1]
FIGURES: Final = ("paced_cpu_ms_each", "p50_ms", "p99_ms")


def one(checkout: Path, arguments: list[str]) -> dict[str, Any]:
    """The result of the service benchmark of a checkout."""
    command = [str(checkout / ".venv/bin/python"), "-m", "benchmarks.service", "--json", *arguments]
    said = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, check=True).stdout
    found: dict[str, Any] = json.loads(said)
    return found


def compared(pairs: list[tuple[dict[str, Any], dict[str, Any]]], figure: str) -> dict[str, Any]:
    """A figure of both checkouts, this one first in each pair."""
    ratios = [own[figure] / other[figure] for own, other in pairs]
    quantile = float(student_t.ppf(0.975, len(ratios) - 1))
    return {
        "this": round(mean(own[figure] for own, _ in pairs), 3),
        "other": round(mean(other[figure] for _, other in pairs), 3),
        "ratio": round(mean(ratios), 3),
        "plus_minus": round(quantile * stdev(ratios) / len(ratios) ** 0.5, 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.two_versions", description=__doc__)
    parser.add_argument("protocol", nargs="?", default="rest", help="as of benchmarks.service")
    parser.add_argument("--other", type=Path, default=OWN, help="the checkout to compare with")
    parser.add_argument("--rate", type=float, default=60, help="documents per second, of each")
    parser.add_argument("--seconds", type=float, default=8, help="of each phase")
    parser.add_argument("--pairs", type=int, default=10, help="at least two")
    parser.add_argument("--json", action="store_true", help="one line")
    options = parser.parse_args()
    arguments = [options.protocol, "--rate", str(options.rate), "--seconds", str(options.seconds)]
    pairs = []
    with ThreadPoolExecutor(2) as threads:
        for number in range(max(options.pairs, 2)):
            mine, others = threads.map(one, (OWN, options.other.resolve()), (arguments, arguments))
            pairs.append((mine, others))
            sys.stderr.write(f"pair {number + 1}: {mine[FIGURES[0]]} and {others[FIGURES[0]]} ms\n")
    result = {
        "protocol": options.protocol,
        "rate": options.rate,
        "pairs": len(pairs),
        **{figure: compared(pairs, figure) for figure in FIGURES},
    }
    sys.stdout.write(json.dumps(result, indent=None if options.json else 2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
