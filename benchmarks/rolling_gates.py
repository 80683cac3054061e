"""`python -m benchmarks.rolling_gates [--json]`: quarter-hour gates in a row, on a clock that is moved.

Bids for each quarter hour come until 25 minutes before it, its run begins 10 minutes before it. Gates are
amended, cancelled and run again on new grid models at random, bids are changed, and the gateway is killed
with -9 at random moments. Then every platform, the system operator and the grid operator must have received
every run's result once, under rising revisions, with what the line's limit of that run leaves of the bids,
and before that one notice of every amendment that concerns it, and of a cancellation. Exit code 1 if not.
`share_of_limit` compares the slowest in a hundred, from the end of the gate's time to its result, with the
ten seconds there are.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.rolling.clock import ClockHand
from benchmarks.rolling.verdict import faults
from benchmarks.rolling.week import MEMBERS, Week
from tests.e2e.running import Running

LIMIT_S: Final = 10.0


def run(gates: int, seed: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """One life of so many gates; what is printed on the way is for whoever waits."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="flexgate-rolling-") as name:
        directory = Path(name)
        clock = ClockHand(directory / "moved")
        os.environ["FLEXGATE_MOVED"] = str(directory / "moved")
        gateway = Running(
            directory / "gateway",
            MEMBERS,
            "[limits]\ndocument_processes = 1",
            program=("-m", "benchmarks.rolling.gateway"),
        )
        with gateway:
            week = Week(gateway, clock, seed)
            try:
                for done in week.play(gates):
                    if done and done % 24 == 0:
                        tell(f"{done} gates, {week.counts['kills']} kills")
            finally:
                week.close()
        found = faults(week.gates, week.received)
        if found:
            kept = Path(tempfile.mkdtemp(prefix="rolling-")) / "kept"
            gateway.directory.rename(kept)
            tell(f"not good; the data and the log stay in {kept}")
    p50, p99 = np.quantile(week.seconds, (0.5, 0.99)).tolist()
    return {
        "gates": gates,
        **week.counts,
        "runs": sum(len(gate.limits_mw) for gate in week.gates),
        "documents": sum(len({one.message_id for one in received}) for received in week.received.values()),
        "faults": len(found),
        "first_faults": found[:5],
        "published_after_s": {"median": round(p50, 3), "p99": round(p99, 3), "gates": len(week.seconds)},
        "share_of_limit": round(p99 / LIMIT_S, 3),
        "seed": seed,
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rolling_gates", description=__doc__)
    parser.add_argument("--gates", type=int, default=96)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--json", action="store_true", help="one line")
    options = parser.parse_args()
    started = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - started:4.0f} s: {text}", file=sys.stderr, flush=True)

    result = run(options.gates, options.seed, tell)
    print(json.dumps(result, indent=None if options.json else 2))
    return 1 if result["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
