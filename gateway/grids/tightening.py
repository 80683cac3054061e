"""Limits under which no state that the linear model allows loads an element beyond its rating.

A limit in MW of active power does not know what voltages and reactive flows do to a current. It is tightened
by what AC power flows find in states that the model allows with the limits so far: where a current is beyond
its rating, the limit falls below the linear flow of that state; a state whose currents are within their
ratings tightens nothing. This is repeated with the new limits, until none of them overloads anything.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.grid import Floats
from gateway.grids.ac import Numbers
from gateway.grids.accuracy import Measuring, allowed, in_blocks
from gateway.grids.linear import LinearPoint
from gateway.grids.sampling import Samples

ROUNDS: Final = 30
MARGIN: Final = 0.45
"""Of what a limit was tightened by, added to it: states that were not drawn are worse. With 0.2,
lists of a feeder reached 100.7 % by AC power flow, beyond the half per cent that is promised."""
_WITHIN: Final = 1 + 1e-9


def tightened(samples: Sequence[Samples], limits_mw: Floats, measuring: Sequence[Measuring]) -> Floats:
    """Limits (2, L) under which none of the samples that they allow overloads an element.

    None is above `limits_mw`. The limit of elements beyond it without any activation stays: the model lets
    nothing load them further.

    Args:
        samples: of each operating point.
        limits_mw: of the rows, each in its unit.
        measuring: one for each point; it receives the power flows that `limits_mw` allow.

    Raises:
        PowerFlowError: the grid cannot carry an activation.
    """
    limits, left = limits_mw, [np.arange(each.states.size) for each in samples]
    known: Sequence[Measuring | None] = measuring
    for _ in range(ROUNDS):
        bound, found = limits, []
        for each, chosen, errors in zip(samples, left, known, strict=True):
            scaled = allowed(each.point, each.activations[:, chosen], each.states[chosen], limits)
            own, over = _bound(each.point, scaled, each.states[chosen], limits, errors=errors)
            bound = np.minimum(bound, own)
            found.append(chosen[over])  # less of a state that overloads nothing overloads nothing either
        left, known = found, [None] * len(samples)
        if not (bound < limits).any():
            break
        limits = bound
    base = np.max(
        [np.stack([each.point.base.max(axis=1), -each.point.base.min(axis=1)]) for each in samples],
        axis=0,
    )
    # The margin alone never shuts an element whose base flow is within its rating.
    with np.errstate(invalid="ignore"):
        safe = np.maximum(limits - MARGIN * (limits_mw - limits), np.minimum(limits, base))
    return np.where(np.isfinite(limits_mw), safe, np.inf)


def _bound(
    point: LinearPoint,
    activations: Floats,
    states: Numbers,
    limits_mw: Floats,
    *,
    errors: Measuring | None,
) -> tuple[Floats, NDArray[np.bool_]]:
    """The linear flow of each side and element at which a current reaches its rating, where one exceeds it,
    shape (2, L), and the activations that do so, shape (S,).

    From no activation on a current grows at most as its chord does: it is a magnitude, thus convex
    in what drives it. Where the linear flow does not grow with it, the flow over the loading is the bound.
    """
    bound, exceeding = limits_mw.copy(), np.zeros(states.size, dtype=np.bool_)
    sides, limited = point.rows.sides, point.rows.limited[:, :, None]
    idle = point.loading(point.voltage)
    for block, voltage in in_blocks(point, activations, states):
        if errors is not None:
            errors.add(activations[:, block], states[block], voltage)
        real, before = point.loading(voltage), idle[:, states[block]]
        linear, base = point.linear(activations[:, block], states[block]), point.base[:, states[block]]
        flow, start = np.stack([linear, -linear]), np.stack([base, -base])
        over = (real > _WITHIN) & (flow > 0) & (flow <= limits_mw[:, :, None] * _WITHIN)
        over &= limited
        exceeding[block] = over.any(axis=(0, 1))
        # Only what is overloaded most: its own limit may keep the others' currents within their ratings.
        over &= real == np.where(over, real, 0.0).max(axis=(0, 1))
        if sides.any():  # all sides of a polygon are of one current: the nearest to its limit gives way
            near = np.where(over, flow / limits_mw[:, :, None], 0.0)
            over[:, sides] &= near[:, sides] == near.max(axis=(0, 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            chord = start + (1 - before) / (real - before) * (flow - start)
        at_rating = np.where((before < 1) & (flow > start) & (start >= 0), chord, flow / real)
        np.minimum(bound, np.where(over, at_rating, np.inf).min(axis=2), out=bound)
    return bound, exceeding
