"""Series that platforms send in addition to bids: permitted senders, and the time of each point."""

import numpy as np
from numpy.typing import NDArray

from gateway.domain.market_time import units_of
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.role import TenantRole
from gateway.domain.series import VARIABLE_BLOCKS, SeriesPeriod
from gateway.domain.tenant import Tenant

Stretches = NDArray[np.float64]
"""Start and end in seconds since 1970, and MW; shape (S, 3). Seconds are integers, far below 2^53."""


def refused_sender(tenant: Tenant, message: str) -> Finding | None:
    """Why a tenant may not report on bids: it is no platform."""
    if tenant.is_a(TenantRole.PLATFORM):
        return None
    return Finding(Stage.PROCESS, ReasonCode.SENDER_INVALID, message, place=Place(Part.SENDER))


def stretches(period: SeriesPeriod, curve: str | None) -> Stretches:
    """Start, end and MW of each point of a period."""
    units = units_of(period.period, period.resolution)
    starts, ends = units.starts_s(period.position - 1), units.starts_s(period.position)
    if curve == VARIABLE_BLOCKS:
        ends = np.append(starts[1:], int(period.period.end.timestamp()))
    return np.column_stack([starts, ends, period.quantity_mw])
