"""The rows of one component, as a safe merit order meets them: what one MW brings, and the margin."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.activations import dependable, may_be_skipped, streams
from gateway.optimiser.prefix.prefixes import Stream, greatest, other_ends, worst_end
from gateway.optimiser.rows.components import Component
from gateway.optimiser.rows.flows import GridFlows, loads

TOLERANCE_MW = 1e-6


class ComponentRows:
    """Every row of both sides of a component's grids.

    Attributes:
        bids: (b,) the component's bids.
        coupled: whether MTUs meet: what is activated directly in one delivers in the next.
    """

    def __init__(
        self,
        problem: Problem,
        flows: tuple[GridFlows, ...],
        component: Component,
        known: dict[int, BoolArray] | None = None,
    ) -> None:
        """`known` remembers over the components of a problem which bids may be skipped, by MTU."""
        self._known = {} if known is None else known
        self.problem, self.bids = problem, component.bids
        offer = problem.bids
        self.coupled = problem.mtus > 1 and bool(offer.direct[component.bids].any())
        keys, effects, margins, of = [], [], [], []
        mtus, first = np.arange(problem.mtus), 0
        for number in component.grids.tolist():
            flow = flows[number]
            effect = flow.effects()
            points, elements, _ = effect.shape
            count = points * elements
            wide = effect.reshape(count, -1)
            if flow.bids.size < component.bids.size:
                wide = np.zeros((count, component.bids.size))
                wide[:, np.searchsorted(component.bids, flow.bids)] = effect.reshape(count, -1)
            effects.append(wide)
            point, element = np.divmod(np.arange(count), elements)
            same = np.ones(count, np.int64)
            for side, margin in zip((1, -1), flow.margins(mtus), strict=True):
                keys.append(RowKeys(number * same, element, point, side * same))
                margins.append(margin.reshape(count, -1))
                of.append(first + np.arange(count))
            first += count
        self.keys = RowKeys.join(keys)
        self.margin = np.concatenate(margins)
        self.offered = offer.available_mw[component.bids]
        self._effect = effects[0] if len(effects) == 1 else np.concatenate(effects)  # of the upper sides
        self._of = np.concatenate(of)  # the row of `_effect` that a row of the component is one side of

    def most(self, quantity: FloatArray) -> FloatArray:
        """(R, T) no more than this can (b, T) bring to a row, whatever is activated of it."""
        rise, fall = loads(self._effect, self._delivering(quantity))
        return np.asarray(np.where(self.keys.side[:, None] > 0, rise[self._of], fall[self._of]))

    def reached_with(self, met: FloatArray, columns: IntArray, more: FloatArray) -> IntArray:
        """Numbers of the rows that quantities (2b,), with `more` (b,) in `columns` (b,), load at all."""
        quantity = met.copy()
        quantity[columns] += more
        rise, fall = loads(self._effect, (quantity[: self.bids.size] + quantity[self.bids.size :])[:, None])
        most = np.where(self.keys.side > 0, rise[self._of, 0], fall[self._of, 0])
        return np.flatnonzero(most > 0)

    def _delivering(self, quantity: FloatArray) -> FloatArray:
        total = quantity.copy()
        if self.coupled:
            direct = self.problem.bids.direct[self.bids]
            total[:, 1:] += np.where(direct[:, None], quantity[:, :-1], 0.0)
        return total

    def numbers(self, keys: RowKeys) -> IntArray:
        """(R,) numbers of rows among those of the component."""
        columns_of = [(one.grid, one.element, one.point, one.side > 0) for one in (self.keys, keys)]
        sizes = [int(column.max(initial=0)) + 1 for column in columns_of[0]]
        known, wanted = (np.ravel_multi_index(columns, sizes) for columns in columns_of)
        order = np.argsort(known, kind="stable")
        return order[np.searchsorted(known[order], wanted)]

    def _skipped(self, mtu: int) -> BoolArray:
        if mtu not in self._known:
            self._known[mtu] = may_be_skipped(self.problem, mtu)
        return self._known[mtu][self.bids]

    def sheet(self, mtu: int, reachable: IntArray) -> "Sheet":
        """The rows numbered `reachable` at one MTU."""
        return Sheet(
            mtu=mtu,
            rows=reachable,
            place=_elements(self.keys[reachable]),
            margin=self.margin[reachable, mtu],
            streams=tuple(
                (one, self._dependable(one.columns, mtu, reachable))
                for one in streams(self.problem, self.bids, mtu)
            ),
        )

    def _dependable(self, columns: IntArray, mtu: int, rows: IntArray) -> FloatArray:
        """(n, R) what columns of a stream bring to rows at one MTU, relief as far as it is relied upon."""
        before, bid = np.divmod(columns, self.bids.size)
        brings = self._by_bid[np.ix_(bid, self._of[rows])]
        brings *= self.keys.side[rows]
        skipped = self._skipped(mtu)[bid]
        if before.any():
            skipped = np.where(before > 0, self._skipped(mtu - 1)[bid], skipped)
        return dependable(brings.T, self.problem.relief_share, skipped).T

    @cached_property
    def _by_bid(self) -> FloatArray:
        """(b, R) `_effect` bid by bid."""
        return np.ascontiguousarray(self._effect.T)


@dataclass(frozen=True, eq=False)
class Sheet:
    """Some rows of a component at one MTU.

    Attributes:
        mtu: the MTU.
        rows: (R,) numbers of the rows among those of the component.
        place: (R,) the same number for rows of one element and side, which differ by the operating point.
        margin: (R,) in MW.
        streams: what may be activated, with the dependable coefficients (n, R) of its columns.
    """

    mtu: int
    rows: IntArray
    place: IntArray
    margin: FloatArray
    streams: tuple[tuple[Stream, FloatArray], ...]

    @cached_property
    def _rising(self) -> list[tuple[IntArray, FloatArray]]:
        """Columns (n,) of each stream, with what they load rows by (n, R)."""
        return [(one.columns, np.maximum(coefficient, 0.0)) for one, coefficient in self.streams]

    def excess(self, quantity: FloatArray) -> FloatArray:
        """(R,) how far the worst activation of (2b,) quantities exceeds the margin; below 0: what is left."""
        return self._scan(quantity, np.arange(self.rows.size)).excess

    def brought(self, quantity: FloatArray) -> FloatArray:
        """(R,) what the worst activation of (2b,) quantities brings, ≥ 0."""
        return self.excess(quantity) + self.margin

    def scan(self, quantity: FloatArray) -> "Scan":
        """Effects of activations of (2b,) quantities on the rows that some set of them exceeds.

        No activation exceeds another row.
        """
        most = sum((quantity[columns] @ rising for columns, rising in self._rising), np.zeros(self.rows.size))
        return self._scan(quantity, np.flatnonzero(most > self.margin))

    def _scan(self, quantity: FloatArray, at: IntArray) -> "Scan":
        few = at.size < self.rows.size
        ends = [
            one.ends((coefficient.take(at, axis=1) if few else coefficient) * quantity[one.columns, None])
            for one, coefficient in self.streams
        ]
        most = [greatest(brought) for brought in ends]
        brought = sum(most, np.zeros(at.size))
        return Scan(self, quantity, at, ends, most, brought - self.margin[at])


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """Effects of activations of some quantities on the rows of a sheet.

    Attributes:
        sheet: the rows.
        quantity: (2b,) available.
        at: (N,) the rows looked at, as places in the sheet.
        ends: per stream what activations bring (g, N) that end in each of g places.
        most: per stream (N,) the most of it, ≥ 0.
        excess: (N,) as `Sheet.excess`.
    """

    sheet: Sheet
    quantity: FloatArray
    at: IntArray
    ends: list[FloatArray]
    most: list[FloatArray]
    excess: FloatArray

    def cuts(self, picked: IntArray, share: FloatArray, *, elsewhere: bool) -> Iterator["StreamEffects"]:
        """Activations of each stream that bring more to `picked` of those rows (P,) than its `share` (S, P).

        For every row the worst one and, if requested, those that end `elsewhere` and bring more, too.
        """
        for number, (one, coefficient) in enumerate(self.sheet.streams):
            above = share[number] + TOLERANCE_MW / len(self.ends)
            some = self.most[number][picked] > above
            if not some.any():
                continue
            rows, above = picked[some], above[some]
            ends = self.ends[number].take(rows, axis=1)
            end = worst_end(ends)
            if elsewhere:
                more, others = other_ends(ends, above)
                rows, end = np.concatenate([rows, rows[more]]), np.concatenate([end, others])
            rows = self.at[rows]
            brings = coefficient.take(rows, axis=1)
            counted = one.counted(brings * self.quantity[one.columns, None], end)
            yield StreamEffects(number, rows, one.columns, np.where(counted, brings, 0.0).T)


@dataclass(frozen=True, slots=True, eq=False)
class StreamEffects:
    """Effects of activations of one stream.

    Attributes:
        stream: its number.
        rows: (C,) the row of each, as a place in the sheet.
        columns: (n,) the columns of the stream.
        brings: (C, n) MW per available MW.
    """

    stream: int
    rows: IntArray
    columns: IntArray
    brings: FloatArray


def _elements(keys: RowKeys) -> IntArray:
    """Numbers that identify element and side of rows, not the operating point."""
    if not len(keys):
        return np.zeros(0, np.int64)
    wide = int(keys.element.max()) + 1
    return (keys.grid * wide + keys.element) * 2 + (keys.side > 0)
