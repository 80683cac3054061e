"""The activation levels of a reduced grid model: given where they count, in order, and wide enough."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from gateway.domain.json_text import pointer
from gateway.grids.document import GridDocument
from gateway.grids.findings import GridFinding

_MEMBER = "activation_level_mw"


def check_levels(document: GridDocument, most_mw: float) -> Iterator[GridFinding]:
    """Findings on `points` and the levels of the operating points."""
    levels = [point.activation_level_mw for point in document.operating_points]
    given = [(index, level) for index, level in enumerate(levels) if level is not None]
    if document.points == "all":
        for index, _ in given:
            yield GridFinding(_place(index), 'is given, but `points` is not "interpolated"')
        return
    for index in sorted(set(range(len(levels))) - {index for index, _ in given}):
        yield GridFinding(_place(index), 'is missing, though `points` is "interpolated"')
    if len(levels) < 2:
        yield GridFinding(
            "/operating_points", "nothing to interpolate between: two levels or more are needed"
        )
    yield from _check_order(given, most_mw)
    if len(given) == len(levels) >= 2:
        yield from _check_cover(document, given[0][1], given[-1][1])
    yield from _check_base(document)


def _check_order(levels: Sequence[tuple[int, float]], most_mw: float) -> Iterator[GridFinding]:
    for index, level in levels:
        if not -most_mw <= level <= most_mw:
            yield GridFinding(_place(index), f"{level:g} MW is beyond ±{most_mw:,.0f} MW")
    for (_, before), (index, level) in pairwise(levels):
        if not level > before:
            yield GridFinding(_place(index), f"{level:g} MW is not above the level before it, {before:g} MW")


def _check_base(document: GridDocument) -> Iterator[GridFinding]:
    for index, point in enumerate(document.operating_points):
        if point.base_flow_mw != document.operating_points[0].base_flow_mw:
            place = pointer("operating_points", index, "base_flow_mw")
            yield GridFinding(place, "differs from that of the first; without activation there is one flow")


def _check_cover(document: GridDocument, lowest: float, highest: float) -> Iterator[GridFinding]:
    """Levels must reach as far as activation may: 0 is in every band."""
    for index, point in enumerate(document.operating_points):
        low, high = point.activation_band_mw
        if low < lowest or high > highest:
            yield GridFinding(
                pointer("operating_points", index, "activation_band_mw"),
                f"[{low:g}, {high:g}] is not within the activation levels, {lowest:g} to {highest:g} MW",
            )


def _place(index: int) -> str:
    return pointer("operating_points", index, _MEMBER)
