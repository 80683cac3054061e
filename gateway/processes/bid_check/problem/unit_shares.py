"""Which part of a bid each technical unit delivers, in every market time unit.

Where a schedule states what each unit of a bid plans to deliver, their planned quantities over their sum
are the shares. Elsewhere those hold with which the bid was collected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gateway.domain.gate import Gate
from gateway.records.market.bids import CollectedBid
from gateway.records.market.schedules import BOTH, StoredSchedule

Floats = NDArray[np.float64]

Plans = Mapping[tuple[str, int], Floats]
"""By unit and direction: planned MW in each market time unit, NaN where not stated, shape (T,)."""


@dataclass(frozen=True, slots=True, eq=False)
class SharesInTime:
    """The unit shares of one bid in T market time units.

    Attributes:
        patterns: the different shares it has; those of each sum to 1.
        at: pattern of each market time unit, (T,); the first where the bid is not offered.
        scheduled: whether every pattern comes from schedules.
        partly: whether somewhere schedules name some of its units and not others, or no delivery at all,
            so that they do not determine the shares.
    """

    patterns: tuple[Mapping[str, float], ...]
    at: NDArray[np.intp]
    scheduled: bool = False
    partly: bool = False

    @property
    def change(self) -> bool:
        """Whether they are not the same all the time."""
        return len(self.patterns) > 1

    def within(self, first: int, last: int, offered: NDArray[np.bool_]) -> "SharesInTime":
        """Those of the units from `first` up to `last`, in which the bid is `offered`."""
        at = self.at[first:last]
        used, number = np.unique(at[offered], return_inverse=True)
        if not used.size:
            return replace(self, patterns=self.patterns[:1], at=np.zeros_like(at))
        renumbered = np.zeros_like(at)
        renumbered[offered] = number
        return replace(self, patterns=tuple(self.patterns[one] for one in used), at=renumbered)


def plans_of(gate: Gate, kept: Sequence[StoredSchedule]) -> Plans:
    """Lay schedules out over the market time units of their gate."""
    starts = gate.units.starts_s()
    plans: dict[tuple[str, int], Floats] = {}
    for one in kept:
        plan = np.full(len(starts), np.nan)
        for start, end, mw in zip(one.start_s, one.end_s, one.quantity_mw, strict=True):
            plan[(starts >= start) & (starts < end)] = mw
        plans[one.unit, one.direction] = plan
    return plans


def shares_in_time(bid: CollectedBid, offered: NDArray[np.bool_], plans: Plans) -> SharesInTime:
    """The unit shares of a bid that is offered in these market time units, (T,)."""
    units = sorted(bid.unit_shares)
    always = SharesInTime((bid.unit_shares,), np.zeros(len(offered), np.intp))
    if len(units) == 1 or not any((unit, way) in plans for unit in units for way in (bid.direction, BOTH)):
        return always
    silent = np.full(len(offered), np.nan)
    planned = np.stack([_plan(plans, unit, bid.direction, silent) for unit in units])
    total = planned.sum(axis=0)
    planned_here = offered & np.isfinite(total) & (total > 0)
    partly = bool((offered & ~planned_here & np.isfinite(planned).any(axis=0)).any())
    if not planned_here.any():
        return SharesInTime(always.patterns, always.at, partly=partly)
    registered = np.array([[bid.unit_shares[unit]] for unit in units])
    shares = np.where(planned_here, planned / np.where(planned_here, total, 1.0), registered)
    different, pattern = np.unique(shares[:, offered], axis=1, return_inverse=True)
    at = np.zeros(len(offered), np.intp)
    at[offered] = pattern.ravel()
    patterns = tuple(
        {unit: float(share) for unit, share in zip(units, column, strict=True) if share > 0}
        for column in different.T
    )
    return SharesInTime(patterns, at, scheduled=bool(planned_here[offered].all()), partly=partly)


def _plan(plans: Plans, unit: str, direction: int, silent: Floats) -> Floats:
    """What a unit plans in a direction; where that is not stated, what it plans in both."""
    own, both = plans.get((unit, direction), silent), plans.get((unit, BOTH), silent)
    return np.where(np.isnan(own), both, own)
