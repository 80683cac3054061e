"""The same function over many tasks, in several processes that share what they read."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

LOOK_S = 0.02  # between two looks at whether a task has ended
Shared = TypeVar("Shared")
Task = TypeVar("Task")
Result = TypeVar("Result")
_here: dict[str, Any] = {}


def spread(
    function: Callable[[Shared, Task], Result], shared: Shared, tasks: Iterable[Task], processes: int
) -> Iterator[Result]:
    """`function(shared, task)` for each of `tasks`, in order, as they are done.

    With more than one process, children are forked: `shared` is never copied. Which process computes a task
    changes nothing about its result. Fork only where no other thread runs.
    """
    if processes <= 1:
        yield from (function(shared, task) for task in tasks)
        return
    context = get_context("fork")
    with ProcessPoolExecutor(processes, context, _remember, (function, shared)) as pool:
        yield from pool.map(_call, tasks)


def stream(
    function: Callable[[Shared, Task], Iterable[Result]],
    shared: Shared,
    tasks: Iterable[Task],
    processes: int,
) -> Iterator[Result]:
    """Results of `function(shared, task)` for each of `tasks`, each piece as it is found; else as `spread`.

    Pieces of one task are in their order, those of different tasks come as they do.
    """
    if processes <= 1:
        for task in tasks:
            yield from function(shared, task)
        return
    context = get_context("fork")
    inbox, outbox = context.Pipe(duplex=False)
    turn = context.Lock()

    def send_all(task: Task) -> None:
        for piece in function(shared, task):
            with turn:
                outbox.send(piece)

    with ProcessPoolExecutor(processes, context, _remember_call, (send_all,)) as pool:
        running: list[Future[None]] = [pool.submit(_call, task) for task in tasks]
        while running or inbox.poll(0):
            if inbox.poll(LOOK_S):
                yield inbox.recv()
                continue
            for done in [each for each in running if each.done()]:
                done.result()  # raises what the task raised
                running.remove(done)


def _remember_call(call: Callable[[Any], Any]) -> None:
    _here["call"] = call


def _remember(function: Callable[..., Any], shared: object) -> None:
    _here["call"] = lambda task: function(shared, task)


def _call(task: object) -> Any:
    return _here["call"](task)
