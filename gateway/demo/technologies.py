"""What a technical unit offers over a day, by technology: shapes and prices of an early-summer day.

Prices are invented, of the order of European balancing energy. Up: what the provider wants per MWh. Down:
what it pays per MWh (fuel it saves, energy it stores); below zero it wants to be paid for lost support.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shape = Callable[[Floats], Floats]
"""Hours of the local day → part of the unit's capability that is offered, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Side:
    """One direction: lowest and highest price per MWh, and how much is offered when."""

    low: float
    high: float
    shape: Shape


@dataclass(frozen=True, slots=True)
class Technology:
    """What units of one kind offer in either direction; None where they offer nothing."""

    up: Side | None
    down: Side | None


def _always(hours: Floats) -> Floats:
    return np.ones_like(hours)


def _sun(hours: Floats) -> Floats:
    """What a photovoltaic plant could leave out, hence what it produces."""
    height = np.clip(np.sin((hours - 5.5) / 15.5 * np.pi), 0.0, None)
    return np.asarray(np.where(height > 0.05, height**1.4, 0.0))


def _working_day(hours: Floats) -> Floats:
    return np.where((hours >= 6) & (hours < 22), 1.0, 0.35)


def _heat_up(hours: Floats) -> Floats:
    """Heat pumps stop (up) as far as they run: morning and evening."""
    return 0.25 + 0.5 * np.exp(-(((hours - 7) / 2.0) ** 2)) + 0.5 * np.exp(-(((hours - 19.5) / 2.5) ** 2))


def _heat_down(hours: Floats) -> Floats:
    """Heat pumps start (down) as far as they are off."""
    return 1.0 - _heat_up(hours)


def _battery_up(hours: Floats) -> Floats:
    """Full in the afternoon, empty in the small hours."""
    return 0.55 + 0.4 * np.sin((hours - 11) / 24 * 2 * np.pi)


def _battery_down(hours: Floats) -> Floats:
    return 0.55 - 0.4 * np.sin((hours - 11) / 24 * 2 * np.pi)


TECHNOLOGIES: Final[Mapping[str, Technology]] = MappingProxyType(
    {
        "photovoltaics": Technology(up=None, down=Side(-55.0, -5.0, _sun)),
        "hydro": Technology(up=Side(48.0, 70.0, _always), down=Side(5.0, 25.0, _always)),
        "biogas": Technology(up=Side(58.0, 96.0, _always), down=Side(12.0, 38.0, _always)),
        "cogeneration": Technology(up=Side(82.0, 138.0, _working_day), down=Side(30.0, 58.0, _working_day)),
        "battery": Technology(up=Side(74.0, 150.0, _battery_up), down=Side(22.0, 52.0, _battery_down)),
        "heat-pump": Technology(up=Side(95.0, 180.0, _heat_up), down=Side(18.0, 46.0, _heat_down)),
        "industry": Technology(up=Side(130.0, 310.0, _working_day), down=Side(4.0, 30.0, _working_day)),
    }
)
"""Every technology the scenario knows, by the name the grids' units have."""
