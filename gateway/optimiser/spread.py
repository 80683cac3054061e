"""The same function over many tasks, in several processes that share what they read."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

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


def _remember(function: Callable[..., Any], shared: object) -> None:
    _here["call"] = lambda task: function(shared, task)


def _call(task: object) -> Any:
    return _here["call"](task)
