"""The answer of the optimiser, and its verification."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from gateway.domain.result import Outcome, Rung, worst_rung
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray

OBJECTIVE_TOLERANCE = 1e-6


class RemovalCause(StrEnum):
    """Why a bid the merit order wanted was not accepted, or not in full, other than by a grid limit.

    WITHHELD: part of the offer was taken away before the decision (`cap_mw`): its grid cannot check it, or a
        link forbids it.
    INDIVISIBLE, MINIMUM: the offer, or the minimum, does not fit after those before it in its list.
    DISPLACED: the demand is met by dearer bids that can only be taken as they are.
    TIED: at the same price, others of the list are taken that could be taken with less: the cost is the same.
    """

    WITHHELD = "traffic-light"
    EXCLUSIVE = "exclusive"
    MULTIPART = "multipart"
    INCLUSIVE = "inclusive"
    TECHNICAL = "technical"
    CONDITIONAL = "conditional"
    BLOCK = "block"
    INDIVISIBLE = "indivisible"
    MINIMUM = "minimum"
    DISPLACED = "displaced"
    TIED = "tied"


@dataclass(frozen=True, slots=True, eq=False)
class RowValues:
    """M rows (grid, element, operating point, side, MTU) as columns, each with a number.

    Attributes:
        grid, element, point, mtu: (M,) indices; element and point within their grid.
        side: (M,) +1 upper limit, −1 lower limit.
        value: (M,) as the holder defines it: a shadow price or an overload.
    """

    grid: IntArray
    element: IntArray
    point: IntArray
    side: IntArray
    mtu: IntArray
    value: FloatArray

    @staticmethod
    def none() -> "RowValues":
        """No rows."""
        index, number = np.zeros(0, np.int64), np.zeros(0)
        return RowValues(index, index, index, index, index, number)

    def __len__(self) -> int:
        return int(self.value.size)


@dataclass(frozen=True, slots=True, eq=False)
class LimitingRows:
    """Which rows limit which bids: one entry per limited bid, MTU and limiting row.

    Attributes:
        bid, mtu: (M,) the limited bid.
        full_at: (M,) MTU in which the row is full: that of the bid, or the next, in which it still delivers.
        grid, element, point, side: (M,) the limiting row, as in RowValues.
        share: (M,) this row's part of the limitation; sums to 1 over the rows of one bid and MTU.
        margin_mw: (M,) what the row has left before the answer's flow meets the limit (≥ −tolerance).
    """

    bid: IntArray
    mtu: IntArray
    full_at: IntArray
    grid: IntArray
    element: IntArray
    point: IntArray
    side: IntArray
    share: FloatArray
    margin_mw: FloatArray

    @staticmethod
    def none() -> "LimitingRows":
        """No limits."""
        index, number = np.zeros(0, np.int64), np.zeros(0)
        return LimitingRows(index, index, index, index, index, index, index, number, number)

    def __len__(self) -> int:
        return int(self.share.size)


@dataclass(frozen=True, slots=True)
class Removal:
    """A bid at an MTU not accepted, or accepted less, for a cause other than a grid limit."""

    bid: int
    mtu: int
    cause: RemovalCause


@dataclass(frozen=True, slots=True, eq=False)
class GridLoading:
    """Loading of one grid's elements, worst over operating points.

    Loading is flow over the limit of its side, 1.0 = at the limit; infinite where a limit of zero or of
    the opposite sign is violated.

    Attributes:
        grid_id: the grid.
        base: (T, L) before any bid.
        before: (T, L) with the merit order, as if there were no grid.
        after: (T, L) as answered.
        before_point, after_point: (T, L) index of the operating point that is worst.
    """

    grid_id: str
    base: FloatArray
    before: FloatArray
    after: FloatArray
    before_point: IntArray
    after_point: IntArray


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer recomputed from the problem alone, in double precision, outside the solver.

    Attributes:
        rows_checked: (element, operating point, side, MTU) compared with their limit.
        violations: rows beyond their (relaxed) limit, and beyond what their operator agreed to for meeting
            the demand, by more than the tolerance. 0 means the answer respects every limit.
        max_violation_mw: the worst of them, beyond what was agreed; 0 if none.
        agreed_overloads: rows beyond their limit as their operator agreed.
        bids_violated: bids outside [minimum, available], or all-or-nothing or link conditions broken.
        surplus_error_mw: worst excess of accepted volume over demand and allowed surplus, or over demand
            alone as far as it could be left out.
        objective_error: worst difference between the objective a method claimed for an MTU and the one
            recomputed from bids, shortage and all rows, as a part of its tolerance.
        tolerance_mw: what counts as equal.
    """

    rows_checked: int
    violations: int
    max_violation_mw: float
    agreed_overloads: int
    bids_violated: int
    surplus_error_mw: float
    objective_error: float
    tolerance_mw: float

    @property
    def holds(self) -> bool:
        """Whether the answer is what the method claimed: no condition broken, nothing exceeded unagreed."""
        broken = self.violations or self.bids_violated or self.surplus_error_mw > self.tolerance_mw
        return not broken and self.objective_error <= 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Which bids the grids allow, and why not the others.

    A row's limit is relaxed to the base flow where the base flow is already beyond it: nothing may worsen
    it, bids that relieve it stay. `overloads` counts what exceeds that relaxed limit.

    Attributes:
        accepted_mw: (B, T).
        available_mw: (B, T) published: the accepted quantity. Activation in price order until
            the demand is met activates exactly the acceptances.
        merit_order_mw: (B, T) accepted by price alone, as if there were no grid.
        cost_eur, merit_order_cost_eur: (T,) Σ price × MW × MTU hours.
        objective_eur: (T,) the same with unmet demand and overload at the problem's prices: what methods are
            compared by.
        shortage_mw: (L, T) demand of each list not met.
        overload: (T,) sum over elements of their worst scaled excess (see `overload`).
        list_price: (L, T) EUR per MWh of one more MW of demand.
        loadings: one per grid.
        overloads: rows beyond the (relaxed) limit; value in MW.
        shadow_prices: binding rows; value in EUR per MWh of one more MW of margin (see `rows.flows`), ≥ 0.
        limited: (B, T) bids that a grid limit holds below their offer though they come before what is
            accepted in the price order, or before demand that is not met; and all that was not assessed.
        not_needed: (B, T) bids offered and not accepted that are merely too dear.
        limits: why limited bids are limited, where that is known. removals: other causes.
        rung: per (T,) MTU, the rung of the ladder; `worst_rung` for all.
        bound_eur: (T,) proven lower bound of the objective (equal to it when optimal).
        verification: the answer checked outside the solver.
        seconds: wall time by stage, "total" among them.
        notes: what the reader must know, e.g. why a lower rung was taken.
        cut_short: whether the time was over before the search was through.
    """

    accepted_mw: FloatArray
    available_mw: FloatArray
    merit_order_mw: FloatArray
    cost_eur: FloatArray
    merit_order_cost_eur: FloatArray
    objective_eur: FloatArray
    bound_eur: FloatArray
    shortage_mw: FloatArray
    overload: FloatArray
    list_price: FloatArray
    loadings: tuple[GridLoading, ...]
    overloads: RowValues
    shadow_prices: RowValues
    limited: BoolArray
    not_needed: BoolArray
    limits: LimitingRows
    rung: tuple[Rung, ...]
    verification: Verification
    removals: tuple[Removal, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cut_short: bool = False

    @property
    def explained(self) -> BoolArray:
        """(T,) where the method had prices, so that `limits` can name what limits a bid."""
        return np.asarray(~np.isnan(self.list_price).any(axis=0))

    @property
    def outcome(self) -> tuple[Outcome, ...]:
        """Per (T,) MTU, how demand and limits came together."""
        over, short = np.zeros(len(self.rung), np.bool_), self.shortage_mw.sum(axis=0)
        over[self.overloads.mtu] = True
        missing = short > self.verification.tolerance_mw
        return tuple(
            Outcome.LEAST_OVERLOAD if o else Outcome.SHORTAGE if m else Outcome.WITHIN_LIMITS
            for o, m in zip(over.tolist(), missing.tolist(), strict=True)
        )

    @property
    def worst_outcome(self) -> Outcome:
        """That of the worst MTU."""
        order = list(Outcome)
        return max(self.outcome, key=order.index, default=Outcome.WITHIN_LIMITS)

    @property
    def worst_rung(self) -> Rung:
        """The lowest rung of any MTU; with each grid alone in some MTUs only, joint where ready."""
        return worst_rung(self.rung)

    @property
    def gap(self) -> float:
        """Proven gap over all MTUs: what the objective may be off, as a share of the cost, 0 to 1.

        0 where all is optimal, 1 where nothing is proven: unmet demand that another answer might meet, or
        overload that it might spare, counts with the problem's prices, far beyond any cost.
        """
        if self.worst_rung is Rung.OPTIMAL:
            return 0.0
        off = float(self.objective_eur.sum()) - float(self.bound_eur.sum())
        return min(1.0, max(0.0, off) / max(abs(float(self.cost_eur.sum())), 1.0))
