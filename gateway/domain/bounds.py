"""How far from 0 a number may be, wherever it comes in: documents, tables, demand, grid models, assignments.

A market has no bid of 1e17 MW, and no solver has twelve digits of precision. A number beyond these bounds is
a slip of unit or decimal point, or worse, and is refused with its place, before anything is computed with it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

import numpy as np

from gateway.domain.quantity import readable_number

MAX_FLOW_MW: Final = 20_000.0
"""Flow or limit of an element of a grid model. No line is rated higher; a larger number is in kW or W."""

MAX_PTDF: Final = 3.0
"""MW of flow per MW at a node: 1 in a lossless grid of reactances; losses add some percent, series capacitors
more (2.0 in the IEEE 300-bus grid). A larger number is in percent."""

MAX_FACTOR: Final = 2.0
"""MW at a node per MW of a unit. Losses may require a little more than 1; twice as much is a mistake."""

MAX_DEMAND_MW: Final = 100_000.0
"""Demand of a system operator in one market time unit and direction."""


@dataclass(frozen=True, slots=True)
class NumberBounds:
    """How far from 0 the numbers of a tenant may go, in documents, demands and grid models.

    Attributes:
        power_mw: every power of a bid, a schedule, a demand.
        energy_price: per MWh, in the currency of the document.
        capacity_price: per MW, in the currency of the document.
        flow_mw: every flow and limit of an element of a grid model.
    """

    power_mw: float = 100_000.0
    energy_price: float = 100_000.0
    capacity_price: float = 10_000_000.0
    flow_mw: float = MAX_FLOW_MW


DEFAULT_BOUNDS: Final = NumberBounds()

LOOSEST: Final = NumberBounds(power_mw=1_000_000.0, energy_price=1e9, capacity_price=1e9, flow_mw=MAX_FLOW_MW)
"""The widest bounds that the configuration may give a tenant; the defaults are narrower."""

UNITS: Final = {"power_mw": "MW", "energy_price": "per MWh", "capacity_price": "per MW"}

_KINDS: Final = {
    "quantity_mw": "power_mw",
    "minimum_mw": "power_mw",
    "step_mw": "power_mw",
    "activated_mw": "power_mw",
    "accepted_mw": "power_mw",
    "offered_mw": "power_mw",
    "available_mw": "power_mw",
    "energy_price": "energy_price",
    "bid_energy_price": "energy_price",
    "capacity_price": "capacity_price",
    "bid_capacity_price": "capacity_price",
}
"""Numbers of the canonical model, and their bounds."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """A number beyond its bound.

    Attributes:
        steps: from the canonical document to it: names of fields and numbers in sequences.
        series: mRID of the time series it is in.
    """

    steps: tuple[str | int, ...]
    series: str | None
    message: str


def beyond(name: str, value: float, bounds: NumberBounds) -> str | None:
    """Return why a number, by its name in the canonical model, is beyond its bound; None: it is not."""
    kind = _KINDS[name]
    most: float = getattr(bounds, kind)
    if abs(value) <= most:
        return None
    number, bound = readable_number(value), readable_number(most)
    return f"{number} {UNITS[kind]} is beyond {bound} {UNITS[kind]}, the bound agreed for you"


def largest(name: str, bounds: NumberBounds) -> float:
    """The bound of a number by its name in the canonical model."""
    return float(getattr(bounds, _KINDS[name]))


def numbers_beyond(document: Any, bounds: NumberBounds) -> Iterator[Beyond]:
    """Every number of a canonical document that is beyond its bound; of an array the first."""
    yield from _beyond(document, bounds, (), None)


def _beyond(
    value: Any, bounds: NumberBounds, steps: tuple[str | int, ...], series: str | None
) -> Iterator[Beyond]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for number, inner in enumerate(value):
            yield from _beyond(inner, bounds, (*steps, number), series)
    elif is_dataclass(value):
        series = getattr(value, "mrid", None) or getattr(value, "bid_id", None) or series if steps else None
        for field in fields(value):
            inner = getattr(value, field.name)
            if field.name in _KINDS and inner is not None:
                yield from _numbers_beyond(field.name, inner, bounds, (*steps, field.name), series)
            else:
                yield from _beyond(inner, bounds, (*steps, field.name), series)


def _numbers_beyond(
    name: str, values: Any, bounds: NumberBounds, steps: tuple[str | int, ...], series: str | None
) -> Iterator[Beyond]:
    """Of a number, or of an array of them."""
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    for row in np.flatnonzero(np.abs(array) > largest(name, bounds))[:1].tolist():
        message = beyond(name, float(array[row]), bounds) or ""
        yield Beyond((*steps, row) if np.ndim(values) else steps, series, message)
