"""What an area of the demo is: a reduced model, what hangs on it, and where things lie."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain.grid import ReducedGridModel

Position = tuple[float, float]
"""Longitude and latitude in degrees."""


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """A technical unit: where it hangs and what it can do at most, in MW above and below its schedule."""

    unit_id: str
    node: str
    technology: str
    max_up_mw: float
    max_down_mw: float


@dataclass(frozen=True, slots=True, eq=False)
class DemoGrid:
    """One area: its model, what is connected to it, and where things lie (which is in no model).

    Attributes:
        coordinates: of every node.
        segments: the way of every line on the map; a transformer is one place.
    """

    model: ReducedGridModel
    units: tuple[DemoUnit, ...]
    coordinates: Mapping[str, Position]
    segments: Mapping[str, tuple[Position, ...]]
