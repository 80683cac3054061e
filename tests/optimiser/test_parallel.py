"""Work in several processes: the same results, and no process that outlives the one it works for."""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO

import pytest

from gateway.optimiser.solver.parallel import parallel_map, parallel_stream
from tests.patience import eventually

ENDLESS = """
import time
from gateway.optimiser.solver.parallel import {function}

def work(shared, task):
    print("w", end="", flush=True)
    time.sleep(1000)
    return [task]

list({function}(work, None, range(2), 2))
"""


def times(shared: int, task: int) -> int:
    return shared * task


def up_to(shared: int, task: int) -> list[int]:
    return [shared + step for step in range(task)]


@pytest.mark.parametrize("processes", [1, 3])
def test_results_are_in_the_order_of_the_tasks(processes: int) -> None:
    assert list(parallel_map(times, 7, range(20), processes)) == list(range(0, 140, 7))


@pytest.mark.parametrize("processes", [1, 3])
def test_every_result_of_every_task_is_streamed(processes: int) -> None:
    found = list(parallel_stream(up_to, 10, [1, 2, 3], processes))
    assert sorted(found) == [10, 10, 10, 11, 11, 12]


def is_at_end(output: IO[bytes]) -> bool:
    """Whether every process has ended that could write more."""
    return bool(select.select([output], [], [], 0)[0]) and output.read(1) == b""


@pytest.mark.parametrize("function", ["parallel_map", "parallel_stream"])
def test_processes_end_with_the_one_they_work_for(function: str) -> None:
    """Also when that one is killed: the pipe that all of them write to is closed when the last has ended."""
    solver = subprocess.Popen(
        [sys.executable, "-c", ENDLESS.format(function=function)],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert solver.stdout is not None
    try:
        assert solver.stdout.read(2) == b"ww"
        os.kill(solver.pid, signal.SIGKILL)
        eventually(lambda: is_at_end(solver.stdout), "the end of its processes", 30)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(solver.pid, signal.SIGKILL)
        solver.stdout.close()
        solver.wait()
