"""Activations on which AC power flows check a linear model: random, heavy, directed, at its limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.grid import Band, Floats
from gateway.grids.ac import Numbers
from gateway.grids.accuracy import (
    directed_activations,
    fill,
    random_activations,
    strongest_pushes,
    within,
)
from gateway.grids.linear import LinearPoint
from gateway.grids.rows import Rows

RANDOM_SAMPLES: Final = 300
HEAVY_SAMPLES: Final = 90
SPREAD_SAMPLES: Final = 1_500
"""Random activations as far as the band goes, where rows are currents and voltages: mixed ones at many points
lower voltages and raise currents in ways that no directed one does."""
LIMIT_SAMPLES: Final = 600
"""States at the limits of a side, spread evenly over operating points and the elements near theirs …"""
LIMIT_SAMPLES_EACH: Final = (3, 60)
"""… at least and at most so many for each."""
DRIVEN: Final = 0.7
"""Elements that the band can bring to this share of a limit are each driven there by AC power flows …"""
DRIVEN_AT_LEAST: Final = 100
"""… and so are the nearest to it, up to this number: errors are measured also where nothing is loaded."""
_MIXED: Final = 0.3
_WEAK: Final = 0.5
"""Of an element's largest sensitivity: a point below it hardly loads the element."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Activations (N, S) within the band, and the state (S,) each starts from, for one operating point.

    Errors are measured on the first `measured` of them.
    """

    point: LinearPoint
    activations: Floats
    states: Numbers
    measured: int


def heavy_activations(rng: np.random.Generator, points: int, samples: int, band: Band) -> Floats:
    """Activations that use up the band up, down, or both, at points drawn again each time, shape (N, S)."""
    order = np.argsort(rng.random((points, samples)), axis=0)
    kind = np.arange(samples) % 3
    before = np.arange(points)[:, None] * band.point_mw
    up = np.clip(band.highest_mw - before, 0.0, band.point_mw)
    down = np.clip(-band.lowest_mw - before, 0.0, band.point_mw)
    # Downs are at the end of the order drawn.
    signed = np.where(kind == 0, up, np.where(kind == 1, -down, up - down[::-1]))
    drawn: Floats = np.empty((points, samples))
    np.put_along_axis(drawn, order, signed, axis=0)
    return within(band, drawn)


def to_the_limit(
    rng: np.random.Generator, ptdf: Floats, margin_mw: Floats, band: Band, orders: int
) -> Floats:
    """Activations that bring each element to its limit, or as near as the band goes; (N, orders · L).

    Connection points are used one after the other, each as far as it goes, the most sensitive first and then
    in other orders, until the linear flow is at the limit: few points with much each err most.

    Args:
        rng: draws the orders.
        ptdf: sensitivities in the direction of the limit, shape (L, N).
        margin_mw: from the flow without activation to the limit, shape (L,).
        band: of the activations.
        orders: so many for each element.
    """
    size = np.abs(ptdf)
    largest = size.max(axis=1, keepdims=True)
    weak = size < _WEAK * largest
    # Against the sign of what loads the element: relief of its neighbours.
    against = -np.sign(np.take_along_axis(ptdf, size.argmax(axis=1)[:, None], axis=1))
    found = []
    for number in range(orders):
        weight = ptdf * rng.uniform(0.2, 1.0, ptdf.shape) if number else ptdf
        if number % 3 == 1:  # relieved and loaded in any order
            weight = weight + _MIXED * largest * rng.normal(size=ptdf.shape)
        elif number % 3 == 2:  # first what does not load the element, to relieve others
            relief = against * largest * rng.uniform(1.0, 2.0, ptdf.shape)
            weight = np.where(weak, relief, weight)
        order = np.argsort(-np.abs(weight), axis=1, kind="stable")
        sign, slope = (np.take_along_axis(each, order, axis=1) for each in (np.sign(weight), ptdf))
        amounts = np.where(
            sign > 0,
            fill(sign > 0, band.highest_mw, band.point_mw),
            -fill(sign < 0, -band.lowest_mw, band.point_mw),
        )
        after = np.cumsum(slope * amounts, axis=1)
        crossed = after > margin_mw[:, None]
        first = crossed & (np.cumsum(crossed, axis=1) == 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = 1 - (after - margin_mw[:, None]) / (slope * amounts)
        # Beyond its limit already, an element is relieved; by a point that does not move it, by nothing.
        part = np.where(np.isfinite(part), np.clip(part, -1.0, 1.0), 0.0)
        within = np.where(crossed.cumsum(axis=1) > 0, 0.0, amounts)
        within[first] = amounts[first] * part[first]
        activations = np.empty_like(ptdf)
        np.put_along_axis(activations, order, within, axis=1)
        found.append(activations)
    return np.concatenate(found).T


def reach_of(points: Sequence[LinearPoint], limits: Floats, band: Band) -> Floats:
    """The largest share of each limit to which the band can bring an element, forward and reverse, (2, L)."""
    reach = np.zeros_like(limits)
    for point in points:
        base = np.stack([point.base.max(axis=1), -point.base.min(axis=1)])
        for ptdf in point.sensitivities:
            np.maximum(reach, (base + strongest_pushes(ptdf, band)) / limits, out=reach)
    return reach


def samples_of(point: LinearPoint, band: Band, limits: Floats, *, at_limits: int) -> Samples:
    """Samples for AC power flows: every state without activation, random and heavy activations in
    random states, directed ones where an element is loaded most and least, and at its limit."""
    rng = np.random.default_rng(0)  # the same samples, and so the same model, for the same grid
    nodes, units = len(point.nodes), point.base.shape[1]
    random = random_activations(rng, nodes, RANDOM_SAMPLES, band)
    reach = reach_of([point], limits, band)
    driven = _driven(reach)
    for side in (0, 1):
        some = np.flatnonzero(driven[side])
        driven[side] = False
        driven[side, _each_once(point.rows, reach[side], some)] = True
    rows = np.flatnonzero(driven.any(axis=0))
    sides = driven[:, rows].ravel()
    directed = directed_activations(point.ptdf[rows], band)[:, sides]
    most, least = point.base[rows].argmax(axis=1), point.base[rows].argmin(axis=1)
    towards, against = np.r_[most, least][sides], np.r_[least, most][sides]
    other = towards != against
    anywhere = rng.integers(0, units, RANDOM_SAMPLES)
    parts = [(random, anywhere), (directed, towards), (directed[:, other], against[other])]
    measured = sum(len(found) for _, found in parts)
    heavy = heavy_activations(rng, nodes, HEAVY_SAMPLES, band)
    parts += [(heavy, rng.integers(0, units, HEAVY_SAMPLES)), (np.zeros((nodes, units)), np.arange(units))]
    if point.rows.only.any():
        spread = _to_the_band(random_activations(rng, nodes, SPREAD_SAMPLES, band), band)
        parts.append((spread, rng.integers(0, units, SPREAD_SAMPLES)))
    for side, sign in enumerate((1.0, -1.0)):
        near = _each_once(point.rows, reach[side], np.flatnonzero(reach[side] >= DRIVEN))
        loaded = (sign * point.base[near]).argmax(axis=1)
        margin = limits[side, near] - sign * point.base[near, loaded]
        orders = int(np.clip(at_limits // max(near.size, 1), *LIMIT_SAMPLES_EACH))
        pushed = to_the_limit(rng, sign * point.ptdf[near], margin, band, orders)
        parts.append((pushed, np.tile(loaded, orders)))
    activations, states = zip(*parts, strict=True)
    return Samples(point, np.hstack(activations), np.concatenate(states), measured)


def _to_the_band(activations: Floats, band: Band) -> Floats:
    """Each activation (N, S) as far as the band lets it go; the limits then scale it down."""
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.minimum.reduce(
            [
                band.highest_mw / np.maximum(activations, 0.0).sum(axis=0),
                -band.lowest_mw / np.maximum(-activations, 0.0).sum(axis=0),
                band.point_mw / np.abs(activations).max(axis=0),
            ]
        )
    return activations * np.where(np.isfinite(far), far, 1.0)


def _each_once(rows: Rows, reach: Floats, near: Numbers) -> Numbers:
    """Of these rows, of the sides of each polygon the one that comes nearest to its limit."""
    if not rows.sides.any():
        return near
    order = near[np.argsort(-reach[near], kind="stable")]
    of_which = np.where(rows.sides[order], rows.checked[order, 0], -1 - order)
    _, first = np.unique(of_which, return_index=True)
    return np.sort(order[first])


def _driven(reach: Floats) -> NDArray[np.bool_]:
    """Which elements are driven towards their forward and reverse limits, shape (2, L)."""
    driven: NDArray[np.bool_] = reach >= DRIVEN
    driven[:, np.argsort(-reach.max(axis=0), kind="stable")[:DRIVEN_AT_LEAST]] = True
    return driven
