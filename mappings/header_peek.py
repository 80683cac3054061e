"""The header of any market document as far as it goes, whatever its family and however broken it is."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from lxml import etree

from gateway.domain.document import ReceivedDocument
from gateway.domain.market_time import utc
from gateway.domain.party import EIC_SCHEME, CodedId
from mappings.header import HEADER

_FURTHEST: Final = 64 * 1024
"""Bytes examined; a header has about one thousand."""

_REVISION: Final = re.compile(r"[1-9]\d{0,2}", re.ASCII)

_FIELDS: Final = {
    element: field
    for field, carrier in HEADER.items()
    for element in (carrier.split() if isinstance(carrier, str) else ())
    if "/" not in element
}
_SCHEME: Final = "codingScheme"
_INTERVAL: Final = "timeinterval"
"""In what the elements of time intervals end, in small letters."""


@dataclass(frozen=True, slots=True)
class HeaderPeek:
    """Content of a header.

    Attributes:
        start, end: of the first time interval in it.
    """

    received: ReceivedDocument
    sender: CodedId | None
    receiver: CodedId | None = None
    sender_role: str | None = None
    receiver_role: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def header_peek(data: bytes) -> HeaderPeek:
    """Read header values from the beginning of a document without DOCTYPE, valid or not."""
    texts: dict[str, str] = {}
    parties: dict[str, CodedId | None] = {"sender": None, "receiver": None}
    parser = etree.XMLPullParser(("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
    events: Iterator[tuple[str, etree._Element]] = cast("Any", parser.read_events())
    depth, in_interval = 0, False
    with suppress(etree.XMLSyntaxError):
        parser.feed(data[:_FURTHEST])
    with suppress(etree.XMLSyntaxError):  # the fault is known; what came before it is read
        for event, element in events:
            depth += 1 if event == "start" else -1
            name = etree.QName(element).localname
            if event == "start":
                in_interval = in_interval if depth > 2 else name.lower().endswith(_INTERVAL)
            elif (depth == 1 or (depth == 2 and in_interval)) and element.text:
                field = _FIELDS.get(name, name)
                texts.setdefault(field, element.text.strip())
                if field in parties and parties[field] is None:
                    parties[field] = CodedId(element.text.strip(), element.get(_SCHEME, EIC_SCHEME))
    revision, created = texts.get("revision", ""), _time(texts.get("created_at"))
    received = ReceivedDocument(
        mrid=texts.get("mrid") or None,
        revision=int(revision) if _REVISION.fullmatch(revision) else None,
        type=texts.get("type"),
        process=texts.get("process"),
        created_at=None if created is None else created.replace(microsecond=0),
    )
    start, end = (_time(texts.get(name)) for name in ("start", "end"))
    return HeaderPeek(
        received,
        parties["sender"],
        parties["receiver"],
        texts.get("sender_role"),
        texts.get("receiver_role"),
        start,
        end,
    )


def _time(text: str | None) -> datetime | None:
    with suppress(ValueError, OverflowError):
        return None if text is None else utc(datetime.fromisoformat(text))
    return None
