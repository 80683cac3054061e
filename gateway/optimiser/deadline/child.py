"""The process that solves: reads a problem from stdin, writes what it finds to stdout, piece by piece.

Started and killed by `demand` and `lists`; the pipe is private to them, so pickle is safe on it. Nothing
but decisions may reach stdout: the descriptor is set aside before a solver can print to it.
"""

import ctypes
import os
import pickle
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, Final

from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows

_PR_SET_PDEATHSIG: Final = 1


def decisions(problem: Problem, method: str) -> Iterator[object]:
    """What the named method finds, piece by piece; solvers are imported here, where they can do no harm."""
    flows = GridFlows.of(problem)
    mtus = range(problem.mtus)
    if method == "each-grid":
        from gateway.optimiser.deadline.each_grid import decide_alone  # noqa: PLC0415

        yield from decide_alone(problem, flows, mtus)
    elif method == "merit-order":
        from gateway.optimiser.safe.merit_order import keep  # noqa: PLC0415

        yield from keep(problem, flows, processes=os.cpu_count() or 1)
    else:
        from gateway.optimiser.cover.cover import decide, first_decisions  # noqa: PLC0415

        yield from first_decisions(problem, flows, mtus, processes=os.cpu_count() or 1)
        yield from decide(problem, flows, mtus, processes=os.cpu_count() or 1)


def main() -> None:
    """Entry point: argument 1 the method, argument 2 the memory limit in MB (0: none)."""
    method, memory_mb = sys.argv[1], int(sys.argv[2])
    _end_with_parent()
    if memory_mb:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        problem = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent's own pipe
        for found in decisions(problem, method):
            send(out, found)


def _end_with_parent() -> None:
    """Have the system end this process when its parent ends, however that happens (Linux, prctl(2))."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def send(out: BinaryIO, found: object) -> None:
    """One piece, complete or not at all."""
    pickle.dump(found, out, protocol=5)
    out.flush()


if __name__ == "__main__":
    main()
