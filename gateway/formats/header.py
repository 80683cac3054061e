"""The header of a described document: what stands at the described places, read and checked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from esmp.error_messages import quoted
from esmp.findings import SchemaFinding, Stage
from gateway.domain.market_time import Interval, MarketTimeError, utc
from gateway.domain.party import CodedId
from gateway.formats.content import Content, Value
from gateway.formats.descriptions import SINGLE, HeaderTable

LONGEST: Final = 60
"""Characters of an id: what every Acknowledgement can repeat."""
_LONGEST_CODE: Final = 120
_OPTIONAL: Final = frozenset({"revision", "process", "market", "period.start", "period.end"})
"""Described places that a document may leave empty."""
_REVISION: Final = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Header:
    """What a document says of itself, as far as its format describes it and it could be read.

    Attributes:
        places: where the document has each, by the key of the description.
    """

    id: str | None = None
    revision: int | None = None
    sender: CodedId | None = None
    receiver: CodedId | None = None
    created: datetime | None = None
    process: str | None = None
    market: str | None = None
    period: Interval | None = None
    places: dict[str, Value] = field(default_factory=dict)


def header_in(content: Content, described: HeaderTable) -> tuple[Header, tuple[SchemaFinding, ...]]:
    """Read the header of a document, valid or not, and find what is missing or no such value."""
    reader = _Reader(content, described)
    texts = {key: reader.text(key) for key in SINGLE}
    header = Header(
        id=reader.name("id", texts["id"], LONGEST),
        revision=reader.revision(texts["revision"]),
        sender=reader.party("sender", texts["sender"]),
        receiver=reader.party("receiver", texts["receiver"]),
        created=reader.moment("created", texts["created"]),
        process=reader.name("process", texts["process"], LONGEST),
        market=reader.name("market", texts["market"], LONGEST),
        period=reader.period(),
        places=reader.places,
    )
    return header, tuple(reader.findings)


class _Reader:
    def __init__(self, content: Content, described: HeaderTable) -> None:
        self._content = content
        self._described = described
        self._zone = None if described.zone is None else ZoneInfo(described.zone)
        self.places: dict[str, Value] = {}
        self.findings: list[SchemaFinding] = []

    def text(self, key: str) -> str | None:
        """The one value at a described place; None: it is not described, or not there as it should be."""
        place = self._described.places.get(key)
        if place is None:
            return None
        values = list(self._distinct(place))
        first = values[0] if values else Value("", place)
        self.places[key] = first
        if len(values) > 1:
            self._report(values[1], f"the {key} is stated more than once, and not the same")
        elif first.text is None:
            self._report(first, f"the {key} is no text and no whole number")
        elif first.text:
            return first.text
        elif key not in _OPTIONAL:
            self._report(first, f"the {key} is missing", "missing-element")
        return None

    def _distinct(self, place: str) -> Iterator[Value]:
        seen: set[str | None] = set()
        for value in self._content.values(place):
            if value.text not in seen:
                seen.add(value.text)
                yield value

    def name(self, key: str, text: str | None, longest: int) -> str | None:
        """A name that answers and grants can repeat."""
        if text is None:
            return None
        if len(text) > longest or not text.isprintable() or text.strip() != text:
            self._report(self.places[key], f"the {key} is up to {longest} visible characters")
            return None
        return text

    def party(self, key: str, text: str | None) -> CodedId | None:
        """A party in the coding scheme of the format."""
        code = self.name(key, text, _LONGEST_CODE)
        return None if code is None else CodedId(code, self._described.scheme)

    def revision(self, text: str | None) -> int | None:
        """A revision number."""
        if text is None or _REVISION.fullmatch(text):
            return None if text is None else int(text)
        self._report(self.places["revision"], f"{quoted(text)} is no whole number from 0 to 999999999")
        return None

    def moment(self, key: str, text: str | None) -> datetime | None:
        """A moment, UTC. One without an offset is a local time of the format's zone."""
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None and self._zone is not None:
                moment = self._local(moment)
            return utc(moment)
        except MarketTimeError as error:
            self._report(self.places[key], f"the {key}: {error}")
        except ValueError:
            self._report(self.places[key], f"the {key}: {quoted(text)} is no time like 2026-03-01T06:00:00Z")
        return None

    def _local(self, moment: datetime) -> datetime:
        """A local time.

        Raises:
            MarketTimeError: the clock shows it twice, or never.
        """
        first, second = (moment.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
        if first.utcoffset() != second.utcoffset():
            raise MarketTimeError(
                f"{moment.isoformat()} is no single moment in {self._zone}: write its offset"
            )
        return first

    def period(self) -> Interval | None:
        """The period that the document is about."""
        start, end = (self.moment(key, self.text(key)) for key in ("period.start", "period.end"))
        if start is None or end is None:
            return None
        try:
            return Interval(start, end)
        except MarketTimeError as error:
            self._report(self.places["period.end"], str(error))
            return None

    def _report(self, at: Value, message: str, code: str = "invalid-value") -> None:
        self.findings.append(SchemaFinding(Stage.SCHEMA, code, message, at.line, at.path))
