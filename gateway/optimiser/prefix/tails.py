"""Streams of activations other than the lists of an MTU: delivery from the MTU before, and separate sets.

What was activated directly in the MTU before still delivers in this one. Of bids that offer direct activation
alone these are the first ones of the list, up to some place. Of bids that offer both kinds, those that were
activated by schedule deliver no longer, and they were the first ones: so what still delivers begins at any
place of the list and ends at any later one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.prefix.prefixes import FULL_MW, PriceList, greatest, last_true, one_by_one, running


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """Delivery by direct activation of one list in the MTU before.

    Attributes:
        listed: the bids that offer direct activation.
        scheduled: (n,) those that offer scheduled activation too.
    """

    listed: PriceList
    scheduled: BoolArray

    @property
    def columns(self) -> IntArray:
        """(n,) its columns, in order of activation."""
        return self.listed.order

    def most(self, change: FloatArray) -> FloatArray:
        """See `Stream.most`."""
        return greatest(self.ends(change))

    def ends(self, change: FloatArray) -> FloatArray:
        """See `Stream.ends`."""
        return self._by_end(change)[0]

    def counted(self, change: FloatArray, end: IntArray) -> BoolArray:
        """See `Stream.counted`."""
        _, begins = self._by_end(change)
        row, place = np.arange(change.shape[1]), np.arange(begins.shape[0])[:, None]
        inside = np.where(place < end, begins, -np.inf)
        begin = inside.argmax(axis=0)
        begin = np.where(inside[begin, row] > 0, begin, -1)
        group, counts = self.listed.group[:, None], self.listed.until(end, change)
        skipped = (group < begin) | ((group == begin) & (change <= 0))
        return np.asarray(counts & ~(self.scheduled[:, None] & skipped))

    def filling(self, change: FloatArray) -> BoolArray:
        """See `Stream.filling`."""
        ends, _ = self._by_end(change)
        last = last_true(ends >= np.maximum(ends.max(axis=0), 0.0) - FULL_MW)
        return np.asarray(self.listed.group[:, None] <= last)

    def without(self, change: FloatArray) -> FloatArray:
        """See `Stream.without`."""
        return one_by_one(self, change)

    def _by_end(self, change: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(g, R) the most when direct activation ends in each group; what it gains by each begin.

        A maximum subarray problem over the bids that offer both kinds: what a stretch brings is the prefix up
        to its end less scheduled activation before its begin, and the best begin before each end is
        a running maximum. Of the group of the begin only what loads the row is left to direct activation.
        """
        both = np.where(self.scheduled[:, None], change, 0.0)
        begins = self.listed.sums(np.maximum(both, 0.0)) - running(self.listed.sums(both))
        ends = self.listed.by_end(change)
        ends[1:] += np.maximum(np.maximum.accumulate(begins), 0.0)[:-1]
        return ends, begins


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """Sets of columns of which at most one brings anything: set by set, and `first` where each begins."""

    columns: IntArray
    first: IntArray

    @staticmethod
    def of(sets: Sequence[Sequence[int]]) -> "Apart":
        """From sets of columns, each with at least one."""
        sizes = [len(one) for one in sets]
        columns = np.array([column for one in sets for column in one], np.int64)
        return Apart(columns, np.cumsum([0, *sizes])[:-1])

    def most(self, change: FloatArray) -> FloatArray:
        """See `Stream.most`."""
        return np.asarray(np.maximum(np.maximum.reduceat(change, self.first, axis=0), 0.0).sum(axis=0))

    def ends(self, change: FloatArray) -> FloatArray:
        """See `Stream.ends`; all sets share one place."""
        return self.most(change)[None]

    def counted(self, change: FloatArray, end: IntArray) -> BoolArray:
        """See `Stream.counted`."""
        return self._greatest(change, 0.0) & self._leading(change) & (end >= 0)

    def filling(self, change: FloatArray) -> BoolArray:
        """See `Stream.filling`."""
        return self._greatest(change, FULL_MW)

    def without(self, change: FloatArray) -> FloatArray:
        """See `Stream.without`."""
        return np.broadcast_to(self.most(change), change.shape)  # it relies on no relief

    def _greatest(self, change: FloatArray, short: float) -> BoolArray:
        best = np.maximum(np.maximum.reduceat(change, self.first, axis=0), 0.0)
        sizes = np.diff(self.first, append=self.columns.size)
        return np.asarray((change > 0) & (change >= np.repeat(best, sizes, axis=0) - short))

    def _leading(self, change: FloatArray) -> BoolArray:
        """Of several greatest in a set the first."""
        greatest = self._greatest(change, 0.0)
        count = np.cumsum(greatest, axis=0)
        before: IntArray = count[self.first] - greatest[self.first]
        sizes = np.diff(self.first, append=self.columns.size)
        return np.asarray(count - np.repeat(before, sizes, axis=0) == 1)
