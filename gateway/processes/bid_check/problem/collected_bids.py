"""All bids of a gate, from every platform's store, as one table of bids × market time units."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import Direction
from gateway.domain.gate import Gate
from gateway.domain.market_time import Interval
from gateway.ports import UnitOfWork
from gateway.processes.bid_check.problem.earlier import Earlier, earlier_of, gates_before, joined
from gateway.processes.bid_check.problem.links import LinkedBids, undecided_links
from gateway.processes.bid_check.problem.unavailable import unavailable
from gateway.processes.bid_check.problem.unit_shares import Plans, SharesInTime, plans_of, shares_in_time
from gateway.records.engine.stores import Stores
from gateway.records.market import bids as kept
from gateway.records.market import schedules
from gateway.records.market.bids import CollectedBid
from gateway.records.messages import inbox
from gateway.records.messages.inbox import EnvelopeState

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CollectedBids:
    """The B bids of a gate with T market time units, by platform and bid id. Cancelled bids are not included.

    Attributes:
        platform: tenant of each bid.
        quantity_mw, minimum_mw: shape (B, T), 0 where not offered.
        energy_price: as in the document, per MWh, shape (B, T); NaN where not offered or not stated.
        shares: which part of each bid each of its units delivers, and when.
        undecided: bids the bid check does not decide, by position, each with the reason. They are withheld,
            or passed on as offered where grid operators agreed; never reshaped into something decidable.
        earlier: what is known of the bids of earlier gates that these are linked to.
        without_bids: platforms of the gate without bids, each with what they sent instead.
    """

    gate: Gate
    platform: Sequence[str]
    bids: Sequence[CollectedBid]
    quantity_mw: Floats
    minimum_mw: Floats
    energy_price: Floats
    shares: Sequence[SharesInTime]
    undecided: Mapping[int, str]
    earlier: Earlier = field(default_factory=Earlier)
    without_bids: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.bids)

    @cached_property
    def decided(self) -> Sequence[int]:
        """Positions of the bids the optimiser decides."""
        return [bid for bid in range(len(self)) if bid not in self.undecided]

    @cached_property
    def cost(self) -> Floats:
        """The cost of the system per MWh, (B, T), 0 where not offered: where the sign of a price changes.

        Documents state the price of energy. Up: the system buys it and pays the price. Down: the provider
        buys it back and pays the price, so a positive price is income to the system.
        """
        down = np.array([bid.direction is Direction.DOWN for bid in self.bids], dtype=np.bool_)
        price = np.nan_to_num(self.energy_price, nan=0.0)
        return np.where(down[:, None], -price, price)

    @cached_property
    def linked(self) -> LinkedBids:
        """The bids with what links them."""
        changing = frozenset(bid for bid, shares in enumerate(self.shares) if shares.change)
        return LinkedBids(
            self.platform,
            self.bids,
            self.quantity_mw,
            self.cost,
            changing,
            self.gate.use,
            self.gate.technical_link,
            self.earlier,
        )

    @cached_property
    def unavailable(self) -> Mapping[tuple[int, int], str]:
        """Decided bids and units that activations in earlier gates exclude, each with the reason."""
        found = unavailable(self.linked)
        return {(bid, unit): why for (bid, unit), why in found.items() if bid not in self.undecided}

    def of_platform(self, platform: str) -> Sequence[int]:
        """Positions of one platform's bids."""
        return self._by_platform.get(platform, ())

    @cached_property
    def _by_platform(self) -> Mapping[str, Sequence[int]]:
        found: dict[str, list[int]] = {}
        for bid, name in enumerate(self.platform):
            found.setdefault(name, []).append(bid)
        return found

    def part(self, bids: Sequence[int], first: int, last: int) -> "CollectedBids":
        """Some of the bids in the units from `first` up to `last`, as offers of a gate of these units."""
        gate, units = self.gate, slice(first, last)
        period = Interval(gate.units.start_of(first), gate.units.start_of(last))
        quantity = self.quantity_mw[bids, units]
        return replace(
            self,
            gate=replace(gate, delivery=period),
            platform=[self.platform[bid] for bid in bids],
            bids=[self.bids[bid] for bid in bids],
            quantity_mw=quantity,
            minimum_mw=self.minimum_mw[bids, units],
            energy_price=self.energy_price[bids, units],
            shares=[
                self.shares[bid].within(first, last, offered)
                for bid, offered in zip(bids, quantity > 0, strict=True)
            ],
            undecided={row: self.undecided[bid] for row, bid in enumerate(bids) if bid in self.undecided},
        )

    def name(self, bid: int) -> str:
        """A name that is unique over all platforms."""
        return f"{self.platform[bid]}/{self.bids[bid].bid_id}"


def capacity_price_of(gate: Gate, bid: CollectedBid) -> Floats | None:
    """Price of capacity per MW in each unit, shape (T,), NaN where not stated; None if never stated."""
    if bid.capacity_price is None:
        return None
    _, column, point = _cells(gate, [bid])
    within = (column >= 0) & (column < len(gate.units))  # of a part of the gate, not all are
    price = np.full(len(gate.units), np.nan)
    price[column[within]] = bid.capacity_price[point[within]]
    return price


@dataclass(frozen=True, slots=True)
class OfPlatform:
    """Content of one store, which is opened once: of a thousand platforms most stores are not open."""

    bids: Sequence[CollectedBid]
    plans: Plans
    earlier: Earlier
    why_none: str | None


StoresReader = Callable[[Gate, Sequence[str]], Mapping[str, OfPlatform]]
"""Reads the stores of platforms, as `read_stores` does.

Raises:
    StoreUnavailableError: some store cannot be read now.
"""


def read_stores(stores: Stores, gate: Gate, platforms: Sequence[str]) -> Mapping[str, OfPlatform]:
    """Read what platforms have for a gate that is past closing.

    Waits until each store is settled: a document in work when the gate moved on is either wholly here or was
    refused.
    """
    with stores.shared.reading() as shared:
        near = gates_before(shared, gate)

    def read(platform: str) -> OfPlatform:
        with stores.of(platform).settled() as uow:
            bids = [bid for bid in kept.of_gate(uow, gate.gate_id) if (bid.quantity_mw > 0).any()]
            return OfPlatform(
                bids,
                plans_of(gate, schedules.of_gates(uow, [gate.gate_id])),
                earlier_of(uow, platform, gate, near, bids),
                None if bids else _why_none(uow, gate),
            )

    # Sequentially: threads that each read a little take longer, because the interpreter changes hands.
    return {platform: read(platform) for platform in platforms}


def read_offers(stores: Stores, gate: Gate, reader: StoresReader | None = None) -> CollectedBids:
    """Read the bids of a gate that will not change any more (it must be past closing).

    Args:
        reader: reads the stores; None: they are read in this process.
    """
    read = reader or partial(read_stores, stores)
    of_platform = read(gate, sorted(stores.present(gate.platforms)))
    found = [(platform, bid) for platform, one in of_platform.items() for bid in one.bids]
    none_of = {platform: _FORMER for platform in gate.platforms if platform not in of_platform}
    none_of |= {platform: one.why_none for platform, one in of_platform.items() if one.why_none is not None}
    bids = [bid for _, bid in found]
    row, column, point = _cells(gate, bids)
    tables = []
    for values, absent in (
        ([bid.quantity_mw for bid in bids], 0.0),
        ([np.nan_to_num(bid.minimum_mw, nan=0.0) for bid in bids], 0.0),
        ([bid.energy_price for bid in bids], np.nan),
    ):
        table = np.full((len(bids), len(gate.units)), absent)
        table[row, column] = np.concatenate([np.zeros(0), *values])[point]
        tables.append(table)
    quantity, minimum, price = tables
    price[quantity == 0] = np.nan
    minimum = np.minimum(minimum, quantity)
    alone = {
        number: reason
        for number, bid in enumerate(bids)
        if (reason := _why_undecided(bid, quantity[number], price[number])) is not None
    }
    shares = [
        shares_in_time(bid, quantity[number] > 0, of_platform[platform].plans)
        for number, (platform, bid) in enumerate(found)
    ]
    earlier = joined(one.earlier for one in of_platform.values())
    of_bids = [platform for platform, _ in found]
    collected = CollectedBids(gate, of_bids, bids, quantity, minimum, price, shares, alone, earlier, none_of)
    return replace(collected, undecided=undecided_links(collected.linked, alone))


_FORMER = "is configured no longer"


def _why_none(uow: UnitOfWork, gate: Gate) -> str:
    """The documents that a platform without bids sent while its documents for the gate were in time."""
    came = inbox.states_between(uow, gate.opens_at, gate.waits_until)
    refused = came.get(EnvelopeState.REFUSED, 0)
    if not came:
        return "sent nothing while the gate took documents"
    if refused == sum(came.values()):
        return f"everything it sent while the gate took documents was refused ({refused})"
    return "nothing that it sent while the gate took documents has a bid for the gate's delivery now"


def _cells(
    gate: Gate, bids: Sequence[CollectedBid]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Bid, unit and point number of every unit a point covers: an hour has four quarter hours."""
    none = np.zeros(0, dtype=np.int64)
    start = np.concatenate([none, *(bid.start_s for bid in bids)])
    end = np.concatenate([none, *(bid.end_s for bid in bids)])
    bid_of_point = np.repeat(np.arange(len(bids)), [len(bid.start_s) for bid in bids])
    mtu = int(gate.mtu.total_seconds())
    count = (end - start) // mtu
    point = np.repeat(np.arange(len(start)), count)
    step = np.arange(len(point)) - np.repeat(np.cumsum(count) - count, count)
    column = (start[point] - int(gate.delivery.start.timestamp())) // mtu + step
    return bid_of_point[point].astype(np.intp), column.astype(np.intp), point


def _why_undecided(bid: CollectedBid, quantity_mw: Floats, energy_price: Floats) -> str | None:
    if bid.direction not in (Direction.UP, Direction.DOWN):
        return f"direction {bid.direction.name.lower()} is neither up nor down"
    if not np.isfinite(energy_price[quantity_mw > 0]).all():
        return "no energy price"
    return None
