"""The safe merit order: what may stay in lists of which any amount is activated in price order.

Available quantities q ≤ offered such that the worst activation (see `prefixes`) respects every row:
contracted capacity first, then by the problem's objective. That is the most volume, and between equal volumes
the cheaper; or the price order, MTU by MTU. Grids that share no bid are independent, so every group of
connected grids is a problem of its own, and so is every MTU of it unless what is activated directly reaches
into the next one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np

from gateway.domain.gate import ListObjective
from gateway.optimiser.model.checks import BoolArray, FloatArray
from gateway.optimiser.model.decision import RowKeys
from gateway.optimiser.model.links import tied_bids
from gateway.optimiser.model.problem import Problem, following_pairs
from gateway.optimiser.prefix.rows import ComponentRows
from gateway.optimiser.prefix.window import decide_window, first_lists
from gateway.optimiser.rows.components import Component
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import ComponentAnswer, SafeMeritOrder
from gateway.optimiser.safe.gather import Fallback, Gathered, grid_components
from gateway.optimiser.solver.parallel import parallel_stream

TOGETHER = 2_000  # quantities of MTUs that meet, decided as one
AT_ONCE = 500  # quantities of MTUs that do not meet, in one task
LARGE = 1_000_000  # rows × bids × MTUs, from which on first answers are wanted before those of the search
ROUNDS = 1, 6  # of the search, before further answers of large components
ALIKE = 24  # consecutive MTUs of a large component that first use the shares of one of them
PATIENCE_S = 20.0  # for more than the first answer, where bids may not be cut at will


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    number: int
    component: Component
    mtus: range
    seconds: float = 0.0
    rounds: int | None = None
    alike: bool = False
    large: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """Shared input of all tasks, and the rows of the last component in this process."""

    problem: Problem
    flows: tuple[GridFlows, ...]
    last: dict[int, ComponentRows] = field(default_factory=dict)
    skipped: dict[int, BoolArray] = field(default_factory=dict)

    def rows(self, task: _Task) -> ComponentRows:
        if task.number not in self.last:
            self.last.clear()
            self.last[task.number] = ComponentRows(self.problem, self.flows, task.component, self.skipped)
        return self.last[task.number]


def safe_merit_order(problem: Problem, processes: int = 1, patience_s: float = PATIENCE_S) -> SafeMeritOrder:
    """Available quantities of every bid at every MTU; the demands of the problem play no part.

    Honours the netting policy: `relief_share` 0 makes every subset of the list safe. Minimum quantities,
    indivisible bids, groups and links are honoured against what was offered; `patience_s` is spent per
    component and window to find more than the first list that does. More than one of `processes` forks: only
    for a process without threads of its own.

    Raises:
        SolverError: the solver failed; `deadline.lists` never raises it.
    """
    started = perf_counter()
    gathered = Gathered(problem, GridFlows.of(problem))
    for each in component_answers(problem, gathered.flows, processes, patience_s, at_once=False):
        gathered.add(each)
    answer = gathered.answer(Fallback.nothing(problem))
    return replace(answer, seconds=perf_counter() - started)


def component_answers(
    problem: Problem,
    flows: tuple[GridFlows, ...],
    processes: int = 1,
    patience_s: float = PATIENCE_S,
    *,
    at_once: bool = True,
) -> Iterator[ComponentAnswer]:
    """Yield answers of every component, as they are found; then, where more may be possible, better ones.

    `at_once`, before all others, first answers where a search is slow: for a deadline only.
    """
    shared, known = _Shared(problem, flows), dict[tuple[int, int], ComponentAnswer]()
    tasks = _all_tasks(problem, flows)
    tasks = [replace(task, large=_size(problem, task.component) > LARGE) for task in tasks]
    for each in _first(shared, tasks, processes) if at_once or _in_order(problem) else ():
        yield each
        known |= {(each.component, mtu): each for mtu in each.mtus}
    settled = {key for key, each in known.items() if each.proven}
    tasks = [task for task in tasks if not settled.issuperset((task.number, mtu) for mtu in task.mtus)]
    few = len(tasks) <= processes  # then no task waits for more than first answers of others
    tasks = [replace(task, seconds=patience_s * few) for task in tasks]
    for each in parallel_stream(_solve, shared, tasks, processes):
        yield each
        known |= {(each.component, mtu): each for mtu in each.mtus}
    if patience_s and not few and not _in_order(problem):
        components = grid_components(problem, flows)
        unproven = {id(each): each for each in known.values() if not each.proven}
        again = [
            _Task(each.component, components[each.component], each.mtus, patience_s)
            for each in unproven.values()
        ]
        yield from parallel_stream(_solve, shared, again, processes)


def _first(shared: _Shared, tasks: Sequence[_Task], processes: int) -> Iterator[ComponentAnswer]:
    """First answers, where a search is slow; in price order they are the best where nothing is tied."""
    problem = shared.problem
    cells = sum(_size(problem, task.component) * len(task.mtus) for task in tasks)
    if _in_order(problem) or cells > LARGE:
        yield from parallel_stream(_sweep, shared, [replace(task, rounds=0) for task in tasks], processes)
    if _in_order(problem):
        return
    large = [each for each in tasks if each.large and not _meet(problem, each.component)]
    blocks = [one for one in _blocks(large) if len(one.mtus) > processes]
    yield from parallel_stream(_sweep, shared, blocks, processes)
    for rounds in ROUNDS if len(large) > processes else ():  # few are reported meanwhile
        again = [replace(task, rounds=rounds) for task in large]
        yield from parallel_stream(_sweep, shared, again, processes)


def _blocks(tasks: Sequence[_Task]) -> list[_Task]:
    """Consecutive MTUs of each component, to be swept by the shares of one of them."""
    by_component: dict[int, _Task] = {}
    for task in tasks:
        known = by_component.setdefault(task.number, task)
        by_component[task.number] = replace(known, mtus=range(known.mtus.start, task.mtus.stop))
    return [
        replace(task, mtus=task.mtus[first : first + ALIKE], rounds=ROUNDS[-1], alike=True)
        for task in by_component.values()
        for first in range(0, len(task.mtus), ALIKE)
    ]


def _in_order(problem: Problem) -> bool:
    return problem.objective is ListObjective.PRICE_ORDER


def _all_tasks(problem: Problem, flows: tuple[GridFlows, ...]) -> list[_Task]:
    numbered = enumerate(grid_components(problem, flows))
    return [task for number, component in numbered for task in _tasks(problem, number, component)]


def _size(problem: Problem, component: Component) -> int:
    """Rough effort of a search in one MTU: rows × bids."""
    rows = sum(int(problem.grids[grid].ptdf[:, :, 0].size) for grid in component.grids.tolist())
    return rows * int(component.bids.size)


def _sweep(shared: _Shared, task: _Task) -> Iterator[ComponentAnswer]:
    """First answers, before a slow search."""
    rows, no_rows, none = shared.rows(task), RowKeys.join([]), np.zeros(0)
    available, bound = first_lists(rows, task.mtus, task.rounds or 0, alike=task.alike)
    problem, bids = shared.problem, task.component.bids
    tied = bool(tied_bids(problem.links) & set(bids.tolist())) or bool(problem.bids.contracted[bids].any())
    proven = _in_order(problem) and not tied
    bound = available.sum(axis=0) if proven else bound
    found = ComponentAnswer(
        task.number, task.mtus.start, available, no_rows, none.astype(np.int64), none, bound, proven
    )
    yield from [found] if rows.coupled else found.apart()


def _tasks(problem: Problem, number: int, component: Component) -> Iterator[_Task]:
    if _meet(problem, component):
        yield _Task(number, component, range(problem.mtus))
        return
    size = max(1, AT_ONCE // component.bids.size)
    for first in range(0, problem.mtus, size):
        yield _Task(number, component, range(first, min(first + size, problem.mtus)))


def _meet(problem: Problem, component: Component) -> bool:
    """Whether MTUs of a component must be decided in their order."""
    if problem.mtus == 1:
        return False
    tied = {*problem.links.blocks, *(bid for pair in following_pairs(problem) for bid, _ in pair)}
    return bool(problem.bids.direct[component.bids].any()) or not tied.isdisjoint(component.bids.tolist())


def _solve(shared: _Shared, task: _Task) -> Iterator[ComponentAnswer]:
    """Ever better answers; where MTUs meet, the last of each window make one."""
    rows, meet = shared.rows(task), _meet(shared.problem, task.component)
    size = max(1, TOGETHER // task.component.bids.size) if meet else 1
    before: FloatArray | None = None
    found = []
    for first in range(task.mtus.start, task.mtus.stop, size):
        mtus = range(first, min(first + size, task.mtus.stop))
        for answer in decide_window(rows, mtus, before, task.seconds, large=task.large):
            volume = answer.available.sum(axis=0)
            bound, proven = volume + (answer.bound_mw - volume.sum()) / len(mtus), answer.proven
            if meet and len(mtus) < len(
                task.mtus
            ):  # the proof of a window holds only for the quantities before it
                bound, proven = rows.offered[:, mtus.start : mtus.stop].sum(axis=0), False
            keys = rows.keys[answer.rows]
            part_answer = ComponentAnswer(
                task.number, first, answer.available, keys, answer.mtu, answer.price, bound, proven
            )
            if not meet:
                yield part_answer
        before = answer.available[:, -1] if meet else None
        found.append(part_answer)
    if meet:
        yield _chained(found)


def _chained(components: list[ComponentAnswer]) -> ComponentAnswer:
    """Consecutive windows as one."""
    return ComponentAnswer(
        component=components[0].component,
        first=components[0].first,
        available_mw=np.concatenate([each.available_mw for each in components], axis=1),
        rows=RowKeys.join([each.rows for each in components]),
        mtu=np.concatenate([each.mtu for each in components]),
        price=np.concatenate([each.price for each in components]),
        bound_mw=np.concatenate([each.bound_mw for each in components]),
        proven=all(each.proven for each in components),
    )
