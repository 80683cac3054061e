"""Around every request: a reference, one line in the log, and a bound on the body."""

import time
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.kit.http.problems import ProblemResponse, ProblemType, answer, failure

_log = structlog.get_logger(__name__)

_HARDENING: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class RequestLog:
    """Sets a reference on every request, and logs one line about it: never a body, never a query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid.uuid4())
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        state["request_id"] = request_id
        started, reference = time.perf_counter(), request_id.encode()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message.get("headers", ())}
                own = ((name, value) for name, value in _HARDENING if name not in present)
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", reference), *own]
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._app(scope, receive, noting)
            except Exception as error:
                if status:  # the answer has begun: only its end can tell that it failed
                    raise
                await failure(Request(scope), error)(scope, receive, noting)
            finally:
                _log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    ms=round(1000 * (time.perf_counter() - started), 1),
                )


class HeadAsGet:
    """Answers HEAD wherever GET is: the same, without the body (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # Parts are of GET alone (RFC 9110, 14.2).
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await self._app({**scope, "method": "GET", "headers": headers}, receive, without_body)


class BodyLimit:
    """Refuses a body that is larger than its path accepts, before it is read; one that states so
    itself before any of it is read.

    Args:
        limit_of: largest body by path.
        answering_themselves: where paths begin whose answers have a form of their own; there the first read
            raises the problem.
    """

    def __init__(
        self, app: ASGIApp, limit_of: Callable[[str], int], answering_themselves: tuple[str, ...] = ()
    ) -> None:
        self._app = app
        self._limit_of = limit_of
        self._answering_themselves = answering_themselves

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        exceeds = declared.isdigit() and int(declared) > limit
        received = 0

        async def counting() -> Message:
            nonlocal received
            if exceeds:
                raise too_large(limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise too_large(limit)
            return message

        if exceeds and not scope["path"].startswith(self._answering_themselves):
            await answer(Request(scope), too_large(limit))(scope, receive, send)
        else:
            await self._app(scope, counting, send)


def too_large(limit: int) -> ProblemResponse:
    """The answer to a body that is larger than `limit` bytes."""
    # The rest of the body is not read, so this connection accepts no other request.
    return ProblemResponse(
        ProblemType.TOO_LARGE,
        f"a body for this path may have up to {limit:,} bytes",
        headers={"Connection": "close"},
    )
