"""The same function over many tasks, in several processes that share what they read."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any, Final, TypeVar

from gateway.runner import end_with_parent

POLL_S: Final = 0.02
"""Between two checks whether a task has ended."""
Shared = TypeVar("Shared")
Task = TypeVar("Task")
Result = TypeVar("Result")
_call: Callable[[Any], Any]
"""What a child process calls with each task: set as it starts."""


def parallel_map(
    function: Callable[[Shared, Task], Result], shared: Shared, tasks: Iterable[Task], processes: int
) -> Iterator[Result]:
    """`function(shared, task)` for each of `tasks`, in order, as they are done.

    With more than one process, children are forked: `shared` is never copied. Which process computes a task
    changes nothing about its result. Children end with this process. Fork only where no other thread runs.
    """
    if processes <= 1:
        yield from (function(shared, task) for task in tasks)
        return
    context = get_context("fork")
    with ProcessPoolExecutor(processes, context, _start, (partial(function, shared),)) as pool:
        yield from pool.map(_run, tasks)


def parallel_stream(
    function: Callable[[Shared, Task], Iterable[Result]],
    shared: Shared,
    tasks: Iterable[Task],
    processes: int,
) -> Iterator[Result]:
    """Results of `function(shared, task)` for each of `tasks`, each as it is found; else as `parallel_map`.

    Results of one task are in their order; those of different tasks in the order in which they are found.
    """
    if processes <= 1:
        for task in tasks:
            yield from function(shared, task)
        return
    context = get_context("fork")
    inbox, outbox = context.Pipe(duplex=False)
    sending = context.Lock()

    def send_all(task: Task) -> None:
        for found in function(shared, task):
            with sending:
                outbox.send(found)

    with ProcessPoolExecutor(processes, context, _start, (send_all,)) as pool:
        running: list[Future[None]] = [pool.submit(_run, task) for task in tasks]
        while running or inbox.poll(0):
            if inbox.poll(POLL_S):
                yield inbox.recv()
                continue
            for done in [each for each in running if each.done()]:
                done.result()  # raises what the task raised
                running.remove(done)


def _start(call: Callable[[Any], Any]) -> None:
    """Prepare a child process; `call` came with the fork, nothing of it is copied."""
    global _call  # noqa: PLW0603  # a pool passes no more than the task to a call
    end_with_parent()
    _call = call


def _run(task: object) -> Any:
    return _call(task)
