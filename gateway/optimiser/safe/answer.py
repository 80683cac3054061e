"""The answer of a safe merit order, and the contribution of one component of the grids."""

from dataclasses import dataclass

import numpy as np

from gateway.domain.result import Rung
from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray
from gateway.optimiser.model.decision import RowKeys

BELIEVED_MW = 1e-5
"""A list whose activations exceed no row by more is believed to be safe."""

LIMITED_MW = 1e-6
"""A bid of which less than its offer is available, by more than this, is limited."""


@dataclass(frozen=True, slots=True, eq=False)
class SafeMeritOrder:
    """Quantities that stay safe whatever part of the lists is activated.

    Attributes:
        available_mw: (B, T) ≤ offered.
        limited: (B, T) bids of which less than their offer is available.
        rows, mtu: (R,) limiting rows and their MTUs.
        price: (R,) MW of volume that one more MW of limit would free.
        rung: per grid, how its quantities were found: optimal (the most there is), best found, conservative
            (every subset is safe) or not assessed (nothing is available).
        bound_mw: (T,) upper bound of any safe lists, contracted capacity first.
        rows_checked: (row, MTU) pairs whose worst activations were recomputed outside the solver.
        max_violation_mw: the worst of them beyond its margin.
        seconds: wall time.
        notes: notes for the reader, e.g. why a lower rung was used.
        cut_short: whether the time was over before the search was through.
    """

    available_mw: FloatArray
    limited: BoolArray
    rows: RowKeys
    mtu: IntArray
    price: FloatArray
    rung: tuple[Rung, ...]
    bound_mw: FloatArray
    rows_checked: int
    max_violation_mw: float
    seconds: float
    notes: tuple[str, ...] = ()
    cut_short: bool = False

    @property
    def worst_rung(self) -> Rung:
        """The lowest rung of any grid."""
        order = list(Rung)
        return max(self.rung, key=order.index, default=Rung.OPTIMAL)

    @property
    def gap(self) -> float:
        """Proven relative gap: how much more volume there may be at most, as a share of it.

        0 where all is optimal, though the bound counts dear volume a little less.
        """
        if self.worst_rung is Rung.OPTIMAL:
            return 0.0
        bound = float(self.bound_mw.sum())
        return max(0.0, bound - float(self.available_mw.sum())) / max(bound, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class ComponentAnswer:
    """Available quantities of one component from MTU `first` on.

    Attributes:
        component: number of the component.
        available_mw: (b, W).
        rows, mtu, price: (R,) limiting rows, their MTUs and prices.
        bound_mw: (W,) upper bound of any safe list.
        proven: whether this is the most there is.
    """

    component: int
    first: int
    available_mw: FloatArray
    rows: RowKeys
    mtu: IntArray
    price: FloatArray
    bound_mw: FloatArray
    proven: bool

    @property
    def mtus(self) -> range:
        """Those it names."""
        return range(self.first, self.first + self.available_mw.shape[1])

    def apart(self) -> "list[ComponentAnswer]":
        """Each MTU by itself, where they do not meet."""
        found = []
        for column, mtu in enumerate(self.mtus):
            at_mtu, at = np.flatnonzero(self.mtu == mtu), slice(column, column + 1)
            available, bound = self.available_mw[:, at], self.bound_mw[at]
            limits = self.rows[at_mtu], self.mtu[at_mtu], self.price[at_mtu]
            found.append(ComponentAnswer(self.component, mtu, available, *limits, bound, self.proven))
        return found
