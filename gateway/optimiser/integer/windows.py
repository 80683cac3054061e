"""Days whose links tie MTU to MTU, cut into windows that are decided one after the other.

A window without its links to other windows is a relaxation, so the bounds of all windows add up to one of the
day. Decided in order of time, each held to what the windows before it activated, they make a feasible day.
Most links reach from one MTU to the next, so what the cuts cost is little, and it is in the proven gap.
"""

from collections.abc import Sequence

from gateway.optimiser.model.links import TechnicalRule
from gateway.optimiser.model.problem import Problem, least_mw

SWITCHES = 100  # decided in one model; more are cut into windows
SHORTEST = 2  # MTUs; one alone holds no link


def windows_of(problem: Problem, mtus: Sequence[int]) -> list[tuple[int, int]]:
    """Where each window of ascending `mtus` begins and ends; one window if the links do not allow a cut."""
    switches = int((least_mw(problem)[:, list(mtus)] > 0).sum())
    across_mtus = problem.links.blocks or problem.links.technical_rule is TechnicalRule.MUST_FOLLOW
    if across_mtus or switches <= SWITCHES:
        return [(0, len(mtus))]
    length = max(SHORTEST, SWITCHES * len(mtus) // switches)
    return [(first, min(first + length, len(mtus))) for first in range(0, len(mtus), length)]
