"""AC power flow of one connected grid for many states together, and its sensitivities.

All states of a grid (market time units, sampled activations) differ little from each other. One factorised
Jacobian therefore serves them all: a simplified Newton step for every state is one sparse multiplication and
one solve with many right-hand sides, and a solved state is in no further step. Mismatches are
exact, so the results are those of a full Newton power flow; states that do not converge like this get one of
their own.

Source: Zimmerman, AC Power Flows, Generalized OPF Costs and their Derivatives using Complex Matrix Notation,
MATPOWER Technical Note 2, 2010 (Jacobian and branch flow derivatives).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from gateway.domain.grid import Floats

Complex = NDArray[np.complex128]
Numbers = NDArray[np.intp]

TOLERANCE_MVA: Final = 1e-8
SIMPLIFIED_STEPS: Final = 25
NEWTON_STEPS: Final = 15
ADJOINT_TOLERANCE: Final = 1e-9
"""Of the largest sensitivity: far below what these are rounded to."""
_BLOCK: Final = 512


class PowerFlowError(RuntimeError):
    """A state for which no power flow was found: the grid cannot carry it, or its data are wrong."""


@dataclass(frozen=True, eq=False)
class AcGrid:
    """A connected grid in per unit, n buses, m monitored branches.

    Attributes:
        base_mva: power base.
        admittance: bus admittance matrix, shape (n, n).
        admittance_from, admittance_to: current into a branch at its ends from bus voltages, shape (m, n).
        bus_from, bus_to: ends of the branches, shape (m,).
        voltage: a solved state, shape (n,).
        voltage_held: buses at which a generator or an upstream grid holds the voltage, shape (n,).
        angle_bus: the bus whose angle is zero of all angles.
        balancing: part of each bus in every change of the balance, shape (n,), summing to 1.
    """

    base_mva: float
    admittance: sparse.csr_array
    admittance_from: sparse.csr_array
    admittance_to: sparse.csr_array
    bus_from: Numbers
    bus_to: Numbers
    voltage: Complex
    voltage_held: NDArray[np.bool_]
    angle_bus: int
    balancing: Floats

    def injection(self, voltage: Complex) -> Complex:
        """Power injected at each bus, per unit."""
        injected: Complex = voltage * np.conj(self.admittance @ voltage)
        return injected

    def flow(self, voltage: Complex) -> tuple[Complex, Complex]:
        """Power entering each branch at its from and its to end, per unit, shape (m, …)."""
        from_end = voltage[self.bus_from] * np.conj(self.admittance_from @ voltage)
        to_end = voltage[self.bus_to] * np.conj(self.admittance_to @ voltage)
        return from_end, to_end

    def current(self, voltage: Complex) -> tuple[Floats, Floats]:
        """Current at the from and the to end of each branch, per unit, shape (m, …)."""
        return np.abs(self.admittance_from @ voltage), np.abs(self.admittance_to @ voltage)

    def solve(self, injection: Complex, near: Complex | None = None) -> Complex:
        """Voltages at which each column of `injection` flows, shapes (n, states), per unit.

        The missing balance of a column (losses included) is supplied at the balancing buses.

        Args:
            injection: of each state.
            near: a voltage near that of each state, shape (n, states); without, the grid's own state is.

        Raises:
            PowerFlowError: a column has no solution near the grid's own state.
        """
        start = np.repeat(self.voltage[:, None], injection.shape[1], axis=1) if near is None else near
        voltage, solved = self._iterate(injection, self._own_factors, SIMPLIFIED_STEPS, start)
        for state in np.flatnonzero(~solved):
            voltage[:, state] = self._newton(injection[:, [state]], int(state))
        return voltage

    def linearised(self, voltage: Complex) -> "Linearisation":
        """The grid linear around the solved state `voltage`, shape (n,)."""
        return Linearisation(
            grid=self,
            voltage=voltage,
            factors=self._factors(voltage),
            from_end=self._flow_derivatives(voltage, self.admittance_from, self.bus_from),
            to_end=self._flow_derivatives(voltage, self.admittance_to, self.bus_to),
        )

    @cached_property
    def ends(self) -> tuple[Numbers, Numbers, Complex, Complex]:
        """Of every branch end (from ends, then to ends): its bus, the bus at the other end, and admittances
        from either voltage to the current that enters the end; each of shape (2m,)."""
        own = np.concatenate([self.bus_from, self.bus_to])
        other = np.concatenate([self.bus_to, self.bus_from])
        rows, ends = (
            np.arange(len(self.bus_from)),
            [(self.admittance_from, 0), (self.admittance_to, len(self.bus_from))],
        )
        parts = []
        for at in (own, other):
            of = [np.asarray(matrix[rows, at[first : first + len(rows)]]).ravel() for matrix, first in ends]
            parts.append(np.concatenate(of).astype(np.complex128))
        return own, other, parts[0], parts[1]

    def end_current(self, voltage: Complex, end: Numbers) -> Complex:
        """Current entering branch ends, per unit, shape (ends, states)."""
        own, other, by_own, by_other = (each[end] for each in self.ends)
        entering: Complex = by_own[:, None] * voltage[own] + by_other[:, None] * voltage[other]
        return entering

    def end_power(self, voltage: Complex, end: Numbers) -> Complex:
        """Power entering branch ends, per unit, shape (ends, states)."""
        entering: Complex = voltage[self.ends[0][end]] * np.conj(self.end_current(voltage, end))
        return entering

    def by_state(self, voltage: Complex, by_voltage: Complex, by_magnitude: Floats | float = 0.0) -> Floats:
        """Derivatives by the columns of the Jacobian of R functions, from `G` with d f = Re(G · dV), shape
        (n, R), and what they have of the magnitudes besides; at voltages (n, R), or (n, 1)."""
        angles = -(voltage * by_voltage).imag[self._angles]
        magnitudes = ((voltage / np.abs(voltage)) * by_voltage).real + by_magnitude
        return np.vstack([angles, magnitudes[self._free], np.zeros((1, by_voltage.shape[1]))])

    def slopes(self, voltage: Complex, gradient: Floats) -> tuple[Floats, Floats]:
        """What a function of the state changes per power injected at each bus, active and reactive.

        Each of R functions at its own solved state: voltages (n, R), derivatives as `by_state` gives them.
        Two arrays of shape (n, R); reactive power where the voltage is held changes nothing. All are solved
        with the factors of the grid's own state, and corrected until they hold at theirs.

        Raises:
            PowerFlowError: a state is too far away for that.
        """
        found = np.asarray(self._own_factors.solve(gradient, "T"))
        for _ in range(SIMPLIFIED_STEPS):
            step = self._own_factors.solve(gradient - self._transposed(voltage, found), "T")
            found = found + step
            if (np.abs(step).max(axis=0) <= ADJOINT_TOLERANCE * np.abs(found).max(axis=0)).all():
                break
        else:
            raise PowerFlowError("sensitivities of a state do not converge; the grid can hardly carry it")
        return self.by_bus(found)

    def by_bus(self, solved: Floats) -> tuple[Floats, Floats]:
        """Of a solution of the transposed Jacobian, what belongs to each bus: active and reactive, (n, R)."""
        count = len(self.voltage)
        reactive = np.zeros((count, solved.shape[1]))
        reactive[self._free] = solved[count:]
        return solved[:count], reactive

    def _transposed(self, voltage: Complex, by_balance: Floats) -> Floats:
        """The transposed Jacobian at each of the voltages (n, R) times a column of its own."""
        active, reactive = self.by_bus(by_balance)
        weight = active - 1j * reactive
        current = self.admittance @ voltage
        by_voltage = weight * np.conj(current) + self.admittance.T @ np.conj(weight * voltage)
        found = self.by_state(voltage, by_voltage)
        found[-1] = -self.balancing @ active
        return found

    @cached_property
    def _angles(self) -> Numbers:
        return np.delete(np.arange(len(self.voltage)), self.angle_bus)

    @cached_property
    def _free(self) -> Numbers:
        return np.flatnonzero(~self.voltage_held)

    @cached_property
    def _own_factors(self) -> SuperLU:
        return self._factors(self.voltage)

    def _factors(self, voltage: Complex) -> SuperLU:
        """The factorised Jacobian.

        Rows: active balance of all buses, reactive balance where the voltage is free. Columns: angles, free
        voltage magnitudes, balancing power.
        """
        by_angle, by_magnitude = self._derivatives(self.admittance, np.arange(len(voltage)), voltage)
        angles, free = self._angles, self._free
        balancing = sparse.csc_array(-self.balancing[:, None])
        jacobian = sparse.block_array(
            [
                [by_angle.real[:, angles], by_magnitude.real[:, free], balancing],
                [by_angle.imag[free][:, angles], by_magnitude.imag[free][:, free], None],
            ],
            format="csc",
        )
        return splu(jacobian)

    @staticmethod
    def _derivatives(
        admittance: sparse.csr_array, bus: Numbers, voltage: Complex
    ) -> tuple[sparse.csc_array, sparse.csc_array]:
        """Derivatives of `V[bus] · conj(admittance · V)` by angles and by magnitudes of V."""
        rows, count = np.arange(len(bus)), len(voltage)
        conjugate_current = np.conj(admittance @ voltage)
        unit = voltage / np.abs(voltage)
        at_bus = sparse.csc_array((conjugate_current, (rows, bus)), shape=(len(bus), count))
        scaled = sparse.diags_array(voltage[bus])
        by_voltage = scaled @ np.conj(admittance @ sparse.diags_array(voltage))
        by_angle = 1j * (at_bus @ sparse.diags_array(voltage) - by_voltage)
        by_magnitude = scaled @ np.conj(admittance @ sparse.diags_array(unit))
        return by_angle.tocsc(), (by_magnitude + at_bus @ sparse.diags_array(unit)).tocsc()

    def _iterate(
        self, injection: Complex, factors: SuperLU, steps: int, start: Complex
    ) -> tuple[Complex, NDArray[np.bool_]]:
        """Voltages after at most `steps` from `start`, and which columns are solved by them."""
        found, solved = start.copy(), np.zeros(injection.shape[1], dtype=np.bool_)
        left = np.arange(solved.size)
        angle, magnitude, balance = np.angle(start), np.abs(start), np.zeros(solved.size)
        count = len(self._angles)
        with np.errstate(all="ignore"):
            for _ in range(steps):
                voltage = magnitude * np.exp(1j * angle)
                mismatch = self.injection(voltage) - injection - self.balancing[:, None] * balance
                error = np.vstack([mismatch.real, mismatch.imag[self._free]])
                found[:, left] = voltage
                near = np.abs(error).max(axis=0) * self.base_mva <= TOLERANCE_MVA
                if near.any():
                    solved[left[near]], open_ = True, ~near
                    left, injection, error = left[open_], injection[:, open_], error[:, open_]
                    angle, magnitude, balance = angle[:, open_], magnitude[:, open_], balance[open_]
                if not left.size:
                    break
                step = factors.solve(error)
                angle[self._angles] -= step[:count]
                magnitude[self._free] -= step[count:-1]
                balance -= step[-1]
        return found, solved

    def _newton(self, injection: Complex, state: int) -> Complex:
        voltage = self.voltage
        for _ in range(NEWTON_STEPS):
            if not np.isfinite(voltage).all():
                break
            # Two rounds: one step, and the mismatch after it.
            columns, solved = self._iterate(injection, self._factors(voltage), 2, voltage[:, None])
            voltage = columns[:, 0]
            if solved[0]:
                return voltage
        raise PowerFlowError(f"state {state}: the power flow does not converge; the grid cannot carry it")

    def _flow_derivatives(
        self, voltage: Complex, admittance: sparse.csr_array, end: Numbers
    ) -> sparse.csr_array:
        """Derivatives of the active power entering each branch at an end, columns as in the Jacobian."""
        by_angle, by_magnitude = self._derivatives(admittance, end, voltage)
        unbalanced = sparse.csc_array((len(end), 1))
        return sparse.hstack(
            [by_angle.real[:, self._angles], by_magnitude.real[:, self._free], unbalanced], format="csr"
        )


@dataclass(frozen=True, eq=False)
class Linearisation:
    """Derivatives of branch flows around one state; made by `AcGrid.linearised`.

    Attributes:
        grid, voltage: whose state it is, shape (n,).
        factors: of the Jacobian.
        from_end, to_end: derivatives of the active power entering each branch at either end.
    """

    grid: AcGrid
    voltage: Complex
    factors: SuperLU
    from_end: sparse.csr_array
    to_end: sparse.csr_array

    def sensitivity(self, branches: Numbers, buses: Numbers, *, at_to: bool) -> Floats:
        """Change of active power entering `branches` at one end per power injected at `buses`.

        Balanced as the grid's `balancing` states. Shape (branches, buses). One transposed solve per branch;
        the inverse is never formed.
        """
        flow = (self.to_end if at_to else self.from_end)[branches]
        sensitivity: Floats = np.empty((len(branches), len(buses)))
        for start in range(0, len(branches), _BLOCK):
            block = slice(start, start + _BLOCK)
            sensitivity[block] = self.factors.solve(flow[block].toarray().T, "T")[buses].T
        return sensitivity

    def slopes(self, gradient: Floats) -> tuple[Floats, Floats]:
        """As `AcGrid.slopes`, of functions that are all at this state."""
        return self.grid.by_bus(np.asarray(self.factors.solve(gradient, "T")))
