"""Bids as a flat table (CSV): one row for each bid and market time unit, for partners without XML or JSON.

A table has the content of canonical JSON, cell by cell, and is read as such: columns have the names of the
canonical model, the header of the document is repeated in every row. Quantities are MW, prices per MWh and
per MW. Links, reasons and further areas of a bid have no column; bids that need them come as XML or JSON.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import Any, Final

from gateway.domain.bid import BidTerm
from gateway.domain.document import ReserveBids
from gateway.domain.json_text import JsonFault, JsonTextError
from gateway.domain.market_time import MarketTimeError, length_from, resolution
from mappings import canonical_json
from mappings.csv_table import MOST_FAULTS, CsvFault, CsvFaultsError, Row, number_fault, rows_of
from mappings.texts import minute_text, moment, seconds

EIC: Final = "A01"

_FIXED: Final = {
    "quantity_mw": (BidTerm.QUANTITY_UNIT, "MAW"),
    "energy_price": (BidTerm.ENERGY_PRICE_UNIT, "MWH"),
    "capacity_price": (BidTerm.CAPACITY_PRICE_UNIT, "MAW"),
}
"""Units that the names of columns state."""

DOCUMENT: Final = {
    "version": ("version",),
    "mrid": ("mrid",),
    "revision": ("revision",),
    "type": ("type",),
    "process": ("process",),
    "sender": ("sender", "party", "code"),
    "sender_scheme": ("sender", "party", "scheme"),
    "sender_role": ("sender", "role"),
    "receiver": ("receiver", "party", "code"),
    "receiver_scheme": ("receiver", "party", "scheme"),
    "receiver_role": ("receiver", "role"),
    "created_at": ("created_at",),
    "period_start": ("period", "start"),
    "period_end": ("period", "end"),
    "domain": ("domain", "code"),
    "domain_scheme": ("domain", "scheme"),
    "subject": ("subject", "party", "code"),
    "subject_scheme": ("subject", "party", "scheme"),
    "subject_role": ("subject", "role"),
}
"""Columns of the header of a document, and their members in canonical JSON."""

_TERMS: Final = tuple(
    term.value for term in BidTerm if term not in {term for term, _ in _FIXED.values()} | {BidTerm.CURVE}
)
_BID: Final = ("bid_id", "direction", "divisible", *_TERMS)
_NUMBERS: Final = ("quantity_mw", "minimum_mw", "energy_price", "capacity_price")
_POINT: Final = ("start", "resolution", *_NUMBERS)
_CODES: Final = tuple(name.removesuffix("_scheme") for name in _TERMS if name.endswith("_scheme"))

COLUMNS: Final = (*DOCUMENT, *_BID, *_POINT)
"""Every column there may be."""

REQUIRED: Final = (
    *("mrid", "revision", "type", "process", "sender", "sender_role", "receiver", "receiver_role"),
    *("created_at", "period_start", "period_end", "domain"),
    *("bid_id", "direction", "divisible", "business_type", "acquiring_area", "connecting_area"),
    *("start", "resolution", "quantity_mw"),
)
"""Columns without which there is no ReserveBid; nothing is filled in."""

_TIMES: Final[Mapping[str, Callable[[str], object]]] = {
    "created_at": moment,
    "period_start": moment,
    "period_end": moment,
    "start": lambda cell: minute_text(moment(cell)),
    "resolution": resolution,
}
_BOOLEANS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class CsvBids:
    """The document of a table, and the lines of its bids: by bid, period and point."""

    document: ReserveBids
    lines: Sequence[Sequence[Sequence[int]]]


def loads(data: bytes) -> CsvBids:
    """Read a table, see `mappings.csv_table`.

    Raises:
        CsvFaultsError: no such table, cells that are wrong or missing, rows that contradict each other.
    """
    rows = rows_of(data, COLUMNS, REQUIRED, "bids")
    if faults := list(islice(chain.from_iterable(map(_cell_faults, rows)), MOST_FAULTS)):
        raise CsvFaultsError(faults)
    if faults := list(islice(_differing(rows), MOST_FAULTS)):
        raise CsvFaultsError(faults)
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.cells["bid_id"], []).append(row)
    bids = [list(_periods(of_bid)) for of_bid in grouped.values()]
    content = _document(rows[0]) | {"bids": [_bid(periods) for periods in bids]}
    lines = [[[row.line for row in period] for period in periods] for periods in bids]
    try:
        document = canonical_json.of_content(content)
    except JsonTextError as error:
        raise CsvFaultsError([_placed(fault, lines) for fault in error.faults]) from None
    assert isinstance(document, ReserveBids)  # noqa: S101  (by its kind)
    return CsvBids(document, lines)


def _cell_faults(row: Row) -> Iterator[CsvFault]:
    for number, (name, cell) in enumerate(row.cells.items(), start=1):
        where = f"column {number} ({name})"
        if not cell:
            if name in REQUIRED:
                yield CsvFault(row.line, name, f"{where} is empty", is_missing=True)
        elif name in _NUMBERS:
            if fault := number_fault(cell):
                yield CsvFault(row.line, name, f"{where}: {fault}")
        elif name == "revision" and not (cell.isascii() and cell.isdigit() and len(cell) <= 9):
            yield CsvFault(row.line, name, f"{where}: {cell[:40]!r} is no revision number")
        elif name == "divisible" and cell.lower() not in _BOOLEANS:
            yield CsvFault(row.line, name, f"{where}: {cell[:40]!r} is neither true nor false")
        elif name in _TIMES:
            try:
                _TIMES[name](cell)
            except MarketTimeError as error:
                yield CsvFault(row.line, name, f"{where}: {error}")


def _differing(rows: Sequence[Row]) -> Iterator[CsvFault]:
    """Check that the fields of a document or a bid are the same in all of its rows."""
    first: dict[str | None, Row] = {}
    for row in rows:
        bid_id = row.cells["bid_id"]
        for names, key in ((DOCUMENT, None), (_BID, bid_id)):
            expected = first.setdefault(key, row).cells
            for number, name in enumerate(row.cells, start=1):
                if name in names and row.cells[name] != expected[name]:
                    whose = "the document" if key is None else "the bid"
                    message = f"column {number} ({name}) differs from line {first[key].line} of {whose}"
                    yield CsvFault(row.line, name, message)


def _periods(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows that follow each other without a gap, in the same resolution."""

    def stretch(indexed: tuple[int, Row]) -> tuple[str, float]:
        number, row = indexed
        text, start = row.cells["resolution"], row.cells["start"]
        length = resolution(text)
        if length_from(moment(start), text) != length:  # a day of 23 or 25 hours is a period of its own
            return f"{text} from {start}", number
        return text, seconds(start) - number * length.total_seconds()

    for _, members in groupby(enumerate(rows), key=stretch):
        yield [row for _, row in members]


def _document(row: Row) -> dict[str, Any]:
    content: dict[str, Any] = {"kind": "ReserveBid"}
    for name, path in DOCUMENT.items():
        if cell := row.cells.get(name):
            inner = content
            for step in path[:-1]:
                inner = inner.setdefault(step, {})
            if name == "revision":
                inner[path[-1]] = int(cell)
            else:
                inner[path[-1]] = moment(cell).isoformat() if name in _TIMES else cell
    return content


def _bid(periods: Sequence[Sequence[Row]]) -> dict[str, Any]:
    cells = periods[0][0].cells
    terms = {name: cells[name] for name in _TERMS if cells.get(name)}
    terms |= {f"{name}_scheme": EIC for name in _CODES if name in terms and f"{name}_scheme" not in terms}
    for name, (unit, code) in _FIXED.items():
        if any(row.cells.get(name) for period in periods for row in period):
            terms[unit.value] = code
    return {
        "id": cells["bid_id"],
        "direction": cells["direction"],
        "divisible": _BOOLEANS[cells["divisible"].lower()],
        "terms": terms,
        "periods": [_period(period) for period in periods],
    }


def _period(rows: Sequence[Row]) -> dict[str, Any]:
    first, last = (moment(row.cells["start"]) for row in (rows[0], rows[-1]))
    try:
        end = minute_text(last + length_from(last, rows[0].cells["resolution"]))
    except (MarketTimeError, OverflowError):
        fault = CsvFault(rows[-1].line, "resolution", "the market time unit ends at no whole minute")
        raise CsvFaultsError([fault]) from None
    return {
        "start": minute_text(first),
        "end": end,
        "resolution": rows[0].cells["resolution"],
        "points": [
            {"position": number} | {name: float(row.cells[name]) for name in _NUMBERS if row.cells.get(name)}
            for number, row in enumerate(rows, start=1)
        ],
    }


def _placed(fault: JsonFault, lines: Sequence[Sequence[Sequence[int]]]) -> CsvFault:
    """A fault of the JSON that a table became, with its place in the table."""
    match = re.match(r"/bids/(\d+)(?:/periods/(\d+))?(?:/points/(\d+))?/?(?:terms/)?([^/]*)", fault.pointer)
    if match is None:
        paths = {"/" + "/".join(path): name for name, path in DOCUMENT.items()}
        return CsvFault(lines[0][0][0], paths.get(fault.pointer), fault.message)
    bid, period, point = (int(step or 0) for step in match.groups()[:3])
    name = match[4] if match[4] in COLUMNS else {"id": "bid_id"}.get(match[4])
    return CsvFault(lines[bid][period][point], name, fault.message)
