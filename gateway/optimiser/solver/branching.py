"""Which node of a branch-and-bound tree to solve next, and which switch to branch on.

Best-bound order proves with the fewest nodes, diving finds feasible points early: nodes are taken in order of
their bounds, but a child is followed at once while its bound is close to the best. The switch is chosen by
pseudocosts, the observed gain of the bound per unit moved, with the product of both directions as score: a
switch that gains in one direction only leaves the other child as hard as its parent.

Source: Achterberg, "Constraint Integer Programming", dissertation, TU Berlin (2007), chapters 5 and 6.
"""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

import numpy as np

from gateway.optimiser.model.checks import FloatArray, IntArray

LEAST_SCORE = 1e-6  # so that one side without any gain does not hide the other
LEAST_MOVED = 0.01  # of a switch: the gain of less does not predict the total
Fixed = dict[int, float]


@dataclass(frozen=True, slots=True)
class Node:
    """Switches held, a lower bound; the one held last, how far it was moved."""

    fixed: Fixed
    bound: float
    column: int = -1
    moved: float = 0.0  # > 0 up


class Tree:
    """Nodes to look at, the best first; it dives for as long as that stays close to the best."""

    def __init__(self) -> None:
        self._number = count()
        self._heap: list[tuple[float, int, Node]] = []
        self._dive: Node | None = Node({}, -np.inf)

    def next(self) -> Node | None:
        """Remove and return the next node, None if there are none left."""
        node, self._dive = self._dive, None
        if node is None and self._heap:
            node = heappop(self._heap)[2]
        return node

    def branch(self, node: Node, bound: float, column: int, value: float, near: float) -> None:
        """Put both children of a node; the one closer to `value` comes next if within `near` of the best."""
        closer = float(value > 0.5)
        far, close = (
            Node(node.fixed | {column: to}, bound, column, to - value) for to in (1.0 - closer, closer)
        )
        self._push(far)
        if bound - self._heap[0][0] > near:
            self._push(close)
        else:
            self._dive = close

    def _push(self, node: Node) -> None:
        heappush(self._heap, (node.bound, next(self._number), node))


class Gains:
    """Pseudocosts: what moving a switch by one raised the bound by so far, on average and by direction."""

    def __init__(self) -> None:
        self._sum: dict[tuple[int, bool], float] = {}
        self._count: dict[tuple[int, bool], int] = {}

    def learn(self, node: Node, value: float) -> None:
        """Record by how much holding the last switch of a node raised the bound."""
        if node.fixed and np.isfinite(value):
            key = node.column, node.moved > 0
            moved = max(abs(node.moved), LEAST_MOVED)
            self._sum[key] = self._sum.get(key, 0.0) + max(value - node.bound, 0.0) / moved
            self._count[key] = self._count.get(key, 0) + 1

    def choose(self, split: IntArray, values: FloatArray) -> int:
        """The split switch with the greatest expected gain of both children; unknown ones get the average."""
        usual = {up: self._usual(up) for up in (False, True)}
        up, down = (
            np.array([self._one(int(column), up, usual[up]) for column in split]) for up in (True, False)
        )
        score = np.maximum(up * (1 - values), LEAST_SCORE) * np.maximum(down * values, LEAST_SCORE)
        return int(split[score.argmax()])

    def _one(self, column: int, up: bool, usual: float) -> float:
        times = self._count.get((column, up), 0)
        return self._sum[column, up] / times if times else usual

    def _usual(self, up: bool) -> float:
        each = [self._sum[key] / self._count[key] for key in self._sum if key[1] == up]
        return float(np.mean(each)) if each else 1.0
