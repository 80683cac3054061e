"""Input that somebody may send to keep others waiting: shapes that grow to any size, each of one kind.

A shape is a function of a size in bytes; what it gives is about as long. Valid and invalid ones are among
them: what counts is how long it takes to say which.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from benchmarks.bid_documents import BID, DAY, HEAD, MTU, POINT, bid_document
from mappings.bid_csv import REQUIRED

XML: Final = "application/xml"
JSON: Final = "application/json"
CSV: Final = "text/csv"
END: Final = "</ReserveBid_MarketDocument>\n"
QUARTERS: Final = 96


@dataclass(frozen=True)
class Shape:
    """One kind of input.

    Attributes:
        door: where it is read: `documents`, `assignments` (of units to grids) or `models` (of grids).
        media_type: what the sender calls it.
        make: about so many bytes of it.
    """

    door: str
    media_type: str
    make: Callable[[int], bytes]


def filled(size: int, before: str, after: str, piece: Callable[[int], str], between: str = "") -> bytes:
    """Pieces, numbered from 1, between a beginning and an end, about `size` bytes."""
    pieces: list[str] = []
    room = size - len(before) - len(after)
    for number in count(1):
        pieces.append(piece(number))
        room -= len(pieces[-1]) + len(between)
        if room < 0:
            return (before + between.join(pieces) + after).encode()
    raise AssertionError


def bid(name: str, points: str, more: str = "", quarters: int = QUARTERS) -> str:
    """A bid over some quarter hours; `more` stands behind its period."""
    text = BID.format(
        mrid=name,
        link="TEST-LINK",
        unit=1,
        direction="A01",
        start=DAY,
        end=DAY + quarters * MTU,
        points=points,
    )
    return text.replace("  </Bid_TimeSeries>", f"{more}  </Bid_TimeSeries>")


def point(number: int, quantity: object = 5) -> str:
    """A point of a bid."""
    return POINT.format(number, quantity, 0, 10)


ONE: Final = bid("TEST-BID", point(1), quarters=1)
IN_POINTS: Final = bid("TEST-BID", "{}").partition("{}")
IN_BID: Final = bid("TEST-BID", point(1), "{}", 1).partition("{}")


def bids(size: int, piece: Callable[[int], str], head: str = HEAD) -> bytes:
    """A document of bids."""
    return filled(size, head, END, piece)


def points(size: int, piece: Callable[[int], str]) -> bytes:
    """A document with one bid of many points."""
    return filled(size, HEAD + IN_POINTS[0], IN_POINTS[2] + END, piece)


def in_bid(size: int, piece: Callable[[int], str]) -> bytes:
    """A document with one bid that says much behind its period."""
    return filled(size, HEAD + IN_BID[0], IN_BID[2] + END, piece)


def in_root(size: int, attribute: Callable[[int], str]) -> bytes:
    """A document whose root has many attributes, and many bids a fault each."""
    attributes = filled(size // 2, "", "", attribute).decode()
    head = HEAD.replace("<ReserveBid_MarketDocument", f"<ReserveBid_MarketDocument {attributes}")
    return bids(size, lambda number: faulty(f"TEST-{number}"), head)


def faulty(name: str) -> str:
    """A bid with a code that is in no list."""
    return bid(name, point(1), quarters=1).replace("<divisible>A01", "<divisible>A99")


def nested(number: int) -> str:
    """Elements within each other, as deep as the parser goes."""
    return "<a>" * 200 + str(number) + "</a>" * 200


def periods(size: int, piece: Callable[[int], str]) -> bytes:
    """A document with one bid of many periods."""
    before, _, rest = ONE.partition("    <Period>")
    return filled(size, HEAD + before, rest.rpartition("</Period>\n")[2] + END, piece)


def period(number: int) -> str:
    """A period of one quarter hour."""
    start = DAY + (number % QUARTERS) * MTU
    interval = f"<start>{start:%Y-%m-%dT%H:%MZ}</start><end>{start + MTU:%Y-%m-%dT%H:%MZ}</end>"
    return (
        f"<Period><timeInterval>{interval}</timeInterval><resolution>PT15M</resolution>{point(1)}</Period>\n"
    )


def one_line(data: bytes) -> bytes:
    """The same without line ends and blanks between elements."""
    return b"".join(line.strip() for line in data.splitlines())


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


CELLS: Final = {
    "mrid": "TEST-BENCHMARK",
    "revision": "1",
    "type": "A37",
    "process": "A47",
    "sender": "10XTEST-SENDER-M",
    "sender_role": "A46",
    "receiver": "10XTEST-RECEIVEX",
    "receiver_role": "A34",
    "created_at": "2026-03-01T12:00:00Z",
    "period_start": "2026-03-01T23:00Z",
    "period_end": "2026-03-02T23:00Z",
    "domain": "TEST-AREA",
    "direction": "up",
    "divisible": "true",
    "business_type": "B74",
    "acquiring_area": "TEST-MARKET",
    "connecting_area": "TEST-AREA",
    "resolution": "PT15M",
    "quantity_mw": "5",
}


def csv_row(number: int, **changed: str) -> str:
    """A row of a table of bids."""
    start = DAY + (number % QUARTERS) * MTU
    cells = CELLS | {"bid_id": f"TEST-{number // QUARTERS}", "start": f"{start:%Y-%m-%dT%H:%MZ}"} | changed
    return ",".join(cells[name] for name in REQUIRED)


def csv_rows(size: int, **changed: str) -> bytes:
    """A table of bids."""
    return filled(size, ",".join(REQUIRED) + "\n", "\n", lambda number: csv_row(number, **changed), "\n")


def grid_model(size: int, **changed: Callable[[int], Any]) -> bytes:
    """A reduced grid model that grows in its elements and connection points; `changed` replaces members."""
    side = max(2, int((size / 30) ** 0.5))
    start = datetime(2026, 3, 1, 23, tzinfo=UTC)
    model: dict[str, Any] = {
        "format": "flexgate-reduced-grid-model",
        "version": "1.0",
        "grid": "TEST-GRID",
        "validity": {"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()},
        "elements": [
            {"id": f"TEST-{each}", "forward_limit_mw": 10.0, "reverse_limit_mw": 10.0} for each in range(side)
        ],
        "connection_points": [f"TEST-NODE-{each}" for each in range(side)],
        "reference": [{"node": "TEST-NODE-0", "weight": 1.0}],
        "operating_points": [
            {
                "name": "TEST",
                "activation_band_mw": [-10.0, 10.0],
                "base_flow_mw": [[1.0] * side],
                "ptdf": [[0.0] + [0.123456789012345] * (side - 1)] * side,
            }
        ],
    }
    return json.dumps(model | {name: value(size) for name, value in changed.items()}).encode()


def twice(size: int) -> bytes:
    """An object that names every member twice."""
    names = filled(size // 2, "", "", lambda number: f'"TEST-{number}":1', ",").decode()
    return f"{{{names},{names}}}".encode()


DOCUMENTS: Final[dict[str, Shape]] = {
    "xml_many_series": Shape(
        "documents", XML, lambda size: bids(size, lambda n: bid(f"TEST-{n}", point(1), "", 1))
    ),
    "xml_many_points": Shape(
        "documents", XML, lambda size: bid_document(max(1, size // 16_000), QUARTERS).data
    ),
    "xml_points_of_one_series": Shape("documents", XML, lambda size: points(size, point)),
    "xml_many_periods": Shape("documents", XML, lambda size: periods(size, period)),
    "xml_one_group": Shape(
        "documents",
        XML,
        lambda size: bids(
            size, lambda n: ONE.replace("TEST-BID", f"TEST-{n}").replace("linkedBids", "inclusiveBids")
        ),
    ),
    "xml_many_groups": Shape(
        "documents",
        XML,
        lambda size: bids(
            size,
            lambda n: ONE.replace("TEST-BID", f"TEST-{n}").replace("TEST-LINK", f"TEST-LINK-{n // 2}"),
        ),
    ),
    "xml_same_name": Shape("documents", XML, lambda size: bids(size, lambda _: ONE)),
    "xml_many_links": Shape(
        "documents",
        XML,
        lambda size: in_bid(
            size,
            lambda n: (
                f"<Linked_BidTimeSeries><mRID>TEST-{n}</mRID><status><value>A55</value></status>"
                "</Linked_BidTimeSeries>\n"
            ),
        ),
    ),
    "xml_many_reasons": Shape(
        "documents",
        XML,
        lambda size: in_bid(size, lambda n: f"<Reason><code>A95</code><text>TEST {n}</text></Reason>\n"),
    ),
    "xml_comments": Shape("documents", XML, lambda size: bids(size, lambda n: f"<!-- {n} -->" + ONE)),
    "xml_references": Shape("documents", XML, lambda size: points(size, lambda n: point(n, "&#53;" * 3))),
    "xml_faulty_series": Shape("documents", XML, lambda size: bids(size, lambda n: faulty(f"TEST-{n}"))),
    "xml_faulty_points": Shape("documents", XML, lambda size: points(size, lambda n: point(n, "x"))),
    "xml_empty_points": Shape("documents", XML, lambda size: points(size, lambda _: "<Point/>")),
    "xml_faulty_on_one_line": Shape(
        "documents", XML, lambda size: one_line(points(size, lambda n: point(n, "x")))
    ),
    "xml_foreign_elements": Shape("documents", XML, lambda size: bids(size, lambda _: "<x/>")),
    "xml_other_namespaces": Shape(
        "documents", XML, lambda size: points(size, lambda n: f'<x{n}:Point xmlns:x{n}="urn:test:{n}"/>')
    ),
    "xml_deep": Shape("documents", XML, lambda size: in_bid(size, nested)),
    "xml_too_deep": Shape("documents", XML, lambda size: in_bid(size, lambda _: "<a>")),
    "xml_many_attributes": Shape("documents", XML, lambda size: in_root(size, lambda n: f'a{n}="" ')),
    "xml_many_namespaces": Shape(
        "documents", XML, lambda size: in_root(size, lambda n: f'xmlns:n{n}="urn:{n}" ')
    ),
    "xml_long_text": Shape(
        "documents", XML, lambda size: filled(size, HEAD + "<x>", f"</x>{END}", lambda _: "a" * 1000)
    ),
    "xml_long_numbers": Shape(
        "documents", XML, lambda size: bids(size, lambda n: bid(str(n), point(1, "1" * 5000)))
    ),
    "xml_one_long_number": Shape(
        "documents", XML, lambda size: bids(size, lambda n: bid(str(n), point(1, "1" * (size // 2))))
    ),
    "xml_not_closed": Shape("documents", XML, lambda size: points(size, lambda _: "<Point>")),
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
    "csv_many_rows": Shape("documents", CSV, csv_rows),
    "csv_faulty_rows": Shape("documents", CSV, lambda size: csv_rows(size, quantity_mw="x")),
    "csv_faulty_bids": Shape("documents", CSV, lambda size: csv_rows(size, direction="x")),
    "csv_differing_rows": Shape(
        "documents",
        CSV,
        lambda size: filled(
            size, ",".join(REQUIRED) + "\n", "\n", lambda n: csv_row(n, mrid=f"TEST-{n}"), "\n"
        ),
    ),
    "csv_wide_header": Shape("documents", CSV, lambda size: filled(size, "", "\n", lambda n: f"c{n}", ",")),
    "csv_same_columns": Shape("documents", CSV, lambda size: filled(size, "", "\n", lambda _: "mrid", ",")),
    "csv_wide_rows": Shape(
        "documents", CSV, lambda size: filled(size, ",".join(REQUIRED) + "\n", "\n", str, ",")
    ),
    "csv_long_field": Shape("documents", CSV, lambda size: b'"' + b"a\n" * (size // 2) + b'"'),
    "csv_many_quotes": Shape("documents", CSV, lambda size: b'"' + b'""' * (size // 2) + b'"'),
    "csv_blank_lines": Shape("documents", CSV, lambda size: b"\n" * size),
    "csv_long_number": Shape("documents", CSV, lambda size: csv_rows(size, quantity_mw="1" * (size // 3))),
}
"""Documents, as every protocol brings them."""

OTHERS: Final[dict[str, Shape]] = {
    "assignments_many_rows": Shape(
        "assignments",
        CSV,
        lambda size: filled(size, "unit,grid_id,node\n", "\n", lambda n: f"TEST-{n},TEST-GRID,N-{n}", "\n"),
    ),
    "assignments_of_one_unit": Shape(
        "assignments",
        CSV,
        lambda size: filled(size, "unit,grid_id,node\n", "\n", lambda n: f"TEST,TEST-GRID,N-{n}", "\n"),
    ),
    "assignments_of_one_resource": Shape(
        "assignments",
        CSV,
        lambda size: filled(size, "unit,resource,share\n", "\n", lambda n: f"U-{n},TEST,0.5", "\n"),
    ),
    "assignments_wide_header": Shape(
        "assignments", CSV, lambda size: filled(size, "", "\n", lambda n: f"c{n}", ",")
    ),
    "assignments_json": Shape(
        "assignments",
        JSON,
        lambda size: filled(
            size,
            '{"connections":{',
            "}}",
            lambda n: f'"TEST-{n}":[{{"grid_id":"TEST","node":"N-{n}"}}]',
            ",",
        ),
    ),
    "assignments_json_of_one_unit": Shape(
        "assignments",
        JSON,
        lambda size: filled(
            size, '{"connections":{"TEST":[', "]}}", lambda n: f'{{"grid_id":"TEST","node":"N-{n}"}}', ","
        ),
    ),
    "assignments_json_faulty": Shape(
        "assignments",
        JSON,
        lambda size: filled(size, '{"connections":{', "}}", lambda n: f'"TEST-{n}":1', ","),
    ),
    "assignments_json_twice": Shape("assignments", JSON, twice),
    "models_large": Shape("models", JSON, grid_model),
    "models_many_elements": Shape(
        "models",
        JSON,
        lambda size: grid_model(
            200,
            elements=lambda _: [
                {"id": "TEST", "forward_limit_mw": 10.0, "reverse_limit_mw": 0.0} for _ in range(size // 64)
            ],
        ),
    ),
    "models_many_references": Shape(
        "models",
        JSON,
        lambda size: grid_model(
            200, reference=lambda _: [{"node": f"TEST-{n}", "weight": 0.5} for n in range(size // 36)]
        ),
    ),
    "models_many_points": Shape(
        "models",
        JSON,
        lambda size: grid_model(
            200,
            operating_points=lambda _: [
                {
                    "name": f"{n}",
                    "activation_band_mw": [-1.0, 1.0],
                    "base_flow_mw": [[1.0, 1.0]],
                    "ptdf": [[1]],
                }
                for n in range(size // 90)
            ],
        ),
    ),
    "models_with_topology": Shape(
        "models",
        JSON,
        lambda size: grid_model(
            200,
            topology=lambda _: {
                "branches": [
                    {
                        "id": f"TEST-{n}",
                        "from": f"TEST-NODE-{n}",
                        "to": f"TEST-NODE-{n + 1}",
                        "reactance": 0.1,
                    }
                    for n in range(size // 80)
                ]
            },
        ),
    ),
    "models_members_twice": Shape("models", JSON, twice),
}
"""What participants hand in beside documents."""

SHAPES: Final = DOCUMENTS | OTHERS
