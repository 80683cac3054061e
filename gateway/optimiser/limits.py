"""Which bids the grid passes over, and which rows limit them, in shares.

A bid is passed over at an MTU when less of it is accepted than offered although it comes before something
that is accepted in the price order of its list, before demand that is not met, or in the merit order without
a grid. It is limited where rows explain that. Row r weighs `μ_r · max(c_rb, 0)`, its shadow price times its
effect: its part of the congestion price at the bid. Where no priced row counts against the bid, the dearer
bid was taken for its relief: weights are `μ_r · max(c_rb − c_ra, 0)` against the dearest accepted bid a.
Where there are no prices for it, as between indivisible bids, the row counts that would be exceeded most by
the rest of the bid, in an inclusive group by the rest of the group. Shares are weights over their sum.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.answer import Limits
from gateway.optimiser.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.decision import Decision, RowKeys
from gateway.optimiser.flows import GridFlows
from gateway.optimiser.problem import Problem
from gateway.optimiser.rows import TOLERANCE_MW, constraint_matrix, rooms

LEAST_MW = 1e-6
Part = tuple[IntArray, ...]


def passed_over(problem: Problem, by_price: FloatArray, accepted: FloatArray, short: FloatArray) -> BoolArray:
    """(B, T) bids that are passed over; by_price and accepted are (B, T), short (L, T)."""
    bids = problem.bids
    last = _dearest(problem, accepted)
    last[short > LEAST_MW] = np.inf
    earlier = bids.price_eur_per_mwh < last[bids.list_index]
    left = bids.available_mw - accepted > LEAST_MW
    return np.asarray(left & (earlier | (by_price - accepted > LEAST_MW)))


def _dearest(problem: Problem, accepted: FloatArray) -> FloatArray:
    """(L, T) price of the dearest accepted bid of each list, −∞ where nothing is accepted."""
    price = np.where(accepted > LEAST_MW, problem.bids.price_eur_per_mwh, -np.inf)
    last = np.full(problem.lists.demand_mw.shape, -np.inf)
    np.maximum.at(last, problem.bids.list_index, price)
    return last


def limits_of(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    passed: BoolArray,
    accepted: FloatArray,
    decisions: Sequence[Decision],
) -> Limits:
    """One entry per limited bid, MTU and limiting row; passed and accepted are (B, T)."""
    asking = [decision for decision in decisions if decision.explained and passed[:, decision.mtu].any()]
    if not asking:
        return Limits.none()
    rows, place = RowKeys.distinct([decision.rows for decision in asking])
    matrix = constraint_matrix(flows, rows, len(problem.bids.ids))
    room = rooms(flows, rows, problem.mtus)
    ends = np.cumsum([len(decision.rows) for decision in asking])
    parts: list[tuple[FloatArray | IntArray, ...]] = []
    for decision, mine in zip(asking, np.split(place, ends[:-1]), strict=True):
        mtu, order = decision.mtu, np.argsort(mine)
        effect = csr_array(matrix[mine[order]])
        keys, price = decision.rows[order], decision.shadow_price[order]
        margin = room[mine[order], mtu] - effect @ accepted[:, mtu]
        found = np.zeros(len(problem.bids.ids), np.bool_)
        for weight in (
            effect,
            _against_dearest(problem, effect, passed[:, mtu], accepted[:, mtu], mtu),
        ):
            part = _by_weight(weight, price, passed[:, mtu] & ~found)
            if part is not None:
                bid, row, share = part
                where = keys[row]
                parts.append((bid, np.full(bid.size, mtu), *_columns(where), share, margin[row]))
                found[bid] = True
        parts += _by_what_is_left(problem, flows, passed[:, mtu] & ~found, accepted, mtu)
    return (
        Limits(*(np.concatenate(column) for column in zip(*parts, strict=True))) if parts else Limits.none()
    )


def _columns(keys: RowKeys) -> tuple[IntArray, ...]:
    return keys.grid, keys.element, keys.point, keys.side


def _against_dearest(
    problem: Problem, effect: csr_array, passed: BoolArray, accepted: FloatArray, mtu: int
) -> csr_array:
    """Effects (R, B) of passed bids above that of the dearest accepted bid of their list."""
    price, listed = problem.bids.price_eur_per_mwh[:, mtu], problem.bids.list_index
    reference = np.zeros((effect.shape[0], len(problem.lists)))
    for number in range(len(problem.lists)):
        taken = np.flatnonzero((accepted > LEAST_MW) & (listed == number))
        if taken.size:
            dearest = taken[[price[taken].argmax()]]
            reference[:, number] = effect[:, dearest].toarray()[:, 0]
    columns = np.flatnonzero(passed)
    dense = effect[:, columns].toarray() - reference[:, listed[columns]]
    row, column = np.nonzero(dense)
    return csr_array((dense[row, column], (row, columns[column])), shape=effect.shape)


def _by_weight(
    effect: csr_array, price: FloatArray, passed: BoolArray
) -> tuple[IntArray, IntArray, FloatArray] | None:
    """Bids, rows and shares, of rows with prices (R,) and effects (R, B), that count against `passed`."""
    count = np.diff(effect.indptr)
    weight = np.repeat(price, count) * np.maximum(effect.data, 0.0) * passed[effect.indices]
    limiting = np.flatnonzero(weight)
    if not limiting.size:
        return None
    row = np.repeat(np.arange(count.size), count)[limiting]
    bid = effect.indices[limiting].astype(np.int64)
    total = np.bincount(bid, weights=weight[limiting], minlength=passed.size)
    return bid, row, weight[limiting] / total[bid]


def _by_what_is_left(
    problem: Problem, flows: tuple[GridFlows, ...], passed: BoolArray, accepted: FloatArray, mtu: int
) -> Iterator[tuple[FloatArray | IntArray, ...]]:
    """For bids no price explains, the row of all grids that the rest of bid or group would exceed most."""
    if not passed.any():
        return
    rest = problem.bids.available_mw[:, mtu] - accepted[:, mtu]
    at = np.array([mtu])
    worst = np.full(passed.size, TOLERANCE_MW)
    found: dict[int, tuple[int, int, int, int, float]] = {}
    for number, flow in enumerate(flows):
        mine = np.flatnonzero(passed[flow.bids])
        if not mine.size:
            continue
        brought = together(problem, flow.bids, flow.effects() * rest[flow.bids])[:, :, mine]
        for side, change, room in zip((1, -1), flow.changes(accepted[:, at]), flow.rooms(at), strict=True):
            margin = (room - change)[..., 0]
            excess = side * brought - margin[..., None]
            excess = excess.reshape(-1, mine.size)
            row = excess.argmax(axis=0)
            for column, bid in enumerate(flow.bids[mine].tolist()):
                beyond = float(excess[row[column], column])
                if beyond > worst[bid]:
                    worst[bid] = beyond
                    point, element = divmod(int(row[column]), margin.shape[1])
                    found[bid] = (number, element, point, side, float(margin[point, element]))
    for bid, (number, element, point, side, left) in sorted(found.items()):
        row_of = (np.array([value]) for value in (bid, mtu, number, element, point, side))
        yield (*row_of, np.ones(1), np.array([left]))


def together(problem: Problem, bids: IntArray, brought: FloatArray) -> FloatArray:
    """What bids (b,) bring, (…, b), those of one inclusive group each with what all of them here bring."""
    result = brought.copy()
    for group in problem.links.inclusive:
        here = np.flatnonzero(np.isin(bids, group))
        result[..., here] = brought[..., here].sum(axis=-1, keepdims=True)
    return result
