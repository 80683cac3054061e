"""How a list names a document: read from its beginning, whatever its family."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from lxml import etree

from gateway.domain.market_time import utc
from gateway.ports import Letter, Mailbox

_FURTHEST: Final = 16 * 1024
_KEPT: Final = 4096


@dataclass(frozen=True, slots=True)
class Label:
    """What tells a document from others, and the time it is about.

    Attributes:
        identification: its mRID; without one, the id of the message.
        start: of its period; without one, when it was made.
    """

    identification: str
    version: int | None
    start: datetime
    end: datetime | None


class Labels:
    """Labels of the messages in a mailbox; what was read once is known."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._read = lru_cache(_KEPT)(self._label)

    def of(self, letter: Letter) -> Label | None:
        """The label of a letter; None when it is gone."""
        return self._read(letter.code)

    def _label(self, code: int) -> Label | None:
        envelope = self._mailbox.fetch(code)
        if envelope is None:
            return None
        texts = _texts(envelope.payload[:_FURTHEST])
        version = texts.get("revisionNumber", "")
        return Label(
            identification=texts.get("mRID") or envelope.message_id,
            version=int(version) if version.isascii() and version.isdigit() and int(version) else None,
            start=_moment(texts.get("start")) or envelope.received_at,
            end=_moment(texts.get("end")),
        )


def _texts(data: bytes) -> dict[str, str]:
    """Texts of the header's elements, and the ends of its first interval, by name."""
    texts: dict[str, str] = {}
    parser = etree.XMLPullParser(("start", "end"), resolve_entities=False, no_network=True, load_dtd=False)
    events: Iterator[tuple[str, etree._Element]] = cast("Any", parser.read_events())
    depth, in_interval = 0, False
    with suppress(etree.XMLSyntaxError):  # it is cut off somewhere
        parser.feed(data)
    with suppress(etree.XMLSyntaxError):
        for event, element in events:
            depth += 1 if event == "start" else -1
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if depth == 2 and event == "start":
                in_interval = name.lower().endswith("timeinterval")
            wanted = depth == 1 or (depth == 2 and in_interval)
            if event == "end" and wanted and element.text:
                texts.setdefault(name, element.text.strip())
    return texts


def _moment(text: str | None) -> datetime | None:
    with suppress(ValueError, OverflowError):
        return None if text is None else utc(datetime.fromisoformat(text))
    return None
