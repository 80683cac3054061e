"""Claims of a document that cannot be read about itself, for its answer: JSON and tables.

Of XML see `header_peek`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.domain.document import DocumentKind, ReceivedDocument
from gateway.domain.json_text import without_mark
from gateway.domain.market_time import MarketTimeError
from mappings import bid_csv
from mappings.csv_table import first_row
from mappings.texts import moment

_HEADER: Final = frozenset({"kind", "version", "mrid", "revision", "type", "process", "created_at"})
_REVISION: Final = re.compile(r"[1-9]\d{0,2}", re.ASCII)
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_LONGEST: Final = 1000
"""Characters of a name that is worth repeating."""


@dataclass(frozen=True, slots=True)
class Claims:
    """How it names itself, and its family and version, as far as known."""

    received: ReceivedDocument = field(default_factory=ReceivedDocument)
    family: str | None = None
    version: str | None = None


def claims_in_json(data: bytes) -> Claims:
    """Read the members at the top of a JSON text before the place where it breaks."""
    text = without_mark(data).decode("utf-8", "replace")
    claimed: dict[str, Any] = {}
    with suppress(ValueError, RecursionError):
        for name, value in _members(text):
            if name in _HEADER:
                claimed.setdefault(name, value)
            if claimed.keys() == _HEADER:
                break
    kind = claimed.get("kind")
    return _claims(claimed, kind if kind in list(DocumentKind) else None)


def claims_in_table(data: bytes) -> Claims:
    """Read the claims of the first row of a table about its document."""
    cells = first_row(data, bid_csv.COLUMNS)
    family = DocumentKind.RESERVE_BID if "mrid" in cells else None
    return _claims(cells, family)


def _claims(claimed: Mapping[str, Any], family: str | None) -> Claims:
    created = _text(claimed.get("created_at"))
    created_at = None
    with suppress(MarketTimeError):
        created_at = None if created is None else moment(created).replace(microsecond=0)
    revision = str(claimed.get("revision", ""))
    received = ReceivedDocument(
        mrid=_text(claimed.get("mrid")),
        revision=int(revision) if _REVISION.fullmatch(revision) else None,
        type=_text(claimed.get("type")),
        process=_text(claimed.get("process")),
        created_at=created_at,
    )
    return Claims(received, None if family is None else str(family), _text(claimed.get("version")))


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) and len(value) <= _LONGEST else None


def _members(text: str) -> Iterator[tuple[str, Any]]:
    """The members of the outermost object, one after the other.

    Raises:
        ValueError: at a place that is no JSON any more.
    """
    decoder = json.JSONDecoder()
    at = _after(text, 0, "{")
    while True:
        name, at = decoder.raw_decode(text, _after(text, at, ""))
        value, at = decoder.raw_decode(text, _after(text, _after(text, at, ":"), ""))
        yield str(name), value
        at = _after(text, at, ",")


def _after(text: str, at: int, mark: str) -> int:
    found = _BLANK.match(text, at)
    at = at if found is None else found.end()
    if not text.startswith(mark, at):
        raise ValueError(mark)
    return at + len(mark)
