"""A merit order of all platforms as it is read: bid by bid in the order of use, of few units at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import Direction
from gateway.domain.result import merit_order
from gateway.processes.errors import ForgottenError
from gateway.records.engine.pages import ROWS_OF_PAGE, paged
from gateway.records.engine.store import Store
from gateway.records.market import results

Floats = NDArray[np.float64]

CELLS: Final = 500_000
"""Bids times market time units that are held at a time, 32 bytes each; rows are read once for each lot."""


@dataclass(frozen=True, slots=True)
class MeritOrderStep:
    """One bid at its place in the merit order of one market time unit and direction; MW, price per MWh.

    `accepted_mw` is None in a safe merit order, which accepts nothing.
    """

    mtu: int
    direction: Direction
    place: int
    platform: str
    bid_id: str
    zone: str
    product: str
    energy_price: float
    offered_mw: float
    available_mw: float
    accepted_mw: float | None


def steps(store: Store, run_id: str, bids: int, units: range) -> Iterator[MeritOrderStep]:
    """The available bids by market time unit, up before down, in the order in which they are used.

    Args:
        bids: how many there are in all.

    Raises:
        ForgottenError: there are fewer, because their time has run out meanwhile.
    """
    at_once = max(CELLS // max(bids, 1), 1)
    for first in range(units.start, units.stop, at_once):
        table = _Table.read(store, run_id, slice(first, min(first + at_once, units.stop)))
        if len(table.bids) != bids:
            raise ForgottenError(f"the merit order of run {run_id!r} is not stored any more")
        yield from table.steps()


@dataclass(frozen=True, eq=False)
class _Table:
    """All bids in some market time units; arrays have the shape (bids, units).

    Attributes:
        bids: platform, id, zone and product of each.
        accepted_mw: NaN in a safe merit order.
    """

    first: int
    bids: list[tuple[str, str, str, str]]
    direction: NDArray[np.int8]
    energy_price: Floats
    offered_mw: Floats
    available_mw: Floats
    accepted_mw: Floats

    @staticmethod
    def read(store: Store, run_id: str, units: slice) -> "_Table":
        rows = paged(
            store,
            partial(results.merit_order_after, run_id=run_id),
            ("", ""),
            lambda row: (row.platform, row.bid_id),
        )
        bids: list[tuple[str, str, str, str]] = []
        lots: list[tuple[NDArray[np.int8], Floats]] = []
        nothing = np.full(units.stop - units.start, np.nan)
        while some := list(islice(rows, ROWS_OF_PAGE)):
            bids += [(row.platform, row.bid_id, row.zone, row.product) for row in some]
            numbers = [
                (
                    row.energy_price[units],
                    row.offered_mw[units],
                    row.available_mw[units],
                    nothing if row.accepted_mw is None else row.accepted_mw[units],
                )
                for row in some
            ]
            lots.append((np.array([row.direction for row in some], dtype=np.int8), np.array(numbers)))
        if not lots:
            none = np.zeros((0, len(nothing)))
            return _Table(units.start, bids, np.zeros(0, dtype=np.int8), none, none, none, none)
        table = np.concatenate([numbers for _, numbers in lots])
        direction = np.concatenate([direction for direction, _ in lots])
        return _Table(units.start, bids, direction, *(table[:, column] for column in range(4)))

    def steps(self) -> Iterator[MeritOrderStep]:
        for unit in range(self.available_mw.shape[1]):
            for direction in (Direction.UP, Direction.DOWN):
                yield from self._in_order(unit, direction)

    def _in_order(self, unit: int, direction: Direction) -> Iterator[MeritOrderStep]:
        offering = np.flatnonzero((self.available_mw[:, unit] > 0) & (self.direction == direction))
        names = ["/".join(self.bids[bid][:2]) for bid in offering.tolist()]
        order = merit_order(
            direction, self.energy_price[offering, unit], self.available_mw[offering, unit], names
        )
        for place, bid in enumerate(offering[order].tolist(), start=1):
            platform, bid_id, zone, product = self.bids[bid]
            accepted = float(self.accepted_mw[bid, unit])
            yield MeritOrderStep(
                self.first + unit,
                direction,
                place,
                platform,
                bid_id,
                zone,
                product,
                float(self.energy_price[bid, unit]),
                float(self.offered_mw[bid, unit]),
                float(self.available_mw[bid, unit]),
                None if np.isnan(accepted) else accepted,
            )
