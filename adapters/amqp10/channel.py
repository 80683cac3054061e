"""The local endpoint: one connection at a time, one thread that runs it, one that stores what comes."""

import queue
import threading
from typing import Final

from adapters.amqp10 import EndpointOptions
from adapters.amqp10.link import CONFIRM, HAND_OVER, LEAVE, Came, EndpointLink, Leaving, run
from adapters.amqp10.progress import FailedError, Progress, Stage
from adapters.amqp10.replies import Status, named, reply_status, stage_of, status_document
from adapters.handing_in import Door, Message
from adapters.health import HealthKeeper
from adapters.http.problems import MEDIA_TYPE, Problem
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelHealth, ChannelPlace, DeliveryError

_GOALS: Final = {"accepted": Stage.ACCEPTED, "delivered": Stage.DELIVERED, "received": Stage.RECEIVED}
_OCTETS: Final = "application/octet-stream"


class EndpointChannel:
    """Implements `ports.Channel`."""

    def __init__(self, options: EndpointOptions, place: ChannelPlace) -> None:
        self.name = place.name
        self.max_age = place.max_age
        self._options = options
        self._place = place
        self._stopping = threading.Event()
        self._door = Door(place, self._stopping)
        self._health = HealthKeeper(place.name, place.clock)
        self._progress = Progress()
        self._link: EndpointLink | None = None
        # Bounded by the credit: the endpoint sends no more before these are confirmed.
        self._documents: queue.SimpleQueue[tuple[EndpointLink, Came] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=work, name=f"amqp10-{place.name}", daemon=True)
            for work in (self._stay_connected, self._store)
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
        self._progress.all_failed("the gateway stops")
        if (link := self._link) is not None:
            link.tell(LEAVE)
        for thread in self._threads:
            thread.join()
        self._health.stopped()

    def health(self) -> ChannelHealth:
        """See `ports.Channel.health`."""
        return self._health.now()

    def is_open(self, tenant: Tenant) -> bool:  # noqa: ARG002  (this endpoint is of one tenant)
        """See `ports.Outlet.is_open`."""
        return self._health.is_up

    def send(self, tenant: Tenant, envelope: Envelope) -> None:  # noqa: ARG002
        """See `ports.Outlet.send`. Returns when the message has come as far as it must."""
        options = self._options
        message_type = options.message_types.get(envelope.message_type or "")
        if message_type is None:
            raise DeliveryError(f"no message type is configured for {envelope.message_type}")
        properties = self._properties(message_type, envelope.message_id, envelope.correlation_id)
        with self._progress.following(envelope.message_id):
            self._hand_over(envelope.payload, envelope.message_id, properties, _OCTETS)
            try:
                goal = _GOALS[options.confirmed_by]
                self._progress.wait(envelope.message_id, Stage.ACCEPTED, options.answer_timeout_s)
                self._progress.wait(envelope.message_id, goal, options.received_timeout_s)
            except FailedError as error:
                raise DeliveryError(str(error)) from error

    def _properties(self, message_type: str, message_id: str, correlation_id: str | None) -> dict[str, str]:
        names = self._options.property_names
        properties = {
            names.receiver: self._options.receiver,
            names.message_type: message_type,
            names.message_id: message_id,
            names.sender_application: self._options.sender_application,
        }
        return properties | ({} if correlation_id is None else {names.correlation_id: correlation_id})

    def _hand_over(
        self, payload: bytes, message_id: str, properties: dict[str, str], content_type: str
    ) -> None:
        link = self._link
        if link is None or not self._health.is_up:
            raise DeliveryError("the endpoint is not connected")
        now = self._place.clock.now().timestamp()
        link.tell(HAND_OVER, Leaving(payload, message_id, properties, now, content_type))

    def _stay_connected(self) -> None:
        names = self._options.queue_names
        told = (names.reply, *([names.event] if names.event else []))
        queues = (names.inbox, *told) if self._place.receives else told
        while not self._stopping.is_set():
            link = EndpointLink(self._options, queues, self._health.up, self._came, self._handed_over)
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
            self._progress.all_failed("the connection broke")
            self._stopping.wait(self._options.reconnect_s)

    def _handed_over(self, message_id: str, fault: str | None) -> None:
        if fault is None:
            self._progress.reached(message_id, Stage.HANDED_OVER)
        else:
            self._progress.failed(message_id, fault)

    def _came(self, came: Came) -> None:
        """In the thread of the connection: sort, never wait."""
        link = self._link
        if link is None:
            return
        names = self._options.queue_names
        if came.queue == names.inbox:
            self._documents.put((link, came))
            return
        if came.queue == names.event:
            theirs, stage = named(came.properties, "messageID"), stage_of(came.body)
            if theirs is not None and stage is not None:
                self._progress.event(theirs, stage)
        else:
            self._replied(came)
        link.tell(CONFIRM, came.number)

    def _replied(self, came: Came) -> None:
        if self._options.kind == "edx":
            status = status_document(_bytes(came.body))
        else:
            status = reply_status(came.properties)
        ours = came.correlation_id or named(came.properties, "baMessageID", "baCorrelationID")
        if ours is None:
            if status.theirs is not None and status.stage is not None:
                self._progress.event(status.theirs, status.stage)
        elif status.fault is not None:
            self._progress.failed(ours, status.fault)
        else:
            self._told(ours, status)

    def _told(self, ours: str, status: Status) -> None:
        if status.stage is not None:
            self._progress.reached(ours, status.stage, status.theirs)

    def _store(self) -> None:
        while (document := self._documents.get()) is not None and not self._stopping.is_set():
            link, came = document
            if link is self._link:  # of an older connection: the endpoint brings it again
                self._take(link, came)

    def _take(self, link: EndpointLink, came: Came) -> None:
        ba_id = named(came.properties, "baMessageID")
        message = Message(
            payload=_bytes(came.body),
            id=named(came.properties, "messageID") or ba_id,
            content_type=came.content_type,
            message_type=named(came.properties, "messageType", "businessType"),
            correlation_id=ba_id,
        )
        try:
            if self._door.hand_in_patiently(message) is None:
                return
        except Problem as problem:
            self._refuse(message, self._door.refusal(problem))
        link.tell(CONFIRM, came.number)

    def _refuse(self, message: Message, problem: bytes) -> None:
        """Tell the peer, where it has a message type for that. What an endpoint does with a rejected delivery
        is not known, so the delivery is accepted all the same.
        """
        if self._options.problems_type is None:
            return
        told = f"problem-{message.id or message.correlation_id or ''}"[:100]
        correlation = message.correlation_id or message.id
        properties = self._properties(self._options.problems_type, told, correlation)
        self._hand_over(problem, told, properties, MEDIA_TYPE)


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else b""
