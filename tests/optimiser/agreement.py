"""Whether an answer is that of the full model written in Pyomo, one figure after the other."""

import pytest

from gateway.domain.result import Rung
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.reference import solve_reference


def agree(problem: Problem, answer: Answer, where: object, *, optimal: bool = True) -> None:
    """Unmet demand, overload, contracted capacity and cost are equal, and nothing is exceeded unagreed."""
    reference, hours = solve_reference(problem), problem.mtu_hours
    assert answer.verification.holds, (where, answer.verification)
    assert answer.worst_rung is Rung.OPTIMAL or not optimal, where
    assert answer.shortage_mw.sum() == pytest.approx(reference.unmet_mw, abs=2e-5), where
    assert answer.overload.sum() == pytest.approx(reference.overload, abs=2e-5), where
    contracted = float(answer.accepted_mw[problem.bids.contracted].sum())
    assert contracted == pytest.approx(reference.contracted_mw, abs=2e-5), where
    steepest = 1.0 + float(abs(problem.bids.price_eur_per_mwh).max(initial=0.0))
    close = 1e-6 * abs(reference.cost_eur) + 1e-4 * steepest * hours
    assert answer.cost_eur.sum() == pytest.approx(reference.cost_eur, abs=close), where
