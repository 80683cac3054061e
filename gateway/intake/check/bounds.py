"""Numbers of a document beyond the bounds agreed with its sender, with their places."""

from dataclasses import replace
from itertools import islice, pairwise
from typing import Final

import numpy as np

from gateway.domain.bounds import Beyond, NumberBounds, largest, numbers_beyond
from gateway.domain.document import CanonicalDocument, ReserveBids
from gateway.domain.json_text import pointer
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.check.rules import NUMBERS, bids_beyond
from mappings.places import MOST_PLACES, JsonPlaces, Places

_PARTS: Final = {
    **NUMBERS,
    "step_mw": Part.STEP,
    "activated_mw": Part.ACTIVATED,
    "accepted_mw": Part.ACCEPTED,
    "offered_mw": Part.OFFERED,
    "available_mw": Part.QUANTITY,
    "bid_energy_price": Part.BID_ENERGY_PRICE,
    "bid_capacity_price": Part.BID_CAPACITY_PRICE,
}
"""Numbers of the canonical model, by their names."""


def bound_findings(document: CanonicalDocument, bounds: NumberBounds, places: Places) -> list[Finding]:
    """Findings on numbers beyond their bounds; of many the first ones."""
    if isinstance(document, ReserveBids):
        return bids_beyond(document.bids, bounds)
    found = list(islice(numbers_beyond(document, bounds), MOST_PLACES))
    if isinstance(places, JsonPlaces):
        return [replace(_finding(one), path=pointer(*one.steps)) for one in found]
    return [_finding(one) for one in found]


def clipped_to_bounds(document: CanonicalDocument, bounds: NumberBounds) -> CanonicalDocument:
    """The document with each number of its bids that is beyond its bound replaced by that bound; only for the
    check of the schema, never to be applied."""
    if not isinstance(document, ReserveBids):
        return document
    columns = {
        name: np.clip(getattr(document.bids, name), -most, most)
        for name in NUMBERS
        for most in (largest(name, bounds),)
    }
    return replace(document, bids=replace(document.bids, **columns))


def _finding(one: Beyond) -> Finding:
    steps = dict(pairwise(one.steps))
    name = next(step for step in reversed(one.steps) if isinstance(step, str))
    place = Place(_PARTS[name], _number(steps.get("periods")), _number(steps.get(name)))
    return Finding(Stage.RULES, ReasonCode.OUT_OF_RANGE, one.message, series=one.series, place=place)


def _number(index: str | int | None) -> int | None:
    return index + 1 if isinstance(index, int) else None
