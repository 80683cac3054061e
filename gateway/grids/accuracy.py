"""How well a linear model holds: AC power flows over activations within the band, random and directed.

The random part spreads activations as a market would; the directed part drives every element as far towards
either limit as the band allows, from the states in which it is loaded most and least. Activations that the
linear model itself would refuse are scaled down to the point at which it just allows them: no one relies on a
model for what it forbids. This is no proof for every activation; it is what the accuracy was measured on.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.grid import Band, Floats
from gateway.grids.ac import Complex, Numbers
from gateway.grids.linear import LinearPoint

_BLOCK_NUMBERS: Final = 2**18
"""Buses times states that are solved together: what a processor's cache holds."""
_LEAST_SHARE: Final = 0.1
"""Of an element's largest change: samples that move none so far were scaled down to next to nothing, as
where an element is full without any activation. Their errors are small, and no measure of the
model."""


def within(band: Band, wanted: Floats) -> Floats:
    """Activations (points, states), ups and downs each scaled down until their sum fits."""
    up, down = np.maximum(wanted, 0.0), np.minimum(wanted, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        up_scale = np.minimum(1.0, band.highest_mw / up.sum(axis=0))
        down_scale = np.minimum(1.0, band.lowest_mw / down.sum(axis=0))
    fitted: Floats = up * np.nan_to_num(up_scale) + down * np.nan_to_num(down_scale)
    return fitted


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Errors in the samples.

    Attributes:
        error_pct: per sample (S,) the largest error of an element's flow change, in % of the largest change
            that the band can bring to the same element. So an error is never hidden by the flows of others,
            nor grows because the ups and downs of a sample happen to cancel.
        significant: (S,) whether the sample moves some element by a tenth of its largest change.
        voltage_pu: lowest and highest voltage of any bus in all of them.
    """

    error_pct: Floats
    significant: NDArray[np.bool_]
    voltage_pu: tuple[float, float]


def random_activations(rng: np.random.Generator, points: int, samples: int, band: Band) -> Floats:
    """Activations of a random part of the points, in turn all up, all down or mixed; (points, samples)."""
    chosen = rng.random((points, samples)) < rng.uniform(0.1, 1.0, samples)
    size = rng.uniform(0.0, band.point_mw, (points, samples)) * chosen
    mixed = rng.choice([-1.0, 1.0], (points, samples))
    kind = np.arange(samples) % 3
    sign = np.where(kind == 0, 1.0, np.where(kind == 1, -1.0, mixed))
    return within(band, size * sign)


def directed_activations(ptdf: Floats, band: Band) -> Floats:
    """For every element the activations that move it most, forward then reverse, shape (points, 2 L).

    The most sensitive points are used first, each as far as it goes, until the band is used up.
    """
    order = np.argsort(-np.abs(ptdf), axis=1, kind="stable")
    strongest = np.take_along_axis(ptdf, order, axis=1)
    pushes = []
    for side in (1.0, -1.0):
        sign = np.sign(side * strongest)
        pushes.append(
            np.where(sign > 0, fill(sign > 0, band.highest_mw, band.point_mw), 0.0)
            - np.where(sign < 0, fill(sign < 0, -band.lowest_mw, band.point_mw), 0.0)
        )
    activations = np.empty((2, *ptdf.shape))
    for side_number, push in enumerate(pushes):
        np.put_along_axis(activations[side_number], order, push, axis=1)
    return activations.reshape(-1, ptdf.shape[1]).T


def strongest_pushes(ptdf: Floats, band: Band) -> Floats:
    """How far the activations of the band move each element, forward and reverse, in MW ≥ 0; shape (2, L).

    What `directed_activations` reaches, without listing the activations. It is the most there is within the
    linear model: ups go where the sensitivity has the sign of the side, downs where it has the other, so the
    two never compete for a connection point.
    """
    up, down = np.maximum(ptdf, 0.0), np.maximum(-ptdf, 0.0)
    forward = _best(up, band.highest_mw, band.point_mw) + _best(down, -band.lowest_mw, band.point_mw)
    reverse = _best(down, band.highest_mw, band.point_mw) + _best(up, -band.lowest_mw, band.point_mw)
    return np.stack([forward, reverse])


def _best(gain: Floats, total: float, each: float) -> Floats:
    """Largest sum of gain · MW per row, `total` MW spread over the columns, at most `each` a column.

    Using the largest gains first solves this linear programme exactly.
    """
    count = min(math.ceil(total / each), gain.shape[1]) if total > 0 else 0
    if not count:
        return np.zeros(len(gain))
    split = gain.shape[1] - count
    best = -np.sort(-np.partition(gain, split, axis=1)[:, split:], axis=1)
    amounts = np.minimum(each, total - each * np.arange(count))
    return np.asarray(best @ amounts)


def fill(chosen: NDArray[np.bool_], total: float, each: float) -> Floats:
    """Per row `each` for the chosen in their order until `total` is used up."""
    before = (np.cumsum(chosen, axis=1) - chosen) * each
    filled: Floats = np.clip(total - before, 0.0, each)
    return filled


def allowed(point: LinearPoint, activations: Floats, states: Numbers, limits_mw: Floats) -> Floats:
    """Activations scaled down until the linear model finds every element within its limits.

    An element beyond a limit already without activation stops nothing: else one overloaded element would
    leave nothing to measure.
    """
    flow, scale = point.base[:, states], np.ones(len(states))
    for ptdf in point.sensitivities:
        change = ptdf @ activations
        margin = np.where(change > 0, limits_mw[0][:, None] - flow, limits_mw[1][:, None] + flow)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where((change != 0) & (margin >= 0), margin / np.abs(change), np.inf)
        scale = np.minimum(scale, share.min(axis=0))
    scaled: Floats = activations * scale
    return scaled


class Measuring:
    """Compares the linear model of a point with AC power flows, as they are solved.

    Args:
        point: the operating point.
        band: that the activations are within.
        samples: how many are compared; what comes after these is not.
    """

    def __init__(self, point: LinearPoint, band: Band, samples: int) -> None:
        self._point = point
        largest = np.max([strongest_pushes(ptdf, band) for ptdf in point.sensitivities], axis=(0, 1))
        self._largest = point.rows.largest_of_each(largest)
        self._largest[self._largest == 0] = np.inf  # a band of one direction need not move an element
        self._left = samples
        self._errors: list[Floats] = []
        self._significant: list[NDArray[np.bool_]] = []
        self._voltage_pu = (np.inf, -np.inf)

    def add(self, activations: Floats, states: Numbers, voltage: Complex) -> None:
        """The next samples: MW at each point (N, S), the states (S,) they start from, and their AC voltages
        (n, S)."""
        count, self._left = min(self._left, states.size), max(self._left - states.size, 0)
        if not count:
            return
        activations, states, voltage = activations[:, :count], states[:count], voltage[:, :count]
        base = self._point.base[:, states]
        change = self._point.values(voltage) - base
        error = np.abs(self._point.linear(activations, states) - base - change) / self._largest[:, None]
        # Beyond a limit that it does not have no row counts.
        error[(self._point.rows.only[:, None] * change) < 0] = 0.0
        self._errors.append(100 * error.max(axis=0))
        moved = np.abs(change) > _LEAST_SHARE * self._largest[:, None]
        self._significant.append(np.asarray(moved.any(axis=0), dtype=np.bool_))
        magnitude, (lowest, highest) = np.abs(voltage), self._voltage_pu
        self._voltage_pu = min(lowest, float(magnitude.min())), max(highest, float(magnitude.max()))

    def accuracy(self) -> Accuracy:
        """Errors in all samples so far."""
        return Accuracy(np.concatenate(self._errors), np.concatenate(self._significant), self._voltage_pu)


def in_blocks(point: LinearPoint, activations: Floats, states: Numbers) -> Iterator[tuple[slice, Complex]]:
    """AC voltages (n, block) of activations (N, S) from the states (S,), a block of samples at a time.

    Raises:
        PowerFlowError: the grid cannot carry an activation; the band is too wide.
    """
    size = max(16, _BLOCK_NUMBERS // len(point.injection))
    for start in range(0, len(states), size):
        block = slice(start, start + size)
        injection = point.activated(activations[:, block], states[block])
        yield block, point.ac.solve(injection, point.voltage[:, states[block]])
