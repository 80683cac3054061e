"""Reports to operators on a decision: which participants limits affect, and failures to deliver."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.domain.reason import ReasonCode
from gateway.domain.result import FailingBid, GroupedBy, LimitedShare, Side, WithheldVolume
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.non_delivery import non_delivery
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.answer import SafeMeritOrder
from gateway.optimiser.safe.explain import safe_non_delivery
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.processes.bid_check.problem.decision import Decision
from gateway.processes.bid_check.problem.problem_builder import GateProblem

SHARE_OF_TIME = 0.1
"""Of what is left until publication, at most, for looking at every single failure."""

_EFFECTS_PER_S = 2e7
_SAFE_EFFECTS_PER_S = 5e6
"""Effects of a bid on an element looked at per second, cautiously: in one activation, in all of a list."""


def limited_shares(collected: CollectedBids, decided: Decision) -> tuple[LimitedShare, ...]:
    """Quantities limited of each provider and of each platform, with the quantities demanded of them.

    Demanded is, in exact lists, what price alone accepts, as if there were no grid. In prefix lists, whose
    demand is unknown, it is all that is offered. A limited bid counts with all of its offer that is not
    available, and apart from that with what is missing of the quantity demanded of it.
    """
    hours, availability = collected.gate.units.hours, decided.availability(collected)
    limited = np.where(availability.limited, availability.offered_mw - availability.available_mw, 0.0)
    wanted = decided.wanted_mw
    missing = np.where(availability.limited, np.maximum(wanted - availability.available_mw, 0.0), 0.0)
    names = {GroupedBy.PROVIDER: _providers(collected), GroupedBy.PLATFORM: list(collected.platform)}
    found = []
    for by in GroupedBy:
        different, number = np.unique(np.array(names[by], dtype=str), return_inverse=True)
        mwh = [
            np.bincount(number, mw.sum(axis=1), len(different)) * hours for mw in (wanted, limited, missing)
        ]
        shares = [part / part.sum() if part.sum() > 0 else np.zeros_like(part) for part in mwh[:2]]
        columns = (different.tolist(), *(part.tolist() for part in (*mwh, *shares)))
        found += [LimitedShare(by, *row) for row in zip(*columns, strict=True)]
    return tuple(found)


def withheld(
    collected: CollectedBids, decided: Decision, contracted: NDArray[np.bool_]
) -> tuple[WithheldVolume, ...]:
    """Quantities withheld of each provider's bids, by the grid that limits most and the reason; largest
    first.

    Of exact lists without the bids that are not needed at their price. `contracted`: of each bid, (B,),
    whether it fills contracted capacity.
    """
    hours = collected.gate.units.hours
    availability, why = decided.availability(collected), decided.why_of()
    cut = availability.offered_mw - availability.available_mw
    against = decided.passed_over
    providers, provider = np.unique(np.array(_providers(collected), dtype=str), return_inverse=True)
    heaviest = decided.limits.heaviest()
    grids = ["", *sorted({row.grid_id for row in heaviest.rows})]
    of_row = np.array([grids.index(row.grid_id) for row in heaviest.rows], dtype=np.int64)
    limiting = np.zeros(cut.shape, np.int64)
    limiting[heaviest.bid, heaviest.mtu] = of_row[heaviest.row]
    codes = ["", *(str(reason.code) for reason in why.reasons)]
    idle = np.array([code == ReasonCode.BID_NOT_ACCEPTED for code in codes])[why.why] & ~against
    bid, mtu = np.nonzero((cut > 0) & ~idle)
    place = limiting[bid, mtu], why.why[bid, mtu], contracted[bid], against[bid, mtu]
    sizes = len(providers), len(grids), len(codes), 2, 2
    kinds, same = np.unique(np.ravel_multi_index((provider[bid], *place), sizes), return_inverse=True)
    mwh = np.bincount(same, cut[bid, mtu], len(kinds)) * hours
    rows = np.stack(np.unravel_index(kinds, sizes))
    volume: dict[tuple[str, str, str, bool, bool], float] = {}
    for (who, grid, reason, fills, passed), energy in zip(rows.T.tolist(), mwh.tolist(), strict=True):
        row = str(providers[who]), grids[grid], codes[reason], bool(fills), bool(passed)
        volume[row] = volume.get(row, 0.0) + energy
    ordered = sorted(volume.items(), key=lambda one: (-one[1], one[0]))
    return tuple(WithheldVolume(*row, energy) for row, energy in ordered)


def _providers(collected: CollectedBids) -> list[str]:
    return [bid.terms.get(BidTerm.PROVIDER, "") for bid in collected.bids]


def failing_bids(
    gate_problem: GateProblem, answer: Answer | SafeMeritOrder, time_left: timedelta
) -> tuple[FailingBid, ...] | None:
    """Bids whose failure alone would overload something, the worst first; None if there is no time.

    In a safe merit order: in some activation of the list.
    """
    problem, safe = gate_problem.problem, isinstance(answer, SafeMeritOrder)
    if _takes(problem, _SAFE_EFFECTS_PER_S if safe else _EFFECTS_PER_S) > SHARE_OF_TIME * time_left:
        return None
    if isinstance(answer, SafeMeritOrder):
        found = safe_non_delivery(problem, answer)
    else:
        found = non_delivery(problem, answer)
    bid_of_row = gate_problem.split_bids.bid[found.bid]
    order = np.lexsort((-found.overload_mw, bid_of_row))
    bids, first, units = np.unique(bid_of_row[order], return_index=True, return_counts=True)
    worst = order[first]
    by_overload = np.argsort(-found.overload_mw[worst], kind="stable")
    return tuple(
        FailingBid(
            bid=gate_problem.collected.decided[bid],
            units=count,
            mtu=min(int(found.mtu[row]), len(gate_problem.collected.gate.units) - 1),
            grid_id=problem.grids[found.grid[row]].grid_id,
            element_id=problem.grids[found.grid[row]].element_ids[found.element[row]],
            side=Side.FORWARD if found.side[row] > 0 else Side.REVERSE,
            operating_point=problem.grids[found.grid[row]].point_names[found.point[row]],
            overload_mw=float(found.overload_mw[row]),
        )
        for bid, count, row in zip(
            bids[by_overload].tolist(),
            units[by_overload].tolist(),
            worst[by_overload].tolist(),
            strict=True,
        )
    )


def _takes(problem: Problem, effects_per_s: float) -> timedelta:
    """Rough duration, in seconds, of checking every bid of every grid against each of its rows."""
    effects = sum(grid.ptdf[..., 0].size * np.unique(grid.injections.bid).size for grid in problem.grids)
    return timedelta(seconds=effects * problem.mtus / effects_per_s)
