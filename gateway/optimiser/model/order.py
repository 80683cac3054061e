"""Lexicographic order of aims: unmet demand, then overload, then contracted capacity, then cost.

No aim is traded for another. A weighted sum would trade: penalties high enough to prevent it for any bids and
sensitivities exceed what a solver's tolerances can resolve. Methods first look for the least cost with unmet
demand and overload at prices beyond any bid's: where that leaves neither, and no contracted capacity is
offered, it is the answer. Where it does not, each aim is minimised in turn, and its value is held by a row
while the next one is (preemptive goal programming).
"""

from enum import Enum, auto

import numpy as np

from gateway.domain.gate import DemandRule
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem

NOTHING = 1e-6
"""Unmet MW or overload that is solver round-off."""

HELD_SLACK, MOST_SLACK = 1e-9, 1e-6
"""Slack of held aims, so that round-off excludes no feasible point: at first, and where that is not
enough."""

ATTEMPTS = 6
"""At the order of aims: rows found during the search can require a little more than held before."""


class Aim(Enum):
    """The aim that a method minimises."""

    PRICED = auto()
    """Cost, with unmet demand and overload at the prices of the problem."""
    UNMET = auto()
    OVERLOAD = auto()
    CONTRACTED = auto()
    """Contracted capacity not taken."""
    COST = auto()


def aims_left(problem: Problem, mtus: IntArray, unmet: float, overload: float) -> tuple[Aim, ...]:
    """Aims still to be minimised, in order, after `PRICED` left this much at `mtus`; none if right."""
    contracted = bool((problem.bids.available_mw[problem.bids.contracted][:, mtus] > 0).any())
    exceeded = problem.rule is DemandRule.MEET_DEMAND
    if unmet <= NOTHING and overload <= NOTHING and not contracted:
        return ()
    aims = (Aim.UNMET, Aim.OVERLOAD, Aim.CONTRACTED, Aim.COST)
    wanted = (True, exceeded, contracted, True)
    return tuple(aim for aim, want in zip(aims, wanted, strict=True) if want)


def slack_of(attempt: int) -> float:
    """Slack of what is held at one of the `ATTEMPTS`, from 0: ten times that of the one before."""
    return min(HELD_SLACK * 10.0**attempt, MOST_SLACK)


def priced(
    problem: Problem, cost: FloatArray | float, unmet: FloatArray | float, overload: FloatArray | float
) -> FloatArray:
    """Cost per hour with unmet MW and overload at the prices of the problem."""
    return np.asarray(cost + problem.shortage_eur_per_mw * unmet + problem.overload_eur_per_mw * overload)


WITHIN = (1e-4, 1e-4, 1e-4)
"""Unmet MW, overload and contracted MW by less than which no answer is better than another."""

CENT, RELATIVE = 0.01, 1e-6
"""EUR per hour, and part of a cost, by which the objective of an optimum may be off."""

AimValues = tuple[float, float, float, float]
"""Values of the aims of an answer, in order: unmet MW, overload, contracted MW not taken, EUR per hour."""


def is_better(one: AimValues, other: AimValues) -> bool:
    """Whether one answer is better than another, by more than round-off."""
    for mine, theirs, trifle in zip(one, other, (*WITHIN, CENT + RELATIVE * abs(other[-1])), strict=True):
        if abs(mine - theirs) > trifle:
            return mine < theirs
    return False
