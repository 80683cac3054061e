"""Numbers of a document beyond the bounds agreed with its sender, each where it stands."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np

from gateway.domain.bounds import Beyond, NumberBounds, largest, numbers_beyond
from gateway.domain.document import CanonicalDocument, ReserveBids
from gateway.domain.json_text import pointer
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.check.rules import NUMBERS, bids_beyond
from gateway.intake.read.json_places import JsonPlaces
from gateway.intake.read.source_location import MOST_PLACES, Places

_GROUPS: Final = {"periods": "Period", "points": "Point"}


def bound_findings(document: CanonicalDocument, bounds: NumberBounds, places: Places) -> list[Finding]:
    """Say which numbers are beyond their bounds; of many the first ones."""
    if isinstance(document, ReserveBids):
        return bids_beyond(document.bids, bounds, places)
    found = list(islice(numbers_beyond(document, bounds), MOST_PLACES))
    if isinstance(places, JsonPlaces):
        return [replace(_finding(one), path=pointer(*one.steps)) for one in found]
    return places.located([_finding(one) for one in found])


def within_bounds(document: CanonicalDocument, bounds: NumberBounds) -> CanonicalDocument:
    """The document with numbers of bids beyond their bounds put on them."""
    if not isinstance(document, ReserveBids):
        return document
    columns = {
        name: np.clip(getattr(document.bids, name), -most, most)
        for name in NUMBERS
        for most in (largest(name, bounds),)
    }
    return replace(document, bids=replace(document.bids, **columns))


def _finding(one: Beyond) -> Finding:
    path = "/".join(_steps(one.steps)) or None
    return Finding(Stage.RULES, ReasonCode.OUT_OF_RANGE, one.message, path=path, series=one.series)


def _steps(steps: tuple[str | int, ...]) -> Iterator[str]:
    """Elements below a series: its periods, the point in its row, and the name that the model has for it."""
    for step, after in zip(steps, (*steps[1:], ""), strict=True):
        if step in _GROUPS and isinstance(after, int):
            yield f"{_GROUPS[str(step)]}[{after + 1}]"
        elif isinstance(step, str) and isinstance(after, int):
            yield from (
                () if step in {"series", "planned", "unavailable"} else (f"Point[{after + 1}]", "quantity")
            )
