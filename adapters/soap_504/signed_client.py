"""Signed requests to the service of a peer, and its signed responses."""

import threading
import time
import uuid
from collections import deque
from typing import Final

from lxml import etree

from adapters.kit.http.client import CallError, HttpAnswer, HttpPeer
from adapters.soap_504 import ClientOptions, schemas, soap
from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.limits import MINUTE_S
from adapters.soap_504.messages import (
    FAULT,
    REPLY,
    RESPONSE,
    Content,
    Header,
    Request,
    Response,
    read_response,
    request_message,
)
from adapters.soap_504.signing import signer_of, verifier_of
from adapters.soap_504.soap import Soap
from gateway.ports import Clock

_AROUND_BYTES: Final = 64 * 1024
_FAILED: Final = "FAILED"


class PeerFaultError(CallError):
    """The peer answered with an error of its catalogue.

    Attributes:
        code: e.g. `PUT-002`.
    """

    def __init__(self, code: str, retry_after_s: int | None = None) -> None:
        super().__init__(f"the peer answered {code}", retry_after_s)
        self.code = code


class TooLargeError(CallError):
    """The response is larger than taken; nothing of it was read."""


class Pace:
    """Limits the number of calls in any minute by waiting; without a number it never waits."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._lock = threading.Lock()
        self._times: deque[float] = deque()
        self.per_minute: int | None = None

    def wait_for_turn(self) -> None:
        """Wait until a call may be made, and count it.

        Raises:
            CallError: the channel stops meanwhile.
        """
        while (wait := self._wait_s()) > 0:
            if self._stopping.wait(wait):
                raise CallError("the channel stops")

    def _wait_s(self) -> float:
        now = time.monotonic()
        with self._lock:
            while self._times and now - self._times[0] >= MINUTE_S:
                self._times.popleft()
            if self.per_minute is not None and len(self._times) >= self.per_minute:
                return MINUTE_S - (now - self._times[0])
            self._times.append(now)
            return 0


class PeerService:
    """One service that the gateway calls. Any number of threads may use it; blocking."""

    def __init__(
        self, options: ClientOptions, clock: Clock, largest_bytes: int, stopping: threading.Event
    ) -> None:
        self._options = options
        self._clock = clock
        # Base64 makes four bytes of three; what else is in a message is small.
        self._largest = largest_bytes * 4 // 3 + _AROUND_BYTES
        self._signer, self._verifier = signer_of(options.signing), verifier_of(options.signing)
        self._version = Soap.V1_1 if options.soap == "1.1" else Soap.V1_2
        self._http = HttpPeer(options, stopping)

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    def request(
        self,
        verb: str,
        noun: str,
        options: tuple[tuple[str, str], ...] = (),
        content: Content | None = None,
        *,
        message_id: str | None = None,
        correlation_id: str | None = None,
    ) -> Response:
        """One request and its verified response.

        Raises:
            PeerFaultError: the peer refused.
            TooLargeError: see there.
            CallError: no answer that can be used.
        """
        now = self._clock.now()
        header = Header(
            verb,
            noun,
            timestamp=now,
            nonce=uuid.uuid4().hex,
            created=now,
            message_id=message_id or str(uuid.uuid4()),
            correlation_id=correlation_id,
        )
        request = Request(header, options=options, content=content or Content())
        answer = self._post(self._signer.sign(request_message(request)))
        if not answer.complete:
            raise TooLargeError(f"more than {self._largest:,} bytes")
        try:
            came = soap.unwrap(answer.body)
            if came.root.tag != RESPONSE:
                raise _fault_in(came.root, answer)
            response = self._verified(came)
        except FaultError as error:
            if error.code is Code.PUT_TOO_LARGE:
                raise TooLargeError(str(error)) from None
            raise CallError(f"answered {answer.status} with what cannot be used: {error}") from None
        except ValueError as error:
            raise CallError(f"answered {answer.status} with what cannot be used: {error}") from None
        self._check_fresh(header, response)
        if response.result == _FAILED:
            raise PeerFaultError(response.errors[0].code if response.errors else _FAILED)
        return response

    def _post(self, message: bytes) -> HttpAnswer:
        headers = {"Content-Type": f"{self._version.media_type}; charset=utf-8"}
        if self._version is Soap.V1_1:
            headers["SOAPAction"] = '"#request"'
        content = soap.wrap(self._version, message)
        return self._http.call(
            "POST", self._options.path, headers=headers, content=content, largest=self._largest
        )

    def _verified(self, came: soap.Unwrapped) -> Response:
        """The content that the peer signed.

        Raises:
            FaultError: it is not valid by its schema, or not signed as agreed.
            ValueError: its content is contradictory.
        """
        wrong = schemas.envelope_rules().fault(came.root)
        if wrong is not None:
            raise ValueError(f"not valid: {wrong}")
        signed = self._verifier.verify(came, self._clock.now())
        return read_response(signed.message)

    def _check_fresh(self, request: Header, response: Response) -> None:
        """The response is to this request, and no older one."""
        header = response.header
        if header is None or header.verb != REPLY:
            raise CallError("the response is no reply")
        if self._options.correlated:
            if header.correlation_id != request.message_id:
                raise CallError("the response does not name the request (see the option correlated)")
            return
        if header.timestamp is None:
            raise CallError("the response states neither its request nor its time")
        if abs((self._clock.now() - header.timestamp).total_seconds()) > self._options.signing.window_s:
            raise CallError("the response is of another time")


def _fault_in(root: etree._Element, answer: HttpAnswer) -> CallError:
    message = next(root.iter(FAULT), None)
    if message is None:
        return CallError(f"answered {answer.status} without a ResponseMessage", answer.retry_after_s)
    wrong = schemas.envelope_rules().fault(message)
    if wrong is not None:
        return CallError(f"answered {answer.status} with a fault that is not valid", answer.retry_after_s)
    errors = read_response(message).errors
    return PeerFaultError(errors[0].code if errors else _FAILED, answer.retry_after_s)
