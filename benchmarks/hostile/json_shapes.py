"""Documents of bids as canonical JSON."""

import json
from collections.abc import Callable
from typing import Any, Final

from benchmarks.bid_documents import DAY, MTU
from benchmarks.hostile.shape import JSON, Shape, filled, twice

QUARTERS: Final = 96


def of_json(
    size: int, piece: Callable[[int], Any], more: Callable[[int], dict[str, Any]] = lambda _: {}
) -> bytes:
    """A document of bids as JSON."""
    head = json_head() | more(size)
    before = json.dumps(head)[:-1] + ', "bids": ['
    return filled(size, before, "]}", lambda number: json.dumps(piece(number)), ",")


def json_head() -> dict[str, Any]:
    """What a document of bids says of itself."""
    code = {"code": "10XTEST-SENDER-M", "scheme": "A01"}
    return {
        "kind": "ReserveBid",
        "version": "7.4",
        "mrid": "TEST-BENCHMARK",
        "revision": 1,
        "type": "A37",
        "process": "A47",
        "sender": {"party": code, "role": "A46"},
        "receiver": {"party": {"code": "10XTEST-RECEIVEX", "scheme": "A01"}, "role": "A34"},
        "subject": {"party": code, "role": "A46"},
        "created_at": "2026-03-01T12:00:00Z",
        "period": {"start": "2026-03-01T23:00:00Z", "end": "2026-03-02T23:00:00Z"},
        "domain": {"code": "TEST-AREA", "scheme": "A01"},
    }


def json_bid(number: int, count: int = 1, **changed: Any) -> dict[str, Any]:
    """A bid of `count` periods of one quarter hour."""
    times = [DAY + (each % QUARTERS) * MTU for each in range(count)]
    return {
        "id": f"TEST-{number}",
        "direction": "up",
        "divisible": True,
        "terms": {"business_type": "B74", "currency": "EUR", "auction": "TEST"},
        "periods": [
            {
                "start": f"{start:%Y-%m-%dT%H:%MZ}",
                "end": f"{start + MTU:%Y-%m-%dT%H:%MZ}",
                "resolution": "PT15M",
                "points": [{"position": 1, "quantity_mw": 5.0, "energy_price": 10.0}],
            }
            for start in times
        ],
    } | changed


def json_faulty_periods(number: int) -> dict[str, Any]:
    """A bid whose periods all end where they start."""
    made = json_bid(number, 2000)
    for each in made["periods"]:
        each["end"] = each["start"]
    return made


JSON_SHAPES: Final[dict[str, Shape]] = {
    "json_many_bids": Shape("documents", JSON, lambda size: of_json(size, json_bid)),
    "json_many_periods": Shape("documents", JSON, lambda size: of_json(size, lambda n: json_bid(n, 2000))),
    "json_faulty_periods": Shape("documents", JSON, lambda size: of_json(size, json_faulty_periods)),
    "json_faulty_bids": Shape(
        "documents", JSON, lambda size: of_json(size, lambda n: json_bid(n, quantity=1))
    ),
    "json_same_name": Shape("documents", JSON, lambda size: of_json(size, lambda _: json_bid(1))),
    "json_many_members": Shape(
        "documents",
        JSON,
        lambda size: of_json(size, json_bid, lambda s: {f"TEST-{n}": n for n in range(s // 40)}),
    ),
    "json_members_twice": Shape("documents", JSON, twice),
    "json_deep": Shape("documents", JSON, lambda size: b"[" * size),
    "json_deep_objects": Shape("documents", JSON, lambda size: b'{"a":' * (size // 5)),
    "json_long_number": Shape("documents", JSON, lambda size: b'{"revision":' + b"1" * size + b"}"),
    "json_long_text": Shape(
        "documents", JSON, lambda size: json.dumps(json_head() | {"mrid": "\\" * (size // 2)}).encode()
    ),
}
