"""The rows of one part of the grids, as a safe merit order meets them: what one MW brings, and the room."""

from dataclasses import dataclass

import numpy as np

from gateway.optimiser.activations import dependable, may_be_skipped, streams
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.decision import RowKeys
from gateway.optimiser.flows import GridFlows, loads
from gateway.optimiser.parts import Part
from gateway.optimiser.prefixes import Stream
from gateway.optimiser.problem import Problem

TOLERANCE_MW = 1e-6


class PartRows:
    """Every row of both sides of a part's grids.

    Attributes:
        bids: (b,) the part's bids.
        coupled: whether MTUs meet: what is activated directly in one delivers in the next.
    """

    def __init__(
        self,
        problem: Problem,
        flows: tuple[GridFlows, ...],
        part: Part,
        known: dict[int, BoolArray] | None = None,
    ) -> None:
        """`known` remembers over the parts of a problem which bids may be skipped, by MTU."""
        self._known = {} if known is None else known
        self.problem, self.bids = problem, part.bids
        offer = problem.bids
        self.coupled = problem.mtus > 1 and bool(offer.direct[part.bids].any())
        keys, effects, rooms, of = [], [], [], []
        mtus, first = np.arange(problem.mtus), 0
        for number in part.grids.tolist():
            flow = flows[number]
            effect = flow.effects()
            points, elements, _ = effect.shape
            count = points * elements
            wide = effect.reshape(count, -1)
            if flow.bids.size < part.bids.size:
                wide = np.zeros((count, part.bids.size))
                wide[:, np.searchsorted(part.bids, flow.bids)] = effect.reshape(count, -1)
            effects.append(wide)
            point, element = np.divmod(np.arange(count), elements)
            same = np.ones(count, np.int64)
            for side, room in zip((1, -1), flow.rooms(mtus), strict=True):
                keys.append(RowKeys(number * same, element, point, side * same))
                rooms.append(room.reshape(count, -1))
                of.append(first + np.arange(count))
            first += count
        self.keys = RowKeys.join(keys)
        self.room = np.concatenate(rooms)
        self.offered = offer.available_mw[part.bids]
        self._effect = effects[0] if len(effects) == 1 else np.concatenate(effects)  # of the upper sides
        self._of = np.concatenate(of)  # the row of `_effect` that a row of the part is one side of

    def most(self, quantity: FloatArray) -> FloatArray:
        """(R, T) no more than this can (b, T) bring to a row, whatever is activated of it."""
        rise, fall = loads(self._effect, self._delivering(quantity))
        return np.asarray(np.where(self.keys.side[:, None] > 0, rise[self._of], fall[self._of]))

    def _delivering(self, quantity: FloatArray) -> FloatArray:
        total = quantity.copy()
        if self.coupled:
            direct = self.problem.bids.direct[self.bids]
            total[:, 1:] += np.where(direct[:, None], quantity[:, :-1], 0.0)
        return total

    def numbers(self, keys: RowKeys) -> IntArray:
        """(R,) numbers of rows among those of the part."""
        whole = [(one.grid, one.element, one.point, one.side > 0) for one in (self.keys, keys)]
        sizes = [int(column.max(initial=0)) + 1 for column in whole[0]]
        known, wanted = (np.ravel_multi_index(columns, sizes) for columns in whole)
        order = np.argsort(known, kind="stable")
        return order[np.searchsorted(known[order], wanted)]

    def _skipped(self, mtu: int) -> BoolArray:
        if mtu not in self._known:
            self._known[mtu] = may_be_skipped(self.problem, mtu)
        return self._known[mtu][self.bids]

    def sheet(self, mtu: int, reachable: IntArray) -> "Sheet":
        """The rows numbered `reachable` at one MTU."""
        skipped = self._skipped(mtu)
        share = self.problem.relief_share
        effect = self._effect[self._of[reachable]] * self.keys.side[reachable, None]
        coefficient = np.ascontiguousarray(dependable(effect, share, skipped).T)
        if self.coupled and mtu:
            before = self._skipped(mtu - 1)
            coefficient = np.concatenate([coefficient, dependable(effect, share, before).T])
        return Sheet(
            mtu=mtu,
            rows=reachable,
            place=_elements(self.keys[reachable]),
            room=self.room[reachable, mtu],
            streams=tuple((one, coefficient[one.columns]) for one in streams(self.problem, self.bids, mtu)),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Some rows of a part at one MTU.

    Attributes:
        mtu: the MTU.
        rows: (R,) numbers of the rows among those of the part.
        place: (R,) the same number for rows of one element and side, which differ by the operating point.
        room: (R,) in MW.
        streams: what may be activated, with the dependable coefficients (n, R) of its columns.
    """

    mtu: int
    rows: IntArray
    place: IntArray
    room: FloatArray
    streams: tuple[tuple[Stream, FloatArray], ...]

    def of(self, picked: IntArray) -> "Sheet":
        """Some of the rows."""
        few = tuple((one, coefficient[:, picked]) for one, coefficient in self.streams)
        return Sheet(self.mtu, self.rows[picked], self.place[picked], self.room[picked], few)

    def excess(self, quantity: FloatArray) -> FloatArray:
        """(R,) how far the worst activation of (2b,) quantities exceeds the room; below 0: what is left."""
        return self.brought(quantity) - self.room

    def brought(self, quantity: FloatArray) -> FloatArray:
        """(R,) what the worst activation of (2b,) quantities brings, ≥ 0."""
        total = np.zeros(self.rows.size)
        for one, coefficient in self.streams:
            total += one.most(coefficient * quantity[one.columns, None])
        return total

    def cuts(self, quantity: FloatArray, *, elsewhere: bool) -> tuple[FloatArray, IntArray]:
        """Cuts (C, 2b), and the row of each (C,), that forbid the worst activations within its room.

        For every row the worst one and, if asked for, those that end `elsewhere` and exceed the room too.
        """
        parts = self._worst(quantity)
        total = sum(brought[0] for _, _, _, brought in parts)
        rows, cuts = [], []
        choices = [(-1, 0)]
        if elsewhere:
            choices += [(n, c) for n, part in enumerate(parts) for c in range(1, len(part[2]))]
        for number, choice in choices:
            brings = total
            if number >= 0:
                brings = total - parts[number][3][0] + parts[number][3][choice]
            picked = np.flatnonzero(brings > self.room + TOLERANCE_MW)
            cut = np.zeros((picked.size, quantity.size))
            for place, (columns, coefficient, weights, _) in enumerate(parts):
                chosen = weights[choice if place == number else 0]
                cut[:, columns] = (chosen[:, picked] * coefficient[:, picked]).T
            rows.append(picked)
            cuts.append(cut)
        return np.concatenate(cuts), np.concatenate(rows)

    def split_cuts(self, quantity: FloatArray, share: FloatArray) -> tuple[FloatArray, IntArray, IntArray]:
        """Cuts (C, 2b), with row and stream of each, where one stream brings more than its `share` (R, S)."""
        rows, cuts, streams = [np.zeros(0, np.int64)], [np.zeros((0, quantity.size))], [np.zeros(0, np.int64)]
        for number, (columns, coefficient, weights, brought) in enumerate(self._worst(quantity)):
            picked = np.flatnonzero(brought[0] > share[:, number] + TOLERANCE_MW / share.shape[1])
            cut = np.zeros((picked.size, quantity.size))
            cut[:, columns] = (weights[0][:, picked] * coefficient[:, picked]).T
            rows.append(picked)
            cuts.append(cut)
            streams.append(np.full(picked.size, number))
        return np.concatenate(cuts), np.concatenate(rows), np.concatenate(streams)

    def _worst(
        self, quantity: FloatArray
    ) -> list[tuple[IntArray, FloatArray, list[FloatArray], list[FloatArray]]]:
        """Per stream its columns, their coefficients and weights (n, R) in activations, what those bring."""
        parts = []
        for one, coefficient in self.streams:
            change = coefficient * quantity[one.columns, None]
            weights = one.worst(change)
            brought = [np.einsum("nr,nr->r", each, change) for each in weights]
            parts.append((one.columns, coefficient, weights, brought))
        return parts


def _elements(keys: RowKeys) -> IntArray:
    """Numbers that tell element and side of rows apart, not the operating point."""
    if not len(keys):
        return np.zeros(0, np.int64)
    wide = int(keys.element.max()) + 1
    return (keys.grid * wide + keys.element) * 2 + (keys.side > 0)
