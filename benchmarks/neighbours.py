"""`python -m benchmarks.neighbours [PART …] [--json]`: whether one participant can slow another.

exponents          how the time to judge input grows with its size, for many shapes of it: at most 1.1
worst_document_s   how much later a document is acknowledged while another tenant's worst one is in work
dead_receivers     how long an answer takes while a hundred others' receivers are not there: at most 2 s
"""

import argparse
import gc
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.dead_receivers import dead_receivers
from benchmarks.hostile import SHAPES
from benchmarks.hostile.shape import JSON, Shape
from benchmarks.worst_documents import worst_document_s
from gateway.grids import exchange
from gateway.grids.findings import GridModelError
from gateway.intake.check.examination import examine
from gateway.processes import resource_files
from gateway.processes.errors import ResourcesInvalidError

SIZES = tuple(15 * 2**power // 16 for power in range(16, 23))
ENOUGH_S = 4.0
"""No larger size is tried once one took this long."""
NEGLIGIBLE_S = 0.03
"""Times below this say nothing about growth."""


def judge(shape: Shape, data: bytes) -> None:
    """Do what the gateway does with input before it has any effect."""
    try:
        if shape.entry == "documents":
            examine(data, shape.media_type, datetime.now(UTC))
        elif shape.entry == "models":
            exchange.read(data)
        elif shape.media_type == JSON:
            resource_files.read_json(data)
        else:
            resource_files.read_csv(data)
    except (GridModelError, ResourcesInvalidError):
        pass


def seconds(shape: Shape, data: bytes) -> float:
    """Processor time of this thread, the lesser of two runs.

    Without the collector of cycles: what it takes depends on all that lives in the process. It begins full
    collections between 1 and 2 MB of input, which doubles the time of some shapes once and no more.
    """
    best = math.inf
    gc.collect()
    gc.disable()
    try:
        for _ in range(2):
            start = time.thread_time()
            judge(shape, data)
            best = min(best, time.thread_time() - start)
            if best > ENOUGH_S / 8:
                break
    finally:
        gc.enable()
    return best


def growth(shape: Shape) -> dict[str, Any]:
    """Times by size, and the largest exponent between two sizes, one at least four times the other.

    None: too quick, at the largest size too, to tell.
    """
    times: dict[int, float] = {}
    for size in SIZES:
        data = shape.make(size)
        times[len(data)] = seconds(shape, data)
        if times[len(data)] > ENOUGH_S:
            break
    significant = [(size, spent) for size, spent in times.items() if spent >= NEGLIGIBLE_S]
    exponents = [
        math.log(much / little) / math.log(large / small)
        for small, little in significant
        for large, much in significant
        if large >= 3.9 * small
    ]
    exponent = round(max(exponents), 2) if exponents else None
    return {"exponent": exponent, "bytes": max(times), "seconds": round(max(times.values()), 3)}


def exponents(only: str = "") -> Iterator[dict[str, Any]]:
    """One line per shape."""
    judge(SHAPES["xml_faulty_series"], SHAPES["xml_faulty_series"].make(2000))  # compiles the schema
    judge(SHAPES["json_many_bids"], SHAPES["json_many_bids"].make(2000))
    for name, shape in SHAPES.items():
        if only in name:
            yield {"part": "exponents", "shape": name, **growth(shape)}


PARTS: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "exponents": exponents,
    "worst_document_s": worst_document_s,
    "dead_receivers": dead_receivers,
}


def main() -> int:
    """Run all parts, or some."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neighbours", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--json", action="store_true", help="one line for each result")
    options = parser.parse_args()
    for part in options.parts or PARTS:
        for result in PARTS[part]():
            sys.stdout.write(json.dumps(result, indent=None if options.json else 2) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
