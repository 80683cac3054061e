# ruff: noqa: D102  (names and meanings of callbacks are those of proton)
"""An emulator of an ECP endpoint or EDX toolbox with its AMQP 1.0 queues, and of a partner behind it.

Built from public client code. It is no ECP software and proves no conformance with one; it shows that the
happy path and the faults known from the field are handled.
"""

import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from proton import Delivery, Message
from proton.handlers import MessagingHandler
from proton.reactor import ApplicationEvent, Container, EventInjector

Event = Any
"""An event of proton: its attributes depend on its kind, and are not typed."""

_QUEUES: Final = {
    "ecp": ("ecp.endpoint.outbox.reply", "ecp.endpoint.send.event", "ecp.endpoint.inbox"),
    "edx": ("edx.endpoint.reply", "", "edx.endpoint.inbox"),
}
_STATUS: Final = """<StatusDocument xmlns="edx.entsoe.eu.StatusDocument.xsd">\
<finalMessageStatus xmlns=""><status v="{status}"/><statusText v="{text}"/></finalMessageStatus>\
<edxReplyMetadata xmlns=""><originalmessageID v="{theirs}"/></edxReplyMetadata></StatusDocument>"""


@dataclass
class Faults:
    """Faults; each is off until it is set.

    Attributes:
        repeated: every reply and event comes twice.
        disordered: events come before the reply.
        refusing: so many messages are refused with an error code (ECP) or a FAILED status (EDX).
        silent: so many messages are taken without any reply.
        late: of so many messages the endpoint reports more than its reply only at `report_late`.
        cutting: so many connections are cut when a message arrives.
        largest: bytes of the largest message that links to the endpoint announce; 0: any.
    """

    repeated: bool = False
    disordered: bool = False
    refusing: int = 0
    silent: int = 0
    late: int = 0
    cutting: int = 0
    largest: int = 0


@dataclass
class Sent:
    """A message that a business application sent through the endpoint; `own`: further properties of AMQP."""

    address: str
    body: bytes
    properties: dict[str, Any]
    correlation_id: str
    durable: bool
    own: dict[str, Any]


class EndpointEmulator(MessagingHandler):
    """Listens on `port` of this machine; `sent` is what came to the partner, once for each delivery."""

    def __init__(self, port: int, kind: Literal["ecp", "edx"] = "ecp") -> None:
        super().__init__(prefetch=50, auto_accept=False, auto_settle=True)
        self.faults = Faults()
        self.sent: list[Sent] = []
        self._kind = kind
        self._port = port
        self._reply, self._events, self._inbox = _QUEUES[kind]
        self._injector = EventInjector()
        self._queues: dict[str, deque[Message]] = {name: deque() for name in _QUEUES[kind]}
        self._links: dict[str, Any] = {}
        self._under_way: dict[Any, tuple[str, Message]] = {}
        self._connections: list[Any] = []
        self._late: list[tuple[str, Message]] = []
        self._listening = threading.Event()
        self._thread = threading.Thread(target=Container(self).run, daemon=True)

    @property
    def unconfirmed(self) -> int:
        """Messages that lie in the inbox or were brought and not accepted."""
        return len(self._queues[self._inbox]) + len(self._under_way)

    @property
    def under_way(self) -> int:
        """Messages that were brought and not accepted."""
        return len(self._under_way)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def connected(self) -> int:
        """How many business applications are connected."""
        return len(self._connections)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()
        if not self._listening.wait(60):
            raise RuntimeError(f"cannot listen on port {self._port}")

    def stop(self) -> None:
        """Close everything."""
        self._do(self._close)
        self._thread.join(10)

    def deliver(self, body: bytes, properties: Mapping[str, Any], content_type: str | None = None) -> None:
        """Let a message of the partner come to the inbox."""
        packet = Message(body=body, inferred=True, durable=True, properties=dict(properties))
        if content_type is not None:
            packet.content_type = content_type
        self._do(lambda: self._put(self._inbox, packet))

    def report_late(self) -> None:
        """Send the reports that were held back."""
        held, self._late = self._late, []
        self._do(lambda: self._put_all(held))

    def _do(self, work: Callable[[], None]) -> None:
        self._injector.trigger(ApplicationEvent("work", subject=work))

    # Callbacks of proton.

    def on_start(self, event: Event) -> None:
        event.container.selectable(self._injector)
        self._acceptor = event.container.listen(f"127.0.0.1:{self._port}")
        self._listening.set()

    def on_work(self, event: Event) -> None:
        event.subject()

    def on_connection_opened(self, event: Event) -> None:
        self._connections.append(event.connection)

    def on_link_opening(self, event: Event) -> None:
        link = event.link
        if link.is_sender:
            link.source.address = link.remote_source.address
            self._links[link.remote_source.address] = link
        else:
            link.target.address = link.remote_target.address
            link.max_message_size = self.faults.largest

    def on_sendable(self, event: Event) -> None:
        self._bring(event.link.source.address)

    def on_message(self, event: Event) -> None:
        if self.faults.cutting:
            self.faults.cutting -= 1
            event.transport.close_tail()
            event.transport.close_head()
            return
        packet = event.message
        event.delivery.update(Delivery.ACCEPTED)
        event.delivery.settle()
        body = packet.body.tobytes() if isinstance(packet.body, memoryview) else packet.body
        own = {
            "message-id": packet.id,
            "content-type": packet.content_type,
            "creation-time": packet.creation_time,
        }
        self.sent.append(
            Sent(
                event.link.target.address,
                body,
                dict(packet.properties),
                str(packet.correlation_id),
                packet.durable,
                own,
            )
        )
        if self.faults.silent:
            self.faults.silent -= 1
        else:
            self._report(str(packet.correlation_id))

    def on_accepted(self, event: Event) -> None:
        self._under_way.pop(event.delivery, None)

    def on_released(self, event: Event) -> None:
        self._give_back(lambda delivery: delivery == event.delivery)

    def on_disconnected(self, event: Event) -> None:
        self._forget(event.connection)

    def on_connection_closed(self, event: Event) -> None:
        self._forget(event.connection)

    # The endpoint's own work, in the same thread.

    def _report(self, correlation_id: str) -> None:
        theirs = str(uuid.uuid4())
        refused = self.faults.refusing > 0
        self.faults.refusing -= refused
        reports = (
            self._ecp(correlation_id, theirs, refused)
            if self._kind == "ecp"
            else self._edx(correlation_id, theirs, refused)
        )
        if self.faults.disordered:
            reports.reverse()
        if self.faults.late:
            self.faults.late -= 1
            self._late += reports[1:]
            reports = reports[:1]
        self._put_all(reports)

    def _put_all(self, reports: list[tuple[str, Message]]) -> None:
        for queue, packet in reports:
            for _ in range(2 if self.faults.repeated else 1):
                self._put(queue, packet)

    def _ecp(self, correlation_id: str, theirs: str, refused: bool) -> list[tuple[str, Message]]:
        properties = {"messageID": theirs} | ({"errorCode": "E-17"} if refused else {})
        reports = [(self._reply, Message(correlation_id=correlation_id, properties=properties))]
        if not refused:
            reports += [
                (self._events, Message(body=word, properties={"messageID": theirs}))
                for word in ("DELIVERED", "RECEIVED")
            ]
        return reports

    def _edx(self, correlation_id: str, theirs: str, refused: bool) -> list[tuple[str, Message]]:
        words = ("FAILED",) if refused else ("ACCEPTED", "SENT", "SUCCESSFULLY_SENT", "DELIVERED", "RECEIVED")
        return [
            (
                self._reply,
                Message(
                    body=_STATUS.format(status=word, text="unknown service", theirs=theirs).encode(),
                    inferred=True,
                    correlation_id=correlation_id,
                ),
            )
            for word in words
        ]

    def _put(self, queue: str, packet: Message) -> None:
        self._queues[queue].append(packet)
        self._bring(queue)

    def _bring(self, queue: str) -> None:
        link = self._links.get(queue)
        waiting = self._queues.get(queue, deque())
        while link is not None and link.credit and waiting:
            packet = waiting.popleft()
            self._under_way[link.send(packet)] = (queue, packet)

    def _forget(self, connection: Any) -> None:
        """Messages that a lost connection did not accept are delivered again."""
        self._links = {name: link for name, link in self._links.items() if link.connection != connection}
        self._connections = [known for known in self._connections if known != connection]
        self._give_back(lambda delivery: delivery.link.connection == connection)

    def _give_back(self, is_meant: Callable[[Any], bool]) -> None:
        back = [delivery for delivery in self._under_way if is_meant(delivery)]
        for delivery in reversed(back):
            queue, packet = self._under_way.pop(delivery)
            self._queues[queue].appendleft(packet)

    def _close(self) -> None:
        self._acceptor.close()
        for connection in self._connections:
            connection.close()
        self._injector.close()
