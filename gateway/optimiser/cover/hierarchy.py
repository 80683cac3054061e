"""Grids one level after the other, as operators do without a joint check, compared with all jointly.

Each level decides with its own grids only, from what the levels before left available. The result is
judged on all grids: a level does not see what it does to the others, so limits may break and cheaper
combinations are missed. The joint answer is the measure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.domain.result import Rung
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.check.assemble import judge
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.checks import InvalidProblemError
from gateway.optimiser.model.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Runs of the same problem.

    Attributes:
        levels: what each level answered by itself, first level first.
        in_sequence: the last level's decisions judged on all grids; its overloads are what the joint
            check would have prevented.
        joint: all grids together.
    """

    levels: tuple[Answer, ...]
    in_sequence: Answer
    joint: Answer


def compare_levels(problem: Problem, levels: Sequence[Sequence[str]]) -> Comparison:
    """Decide level by level (grid ids, e.g. the local grids, then the upper one), and jointly.

    Raises:
        InvalidProblemError: a level names an unknown grid, or a grid is in no level or in two.
        SolverError: the solver failed.
    """
    by_id = {grid.grid_id: grid for grid in problem.grids}
    named = [name for level in levels for name in level]
    for name in named:
        if name not in by_id:
            raise InvalidProblemError("a level names an unknown grid", grid_id=name)
    if sorted(named) != sorted(by_id):
        raise InvalidProblemError("every grid must be in exactly one level")
    answers: list[Answer] = []
    stage = problem
    for level in levels:
        stage = replace(stage, grids=tuple(by_id[name] for name in level))
        answers.append(cover_demand(stage))
        stage = replace(stage, bids=replace(stage.bids, cap_mw=answers[-1].available_mw))
    return Comparison(
        tuple(answers), judge(problem, answers[-1].accepted_mw, Rung.BEST_FOUND), cover_demand(problem)
    )
