"""ReserveBid documents as a platform's own system writes them, in any version from 7.0 on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from contract_tests.emulators.bindings import Coded, bindings_of, fill, written
from contract_tests.emulators.market_bid import MarketBid
from esmp import Family

_UP, _DOWN = "A01", "A02"
_YES, _NO = "A01", "A02"
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Parties:
    """Who writes to whom, and in which areas: codes are EIC."""

    sender: str
    sender_role: str
    receiver: str
    receiver_role: str
    acquiring_area: str
    connecting_area: str


@dataclass(frozen=True, slots=True)
class Collection:
    """The purpose of collected bids.

    Attributes:
        process: ENTSO-E process type, e.g. A47.
        auction: name of the auction.
        start, end: the delivery period, UTC.
        currency: ISO 4217 code.
    """

    process: str
    auction: str
    start: datetime
    end: datetime
    currency: str


def reserve_bid(
    bids: Sequence[MarketBid],
    *,
    version: str,
    mrid: str,
    created_at: datetime,
    parties: Parties,
    collection: Collection,
) -> bytes:
    """A ReserveBid document in any version from 7.0 on, written with the generated bindings.

    Raises:
        UnsayableError: the version has no element for a value of a bid.
    """
    bindings = bindings_of(Family.RESERVE_BID, version)
    values = {
        "mRID": mrid,
        "revisionNumber": "1",
        "type": "A37",
        "process.processType": collection.process,
        "sender_MarketParticipant.mRID": Coded(parties.sender),
        "sender_MarketParticipant.marketRole.type": parties.sender_role,
        "receiver_MarketParticipant.mRID": Coded(parties.receiver),
        "receiver_MarketParticipant.marketRole.type": parties.receiver_role,
        "createdDateTime": f"{created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "reserveBid_Period.timeInterval": _interval(collection.start, collection.end),
        "domain.mRID": Coded(parties.connecting_area),
        "subject_MarketParticipant.mRID": Coded(parties.sender),
        "subject_MarketParticipant.marketRole.type": parties.sender_role,
        "Bid_TimeSeries": [_series(bid, parties, collection) for bid in bids],
    }
    return written(fill(bindings.ReserveBidMarketDocument, values))


def _series(bid: MarketBid, parties: Parties, collection: Collection) -> dict[str, Any]:
    return {
        "mRID": bid.bid_id,
        "auction.mRID": collection.auction,
        "businessType": "B74",
        "acquiring_Domain.mRID": Coded(parties.acquiring_area),
        "connecting_Domain.mRID": Coded(parties.connecting_area),
        "provider_MarketParticipant.mRID": Coded(bid.provider),
        "quantity_Measurement_Unit.name|quantity_Measure_Unit.name": "MAW",
        "currency_Unit.name": collection.currency,
        "divisible": _YES if bid.divisible else _NO,
        "registeredResource.mRID|RegisteredResource/mRID": Coded(bid.resource, bid.resource_scheme),
        "flowDirection.direction": _UP if bid.up else _DOWN,
        "energyPrice_Measurement_Unit.name|energyPrice_Measure_Unit.name": "MWH",
        "Period": [_period(bid, first, end) for first, end in bid.stretches()],
    }


def _period(bid: MarketBid, first: int, end: int) -> dict[str, Any]:
    minimum = _decimal(bid.minimum_mw) if bid.divisible else None
    return {
        "timeInterval": _interval(bid.start + first * bid.resolution, bid.start + end * bid.resolution),
        "resolution": f"PT{bid.resolution // timedelta(minutes=1)}M",
        "Point": [
            {
                "position": unit - first + 1,
                "quantity.quantity": _decimal(bid.quantity_mw[unit]),
                "minimum_Quantity.quantity": minimum,
                "energy_Price.amount": _decimal(bid.energy_price[unit]),
            }
            for unit in range(first, end)
        ],
    }


def _interval(start: datetime, end: datetime) -> dict[str, str]:
    form = "%Y-%m-%dT%H:%MZ"
    return {"start": start.astimezone(UTC).strftime(form), "end": end.astimezone(UTC).strftime(form)}


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.{_DIGITS}f}")
