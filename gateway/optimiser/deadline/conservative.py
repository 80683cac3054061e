"""Conservative curtailment: an answer in milliseconds that needs no solver and cannot overload anything.

Every bid of the merit order is scaled down to

    q_b = q_b⁰ · min over rows r with c_rb > 0 of min(1, margin_r / W_r),   W_r = Σ_b max(c_rb, 0) q_b⁰

so that `Σ_b max(c_rb, 0) q_b ≤ margin_r` for every row: any subset of the deliveries is safe, without
relying on a single relieving bid. Minimum quantities and links then only remove bids, so that it stays true.
"""

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.decision import MtuDecision, shortage
from gateway.optimiser.model.links import LEAST_MW, tied_bids
from gateway.optimiser.model.order import priced
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.effects import Effects
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.rows.rows import violated


def curtail(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    wanted: FloatArray,
    mtus: IntArray,
    *,
    keep_netting: bool = False,
) -> list[MtuDecision]:
    """Decisions for `mtus`, see `Curtailment.decide`."""
    return Curtailment(problem, flows).decide(wanted, mtus, keep_netting=keep_netting)


class Curtailment:
    """Curtails MTUs of a problem, some at a time; what bids bring to each grid's rows is gathered once."""

    def __init__(self, problem: Problem, flows: tuple[GridFlows, ...]) -> None:
        self._problem, self._flows = problem, flows
        self._brings: dict[int, Effects] = {}
        self._tied = sorted(tied_bids(problem.links))

    def prepare(self) -> None:
        """Gather the effects of bids on all grids, so that the first `decide` is as fast as the next."""
        for number, flow in enumerate(self._flows):
            if flow.bids.size:
                self._of(number)

    def decide(self, wanted: FloatArray, mtus: IntArray, *, keep_netting: bool = False) -> list[MtuDecision]:
        """Decisions for `mtus` that accept at most `wanted` (B, T).

        With `keep_netting`, a grid that `wanted` leaves within its limits is curtailed only once the
        curtailment of another grid upsets it.
        """
        accepted = wanted[:, mtus]
        done = np.zeros((len(self._flows), mtus.size), np.bool_)
        while True:
            self._remove_broken(accepted, mtus)
            todo = ~done
            if keep_netting:
                todo &= np.array([violated(flow, accepted, mtus) for flow in self._flows]).reshape(done.shape)
            if not todo.any():
                break
            for number in np.flatnonzero(todo.any(axis=1)).tolist():
                if self._flows[number].bids.size:
                    self._scale_down(number, accepted, mtus, np.flatnonzero(todo[number]))
            done |= todo
        return [
            _decision(self._problem, accepted[:, column], mtu) for column, mtu in enumerate(mtus.tolist())
        ]

    def _scale_down(self, number: int, accepted: FloatArray, mtus: IntArray, columns: IntArray) -> None:
        """Make every subset of `accepted` (B, M) safe for one grid at some of the MTUs, in place."""
        flow, brings = self._flows[number], self._of(number)
        start = accepted[np.ix_(flow.bids, columns)]
        share = np.ones_like(start)
        margins = flow.margins(mtus[columns])
        for side, (load, margin) in enumerate(zip(brings.most(start), margins, strict=True)):
            left = margin.reshape(load.shape)
            for column in range(columns.size):
                rows = np.flatnonzero(load[:, column] > left[:, column])
                if rows.size:
                    least = brings.least_allowed(side, rows, left[rows, column] / load[rows, column])
                    share[:, column] = np.minimum(share[:, column], least)
        accepted[np.ix_(flow.bids, columns)] = start * share

    def _of(self, number: int) -> Effects:
        if number not in self._brings:
            self._brings[number] = Effects.of(self._flows[number])
        return self._brings[number]

    def _remove_broken(self, accepted: FloatArray, mtus: IntArray) -> None:
        """Remove bids below their minimum, and every bid that a link ties to others, from (B, M)."""
        bids = self._problem.bids
        available = bids.available_mw[:, mtus]
        least = np.where(bids.divisible[:, None], bids.minimum_mw[:, mtus], available)
        accepted[accepted < np.maximum(least - 1e-9, LEAST_MW)] = 0.0
        accepted[self._tied] = 0.0


def _decision(problem: Problem, accepted: FloatArray, mtu: int) -> MtuDecision:
    cost = float(problem.bids.price_eur_per_mwh[:, mtu] @ accepted)
    unmet = float(shortage(problem, accepted, mtu).sum())
    objective = float(priced(problem, cost, unmet, 0.0))
    return MtuDecision.without_prices(problem, mtu, accepted, objective, Rung.CONSERVATIVE)
