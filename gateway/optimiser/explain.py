"""What an answer means for those it limits: congestion prices, fairness between providers, non-delivery."""

from dataclasses import dataclass

import numpy as np

from gateway.optimiser.answer import Answer
from gateway.optimiser.checks import FloatArray, IntArray
from gateway.optimiser.decision import RowKeys
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.problem import Problem

TOLERANCE_MW = 1e-5


@dataclass(frozen=True, slots=True)
class ProviderShare:
    """How one provider (or platform) fares: volumes in MW × MTUs, shares in [0, 1].

    Attributes:
        name: of the provider.
        wanted: what the merit order takes from it. limited: what grid limits take away of that.
        share_of_wanted: its part of everything the merit order takes.
        share_of_limited: its part of everything that is limited; far above `share_of_wanted` is worth a look.
    """

    name: str
    wanted: float
    limited: float
    share_of_wanted: float
    share_of_limited: float


@dataclass(frozen=True, slots=True, eq=False)
class NonDelivery:
    """What the failure of one bid does, for every bid and MTU that would overload something.

    Attributes:
        bid, mtu: (M,) the bid that fails to deliver.
        grid, element, point, side: (M,) the row that is then worst.
        overload_mw: (M,) how far beyond its room.
    """

    bid: IntArray
    mtu: IntArray
    grid: IntArray
    element: IntArray
    point: IntArray
    side: IntArray
    overload_mw: FloatArray


def node_prices(problem: Problem, answer: Answer, mtu: int) -> tuple[FloatArray, ...]:
    """Per grid the congestion price (N,) of each connection point, in EUR per MWh injected there.

    `Σ_r μ_r · side_r · ptdf_r,n` over the rows with a shadow price μ: what one more MW costs through the
    limits it loads; negative where it relieves them. An up bid at n earns the balance price less this.
    """
    found = answer.shadow_prices
    result = []
    for number, grid in enumerate(problem.grids):
        rows = np.flatnonzero((found.grid == number) & (found.mtu == mtu))
        weight = found.value[rows] * found.side[rows]
        result.append(weight @ grid.ptdf[found.point[rows], found.element[rows]])
    return tuple(result)


def discrimination(problem: Problem, answer: Answer, *, by: str = "provider") -> tuple[ProviderShare, ...]:
    """Whom the limits hit, against whom the merit order would take; `by` "provider" or "platform"."""
    index: IntArray = getattr(problem.bids, by)
    names: tuple[str, ...] = getattr(problem.bids, f"{by}s")
    taken = np.where(answer.limited, answer.merit_order_mw - answer.accepted_mw, 0.0).sum(axis=1)
    wanted = _per_name(index, answer.merit_order_mw.sum(axis=1), len(names))
    limited = _per_name(index, np.maximum(taken, 0.0), len(names))
    return tuple(
        ProviderShare(name, *map(float, figures))
        for name, *figures in zip(names, wanted, limited, _shares(wanted), _shares(limited), strict=True)
    )


def non_delivery(problem: Problem, answer: Answer) -> NonDelivery:
    """Every bid that would overload a row by not delivering what was accepted (N−1 over bids).

    Only bids that relieve something can: those with a negative effect on a row that is then beyond its room.
    Empty under the netting policy `relief_share` 0, by construction.
    """
    mtus = np.arange(problem.mtus)
    parts = [_failures(number, flow, answer, mtus) for number, flow in enumerate(GridFlows.of(problem))]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else []
    if not columns:
        none = np.zeros(0, np.int64)
        return NonDelivery(none, none, none, none, none, none, np.zeros(0))
    bid, mtu, overload = columns[0], columns[1], columns[-1]
    order = np.lexsort((-overload, mtu, bid))  # the worst row of each bid and MTU over all grids
    leads = (np.diff(bid[order], prepend=-1) != 0) | (np.diff(mtu[order], prepend=-1) != 0)
    picked = order[leads]
    return NonDelivery(*(column[picked] for column in columns))


def _failures(
    number: int, flow: GridFlows, answer: Answer, mtus: IntArray
) -> tuple[IntArray | FloatArray, ...]:
    """Of one grid, per bid and MTU the worst row beyond its room when the bid fails."""
    effects = flow.effects()
    points, elements, _ = effects.shape
    change = flow.flow_change(answer.accepted_mw)
    accepted = answer.accepted_mw[flow.bids]
    keys, bids, times, overloads = [], [], [], []
    for side, room in zip((1, -1), flow.rooms(mtus), strict=True):
        margin = (room - side * change).reshape(points * elements, -1)
        relief = -np.minimum(side * effects, 0.0).reshape(points * elements, -1)
        for mtu in mtus.tolist():
            excess = relief * accepted[:, mtu] - np.maximum(margin[:, mtu, None], 0.0)
            row = excess.argmax(axis=0)
            worst = excess[row, np.arange(row.size)]
            bad = np.flatnonzero(worst > TOLERANCE_MW)
            point, element = np.divmod(row[bad], elements)
            same = np.full(bad.size, number)
            keys.append(RowKeys(same, element, point, np.full(bad.size, side)))
            bids.append(flow.bids[bad])
            times.append(np.full(bad.size, mtu))
            overloads.append(worst[bad])
    rows = RowKeys.join(keys)
    bid, mtu_, overload = (np.concatenate(parts) for parts in (bids, times, overloads))
    return bid, mtu_, rows.grid, rows.element, rows.point, rows.side, overload


def _per_name(index: IntArray, volume: FloatArray, count: int) -> FloatArray:
    return np.bincount(index, weights=volume, minlength=count).astype(np.float64)


def _shares(volume: FloatArray) -> FloatArray:
    total = float(volume.sum())
    return volume / total if total > 0 else np.zeros_like(volume)
