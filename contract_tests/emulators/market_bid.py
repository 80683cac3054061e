"""A bid as a market platform's books have it, before it becomes a document."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MarketBid:
    """One bid over one delivery period.

    Attributes:
        bid_id: unique on the platform.
        provider: EIC of the provider.
        resource, resource_scheme: id of the unit or pool that delivers, and the coding scheme it belongs to.
        up: more injection; otherwise less.
        divisible: any part from `minimum_mw` on may be taken; otherwise all or nothing.
        start: of the delivery period, UTC.
        resolution: length of one unit of the platform's product.
        quantity_mw: offered per unit of `resolution`, 0 where nothing is offered, shape (T,).
        energy_price: per MWh, shape (T,). Down: a positive price is paid by the provider.
    """

    bid_id: str
    provider: str
    resource: str
    resource_scheme: str
    up: bool
    divisible: bool
    minimum_mw: float
    start: datetime
    resolution: timedelta
    quantity_mw: Floats
    energy_price: Floats

    def stretches(self) -> Iterator[tuple[int, int]]:
        """First unit and the unit after the last of every unbroken stretch of time in which it is offered."""
        offered = np.concatenate(([False], self.quantity_mw > 0, [False]))
        edges = np.flatnonzero(offered[1:] != offered[:-1])
        yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
