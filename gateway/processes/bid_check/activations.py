"""Activation documents: what was activated of bids, which links of later bids look at."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from gateway.domain.activation import ActivatedSeries, Activation
from gateway.domain.document import CanonicalDocument
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.tenant import Tenant, TenantRole
from gateway.records import activations, gates
from gateway.records import bids as kept
from gateway.records.activations import KeptActivation
from gateway.records.bids import CollectedBid
from gateway.records.store import Store

DIRECT = "A40"
"""Document type of direct activation; A39 is scheduled. Other types (A41, the response) do not say."""

_ACTIVE = frozenset({"A07", "A10"})
"""Status activated and ordered; with any other, e.g. unavailable or cancelled, a bid is not."""


class TakeActivations:
    """The process for Activation documents to the gateway: a platform tells what was activated of its bids.

    A time series has the mRID of its bid. A newer document replaces what was said of a bid; one without time
    series says that nothing was activated in its period.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(
        self,
        room: Connection,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,  # noqa: ARG002 - an activation is known by its bid
        received_at: datetime,
    ) -> Sequence[Finding]:
        """Keep what was activated; a finding for each series that names no bid (see `ports.Process`)."""
        if not isinstance(document, Activation):
            raise TypeError(f"activations do not come in {type(document).__name__}")
        if tenant.role is not TenantRole.PLATFORM:
            message = "what was activated of bids is told by the platform that sent them"
            path = "sender_MarketParticipant.mRID"
            return [Finding(Stage.PROCESS, ReasonCode.SENDER_INVALID, message, path=path)]
        with self._store.house.reading() as house:
            near = [one.gate.gate_id for one in gates.delivering_in(house, document.period)]
        held: dict[str, list[CollectedBid]] = {}
        for bid in kept.named(room, near, [one.mrid for one in document.series]):
            held.setdefault(bid.bid_id, []).append(bid)
        findings, told = [], []
        for one in document.series:
            fault = _fault(one, held.get(one.mrid, ()))
            if fault is not None:
                findings.append(fault)
                continue
            active = one.status in _ACTIVE
            for period in one.periods:
                start_s, end_s = (int(at.timestamp()) for at in (period.period.start, period.period.end))
                direct = document.header.type == DIRECT or any(
                    _reaches_beyond(bid, start_s, end_s) for bid in held[one.mrid]
                )
                mw = float(period.quantity_mw.max(initial=0.0)) if active else 0.0
                created = document.header.created_at
                told.append(KeptActivation(one.mrid, start_s, direct, mw, created, received_at))
        start_s, end_s = (int(at.timestamp()) for at in (document.period.start, document.period.end))
        # What is delivered directly reaches into the next unit, of which nothing is told.
        ends = [int(bid.end_s.max()) for own in held.values() for bid in own]
        activations.put(room, told, (start_s, min(end_s, max(ends, default=end_s))), received_at)
        return findings


def _fault(one: ActivatedSeries, held: Sequence[CollectedBid]) -> Finding | None:
    if not held:
        code, message = ReasonCode.SERIES_ID_CONFLICT, f"no bid {one.mrid} of yours is held"
        return Finding(Stage.PROCESS, code, message, path="mRID", series=one.mrid)
    if any(bid.direction is not one.direction for bid in held):
        code, message = ReasonCode.SERIES_ID_CONFLICT, f"bid {one.mrid} is of the other direction"
        return Finding(Stage.PROCESS, code, message, path="flowDirection.direction", series=one.mrid)
    for period in one.periods:
        if not (np.isfinite(period.quantity_mw) & (period.quantity_mw >= 0)).all():
            code, message = ReasonCode.QUANTITY_INCONSISTENT, "a quantity is below 0 or not a number"
            return Finding(Stage.PROCESS, code, message, path="Period/Point/quantity", series=one.mrid)
    return None


def _reaches_beyond(bid: CollectedBid, start_s: int, end_s: int) -> bool:
    """Whether a delivery that begins within a point of the bid ends after it, as only a direct one does."""
    begins = (bid.start_s <= start_s) & (bid.end_s > start_s)
    return bool((bid.end_s[begins] < end_s).any())
