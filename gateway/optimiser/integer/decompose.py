"""Many grids with indivisible bids: prices split the common demand, a few grids join it again.

A joint mixed-integer programme over a hundred grids is out of reach, but only the balances of the lists tie
the grids together. At prices λ for one MW of each list every component solves its own small programme

    L_p(λ) = min Σ_b (price_b − λ_list(b)) q_b within its limits,      L(λ) = λ · demand + Σ_p L_p(λ)

and L(λ) is a lower bound of the joint optimum at any λ (Lagrangian relaxation of the balances). With many
components and few balances it is a close one: the duality gap is at most that of as many components as there
are balances, plus one, however many components there are (Shapley-Folkman; Aubin and Ekeland, "Estimates
of the duality gap in nonconvex optimization", Mathematics of Operations Research 1, 1976).
The prices come from the divisible optimum, for a demand raised by the loss through integrality in
a sample of components. Offers of the components then miss the demand by little; a few of them, the swing, are
solved again together, exactly for what the others leave open. The answer is feasible, its gap proven.
Demand that stays unmet costs far more than any bid: at that price the components are solved again, and offer
all they can, so that the bound states what could be met at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gateway.optimiser.check.quantity_steps import STEP_MW
from gateway.optimiser.check.verify import objectives
from gateway.optimiser.integer.lazy_mixed import EXACT_MW, LazyMixed
from gateway.optimiser.integer.mixed import Incumbent
from gateway.optimiser.linear.linear import Linear
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.decision import MtuDecision, shortage
from gateway.optimiser.model.problem import Problem, least_mw
from gateway.optimiser.rows.components import Component, component_problem, independent_components, join
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.solver.parallel import parallel_map

WORTH_IT = 8  # components; with fewer the joint programme is quicker
FEW_SWITCHES = 100  # of one MTU; up to so many the joint programme is as quick, and proves more
SAMPLE = 8  # components whose integral supply is looked at before prices are set
SWING, MOST_SWING = 800, 3_200  # bids that settle the balance: at first, and if they cannot, at most
SHARE_OF_GAP = 0.3  # of the wanted gap, spent within each component
Prices = FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """A joint answer for one MTU: accepted MW (B,), objective and proven bound per hour, prices."""

    accepted_mw: FloatArray
    objective: float
    bound: float
    prices: Prices


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    component: Component
    mtu: int
    prices: Prices
    absolute_gap: float


class Decomposition:
    """One problem in components; `compose` answers one MTU."""

    def __init__(self, problem: Problem, flows: tuple[GridFlows, ...], processes: int = 1) -> None:
        self._problem, self._flows, self._processes = problem, flows, processes
        self.components = [
            component for component in independent_components(problem, flows) if component.bids.size
        ]
        self._switches = (least_mw(problem) > 0).sum(axis=0)

    def pays(self, mtu: int) -> bool:
        """Whether an MTU is too large for one programme, and in components enough to be put together."""
        return len(self.components) >= WORTH_IT and int(self._switches[mtu]) > FEW_SWITCHES

    def compose(self, relaxed: MtuDecision, gap: float) -> Composed:
        """Answer the MTU of `relaxed`, the divisible optimum, aiming at a relative `gap`.

        Raises:
            SolverError: the solver failed.
        """
        mtu = relaxed.mtu
        total_gap = SHARE_OF_GAP * gap * abs(relaxed.objective_eur_per_h)
        each = total_gap / len(self.components)
        prices = self._raised_prices(relaxed, each)
        accepted, bound = self._offered(mtu, prices, each)
        bound = max(bound, relaxed.bound_eur_per_h)
        count, most = SWING, min(MOST_SWING, accepted.size)
        while True:
            settled = self._settle(accepted, mtu, count, total_gap)
            objective = self._objective(settled, mtu)
            if objective - bound <= gap * abs(objective) or count >= most:
                break
            count *= 2
        unmet = shortage(self._problem, settled, mtu) > EXACT_MW
        if unmet.any() and objective - bound > gap * abs(objective):
            dear = np.where(unmet, self._problem.shortage_eur_per_mw, prices)
            bound = max(bound, self._offered(mtu, dear, each)[1])
        return Composed(settled, objective, min(bound, objective), prices)

    def _offered(self, mtu: int, prices: Prices, absolute_gap: float) -> tuple[FloatArray, float]:
        """Offers of all components at prices (L,), (B,) MW, and the bound per hour that they prove."""
        accepted, total = np.zeros(len(self._problem.bids.ids)), 0.0
        for component, found in zip(
            self.components, self._price(self.components, mtu, prices, absolute_gap), strict=True
        ):
            accepted[component.bids] = found.accepted_mw[:, mtu]
            total += found.bound
        return accepted, self._bound(mtu, prices, total)

    def _raised_prices(self, relaxed: MtuDecision, absolute_gap: float) -> Prices:
        """Prices at which the components, integers and all, offer about the demand."""
        problem, mtu = self._problem, relaxed.mtu
        sample = self.components[:: max(1, len(self.components) // SAMPLE)]
        first = self._price(sample, mtu, relaxed.list_price, absolute_gap)
        demands = []
        for number, demand in enumerate(problem.lists.demand_mw):
            wanted = offered = 0.0
            for component, found in zip(sample, first, strict=True):
                mine = problem.bids.list_index[component.bids] == number
                wanted += float(relaxed.accepted_mw[component.bids[mine]].sum())
                offered += float(found.accepted_mw[mine, mtu].sum())
            factor = wanted / offered if offered > 0 else 1.0
            demands.append(demand * min(max(factor, 0.8), 1.25))
        raised = replace(problem, lists=replace(problem.lists, demand_mw=np.stack(demands)))
        (shifted,) = Linear(raised, self._flows).decide([mtu], strictly=False)
        return np.minimum(shifted.list_price, problem.shortage_eur_per_mw)

    def _bound(self, mtu: int, prices: Prices, total: float) -> float:
        problem = self._problem
        surplus = np.minimum(prices, 0.0).sum() * problem.surplus_mw
        return total + float(prices @ problem.lists.demand_mw[:, mtu] + surplus)

    def _price(
        self, components: Sequence[Component], mtu: int, prices: Prices, absolute_gap: float
    ) -> list[Incumbent]:
        tasks = [_Task(component, mtu, prices, absolute_gap) for component in components]
        return list(parallel_map(_solve, self._problem, tasks, self._processes))

    def _settle(self, accepted: FloatArray, mtu: int, count: int, absolute_gap: float) -> FloatArray:
        """`accepted` (B,) with the largest components (`count` bids or more) solved again for the rest."""
        problem = self._problem
        order = np.argsort([-accepted[component.bids].sum() for component in self.components], kind="stable")
        bids = np.cumsum([self.components[p].bids.size for p in order])
        chosen = join([self.components[p] for p in order[: int(np.searchsorted(bids, count)) + 1]])
        rest = accepted.copy()
        rest[chosen.bids] = 0.0
        demands = []
        for number, demand in enumerate(problem.lists.demand_mw):
            open_mw = demand[mtu] - rest[problem.bids.list_index == number].sum()
            demands.append(np.full(problem.mtus, max(float(open_mw), 0.0)))
        component = component_problem(problem, chosen, np.stack(demands))
        component = replace(component, surplus_mw=self._surplus_left(rest, mtu))
        rest[chosen.bids] = _lazily(component, mtu, None, absolute_gap).accepted_mw[:, mtu]
        return rest

    def _surplus_left(self, rest: FloatArray, mtu: int) -> float:
        """How much surplus lets no bid of the rest (B,) be taken less, or be left out."""
        taken, least = np.flatnonzero(rest), least_mw(self._problem)[:, mtu]
        if (rest[taken] > least[taken]).any():
            return 0.0
        return float(max(min(self._problem.surplus_mw, (least[taken] - STEP_MW).min(initial=np.inf)), 0.0))

    def _objective(self, accepted: FloatArray, mtu: int) -> float:
        return float(objectives(self._problem, self._flows, accepted[:, None], np.array([mtu]))[0])


def _solve(problem: Problem, task: _Task) -> Incumbent:
    component = component_problem(problem, task.component, np.zeros_like(problem.lists.demand_mw))
    return _lazily(component, task.mtu, task.prices, task.absolute_gap)


def _lazily(component: Problem, mtu: int, prices: Prices | None, absolute_gap: float) -> Incumbent:
    """One component for its own demand, or at prices, from the rows that bind when its bids are divisible."""
    flows = GridFlows.of(component)
    model = LazyMixed(component, flows, [mtu], prices)
    if prices is None:
        (divisible,) = Linear(component, flows).decide([mtu], strictly=False)
        model.add(divisible.rows)
    return model.solve(0.0, absolute_gap)
