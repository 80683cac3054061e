"""The solver process: receives a problem over its socket and sends decisions as they are found.

Started and killed by `demand` and `lists`, see `gateway.runner`.
"""

import os
import resource
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.runner import READY, end_with_parent


def decisions(problem: Problem, method: str) -> Iterator[object]:
    """Yield results of the named method; solvers are imported here, where a crash ends only this process."""
    flows = GridFlows.of(problem)
    mtus = range(problem.mtus)
    if method == "each-grid":
        from gateway.optimiser.deadline.each_grid import decide_alone  # noqa: PLC0415

        yield from decide_alone(problem, flows, mtus)
    elif method == "merit-order":
        from gateway.optimiser.safe.merit_order import component_answers  # noqa: PLC0415

        yield from component_answers(problem, flows, processes=os.cpu_count() or 1)
    else:
        from gateway.optimiser.cover.cover import decide, first_decisions  # noqa: PLC0415

        yield from first_decisions(problem, flows, mtus, processes=os.cpu_count() or 1)
        yield from decide(problem, flows, mtus, processes=os.cpu_count() or 1)


def main() -> None:
    """Entry point: argument 1 the method, 2 the memory limit in MB (0: none), 3 the number of the socket."""
    method, memory_mb = sys.argv[1], int(sys.argv[2])
    end_with_parent()
    if memory_mb:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    problem, send = received()
    for found in decisions(problem, method):
        send(found)


def received() -> tuple[Problem, Callable[[object], None]]:
    """Return the problem from the socket, and the function that sends a result."""
    connection: Connection[Any, Any] = Connection(int(sys.argv[-1]))
    problem = connection.recv()
    connection.send(READY)
    return problem, connection.send


if __name__ == "__main__":
    main()
