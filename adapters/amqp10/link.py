# ruff: noqa: D102  (names and meanings of callbacks are those of proton)
"""All that touches proton: one connection, in the thread that runs it. Outside go plain values only.

Deliveries never leave this thread; others name them by numbers and send orders through the event injector.
"""

import itertools
import os
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from proton import Delivery, SSLDomain
from proton import Message as Packet
from proton.handlers import IncomingMessageHandler, MessagingHandler
from proton.reactor import ApplicationEvent, Container, EventInjector

from adapters.amqp10 import EndpointOptions
from adapters.amqp10.reading import DecodedMessage, read
from adapters.kit.health import AT_THE_START

Event = Any
"""An event of proton: which of its parts are there follows from the kind, and not from a type."""

HAND_OVER: Final = "hand_over"
CONFIRM: Final = "confirm"
LEAVE: Final = "leave"
_GRACE_S: Final = 2.0

_FRAME: Final = 128 * 1024
"""Largest frame in bytes: most documents come in one, and cost half the rounds of proton's loop."""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message from one of the endpoint's queues; `number` names it when it is confirmed."""

    queue: str
    number: int
    content: DecodedMessage


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message for the endpoint's outbox."""

    body: bytes = field(repr=False)
    message_id: str
    properties: Mapping[str, Any]
    created_at: float
    content_type: str


class _Incoming(IncomingMessageHandler):
    """Returns the content of a message, whatever its bytes are."""

    def on_delivery(self, event: Event) -> None:
        delivery = event.delivery
        if not delivery.readable or delivery.partial or delivery.aborted:
            super().on_delivery(event)
            return
        receiver = delivery.link
        data = receiver.recv(delivery.pending)
        receiver.advance()
        event.message = read(data)
        self.on_message(event)


class EndpointLink(MessagingHandler):
    """Links to the queues of an endpoint.

    Args:
        queues: those to receive from.
        opened: all links are up.
        receive: called with each message; it stays unsettled until confirmed.
        handed_over: the endpoint accepted a message (by our id), or refused it with a fault.
    """

    def __init__(
        self,
        options: EndpointOptions,
        queues: tuple[str, ...],
        opened: Callable[[], None],
        receive: Callable[[ReceivedMessage], None],
        handed_over: Callable[[str, str | None], None],
    ) -> None:
        super().__init__(prefetch=0, auto_accept=False)
        usual: Any = self.handlers
        self.handlers = [each for each in usual if not isinstance(each, IncomingMessageHandler)]
        self.handlers.append(_Incoming(auto_accept=False, delegate=self))
        self.fault: str | None = None
        self.largest: int | None = None
        """Bytes of the largest message that the endpoint accepts; None: any, or not known yet."""
        self._options = options
        self._queues = queues
        self._opened = opened
        self._receive = receive
        self._handed_over = handed_over
        self._container: Any = None
        self._connection: Any = None
        self._sender: Any = None
        self._injector = EventInjector()
        self._in_use = threading.Lock()
        self._released = False
        self._is_open = False
        self._is_leaving = False
        self._numbers = itertools.count(1)
        self._unsettled: dict[int, tuple[Delivery, Any]] = {}
        self._sent: dict[Any, str] = {}
        self._waiting_links = len(queues) + 1
        self._queue_of: dict[str, str] = {}

    def order(self, what: str, subject: object = None) -> None:
        """Have something done in the thread of the connection; nothing when that is over."""
        with self._in_use:
            if not self._released:
                self._injector.trigger(ApplicationEvent(what, subject=subject))

    def let_go(self) -> None:
        """Close what proton leaves open; call when the connection is over."""
        with self._in_use:
            self._released = True
            for handle in self._injector.pipe:
                os.close(handle)
        if self._connection is not None:
            # Its parts hold each other, and so do events, where no garbage collector sees it.
            self._connection.close()
            self._container.stop_events()
        self._container = self._connection = self._sender = None
        self._unsettled.clear()
        self._sent.clear()

    # Callbacks of proton.

    def on_start(self, event: Event) -> None:
        options = self._options
        self._container = event.container
        self._container.selectable(self._injector)
        self._container.schedule(options.answer_timeout_s, self)
        scheme = "amqps" if options.tls else "amqp"
        self._connection = self._container.connect(
            f"{scheme}://{options.host}:{options.port}",
            reconnect=False,
            heartbeat=options.heartbeat_s,
            max_frame_size=_FRAME,
            user=options.username,
            password=options.secret,
            ssl_domain=_ssl_domain(options),
            allow_insecure_mechs=not options.tls,  # a password without tls is for this machine only
        )
        for queue in self._queues:
            receiver = self._container.create_receiver(self._connection, options.address_prefix + queue)
            self._queue_of[receiver.name] = queue
            receiver.flow(options.credit)
        self._sender = self._container.create_sender(
            self._connection, options.address_prefix + options.queue_names.outbox
        )

    def on_link_opened(self, event: Event) -> None:
        link = event.link
        if (link.remote_source if link.is_receiver else link.remote_target).address is None:
            return  # refused; the endpoint states the reason when it closes the link
        if link.is_sender:
            self.largest = link.remote_max_message_size or None  # 0: no limit (AMQP 1.0, 2.7.3)
        self._waiting_links -= 1
        if not self._waiting_links:
            self._is_open = True
            self._opened()

    def on_message(self, event: Event) -> None:
        number = next(self._numbers)
        self._unsettled[number] = (event.delivery, event.receiver)
        self._receive(ReceivedMessage(self._queue_of[event.receiver.name], number, event.message))

    def on_accepted(self, event: Event) -> None:
        self._settled(event.delivery, None)

    def on_rejected(self, event: Event) -> None:
        self._settled(event.delivery, f"the endpoint rejected the message: {event.delivery.remote.condition}")

    def on_released(self, event: Event) -> None:
        self._settled(event.delivery, "the endpoint gave the message back")

    def on_transport_error(self, event: Event) -> None:
        condition = event.transport.condition
        other = "protocol header" in str(condition)
        self._broken(f"it does not speak AMQP 1.0 on this port; {AT_THE_START}" if other else condition)

    def on_connection_remote_close(self, event: Event) -> None:
        """Not `on_connection_error`: a forced end proton does not report, and leaves it half open."""
        if not self._is_leaving:
            self._broken(event.connection.remote_condition or "the endpoint closed the connection")
            self._close()

    def on_session_error(self, event: Event) -> None:
        self._broken(event.session.remote_condition)
        self._close()

    def on_link_error(self, event: Event) -> None:
        self._broken(event.link.remote_condition)
        self._close()

    def on_link_closing(self, _: Event) -> None:
        self._broken("the endpoint closed a link")
        self._close()

    def on_disconnected(self, _: Event) -> None:
        self._broken("the connection broke" if self._is_open else f"the connection ended; {AT_THE_START}")

    def on_transport_closed(self, _: Event) -> None:
        self._is_leaving = True
        self._container.schedule(0, self)  # the socket is closed before

    def on_timer_task(self, _: Event) -> None:
        if self._is_leaving or not self._is_open:
            self._broken("the endpoint does not answer")
            self._container.stop()

    # Orders of `order`.

    def on_hand_over(self, event: Event) -> None:
        for leaving in event.subject:
            packet = Packet(
                body=leaving.body,
                inferred=True,  # a Data section
                durable=True,
                id=leaving.message_id,
                correlation_id=leaving.message_id,
                creation_time=leaving.created_at,
                content_type=leaving.content_type,
                properties=dict(leaving.properties),
            )
            self._sent[self._sender.send(packet)] = leaving.message_id

    def on_confirm(self, event: Event) -> None:
        credit: Counter[Any] = Counter()
        for number in event.subject:
            delivery, receiver = self._unsettled.pop(number)
            delivery.update(Delivery.ACCEPTED)
            delivery.settle()
            credit[receiver] += 1
        for receiver, count in credit.items():
            receiver.flow(count)

    def on_leave(self, _: Event) -> None:
        self._close()

    def _close(self) -> None:
        self._is_leaving = True
        self._connection.close()
        self._container.schedule(_GRACE_S, self)  # a silent endpoint would be waited for without end

    def _settled(self, delivery: Delivery, fault: str | None) -> None:
        message_id = self._sent.pop(delivery, None)
        if message_id is not None:
            self._handed_over(message_id, fault)

    def _broken(self, condition: object) -> None:
        self.fault = self.fault or str(condition)


def run(link: EndpointLink) -> None:
    """Connect and work until the connection is over."""
    try:
        Container(link).run()
    finally:
        link.let_go()


def _ssl_domain(options: EndpointOptions) -> SSLDomain | None:
    if not options.tls:
        return None
    domain = SSLDomain(SSLDomain.MODE_CLIENT)
    trusted = str(options.ca) if options.ca else ssl.get_default_verify_paths().cafile
    domain.set_trusted_ca_db(trusted)
    domain.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME, trusted)
    if options.certificate is not None:
        domain.set_credentials(str(options.certificate), str(options.key), None)
    return domain
