"""Steps of every channel with a message before it is confirmed: check its size and type, store it.

Whatever the protocol, a message that is not taken is refused with the same `ProblemResponse`, so that a peer
meets the same text on every channel. The content of a document is not examined.
"""

import hashlib
import re
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from adapters.kit.charset import charset_fault
from adapters.kit.http.body import CSV, JSON, XML
from adapters.kit.http.problems import MEDIA_TYPE, ProblemResponse, ProblemType, details_of
from gateway.domain.envelope import Envelope
from gateway.ports import BusyError, ChannelContext, ConflictError, Receipt, StoreUnavailableError

TEXT_XML: Final = "text/xml"
_OF_ITS_OWN: Final = re.compile(r"application/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\+(?:xml|json)")
"""Types that say XML or JSON in their last part (RFC 6839), such as formats have; which of them are known,
the document's own check says."""
_NO_DOCUMENTS: Final = frozenset({MEDIA_TYPE, "application/soap+xml"})
_LONGEST_ID: Final = 256
PAUSE_AFTER_FAULT_S: Final = 1.0

_log: Final = structlog.get_logger(__name__)


def is_document_type(content_type: str) -> bool:
    """Whether a media type (small letters, without parameters) is one that documents come in."""
    if content_type in (XML, TEXT_XML, JSON, CSV):
        return True
    return content_type not in _NO_DOCUMENTS and _OF_ITS_OWN.fullmatch(content_type) is not None


@dataclass(frozen=True, slots=True)
class Message:
    """A message that a channel received.

    Attributes:
        id: the peer's own name for the message, the same when it is repeated; without one, the same bytes
            count as the same message.
        content_type: as the peer declares; without it the first character distinguishes XML from JSON.
        correlation_id: by what the peer will know the answer; without it, the id.
        unreadable: why the channel cannot read it; it is quarantined as it came, and refused for that.
        repeated_by_sender: whether its sender sends it again, if it came before, and waits for an
            answer; False where the transport may have brought it again by itself, as after a break.
    """

    payload: bytes = field(repr=False)
    id: str | None = None
    content_type: str | None = None
    message_type: str | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    unreadable: str | None = None
    repeated_by_sender: bool = False

    def __post_init__(self) -> None:
        """Nothing but blanks is no name."""
        if self.id is not None and not self.id.strip():
            object.__setattr__(self, "id", None)

    @property
    def answered_as(self) -> str | None:
        """By what the peer will know the answer; None where it named nothing that can be written."""
        named = (self.correlation_id, self.id)
        return next((each for each in named if each is not None and _is_text(each)), None)

    @property
    def problem_id(self) -> str:
        """The id of a problem document about this message: the same when the same message comes again."""
        parts = (self.id or "", self.correlation_id or "", hashlib.sha256(self.payload).hexdigest())
        content = "\n".join(parts).encode("utf-8", "surrogatepass")
        return f"problem-{hashlib.sha256(content).hexdigest()[:32]}"


class Receiver:
    """Intake of messages of one channel."""

    def __init__(self, context: ChannelContext, stopping: threading.Event) -> None:
        self._context = context
        self._stopping = stopping
        self._waits = False

    def hand_in(self, message: Message) -> Receipt:
        """Store a message durably; only now may it be confirmed to the peer.

        Raises:
            ProblemResponse: it is not accepted, now or later.
            BusyError: it cannot be stored now.
        """
        (outcome,) = self._store([message])
        if isinstance(outcome, ProblemResponse):
            raise outcome
        return outcome

    def hand_in_patiently(self, message: Message) -> Receipt | None:
        """As `hand_in`, waiting while the gateway is busy: back-pressure for peers that cannot be notified.

        None when the channel stops meanwhile; the message is not confirmed then and comes again.

        Raises:
            ProblemResponse: it is not accepted, now or later.
        """
        for outcome in self.hand_in_all([message]):
            if isinstance(outcome, ProblemResponse):
                raise outcome
            return outcome
        return None

    def hand_in_all(self, messages: Sequence[Message]) -> Iterator[Receipt | ProblemResponse]:
        """Store messages durably, in their order, waiting while the gateway is busy.

        Yields the outcome of each, in their order; fewer when the channel stops meanwhile. Together they wait
        for the disk once; when they cannot be stored together, one after the other.
        """
        try:
            yield from self._store(messages)
        except Exception as error:  # noqa: BLE001  (a fault of ours; it must not cost the peer a message)
            self._pause(error)
        else:
            return
        for message in messages:
            while (outcome := self._tried(message)) is None:
                if self._stopping.is_set():
                    return
            yield outcome

    def _tried(self, message: Message) -> Receipt | ProblemResponse | None:
        if self._stopping.is_set():
            return None
        try:
            (outcome,) = self._store([message], is_first_try=False)
        except Exception as error:  # noqa: BLE001
            self._pause(error)
            return None
        return outcome

    def _pause(self, error: Exception) -> None:
        if isinstance(error, BusyError):
            if not self._waits:
                _log.warning("channel waits", channel=self._context.name, because=error.because)
            self._waits = True
            self._stopping.wait(error.retry_after_s)
        else:
            _log.error("message not stored", channel=self._context.name, fault=type(error).__name__)
            self._stopping.wait(PAUSE_AFTER_FAULT_S)

    def _store(
        self, messages: Sequence[Message], *, is_first_try: bool = True
    ) -> Sequence[Receipt | ProblemResponse]:
        """The outcome of messages that are stored together.

        Raises:
            BusyError: none of them can be stored now.
        """
        checked = [self._checked(message) for message in messages]
        envelopes = [envelope for envelope in checked if isinstance(envelope, Envelope)]
        receipts = iter(self._context.intake.submit(envelopes).result() if envelopes else ())
        self._waits = False
        outcomes: list[Receipt | ProblemResponse] = []
        for message, one in zip(messages, checked, strict=True):
            outcome = one if isinstance(one, ProblemResponse) else _outcome(next(receipts))
            outcomes.append(outcome)
            if is_first_try and isinstance(one, Envelope):
                self._answer_again(one, outcome, redelivered=not message.repeated_by_sender)
        return outcomes

    def _answer_again(
        self, envelope: Envelope, first: Receipt | ProblemResponse, *, redelivered: bool
    ) -> None:
        if isinstance(first, ProblemResponse) or not first.repeated:
            return
        try:
            self._context.intake.answer_again(envelope, first, redelivered=redelivered)
        except StoreUnavailableError as error:  # its sender may try again
            _log.warning("message not answered again", channel=self._context.name, because=str(error))

    def _checked(self, message: Message) -> Envelope | ProblemResponse:
        """The message in its envelope, or why it is not taken."""
        context = self._context
        if len(message.payload) > context.largest_bytes:
            return ProblemResponse(
                ProblemType.TOO_LARGE, f"a message may have up to {context.largest_bytes:,} bytes"
            )
        if message.id is not None and len(message.id) > _LONGEST_ID:
            return ProblemResponse(ProblemType.INVALID, f"a message id has up to {_LONGEST_ID} characters")
        names = (
            message.id,
            message.content_type,
            message.message_type,
            message.correlation_id,
            message.reply_to,
        )
        if not all(map(_is_text, names)):
            return ProblemResponse(
                ProblemType.INVALID, "names, ids and media types are text that can be written as UTF-8"
            )
        content_type = _media_type(message)
        if message.unreadable is not None:
            _log.warning("message unreadable", channel=context.name, because=message.unreadable)
        elif not is_document_type(content_type):
            return ProblemResponse(
                ProblemType.UNSUPPORTED_MEDIA_TYPE,
                f"{content_type} is not taken; send {XML}, {JSON} or {CSV}",
            )
        if fault := charset_fault(message.content_type or "", message.payload):
            return ProblemResponse(ProblemType.UNSUPPORTED_MEDIA_TYPE, fault)
        sha256 = hashlib.sha256(message.payload).hexdigest()
        return Envelope(
            tenant=context.tenant.tenant_id,
            channel=context.name,
            message_id=_known_by(message, sha256),
            content_type=content_type,
            received_at=context.clock.now(),
            payload=message.payload,
            correlation_id=message.answered_as,
            message_type=message.message_type,
            reply_to=message.reply_to,
            sha256=sha256,
        )

    def refusal(self, problem: ProblemResponse) -> bytes:
        """A problem as the JSON document (RFC 9457) that peers get; its reference is in the log too."""
        reference = str(uuid.uuid4())
        _log.warning(
            "message refused",
            tenant=self._context.tenant.tenant_id,
            channel=self._context.name,
            because=problem.kind.uri,
            reference=reference,
        )
        return details_of(problem, reference).model_dump_json(exclude_defaults=True).encode()


def _outcome(receipt: Receipt | ConflictError) -> Receipt | ProblemResponse:
    return (
        ProblemResponse(ProblemType.KEY_REUSED, str(receipt))
        if isinstance(receipt, ConflictError)
        else receipt
    )


def _known_by(message: Message, sha256: str) -> str:
    """By what a repetition is known; no id can pose as the hash of something else.

    Nothing is no document: one empty message without an id does not identify the next.
    """
    if message.id is not None:
        return f"id:{message.id}"
    return f"sha256:{sha256}" if message.payload else f"empty:{uuid.uuid4()}"


def _media_type(message: Message) -> str:
    if message.unreadable is not None:
        return f"unknown ({message.unreadable})"
    named = (message.content_type or "").partition(";")[0].strip().lower()
    if named in ("", "application/octet-stream", "application/octetstream"):
        return JSON if message.payload.lstrip()[:1] in (b"{", b"[") else XML
    return named


def _is_text(name: str | None) -> bool:
    """Undecodable bytes of a name arrive as surrogates, which nothing can store."""
    return name is None or not any("\ud800" <= character <= "\udfff" for character in name)
