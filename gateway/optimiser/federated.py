"""Cover a demand over grids whose models stay with their operators: prices out, proposals back.

Every member answers prices for one MW up and one down with what it would deliver of its own bids: its own
optimum, free of congestion by its own model. A master combines proposals (Dantzig-Wolfe decomposition): a
member delivers a mix w_j ≥ 0, Σ_j w_j = 1 of its proposals, and limits that hold for each hold for every mix.
The master's duals are the next prices. What members earn at prices λ beyond their costs bounds the joint
optimum from below (Lagrangian relaxation of the two balances),

    L(λ) = Σ_dir λ_dir demand_dir + min(λ_dir, 0) surplus + Σ_m min over answers of m (cost − λ · volume)

so every round proves how far the best mix is from it. Prices asked are drawn towards those of the best bound
(Wentges smoothing): the master's own ones jump between the few proposals it knows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from scipy.sparse import csc_array, csr_array

from gateway.domain.result import Rung
from gateway.optimiser import highs
from gateway.optimiser.checks import FloatArray, IntArray, ProblemError
from gateway.optimiser.decision import Decision, RowKeys, shortage
from gateway.optimiser.integer import needs_integers
from gateway.optimiser.price_order import merit_order
from gateway.optimiser.problem import Problem
from gateway.optimiser.verify import TOLERANCE_MW

GAP = 1e-6
ROUNDS = 60
TOWARDS_BEST = 0.6  # how far prices are drawn to those of the best bound
UP, DOWN = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A member's best answer to prices at M MTUs.

    Attributes:
        accepted_mw: (b, M) of its bids.
        penalty_eur_per_h: (M,) what overloads it cannot avoid cost, 0 where there are none.
    """

    accepted_mw: FloatArray
    penalty_eur_per_h: FloatArray


class PriceAnswerer(Protocol):
    """A grid operator that keeps its model to itself."""

    def answer(self, mtus: IntArray, price_eur_per_mwh: FloatArray) -> Proposal:
        """The least of cost + penalty − price · volume over its own bids, at M MTUs.

        Args:
            mtus: (M,) which.
            price_eur_per_mwh: (2, M) for one MW up and one MW down.
        """
        ...

    def penalty(self, mtus: IntArray, accepted_mw: FloatArray) -> FloatArray:
        """(M,) what overloads cost when (b, M) of its bids is delivered: its own check of the final mix."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One operator: its name, the bids (b,) it answers for, by index, and how to ask it."""

    name: str
    bids: IntArray
    answerer: PriceAnswerer


@dataclass(frozen=True, slots=True)
class Round:
    """How far it is: rounds of messages so far, MTUs still open, the largest proven relative gap."""

    number: int
    open_mtus: int
    gap: float


Tell = Callable[[Round], None]


def cover_federated(
    problem: Problem,
    members: Sequence[Member],
    *,
    gap: float = GAP,
    budget_s: float = np.inf,
    tell: Tell = lambda _: None,
) -> list[Decision]:
    """Decisions for every MTU, each with its proven gap; grids of the problem are not looked at.

    Ends when every MTU is within `gap`, after `ROUNDS` of messages or once `budget_s` seconds have passed
    between two rounds.

    Raises:
        ProblemError: bids that cannot be divided, links, a bid that not exactly one member answers for, or an
            answer that is none, with its member.
        SolverError: the master failed.
    """
    started = perf_counter()
    if needs_integers(problem):
        raise ProblemError(
            "federated mode needs divisible bids without links: a mix of two answers is neither"
        )
    answered = np.bincount(
        np.concatenate([member.bids for member in members]), minlength=len(problem.bids.ids)
    )
    if (answered != 1).any():
        bid = int(np.argmax(answered != 1))
        raise ProblemError(f"{answered[bid]} members answer for it", bid_id=problem.bids.ids[bid])
    masters = [_Master(problem, members, mtu) for mtu in range(problem.mtus)]
    left = np.arange(problem.mtus)
    for number in range(1, ROUNDS + 1):
        prices = np.stack([masters[mtu].prices_to_ask() for mtu in left.tolist()], axis=1)
        proposals = [_ask(problem, member, left, prices) for member in members]
        for column, mtu in enumerate(left.tolist()):
            masters[mtu].take(prices[:, column], [_at(proposal, column) for proposal in proposals])
        left = np.array([mtu for mtu in left.tolist() if masters[mtu].gap > gap], dtype=np.int64)
        tell(Round(number, left.size, max(master.gap for master in masters)))
        if not left.size or perf_counter() - started > budget_s:
            break
    accepted = np.stack([master.accepted_mw() for master in masters], axis=1)
    every = np.arange(problem.mtus)
    penalty = sum(
        (member.answerer.penalty(every, accepted[member.bids]) for member in members), np.zeros(every.size)
    )
    return [master.decision(accepted[:, mtu], float(penalty[mtu]), gap) for mtu, master in enumerate(masters)]


def _ask(problem: Problem, member: Member, mtus: IntArray, prices: FloatArray) -> Proposal:
    """A member's answer; ProblemError if it is not within its own bids, or no answer at all."""
    proposal = member.answerer.answer(mtus, prices)
    accepted, penalty = proposal.accepted_mw, proposal.penalty_eur_per_h
    most = problem.bids.available_mw[np.ix_(member.bids, mtus)]
    if accepted.shape != most.shape or penalty.shape != mtus.shape:
        raise ProblemError(f"answers {accepted.shape} for {most.shape} bids and MTUs", grid_id=member.name)
    numbers = np.isfinite(accepted).all() and np.isfinite(penalty).all()
    within = numbers and (accepted >= 0).all() and (accepted <= most + TOLERANCE_MW).all()
    if not within or (penalty < 0).any():
        raise ProblemError(
            "answers with more than its bids offer, or with what is no number", grid_id=member.name
        )
    return proposal


def _at(proposal: Proposal, column: int) -> tuple[FloatArray, float]:
    return proposal.accepted_mw[:, column], float(proposal.penalty_eur_per_h[column])


class _Master:
    """The mix of proposals of one MTU: rows are two balances and one Σ w = 1 per member."""

    def __init__(self, problem: Problem, members: Sequence[Member], mtu: int) -> None:
        self._problem, self._members, self._mtu = problem, members, mtu
        self._price = problem.bids.price_eur_per_mwh[:, mtu]
        self._up = problem.bids.direction > 0
        self._demand = np.array([problem.demand_up_mw[mtu], problem.demand_down_mw[mtu]])
        self._proposals: list[tuple[int, FloatArray]] = []
        self._model = highs.new_model()
        short, rows = problem.shortage_eur_per_mw, np.r_[self._demand, np.ones(len(members))]
        none = csr_array((rows.size, 0))
        highs.add_rows(self._model, none, rows, rows)
        balances = csc_array(
            (np.array([1.0, 1.0, -1.0, -1.0]), ([0, 1, 0, 1], range(4))), shape=(rows.size, 4)
        )
        most = np.r_[np.full(2, highs.INFINITY), np.full(2, problem.surplus_mw)]
        highs.add_columns(self._model, np.array([short, short, 0.0, 0.0]), np.zeros(4), most, balances)
        for number, member in enumerate(members):
            self._add(number, np.zeros(member.bids.size), 0.0)
        self._weights = np.zeros(0)
        self._bound, self._best_prices = -np.inf, self._first_prices()
        self._prices = self._best_prices
        self._objective = np.inf

    @property
    def gap(self) -> float:
        """Proven relative gap so far."""
        return max(0.0, self._objective - self._bound) / max(abs(self._objective), 1.0)

    def prices_to_ask(self) -> FloatArray:
        """(2,) EUR per MWh."""
        return TOWARDS_BEST * self._best_prices + (1 - TOWARDS_BEST) * self._prices

    def take(self, prices: FloatArray, proposals: Sequence[tuple[FloatArray, float]]) -> None:
        """Proposals of all members for prices (2,): a bound, new columns, the next mix."""
        bound = float(prices @ self._demand + np.minimum(prices, 0.0).sum() * self._problem.surplus_mw)
        for number, (accepted, penalty) in enumerate(proposals):
            cost, volume = self._column(number, accepted, penalty)
            bound += cost - float(prices @ volume)
            self._add(number, accepted, penalty)
        if bound > self._bound:
            self._bound, self._best_prices = bound, prices
        highs.solve(self._model)
        values, duals = highs.values(self._model)
        self._weights, self._prices = values[4:], np.minimum(duals[:2], self._problem.shortage_eur_per_mw)
        self._objective = float(self._model.getInfo().objective_function_value)

    def accepted_mw(self) -> FloatArray:
        """(B,) the mix."""
        accepted = np.zeros(self._price.size)
        for weight, (number, proposal) in zip(self._weights.tolist(), self._proposals, strict=True):
            if weight > 0:
                accepted[self._members[number].bids] += weight * proposal
        return np.clip(accepted, 0.0, self._problem.bids.available_mw[:, self._mtu])

    def decision(self, accepted_mw: FloatArray, penalty_eur_per_h: float, gap: float) -> Decision:
        """The mix as a decision, its objective recomputed; the limits' own prices stay with the members."""
        problem = self._problem
        missing = sum(shortage(problem, accepted_mw, self._mtu)) * problem.shortage_eur_per_mw
        objective = float(self._price @ accepted_mw) + missing + penalty_eur_per_h
        proven = objective - self._bound <= gap * max(abs(objective), 1.0)
        return Decision(
            mtu=self._mtu,
            accepted_mw=accepted_mw,
            price_up=float(self._best_prices[UP]),
            price_down=float(self._best_prices[DOWN]),
            rows=RowKeys.join([]),
            shadow_price=np.zeros(0),
            objective_eur_per_h=objective,
            bound_eur_per_h=min(self._bound, objective),
            rung=Rung.OPTIMAL if proven else Rung.BEST_FOUND,
            explained=False,
        )

    def _first_prices(self) -> FloatArray:
        """What the dearest bid of the merit order asks, as if there were no grid."""
        _, marginal = merit_order(self._problem)
        dearest = [
            self._price[bid] if bid >= 0 else self._price.max(initial=0.0) for bid in marginal[:, self._mtu]
        ]
        return np.array(dearest, dtype=np.float64)

    def _column(self, number: int, accepted: FloatArray, penalty: float) -> tuple[float, FloatArray]:
        """Cost per hour and volume (2,) of a proposal."""
        bids = self._members[number].bids
        up = self._up[bids]
        return float(self._price[bids] @ accepted) + penalty, np.array(
            [accepted[up].sum(), accepted[~up].sum()]
        )

    def _add(self, number: int, accepted: FloatArray, penalty: float) -> None:
        cost, volume = self._column(number, accepted, penalty)
        rows, values = np.array([UP, DOWN, 2 + number]), np.r_[volume, 1.0]
        entry = csc_array((values, (rows, np.zeros(3, np.int64))), shape=(2 + len(self._members), 1))
        highs.add_columns(self._model, np.array([cost]), np.zeros(1), np.array([highs.INFINITY]), entry)
        self._proposals.append((number, accepted))
