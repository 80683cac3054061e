"""Rows of a model: flows, currents and voltages of a grid's states, each with a sign and a limit.

A row is a linear combination of complex quantities of a state: the power entering a branch at an end, the
current there turned by the angle of the voltage (P/|V| + jQ/|V|), the magnitude of a voltage. A current is a
magnitude, so it enters as the sides of a polygon within the circle of its rating: with n sides at equal
angles, each at cos(π/n) of the rating, no current within all of them is beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from gateway.domain.grid import BranchEnd, ElementKind, Floats, Unit
from gateway.grids.ac import AcGrid, Complex, Numbers

SIDES: Final = 32
"""Of a polygon; opposite ones are one row. A circle is 1/cos(π/32) = 1.005 times as wide."""
_DECIMALS: Final = {Unit.MW: 6, Unit.AMPERE: 6, Unit.PER_UNIT: 9}
"""To which values leave: beyond the accuracy of any input."""


@dataclass(frozen=True, slots=True)
class RowAbout:
    """What a row is about.

    Attributes:
        name: of the row, unique.
        of: the branch or bus.
        end: of the branch, `from` or `to`; None where the row has none of its own.
    """

    name: str
    of: str
    kind: ElementKind
    unit: Unit
    end: BranchEnd | None = None


@dataclass(frozen=True, eq=False)
class Rows:
    """R rows over a grid of m branches and n buses.

    Attributes:
        about: R.
        weights: of the complex quantities power (from ends, to ends), current (from ends, to ends), voltage
            magnitude; with their units, shape (R, 4m + n). A value is Re(conj(weights) · quantities).
        offset: subtracted from it, so that limits are alike on both sides, shape (R,).
        limit: of the value less the offset; NaN where it depends on the state (flows), shape (R,).
        checked: two of the loadings of branch ends, then buses; the greater must be at most 1, (R, 2).
        only: 1 where a row has only an upper limit, -1 where only a lower one, 0 where both, shape (R,).
        rating: of the branch ends, per unit; infinite where not rated, shape (2m,).
        range_pu: middle and half width of the voltage range of each bus, shape (2, n).
    """

    about: tuple[RowAbout, ...]
    weights: sparse.csr_array
    offset: Floats
    limit: Floats
    checked: Numbers
    only: Numbers
    rating: Floats
    range_pu: Floats

    def __len__(self) -> int:
        return len(self.about)

    def __getitem__(self, rows: Numbers) -> "Rows":
        return replace(
            self,
            about=tuple(self.about[row] for row in rows),
            weights=self.weights[rows],
            offset=self.offset[rows],
            limit=self.limit[rows],
            checked=self.checked[rows],
            only=self.only[rows],
        )

    @cached_property
    def decimals(self) -> NDArray[np.int64]:
        """To which values of each row leave, shape (R,)."""
        return np.array([_DECIMALS[about.unit] for about in self.about], dtype=np.int64)

    @cached_property
    def limited(self) -> NDArray[np.bool_]:
        """Whether a row has an upper limit, and whether a lower one, shape (2, R)."""
        return np.stack([self.only >= 0, self.only <= 0])

    @cached_property
    def sides(self) -> NDArray[np.bool_]:
        """Which rows are sides of a polygon, shape (R,)."""
        return np.array([about.unit is Unit.AMPERE for about in self.about], dtype=np.bool_)

    def rounded(self, values: Floats, decimals: NDArray[np.int64] | int = 0) -> Floats:
        """Values (R, …) as they leave, to so many more decimals than the row's own."""
        factor = 10.0 ** (self.decimals + decimals).reshape(-1, *(1,) * (values.ndim - 1))
        return np.asarray(np.round(values * factor) / factor + 0.0)

    def values(self, ac: AcGrid, voltage: Complex) -> Floats:
        """Of solved states (n, S), less the offsets, shape (R, S)."""
        weights, used = self._used
        quantities = self._quantities(ac, voltage, used)
        found = weights.real @ quantities.real + weights.imag @ quantities.imag
        return np.asarray(found - self.offset[:, None])

    def power_and_rating(self, ac: AcGrid, voltage: Complex) -> tuple[Complex, Floats]:
        """Of rows that are flows: complex power, and the apparent power that the rating of the end it is
        counted at allows, in MVA, both of shape (R, S)."""
        coo = self.weights.tocoo()
        power = coo.data[:, None].real * ac.end_power(voltage, coo.col)
        own = np.abs(voltage[ac.ends[0][coo.col]])
        return power, own * self.rating[coo.col, None] * ac.base_mva

    def largest_of_each(self, changes: Floats) -> Floats:
        """The largest of changes (R,) over the sides of the same polygon, or all voltages, for each row: one
        that hardly changes would otherwise have a huge error."""
        of = ["" if about.unit is Unit.PER_UNIT else about.of for about in self.about]
        _, group = np.unique(of, return_inverse=True)
        largest = np.zeros(group.max(initial=-1) + 1)
        np.maximum.at(largest, group, changes)
        return np.asarray(largest[group])

    def loading(self, ac: AcGrid, voltage: Complex) -> Floats:
        """Current over rating at the worse end, or the part used of the voltage range; 1 = at its limit."""
        used, place = np.unique(self.checked, return_inverse=True)
        each = self._loadings(ac, voltage, used)
        place = place.reshape(self.checked.shape)
        return np.asarray(np.maximum(each[place[:, 0]], each[place[:, 1]]))

    def gradient(self, ac: AcGrid, voltage: Complex) -> Floats:
        """Derivatives of each row by the state, each at its own voltages (n, R), or all at (n, 1).

        Shape: as the columns of the Jacobian, times R.
        """
        coo = self.weights.tocoo()
        row, column, weight = coo.row, coo.col, np.conj(coo.data)
        count, branches = len(voltage), len(ac.bus_from)
        state = row if voltage.shape[1] > 1 else np.zeros_like(row)
        by_voltage = np.zeros((count, len(self)), dtype=np.complex128)
        by_magnitude = np.zeros((count, len(self)))
        flowing = column < 4 * branches
        end, own_row = column[flowing] % (2 * branches), row[flowing]
        own, other, own_y, other_y = (each[end] for each in ac.ends)
        v_own, v_other = voltage[own, state[flowing]], voltage[other, state[flowing]]
        current = own_y * v_own + other_y * v_other
        of_current = column[flowing] >= 2 * branches
        factor = weight[flowing] / np.where(of_current, np.abs(v_own), 1.0)
        through = np.conj(factor * v_own)
        np.add.at(by_voltage, (own, own_row), factor * np.conj(current) + through * own_y)
        np.add.at(by_voltage, (other, own_row), through * other_y)
        value = (factor * v_own * np.conj(current)).real
        np.add.at(by_magnitude, (own, own_row), np.where(of_current, -value / np.abs(v_own), 0.0))
        np.add.at(by_magnitude, (column[~flowing] - 4 * branches, row[~flowing]), weight[~flowing].real)
        return ac.by_state(voltage, by_voltage, by_magnitude)

    @cached_property
    def _used(self) -> tuple[sparse.csr_array, Numbers]:
        """The weights of the quantities that any row has, and which these are."""
        used = np.unique(self.weights.indices)
        return sparse.csr_array(self.weights[:, used]), used

    @staticmethod
    def _quantities(ac: AcGrid, voltage: Complex, used: Numbers) -> Complex:
        branches = len(ac.bus_from)
        found = np.empty((len(used), voltage.shape[1]), dtype=np.complex128)
        flowing = used < 4 * branches
        end = used[flowing] % (2 * branches)
        power = ac.end_power(voltage, end)
        of_current = used[flowing] >= 2 * branches
        power[of_current] /= np.abs(voltage[ac.ends[0][end[of_current]]])
        found[flowing] = power
        found[~flowing] = np.abs(voltage[used[~flowing] - 4 * branches])
        return found

    def _loadings(self, ac: AcGrid, voltage: Complex, used: Numbers) -> Floats:
        """Of branch ends, then of buses; shape (used, S)."""
        ends = len(self.rating)
        found = np.empty((len(used), voltage.shape[1]))
        of_end = used < ends
        found[of_end] = np.abs(ac.end_current(voltage, used[of_end])) / self.rating[used[of_end], None]
        bus = used[~of_end] - ends
        middle, half = self.range_pu[:, bus, None]
        found[~of_end] = np.abs(np.abs(voltage[bus]) - middle) / half
        return found


def joined(parts: Sequence[Rows]) -> Rows:
    """Rows of one grid, one after the other."""
    return replace(
        parts[0],
        about=tuple(about for part in parts for about in part.about),
        weights=sparse.vstack([part.weights for part in parts], format="csr"),
        offset=np.concatenate([part.offset for part in parts]),
        limit=np.concatenate([part.limit for part in parts]),
        checked=np.concatenate([part.checked for part in parts]),
        only=np.concatenate([part.only for part in parts]),
    )
