"""The header of any market document as far as it goes, whatever its family and however broken it is."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from lxml import etree

from gateway.domain.document import ReceivedDocument
from gateway.domain.market_time import utc
from gateway.domain.party import CodedId

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
_PARTIES: Final = ("sender_MarketParticipant.mRID", "receiver_MarketParticipant.mRID")


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a header says."""

    received: ReceivedDocument
    sender: CodedId | None
    receiver: CodedId | None = None


def glimpse(data: bytes) -> Glimpse:
    """Read header values from the beginning of a document without DOCTYPE, valid or not."""
    texts: dict[str, str] = {}
    parties: dict[str, CodedId] = {}
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
                if name in _PARTIES:
                    party = CodedId(element.text.strip(), element.get("codingScheme", "A01"))
                    parties.setdefault(name, party)
    revision = texts.get("revision", "")
    received = ReceivedDocument(
        mrid=texts.get("mrid") or None,
        revision=int(revision) if _REVISION.fullmatch(revision) else None,
        type=texts.get("type"),
        process=texts.get("process"),
        created_at=_moment(texts.get("created_at", "")),
    )
    return Glimpse(received, *map(parties.get, _PARTIES))


def _moment(text: str) -> datetime | None:
    with suppress(ValueError, OverflowError):
        return utc(datetime.fromisoformat(text)).replace(microsecond=0)
    return None
