"""The decision of a solving method about one MTU, before anything is derived or reported from it."""

from dataclasses import dataclass

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class RowKeys:
    """R rows of the limits of all grids, independent of the MTU; side +1 upper, −1 lower limit."""

    grid: IntArray
    element: IntArray
    point: IntArray
    side: IntArray

    def __len__(self) -> int:
        return int(self.grid.size)

    def __getitem__(self, picked: IntArray) -> "RowKeys":
        return RowKeys(self.grid[picked], self.element[picked], self.point[picked], self.side[picked])

    @staticmethod
    def join(parts: list["RowKeys"]) -> "RowKeys":
        """All rows of the parts, in their order."""
        none = np.zeros(0, np.int64)
        return RowKeys(
            *(
                np.concatenate([none, *(getattr(part, name) for part in parts)])
                for name in ("grid", "element", "point", "side")
            )
        )

    @staticmethod
    def distinct(parts: list["RowKeys"]) -> "tuple[RowKeys, IntArray]":
        """Every row of the parts once, sorted by grid, and for each row of the parts which of them it is."""
        joined = RowKeys.join(parts)
        columns = (joined.grid, joined.element, joined.point, (joined.side > 0).astype(np.int64))
        sizes = [int(column.max(initial=0)) + 1 for column in columns]
        _, first, place = np.unique(
            np.ravel_multi_index(columns, sizes), return_index=True, return_inverse=True
        )
        return joined[first], place


@dataclass(frozen=True, slots=True, eq=False)
class MtuDecision:
    """Accepted bids of one MTU with the prices that support them.

    Attributes:
        mtu: index of the MTU.
        accepted_mw: (B,).
        list_price: (L,) EUR per MWh of one more MW of demand of each list; NaN where the method has no
            prices.
        rows, shadow_price: binding rows and their prices ≥ 0, EUR per MWh of one more MW of margin.
        objective_eur_per_h: cost per hour, with unmet demand and overload at the prices of the problem, as
            the method reports.
        bound_eur_per_h: proven lower bound of the same for the best answer; −inf where none is known.
        rung: how the decision was reached.
        explained: whether rows and prices show what limits which bid.
    """

    mtu: int
    accepted_mw: FloatArray
    list_price: FloatArray
    rows: RowKeys
    shadow_price: FloatArray
    objective_eur_per_h: float
    bound_eur_per_h: float
    rung: Rung
    explained: bool = True

    @staticmethod
    def without_prices(
        problem: Problem, mtu: int, accepted_mw: FloatArray, objective_eur_per_h: float, rung: Rung
    ) -> "MtuDecision":
        """A decision of a method that knows neither prices nor a bound."""
        return MtuDecision(
            mtu=mtu,
            accepted_mw=accepted_mw,
            list_price=np.full(len(problem.lists), np.nan),
            rows=RowKeys.join([]),
            shadow_price=np.zeros(0),
            objective_eur_per_h=objective_eur_per_h,
            bound_eur_per_h=-np.inf,
            rung=rung,
            explained=False,
        )

    @staticmethod
    def nothing(problem: Problem, mtu: int) -> "MtuDecision":
        """Accept nothing: the decision before any other."""
        short = float(problem.lists.demand_mw[:, mtu].sum())
        nothing, penalty = np.zeros(len(problem.bids.ids)), short * problem.shortage_eur_per_mw
        return MtuDecision.without_prices(problem, mtu, nothing, penalty, Rung.NOT_ASSESSED)


def shortage(problem: Problem, accepted_mw: FloatArray, mtu: int) -> FloatArray:
    """(L,) demand of each list at one MTU not met by accepted (B,), in MW ≥ 0."""
    met = np.bincount(problem.bids.list_index, weights=accepted_mw, minlength=len(problem.lists))
    return np.maximum(problem.lists.demand_mw[:, mtu] - met, 0.0)
