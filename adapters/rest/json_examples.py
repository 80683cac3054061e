"""Documents as JSON for the contract: the kinds that docs/connecting-a-platform/json.md does not show."""

from typing import Any, Final

from gateway.domain.document import DocumentKind

_PLATFORM: Final = {"party": {"code": "11XTEST-NORTH--J"}, "role": "A46"}
_GATEWAY: Final = {"party": {"code": "11XTEST-GATE---C"}, "role": "A04"}
_AREA: Final = {"code": "10YTEST-AREA---F"}
_PERIOD: Final = {"start": "2026-03-29T06:00:00Z", "end": "2026-03-29T06:15:00Z"}
_BID: Final = {"business_type": "B74", "acquiring_area": _AREA, "connecting_area": _AREA, "direction": 1}


def _document(kind: DocumentKind, version: str, type_: str, **rest: Any) -> dict[str, Any]:
    from_platform = kind is DocumentKind.ACTIVATION
    return {
        "kind": kind.value,
        "version": version,
        "mrid": f"EXAMPLE-{kind.name}",
        "revision": 1,
        "type": type_,
        "process": "A47",
        "sender": _PLATFORM if from_platform else _GATEWAY,
        "receiver": _GATEWAY if from_platform else _PLATFORM,
        "created_at": "2026-03-28T12:00:00Z",
        "period": _PERIOD,
        "domain": _AREA,
        **rest,
    }


EXAMPLES: Final = (
    _document(
        DocumentKind.ACTIVATION,
        "6.3",
        "A39",
        series=[
            {
                "mrid": "MY-BID-1",
                "provider": {"code": "11XTEST-SELLER-G"},
                **_BID,
                "quantity_unit": "MAW",
                "status": "A10",
                "periods": [
                    {"period": _PERIOD, "resolution": "PT15M", "position": [1], "quantity_mw": [5.0]}
                ],
            }
        ],
    ),
    _document(
        DocumentKind.MERIT_ORDER_LIST,
        "7.3",
        "A43",
        bid_document={"mrid": "MY-BIDS-1", "revision": 1},
        series=[
            {
                "bid_id": "MY-BID-1",
                "auction": "MY-AUCTION",
                **_BID,
                "quantity_unit": "MAW",
                "currency": "EUR",
                "energy_price_unit": "MWH",
                "status": "A06",
                "period": _PERIOD,
                "resolution": "PT15M",
                "quantity_mw": [7.25],
                "activated_mw": [None],
                "energy_price": [45.5],
                "capacity_price": [None],
                "reasons": [{"code": "B46"}],
            }
        ],
    ),
    _document(
        DocumentKind.RESERVE_ALLOCATION_RESULT,
        "6.4",
        "A38",
        series=[
            {
                "mrid": "ALLOCATION-1",
                "bid_id": "MY-BID-1",
                **_BID,
                "business_type": "B95",
                "quantity_unit": "MAW",
                "currency": "EUR",
                "capacity_price_unit": "MAW",
                "periods": [
                    {
                        "period": _PERIOD,
                        "resolution": "PT15M",
                        "position": [1],
                        "accepted_mw": [12.5],
                        "offered_mw": [12.5],
                        "capacity_price": [4.2],
                        "energy_price": [None],
                        "bid_capacity_price": [4.2],
                        "bid_energy_price": [None],
                        "financial_price": [None],
                    }
                ],
            }
        ],
    ),
)
