"""What every channel does with a message before its peer hears of it: bound it, type it, store it.

Whatever the protocol, a message that is not taken is refused with the same `Problem`, so that a peer meets
the same words on every channel. What a document says is not looked at here.
"""

import hashlib
import re
import threading
import uuid
from dataclasses import dataclass, field
from typing import Final

import structlog

from adapters.http.body import JSON, XML
from adapters.http.problems import Problem, ProblemType, details_of
from gateway.domain.envelope import Envelope
from gateway.ports import BusyError, ChannelPlace, ConflictError, Receipt

TEXT_XML: Final = "text/xml"
_VENDOR: Final = re.compile(r"application/vnd\.flexgate\.[a-z-]+\+json")
_LONGEST_ID: Final = 256
PAUSE_AFTER_FAULT_S: Final = 1.0

_log: Final = structlog.get_logger(__name__)


def is_document_type(content_type: str) -> bool:
    """Whether a media type (small letters, without parameters) is one that documents come in."""
    return content_type in (XML, TEXT_XML, JSON) or _VENDOR.fullmatch(content_type) is not None


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel received.

    Attributes:
        id: the peer's own name for the message, the same when it is repeated; without one, the same bytes
            count as the same message.
        content_type: as the peer says; without it the first character tells XML from JSON.
        correlation_id: by what the peer will know the answer; without it, the id.
    """

    payload: bytes = field(repr=False)
    id: str | None = None
    content_type: str | None = None
    message_type: str | None = None
    correlation_id: str | None = None
    reply_to: str | None = None


class Door:
    """The way in of one channel."""

    def __init__(self, place: ChannelPlace, stopping: threading.Event) -> None:
        self._place = place
        self._stopping = stopping

    def hand_in(self, message: Message) -> Receipt:
        """Store a message durably; only now may it be confirmed to the peer.

        Raises:
            Problem: it is not taken, now or later.
            BusyError: it cannot be stored now.
        """
        place = self._place
        if len(message.payload) > place.largest_bytes:
            raise Problem(
                ProblemType.TOO_LARGE, f"a message here may have up to {place.largest_bytes:,} bytes"
            )
        if message.id is not None and len(message.id) > _LONGEST_ID:
            raise Problem(ProblemType.INVALID, f"a message id has up to {_LONGEST_ID} characters")
        if not all(
            map(_is_text, (message.id, message.message_type, message.correlation_id, message.reply_to))
        ):
            raise Problem(ProblemType.INVALID, "names and ids are text that can be written as UTF-8")
        content_type = _media_type(message)
        if not is_document_type(content_type):
            raise Problem(
                ProblemType.UNSUPPORTED_MEDIA_TYPE, f"{content_type} is not taken; send {XML} or {JSON}"
            )
        envelope = Envelope(
            tenant=place.tenant.tenant_id,
            channel=place.name,
            message_id=_key(message),
            content_type=content_type,
            received_at=place.clock.now(),
            payload=message.payload,
            correlation_id=message.correlation_id or message.id,
            message_type=message.message_type,
            reply_to=message.reply_to,
        )
        try:
            return place.intake.accept(envelope)
        except ConflictError as error:
            raise Problem(ProblemType.KEY_REUSED, str(error)) from error

    def hand_in_patiently(self, message: Message) -> Receipt | None:
        """As `hand_in`, waiting while the gateway is busy: back-pressure for peers that cannot be told.

        None when the channel stops meanwhile; the message is not confirmed then and comes again.

        Raises:
            Problem: it is not taken, now or later.
        """
        while not self._stopping.is_set():
            try:
                return self.hand_in(message)
            except BusyError as busy:
                _log.warning("channel waits", channel=self._place.name, seconds=busy.retry_after_s)
                self._stopping.wait(busy.retry_after_s)
            except Problem:
                raise
            except Exception as error:  # noqa: BLE001  (a fault of ours; it must not cost the peer a message)
                _log.error("message not stored", channel=self._place.name, fault=type(error).__name__)
                self._stopping.wait(PAUSE_AFTER_FAULT_S)
        return None

    def refusal(self, problem: Problem) -> bytes:
        """A problem as the JSON document (RFC 9457) that peers get; its reference stands in the log too."""
        reference = str(uuid.uuid4())
        _log.warning(
            "message refused",
            tenant=self._place.tenant.tenant_id,
            channel=self._place.name,
            because=problem.kind.uri,
            reference=reference,
        )
        return details_of(problem, reference).model_dump_json(exclude_defaults=True).encode()


def _media_type(message: Message) -> str:
    named = (message.content_type or "").partition(";")[0].strip().lower()
    if named in ("", "application/octet-stream", "application/octetstream"):
        return JSON if message.payload.lstrip()[:1] in (b"{", b"[") else XML
    return named


def _is_text(name: str | None) -> bool:
    """Undecodable bytes of a name arrive as surrogates, which nothing can store."""
    return name is None or not any("\ud800" <= character <= "\udfff" for character in name)


def _key(message: Message) -> str:
    """Named ids and hashes are kept apart, so that no id can pose as the hash of something else."""
    if message.id is None:
        return f"sha256:{hashlib.sha256(message.payload).hexdigest()}"
    return f"id:{message.id}"
