"""Which elements of a grid a model has, and why it has no others."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.grid import Band, Floats, Unit
from gateway.grids.ac import Numbers
from gateway.grids.limits import base_limits
from gateway.grids.linear import Choice, LinearPoint, OperatingPointSpec, linear_points
from gateway.grids.pandapower_grid import GridData, NetworkError
from gateway.grids.ratings import LeftOut
from gateway.grids.row_candidates import RowKind
from gateway.grids.sampling import reach_of

LOADED: Final = 0.8
"""An element loaded to this share of its rating without any activation is always monitored."""
REACHED: Final = 0.5
"""An element that no activation of the band brings to this share of its limit is not `reachable`."""
REACHED_SIDE: Final = 0.65
"""Likewise a side of a polygon: its neighbours are in the model where the current may come near them."""
UNMOVED: Final = "no connection point moves it"
UNREACHED: Final = f"no activation of the band brings it to {REACHED:.0%} of its limit"
"""By the worst activation of the band for each element, found exactly for the linear model: the other half of
the limit stays for the errors of that model. What reactive power loads that far without any is in the
model."""
IMPLAUSIBLE: Final = 10.0
"""Nothing runs at 1,000 % of its rating without activation: the rating is wrong."""


@dataclass(frozen=True, slots=True)
class ModelScope:
    """What of a grid a model is about.

    Attributes:
        monitored: indices by table (`line`, `trafo`, `trafo3w`); None for all.
        reachable_only: leave out elements that no activation of the band brings to half of their limit, and
            that are loaded to less than `LOADED` without any.
        connection_points: pandapower buses; None for all with a load, generator or storage. The reference
            buses come first in any case.
        max_loading_pct: how far a thermal rating may be used.
        rows: which kinds of rows it has.
        voltage_pu: lowest and highest voltage of every bus; None for what the network states of each.
    """

    monitored: Mapping[str, Sequence[int]] | None = None
    reachable_only: bool = False
    connection_points: Sequence[int] | None = None
    max_loading_pct: float = 100.0
    rows: frozenset[RowKind] = frozenset({RowKind.FLOW})
    voltage_pu: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class ChosenElements:
    """The elements of a model.

    Attributes:
        points: their linear models, one for each operating point.
        left_out: monitored elements that were not chosen, and why.
    """

    points: Sequence[LinearPoint]
    left_out: tuple[LeftOut, ...]


def chosen_elements(
    everything: GridData, specs: Sequence[OperatingPointSpec], nodes: Numbers, band: Band, scope: ModelScope
) -> ChosenElements:
    """The elements within the scope that the band can bring near a limit, or all that it moves at all.

    Args:
        everything: the monitored elements.
        nodes: bus of each connection point.

    Raises:
        NetworkError: there is none, or a profile or a rating does not allow a model; the text states why.
    """
    share = scope.max_loading_pct / 100
    if not (math.isfinite(share) and share > 0):
        raise NetworkError(f"ratings cannot be used to {scope.max_loading_pct:g} %")
    everything = replace(
        everything,
        rating_from=everything.rating_from * share,
        rating_to=everything.rating_to * share,
        voltage_range=_range(everything, scope.voltage_pu),
    )
    implausible: dict[str, float] = {}

    def wanted(found: Sequence[LinearPoint]) -> NDArray[np.bool_]:
        rows = found[0].rows
        base = np.max([point.loading(point.voltage).max(axis=1) for point in found], axis=0)
        wrong: NDArray[np.bool_] = base > IMPLAUSIBLE
        wrong &= np.array([about.unit is not Unit.PER_UNIT for about in rows.about])
        implausible.update((rows.about[row].of, base[row]) for row in np.flatnonzero(wrong))
        if not (scope.reachable_only or rows.sides.any()):
            return ~wrong
        reach = reach_of(found, base_limits(found), band).max(axis=0)
        needed = np.where(rows.sides, REACHED_SIDE, REACHED if scope.reachable_only else 0.0)
        reached: NDArray[np.bool_] = reach >= needed
        return np.asarray((reached | (~rows.sides & (base >= LOADED))) & ~wrong)

    choice = linear_points(everything, specs, nodes, wanted, scope.rows)
    if not len(choice.points[0].rows):
        raise NetworkError(
            "no activation of the band brings any element near a limit, so there is nothing to protect: "
            "widen the band, or monitor all elements"
        )
    return ChosenElements(choice.points, (*everything.unrated, *_left_out(choice, implausible)))


def _range(data: GridData, voltage_pu: tuple[float, float] | None) -> Floats:
    """The voltages that the network allows, or these at every bus that has a name."""
    if voltage_pu is None:
        return data.voltage_range
    lowest, highest = voltage_pu
    if not 0 < lowest < highest < math.inf:
        raise NetworkError(f"{lowest:g} to {highest:g} p.u. is no range of voltages")
    found = np.full_like(data.voltage_range, np.nan)
    found[:, sorted(data.internal_names)] = np.array([[lowest], [highest]])
    return found


def _left_out(choice: Choice, implausible: Mapping[str, float]) -> Iterator[LeftOut]:
    for name, share in implausible.items():
        yield LeftOut(name, f"{share:,.0f} times its rating as base flow, which must be wrong")
    for name in choice.unmoved:
        yield LeftOut(name, UNMOVED)
    for name in choice.unreached:
        if name not in implausible:
            yield LeftOut(name, UNREACHED)
