"""Documents of bids as tables."""

from typing import Final

from benchmarks.bid_documents import DAY, MTU
from benchmarks.hostile.shape import CSV, Shape, filled
from mappings.bid_csv import REQUIRED

QUARTERS: Final = 96
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


TABLE_SHAPES: Final[dict[str, Shape]] = {
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
