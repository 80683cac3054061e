"""The lists of a gate: one per product, bidding zone and direction, and what is demanded of each.

Where lists are independent prefixes each platform has its own, because a platform can activate what is in
its own list and nothing else. Products that differ only in how they may be activated (scheduled, direct,
both) are in one list.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.gate import Gate, UseOfLists
from gateway.optimiser.model.lists import Lists
from gateway.processes.bid_check.collecting.products import STANDARD, product_of
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.records.market.demands import Demand

Floats = NDArray[np.float64]


class DemandUnclearError(Exception):
    """No demand was stated."""


@dataclass(frozen=True, slots=True, order=True)
class ListKey:
    """One list; `platform` is empty where it has the bids of all platforms."""

    platform: str
    zone: str
    product: str
    direction: int

    @property
    def name(self) -> str:
        """For people, unique within a gate."""
        direction = "up" if self.direction > 0 else "down"
        return " ".join(part for part in (self.platform, self.zone, self.product, direction) if part)


def keys_of(gate: Gate, collected: CollectedBids, bids: Iterable[int]) -> list[ListKey]:
    """The list of each of these bids of the offers; a bid that names no zone is of the gate's only one."""
    apart = gate.use is UseOfLists.PREFIX and not gate.one_buyer
    return [
        ListKey(
            collected.platform[bid] if apart else "",
            collected.bids[bid].terms.get(BidTerm.CONNECTING_AREA, gate.only_zone),
            product_of(collected.bids[bid].terms),
            int(collected.bids[bid].direction),
        )
        for bid in bids
    ]


def lists_of(
    units: int, keys: Sequence[ListKey], demands: Mapping[ListKey, Floats]
) -> tuple[NDArray[np.int64], Lists]:
    """The list of each bid whose key is given, (B,), and all lists with their demands."""
    known = sorted({*keys, *demands}) or [ListKey("", "", STANDARD, direction) for direction in (1, -1)]
    place = {key: number for number, key in enumerate(known)}
    nothing = np.zeros(units)
    lists = Lists(
        names=tuple(key.name for key in known),
        direction=np.array([key.direction for key in known], np.int64),
        demand_mw=np.array([demands.get(key, nothing) for key in known]),
    )
    return np.array([place[key] for key in keys], np.int64), lists


@dataclass(frozen=True, slots=True)
class Demanded:
    """The lists and demands that statements mean.

    Attributes:
        keys: the list of each bid; where a demand is for several zones or products, their bids share one.
        wanted: MW per list, (T,); the statements of all system operators add up.
        notes: what was left open by the statements, and how it was read.
    """

    keys: Sequence[ListKey]
    wanted: Mapping[ListKey, Floats]
    notes: Sequence[str] = ()


def demands_of(keys: Sequence[ListKey], stated: Sequence[Demand]) -> Demanded:
    """The demand of each list.

    Where no statement names a zone, they are for the bids of all zones, in one list. One that names none
    next to others that do could be a part of theirs or more: it is refused (see `Demands.state`), and where a
    participant came back with one, it counts for nothing and a note says so; it never adds to theirs. The
    same goes for products, among the statements and bids of its zone. Bids have no influence on it: otherwise
    one bid could make the demand for all others void.

    Raises:
        DemandUnclearError: there is no statement.
    """
    if not stated:
        raise DemandUnclearError("no system operator stated a demand")
    notes: list[str] = []
    keys, stated = _completed(keys, stated, "zone", "", notes)
    lists, complete = list(keys), list[Demand]()
    for zone in sorted({one.zone for one in stated}):
        of_zone = [number for number, key in enumerate(keys) if key.zone == zone]
        found, meant = _completed(
            [keys[number] for number in of_zone],
            [one for one in stated if one.zone == zone],
            "product",
            STANDARD,
            notes,
        )
        for number, key in zip(of_zone, found, strict=True):
            lists[number] = key
        complete += meant
    wanted: dict[ListKey, Floats] = {}
    for demand in complete:
        for direction, mw in ((Direction.UP, demand.up_mw), (Direction.DOWN, demand.down_mw)):
            key = ListKey("", demand.zone, demand.product, int(direction))
            wanted[key] = wanted[key] + mw if key in wanted else mw
    return Demanded(lists, wanted, notes)


def _completed(
    keys: Sequence[ListKey],
    stated: Sequence[Demand],
    part: Literal["zone", "product"],
    otherwise: str,
    notes: list[str],
) -> tuple[Sequence[ListKey], Sequence[Demand]]:
    """Lists and statements, each statement with its zone or product; `otherwise` without any bid."""
    what = "bidding zone" if part == "zone" else "product"
    named = sorted({getattr(one, part) for one in stated} - {""})
    if all(getattr(one, part) for one in stated):
        return keys, stated
    if named:
        notes.append(f"a demand that names no {what} is not counted: others name {', '.join(named)}")
        return keys, [one for one in stated if getattr(one, part)]
    offered = sorted({getattr(key, part) for key in keys})
    meant = offered[0] if len(offered) == 1 else otherwise if not offered else ""
    if len(offered) > 1:
        listed = ", ".join(name or "none" for name in offered)
        notes.append(f"a demand names no {what}; bids of {listed} share one list for it")
        keys = [replace(key, zone="") if part == "zone" else replace(key, product="") for key in keys]
    if part == "zone":
        return keys, [replace(one, zone=meant) for one in stated]
    return keys, [replace(one, product=meant) for one in stated]
