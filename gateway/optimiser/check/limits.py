"""Which bids the grid passes over, and which rows limit them, in shares.

A bid is passed over at an MTU when less of it is accepted than offered although it comes before something
that is accepted in the order of its list, contracted capacity and then price, before demand that is not met,
or in the merit order without a grid. It is limited where that is explained by rows that leave it no margin.
Row r weighs `μ_r · max(c_rb, 0)`, its shadow price times its effect: its part of the congestion price at the
bid. Where no priced row counts against the bid, a later bid was taken for its relief: weights are
`μ_r · max(c_rb − c_ra, 0)` against the last accepted bid a.
Where there are no prices for it, as between indivisible bids or where an optimum is degenerate, the row
counts that would be exceeded most by the rest of the bid, in an inclusive group by the rest of the group, of
those that leave no margin for the least more of it. Shares are weights over their sum.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.check.answer import LimitingRows
from gateway.optimiser.check.quantity_steps import STEP_MW
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.decision import MtuDecision, RowKeys, shortage
from gateway.optimiser.model.price_order import by_price
from gateway.optimiser.model.problem import Problem, least_mw
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.rows import TOLERANCE_MW, constraint_matrix, margins

LEAST_MW = 1e-5
"""Quantity that is none."""

FULL_MW = 1e-5
"""Margin that is none: what an answer is verified to."""
_Columns = tuple[IntArray, ...]


def passed_over(problem: Problem, by_price: FloatArray, accepted: FloatArray) -> BoolArray:
    """(B, T) bids that are passed over; by_price and accepted are (B, T)."""
    bids = problem.bids
    short = np.stack([shortage(problem, accepted[:, mtu], mtu) for mtu in range(problem.mtus)], axis=1)
    contracted, others = _dearest(problem, accepted)
    last = np.where(bids.contracted[:, None], contracted, others)
    last[(short > LEAST_MW)[bids.list_index]] = np.inf
    left = bids.available_mw - accepted > LEAST_MW
    return np.asarray(left & ((bids.price_eur_per_mwh < last) | (by_price - accepted > LEAST_MW)))


def _dearest(problem: Problem, accepted: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For every bid (B, T) the price up to which bids of its list are accepted, −∞ where none is.

    If it is contracted, and if it is not: what is contracted comes before all that is not.
    """
    taken = []
    for kind in (problem.bids.contracted, ~problem.bids.contracted):
        price = np.where((accepted > LEAST_MW) & kind[:, None], problem.bids.price_eur_per_mwh, -np.inf)
        last = np.full(problem.lists.demand_mw.shape, -np.inf)
        np.maximum.at(last, problem.bids.list_index, price)
        taken.append(last[problem.bids.list_index])
    contracted, others = taken
    return np.where(others > -np.inf, np.inf, contracted), others


def limits_of(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    passed: BoolArray,
    accepted: FloatArray,
    decisions: Sequence[MtuDecision],
) -> LimitingRows:
    """One entry per limited bid, MTU and limiting row; passed and accepted are (B, T)."""
    explained = [decision for decision in decisions if decision.explained and passed[:, decision.mtu].any()]
    if not explained:
        return LimitingRows.none()
    rows, place = RowKeys.distinct([decision.rows for decision in explained])
    matrix = constraint_matrix(flows, rows, len(problem.bids.ids))
    margin = margins(flows, rows, problem.mtus)
    ends = np.cumsum([len(decision.rows) for decision in explained])
    parts: list[tuple[FloatArray | IntArray, ...]] = []
    for decision, mine in zip(explained, np.split(place, ends[:-1]), strict=True):
        mtu, order = decision.mtu, np.argsort(mine)
        effect = csr_array(matrix[mine[order]])
        keys, price = decision.rows[order], decision.shadow_price[order]
        remaining = margin[mine[order], mtu] - effect @ accepted[:, mtu]
        # Prices may be those of another answer, of divisible bids: only what is full limits anything.
        moved = _rounding(problem, effect, accepted[:, mtu], mtu)
        price = np.where(remaining > FULL_MW + moved, 0.0, price)
        left = passed[:, mtu].copy()
        for weigh in (_load, _against_last):
            weight = weigh(problem, effect, left, accepted[:, mtu], mtu)
            part = _by_weight(weight, price, left)
            if part is not None:
                bid, row, share = part
                where = keys[row]
                time = np.full(bid.size, mtu)
                parts.append((bid, time, time, *_columns(where), share, remaining[row]))
                left[bid] = False
        parts += _by_what_is_left(problem, flows, left, accepted, mtu)
    return (
        LimitingRows(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        if parts
        else LimitingRows.none()
    )


def _rounding(problem: Problem, effect: csr_array, accepted: FloatArray, mtu: int) -> FloatArray:
    """(R,) MW by which rounding of what is accepted in part may have moved rows with effects (R, B)."""
    part = (accepted > 0) & (accepted < problem.bids.available_mw[:, mtu])
    return np.asarray(abs(effect) @ (part * STEP_MW))


def _columns(keys: RowKeys) -> tuple[IntArray, ...]:
    return keys.grid, keys.element, keys.point, keys.side


def _load(
    _problem: Problem, effect: csr_array, _passed: BoolArray, _accepted: FloatArray, _mtu: int
) -> csr_array:
    return effect


def _against_last(
    problem: Problem, effect: csr_array, passed: BoolArray, accepted: FloatArray, mtu: int
) -> csr_array:
    """Effects (R, B) of passed bids above that of the bid of their list that is accepted last.

    That bid has an effect in its own grid only: few rows are filled, all others stay as sparse as they are.
    """
    entries: list[tuple[FloatArray, IntArray, IntArray]] = []
    for number in np.unique(problem.bids.list_index[passed]).tolist():
        columns = np.flatnonzero(passed & (problem.bids.list_index == number))
        own = effect[:, columns].tocoo()
        taken = by_price(problem, number, mtu)
        taken = taken[accepted[taken] > LEAST_MW]
        last = effect[:, taken[-1:]].tocoo()
        elsewhere = ~np.isin(own.row, last.row) & (own.data != 0)
        entries.append((own.data[elsewhere], own.row[elsewhere], columns[own.col[elsewhere]]))
        filled = effect[last.row][:, columns].toarray() - last.data[:, None]
        row, column = np.nonzero(filled)
        entries.append((filled[row, column], last.row[row], columns[column]))
    if not entries:
        return csr_array(effect.shape)
    data, row, column = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    above = csr_array((data, (row, column)), shape=effect.shape)
    above.sort_indices()
    return above


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
    """For bids no price explains, of the rows of all grids that leave no margin for the least more of a bid
    or group that it could be taken with, the one that the rest would exceed most."""
    if not passed.any():
        return
    rest = problem.bids.available_mw[:, mtu] - accepted[:, mtu]
    step = least_more(problem, accepted, mtu)
    at = np.array([mtu])
    worst = np.full(passed.size, TOLERANCE_MW)
    found: dict[int, tuple[int, int, int, int, float]] = {}
    for number, flow in enumerate(flows):
        mine = np.flatnonzero(passed[flow.bids])
        if not mine.size:
            continue
        effects = flow.effects()
        if problem.links.inclusive:
            brought, least = (
                together(problem, flow.bids, effects * more[flow.bids])[:, :, mine] for more in (rest, step)
            )
        else:
            few, bids = effects.take(mine, axis=-1), flow.bids[mine]
            brought, least = few * rest[bids], few * step[bids]
        for side, change, margin in zip(
            (1, -1), flow.changes(accepted[:, at]), flow.margins(at), strict=True
        ):
            remaining = (margin - change)[..., 0]
            excess = side * brought - remaining[..., None]
            excess[side * least - remaining[..., None] < -FULL_MW] = -np.inf
            excess = excess.reshape(-1, mine.size)
            row = excess.argmax(axis=0)
            for column, bid in enumerate(flow.bids[mine].tolist()):
                beyond = float(excess[row[column], column])
                if beyond > worst[bid]:
                    worst[bid] = beyond
                    point, element = divmod(int(row[column]), remaining.shape[1])
                    found[bid] = (number, element, point, side, float(remaining[point, element]))
    for bid, (number, element, point, side, left) in sorted(found.items()):
        row_of = (np.array([value]) for value in (bid, mtu, mtu, number, element, point, side))
        yield (*row_of, np.ones(1), np.array([left]))


def least_more(problem: Problem, taken: FloatArray, mtu: int) -> FloatArray:
    """(B,) the least by which each bid could be taken more than `taken` (B, T): 0 where any amount is.

    Members of an inclusive group have the same share of their offers.
    """
    offered, least = problem.bids.available_mw[:, mtu], least_mw(problem)[:, mtu].copy()
    for group in problem.links.inclusive:
        some = np.array(group)
        share = least[some] / np.where(offered[some] > 0, offered[some], 1.0)
        least[some] = share.max(initial=0.0) * offered[some]
    return np.asarray(np.maximum(least - taken[:, mtu], 0.0))


def together(problem: Problem, bids: IntArray, brought: FloatArray) -> FloatArray:
    """Effects of bids (b,), (…, b); each member of an inclusive group has the sum of the group."""
    result = brought.copy()
    for group in problem.links.inclusive:
        members = np.flatnonzero(np.isin(bids, group))
        result[..., members] = brought[..., members].sum(axis=-1, keepdims=True)
    return result
