"""The five operations of the MADES web service, in plain values."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.kit.http.client import CallError, HttpPeer
from adapters.mades import MadesOptions
from adapters.mades.soap import CONTENT_TYPE, Reply, Value, envelope, reply_of

_OVERHEAD: Final = 2**20
_LONGEST_TEXT: Final = 200
_CLIENT_FAULTS: Final = range(401, 404)


class MadesFaultError(CallError):
    """The service refused a request by a fault.

    Attributes:
        code: its errorCode; None where it names none.
    """

    def __init__(self, code: str | None, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Received:
    """A message in the inbox.

    Attributes:
        message_id: the network's own.
        content: None where it cannot be read, or is not `complete`.
        complete: False where it is larger than accepted.
        ba_message_id: its sender's own.
    """

    message_id: str
    content: bytes | None = field(repr=False)
    complete: bool
    business_type: str | None
    ba_message_id: str | None


class MadesService:
    """The service of one endpoint. Methods raise CallError; MadesFaultError where the service states why."""

    def __init__(self, options: MadesOptions, largest_bytes: int, stopping: threading.Event) -> None:
        self._options = options
        # Base64 is a third longer, its line breaks included a little more.
        self._largest = largest_bytes * 3 // 2 + _OVERHEAD
        self._peer = HttpPeer(options, stopping)

    def send(self, message_id: str, business_type: str, content: bytes, conversation_id: str | None) -> str:
        """Hand a message over; return the id that the network assigns."""
        message: dict[str, Value] = {
            "receiverCode": self._options.receiver,
            "businessType": business_type,
            "content": content,
            "senderApplication": self._options.sender_application,
            "baMessageID": message_id,
        }
        return self._id(
            self._call("SendMessage", {"message": message, "conversationID": conversation_id or ""})
        )

    def state_of(self, theirs: str) -> str | None:
        """The state of a sent message, as the service names it."""
        status = self._call("CheckMessageStatus", {"messageID": theirs})
        return (status.child("messageStatus") or status).text("state")

    def receive(self) -> tuple[Received | None, int]:
        """The next message of the inbox, where it stays until confirmed, and how many remain."""
        request: dict[str, Value] = {"businessType": self._options.business_type, "downloadMessage": True}
        reply = self._call("ReceiveMessage", request)
        return _received(reply.child("receivedMessage")), _remaining(reply)

    def waiting(self) -> int:
        """How many messages are in the inbox."""
        request: dict[str, Value] = {"businessType": self._options.business_type, "downloadMessage": False}
        return _remaining(self._call("ReceiveMessage", request))

    def confirm(self, theirs: str) -> None:
        """Let the inbox forget a message."""
        self._call("ConfirmReceiveMessage", {"messageID": theirs})

    def test_connectivity(self, business_type: str) -> None:
        """Have a message traced to the partner; a fault where there is no path."""
        request: dict[str, Value] = {"receiverCode": self._options.receiver, "businessType": business_type}
        self._id(self._call("ConnectivityTest", request))

    def close(self) -> None:
        """Close connections."""
        self._peer.close()

    def _call(self, operation: str, values: Mapping[str, Value]) -> Reply:
        options = self._options
        try:
            request = envelope(
                options.service_namespace, f"{operation}Request", values, qualified=options.qualified
            )
        except ValueError as error:
            raise CallError(f"{operation}: {error}") from error
        action = "" if options.action is None else f'; action="{options.action}"'
        answer = self._peer.call(
            "POST",
            options.service_path,
            largest=self._largest,
            headers={
                "Content-Type": CONTENT_TYPE + action,
                "Accept": "application/soap+xml, multipart/related",
            },
            content=request,
        )
        if answer.status in _CLIENT_FAULTS:
            raise answer.fault
        reply = reply_of(answer)
        if reply.name == "Fault":
            raise _fault(reply)
        if not answer.is_success:
            raise answer.fault
        return reply

    @staticmethod
    def _id(reply: Reply) -> str:
        if (theirs := reply.text("messageID")) is None:
            raise CallError(f"{reply.name} names no messageID")
        return theirs


def _received(message: Reply | None) -> Received | None:
    if message is None:
        return None
    theirs = message.text("messageID")
    if theirs is None:
        raise CallError("a received message without messageID, which cannot be confirmed")
    try:
        content = message.content("content") if message.complete else None
    except ValueError:
        content = None
    return Received(
        theirs,
        content,
        message.complete,
        message.text("businessType"),
        message.text("baMessageID", "baMessageId"),
    )


def _remaining(reply: Reply) -> int:
    named = reply.text("remainingMessagesCount") or "0"
    return int(named) if named.isascii() and named.isdigit() else 0


def _fault(fault: Reply) -> MadesFaultError:
    """The text of a fault, without its details, which may quote the message."""
    detail = fault.child("Detail")
    error = None if detail is None else detail.child("*")
    reason = fault.child("Reason")
    if error is None:
        return MadesFaultError(
            None, f"fault: {((reason and reason.text('Text')) or 'no reason')[:_LONGEST_TEXT]}"
        )
    code, text = error.text("errorCode"), error.text("errorMessage") or ""
    named = " ".join(part for part in (code, error.text("errorID")) if part) or "without a code"
    return MadesFaultError(code, f"fault {named}: {text[:_LONGEST_TEXT]}")
