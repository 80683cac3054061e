"""The exchange format of reduced grid models as typed objects; `reduced-grid-model.schema.json` publishes it.

Names carry units. Unknown members are refused, so a misspelt or foreign unit is never taken for another.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct, field

from gateway.domain.grid import (
    BranchEnd,
    ConstraintElement,
    ElementKind,
    Floats,
    OperatingPoint,
    ReducedGridModel,
    Reference,
    Unit,
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


class RowEntry(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A row in another unit than MW, see `ConstraintElement`; limits have the sign of the value, one may be
    left out."""

    id: str
    kind: Literal["line", "transformer", "voltage", "current", "other"]
    unit: Literal["A", "p.u."]
    lower: float | None = None
    upper: float | None = None
    margin: float = 0.0
    emergency_lower: float | None = None
    emergency_upper: float | None = None
    of_element: str | None = None
    end: BranchEnd | None = None
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
    row_base: Rows = field(default_factory=list)
    row_sensitivity: Rows = field(default_factory=list)


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
    rows: list[RowEntry] = field(default_factory=list)


def from_model(model: ReducedGridModel) -> GridDocument:
    """The exchange form of a model; it holds no topology because a model has none."""
    flows, others = _split(model.elements)
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
                element.upper,
                -element.lower + 0.0,
                element.kind.value,
                element.margin,
                element.emergency_upper,
                None if element.emergency_lower is None else -element.emergency_lower + 0.0,
                element.of_element,
                element.scale,
            )
            for element in (model.elements[row] for row in flows)
        ],
        rows=[
            RowEntry(
                row.element_id,
                row.kind.value,
                "p.u." if row.unit is Unit.PER_UNIT else "A",
                _given(row.lower),
                _given(row.upper),
                row.margin,
                row.emergency_lower,
                row.emergency_upper,
                row.of_element,
                row.end,
                row.scale,
            )
            for row in (model.elements[row] for row in others)
        ],
        connection_points=list(model.connection_points),
        points="all" if model.levels_mw() is None else "interpolated",
        reference=[ReferenceEntry(node, weight) for node, weight in model.reference.weights],
        operating_points=[
            PointEntry(
                name=point.name,
                activation_band_mw=point.activation_band_mw,
                base_flow_mw=point.base_flow_mw[:, flows].tolist(),
                ptdf=point.ptdf[flows].tolist(),
                row_base=point.base_flow_mw[:, others].tolist() if others else [],
                row_sensitivity=point.ptdf[others].tolist(),
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
        elements=(
            *(
                ConstraintElement(
                    entry.id,
                    lower=-entry.reverse_limit_mw + 0.0,
                    upper=entry.forward_limit_mw,
                    kind=ElementKind(entry.kind),
                    margin=entry.margin_mw,
                    emergency_lower=None
                    if entry.emergency_reverse_mw is None
                    else -entry.emergency_reverse_mw + 0.0,
                    emergency_upper=entry.emergency_forward_mw,
                    of_element=entry.of_element,
                    scale=entry.scale,
                )
                for entry in document.elements
            ),
            *(
                ConstraintElement(
                    entry.id,
                    lower=-math.inf if entry.lower is None else entry.lower,
                    upper=math.inf if entry.upper is None else entry.upper,
                    kind=ElementKind(entry.kind),
                    unit=Unit(entry.unit),
                    margin=entry.margin,
                    emergency_lower=entry.emergency_lower,
                    emergency_upper=entry.emergency_upper,
                    of_element=entry.of_element,
                    scale=entry.scale,
                    end=entry.end,
                )
                for entry in document.rows
            ),
        ),
        connection_points=tuple(document.connection_points),
        reference=Reference(tuple((entry.node, entry.weight) for entry in document.reference)),
        operating_points=tuple(
            OperatingPoint(
                entry.name,
                _all_rows(entry.base_flow_mw, entry.row_base, axis=1),
                _all_rows(entry.ptdf, entry.row_sensitivity, axis=0),
                entry.activation_band_mw,
                entry.activation_level_mw,
                entry.connection_point_activation_mw,
            )
            for entry in document.operating_points
        ),
    )


def _given(limit: float) -> float | None:
    return limit if math.isfinite(limit) else None


def _split(elements: Sequence[ConstraintElement]) -> tuple[list[int], list[int]]:
    """Which are flows in MW, and which are rows in other units."""
    of_flows = [element.unit is Unit.MW for element in elements]
    every = range(len(of_flows))
    return [row for row in every if of_flows[row]], [row for row in every if not of_flows[row]]


def _all_rows(flows: Rows, others: Rows, *, axis: int) -> Floats:
    """One matrix of flows and of the other rows behind them."""
    matrix = np.array(flows, dtype=np.float64)
    if others:
        behind = np.array(others, dtype=np.float64)
        matrix = np.concatenate([matrix, behind], axis=axis) if matrix.size else behind
    matrix.flags.writeable = False
    return matrix
