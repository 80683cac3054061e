"""Throttling of failed authentication: a peer that fails again and again waits longer and longer.

A peer is an address (see `network.network_of`). Its failures (an error for a request without a valid
token or proof) have a rate; failures above it are answered when their turn has come. No other caller waits:
a caller with a valid token is answered immediately, from the same address too. The connections of a peer are
bounded, so that a flood of requests that fail ends as a few a second.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.kit.http.access import is_known
from adapters.kit.http.network import network_of

_MOST_PEERS: Final = 10_000
_LOG_AGAIN_S: Final = 60.0

_log = structlog.get_logger(__name__)


class Failures:
    """When which peer's next failure may be answered.

    Args:
        per_s: answered in the long run.
        at_once: answered without a wait after a long rest.
        now: seconds on a clock that only goes forward.
    """

    def __init__(
        self, per_s: float = 5.0, at_once: float = 50.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._each_s = 1 / per_s
        self._at_once_s = at_once / per_s
        self._now = now
        self._next: OrderedDict[str, float] = OrderedDict()
        """Of each peer: when all its failures so far were within the rate."""
        self._logged_at = -_LOG_AGAIN_S

    def delay_s(self, host: str) -> float:
        """Count a failure; how long its answer waits."""
        now, peer = self._now(), network_of(host)
        at = max(self._next.pop(peer, now), now) + self._each_s
        self._next[peer] = at
        if len(self._next) > _MOST_PEERS:
            self._next.popitem(last=False)
        wait = max(0.0, at - now - self._at_once_s)
        if wait and now - self._logged_at >= _LOG_AGAIN_S:
            self._logged_at = now
            _log.warning("a peer fails to authenticate again and again", peer=peer)
        return wait


class AuthenticationThrottle:
    """The middleware."""

    def __init__(self, app: ASGIApp, failures: Failures | None = None) -> None:
        self._app = app
        self._failures = failures or Failures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = scope.get("client")

        async def slowly(message: Message) -> None:
            failed = message["type"] == "http.response.start" and message["status"] >= 400
            if failed and client and not is_known(HTTPConnection(scope)):
                await asyncio.sleep(self._failures.delay_s(client[0]))
            await send(message)

        await self._app(scope, receive, slowly)
