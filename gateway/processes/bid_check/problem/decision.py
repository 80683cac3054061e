"""The decision of a run, independent of the optimiser's numbering: stored until the delivery is over."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gateway.domain.limiting import Limitations
from gateway.domain.reason import Reason
from gateway.domain.result import (
    Availability,
    FailingBid,
    GridGap,
    LimitedShare,
    Outcome,
    Rung,
    Shortage,
    WithheldVolume,
)
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.processes.bid_check.problem.reasons import ReasonTable

Floats = NDArray[np.float64]


class UnitFigures(msgspec.Struct, frozen=True):
    """How one market time unit went; None where that has no meaning or was not assessed.

    Attributes:
        overloaded_rows: beyond their limit, by agreement or not.
        cost, shortage_up_mwh, shortage_down_mwh: of exact lists.
        cost_unconstrained: of what price alone takes in exact lists, with bids that are withheld.
        loading_before, loading_after: the worst, 1.0 = at the limit.
        overloads: (grid, element, MW) beyond a limit at worst, by agreement.
        overloads_remaining: (grid, element) beyond a limit.
        shortages: of exact lists, those whose demand is not met.
    """

    rung: Rung = Rung.NOT_ASSESSED
    outcome: Outcome | None = None
    rows_checked: int = 0
    overloaded_rows: int = 0
    cost: float | None = None
    cost_unconstrained: float | None = None
    shortage_up_mwh: float | None = None
    shortage_down_mwh: float | None = None
    loading_before: float | None = None
    loading_after: float | None = None
    overloads: tuple[tuple[str, str, float], ...] = ()
    overloads_remaining: tuple[tuple[str, str], ...] = ()
    shortages: tuple[Shortage, ...] = ()


class Decision(msgspec.Struct, frozen=True, eq=False):
    """The decision of a run about the B bids of its offers in T market time units.

    Attributes:
        available_mw, accepted_mw: (B, T); lists used as prefix accept nothing: None.
        limited: (B, T) where a grid, not the price, limits a bid below its offer.
        why: (B, T) why a bid is not available as offered, or marked, as a number in `reasons`, from 1; 0
            where there is no reason.
        reasons: the weightiest first.
        wanted_mw: (B, T) demanded of each bid, which limits are compared with.
        passed_over: (B, T) where a dearer bid is taken or demand is left instead of this one.
        units: how each of the T units went.
        unchecked: bids passed on although some grid they are connected to did not check them, by position.
        limits: which rows of grids limit which bids.
        shares: whom limits hit. withheld: what is withheld from whom, by grid and reason.
        gaps: where grids could not limit as they should.
        failing: bids whose failure would overload something; None if that was not looked at.
    """

    available_mw: Floats
    accepted_mw: Floats | None
    limited: NDArray[np.bool_]
    why: NDArray[np.int32]
    reasons: tuple[Reason, ...]
    limits: Limitations
    wanted_mw: Floats
    passed_over: NDArray[np.bool_]
    units: tuple[UnitFigures, ...]
    unchecked: tuple[int, ...] = ()
    shares: tuple[LimitedShare, ...] = ()
    withheld: tuple[WithheldVolume, ...] = ()
    gaps: tuple[GridGap, ...] = ()
    failing: tuple[FailingBid, ...] | None = None

    def availability(self, collected: CollectedBids) -> Availability:
        """Return the available quantities, with the offers."""
        return Availability(
            bid_id=[bid.bid_id for bid in collected.bids],
            platform=collected.platform,
            document=[bid.document.mrid for bid in collected.bids],
            offered_mw=collected.quantity_mw,
            available_mw=self.available_mw,
            accepted_mw=self.accepted_mw,
            limited=self.limited,
        )

    def why_of(self) -> ReasonTable:
        """The reasons of all bids."""
        return ReasonTable(self.why, list(self.reasons))


def encode(decision: Decision) -> bytes:
    """The decision as bytes."""
    return msgspec.msgpack.encode(decision, enc_hook=_as_bytes)


def decode(data: bytes) -> Decision:
    """A decision from what `encode` wrote; its arrays are views on the data."""
    return msgspec.msgpack.decode(data, type=Decision, dec_hook=_as_array)


def _as_bytes(array: NDArray[Any]) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.str, array.shape, array.tobytes()


def _as_array(_: type, stored: tuple[str, tuple[int, ...], bytes]) -> NDArray[Any]:
    number, shape, data = stored
    return np.frombuffer(data, dtype=number).reshape(shape)
