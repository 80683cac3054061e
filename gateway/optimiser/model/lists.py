"""The lists a gate publishes: one per product, bidding zone and direction, each with its own demand.

In a gate whose lists are independent there is one per platform, too: what one platform can activate on its
own. With one buyer the lists of a direction are activated as one common price order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gateway.domain.bounds import LOOSEST
from gateway.optimiser.model.checks import (
    FloatArray,
    IntArray,
    InvalidProblemError,
    first,
    floats,
    indices,
    unique,
)

UP, DOWN = "up", "down"


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """L lists over T market time units, as columns.

    Attributes:
        names: L, unique.
        direction: (L,) +1 up, −1 down.
        demand_mw: (L, T) ≥ 0, to be met by the bids of each list; 0 where none is stated.
    """

    names: tuple[str, ...]
    direction: IntArray
    demand_mw: FloatArray

    def __post_init__(self) -> None:
        names = unique(self.names, "list")
        direction = indices(self.direction, (len(names),), "direction of the lists")
        demand = floats(self.demand_mw, (len(names), None), "demand_mw")
        if (np.abs(direction) != 1).any():
            raise InvalidProblemError("direction of a list is neither +1 nor −1")
        bad = ~np.isfinite(demand) | (demand < 0)
        if bad.any():
            number, mtu = first(bad)
            raise InvalidProblemError(f"demand of list {names[number]!r} is negative or not finite", mtu=mtu)
        much = demand > LOOSEST.power_mw
        if much.any():
            number, mtu = first(much)
            raise InvalidProblemError(
                f"demand of list {names[number]!r} is beyond {LOOSEST.power_mw:,.0f} MW", mtu=mtu
            )
        for name, value in (("names", names), ("direction", direction), ("demand_mw", demand)):
            object.__setattr__(self, name, value)

    @staticmethod
    def of_directions(up_mw: ArrayLike, down_mw: ArrayLike) -> "Lists":
        """One list up and one down, with their demands (T,)."""
        rows = [floats(mw, (None,), f"demand {name}") for name, mw in ((UP, up_mw), (DOWN, down_mw))]
        if rows[0].shape != rows[1].shape:
            raise InvalidProblemError(f"demand up has shape {rows[0].shape}, demand down {rows[1].shape}")
        return Lists((UP, DOWN), np.array([1, -1]), np.stack(rows))

    @staticmethod
    def without_demand(names: Sequence[str], direction: ArrayLike, mtus: int) -> "Lists":
        """Lists of which any amount may be activated."""
        return Lists(tuple(names), np.asarray(direction, np.int64), np.zeros((len(names), mtus)))

    def __len__(self) -> int:
        return len(self.names)
