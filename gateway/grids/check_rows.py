"""The rows of a reduced grid model in other units than MW: limits, shapes, numbers in range."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from gateway.domain.json_text import pointer
from gateway.grids.document import GridDocument, RowEntry
from gateway.grids.findings import GridFinding, capped

MAX_VOLTAGE: Final = 2.0
"""p.u.; more is in kV or in %."""
MAX_CURRENT_A: Final = 1e6
REFERENCE_TOLERANCE: Final = 1e-3
"""Of the row's largest sensitivity."""


def check_rows(document: GridDocument) -> Iterator[GridFinding]:
    """Findings on `rows` and the matrices that belong to them."""
    yield from capped(_check_limits(document))
    shapes = [*capped(_check_shapes(document))]
    yield from shapes
    if not shapes and document.rows:
        yield from capped(_check_numbers(document))


def _check_limits(document: GridDocument) -> Iterator[GridFinding]:
    for index, row in enumerate(document.rows):
        place = pointer("rows", index)
        if row.lower is None and row.upper is None:
            yield GridFinding(place, "has neither a lower nor an upper limit")
        elif row.lower is not None and row.upper is not None and not row.lower <= row.upper:
            yield GridFinding(place, f"the lower limit {row.lower:g} is above the upper one {row.upper:g}")
        if (row.kind == "voltage") is not (row.unit == "p.u."):
            yield GridFinding(f"{place}/unit", f"a row of kind {row.kind} is not in {row.unit}")
        for name in ("lower", "upper", "emergency_lower", "emergency_upper"):
            limit = getattr(row, name)
            if limit is not None and not _plausible(row, limit):
                yield GridFinding(f"{place}/{name}", f"{limit:g} is no limit in {row.unit}")
        for name, side in (("lower", -1.0), ("upper", 1.0)):
            limit, emergency = getattr(row, name), getattr(row, f"emergency_{name}")
            if emergency is not None and (limit is None or side * emergency < side * limit):
                yield GridFinding(f"{place}/emergency_{name}", f"{emergency:g} is not beyond the limit")
        if not 0 <= row.margin <= MAX_CURRENT_A:
            yield GridFinding(f"{place}/margin", f"{row.margin:g} {row.unit} is no margin")
        if not 0 < row.scale <= MAX_CURRENT_A:
            yield GridFinding(
                f"{place}/scale", f"{row.scale:g} is not above 0 and up to {MAX_CURRENT_A:,.0f}"
            )


def _plausible(row: RowEntry, limit: float) -> bool:
    return 0 < limit <= MAX_VOLTAGE if row.unit == "p.u." else abs(limit) <= MAX_CURRENT_A


def _check_shapes(document: GridDocument) -> Iterator[GridFinding]:
    rows, nodes = len(document.rows), len(document.connection_points)
    for index, point in enumerate(document.operating_points):
        place = pointer("operating_points", index)
        if len(point.row_sensitivity) != rows:
            yield GridFinding(
                f"{place}/row_sensitivity", f"{len(point.row_sensitivity)} rows for {rows} of `rows`"
            )
        for number, each in enumerate(point.row_sensitivity):
            if len(each) != nodes:
                yield GridFinding(
                    f"{place}/row_sensitivity/{number}", f"{len(each)} numbers for {nodes} connection points"
                )
        units = len(point.base_flow_mw) if rows else 0
        if len(point.row_base) != units:
            yield GridFinding(
                f"{place}/row_base",
                f"{len(point.row_base)} rows, but `base_flow_mw` has {units} market time units",
            )
        for number, each in enumerate(point.row_base):
            if len(each) != rows:
                yield GridFinding(f"{place}/row_base/{number}", f"{len(each)} numbers for {rows} of `rows`")


def _check_numbers(document: GridDocument) -> Iterator[GridFinding]:
    voltage = np.array([row.unit == "p.u." for row in document.rows], dtype=np.bool_)
    most = np.where(voltage, MAX_VOLTAGE, MAX_CURRENT_A)
    column = {node: number for number, node in enumerate(document.connection_points)}
    known = [entry for entry in document.reference if entry.node in column]
    columns, weights = [column[entry.node] for entry in known], np.array([entry.weight for entry in known])
    for index, point in enumerate(document.operating_points):
        place = pointer("operating_points", index)
        base, slope = np.array(point.row_base), np.array(point.row_sensitivity)
        for unit, row in np.argwhere((np.abs(base) > most) | (voltage & (base <= 0))):
            yield GridFinding(
                f"{place}/row_base/{unit}/{row}",
                f"{base[unit, row]:g} is no value in {document.rows[row].unit}",
            )
        for row, node in np.argwhere(np.abs(slope) > most[:, None]):
            yield GridFinding(
                f"{place}/row_sensitivity/{row}/{node}", f"{slope[row, node]:g} is beyond ±{most[row]:g}"
            )
        of_reference = slope[:, columns] @ weights
        largest = np.abs(slope).max(axis=1)
        for row in np.flatnonzero(np.abs(of_reference) > REFERENCE_TOLERANCE * np.maximum(largest, 1e-9)):
            yield GridFinding(
                f"{place}/row_sensitivity/{row}",
                f"the sensitivity to the reference itself is {of_reference[row]:.4g}, not 0: computed with "
                "another reference, or its signs were dropped",
            )
