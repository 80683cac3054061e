"""ReserveBid 7.4 documents of any size, reproducible from a seed, with the sum of what they offer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

NAMESPACE = "urn:iec62325.351:tc57wg16:451-7:reservebiddocument:7:4"
DAY = datetime(2026, 3, 1, 23, tzinfo=UTC)
MTU = timedelta(minutes=15)

HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<ReserveBid_MarketDocument xmlns="{NAMESPACE}">
  <mRID>TEST-BENCHMARK</mRID>
  <revisionNumber>1</revisionNumber>
  <type>A37</type>
  <process.processType>A47</process.processType>
  <sender_MarketParticipant.mRID codingScheme="A01">10XTEST-SENDER-M</sender_MarketParticipant.mRID>
  <sender_MarketParticipant.marketRole.type>A46</sender_MarketParticipant.marketRole.type>
  <receiver_MarketParticipant.mRID codingScheme="A01">10XTEST-RECEIVEX</receiver_MarketParticipant.mRID>
  <receiver_MarketParticipant.marketRole.type>A34</receiver_MarketParticipant.marketRole.type>
  <createdDateTime>2026-03-01T12:00:00Z</createdDateTime>
  <reserveBid_Period.timeInterval>
    <start>{DAY:%Y-%m-%dT%H:%MZ}</start>
    <end>{DAY + timedelta(days=1):%Y-%m-%dT%H:%MZ}</end>
  </reserveBid_Period.timeInterval>
  <domain.mRID codingScheme="A01">TEST-AREA</domain.mRID>
"""
BID = """  <Bid_TimeSeries>
    <mRID>{mrid}</mRID>
    <auction.mRID>MFRR_ENERGY_ACTIVATION_MARKET</auction.mRID>
    <businessType>B74</businessType>
    <acquiring_Domain.mRID codingScheme="A01">TEST-MARKET</acquiring_Domain.mRID>
    <connecting_Domain.mRID codingScheme="A01">TEST-AREA</connecting_Domain.mRID>
    <quantity_Measurement_Unit.name>MAW</quantity_Measurement_Unit.name>
    <currency_Unit.name>EUR</currency_Unit.name>
    <divisible>A01</divisible>
    <linkedBidsIdentification>{link}</linkedBidsIdentification>
    <status>
      <value>A06</value>
    </status>
    <registeredResource.mRID codingScheme="A01">TEST-UNIT-{unit:05}</registeredResource.mRID>
    <flowDirection.direction>{direction}</flowDirection.direction>
    <energyPrice_Measurement_Unit.name>MWH</energyPrice_Measurement_Unit.name>
    <standard_MarketProduct.marketProductType>A07</standard_MarketProduct.marketProductType>
    <Period>
      <timeInterval>
        <start>{start:%Y-%m-%dT%H:%MZ}</start>
        <end>{end:%Y-%m-%dT%H:%MZ}</end>
      </timeInterval>
      <resolution>PT15M</resolution>
{points}    </Period>
  </Bid_TimeSeries>
"""
POINT = """      <Point>
        <position>{}</position>
        <quantity.quantity>{}</quantity.quantity>
        <minimum_Quantity.quantity>{}</minimum_Quantity.quantity>
        <energy_Price.amount>{}</energy_Price.amount>
      </Point>
"""


@dataclass(frozen=True)
class BidDocument:
    """A document, how many bids and points it has, and the MW of all points together."""

    data: bytes
    bids: int
    points: int
    offered_mw: float


def bid_document(bids: int, points: int, seed: int = 0) -> BidDocument:
    """Bids of `points` quarter hours each; those of one point follow each other through the day of a unit."""
    draw = np.random.default_rng(seed)
    quantity = draw.integers(1, 100, bids * points).tolist()
    price = (draw.integers(-5000, 30000, bids * points) / 100).tolist()
    texts = [HEAD]
    for bid in range(bids):
        unit, quarter = (bid, 0) if points > 1 else divmod(bid, 96)
        start = DAY + quarter * MTU
        rows = range(bid * points, (bid + 1) * points)
        texts.append(
            BID.format(
                mrid=f"{draw.bytes(16).hex()}",
                link=f"TEST-LINK-{seed}-{unit:05}",
                unit=unit,
                direction="A01" if unit % 2 else "A02",
                start=start,
                end=start + points * MTU,
                points="".join(
                    POINT.format(number, quantity[row], quantity[row] // 2, price[row])
                    for number, row in enumerate(rows, start=1)
                ),
            )
        )
    texts.append("</ReserveBid_MarketDocument>\n")
    return BidDocument("".join(texts).encode(), bids, bids * points, float(sum(quantity)))
