"""A market platform: it sends bids, waits for the acknowledgement, receives its answers, by any protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contract_tests.emulators.answers import (
    Acknowledgement,
    LimitedBid,
    ListedPoint,
    read_acknowledgement,
    read_bid_availability,
    read_merit_order,
)
from contract_tests.emulators.bid_document import Collection, Parties, reserve_bid
from contract_tests.emulators.client import wait_for
from contract_tests.emulators.exchanges import Exchange
from contract_tests.emulators.market_bid import MarketBid


@dataclass(frozen=True, slots=True)
class Answers:
    """Publications of the gateway for a platform: limited bids, and the merit order in price order."""

    limited: tuple[LimitedBid, ...]
    merit_order: tuple[ListedPoint, ...]

    def within(self, start: datetime, end: datetime) -> "Answers":
        """The part for deliveries in [start, end)."""
        return Answers(
            tuple(limit for limit in self.limited if start <= limit.start < end),
            tuple(point for point in self.merit_order if start <= point.start < end),
        )


class PlatformEmulator:
    """One market platform.

    Args:
        exchange: its connection to the gateway.
        version: version of ReserveBid it writes, e.g. `7.2`.
        parties: who it is, and whom it writes to.
        collection: what its bids are for.
    """

    def __init__(self, exchange: Exchange, version: str, parties: Parties, collection: Collection) -> None:
        self._exchange = exchange
        self._version = version
        self._parties = parties
        self._collection = collection

    def submit(self, mrid: str, bids: Sequence[MarketBid]) -> str:
        """Send all bids in one ReserveBid document; returns by what its acknowledgement is known."""
        document = reserve_bid(
            bids,
            version=self._version,
            mrid=mrid,
            created_at=datetime.now(UTC),
            parties=self._parties,
            collection=self._collection,
        )
        return self._exchange.send(document, mrid)

    def acknowledgement(self, sent: str, timeout_s: float) -> Acknowledgement:
        """Wait for the acknowledgement of a submitted document, check and read it.

        Raises:
            WaitedTooLongError: none came in time.
            InvalidDocumentError: it is not valid.
        """
        return read_acknowledgement(self._exchange.acknowledgement(sent, timeout_s))

    def answers(self, timeout_s: float, lists: int = 1) -> Answers:
        """Receive messages up to as many merit order lists; check and read each message.

        Raises:
            WaitedTooLongError: no merit order list came in time.
            InvalidDocumentError: a message is not valid.
        """
        limited: list[LimitedBid] = []
        listed: list[ListedPoint] = []
        missing = lists

        def look() -> bool | None:
            nonlocal missing
            for came in self._exchange.results():
                if came.kind == "BidAvailability":
                    limited.extend(read_bid_availability(came.payload))
                elif came.kind == "MeritOrderList":
                    listed.extend(read_merit_order(came.payload))
                    missing -= 1
            return missing <= 0 or None

        wait_for(look, "merit order lists", timeout_s)
        return Answers(tuple(limited), tuple(listed))
