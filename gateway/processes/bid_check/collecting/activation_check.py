"""Reported activations compared with published results; differences are reported to the sender."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from gateway.domain.activation import ActivatedSeries
from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.series import SeriesPeriod
from gateway.processes.bid_check.collecting.products import may_be
from gateway.records.market.bids import CollectedBid

Floats = NDArray[np.float64]

DIRECT = "A40"
"""Document type of direct activation; A39 is scheduled. Other types (A41, the response) do not state it."""

_NOTHING_MW = 1e-6
"""Published quantities are rounded; so little more than was published is no more."""


@dataclass(frozen=True, eq=False)
class PublishedQuantities:
    """Published quantities of bids, (T,) MW by gate and bid, and the gates."""

    gates: Mapping[str, Gate]
    available_mw: Mapping[tuple[str, str], Floats]

    def remarks(
        self,
        one: ActivatedSeries,
        bids: Sequence[CollectedBid],
        document_type: str | None,
        activations: Sequence[tuple[int, int, float]],
    ) -> Iterator[Finding]:
        """Yield where an active series exceeds what was published; it is accepted as a fact, with a remark.

        Args:
            activations: begin and end in seconds since 1970, and MW of scheduled and direct activation
                together.
        """
        for bid in bids:
            gate = self.gates[bid.gate_id]
            most = self.available_mw.get((bid.gate_id, bid.bid_id))
            if most is not None and (more := _more(bid, activations, gate, most)):
                begin, activated_mw, published_mw = more
                yield _remark(
                    f"bid {one.mrid}: {activated_mw:,.15g} MW are reported from {begin:%Y-%m-%dT%H:%MZ} on, "
                    f"of which {published_mw:,.15g} MW were published; it counts as reported"
                )
            if any(is_direct(document_type, period, [bid]) and _is_active(period) for period in one.periods):
                why = _not_direct(bid, gate)
                if why is not None:
                    yield _remark(
                        f"bid {one.mrid}: direct activation is reported, and {why}; it counts as reported, "
                        "until the end of the next market time unit"
                    )


def is_direct(document_type: str | None, period: SeriesPeriod, bids: Sequence[CollectedBid]) -> bool:
    """Whether a delivery is of direct activation: the document states it, or it ends after its unit."""
    return document_type == DIRECT or any(_reaches_beyond(bid, period) for bid in bids)


def _reaches_beyond(bid: CollectedBid, period: SeriesPeriod) -> bool:
    """Whether a delivery that begins within a point of the bid ends after it, as only a direct one does."""
    start_s, end_s = (at.timestamp() for at in (period.period.start, period.period.end))
    begins = (bid.start_s <= start_s) & (bid.end_s > start_s)
    return bool((bid.end_s[begins] < end_s).any())


def _is_active(period: SeriesPeriod) -> bool:
    return bool((period.quantity_mw > 0).any())


def _not_direct(bid: CollectedBid, gate: Gate) -> str | None:
    """Why the published quantity of a bid is not for direct activation."""
    if gate.use is UseOfLists.EXACT:
        return f"lists of gate {gate.gate_id!r} are used exact, which is scheduled"
    if not may_be(bid.terms)[1]:
        return "it is not offered for that"
    return None


def _more(
    bid: CollectedBid, activations: Sequence[tuple[int, int, float]], gate: Gate, most_mw: Floats
) -> tuple[datetime, float, float] | None:
    """The first unit in which more MW of an offered bid are reported than were published; both in MW."""
    begin_s, mtu_s = gate.delivery.start.timestamp(), gate.mtu.total_seconds()
    starts_s = begin_s + mtu_s * np.arange(len(most_mw))
    points = (bid.start_s <= starts_s[:, None]) & (starts_s[:, None] < bid.end_s) & (bid.quantity_mw > 0)
    offered = points.any(axis=1)
    for start_s, end_s, mw in activations:
        meets = offered & (starts_s < end_s) & (starts_s + mtu_s > start_s)
        for unit in np.flatnonzero(meets & (mw > most_mw + _NOTHING_MW)).tolist():
            return datetime.fromtimestamp(float(starts_s[unit]), UTC), mw, float(most_mw[unit])
    return None


def _remark(message: str) -> Finding:
    return Finding(Stage.PROCESS, ReasonCode.COMPLEMENTARY, message)
