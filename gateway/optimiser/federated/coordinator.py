"""Cover a demand over grids whose models stay with their operators: prices out, proposals back.

Every member answers prices for one MW of each list with what it would deliver of its own bids: its own
optimum, within the limits of its own model. A master combines proposals (Dantzig-Wolfe decomposition): a
member delivers a mix w_j ≥ 0, Σ_j w_j = 1 of its proposals, and limits that hold for each hold for every mix.
The master's duals are the next prices. The profit of members at prices λ bounds the joint
optimum from below (Lagrangian relaxation of the balances),

    L(λ) = Σ_list λ_list demand_list + Σ_m min over answers of m (cost − λ · volume)

so every round proves how far the best mix is from it. Prices sent are drawn towards those of the best bound
(Wentges smoothing): the master's own ones jump between the few proposals it knows.

Sources: Dantzig and Wolfe, "Decomposition principle for linear programs", Operations Research 8 (1960);
Wentges, "Weighted Dantzig-Wolfe decomposition for linear mixed-integer programming", International
Transactions in Operational Research 4 (1997).

Unmet demand comes strictly before cost (see `order`): where the mix at prices leaves some, the same is done
for the least of it, members answering without their costs, and then again for the least cost at that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from scipy.sparse import csc_array, csr_array

from gateway.domain.gate import DemandRule
from gateway.domain.result import Rung
from gateway.optimiser.integer.integer import needs_integers
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray, InvalidProblemError
from gateway.optimiser.model.decision import MtuDecision, RowKeys, shortage
from gateway.optimiser.model.order import NOTHING, Aim, priced
from gateway.optimiser.model.price_order import merit_order
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.overload import TOLERANCE_MW
from gateway.optimiser.solver import highs

GAP = 1e-6
ROUNDS = 60  # for each aim
TOWARDS_BEST = 0.6  # how far prices are drawn to those of the best bound
_AIMS = (Aim.PRICED, Aim.UNMET, Aim.COST)


class PriceAnswerer(Protocol):
    """A grid operator that does not share its model."""

    def answer(self, mtus: IntArray, price_eur_per_mwh: FloatArray, cost_counts: BoolArray) -> FloatArray:
        """Accepted MW (b, M) of its own bids with the least cost − price · volume within its limits, at M
        MTUs.

        Args:
            mtus: (M,) which.
            price_eur_per_mwh: (L, M) for one MW of each list.
            cost_counts: (M,) False: as if its bids were for free.
        """
        ...

    def exceeded_mw(self, mtus: IntArray, accepted_mw: FloatArray) -> FloatArray:
        """(M,) MW beyond its worst limit when (b, M) of its bids is delivered: its check of the final mix."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One operator: its name, the bids (b,) it answers for, by index, and what answers prices for it."""

    name: str
    bids: IntArray
    answerer: PriceAnswerer


@dataclass(frozen=True, slots=True)
class Round:
    """How far it is: rounds of messages so far, MTUs still open, the largest proven relative gap."""

    number: int
    open_mtus: int
    gap: float


Report = Callable[[Round], None]


def cover_federated(
    problem: Problem,
    members: Sequence[Member],
    *,
    gap: float = GAP,
    budget_s: float = np.inf,
    report: Report = lambda _: None,
) -> list[MtuDecision]:
    """Decisions for every MTU, each with its proven gap; grids of the problem are not looked at.

    Ends when every MTU is within `gap`, after `ROUNDS` of messages for each aim or once `budget_s` seconds
    have passed between two rounds.

    Raises:
        InvalidProblemError: bids that cannot be divided, links, a demand that comes first, contracted
            capacity, a bid that not exactly one member answers for, or an answer that is none, with its
            member.
        SolverError: the master failed.
    """
    started = perf_counter()
    _refuse_what_no_mix_decides(problem)
    answered = np.bincount(
        np.concatenate([member.bids for member in members]), minlength=len(problem.bids.ids)
    )
    if (answered != 1).any():
        bid = int(np.argmax(answered != 1))
        raise InvalidProblemError(f"{answered[bid]} members answer for it", bid_id=problem.bids.ids[bid])
    masters = [_RestrictedMaster(problem, members, mtu) for mtu in range(problem.mtus)]
    left = np.arange(problem.mtus)
    for number in range(1, len(_AIMS) * ROUNDS + 1):
        prices = np.stack([masters[mtu].query_prices() for mtu in left.tolist()], axis=1)
        cost_counts = np.array([masters[mtu].aim is not Aim.UNMET for mtu in left.tolist()])
        proposals = [_proposal(problem, member, left, prices, cost_counts) for member in members]
        for column, mtu in enumerate(left.tolist()):
            masters[mtu].take(prices[:, column], [proposal[:, column] for proposal in proposals])
            masters[mtu].go_on(gap)
        left = np.array([mtu for mtu in left.tolist() if not masters[mtu].ended], dtype=np.int64)
        report(Round(number, left.size, max(master.gap for master in masters)))
        if not left.size or perf_counter() - started > budget_s:
            break
    accepted = np.stack([master.accepted_mw() for master in masters], axis=1)
    every = np.arange(problem.mtus)
    for member in members:
        if (member.answerer.exceeded_mw(every, accepted[member.bids]) > TOLERANCE_MW).any():
            raise InvalidProblemError("its own answers, mixed, exceed its limits", grid_id=member.name)
    return [master.decision(accepted[:, mtu]) for mtu, master in enumerate(masters)]


def _refuse_what_no_mix_decides(problem: Problem) -> None:
    if needs_integers(problem):
        raise InvalidProblemError(
            "federated mode needs divisible bids without links: a mix of two answers is neither"
        )
    if problem.rule is DemandRule.MEET_DEMAND:
        raise InvalidProblemError(
            "federated mode keeps limits: agreed overloads are not disclosed to a master"
        )
    if problem.bids.contracted.any():
        raise InvalidProblemError("federated mode goes by price: contracted capacity cannot come first")


def _proposal(
    problem: Problem, member: Member, mtus: IntArray, prices: FloatArray, cost_counts: BoolArray
) -> FloatArray:
    """A member's answer; InvalidProblemError if it is not within its own bids, or no answer at all."""
    accepted = member.answerer.answer(mtus, prices, cost_counts)
    most = problem.bids.available_mw[np.ix_(member.bids, mtus)]
    if accepted.shape != most.shape:
        raise InvalidProblemError(
            f"answers {accepted.shape} for {most.shape} bids and MTUs", grid_id=member.name
        )
    if not (
        np.isfinite(accepted).all() and (accepted >= 0).all() and (accepted <= most + TOLERANCE_MW).all()
    ):
        raise InvalidProblemError(
            "answers with more than its bids offer, or with what is no number", grid_id=member.name
        )
    return accepted


class _RestrictedMaster:
    """The mix of proposals of one MTU.

    Rows: one balance per list, one Σ w = 1 per member, and one that holds the unmet demand once it is least.
    Columns: shortage per list, then one per proposal.

    Attributes:
        aim: what is made least now. proven: whether the least of it is reached within the required gap.
        ended: whether no round is left.
    """

    def __init__(self, problem: Problem, members: Sequence[Member], mtu: int) -> None:
        self._problem, self._members, self._mtu = problem, members, mtu
        self._price = problem.bids.price_eur_per_mwh[:, mtu]
        self._demand = problem.lists.demand_mw[:, mtu]
        self._lists = self._demand.size
        self._proposals: list[tuple[int, FloatArray]] = []
        self.aim, self.proven, self.ended, self._rounds = Aim.PRICED, False, False, 0
        self._model = highs.new_model()
        rows, each = np.r_[self._demand, np.ones(len(members))], np.arange(self._lists)
        highs.add_rows(self._model, csr_array((rows.size, 0)), rows, rows)
        self._held_row, self._held = rows.size, highs.INFINITY
        highs.add_rows(self._model, csr_array((1, 0)), np.array([-highs.INFINITY]), np.array([self._held]))
        shortage_rows = np.stack([each, np.full(self._lists, self._held_row)], axis=1).ravel()
        start = 2 * np.arange(self._lists + 1)
        balances = csc_array(
            (np.ones(2 * self._lists), shortage_rows, start), shape=(self._held_row + 1, self._lists)
        )
        none = np.zeros(self._lists)
        cost, most = none + problem.shortage_eur_per_mw, none + highs.INFINITY
        highs.add_columns(self._model, cost, none, most, balances)
        for number, member in enumerate(members):
            self._add(number, np.zeros(member.bids.size))
        self._weights = np.zeros(0)
        self._bounds: dict[Aim, float] = {}
        self._bound, self._best_prices = -np.inf, self._first_prices()
        self._prices = self._best_prices
        self._objective = np.inf

    @property
    def gap(self) -> float:
        """Proven relative gap so far, of what is made least."""
        return max(0.0, self._objective - self._bound) / max(abs(self._objective), 1.0)

    def go_on(self, gap: float) -> None:
        """End, or make the next thing least, once this one is within `gap` or has had all its rounds."""
        self._rounds += 1
        self.proven = self.gap <= gap
        if not self.proven and self._rounds < ROUNDS:
            return
        self._bounds[self.aim] = self._bound
        unmet = float(highs.values(self._model)[0][: self._lists].sum())
        self.ended = not self.proven or self.aim is Aim.COST or (self.aim is Aim.PRICED and unmet <= NOTHING)
        if not self.ended:
            self._aim_at(_AIMS[_AIMS.index(self.aim) + 1], unmet)

    def _aim_at(self, aim: Aim, unmet: float) -> None:
        self.aim, self.proven, self._rounds = aim, False, 0
        if aim is Aim.COST:
            self._held = unmet + NOTHING
            bounds = np.array([-highs.INFINITY]), np.array([self._held])
            highs.set_row_bounds(self._model, np.array([self._held_row]), *bounds)
        each, none = np.arange(self._lists), np.zeros(self._lists)
        highs.set_costs(self._model, each, none + (1.0 if aim is Aim.UNMET else 0.0))
        costs = [self._column(number, accepted)[0] for number, accepted in self._proposals]
        highs.set_costs(self._model, self._lists + np.arange(len(costs)), np.array(costs))
        self._bound = -np.inf
        self._solve()
        self._best_prices = self._prices

    def query_prices(self) -> FloatArray:
        """(L,) EUR per MWh."""
        return TOWARDS_BEST * self._best_prices + (1 - TOWARDS_BEST) * self._prices

    def take(self, prices: FloatArray, proposals: Sequence[FloatArray]) -> None:
        """Proposals of all members for prices (L,): a bound, new columns, the next mix."""
        bound = float(prices @ self._demand)
        if self.aim is Aim.COST:  # unmet demand costs nothing in this aim, and is held
            bound -= self._held * max(float(prices.max(initial=0.0)), 0.0)
        for number, accepted in enumerate(proposals):
            cost, volume = self._column(number, accepted)
            bound += cost - float(prices @ volume)
            self._add(number, accepted)
        if bound > self._bound:
            self._bound, self._best_prices = bound, prices
        self._solve()

    def _solve(self) -> None:
        highs.solve(self._model)
        values, duals = highs.values(self._model)
        self._weights = values[self._lists :]
        most = {Aim.PRICED: self._problem.shortage_eur_per_mw, Aim.UNMET: 1.0}.get(self.aim, np.inf)
        self._prices = np.minimum(duals[: self._lists], most)
        self._objective = float(self._model.getInfo().objective_function_value)

    def accepted_mw(self) -> FloatArray:
        """(B,) the mix."""
        accepted = np.zeros(self._price.size)
        for weight, (number, proposal) in zip(self._weights.tolist(), self._proposals, strict=True):
            if weight > 0:
                accepted[self._members[number].bids] += weight * proposal
        return np.clip(accepted, 0.0, self._problem.bids.available_mw[:, self._mtu])

    def decision(self, accepted_mw: FloatArray) -> MtuDecision:
        """The mix as a decision, its objective recomputed; the limits' own prices stay with the members."""
        problem = self._problem
        unmet = float(shortage(problem, accepted_mw, self._mtu).sum())
        objective = float(priced(problem, float(self._price @ accepted_mw), unmet, 0.0))
        proven = self.ended and self.proven
        bound = self._bounds.get(Aim.PRICED, self._bound)
        if proven and self.aim is Aim.COST:
            bound = float(priced(problem, self._bound, self._bounds[Aim.UNMET], 0.0))
        return MtuDecision(
            mtu=self._mtu,
            accepted_mw=accepted_mw,
            list_price=self._best_prices,
            rows=RowKeys.join([]),
            shadow_price=np.zeros(0),
            objective_eur_per_h=objective,
            bound_eur_per_h=min(bound, objective),
            rung=Rung.OPTIMAL if proven else Rung.BEST_FOUND,
            explained=False,
        )

    def _first_prices(self) -> FloatArray:
        """The price of the dearest bid of the merit order, as if there were no grid."""
        _, marginal = merit_order(self._problem, [self._mtu])
        dearest = self._price.max(initial=0.0)
        prices = [self._price[bid] if bid >= 0 else dearest for bid in marginal[:, 0].tolist()]
        return np.array(prices, dtype=np.float64)

    def _column(self, number: int, accepted: FloatArray) -> tuple[float, FloatArray]:
        """Cost per hour, if it counts, and volume (L,) of a proposal."""
        bids = self._members[number].bids
        listed = self._problem.bids.list_index[bids]
        volume = np.bincount(listed, weights=accepted, minlength=self._lists).astype(np.float64)
        return float(self._price[bids] @ accepted) if self.aim is not Aim.UNMET else 0.0, volume

    def _add(self, number: int, accepted: FloatArray) -> None:
        cost, volume = self._column(number, accepted)
        rows, values = np.r_[np.arange(self._lists), self._lists + number], np.r_[volume, 1.0]
        shape = (self._held_row + 1, 1)
        entry = csc_array((values, (rows, np.zeros(rows.size, np.int64))), shape=shape)
        highs.add_columns(self._model, np.array([cost]), np.zeros(1), np.array([highs.INFINITY]), entry)
        self._proposals.append((number, accepted))
