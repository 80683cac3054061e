"""Offers as the columns the optimiser takes."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.optimiser.model.problem import OfferColumns
from gateway.processes.bid_check.collecting.products import may_be
from gateway.processes.bid_check.problem.bid_splitting import SplitBids
from gateway.processes.bid_check.problem.collected_bids import CollectedBids

Floats = NDArray[np.float64]

_CONTRACT = frozenset({BidTerm.AGREEMENT, BidTerm.AGREEMENT_TYPE})


def contracted(collected: CollectedBids) -> NDArray[np.bool_]:
    """Bids that name the contract by which their capacity was bought: its identification or its type."""
    named = [not bid.terms.keys().isdisjoint(_CONTRACT) for bid in collected.bids]
    return np.array(named, dtype=np.bool_)


def bids_of(
    collected: CollectedBids,
    split_bids: SplitBids,
    list_index: NDArray[np.int64],
    *,
    units: int,
    withheld: Collection[int] = (),
) -> OfferColumns:
    """The decided bids in their pieces, over so many units from the first of the gate on.

    Args:
        list_index: list of each piece. withheld: pieces that nothing is available of.
        units: at least those of the gate; nothing is offered in those after it.
    """
    decided = collected.decided
    later = units - len(collected.gate.units)

    def cut(values: Floats) -> Floats:
        return np.pad(split_bids.cut(values[decided]), ((0, 0), (0, later)))

    positions = [decided[bid] for bid in split_bids.bid.tolist()]
    bids = [collected.bids[position] for position in positions]
    providers, provider = _numbered([bid.terms.get(BidTerm.PROVIDER, "") for bid in bids])
    platforms, platform = _numbered([collected.platform[position] for position in positions])
    quantity, cap = cut(collected.quantity_mw), None
    if withheld or collected.unavailable:
        cap = quantity.copy()
        cap[sorted(withheld)] = 0.0
        place = {position: number for number, position in enumerate(decided)}
        for position, unit in collected.unavailable:
            if position in place:
                cap[split_bids.at[place[position], unit], unit] = 0.0
    kinds = np.array([may_be(bid.terms) for bid in bids], dtype=np.bool_).reshape(-1, 2)
    return OfferColumns(
        ids=tuple(_name(collected, position, split_bids.number(n)) for n, position in enumerate(positions)),
        direction=np.array([bid.direction for bid in bids], dtype=np.int64),
        quantity_mw=quantity,
        price_eur_per_mwh=cut(collected.cost),
        minimum_mw=cut(collected.minimum_mw),
        divisible=np.array([bid.divisible for bid in bids], dtype=np.bool_),
        cap_mw=cap,
        list_index=list_index,
        scheduled=kinds[:, 0],
        direct=kinds[:, 1],
        contracted=contracted(collected)[positions],
        provider=provider,
        platform=platform,
        providers=providers,
        platforms=platforms,
    )


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The distinct names in order, and the number of each."""
    distinct = sorted(set(names))
    number = {name: place for place, name in enumerate(distinct)}
    return tuple(distinct), np.array([number[name] for name in names], dtype=np.int64)


def _name(collected: CollectedBids, position: int, number: int | None) -> str:
    """A name for a bid or its piece. No platform has a `#` in its name, so nothing else is called so."""
    if number is None:
        return collected.name(position)
    return f"{collected.platform[position]}#{number}/{collected.bids[position].bid_id}"
