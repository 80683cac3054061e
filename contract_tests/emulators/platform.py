"""A market platform: it sends bids, waits for the acknowledgement, closes its gate, fetches its answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contract_tests.emulators.answers import (
    Acknowledgement,
    LimitedBid,
    ListedPoint,
    read_acknowledgement,
    read_bid_availability,
    read_merit_order,
)
from contract_tests.emulators.bid_document import Collection, Parties, reserve_bid
from contract_tests.emulators.client import GatewayClient, wait_for
from contract_tests.emulators.market_bid import MarketBid

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Answers:
    """What the gateway published for a platform: limited bids, and the merit order in price order."""

    limited: tuple[LimitedBid, ...]
    merit_order: tuple[ListedPoint, ...]


class PlatformEmulator:
    """One market platform.

    Args:
        client: its connection to the gateway.
        version: version of ReserveBid it writes, e.g. `7.2`.
        parties: who it is, and whom it writes to.
        collection: what its bids are for.
    """

    def __init__(self, client: GatewayClient, version: str, parties: Parties, collection: Collection) -> None:
        self._client = client
        self._version = version
        self._parties = parties
        self._collection = collection
        self._cursor = 0

    def submit(self, mrid: str, bids: Sequence[MarketBid]) -> str:
        """Send all bids in one ReserveBid document; returns the address of its status."""
        document = reserve_bid(
            bids,
            version=self._version,
            mrid=mrid,
            created_at=datetime.now(UTC),
            parties=self._parties,
            collection=self._collection,
        )
        answer = self._client.request(
            "POST",
            "/v1/documents",
            content=document,
            headers={"Content-Type": "application/xml", "Idempotency-Key": mrid},
        )
        return answer.headers["Location"]

    def acknowledgement(self, address: str, timeout_s: float) -> Acknowledgement:
        """Wait for the acknowledgement of a submitted document, check and read it.

        Raises:
            WaitedTooLongError: none came in time.
            InvalidDocumentError: it is not valid.
        """

        def look() -> bool | None:
            return self._client.get(address)["state"] != "received" or None

        wait_for(look, f"the gateway to work on {address}", timeout_s)
        return read_acknowledgement(self._client.request("GET", f"{address}/acknowledgement").content)

    def close_gate(self, gate_id: str) -> None:
        """Say that everything was sent."""
        self._client.post(f"/v1/gates/{gate_id}/close")

    def answers(self, timeout_s: float) -> Answers:
        """Fetch everything from the outbox up to the merit order list; check, read and confirm each message.

        Raises:
            WaitedTooLongError: no merit order list came in time.
            InvalidDocumentError: a message is not valid.
        """
        limited: list[LimitedBid] = []
        listed: list[ListedPoint] = []

        def look() -> bool | None:
            arrived = False
            for message in self._new_messages():
                address = f"/v1/outbox/{message['id']}"
                payload = self._client.request("GET", address).content
                if message["kind"] == "BidAvailability":
                    limited.extend(read_bid_availability(payload))
                elif message["kind"] == "MeritOrderList":
                    listed.extend(read_merit_order(payload))
                    arrived = True
                self._client.post(f"{address}/confirm")
            return arrived or None

        wait_for(look, "a merit order list in the outbox", timeout_s)
        return Answers(tuple(limited), tuple(listed))

    def _new_messages(self) -> Iterator[dict[str, Any]]:
        while True:
            page = self._client.get("/v1/outbox", after=self._cursor, limit=_PAGE)["messages"]
            for message in page:
                yield message
                self._cursor = message["id"]
            if len(page) < _PAGE:
                return
