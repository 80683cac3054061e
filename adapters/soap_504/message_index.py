"""How a list names a document: read from its beginning, whatever its family."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from gateway.ports import Letter, Mailbox
from mappings.header_peek import header_peek

_FURTHEST: Final = 16 * 1024
_CACHED: Final = 4096


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """The identification of a document, and its period.

    Attributes:
        identification: its mRID; without one, the id of the message.
        start: of its period; without one, when it was made.
    """

    identification: str
    version: int | None
    start: datetime
    end: datetime | None


class MessageIndex:
    """Labels of the messages in a mailbox; what was read once is known."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._read = lru_cache(_CACHED)(self._label)

    def of(self, letter: Letter) -> IndexEntry | None:
        """The label of a letter; None when it is gone."""
        return self._read(letter.code)

    def _label(self, code: int) -> IndexEntry | None:
        envelope = self._mailbox.fetch(code)
        if envelope is None:
            return None
        seen = header_peek(envelope.payload[:_FURTHEST])
        return IndexEntry(
            identification=seen.received.mrid or envelope.message_id,
            version=seen.received.revision,
            start=seen.start or envelope.received_at,
            end=seen.end,
        )
