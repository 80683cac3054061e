"""Prices out, proposals back: the joint optimum, without the models, with a gap that holds."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.result import Rung
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.federated.coordinator import Member, Round, cover_federated
from gateway.optimiser.federated.member import cover_by_members, members_of
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray, InvalidProblemError
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.problem import Problem
from tests.optimiser.cases import random_problem, two_bids_behind_one_line


def apart(seed: int, grids: int = 4, **others: Any) -> Problem:
    """Grids that share no bid, and two bids that hang on none."""
    problem = random_problem(seed, bid_count=4 * grids + 2, grid_count=grids, mtus=2)
    count = len(problem.bids.ids)
    owner = np.random.default_rng(seed).permutation(count) % grids
    owner[-2:] = -1
    own = []
    for number, grid in enumerate(problem.grids):
        hung = grid.injections
        mine = owner[hung.bid] == number
        hung = replace(hung, bid=hung.bid[mine], node=hung.node[mine], factor=hung.factor[mine])
        own.append(replace(grid, injections=hung))
    return replace(problem, grids=tuple(own), **others)


@given(st.integers(0, 10_000), st.sampled_from([1.0, 0.3]), st.sampled_from([0.0, 0.5]))
@settings(max_examples=25, deadline=None)
def test_members_reach_the_joint_optimum(seed: int, share: float, surplus: float) -> None:
    problem = apart(seed, relief_share=share, surplus_mw=surplus)
    joint, federated = cover_demand(problem), cover_by_members(problem)
    assert federated.verification.holds
    assert federated.worst_rung is Rung.OPTIMAL
    assert federated.outcome == joint.outcome
    unmet = joint.shortage_mw.sum(axis=0)
    assert federated.shortage_mw.sum(axis=0) == pytest.approx(unmet, abs=1e-4)
    dearest = float(np.abs(problem.bids.price_eur_per_mwh).max(initial=1.0))
    off = 2e-6 * np.maximum(np.abs(joint.cost_eur), 1.0) + 1e-4 * dearest * (unmet > 1e-6)
    assert (np.abs(federated.cost_eur - joint.cost_eur) <= off).all()
    assert (federated.bound_eur <= federated.objective_eur + 1e-9).all()


@dataclass
class Asked:
    """A member that remembers what it was answerers; what it answers may be changed on the way."""

    member: Member
    prices: list[FloatArray]
    change: Any = None

    def answer(self, mtus: IntArray, price_eur_per_mwh: FloatArray, cost_counts: BoolArray) -> FloatArray:
        self.prices.append(price_eur_per_mwh)
        proposal = self.member.answerer.answer(mtus, price_eur_per_mwh, cost_counts)
        return self.change(proposal) if self.change else proposal

    def exceeded_mw(self, mtus: IntArray, accepted_mw: FloatArray) -> FloatArray:
        return self.member.answerer.exceeded_mw(mtus, accepted_mw)


def test_two_prices_per_market_time_unit_are_all_a_member_learns() -> None:
    problem = apart(3)
    answerers = [Asked(member, []) for member in members_of(problem)]
    members = [replace(one.member, answerer=one) for one in answerers]
    rounds: list[Round] = []
    decisions = cover_federated(replace(problem, grids=()), members, report=rounds.append)
    assert [decision.rung for decision in decisions] == [Rung.OPTIMAL] * 2
    assert {len(one.prices) for one in answerers} == {rounds[-1].number}
    assert all(prices.shape[0] == 2 and prices.shape[1] <= 2 for one in answerers for prices in one.prices)
    assert rounds[-1].open_mtus == 0
    assert [one.gap for one in rounds] == sorted((one.gap for one in rounds), reverse=True)


@pytest.mark.parametrize("seed", range(8))
def test_stopped_early_the_gap_still_holds(seed: int) -> None:
    problem = apart(seed)
    least = cover_demand(problem).objective_eur
    early = cover_by_members(problem, budget_s=0.0)
    assert early.verification.holds
    slack = 1e-6 * np.maximum(np.abs(least), 1.0)
    assert (early.bound_eur <= least + slack).all()
    assert (early.objective_eur >= least - slack).all()


def test_a_bid_on_grids_of_two_members_has_one_that_answers_for_both() -> None:
    problem = random_problem(5, grid_count=3)
    names = [member.name for member in members_of(problem)]
    assert sorted(name for joined in names for name in joined.split(", ") if name != "no grid") == [
        "G0",
        "G1",
        "G2",
    ]
    assert cover_by_members(problem).objective_eur == pytest.approx(
        cover_demand(problem).objective_eur, rel=1e-5
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda accepted: accepted + 100, "more than its bids offer"),
        (lambda accepted: accepted * np.nan, "no number"),
        (lambda accepted: accepted - 1, "no number"),
        (lambda accepted: accepted[:, :0], "answers"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_its_member(change: Any, says: str) -> None:
    problem = apart(3)
    first, *others = members_of(problem)
    liar = replace(first, answerer=Asked(first, [], change))
    with pytest.raises(InvalidProblemError, match=f"grid 'G0': .*{says}"):
        cover_federated(problem, [liar, *others])


def test_what_cannot_be_mixed_and_what_no_member_answers_for_is_refused() -> None:
    problem = two_bids_behind_one_line()
    members = members_of(problem)
    with pytest.raises(InvalidProblemError, match="divisible bids without links"):
        cover_federated(replace(problem, links=Links(exclusive=((0, 1),))), members)
    with pytest.raises(InvalidProblemError, match="bid 'b1': 0 members answer for it"):
        cover_federated(problem, [replace(members[0], bids=np.array([0]))])
    with pytest.raises(InvalidProblemError, match="bid 'b0': 2 members"):
        cover_federated(problem, [*members, *members])


def test_what_members_take_away_is_not_passed_on_as_available() -> None:
    answer = cover_by_members(two_bids_behind_one_line())
    assert answer.accepted_mw[:, 0] == pytest.approx([4, 6])
    assert answer.available_mw[:, 0] == pytest.approx([4, 6])
    assert "own grid only" in answer.notes[0]
