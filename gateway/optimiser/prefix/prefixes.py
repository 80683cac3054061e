"""The most that activations of a price-ordered list can bring to a row.

A row meets the quantities of its own MTU and, where bids are activated directly, those of the MTU before it:
a direct activation delivers until the end of the next MTU. Its columns are therefore the bids twice, first
those of the MTU, then those of the one before. Every kind of activation that is independent of the
others is a *stream* over some of these columns, and as streams are chosen independently, the worst activation
of all is the sum of the worst ones; none at all brings 0. With x_b the change of bid b towards the limit:

* `Prefix`: scheduled activation is a prefix of the bids that offer it, direct activation passes over the
  others and is a prefix of the bids that offer direct activation. The last bid of a prefix may be activated
  in part, bids of equal price in any order: price group g ends a prefix with Σ_{b in g} max(x_b, 0). Of a bid
  that offers both, whatever reaches further counts. Of exclusive bids at most one is activated.
* `Tail` and `Apart` (see `tails`): what direct activation of the MTU before still delivers, and sets of
  columns of which at most one brings anything, in no order.

A bid that may be passed over never brings relief (`dependable`).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray

FULL_MW = 1e-5
"""An activation this close to the worst one fills its row too."""

STRETCHES = 16
"""Of a list; in each an activation is looked for that ends there."""


class Stream(Protocol):
    """One independent choice of what is activated, over n columns; changes are (n, R) for R rows."""

    @property
    def columns(self) -> IntArray:
        """(n,) columns, the bids of the MTU and then those of the MTU before."""

    def most(self, change: FloatArray) -> FloatArray:
        """(R,) the most that can be brought, ≥ 0."""

    def ends(self, change: FloatArray) -> FloatArray:
        """(g, R) what activations bring that end in each of g places: `most`, or 0, is the greatest of them.

        The memory of `change` may be used for it.
        """

    def counted(self, change: FloatArray, end: IntArray, /) -> BoolArray:
        """(n, R) whether a column counts in the worst activation that ends in place `end` (R,), −1 for none.

        Columns that would relieve and are left out at will do not.
        """

    def filling(self, change: FloatArray) -> BoolArray:
        """(n, R) whether a column counts in an activation that brings the most."""

    def without(self, change: FloatArray) -> FloatArray:
        """(n, R) `most` if the bid of each column, once activated, brings no relief."""


@dataclass(frozen=True, slots=True, eq=False)
class PriceList:
    """Bids in the order in which they are activated.

    Attributes:
        order: (n,) columns, cheapest first. group: (n,) price group of each, ascending from 0.
        first: (g,) where each group begins.
    """

    order: IntArray
    group: IntArray
    first: IntArray

    @staticmethod
    def of(bids: IntArray, price: FloatArray) -> "PriceList":
        """From positions of bids and the prices (B,) of all."""
        order = bids[np.argsort(price[bids], kind="stable")]
        starts = np.diff(price[order], prepend=np.nan) != 0
        return PriceList(order, np.cumsum(starts) - 1, np.flatnonzero(starts))

    @property
    def distinct(self) -> bool:
        """Whether no two prices are equal."""
        return self.first.size == self.order.size

    def sums(self, change: FloatArray) -> FloatArray:
        """(g, R) per price group."""
        return change if self.distinct else np.add.reduceat(change, self.first, axis=0)

    def by_end(self, change: FloatArray) -> FloatArray:
        """(g, R) the most that prefixes ending in each price group bring, of changes (n, R) in list order.

        Groups before the last count completely, with the relief they bring; of the last group, whose bids may
        be taken in any order and in part, only what loads the row.
        """
        ends = self.sums(np.maximum(change, 0.0))
        ends[1:] += running(self.sums(change))[:-1]
        return ends

    def until(self, end: IntArray, change: FloatArray) -> BoolArray:
        """(n, R) what counts in the prefix that ends in group `end` (R,), −1 for none."""
        group = self.group[:, None]
        inside = group == end
        inside &= change > 0
        inside |= group < end
        return np.asarray(inside)


@dataclass(frozen=True, slots=True, eq=False)
class Prefix:
    """Scheduled and direct activation of one list in one MTU.

    Attributes:
        listed: the bids.
        scheduled, direct: (n,) how each may be activated, in list order.
        alike: whether that is the same for all, so that one prefix is reached.
        exclusive: groups of places in the list, ascending, of which at most one is activated; none where
            some bids offer scheduled and others direct activation only.
    """

    listed: PriceList
    scheduled: BoolArray
    direct: BoolArray
    alike: bool
    exclusive: tuple[IntArray, ...] = ()

    @property
    def columns(self) -> IntArray:
        """(n,) its columns, in order of activation."""
        return self.listed.order

    def most(self, change: FloatArray) -> FloatArray:
        """See `Stream.most`."""
        return greatest(self.ends(change.copy()))

    def ends(self, change: FloatArray) -> FloatArray:
        """See `Stream.ends`."""
        steps = self._steps(change)
        if not self.alike:
            return self._by_end(steps)[0]
        return summed(steps) if self.listed.distinct else self.listed.by_end(steps)

    def counted(self, change: FloatArray, end: IntArray) -> BoolArray:
        """See `Stream.counted`."""
        if self.alike:
            return self._one_of_each(self.listed.until(end, change), change)
        return self._one_of_each(self._reaching(self._steps(change), end), change)

    def filling(self, change: FloatArray) -> BoolArray:
        """See `Stream.filling`."""
        steps = self._steps(change)
        ends = self.listed.by_end(steps) if self.alike else self._by_end(steps)[0]
        last = last_true(ends >= np.maximum(ends.max(axis=0), 0.0) - FULL_MW)
        return np.asarray(self.listed.group[:, None] <= last)

    def without(self, change: FloatArray) -> FloatArray:
        """See `Stream.without`."""
        if not self.alike or self.exclusive:
            return one_by_one(self, change)
        # Prefixes that end in or before the bid's group bring what they did: a relieving bid counts 0 in the
        # last group. Those that end after it lose its relief.
        ends, group = self.listed.by_end(change), self.listed.group
        until = np.maximum.accumulate(ends)[group]
        after = np.full((ends.shape[0] + 1, ends.shape[1]), -np.inf)
        after[:-1] = np.maximum.accumulate(ends[::-1])[::-1]
        missing = after[group + 1] - np.minimum(change, 0.0)
        return np.asarray(np.maximum(np.maximum(until, missing), 0.0))

    def _steps(self, change: FloatArray) -> FloatArray:
        """`change` with exclusive bids by how much more each brings than those before it.

        Sums over a prefix are then those of the greatest bid of each exclusive group in it.
        """
        if not self.exclusive:
            return change
        steps = change.copy()
        for places in self.exclusive:
            steps[places] = np.diff(np.maximum.accumulate(np.maximum(change[places], 0.0)), axis=0, prepend=0)
        return steps

    def _one_of_each(self, counts: BoolArray, change: FloatArray) -> BoolArray:
        """Values that count (n, R), of every exclusive group the greatest only."""
        for places in self.exclusive:
            brought = counts[places] * change[places]
            best = brought == np.maximum(brought.max(axis=0), 1e-300)
            counts[places] = best & (np.cumsum(best, axis=0) == 1)
        return counts

    def _by_end(self, steps: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """(g, R) the most when the activation that reaches further ends in each group; ends of the kinds.

        The other activation ends in the same group or before it. As each kind of bid is reached by one
        activation only, and bids of both kinds by the further one, the shorter prefix is chosen by itself:
        a running maximum over its ends, instead of all pairs.
        """
        only = [self.scheduled & ~self.direct, self.direct & ~self.scheduled, self.scheduled & self.direct]
        scheduled, direct, both = (self.listed.by_end(np.where(kind[:, None], steps, 0.0)) for kind in only)
        before = [np.maximum.accumulate(np.maximum(one, 0.0)) for one in (scheduled, direct)]
        return both + np.maximum(scheduled + before[1], before[0] + direct), scheduled, direct, both

    def _reaching(self, steps: FloatArray, end: IntArray) -> BoolArray:
        """(n, R) what counts in the worst pair of prefixes of which the further one ends in group `end`."""
        _, scheduled, direct, _ = self._by_end(steps)
        row, place = np.arange(steps.shape[1]), np.arange(scheduled.shape[0])[:, None]
        lesser = []
        for one in (scheduled, direct):
            inside = np.where(place <= end, one, -np.inf)
            best = inside.argmax(axis=0)
            lesser.append(np.where(inside[best, row] > 0, best, -1))
        at = np.maximum(end, 0)
        less = [
            np.where(s >= 0, one[np.maximum(s, 0), row], 0.0)
            for one, s in zip((scheduled, direct), lesser, strict=True)
        ]
        first = scheduled[at, row] + less[1] >= less[0] + direct[at, row]
        by_scheduled, by_direct = np.where(first, end, lesser[0]), np.where(first, lesser[1], end)
        parts = [self.listed.until(one, steps) for one in (by_scheduled, by_direct)]
        taken = (parts[0] & self.scheduled[:, None]) | (parts[1] & self.direct[:, None])
        both = (self.scheduled & self.direct)[:, None]
        return np.where(both, self.listed.until(end, steps), taken)


def greatest(ends: FloatArray) -> FloatArray:
    """(R,) the greatest of what activations bring (g, R), and of 0, which none at all brings."""
    return np.asarray(np.maximum(ends.max(axis=0), 0.0))


def worst_end(ends: FloatArray) -> IntArray:
    """(R,) where the worst activation ends, of what activations bring (g, R); −1 if none brings anything."""
    return np.where(ends.max(axis=0) > 0, ends.argmax(axis=0), -1)


def other_ends(ends: FloatArray, above: FloatArray) -> tuple[IntArray, IntArray]:
    """Rows (C,) and ends (C,) of the worst activations in each stretch that bring more than `above` (R,).

    All but the worst (g, R) are left out.
    """
    length = -(-ends.shape[0] // STRETCHES)
    padded = np.full((STRETCHES * length, ends.shape[1]), -np.inf)
    padded[: ends.shape[0]] = ends
    stretched = padded.reshape(STRETCHES, length, -1)
    end = stretched.argmax(axis=1) + length * np.arange(STRETCHES)[:, None]
    more = stretched.max(axis=1) > np.maximum(above, 0.0)
    more &= np.abs(end - ends.argmax(axis=0)) > 1
    stretch, rows = np.nonzero(more)
    return rows, end[stretch, rows]


def running(change: FloatArray) -> FloatArray:
    """Sums from the first to each along axis 0."""
    return summed(change.copy())


def summed(change: FloatArray) -> FloatArray:
    """`running` in the memory of `change`; row by row, which is faster than numpy's own."""
    for before, after in pairwise(change):
        np.add(before, after, after)
    return change


def one_by_one(stream: Stream, change: FloatArray) -> FloatArray:
    """`Stream.without`, column by column."""
    result = np.broadcast_to(stream.most(change), change.shape).copy()
    for place in np.flatnonzero((change < 0).any(axis=1)).tolist():
        failing = change.copy()
        failing[place] = np.maximum(change[place], 0.0)
        result[place] = stream.most(failing)
    return result


def last_true(true: BoolArray) -> IntArray:
    """(R,) the last place along axis 0 that is true, −1 if none is."""
    last = true.shape[0] - 1 - true[::-1].argmax(axis=0)
    return np.where(true.any(axis=0), last, -1)
