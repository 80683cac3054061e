"""What earlier gates still deliver in the first unit of a gate: direct activation reaches into the next unit.

The gate before has published a list of which any amount may be activated directly in its last unit, and
nobody knows how much will be. So every part of it counts, for each row in the way that is worst: each
operating point stands twice, with the most that it can bring to each row and with the least. Beyond a limit
it cannot bring a row, because the earlier gate has kept it within: it checked the unit after its delivery.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.market_time import Interval
from gateway.domain.resource import ConnectionPoint
from gateway.optimiser.grid_arrays import GridArrays
from gateway.processes.bid_check.lists import may_be
from gateway.records import bids as kept
from gateway.records import gates, results, runs
from gateway.records.store import Store

Floats = NDArray[np.float64]
_NOTHING_MW = 1e-9


@dataclass(frozen=True, slots=True)
class CarriedBid:
    """A bid of an earlier gate that may still deliver: MW signed by its direction, shares of its units."""

    mw: float
    unit_shares: Mapping[str, float]


def carried_into(store: Store, gate: Gate) -> Sequence[CarriedBid]:
    """Bids that may be activated directly in the last unit before the delivery, as far as they are available.

    Of a gate that has not published, all that is offered.
    """
    before = Interval(gate.delivery.start - gate.mtu, gate.delivery.start)
    with store.house.reading() as house:
        earlier = [
            (status.gate, runs.find_of_gate(house, status.gate.gate_id))
            for status in gates.delivering_in(house, before)
            if status.gate.delivery.end == gate.delivery.start and status.gate.use is UseOfLists.PREFIX
        ]
    found = []
    for other, run in earlier:
        last_s = int((other.delivery.end - other.mtu).timestamp())
        for platform in other.platforms:
            with store.room(platform).reading() as room:
                offered = kept.of_gate(room, other.gate_id)
                told = run is not None and results.published(room, run.run_id)
                rows = results.availability_of(room, run.run_id) if run is not None and told else ()
            left = {row.bid_id: float(row.available_mw[-1]) for row in rows}
            for bid in offered:
                at = (bid.start_s <= last_s) & (bid.end_s > last_s)
                mw = left.get(bid.bid_id, 0.0) if told else float(bid.quantity_mw[at].sum())
                if may_be(bid.terms)[1] and mw > _NOTHING_MW:
                    found.append(CarriedBid(mw * int(bid.direction), bid.unit_shares))
    return found


def with_carried(
    grid: GridArrays, bids: Sequence[CarriedBid], connections: Mapping[str, tuple[ConnectionPoint, ...]]
) -> GridArrays:
    """The grid, with what these bids may bring to its rows in the first unit."""
    node_of = {name: number for number, name in enumerate(grid.node_ids)}
    injected = np.zeros((len(bids), len(node_of)))
    for number, bid in enumerate(bids):
        for unit, share in bid.unit_shares.items():
            for point in connections.get(unit, ()):
                if point.grid_id == grid.grid_id and point.node in node_of:
                    injected[number, node_of[point.node]] += bid.mw * share * point.factor
    brings = grid.ptdf @ injected[injected.any(axis=1)].T
    if not brings.shape[-1]:
        return grid
    base = [
        np.minimum(grid.base_mw[:, 0] + np.maximum(brings, 0).sum(axis=-1), _upper(grid)),
        np.maximum(grid.base_mw[:, 0] + np.minimum(brings, 0).sum(axis=-1), _lower(grid)),
    ]
    shifted = [np.concatenate([first[:, None], grid.base_mw[:, 1:]], axis=1) for first in base]
    return replace(
        grid,
        point_names=tuple(f"{name}, {what}" for what in _WAYS for name in grid.point_names),
        ptdf=np.concatenate([grid.ptdf, grid.ptdf]),
        base_mw=np.concatenate(shifted),
        levels_mw=None,
    )


_WAYS = ("most still delivered", "least still delivered")


def _upper(grid: GridArrays) -> Floats:
    return np.maximum(grid.upper_mw, grid.base_mw[:, 0])


def _lower(grid: GridArrays) -> Floats:
    return np.minimum(grid.lower_mw, grid.base_mw[:, 0])
