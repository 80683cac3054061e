"""The rows that a model of a grid may have: flows, polygons of currents, voltages."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from gateway.domain.grid import BranchEnd, ElementKind, Floats, Unit
from gateway.grids.ac import Complex, Numbers
from gateway.grids.pandapower_grid import GridData
from gateway.grids.rows import SIDES, RowAbout, Rows, joined


class RowKind(StrEnum):
    """What the rows of a model limit."""

    FLOW = "flow"
    """Active power of a branch, in MW, by what its current rating leaves for it."""
    CURRENT = "current"
    """Currents at both ends of a branch, in A, as sides of a polygon."""
    VOLTAGE = "voltage"
    """Voltages of buses, in p.u."""


_TURNS: Final = np.exp(1j * np.pi * np.arange(SIDES // 2) / (SIDES // 2))


def branch_rows(
    data: GridData, branches: Numbers, towards_from: NDArray[np.bool_], kinds: Collection[RowKind]
) -> Rows:
    """Rows of branches, of which some lead from their `to` end, nearer the reference, to their `from` end."""
    parts = []
    if RowKind.FLOW in kinds:
        # A winding is counted at its terminal, the end that is rated.
        at_from, at_to = np.isinf(data.rating_to[branches]), np.isinf(data.rating_from[branches])
        terminal = at_from | at_to
        to_end = np.where(terminal, at_to, towards_from)
        parts.append(
            flow_rows(data, branches, to_end, np.where(terminal & (towards_from ^ at_to), -1.0, 1.0))
        )
    if RowKind.CURRENT in kinds:
        parts += [_current_rows(data, branches, towards_from, at_to=at_to) for at_to in (False, True)]
    if parts:
        return joined(parts)
    nothing = np.zeros(0)
    return _rows(data, [], column=nothing, checked=np.zeros((0, 2)), weight=nothing, limit=nothing)


def flow_rows(data: GridData, branches: Numbers, to_end: NDArray[np.bool_], sign: Floats) -> Rows:
    """Active power entering branches at one of their ends, in MW."""
    count = len(data.names)
    about = [RowAbout(data.names[each], data.names[each], data.kinds[each], Unit.MW) for each in branches]
    checked = np.stack([branches, count + branches], axis=1)
    column = np.where(to_end, count + branches, branches)
    return _rows(
        data,
        about,
        column=column,
        checked=checked,
        weight=sign * data.ac.base_mva,
        limit=np.full(len(branches), np.nan),
    )


def _current_rows(data: GridData, branches: Numbers, towards_from: NDArray[np.bool_], *, at_to: bool) -> Rows:
    """Sides of the polygons of the currents at one end that is rated, positive away from the reference."""
    rating = data.rating_to if at_to else data.rating_from
    rated = np.isfinite(rating[branches])
    branches, towards_from = branches[rated], towards_from[rated]
    bus = (data.ac.bus_to if at_to else data.ac.bus_from)[branches]
    count, turns = len(data.names), len(_TURNS)
    end: BranchEnd = "to" if at_to else "from"
    about = [
        RowAbout(
            f"current at the {end} end of {data.names[each]} (side {turn})",
            data.names[each],
            data.kinds[each],
            Unit.AMPERE,
            end,
        )
        for each in branches
        for turn in range(turns)
    ]
    ampere = 1000 * data.base_ka[bus]
    sign = np.where(towards_from ^ at_to, -1.0, 1.0)
    every, place = np.repeat(branches, turns), branches + at_to * count
    return _rows(
        data,
        about,
        column=2 * count + every + at_to * count,
        checked=np.repeat(np.stack([place, place], axis=1), turns, axis=0),
        weight=((ampere * sign)[:, None] * _TURNS).ravel(),
        limit=np.repeat(rating[branches] * ampere * np.cos(np.pi / SIDES), turns),
    )


def voltage_rows(data: GridData) -> Rows:
    """Voltages of all buses that are not held and have a range, in p.u., as the distance from its middle."""
    lowest, highest = data.voltage_range
    buses = np.flatnonzero(~data.ac.voltage_held & (highest > lowest))
    branches = len(data.names)
    about = [
        RowAbout(f"voltage at {name}", name, ElementKind.VOLTAGE, Unit.PER_UNIT)
        for name in (data.internal_names[bus] for bus in buses.tolist())
    ]
    place = 2 * branches + buses
    rows = _rows(
        data,
        about,
        column=4 * branches + buses,
        checked=np.stack([place, place], axis=1),
        weight=np.ones(len(buses)),
        limit=(highest - lowest)[buses] / 2,
    )
    rows.offset[:] = (lowest + highest)[buses] / 2
    return rows


def _rows(
    data: GridData,
    about: Collection[RowAbout],
    *,
    column: NDArray[np.generic],
    checked: NDArray[np.generic],
    weight: Floats | Complex,
    limit: Floats,
) -> Rows:
    count, branches = len(about), len(data.names)
    places = (np.arange(count), np.asarray(column, dtype=np.intp))
    lowest, highest = data.voltage_range
    with np.errstate(invalid="ignore"):
        range_pu = np.stack([(lowest + highest) / 2, (highest - lowest) / 2])
    return Rows(
        about=tuple(about),
        weights=sparse.csr_array(
            (np.asarray(weight, dtype=np.complex128), places),
            shape=(count, 4 * branches + len(data.ac.voltage)),
        ),
        offset=np.zeros(count),
        limit=limit,
        checked=np.asarray(checked, dtype=np.intp),
        only=np.zeros(count, dtype=np.intp),
        rating=np.concatenate([data.rating_from, data.rating_to]),
        range_pu=range_pu,
    )
