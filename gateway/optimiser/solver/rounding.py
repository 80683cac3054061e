"""Mixed-integer rounding (MIR) cuts: what a row of a linear relaxation implies for integral 0/1 columns.

From a · x ≤ b over 0/1 columns y and continuous columns c ≥ 0, for any δ > 0 with β = b / δ and f = β − ⌊β⌋:

    Σ F(a_y / δ) y + Σ min(a_c, 0) / (δ (1 − f)) c ≤ ⌊β⌋,    F(v) = ⌊v⌋ + max(0, v − ⌊v⌋ − f) / (1 − f)

Why it holds: divided by δ, the row implies z ≤ β + s for an integer z and a continuous s ≥ 0. Columns whose
coefficient v has a fraction above f are rounded up in z, with (1 − fraction) y moved to s, the others are
rounded down; negative continuous terms are in s. Then z ≤ ⌊β⌋ + s / (1 − f): trivially if z ≤ ⌊β⌋, else
z − ⌊β⌋ ≥ 1 and s ≥ z − ⌊β⌋ − f ≥ (1 − f) (z − ⌊β⌋). Inserting z and s gives F.

A cut is strong where columns are near 0 at the point to cut off. So 0/1 columns that are rather on are
complemented, 1 − y, and extras that are rather full are replaced by their distance from the variable upper
bound `ratio · switch`. δ is tried from the coefficients of split switches and halves of them, as no δ is best
for all rows. Cuts are scaled by δ (1 − f): coefficients of continuous columns stay, and a cut of a limit
row is violated by as many MW as it proves of overload.

Source: Marchand and Wolsey, "Aggregation and mixed integer rounding to solve MIPs", Operations Research 49
(2001): complementing, bound substitution and the choice of δ.
"""

from dataclasses import dataclass

import numpy as np

from gateway.optimiser.model.checks import BoolArray, FloatArray, IntArray

WHOLE = 1e-6  # how far from 0 and 1 a switch counts as integer
LEAST_VIOLATION = 1e-5
LEAST_DEPTH = 1e-4  # violation by the length of the cut: shallower ones only make the programme larger
LEAST_STEP, STEPS, PARTS = 1e-3, 12, (1.0, 0.5)  # δ: coefficients of split switches, and parts of them
LEAST_FRACTION = 0.01  # of f and 1 − f: near 0 the cut is weak, near 1 the division by 1 − f amplifies errors
SLACK = 1e-8  # allowed for rounding errors
NEGLIGIBLE = 1e-10  # short of the next integer
NOTHING, LEAST_COEFFICIENT = 1e-11, 2e-9  # cuts of noise only weigh a programme down


@dataclass(frozen=True, slots=True, eq=False)
class ColumnKinds:
    """Which columns are what; every column is ≥ 0.

    Attributes:
        switches: the 0/1 columns.
        extras, switch_of, ratio: continuous columns with extra ≤ ratio · switch.
        others: the other continuous columns.
    """

    switches: IntArray
    extras: IntArray
    switch_of: IntArray
    ratio: FloatArray
    others: IntArray

    def split(self, values: FloatArray) -> IntArray:
        """Switches neither on nor off at `values`."""
        value = values[self.switches]
        return self.switches[(value > WHOLE) & (value < 1 - WHOLE)]


@dataclass(frozen=True, slots=True, eq=False)
class RelaxationRows:
    """matrix (R, N) · x ≤ upper (R,), besides columns ≥ 0 of their own that add up to `apart` (R,) ≤ 0.

    Rows without any such columns have `apart` 0.
    """

    matrix: FloatArray
    upper: FloatArray
    apart: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """matrix (C, N) · x + the columns of their own of `row` (C,) ≤ upper (C,); row of each."""

    matrix: FloatArray
    upper: FloatArray
    row: IntArray

    @staticmethod
    def join(parts: "list[Cuts]") -> "Cuts":
        """All cuts of the parts; `row` stays that of each part."""
        return Cuts(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("matrix", "upper", "row"))
        )


def rounded(columns: ColumnKinds, rows: RelaxationRows, values: FloatArray) -> Cuts:
    """The cut that is violated most by `values` (N,), of every row that has one."""
    own, full = _substituted(columns, rows.matrix, values)
    bent = np.minimum(own.extras, 0.0), np.minimum(rows.matrix[:, columns.others], 0.0)
    spare = rows.apart + bent[0] @ own.distance + bent[1] @ values[columns.others]
    value = values[columns.switches]
    turned = value > 0.5
    sign = np.where(turned, -1.0, 1.0)
    switches, upper = own.switches * sign, rows.upper - own.switches[:, turned].sum(axis=1)
    at = np.where(turned, 1 - value, value)
    split = at > WHOLE
    if not split.any():
        return Cuts(np.zeros((0, rows.matrix.shape[1])), np.zeros(0), np.zeros(0, np.int64))
    step, violation = _best_steps(switches[:, split], upper, at[split])
    row = np.flatnonzero(violation + spare > LEAST_VIOLATION)
    coefficients, most = _rounded(switches[row], upper[row], step[row])
    matrix = np.zeros((row.size, rows.matrix.shape[1]))
    matrix[:, columns.switches] = coefficients * sign
    extras = bent[0][row]
    matrix[:, columns.extras] += np.where(full, -extras, extras)
    np.add.at(matrix.T, columns.switch_of[full], (extras[:, full] * columns.ratio[full]).T)
    matrix[:, columns.others] += bent[1][row]
    return Cuts(matrix, most - coefficients[:, turned].sum(axis=1), row)


def deep(cuts: Cuts, values: FloatArray) -> Cuts:
    """The cuts worth having, without coefficients HiGHS would refuse.

    Depth is the distance of `values` from the cut: violation alone would favour cuts with large coefficients.
    """
    small = np.abs(cuts.matrix) < LEAST_COEFFICIENT
    lowered = np.where(cuts.matrix < -NOTHING, -LEAST_COEFFICIENT, 0.0)  # weaker, so valid: columns are ≥ 0
    matrix = np.where(small, lowered, cuts.matrix)
    length = np.sqrt((matrix**2).sum(axis=1))
    deep_enough = matrix @ values - cuts.upper > LEAST_DEPTH * length
    return Cuts(matrix[deep_enough], cuts.upper[deep_enough] + SLACK, cuts.row[deep_enough])


@dataclass(frozen=True, slots=True, eq=False)
class _Substituted:
    """Coefficients (R, S) of the switches and (R, E) of the extras, or what they lack; `distance` (E,)."""

    switches: FloatArray
    extras: FloatArray
    distance: FloatArray


def _substituted(
    columns: ColumnKinds, matrix: FloatArray, values: FloatArray
) -> tuple[_Substituted, BoolArray]:
    """The rows with the extras that are rather full (E,) replaced."""
    extra, most = values[columns.extras], columns.ratio * values[columns.switch_of]
    full = most - extra < extra
    extras, whole = matrix[:, columns.extras], np.zeros_like(matrix)
    whole[:, columns.switches] = matrix[:, columns.switches]
    np.add.at(whole.T, columns.switch_of[full], (extras[:, full] * columns.ratio[full]).T)
    replaced = np.where(full, -extras, extras)
    distance = np.where(full, most - extra, extra)
    return _Substituted(whole[:, columns.switches], replaced, distance), full


def _best_steps(matrix: FloatArray, upper: FloatArray, value: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The δ (R,) of the cut that is violated most, and by how much without the continuous columns.

    Only split switches at `value` count: the others are 0, as those that are on have been turned.
    """
    sizes = np.sort(np.abs(matrix), axis=1)[:, ::-1][:, :STEPS]
    step = np.concatenate([sizes * part for part in PARTS], axis=1)
    usable = step > LEAST_STEP
    step = np.where(usable, step, 1.0)
    whole, fraction = _whole_and_fraction(upper[:, None] / step)
    usable &= (fraction > LEAST_FRACTION) & (fraction < 1 - LEAST_FRACTION)
    fraction = np.where(usable, fraction, 0.5)
    function = _function(matrix[:, None, :] / step[:, :, None], fraction[:, :, None])
    violation = np.where(usable, (function @ value - whole) * step * (1 - fraction), -np.inf)
    best = np.arange(upper.size), violation.argmax(axis=1)
    return step[best], violation[best]


def _rounded(matrix: FloatArray, upper: FloatArray, step: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coefficients of the switches and right sides of the cuts, in the scale of the rows."""
    whole, fraction = _whole_and_fraction(upper / step)
    scale = step * (1 - fraction)
    return _function(matrix / step[:, None], fraction[:, None]) * scale[:, None], whole * scale


def _whole_and_fraction(value: FloatArray) -> tuple[FloatArray, FloatArray]:
    whole = np.floor(value)
    return whole, value - whole


def _function(value: FloatArray, fraction: FloatArray) -> FloatArray:
    whole = np.floor(value + NEGLIGIBLE)
    return np.asarray(whole + np.maximum(0.0, value - whole - fraction) / (1 - fraction))
