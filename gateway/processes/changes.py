"""Changes by another run of a gate: bids of which more or less is available, and when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import Direction
from gateway.records.market.results import BidAvailabilityRow

NOTHING_MW: Final = 1e-6
"""Published quantities are rounded to this; so little more or less is no change."""


@dataclass(frozen=True, slots=True, eq=False)
class BidChange:
    """A bid of which another quantity is available than before; arrays over the units with a change, (C,).

    Attributes:
        mtu: the market time units, from 0. before_mw, after_mw: what was available of it, and is now.
    """

    platform: str
    bid_id: str
    direction: Direction
    mtu: NDArray[np.int64]
    before_mw: NDArray[np.float64]
    after_mw: NDArray[np.float64]


def changes(
    before: Mapping[str, Iterable[BidAvailabilityRow]], after: Mapping[str, Iterable[BidAvailabilityRow]]
) -> Iterator[BidChange]:
    """The bids that changed, by platform and bid; of one that a run does not have, nothing is available.

    Args:
        before, after: availability of two runs of one gate, by platform.
    """
    for platform in sorted({*before, *after}):
        old, new = ({row.bid_id: row for row in run.get(platform, ())} for run in (before, after))
        for bid_id in sorted({*old, *new}):
            one, other = old.get(bid_id), new.get(bid_id)
            known = other or one
            if known is None:
                continue
            was, now = (
                np.zeros_like(known.available_mw) if row is None else row.available_mw for row in (one, other)
            )
            mtu = np.flatnonzero(np.abs(now - was) >= NOTHING_MW)
            if mtu.size:
                yield BidChange(platform, bid_id, known.direction, mtu, was[mtu], now[mtu])
