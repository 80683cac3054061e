"""One thread polls the inbox; sending threads hand over and query the state of their messages."""

from dataclasses import replace
from typing import Final

import structlog

from adapters.kit.base_channel import BaseChannel
from adapters.kit.delivery_tracker import DeliveryTracker
from adapters.kit.ecp import state_of
from adapters.kit.http.client import CallError
from adapters.kit.http.problems import ProblemResponse, ProblemType
from adapters.kit.inbound import Message
from adapters.kit.poll_loop import PollLoop
from adapters.mades import MadesOptions
from adapters.mades.service import MadesFaultError, MadesService, Received
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.domain.transport import TransportNews, TransportState, TransportStatus
from gateway.ports import ChannelContext, DeliveryError

_log: Final = structlog.get_logger(__name__)


class MadesChannel(BaseChannel):
    """Implements `ports.Channel`."""

    def __init__(self, options: MadesOptions, context: ChannelContext) -> None:
        super().__init__(context)
        self._options = options
        patience = replace(options.patience, ask_s=options.status_s)
        self._tracker = DeliveryTracker(context.transports, context.clock, patience)
        self._service = MadesService(options, context.largest_bytes, self._stopping)
        self._poll_loop = PollLoop(
            context.name, self._poll, self._health, self._stopping, options.reconnect_s
        )

    def start(self) -> None:
        """See `ports.Channel.start`."""
        self._poll_loop.start()

    def stop(self) -> None:
        """See `ports.Channel.stop`."""
        self._stopping.set()
        self._tracker.interrupt("the gateway stops")
        self._poll_loop.join()
        self._service.close()
        self._health.stopped()

    def send(self, tenant: Tenant, envelope: Envelope) -> None:  # noqa: ARG002
        """See `ports.Outlet.send`. Returns when the message has come as far as it must."""
        options = self._options
        business_type = options.type_of(envelope)
        if business_type is None:
            raise DeliveryError(f"no message type is configured for {envelope.message_type}", alone=True)
        try:
            self._tracker.deliver(
                envelope.message_id,
                lambda: self._hand_over(envelope, business_type),
                lambda status: self._query(envelope.message_id, status),
            )
        except CallError as error:
            answered = isinstance(error, MadesFaultError)
            final = isinstance(error, MadesFaultError) and error.code in options.final_faults
            raise DeliveryError(str(error), final=final, alone=answered) from error

    def _hand_over(self, envelope: Envelope, business_type: str) -> None:
        theirs = self._service.send(
            envelope.message_id, business_type, envelope.payload, envelope.correlation_id
        )
        self._tracker.record(TransportNews(TransportState.ACCEPTED, envelope.message_id, theirs))

    def _query(self, message_id: str, status: TransportStatus) -> None:
        if status.transport_id is None:
            return
        named = self._service.state_of(status.transport_id) or ""
        state = state_of(self._options.states.get(named, named))
        if state is None:
            _log.info("unknown state of a message", channel=self.name, state=named[:40])
        else:
            self._tracker.record(TransportNews(state, message_id, status.transport_id))

    def _poll(self) -> float:
        """Submit one message of the inbox; return the pause before the next, in seconds."""
        options = self._options
        if options.connectivity_type is not None and not self._health.is_up:
            self._service.test_connectivity(options.connectivity_type)
        if not self._context.receives:
            self._service.waiting()
            return options.poll_s
        received, remaining = self._service.receive()
        if received is None:
            return options.poll_s
        if self._accept(received):
            self._service.confirm(received.message_id)
        return 0 if remaining else options.poll_s

    def _accept(self, received: Received) -> bool:
        """Whether a message is stored, or refused for good, and may be confirmed."""
        message = Message(
            payload=received.content or b"",
            id=received.message_id,
            message_type=received.business_type,
            correlation_id=received.ba_message_id,
        )
        try:
            self._check(received)
            return self._receiver.hand_in_patiently(message) is not None
        except ProblemResponse as problem:
            self._refuse(message, self._receiver.refusal(problem))
            return True

    def _check(self, received: Received) -> None:
        if not received.complete:
            largest = self._context.largest_bytes
            raise ProblemResponse(ProblemType.TOO_LARGE, f"a message may have up to {largest:,} bytes")
        if received.content is None:
            raise ProblemResponse(ProblemType.BAD_REQUEST, "the content is no base64, or not attached")

    def _refuse(self, message: Message, problem: bytes) -> None:
        """Notify the partner, where there is a message type for it, before the inbox forgets the message."""
        if self._options.problems_type is None:
            return
        try:
            self._service.send(message.problem_id, self._options.problems_type, problem, message.answered_as)
        except MadesFaultError as error:  # it cannot be notified; the message must not come for ever
            _log.warning("refusal not reported", channel=self.name, error=str(error))
