"""Base of channels to the peer of one tenant; a protocol adds how it connects, receives and sends."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future

from adapters.kit.health import HealthKeeper
from adapters.kit.inbound import Receiver
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelContext, ChannelHealth, DeliveryError


class BaseChannel:
    """The parts of `ports.Channel` that are the same in every protocol.

    A stop sets `_stopping` first, so that `_receiver` returns without the messages that still wait to be
    stored: they are not confirmed, and come again.
    """

    def __init__(self, context: ChannelContext) -> None:
        self.name = context.name
        self.max_age = context.max_age
        self._context = context
        self._stopping = threading.Event()
        self._receiver = Receiver(context, self._stopping)
        self._health = HealthKeeper(context.name, context.clock)

    @property
    def largest(self) -> int | None:
        """See `ports.Outlet.largest`: the limit of the configuration, or of the peer, whichever is less."""
        limits = self._context.largest_outgoing_bytes, self._largest_of_peer()
        return min((bytes_ for bytes_ in limits if bytes_ is not None), default=None)

    def _largest_of_peer(self) -> int | None:
        """The limit that the peer states; None where a protocol has no field for it."""
        return None

    def health(self) -> ChannelHealth:
        """See `ports.Channel.health`."""
        return self._health.now()

    def is_open(self, tenant: Tenant) -> bool:  # noqa: ARG002  (there is one)
        """See `ports.Outlet.is_open`."""
        return self._health.is_up


class PipelinedChannel(BaseChannel, ABC):
    """A channel that can have several messages in flight, as `ports.PipelinedOutlet`.

    Args:
        in_flight: how many at most.
        patience_s: how long one may be in flight.
    """

    def __init__(self, context: ChannelContext, in_flight: int, patience_s: float) -> None:
        super().__init__(context)
        self.in_flight = in_flight
        self.patience_s = patience_s

    @abstractmethod
    def begin(self, tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:
        """See `ports.PipelinedOutlet.begin`."""

    def send(self, tenant: Tenant, envelope: Envelope) -> None:
        """See `ports.Outlet.send`."""
        try:
            self.begin(tenant, [envelope])[0].result(self.patience_s)
        except (CancelledError, TimeoutError) as error:
            raise DeliveryError("not confirmed in time") from error


def failed(error: DeliveryError) -> Future[None]:
    """A message that could not even leave."""
    over: Future[None] = Future()
    over.set_exception(error)
    return over
