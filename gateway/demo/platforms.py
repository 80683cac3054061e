"""The demo's market platforms: two unless more protocols are named, each in a version of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from gateway.demo.eic import eic

_QUARTER_HOUR: Final = timedelta(minutes=15)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Platform:
    """A market platform: its tenant, the version it uses, its product, and its part of all resources."""

    tenant: str
    name: str
    eic: str
    version: str
    resolution: timedelta
    part: float


PLATFORMS: Final = (
    Platform("balancing", "balancing", eic("11XTEST-PLAT-A"), "7.2", _QUARTER_HOUR, 0.55),
    Platform("local-market", "local market", eic("11XTEST-PLAT-B"), "7.4", _HOUR, 0.45),
)
"""Those of every day."""

_MORE: Final = (
    Platform("reserve-market", "reserve market", eic("11XTEST-PLAT-C"), "7.6", _QUARTER_HOUR, 0.4),
    Platform("flex-market", "flexibility market", eic("11XTEST-PLAT-D"), "7.3", _HOUR, 0.35),
    Platform("city-market", "city market", eic("11XTEST-PLAT-E"), "7.5", _QUARTER_HOUR, 0.3),
    Platform("coast-market", "coast market", eic("11XTEST-PLAT-F"), "7.1", _HOUR, 0.25),
)
MOST: Final = len(PLATFORMS) + len(_MORE)


def platforms(count: int) -> Sequence[Platform]:
    """So many platforms, two or more.

    Raises:
        ValueError: there are not so many.
    """
    if not len(PLATFORMS) <= count <= MOST:
        raise ValueError(f"a day has {len(PLATFORMS)} to {MOST} platforms")
    return (*PLATFORMS, *_MORE)[:count]
