"""The local endpoint: one connection at a time; threads that run it, store documents, and note news."""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import structlog

from adapters.amqp10 import EndpointOptions
from adapters.amqp10.link import (
    CONFIRM,
    HAND_OVER,
    LEAVE,
    EndpointLink,
    OutgoingMessage,
    ReceivedMessage,
    run,
)
from adapters.amqp10.replies import event_news, named, reply_news, status_news
from adapters.kit.base_channel import PipelinedChannel, failed
from adapters.kit.delivery_tracker import DeliveryTracker
from adapters.kit.drain import next_of
from adapters.kit.http.problems import MEDIA_TYPE, ProblemResponse
from adapters.kit.inbound import PAUSE_AFTER_FAULT_S, Message
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.domain.transport import TransportNews, TransportState
from gateway.ports import ChannelContext, DeliveryError, StoreUnavailableError

_OCTETS: Final = "application/octet-stream"

_GRACE_S: Final = 5.0

_AROUND: Final = 1024
"""Bytes of headers and properties of most messages."""

_CLOCK_S: Final = 0.25
"""How often timeouts of the network are checked."""

_GATHER_S: Final = 0.005
"""Pause after the first report: reports of messages that left together are recorded together."""

IN_FLIGHT: Final = 50
"""Messages whose delivery is reported together."""

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Report:
    """A report and the delivery that brought it; of one that is not understood only that it is confirmed."""

    news: TransportNews | None
    link: EndpointLink | None = None
    number: int = 0


class EndpointChannel(PipelinedChannel):
    """Implements `ports.Channel`."""

    def __init__(self, options: EndpointOptions, context: ChannelContext) -> None:
        patience_s = max(options.answer_timeout_s, options.received_timeout_s) + _GRACE_S
        super().__init__(context, IN_FLIGHT, patience_s)
        self._options = options
        self._tracker = DeliveryTracker(context.transports, context.clock, options.patience)
        self._link: EndpointLink | None = None
        # Bounded by the credit: the endpoint sends no more before these are confirmed.
        self._documents: queue.SimpleQueue[tuple[EndpointLink, ReceivedMessage] | None] = queue.SimpleQueue()
        self._news: queue.SimpleQueue[_Report | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=work, name=f"amqp10-{context.name}", daemon=True)
            for work in (self._stay_connected, self._receive_loop, self._note)
        ]

    def start(self) -> None:
        """See `ports.Channel.start`."""
        self._health.starting()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """See `ports.Channel.stop`."""
        self._stopping.set()
        self._documents.put(None)
        self._news.put(None)
        self._tracker.interrupt("the gateway stops")
        if (link := self._link) is not None:
            link.order(LEAVE)
        for thread in self._threads:
            thread.join()
        self._health.stopped()

    def begin(self, tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:  # noqa: ARG002
        """See `ports.PipelinedOutlet.begin`. Done when the message has come as far as it must."""
        known = {one.message_id: one for one in envelopes if self._options.type_of(one) is not None}
        in_flight = dict(
            zip(
                known,
                self._tracker.start(list(known), lambda ids: self._send([known[each] for each in ids])),
                strict=True,
            )
        )
        return [
            in_flight[one.message_id]
            if one.message_id in in_flight
            else failed(DeliveryError(f"no message type is configured for {one.message_type}", alone=True))
            for one in envelopes
        ]

    def _largest_of_peer(self) -> int | None:
        """The limit that the endpoint stated when it opened the link, less the sections around a body."""
        link = self._link
        return None if link is None or link.largest is None else max(link.largest - _AROUND, 0)

    def _send(self, envelopes: Sequence[Envelope]) -> None:
        self._hand_over(
            [
                OutgoingMessage(
                    one.payload,
                    one.message_id,
                    self._properties(self._options.type_of(one) or "", one.message_id, one.correlation_id),
                    self._context.clock.now().timestamp(),
                    _OCTETS,
                )
                for one in envelopes
            ]
        )

    def _properties(self, message_type: str, message_id: str, correlation_id: str | None) -> dict[str, str]:
        names = self._options.property_names
        properties = {
            names.receiver: self._options.receiver,
            names.message_type: message_type,
            names.message_id: message_id,
            names.sender_application: self._options.sender_application,
        }
        return properties | ({} if correlation_id is None else {names.correlation_id: correlation_id})

    def _hand_over(self, leaving: Sequence[OutgoingMessage]) -> None:
        link = self._link
        if link is None or not self._health.is_up:
            raise DeliveryError("the endpoint is not connected")
        link.order(HAND_OVER, leaving)

    def _stay_connected(self) -> None:
        names = self._options.queue_names
        reports = (names.reply, *([names.event] if names.event else []))
        queues = (names.inbox, *reports) if self._context.receives else reports
        while not self._stopping.is_set():
            link = EndpointLink(self._options, queues, self._health.up, self._take, self._handed_over)
            self._link = link
            if self._stopping.is_set():  # perhaps before `stop` could see this link
                link.let_go()
                return
            try:
                run(link)
            except Exception as error:  # noqa: BLE001  (whatever ended this connection, the next may work)
                link.fault = f"{type(error).__name__}: {error}"
            self._link = None
            if not self._stopping.is_set():
                self._health.down(f"the endpoint cannot be used: {link.fault}")
            self._tracker.interrupt("the connection broke")
            self._stopping.wait(self._options.reconnect_s)

    def _handed_over(self, message_id: str, fault: str | None) -> None:
        state = TransportState.HANDED_OVER if fault is None else TransportState.FAILED
        self._news.put(_Report(TransportNews(state, message_id, fault=fault)))

    def _take(self, received: ReceivedMessage) -> None:
        """In the thread of the connection: sort, never wait."""
        link = self._link
        if link is None:
            return
        names = self._options.queue_names
        if received.queue == names.inbox:
            self._documents.put((link, received))
        elif received.queue == names.event:
            news = event_news(received.content.properties, received.content.body)
            self._news.put(_Report(news, link, received.number))
        else:
            self._news.put(_Report(self._reply(received), link, received.number))

    def _reply(self, received: ReceivedMessage) -> TransportNews | None:
        content = received.content
        ours = content.correlation_id or named(content.properties, "baMessageID", "baCorrelationID")
        if self._options.kind == "edx":
            return status_news(_bytes(content.body), ours)
        return reply_news(content.properties, ours)

    def _note(self) -> None:
        """Store what the network reported, then confirm it; all that has arrived in one transaction."""
        while not (self._stopping.is_set() and self._news.empty()):
            self._tracker.check_deadlines()
            try:
                batch = [self._news.get(timeout=_CLOCK_S)]
            except queue.Empty:
                continue
            self._stopping.wait(_GATHER_S)
            while not self._news.empty():
                batch.append(self._news.get())
            while not self._noted([report for report in batch if report is not None]):
                if self._stopping.wait(PAUSE_AFTER_FAULT_S):
                    return

    def _noted(self, batch: list[_Report]) -> bool:
        try:
            self._tracker.record(*(report.news for report in batch if report.news is not None))
        except StoreUnavailableError:
            return False
        brought: dict[EndpointLink, list[int]] = {}
        for report in batch:
            if report.link is not None:
                brought.setdefault(report.link, []).append(report.number)
        for link, numbers in brought.items():
            link.order(CONFIRM, numbers)
        return True

    def _receive_loop(self) -> None:
        """Work of the thread that stores and confirms what the link has received."""
        while not self._stopping.is_set() and (documents := next_of(self._documents, self._options.credit)):
            link = self._link
            # Of an older connection the endpoint brings it again.
            if link is not None:
                self._store_and_confirm(link, [received for of, received in documents if of is link])

    def _store_and_confirm(self, link: EndpointLink, documents: list[ReceivedMessage]) -> None:
        """Store documents durably, and only then have the link accept their deliveries."""
        messages = [_message(received) for received in documents]
        done: list[int] = []
        # Not strict: where the channel stops, the last ones have no outcome; they stay unsettled.
        for received, message, taken in zip(
            documents, messages, self._receiver.hand_in_all(messages), strict=False
        ):
            if isinstance(taken, ProblemResponse):
                self._refuse(message, self._receiver.refusal(taken))
            done.append(received.number)
        link.order(CONFIRM, done)

    def _refuse(self, message: Message, problem: bytes) -> None:
        """Notify the peer, where it has a message type for it. What an endpoint does with a rejected delivery
        is not known, so the delivery is accepted all the same.
        """
        if self._options.problems_type is None:
            return
        problem_id = message.problem_id
        properties = self._properties(self._options.problems_type, problem_id, message.answered_as)
        now = self._context.clock.now().timestamp()
        self._hand_over([OutgoingMessage(problem, problem_id, properties, now, MEDIA_TYPE)])


def _message(received: ReceivedMessage) -> Message:
    content = received.content
    ba_id = named(content.properties, "baMessageID")
    theirs = named(content.properties, "messageID")
    return Message(
        payload=_bytes(content.body),
        id=theirs or ba_id or content.message_id,
        content_type=content.content_type,
        message_type=named(content.properties, "messageType", "businessType"),
        correlation_id=ba_id or content.message_id,
        unreadable=content.fault,
    )


def _bytes(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body
