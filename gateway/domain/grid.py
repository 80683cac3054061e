"""Reduced grid models: what a DSO discloses of its grid.

A model holds limits, signed flows and signed sensitivities (PTDF) of monitored elements. Impedances,
switches, locations and customers never enter it; sensitivities still disclose which points lie below which
element of a radial grid (`gateway.grids.disclosure`).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gateway.domain.market_time import Interval, MtuGrid

Floats = NDArray[np.float64]
BranchEnd = Literal["from", "to"]


class ElementKind(StrEnum):
    """What a row monitors."""

    LINE = "line"
    TRANSFORMER = "transformer"
    VOLTAGE = "voltage"
    """A voltage that leaves its range."""
    CURRENT = "current"
    """A current limit other than a thermal one, e.g. of a protection setting."""
    OTHER = "other"


class Unit(StrEnum):
    """In which a row's values and limits are; its sensitivities are in this unit per MW."""

    MW = "MW"
    AMPERE = "A"
    """A side of a polygon within the circle of a current rating: the current turned by an angle."""
    PER_UNIT = "p.u."
    """Of the nominal voltage."""


@dataclass(frozen=True, slots=True)
class ConstraintElement:
    """A row of a model: something monitored, with its limits, in the row's unit and with its sign.

    A value is within limits when `lower <= value <= upper`; `margin` of either is reserved, because base
    values are forecasts.

    Attributes:
        lower, upper: infinite where the row has no limit on that side.
        emergency_lower, emergency_upper: how far the value may go where a gate's demand comes first;
            None where its operator did not agree to that.
        of_element: the physical element that this row describes with others (contingencies, parts, sides of a
            polygon): it is overloaded once, by the worst of them. None for one of its own.
        scale: units of an excess that count as 1 MW of other elements, for rows of other kinds.
        end: of the branch at which the row is counted, `from` or `to`; None where that says nothing.
    """

    element_id: str
    lower: float
    upper: float
    kind: ElementKind = ElementKind.LINE
    unit: Unit = Unit.MW
    margin: float = 0.0
    emergency_lower: float | None = None
    emergency_upper: float | None = None
    of_element: str | None = None
    scale: float = 1.0
    end: BranchEnd | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """For which activations a model holds: what may be activated together, in MW.

    Ups and downs are bounded each by themselves, because they do not cancel where they are apart: a line
    between them has the flow of both. At one connection point only what is left of ups and downs flows.

    Attributes:
        lowest_mw: sum of all down activations, ≤ 0.
        highest_mw: sum of all up activations, ≥ 0.
        point_mw: most at one connection point, ups less downs, in either direction; infinite without a bound.

    Raises:
        ValueError: the band is none around 0.
    """

    lowest_mw: float
    highest_mw: float
    point_mw: float = math.inf

    def __post_init__(self) -> None:
        if not (self.lowest_mw <= 0 <= self.highest_mw and self.lowest_mw < self.highest_mw):
            raise ValueError(f"[{self.lowest_mw:g}, {self.highest_mw:g}] MW is no band around 0")
        if not self.point_mw > 0:
            raise ValueError("the largest activation of a connection point must be above 0 MW")


def point_name(node: str) -> str:
    """Name of a connection point where it limits bids, as elements do."""
    return f"connection point {node}"


def band_names(nodes: Iterable[str]) -> tuple[str, ...]:
    """Limits of bids other than elements: the band up, the band down, and each of these connection points."""
    return ("activation band up", "activation band down", *map(point_name, nodes))


@dataclass(frozen=True, slots=True, eq=False)
class OperatingPoint:
    """One state of the grid around which the linear model holds.

    Attributes:
        name: e.g. `evening peak`.
        base_flow_mw: value of each row without any activation, in its unit (MW of the flow of an element),
            shape (T, L), or (1, L) where it is the same in every market time unit of the model's validity.
        ptdf: change of each row, in its unit, per MW injected at a connection point and withdrawn at the
            reference, signed, shape (L, N).
        activation_band_mw: (lowest, highest): sums of all down and of all up activations for which the
            model's builder vouches.
        activation_level_mw: total activation (up minus down) for which the sensitivities hold; None: for any.
        connection_point_activation_mw: most that is activated at one connection point, ups less downs, in
            either direction, for which the builder vouches; None: as much as the band.
    """

    name: str
    base_flow_mw: Floats
    ptdf: Floats
    activation_band_mw: tuple[float, float]
    activation_level_mw: float | None = None
    connection_point_activation_mw: float | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the balancing power of a PTDF comes from: weights per node, summing to 1.

    A PTDF without its reference is not defined; several references change it by up to 0.5.
    """

    weights: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class ReducedGridModel:
    """One grid for one validity period.

    Attributes:
        grid_id: the grid's name, unique over all DSOs.
        area: EIC of the area it lies in, if it has one.
        validity: the period for which it was made.
        elements: the L monitored elements.
        connection_points: names of the N nodes at which units may hang.
        operating_points: at least one; if they have activation levels, all have, in ascending order and with
            the same base flows, and between two levels the flow is interpolated.
        reference: the slack convention shared by all operating points.
        error_band_pct: accuracy the builder states: the largest error of an element's flow change, in % of
            the largest change the band can bring to it; None if not stated.
        limits_include_error: whether the limits were reduced for that error already; if not, every element
            reserves that share of its change.
    """

    grid_id: str
    validity: Interval
    elements: tuple[ConstraintElement, ...]
    connection_points: tuple[str, ...]
    operating_points: tuple[OperatingPoint, ...]
    reference: Reference
    area: str | None = None
    error_band_pct: float | None = None
    limits_include_error: bool = False
    _node_index: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        index = {node: position for position, node in enumerate(self.connection_points)}
        object.__setattr__(self, "_node_index", index)

    @property
    def mtu_count(self) -> int:
        """Market time units for which base flows are given (1 = constant over the validity)."""
        return max(len(point.base_flow_mw) for point in self.operating_points)

    def node_index(self, node: str) -> int:
        """Position of a connection point in PTDF columns.

        Raises:
            KeyError: the grid has no such connection point.
        """
        return self._node_index[node]

    def unmoving_references(self) -> tuple[str, ...]:
        """Reference nodes that are connection points and move no element: all that is injected there is
        withdrawn there. Of several nodes that share the reference none is such a one.
        """
        nodes = [node for node, _ in self.reference.weights if node in self._node_index]
        return tuple(
            node
            for node in nodes
            if not any(point.ptdf[:, self.node_index(node)].any() for point in self.operating_points)
        )

    def limits_mw(self) -> tuple[Floats, Floats]:
        """Lower and upper flow limits, each of shape (L,)."""
        lower = np.array([element.lower for element in self.elements])
        upper = np.array([element.upper for element in self.elements])
        return lower, upper

    def reserved(self) -> tuple[Floats, Floats]:
        """Share of its change, and MW, that each element reserves within its limits; each of shape (L,)."""
        share = 0.0 if self.limits_include_error else (self.error_band_pct or 0.0) / 100
        margin = np.array([element.margin for element in self.elements])
        return np.full(len(self.elements), share), margin

    def emergency_limits_mw(self) -> tuple[Floats, Floats]:
        """Lower and upper flow limits where demand comes first, each of shape (L,); NaN where not agreed."""
        lower = [_or_nan(element.emergency_lower) for element in self.elements]
        upper = [_or_nan(element.emergency_upper) for element in self.elements]
        return np.array(lower), np.array(upper)

    def of_element(self) -> NDArray[np.int64]:
        """Number of the physical element of each row, shape (L,)."""
        names = [element.of_element or element.element_id for element in self.elements]
        number = {name: position for position, name in enumerate(dict.fromkeys(names))}
        return np.array([number[name] for name in names], dtype=np.int64)

    def scale(self) -> Floats:
        """Divisor of an excess over each row, shape (L,)."""
        return np.array([element.scale for element in self.elements])

    def band(self) -> Band:
        """The activations for which all operating points hold.

        Raises:
            ValueError: there is none but 0.
        """
        bands = [point.activation_band_mw for point in self.operating_points]
        each = [point.connection_point_activation_mw for point in self.operating_points]
        return Band(
            max(low for low, _ in bands),
            min(high for _, high in bands),
            min((most for most in each if most is not None), default=math.inf),
        )

    def levels_mw(self) -> Floats | None:
        """Activation level of each operating point, shape (K,); None where all hold at every level."""
        levels = [point.activation_level_mw for point in self.operating_points]
        return None if None in levels else np.array(levels)

    def base_flows_on(self, grid: MtuGrid) -> Floats:
        """Base flows of every operating point in the units of `grid`, shape (K, T, L).

        A model with hourly flows serves a quarter-hour gate: each unit has the flows of its hour.

        Raises:
            ValueError: the model's validity does not cover the period.
        """
        if not self.validity.contains(grid.period):
            raise ValueError(
                f"grid {self.grid_id} is valid for {self.validity}, which does not cover {grid.period}"
            )
        offset_s = grid.starts_s() - int(self.validity.start.timestamp())
        flows = []
        for point in self.operating_points:
            rows = point.base_flow_mw.shape[0]
            step_s = self.validity.duration.total_seconds() / rows
            flows.append(point.base_flow_mw[(offset_s // step_s).astype(np.intp)])
        return np.stack(flows)

    def ptdf(self) -> Floats:
        """PTDF of every operating point, shape (K, L, N)."""
        return np.stack([point.ptdf for point in self.operating_points])


@dataclass(frozen=True, slots=True)
class UsedModel:
    """The model of a grid that a run was decided with.

    Attributes:
        model_id: of the grid's models, from 1. taken_at: since when it is in use.
    """

    grid_id: str
    model_id: int
    taken_at: datetime


def _or_nan(limit: float | None) -> float:
    return np.nan if limit is None else limit
