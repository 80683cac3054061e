"""What can still be said of a document that cannot be read: the header as far as it goes.

The sender of a broken document wants to know which one was meant. Nothing read here decides anything.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, cast

from lxml import etree

from gateway.domain.document import ReceivedDocument
from gateway.domain.market_time import utc

_FURTHEST: Final = 64 * 1024
"""Bytes looked at; a header takes about one thousand."""

_REVISION: Final = re.compile(r"[1-9]\d{0,2}", re.ASCII)

_NAMES: Final[Mapping[str, str]] = {
    "mRID": "mrid",
    "revisionNumber": "revision",
    "type": "type",
    "process.processType": "process",
    "createdDateTime": "created_at",
}


def glimpse(data: bytes) -> ReceivedDocument:
    """Read header values from the beginning of a document without DOCTYPE, valid or not."""
    texts: dict[str, str] = {}
    parser = etree.XMLPullParser(("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
    events: Iterator[tuple[str, etree._Element]] = cast("Any", parser.read_events())
    depth = 0
    with suppress(etree.XMLSyntaxError):
        parser.feed(data[:_FURTHEST])
    with suppress(etree.XMLSyntaxError):  # the fault is known; what came before it is read
        for event, element in events:
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 1 and element.text:
                name = etree.QName(element).localname
                texts.setdefault(_NAMES.get(name, name), element.text.strip())
    revision = texts.get("revision", "")
    return ReceivedDocument(
        mrid=texts.get("mrid") or None,
        revision=int(revision) if _REVISION.fullmatch(revision) else None,
        type=texts.get("type"),
        process=texts.get("process"),
        created_at=_moment(texts.get("created_at", "")),
    )


def _moment(text: str) -> datetime | None:
    with suppress(ValueError, OverflowError):
        return utc(datetime.fromisoformat(text)).replace(microsecond=0)
    return None
