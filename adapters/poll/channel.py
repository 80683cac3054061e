"""One thread polls the list and fetches what is new; sending threads post to the peer."""

import time
from typing import Final

import structlog

from adapters.kit.base_channel import BaseChannel
from adapters.kit.http.body import JSON
from adapters.kit.http.client import UNREACHED, CallError, HttpAnswer, HttpPeer, base_url
from adapters.kit.http.events import event_headers
from adapters.kit.http.problems import MEDIA_TYPE, ProblemResponse
from adapters.kit.inbound import Message
from adapters.kit.poll_loop import PollLoop
from adapters.poll import PollOptions
from adapters.poll.access import access_of
from adapters.poll.listing import Listed, Page, page_in
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelContext, DeliveryError

_LARGEST_LIST: Final = 8 * 2**20
_LARGEST_ANSWER: Final = 64 * 1024
_UNCHANGED: Final = 304
_GONE: Final = frozenset({404, 410})
_NEVER_TAKEN: Final = frozenset({400, 413, 415, 422})

_log: Final = structlog.get_logger(__name__)


class PollChannel(BaseChannel):
    """Implements `ports.Channel`."""

    def __init__(self, options: PollOptions, context: ChannelContext) -> None:
        super().__init__(context)
        self._options = options
        self._peer = HttpPeer(options, self._stopping, access_of(options))
        self._poll_loop = PollLoop(
            context.name, self._poll, self._health, self._stopping, options.reconnect_s
        )
        self._known: tuple[str, str] | None = None  # cursor and entity tag of the last list
        self._closed_until = 0.0

    def start(self) -> None:
        """See `ports.Channel.start`."""
        self._poll_loop.start()

    def stop(self) -> None:
        """See `ports.Channel.stop`."""
        self._stopping.set()
        self._poll_loop.join()
        self._peer.close()
        self._health.stopped()

    def is_open(self, tenant: Tenant) -> bool:
        """See `ports.Outlet.is_open`. A peer that wants no requests gets none for as long as it states."""
        return super().is_open(tenant) and time.monotonic() >= self._closed_until

    def send(self, tenant: Tenant, envelope: Envelope) -> None:  # noqa: ARG002
        """See `ports.Outlet.send`."""
        headers = event_headers(
            source=f"urn:flexgate:channel:{self.name}",
            message_id=envelope.message_id,
            kind=envelope.message_type or "Document",
            at=envelope.received_at,
            answers=envelope.correlation_id,
            gate_id=envelope.gate_id,
        )
        path = self._options.outgoing.path
        try:
            answer = self._post(path, envelope.message_id, envelope.content_type, envelope.payload, headers)
        except CallError as error:
            raise DeliveryError(str(error)) from error
        if not answer.is_success:
            self._closed_until = time.monotonic() + (answer.retry_after_s or 0)
            raise DeliveryError(
                f"the peer answered {answer.status}",
                final=answer.status in _NEVER_TAKEN,
                alone=answer.status not in UNREACHED and answer.retry_after_s is None,
            )

    def _poll(self) -> float:
        """Submit new messages; return the pause before the next query, in seconds."""
        options = self._options
        if not self._context.receives:
            answer = self._peer.call("GET", options.outgoing.alive_path, largest=_LARGEST_ANSWER)
            if answer.status >= 500:
                raise answer.fault
            return options.poll_s
        begun = self._context.bookmark.read() or options.listing.first_cursor
        page = self._page(begun)
        if page is None:
            return options.poll_s
        cursor = begun
        for message in page.messages:
            if not self._accept(message):
                return 0  # the channel stops
            if message.cursor is not None:
                cursor = self._move(cursor, message.cursor)
        if page.next is not None:
            cursor = self._move(cursor, page.next)
        return options.poll_s if cursor == begun else 0

    def _move(self, cursor: str | None, to: str) -> str:
        """Go on there after a restart: everything before is stored."""
        if to != cursor:
            self._context.bookmark.write(to)
        return to

    def _page(self, cursor: str | None) -> Page | None:
        """Messages after the cursor; None when the peer reports that nothing has changed."""
        listing = self._options.listing
        parameters = listing.parameters | ({} if cursor is None else {listing.cursor_parameter: cursor})
        headers = {"Accept": JSON}
        if self._known is not None and self._known[0] == (cursor or ""):
            headers["If-None-Match"] = self._known[1]
        answer = self._peer.call(
            "GET", listing.path, params=parameters, headers=headers, largest=_LARGEST_LIST
        )
        if answer.status == _UNCHANGED:
            return None
        if not answer.is_success:
            raise answer.fault
        if not answer.complete or not (answer.content_type == JSON or answer.content_type.endswith("+json")):
            raise CallError(f"the list is no JSON of up to {_LARGEST_LIST:,} bytes")
        page = page_in(answer.body, listing, self._options.message, base_url(self._options))
        tag = answer.headers.get("etag")
        # Only of an empty list: one with messages is requested again until all of them are stored.
        self._known = (cursor or "", tag) if tag and not page.messages else None
        return page

    def _accept(self, listed: Listed) -> bool:
        """Whether a message is stored, or refused for good, and confirmed."""
        answer = self._peer.call("GET", listed.address, largest=self._context.largest_bytes + 1)
        if answer.status in _GONE:
            _log.warning("a listed message is gone", channel=self.name, status=answer.status)
            return True
        if not answer.is_success:
            raise answer.fault
        message = Message(
            payload=answer.body,
            id=listed.id,
            content_type=answer.content_type or None,
            correlation_id=listed.id,
        )
        try:
            if self._receiver.hand_in_patiently(message) is None:
                return False
        except ProblemResponse as problem:
            self._refuse(message, self._receiver.refusal(problem))
        self._confirm(listed)
        return True

    def _confirm(self, listed: Listed) -> None:
        if listed.confirm_at is None:
            return
        answer = self._peer.call("POST", listed.confirm_at, largest=_LARGEST_ANSWER)
        if not answer.is_success and answer.status not in _GONE:
            raise answer.fault

    def _refuse(self, message: Message, problem: bytes) -> None:
        """Notify the peer, where it accepts problems, before the cursor moves on."""
        path = self._options.outgoing.problems_path
        if path is None:
            return
        subject = {} if message.id is None else {"ce-subject": message.id}
        answer = self._post(path, message.problem_id, MEDIA_TYPE, problem, subject)
        if answer.status in _NEVER_TAKEN:  # it cannot be notified; the message must not come for ever
            _log.warning("refusal not reported", channel=self.name, status=answer.status)
        elif not answer.is_success:
            raise answer.fault

    def _post(
        self, path: str, message_id: str, content_type: str, body: bytes, headers: dict[str, str]
    ) -> HttpAnswer:
        named = {self._options.outgoing.id_header: message_id, "Content-Type": content_type}
        return self._peer.call("POST", path, headers=headers | named, content=body, largest=_LARGEST_ANSWER)
