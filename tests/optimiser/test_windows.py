"""Days whose links tie MTU to MTU, decided window by window: feasible, with a bound that is one."""

from dataclasses import replace

import numpy as np
import pytest

from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.integer import windows
from gateway.optimiser.model.links import Condition, ConditionalLink, Links, TechnicalRule
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.reference import solve_reference
from tests.optimiser.cases import random_problem

MTUS = 6
MAY_NOT_FOLLOW = TechnicalRule.MAY_NOT_FOLLOW


def linked_day(seed: int) -> Problem:
    """Three bids rest after every activation; two depend on what a fourth did an MTU or more before."""
    chains = tuple(tuple((bid, mtu) for mtu in range(MTUS)) for bid in range(3))
    conditional = tuple(
        ConditionalLink(4 + mtu % 2, mtu, (Condition(3, mtu - 1 - mtu // 4, mtu % 3 == 0),))
        for mtu in range(1, MTUS)
    )
    return replace(
        random_problem(seed, mtus=MTUS),
        links=Links(technical=chains, conditional=conditional, technical_rule=MAY_NOT_FOLLOW),
    )


def test_windows_cut_a_day_unless_it_is_small_or_has_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = linked_day(0)
    assert windows.windows_of(problem, range(MTUS)) == [(0, MTUS)]
    monkeypatch.setattr(windows, "SWITCHES", 1)
    assert windows.windows_of(problem, range(MTUS)) == [(0, 2), (2, 4), (4, 6)]
    assert windows.windows_of(problem, range(1, MTUS)) == [(0, 2), (2, 4), (4, 5)]
    blocks = replace(problem, links=Links(blocks=(0,)))
    assert windows.windows_of(blocks, range(MTUS)) == [(0, MTUS)]


def test_windows_keep_every_link_and_bound_the_optimum_from_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "SWITCHES", 1)
    gaps = []
    for seed in range(20):
        problem = linked_day(seed)
        answer, reference = cover_demand(problem), solve_reference(problem)
        assert answer.verification.holds, (seed, answer.verification)
        slack = 1e-6 * abs(reference.objective_eur) + 1e-6
        assert answer.bound_eur.sum() <= reference.objective_eur + slack, seed
        assert answer.objective_eur.sum() >= reference.objective_eur - slack, seed
        gaps.append(answer.gap)
    assert min(gaps) < 0.01
    assert np.median(gaps) > 0  # the cuts do cost something: the bounds are not the answers themselves


def test_the_number_of_processes_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "SWITCHES", 1)
    alone, spread = (cover_demand(linked_day(1), processes=processes) for processes in (1, 2))
    assert alone.accepted_mw.tobytes() == spread.accepted_mw.tobytes()
    assert alone.bound_eur.tobytes() == spread.bound_eur.tobytes()
