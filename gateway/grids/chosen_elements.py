"""Which elements of a grid a model has, and why it has no others."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.grid import Band
from gateway.grids.ac import Numbers
from gateway.grids.accuracy import loading
from gateway.grids.limits import base_limits
from gateway.grids.linear import Choice, LinearPoint, OperatingPointSpec, linear_points
from gateway.grids.pandapower_grid import GridData, NetworkError
from gateway.grids.ratings import LeftOut
from gateway.grids.sampling import reach_of
from gateway.grids.tightening import Ratings

LOADED: Final = 0.8
"""An element loaded to this share of its rating without any activation is always monitored."""
REACHED: Final = 0.5
"""An element that no activation of the band brings to this share of its limit is not `reachable`."""
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
    """

    monitored: Mapping[str, Sequence[int]] | None = None
    reachable_only: bool = False
    connection_points: Sequence[int] | None = None
    max_loading_pct: float = 100.0


@dataclass(frozen=True, eq=False)
class ChosenElements:
    """The elements of a model.

    Attributes:
        data: of these elements alone.
        points: their linear models, one for each operating point.
        ratings: as far as they may be used.
        left_out: monitored elements that were not chosen, and why.
    """

    data: GridData
    points: Sequence[LinearPoint]
    ratings: Ratings
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
    ratings = (everything.rating_from * share, everything.rating_to * share)
    implausible: dict[int, float] = {}

    def wanted(found: Sequence[LinearPoint], rows: Numbers) -> NDArray[np.bool_]:
        own = (ratings[0][rows], ratings[1][rows])
        base = np.max([loading(point.ac, point.voltage, own).max(axis=1) for point in found], axis=0)
        wrong: NDArray[np.bool_] = base > IMPLAUSIBLE
        implausible.update(zip(rows[wrong].tolist(), base[wrong].tolist(), strict=True))
        if not scope.reachable_only:
            return ~wrong
        reached: NDArray[np.bool_] = reach_of(found, base_limits(found, own), band).max(axis=0) >= REACHED
        return np.asarray((reached | (base >= LOADED)) & ~wrong)

    choice = linear_points(everything, specs, nodes, wanted)
    if not len(choice.rows):
        raise NetworkError(
            "no activation of the band brings any element near a limit, so there is nothing to protect: "
            "widen the band, or monitor all elements"
        )
    return ChosenElements(
        everything.select(choice.rows),
        choice.points,
        (ratings[0][choice.rows], ratings[1][choice.rows]),
        (*everything.unrated, *_left_out(everything, choice, implausible)),
    )


def _left_out(data: GridData, choice: Choice, implausible: Mapping[int, float]) -> Iterator[LeftOut]:
    for row, share in implausible.items():
        yield LeftOut(data.names[row], f"{share:,.0f} times its rating as base flow, which must be wrong")
    for row in choice.unmoved:
        yield LeftOut(data.names[row], UNMOVED)
    for row in choice.unreached:
        if row not in implausible:
            yield LeftOut(data.names[row], UNREACHED)
