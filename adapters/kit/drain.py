"""Draining of queues: messages that wait, as many as are stored together."""

import queue
from typing import TypeVar

T = TypeVar("T")


def next_of(waiting: "queue.SimpleQueue[T | None]", in_hand: int) -> list[T]:
    """The next items of a queue, at least one; none where the queue was ended by None.

    Half of what a peer may have in hand: while that is stored, the other half comes.
    """
    first = waiting.get()
    taken = [] if first is None else [first]
    while taken and len(taken) < in_hand // 2 and not waiting.empty():
        another = waiting.get()
        if another is None:
            break
        taken.append(another)
    return taken
