"""Grids that could not limit bids as they should, and how much of the offer that concerns."""

from collections.abc import Collection, Sequence

from gateway.domain.result import GridGap, GridGapCause, GridGapConsequence
from gateway.processes.bid_check.problem.agreements import Agreements
from gateway.processes.bid_check.problem.bid_splitting import SplitBids
from gateway.processes.bid_check.problem.collected_bids import CollectedBids

Cause = tuple[str, GridGapCause, set[int]]
"""A grid or operator, what is wrong, and the pieces behind it."""


def gaps_of(
    collected: CollectedBids,
    split_bids: SplitBids,
    causes: Sequence[Cause],
    agreements: Agreements,
    *,
    in_use: Collection[str],
) -> tuple[GridGap, ...]:
    """By name; `in_use` are the grids whose model is used all the same."""
    whole = float(collected.quantity_mw.sum())
    offered = split_bids.cut(collected.quantity_mw[collected.decided])
    found = []
    for name, cause, own in sorted(causes, key=lambda each: each[:2]):
        behind = sorted(own)
        mw = float(offered[behind].sum())
        consequence = agreements.consequence(name)
        if cause is GridGapCause.UNKNOWN_CONNECTION_POINT:
            consequence = GridGapConsequence.WITHHELD
        used = cause is GridGapCause.OUTDATED and name in in_use
        found.append(
            GridGap(
                name=name,
                cause=cause,
                consequence=GridGapConsequence.USED if used else consequence,
                bids=len({int(split_bids.bid[piece]) for piece in behind}),
                offered_mwh=mw * collected.gate.units.hours,
                share_of_offered=mw / whole if whole else 0.0,
            )
        )
    return tuple(found)
