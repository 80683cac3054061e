"""The lists of a gate: one per product, bidding zone and direction, and what is demanded of each.

Where lists are independent prefixes each platform has its own, because a platform can activate what is in
its own list and nothing else. Products that differ only in how they may be activated (scheduled, direct,
both) stand in one list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.gate import Gate, UseOfLists
from gateway.optimiser.lists import Lists
from gateway.processes.bid_check.offers import Offers
from gateway.processes.bid_check.products import STANDARD, product_of
from gateway.records.demands import Demand

Floats = NDArray[np.float64]


class DemandUnclearError(Exception):
    """Nobody stated a demand, or one that names no list where there are several."""


@dataclass(frozen=True, slots=True, order=True)
class ListKey:
    """One list; `platform` is empty where the bids of all platforms stand in it."""

    platform: str
    zone: str
    product: str
    direction: int

    @property
    def name(self) -> str:
        """For people, unique within a gate."""
        way = "up" if self.direction > 0 else "down"
        return " ".join(part for part in (self.platform, self.zone, self.product, way) if part)


def keys_of(gate: Gate, offers: Offers, bids: Iterable[int]) -> list[ListKey]:
    """The list of each of these bids of the offers."""
    apart = gate.use is UseOfLists.PREFIX and not gate.one_buyer
    return [
        ListKey(
            offers.platform[bid] if apart else "",
            offers.bids[bid].terms.get(BidTerm.CONNECTING_AREA, ""),
            product_of(offers.bids[bid].terms),
            int(offers.bids[bid].direction),
        )
        for bid in bids
    ]


def lists_of(
    units: int, keys: Sequence[ListKey], demands: Mapping[ListKey, Floats]
) -> tuple[NDArray[np.int64], Lists]:
    """The list of each bid whose key is given, (B,), and all lists with their demands."""
    known = sorted({*keys, *demands}) or [ListKey("", "", STANDARD, way) for way in (1, -1)]
    place = {key: number for number, key in enumerate(known)}
    nothing = np.zeros(units)
    lists = Lists(
        names=tuple(key.name for key in known),
        direction=np.array([key.direction for key in known], np.int64),
        demand_mw=np.array([demands.get(key, nothing) for key in known]),
    )
    return np.array([place[key] for key in keys], np.int64), lists


def demands_of(keys: Sequence[ListKey], stated: Sequence[Demand]) -> Mapping[ListKey, Floats]:
    """What is demanded of each list; the statements of all system operators add up.

    A statement that names no zone or product is for the only one in which there are bids.

    Raises:
        DemandUnclearError: there is no statement, or one that could be for several lists.
    """
    if not stated:
        raise DemandUnclearError("no system operator stated a demand")
    zones, products = ({getattr(key, part) for key in keys} for part in ("zone", "product"))
    found: dict[ListKey, Floats] = {}
    for demand in stated:
        zone = demand.zone or _only(zones, "bidding zone", "")
        product = demand.product or _only(products, "product", STANDARD)
        for way, mw in ((Direction.UP, demand.up_mw), (Direction.DOWN, demand.down_mw)):
            key = ListKey("", zone, product, int(way))
            found[key] = found[key] + mw if key in found else mw
    return found


def _only(names: set[str], what: str, otherwise: str) -> str:
    if len(names) > 1:
        raise DemandUnclearError(
            f"a demand names no {what}, and there are bids of {', '.join(sorted(names))}"
        )
    return next(iter(names), otherwise)
