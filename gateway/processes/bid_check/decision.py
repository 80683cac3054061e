"""What a run decided, free of the optimiser's numbering: kept until everybody was told."""

import msgspec
import numpy as np

from gateway.domain.reason import Reason
from gateway.domain.result import (
    Availability,
    FailingBid,
    GridGap,
    LimitedShare,
    LimitingElement,
    WithheldVolume,
)
from gateway.processes.bid_check.offers import Offers
from gateway.processes.bid_check.reasons import ReasonTable


class Decision(msgspec.Struct, frozen=True):
    """What a run decided about the B bids of its offers in T market time units.

    Attributes:
        available_mw, accepted_mw: (B, T) float64 as bytes; lists used as prefix accept nothing: None.
        limited: (B, T) bool as bytes: where a grid, not the price, keeps a bid below its offer.
        why: (B, T) int32 as bytes: why a bid is not available as offered, or marked, as a number in
            `reasons`, from 1; 0 where there is nothing to say.
        reasons: the weightiest first.
        unchecked: bids passed on although some grid they hang on was not asked, by position.
        limits: which elements limit which bids.
        shares: whom limits hit. withheld: what is kept back of whom, by grid and reason.
        gaps: where grids could not limit as they should.
        failing: bids whose failure would overload something; None if that was not looked at.
    """

    available_mw: bytes
    accepted_mw: bytes | None
    limited: bytes
    why: bytes
    reasons: tuple[Reason, ...]
    unchecked: tuple[int, ...] = ()
    limits: tuple[LimitingElement, ...] = ()
    shares: tuple[LimitedShare, ...] = ()
    withheld: tuple[WithheldVolume, ...] = ()
    gaps: tuple[GridGap, ...] = ()
    failing: tuple[FailingBid, ...] | None = None

    def availability(self, offers: Offers) -> Availability:
        """As arrays, beside what was offered."""
        shape, accepted = offers.quantity_mw.shape, self.accepted_mw
        return Availability(
            bid_id=[bid.bid_id for bid in offers.bids],
            platform=offers.platform,
            document=[bid.document.mrid for bid in offers.bids],
            offered_mw=offers.quantity_mw,
            available_mw=np.frombuffer(self.available_mw).reshape(shape),
            accepted_mw=None if accepted is None else np.frombuffer(accepted).reshape(shape),
            limited=np.frombuffer(self.limited, dtype=np.bool_).reshape(shape),
        )

    def why_of(self, offers: Offers) -> ReasonTable:
        """The reasons of all bids."""
        why = np.frombuffer(self.why, dtype=np.int32).reshape(offers.quantity_mw.shape)
        return ReasonTable(why, list(self.reasons))


def encode(decision: Decision) -> bytes:
    """The decision as bytes."""
    return msgspec.msgpack.encode(decision)


def decode(data: bytes) -> Decision:
    """A decision from what `encode` wrote."""
    return msgspec.msgpack.decode(data, type=Decision)
