"""What every channel to the peer of one tenant has; a protocol adds how it connects, takes and sends."""

import threading

from adapters.handing_in import Door
from adapters.health import HealthKeeper
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelHealth, ChannelPlace


class ChannelOfOneTenant:
    """The parts of `ports.Channel` that are the same in every protocol.

    Whoever stops it sets `_stopping` first, so that the door lets go of what waits.
    """

    def __init__(self, place: ChannelPlace) -> None:
        self.name = place.name
        self.max_age = place.max_age
        self._place = place
        self._stopping = threading.Event()
        self._door = Door(place, self._stopping)
        self._health = HealthKeeper(place.name, place.clock)

    def health(self) -> ChannelHealth:
        """See `ports.Channel.health`."""
        return self._health.now()

    def is_open(self, tenant: Tenant) -> bool:  # noqa: ARG002  (there is one)
        """See `ports.Outlet.is_open`."""
        return self._health.is_up
