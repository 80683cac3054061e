"""The numbers of a reduced grid model's matrices: in range, in MW, signed, and true to their reference."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bounds import MAX_PTDF
from gateway.domain.grid import Floats
from gateway.domain.json_text import pointer
from gateway.grids.document import GridDocument
from gateway.grids.findings import GridFinding, capped

MAX_OVERLOAD: Final = 20.0
"""No element runs at 2,000 % of its limit; flow and limit are in different units."""
REFERENCE_TOLERANCE: Final = 1e-3
"""Allowance for PTDF rounded to three digits."""


def check_matrices(document: GridDocument, most_mw: float) -> Iterator[GridFinding]:
    """Findings on base flows and sensitivities whose shapes are right."""
    highest = np.array([max(e.forward_limit_mw, e.reverse_limit_mw) for e in document.elements])
    positive = negative = False
    for index, point in enumerate(document.operating_points):
        base = np.array(point.base_flow_mw)
        ptdf = np.array(point.ptdf).reshape(len(document.elements), len(document.connection_points))
        place = pointer("operating_points", index)
        yield from capped(_check_base(base, highest, most_mw, f"{place}/base_flow_mw"))
        too_large = ~(np.abs(ptdf) <= MAX_PTDF)
        yield from capped(_where(too_large, ptdf, f"{place}/ptdf", f"beyond ±{MAX_PTDF:g} MW per MW"))
        positive |= bool((ptdf > 0).any())
        negative |= bool((ptdf < 0).any())
    if positive and not negative:
        yield _magnitudes()
    elif document.operating_points and not negative and not _rows_move(document):
        yield GridFinding("/operating_points", "all sensitivities are 0, so the model would limit nothing")


def _rows_move(document: GridDocument) -> bool:
    """Whether any row in another unit has a sensitivity."""
    return any(any(row) for point in document.operating_points for row in point.row_sensitivity)


def _check_base(base: Floats, highest: Floats, most_mw: float, place: str) -> Iterator[GridFinding]:
    too_large = ~(np.abs(base) <= most_mw)
    yield from _where(too_large, base, place, f"beyond ±{most_mw:,.0f} MW")
    beyond = ~too_large & (highest > 0) & (np.abs(base) > MAX_OVERLOAD * highest)
    reason = f"more than {MAX_OVERLOAD:.0f} times the element's limit; are both in MW?"
    yield from _where(beyond, base, place, reason)


def _magnitudes() -> GridFinding:
    """Absolute values are never usable: they do not distinguish relief from load.

    The direction in which an element counts as forward is free, so a signed model has no negative sensitivity
    only if all its elements were directed towards the reference. The format requires the opposite, and a
    model that follows it passes. A model of magnitudes never passes.
    """
    return GridFinding(
        "/operating_points",
        "no sensitivity is negative, as in a model of absolute values, which cannot be used. If the signs "
        "are true, direct the elements away from the reference: negate flows and sensitivities, swap limits",
    )


def _where(bad: NDArray[np.bool_], values: Floats, place: str, reason: str) -> Iterator[GridFinding]:
    for row, column in np.argwhere(bad):
        yield GridFinding(f"{place}/{row}/{column}", f"{values[row, column]:g} is {reason}")


def check_reference_columns(document: GridDocument) -> Iterator[GridFinding]:
    """What is injected at the reference is withdrawn there, so its weighted columns must cancel."""
    column = {node: number for number, node in enumerate(document.connection_points)}
    columns = [column[entry.node] for entry in document.reference]
    weights = np.array([entry.weight for entry in document.reference])
    for index, point in enumerate(document.operating_points):
        ptdf = np.array(point.ptdf).reshape(len(document.elements), len(document.connection_points))
        yield from capped(_check_columns(ptdf[:, columns] @ weights, index))


def _check_columns(at_reference: Floats, index: int) -> Iterator[GridFinding]:
    for row in np.flatnonzero(np.abs(at_reference) > REFERENCE_TOLERANCE):
        yield GridFinding(
            pointer("operating_points", index, "ptdf", int(row)),
            f"the sensitivity to the reference itself is {at_reference[row]:.4g}, not 0: computed with "
            "another reference, or its signs were dropped",
        )
