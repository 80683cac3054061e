"""Reported activations of a gate's bids: a fact that loads grids, whatever the gate has published.

Reported activations of a bid come first; of its published quantity only the rest counts as its list is used.
Members of inclusive and multipart groups and blocks are activated together or in an order, so nothing of
    them is removed from their list: reported activations of them count where they exceed what the list
    brings.

Direct activation is delivered through the market time unit after the one in which it begins, whatever period
is reported.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.domain.counted import counted
from gateway.domain.gate import UseOfLists
from gateway.processes.bid_check.collecting.products import may_be
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.processes.bid_check.problem.links import is_block
from gateway.records.engine.stores import Stores
from gateway.records.market import activations
from gateway.records.market.bids import CollectedBid

Floats = NDArray[np.float64]

NOTHING_MW = 1e-6
"""Published quantities are rounded; smaller differences count as none."""

_MOST_NAMES = 5


@dataclass(frozen=True, eq=False)
class Delivered:
    """Reported activations of B bids, over T market time units and the one after.

    Attributes:
        own_mw: (B, T+1) as reported, scheduled and direct together.
        reach_mw: (B, T+1) what direct activation adds to it in the unit after.
        direct: (B,) whether any direct activation was reported.
    """

    own_mw: Floats
    reach_mw: Floats
    direct: NDArray[np.bool_]

    @property
    def bids(self) -> list[int]:
        """Bids with a reported activation."""
        return np.flatnonzero(self.own_mw.any(axis=1)).tolist()


@dataclass(frozen=True, eq=False)
class Facts:
    """How reported activations count in addition to published quantities.

    Attributes:
        rest_mw: (B, T) left to the lists. reported_mw: (B, T+1) what counts as reported, in addition to that.
        otherwise: bids with more reported than published, or with another activation type than their
            lists are used for.
    """

    rest_mw: Floats
    reported_mw: Floats
    otherwise: list[int]


def read_delivered(stores: Stores, collected: CollectedBids) -> Delivered | None:
    """Read reported activations of the bids of a gate; None if there are none."""
    gate = collected.gate
    begin_s, mtu_s = int(gate.delivery.start.timestamp()), int(gate.mtu.total_seconds())
    units = len(gate.units)
    offered = collected.quantity_mw > 0
    scheduled, directly, reach = np.zeros((3, len(collected), units + 1))
    direct = np.zeros(len(collected), dtype=np.bool_)
    for platform in stores.present(sorted(set(collected.platform))):
        row_of = {collected.bids[row].bid_id: row for row in collected.of_platform(platform)}
        with stores.of(platform).reading() as uow:
            reported = activations.within(uow, begin_s, begin_s + (units + 1) * mtu_s)
        for one in reported:
            row = row_of.get(one.bid_id)
            if row is None:
                continue
            first, end = (one.start_s - begin_s) // mtu_s, -((begin_s - one.end_s) // mtu_s)
            begins = 0 <= first < units and offered[row, first]
            if not begins and not (one.direct and first > 0 and offered[row, first - 1]):
                continue
            covered = slice(first, min(end, units + 1))
            own = directly if one.direct else scheduled
            own[row, covered] = np.maximum(own[row, covered], one.quantity_mw)
            if one.direct:
                direct[row] = True
                if begins and end == first + 1:
                    reach[row, end] = max(reach[row, end], one.quantity_mw)
    both = scheduled + directly  # a bid activated in part by schedule may be activated further directly
    return Delivered(both, reach, direct) if both.any() else None


def facts_of(collected: CollectedBids, available_mw: Floats, reported: Delivered) -> Facts:
    """Return what counts as reported, and what of the published (B, T) MW is left to the lists."""
    after = np.zeros((len(collected), 1))
    published = np.hstack([available_mw, after])
    alone = np.array([_alone(bid) for bid in collected.bids], dtype=np.bool_)[:, None]
    rest = np.where(alone, np.maximum(available_mw - reported.own_mw[:, :-1], 0.0), available_mw)
    by_list = published.copy()
    directly = np.array([may_be(bid.terms)[1] for bid in collected.bids], dtype=np.bool_)
    prefix = collected.gate.use is UseOfLists.PREFIX
    if prefix:
        by_list[:, 1:] += np.where(directly[:, None], available_mw, 0.0)
    beyond = np.maximum(np.maximum(reported.own_mw, published) + reported.reach_mw - by_list, 0.0)
    counts = np.where(alone, reported.own_mw + reported.reach_mw, beyond)
    more = (reported.own_mw[:, :-1] > available_mw + NOTHING_MW) & (collected.quantity_mw > 0)
    other_type = reported.direct & ~(directly & prefix)
    return Facts(rest, counts, np.flatnonzero(more.any(axis=1) | other_type).tolist())


def more_reported_note(
    collected: CollectedBids, available_mw: Floats, reported: Delivered, first: int
) -> str | None:
    """Note of a further run of which bids more is reported as activated than it makes available.

    Args:
        available_mw: (B, T) MW. first: the unit from which on the run decides; activations before it count.
    """
    more_mw = (reported.own_mw[:, :-1] - available_mw)[:, first:]
    more_mw[collected.quantity_mw[:, first:] <= 0] = 0.0
    most_mw = more_mw.max(axis=1)
    bids = np.flatnonzero(most_mw > NOTHING_MW).tolist()
    if not bids:
        return None
    bids.sort(key=lambda bid: (-most_mw[bid], collected.name(bid)))
    named = []
    for bid in bids[:_MOST_NAMES]:
        unit = first + int(more_mw[bid].argmax())
        begins = f"{collected.gate.units.start_of(unit):%Y-%m-%dT%H:%MZ}"
        own_mw, left_mw = reported.own_mw[bid, unit], available_mw[bid, unit]
        name = collected.name(bid)
        named.append(f"{name}: {own_mw:g} MW reported, {left_mw:g} MW available from {begins} on")
    more = f" and {len(bids) - _MOST_NAMES} more" if len(bids) > _MOST_NAMES else ""
    return (
        f"this run does not count what is reported as activated in the time that it decides; of "
        f"{counted(len(bids), 'bid')} that is more than it makes available: {'; '.join(named)}{more}"
    )


def _alone(bid: CollectedBid) -> bool:
    return not (is_block(bid) or BidTerm.INCLUSIVE_GROUP in bid.terms or BidTerm.MULTIPART_GROUP in bid.terms)
