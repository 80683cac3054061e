"""The exchange format of reduced grid models as typed objects; `reduced-grid-model.schema.json` publishes it.

Names carry units. Unknown members are refused, so a misspelt or foreign unit is never taken for another.
"""

from datetime import datetime
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct, field

from gateway.domain.grid import (
    ConstraintElement,
    ElementKind,
    Floats,
    OperatingPoint,
    ReducedGridModel,
    Reference,
)
from gateway.domain.market_time import Interval

Rows = list[list[float]]
Moment = Annotated[datetime, Meta(tz=True)]


class ValidityEntry(Struct, forbid_unknown_fields=True):
    """From `start` (in) to `end` (out), RFC 3339 with an offset."""

    start: Moment
    end: Moment


class ElementEntry(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A monitored element, see `ConstraintElement`."""

    id: str
    forward_limit_mw: float
    reverse_limit_mw: float
    kind: Literal["line", "transformer", "voltage", "current", "other"] = "line"
    margin_mw: float = 0.0
    emergency_forward_mw: float | None = None
    emergency_reverse_mw: float | None = None
    of_element: str | None = None
    scale: float = 1.0


class ReferenceEntry(Struct, forbid_unknown_fields=True):
    """A connection point's part of the balancing power."""

    node: str
    weight: float


class PointEntry(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An operating point, see `OperatingPoint`; matrices by rows."""

    name: str
    activation_band_mw: tuple[float, float]
    base_flow_mw: Rows
    ptdf: Rows
    activation_level_mw: float | None = None
    connection_point_activation_mw: float | None = None


class BranchEntry(Struct, forbid_unknown_fields=True):
    """A branch of the full grid; only ratios of reactances matter (one base or one voltage for all)."""

    id: str
    from_node: str = field(name="from")
    to_node: str = field(name="to")
    reactance: float


class TopologyEntry(Struct, forbid_unknown_fields=True):
    """The full grid, sent only where the receiver shall check the PTDF against it; never stored."""

    branches: list[BranchEntry]


class GridDocument(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The complete file."""

    format: Literal["flexgate-reduced-grid-model"]
    version: Literal["1.0"]
    grid: str
    validity: ValidityEntry
    elements: list[ElementEntry]
    connection_points: list[str]
    reference: list[ReferenceEntry]
    operating_points: list[PointEntry]
    area: str | None = None
    error_band_pct: float | None = None
    limits_include_error: bool = False
    points: Literal["all", "interpolated"] = "all"
    topology: TopologyEntry | None = None


def from_model(model: ReducedGridModel) -> GridDocument:
    """The exchange form of a model; it holds no topology because a model has none."""
    return GridDocument(
        format="flexgate-reduced-grid-model",
        version="1.0",
        grid=model.grid_id,
        area=model.area,
        validity=ValidityEntry(model.validity.start, model.validity.end),
        error_band_pct=model.error_band_pct,
        limits_include_error=model.limits_include_error,
        elements=[
            ElementEntry(
                element.element_id,
                element.forward_limit_mw,
                element.reverse_limit_mw,
                element.kind.value,
                element.margin_mw,
                element.emergency_forward_mw,
                element.emergency_reverse_mw,
                element.of_element,
                element.scale,
            )
            for element in model.elements
        ],
        connection_points=list(model.connection_points),
        points="all" if model.levels_mw() is None else "interpolated",
        reference=[ReferenceEntry(node, weight) for node, weight in model.reference.weights],
        operating_points=[
            PointEntry(
                name=point.name,
                activation_band_mw=point.activation_band_mw,
                base_flow_mw=point.base_flow_mw.tolist(),
                ptdf=point.ptdf.tolist(),
                activation_level_mw=point.activation_level_mw,
                connection_point_activation_mw=point.connection_point_activation_mw,
            )
            for point in model.operating_points
        ],
    )


def to_model(document: GridDocument) -> ReducedGridModel:
    """The model of a document that `check` found nothing wrong with; arrays are read-only."""
    return ReducedGridModel(
        grid_id=document.grid,
        area=document.area,
        validity=Interval(document.validity.start, document.validity.end),
        error_band_pct=document.error_band_pct,
        limits_include_error=document.limits_include_error,
        elements=tuple(
            ConstraintElement(
                entry.id,
                entry.forward_limit_mw,
                entry.reverse_limit_mw,
                ElementKind(entry.kind),
                entry.margin_mw,
                entry.emergency_forward_mw,
                entry.emergency_reverse_mw,
                entry.of_element,
                entry.scale,
            )
            for entry in document.elements
        ),
        connection_points=tuple(document.connection_points),
        reference=Reference(tuple((entry.node, entry.weight) for entry in document.reference)),
        operating_points=tuple(
            OperatingPoint(
                entry.name,
                _frozen(entry.base_flow_mw),
                _frozen(entry.ptdf),
                entry.activation_band_mw,
                entry.activation_level_mw,
                entry.connection_point_activation_mw,
            )
            for entry in document.operating_points
        ),
    )


def _frozen(rows: Rows) -> Floats:
    matrix = np.array(rows, dtype=np.float64)
    matrix.flags.writeable = False
    return matrix
