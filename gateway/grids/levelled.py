"""An operating point whose sensitivities drift with the activation level, followed along its levels."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from gateway.domain.grid import Floats
from gateway.grids.ac import Numbers, PowerFlowError
from gateway.grids.linear import LinearPoint, around_state
from gateway.grids.pandapower_grid import NetworkError


@dataclass(frozen=True, eq=False)
class LevelledPoint(LinearPoint):
    """One operating point with sensitivities for K activation levels; between two the flow is interpolated.

    Attributes:
        levels_mw: total activation (up minus down), ascending, shape (K,).
        at_level: flow change per MW from no activation to each level, shape (K, L, N).
    """

    levels_mw: Floats
    at_level: Floats

    @property
    def sensitivities(self) -> Floats:
        """Shape (K, L, N)."""
        return self.at_level

    def linear(self, activations: Floats, states: Numbers) -> Floats:
        """Interpolated flow, shape (L, S)."""
        level = np.clip(activations.sum(axis=0), self.levels_mw[0], self.levels_mw[-1])
        above = np.clip(np.searchsorted(self.levels_mw, level), 1, self.levels_mw.size - 1)
        share = (level - self.levels_mw[above - 1]) / (self.levels_mw[above] - self.levels_mw[above - 1])
        parts, sample = np.zeros((self.levels_mw.size, level.size)), np.arange(level.size)
        parts[above - 1, sample], parts[above, sample] = 1 - share, share
        change = np.einsum("ks,kln,ns->ls", parts, self.at_level, activations, optimize=True)
        return np.asarray(self.base[:, states] + change)


def levelled(point: LinearPoint, levels_mw: Sequence[float], spread: Numbers) -> LevelledPoint:
    """The point with sensitivities for each of the levels.

    The change of a flow from no activation to a level, per MW, is the mean of its slope in between (Simpson's
    rule over three AC states), activation spread evenly over the connection points `spread`.

    Raises:
        NetworkError: fewer than two levels, not ascending, or a level without a power flow.
    """
    levels = np.asarray(levels_mw, dtype=np.float64)
    if levels.size < 2 or not (np.diff(levels) > 0).all():
        raise NetworkError("activation levels are two numbers or more, each above the one before")
    slopes: dict[float, Floats] = {}
    for level in levels.tolist():
        for at in (0.0, level / 2, level):
            if at not in slopes:
                slopes[at] = _slope(point, at, spread)
    means = [(slopes[0.0] + 4 * slopes[level / 2] + slopes[level]) / 6 for level in levels.tolist()]
    own = {field.name: getattr(point, field.name) for field in fields(LinearPoint)}
    return LevelledPoint(
        **own, levels_mw=levels, at_level=np.stack([point.rows.rounded(mean, -1) for mean in means])
    )


def _slope(point: LinearPoint, level_mw: float, spread: Numbers) -> Floats:
    """Sensitivities (L, N) at the mean state of the point and a total activation."""
    injection = point.injection.mean(axis=1, keepdims=True)
    power = level_mw / spread.size * (1 + 1j * point.reactive)
    np.add.at(injection[:, 0], point.nodes[spread], power / point.ac.base_mva)
    try:
        voltage = point.ac.solve(injection)[:, 0]
    except PowerFlowError as error:
        raise NetworkError(f"no power flow at an activation level of {level_mw:g} MW: {error}") from error
    around = point.ac.linearised(voltage)
    return around_state(around, point.rows, point.nodes, point.reactive)
