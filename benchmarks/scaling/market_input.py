"""What goes into the market of `benchmarks.scaling.market`: models of its grids, and bids in them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from benchmarks.bid_documents import NAMESPACE
from benchmarks.generator import POINTS, Case

GATEWAY: Final = "10XTEST-RECEIVEX"
HOUR: Final = timedelta(hours=1)


def party(name: str) -> str:
    """The code of a platform, of coding scheme A10."""
    return f"TEST-{name.upper()}"[:16]


def model(start: datetime, grid: int, drawn: Case) -> dict[str, Any]:
    """The reduced model of one grid, for the day that begins at `start`."""
    nodes = drawn.ptdf.shape[2]
    end = start + 24 * HOUR
    return {
        "format": "flexgate-reduced-grid-model",
        "version": "1.0",
        "grid": f"grid-{grid}",
        "validity": {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"},
        "elements": [
            {
                "id": f"line-{line}",
                "forward_limit_mw": round(float(limit), 5),
                "reverse_limit_mw": round(float(limit), 5),
                "kind": "line",
            }
            for line, limit in enumerate(drawn.limit)
        ],
        "connection_points": [f"n{node}" for node in range(nodes)],
        "reference": [{"node": "n0", "weight": 1.0}],
        "operating_points": [
            {
                "name": f"point-{point}",
                "activation_band_mw": [-1000.0, 1000.0],
                "base_flow_mw": np.round(drawn.base[point], 5).tolist(),
                "ptdf": np.round(drawn.ptdf[point], 6).tolist(),
            }
            for point in range(POINTS)
        ],
    }


def document(start: datetime, platform: str, grid: int, drawn: Case) -> bytes:
    """The bids of one grid, each with a price of its own in every quarter hour."""
    begins, ends = (f"{moment:%Y-%m-%dT%H:%MZ}" for moment in (start, start + 24 * HOUR))
    interval = f"<timeInterval><start>{begins}</start><end>{ends}</end></timeInterval>"
    period = interval.replace("timeInterval>", "reserveBid_Period.timeInterval>")
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ReserveBid_MarketDocument xmlns="{NAMESPACE}">'
        f"<mRID>TEST-{grid:05}</mRID><revisionNumber>1</revisionNumber><type>A37</type>"
        f"<process.processType>A47</process.processType>"
        f'<sender_MarketParticipant.mRID codingScheme="A10">{party(platform)}'
        "</sender_MarketParticipant.mRID>"
        f"<sender_MarketParticipant.marketRole.type>A46</sender_MarketParticipant.marketRole.type>"
        f'<receiver_MarketParticipant.mRID codingScheme="A01">{GATEWAY}</receiver_MarketParticipant.mRID>'
        f"<receiver_MarketParticipant.marketRole.type>A34</receiver_MarketParticipant.marketRole.type>"
        f"<createdDateTime>{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}</createdDateTime>"
        f'{period}<domain.mRID codingScheme="A01">TEST-AREA</domain.mRID>'
    )
    pieces = [head]
    quantity, price = np.round(drawn.quantity, 3), np.round(drawn.price, 2)
    directions = {1: "A01", -1: "A02"}
    for bid in range(len(drawn.node)):
        points = "".join(
            f"<Point><position>{unit}</position><quantity.quantity>{mw}</quantity.quantity>"
            f"<energy_Price.amount>{euro}</energy_Price.amount></Point>"
            for unit, (mw, euro) in enumerate(
                zip(quantity[bid].tolist(), price[bid].tolist(), strict=True), start=1
            )
        )
        pieces.append(
            f"<Bid_TimeSeries><mRID>TEST-{grid:05}-{bid:05}</mRID>"
            "<auction.mRID>TEST_AUCTION</auction.mRID><businessType>B74</businessType>"
            '<acquiring_Domain.mRID codingScheme="A01">TEST-AREA</acquiring_Domain.mRID>'
            '<connecting_Domain.mRID codingScheme="A01">TEST-AREA</connecting_Domain.mRID>'
            "<quantity_Measurement_Unit.name>MAW</quantity_Measurement_Unit.name>"
            "<currency_Unit.name>EUR</currency_Unit.name><divisible>A01</divisible>"
            "<status><value>A06</value></status>"
            '<registeredResource.mRID codingScheme="A01">'
            f"TEST-{grid:03}-{drawn.node[bid]:03}</registeredResource.mRID>"
            f"<flowDirection.direction>{directions[drawn.direction[bid]]}</flowDirection.direction>"
            "<energyPrice_Measurement_Unit.name>MWH</energyPrice_Measurement_Unit.name>"
            "<standard_MarketProduct.marketProductType>A01</standard_MarketProduct.marketProductType>"
            f"<Period>{interval}<resolution>PT15M</resolution>{points}</Period></Bid_TimeSeries>"
        )
    pieces.append("</ReserveBid_MarketDocument>\n")
    return "".join(pieces).encode()
