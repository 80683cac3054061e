"""Which elements limit which bids, as columns: a large market has more than a million limitations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gateway.domain.grid import ElementKind, Unit, point_name
from gateway.domain.result import GridGapCause, SearchGap, Side

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class LimitingRow:
    """One limit of an element at an operating point; or a grid of which no element can be named.

    Attributes:
        element_id, side, operating_point: what limits; of a grid that cannot be assessed the connection
            point that its model lacks, or nothing.
        kind: of the element, which determines the kind of limit.
        withheld_because: why the grid cannot be assessed, so that bids are withheld; None otherwise.
        not_found_because: why it is unknown what limits bids there; None otherwise.
        unit: in which value and limit of the row are.
    """

    grid_id: str
    element_id: str | None
    kind: ElementKind
    side: Side | None
    operating_point: str | None
    withheld_because: GridGapCause | None = None
    not_found_because: SearchGap | None = None
    unit: Unit = Unit.MW

    @classmethod
    def not_found(cls, grid_id: str, because: SearchGap) -> "LimitingRow":
        """It is unknown which element of a grid limits bids."""
        return cls(grid_id, None, ElementKind.OTHER, None, None, not_found_because=because)

    @property
    def unnamed_because(self) -> GridGapCause | SearchGap | None:
        """Why no element is named; None for a limit."""
        return self.withheld_because or self.not_found_because

    @classmethod
    def uncheckable(cls, grid_id: str, because: GridGapCause, node: str | None = None) -> "LimitingRow":
        """A grid cannot be assessed: at all, or at a connection point that its model does not have."""
        point = None if node is None else point_name(node)
        return cls(grid_id, point, ElementKind.OTHER, None, None, because)

    @property
    def why_uncheckable(self) -> str:
        """Why a bid behind a grid that cannot be assessed cannot be limited."""
        lacks = "no usable model" if self.element_id is None else f"no {self.element_id} in its model"
        return f"grid {self.grid_id} has {lacks}, so it cannot check the bid"


@dataclass(frozen=True, slots=True, eq=False)
class Limitations:
    """M limitations: a row that limits a bid in a market time unit, each; columns have shape (M,).

    Attributes:
        rows: what limits.
        bid, mtu: the limited bid, by its position among those of the gate. row: number in `rows`.
        full_at: market time unit in which the row is full: that of the bid, or the next one, in which direct
            activation still delivers.
        share: part of the limitation this row accounts for, 0 to 1; shares of one bid and unit sum to 1.
        margin_mw: what is left on the row at the chosen activation, in a safe merit order at the worst
            possible one, in the row's unit (0 = at its limit, negative = overloaded); NaN where no element is
            named.
        base_mw, limit_mw: value of the row before any bid of the gate, and the limit of its side, both with
            their sign and in the row's unit; NaN where no element is named.
        shadow_price: currency per MW per hour by which the optimum would improve if the limit rose by 1 MW;
            NaN where none is known; None in a safe merit order, which has no cost.
    """

    rows: Sequence[LimitingRow]
    bid: Numbers
    mtu: Numbers
    row: Numbers
    full_at: Numbers
    share: Floats
    margin_mw: Floats
    base_mw: Floats
    limit_mw: Floats
    shadow_price: Floats | None

    @classmethod
    def none(cls) -> "Limitations":
        """Nothing is limited."""
        number, value = np.zeros(0, np.int32), np.zeros(0)
        return cls((), number, number, number, number, value, value, value, value, None)

    def __len__(self) -> int:
        return len(self.share)

    def __getitem__(self, picked: NDArray[np.intp] | NDArray[np.bool_]) -> "Limitations":
        price = self.shadow_price
        return Limitations(
            self.rows,
            self.bid[picked],
            self.mtu[picked],
            self.row[picked],
            self.full_at[picked],
            self.share[picked],
            self.margin_mw[picked],
            self.base_mw[picked],
            self.limit_mw[picked],
            None if price is None else price[picked],
        )

    def moved(self, bids: Sequence[int], units: int) -> "Limitations":
        """The same of other bids, by what position each has there, and so many units later."""
        at = np.asarray(bids, dtype=np.int32)
        later = np.int32(units)
        return replace(self, bid=at[self.bid], mtu=self.mtu + later, full_at=self.full_at + later)

    def of_bids(self, bids: Sequence[int], count: int) -> "Limitations":
        """Those of some of `count` bids, each by its place among these."""
        place = np.full(count, -1, dtype=np.int32)
        place[np.asarray(bids, dtype=np.intp)] = np.arange(len(bids), dtype=np.int32)
        own = self[place[self.bid] >= 0]
        return replace(own, bid=place[own.bid])

    def joined(self, other: "Limitations") -> "Limitations":
        """Both, one after the other."""
        both, price = (self, other), None
        if any(one.shadow_price is not None for one in both):
            known = [
                np.full(len(one), np.nan) if one.shadow_price is None else one.shadow_price for one in both
            ]
            price = np.concatenate(known)
        return Limitations(
            (*self.rows, *other.rows),
            np.concatenate([self.bid, other.bid]),
            np.concatenate([self.mtu, other.mtu]),
            np.concatenate([self.row, other.row + np.int32(len(self.rows))]),
            np.concatenate([self.full_at, other.full_at]),
            np.concatenate([self.share, other.share]),
            np.concatenate([self.margin_mw, other.margin_mw]),
            np.concatenate([self.base_mw, other.base_mw]),
            np.concatenate([self.limit_mw, other.limit_mw]),
            price,
        )

    def heaviest(self) -> "Limitations":
        """Of each bid and market time unit the limitation with the largest share, the first of such."""
        order = np.lexsort((-self.share, self.mtu, self.bid))
        bid, mtu = self.bid[order], self.mtu[order]
        leads = (np.diff(bid, prepend=-1) != 0) | (np.diff(mtu, prepend=-1) != 0)
        return self[order[leads]]
