"""Health of a channel, shared by its threads."""

import threading
from typing import Final

import structlog

from gateway.ports import ChannelHealth, ChannelState, Clock

AT_THE_START: Final = "perhaps it wants tls, or has none, or wants a certificate of this gateway"
"""Hint where a peer ends a connection at its start without a reason."""

_log: Final = structlog.get_logger(__name__)


def why(error: BaseException) -> str:
    """Why a connection could not be made, as text for the operator of the gateway."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{text}; {AT_THE_START}" if "reset by peer" in text else text


class HealthKeeper:
    """Records and logs every change; read by any thread."""

    def __init__(self, channel: str, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock
        self._lock = threading.Lock()
        self._health = ChannelHealth(ChannelState.STOPPED, clock.now())

    def now(self) -> ChannelHealth:
        """How it is now."""
        return self._health

    @property
    def is_up(self) -> bool:
        """Whether the peer is there."""
        return self._health.state is ChannelState.UP

    def starting(self) -> None:
        """It begins to connect."""
        self._become(ChannelState.STARTING)

    def up(self) -> None:
        """The peer is there."""
        self._become(ChannelState.UP)

    def down(self, error: str) -> None:
        """The peer is not there; `error` states why, without any content of messages."""
        self._become(ChannelState.DOWN, error)

    def note(self, error: str) -> None:
        """It works, but not for all: `error` states what does not, and is shown until another comes."""
        self._become(self._health.state, error)

    def stopped(self) -> None:
        """It was stopped."""
        self._become(ChannelState.STOPPED)

    def _become(self, state: ChannelState, error: str | None = None) -> None:
        with self._lock:
            known = self._health
            if known.state is state and error in (None, known.last_error):
                return
            since = known.since if known.state is state else self._clock.now()
            self._health = ChannelHealth(state, since, error or known.last_error)
        _log.info("channel changed", channel=self._channel, state=state.value, error=error)
