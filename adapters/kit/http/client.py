"""Requests to an HTTP peer: bounded while the answer is read, never redirected, every fault a `CallError`."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from adapters.kit.options import ConnectionOptions

LONGEST_PAUSE_S: Final = 3600
_LONGEST_TRANSFER_S: Final = 300

UNREACHED: Final = frozenset({408, 410, 429, 502, 503, 504})
"""Statuses that concern the peer itself; any other is of one request alone."""


class CallError(Exception):
    """The peer gave no answer that can be used; the text states why, without any content.

    Attributes:
        retry_after_s: how long the peer wants no request, if it stated that.
    """

    def __init__(self, message: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer of a peer.

    Attributes:
        headers: names in small letters.
        body: the first bytes only where it is not `complete`.
        complete: whether the body was within its bound.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    complete: bool = True

    @property
    def content_type(self) -> str:
        """Media type in small letters, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_success(self) -> bool:
        """Whether the peer did what was requested."""
        return 200 <= self.status < 300

    @property
    def fault(self) -> CallError:
        """The error to raise where the answer is of no use."""
        return CallError(f"answered {self.status}", self.retry_after_s)

    @property
    def retry_after_s(self) -> int | None:
        """How long the peer wants to be left alone; None where it names no number of seconds."""
        named = self.headers.get("retry-after", "").strip()
        return min(int(named), LONGEST_PAUSE_S) if named.isascii() and named.isdigit() else None


class HttpPeer:
    """One server that the gateway calls. Any number of threads may use it.

    Args:
        stopping: ends the reading of an answer.
        auth: how to prove who we are; without it the username and password of the options, if they are set.
    """

    def __init__(
        self, options: ConnectionOptions, stopping: threading.Event, auth: httpx2.Auth | None = None
    ) -> None:
        self._options = options
        self._stopping = stopping
        self._auth = auth or _basic(options)
        self._making = threading.Lock()
        self._client: httpx2.Client | None = None

    def call(
        self,
        method: str,
        path: str,
        *,
        largest: int,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> HttpAnswer:
        """One request and its answer, of which at most `largest` bytes are read.

        Raises:
            CallError: no answer, one that breaks off or is too slow, or a compressed one, whose size
                cannot be bounded before it is opened.
        """
        try:
            with self._connected().stream(
                method, path, params=params, headers=headers, content=content, auth=self._auth
            ) as response:
                return self._read(response, largest)
        except httpx2.HTTPError as error:
            raise CallError(f"no answer: {type(error).__name__}") from error

    def close(self) -> None:
        """Close connections."""
        with self._making:
            if self._client is not None:
                self._client.close()

    def _connected(self) -> httpx2.Client:
        with self._making:
            if self._client is None:
                self._client = client_for(self._options)
            return self._client

    def _read(self, response: httpx2.Response, largest: int) -> HttpAnswer:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding != "identity":
            raise CallError(f"the answer is encoded as {encoding}, which was not requested")
        end = time.monotonic() + _LONGEST_TRANSFER_S
        parts, size = [], 0
        for part in response.iter_raw():
            parts.append(part)
            size += len(part)
            if size > largest:
                break
            if self._stopping.is_set() or time.monotonic() > end:
                raise CallError("the answer is too slow")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpAnswer(response.status_code, headers, b"".join(parts)[:largest], complete=size <= largest)


def client_for(options: ConnectionOptions) -> httpx2.Client:
    """A client for the configured server, by the rules of this module.

    Raises:
        CallError: a certificate or key cannot be read or used.
    """
    return httpx2.Client(base_url=base_url(options), **rules_for(options))


def rules_for(options: ConnectionOptions) -> dict[str, Any]:
    """How every request is made, as arguments of a client.

    Raises:
        CallError: see `client_for`.
    """
    try:
        context = options.tls_context()
    except OSError as error:
        raise CallError(f"certificates cannot be used: {error.strerror or error}") from error
    return {
        "verify": context or True,
        "timeout": options.answer_timeout_s,
        "follow_redirects": False,
        "trust_env": False,  # proxies of the environment are not in the configuration
        "headers": {"User-Agent": "flexgate", "Accept-Encoding": "identity"},
    }


def base_url(options: ConnectionOptions) -> str:
    """Scheme, host and port of the configured server."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{'https' if options.tls else 'http'}://{host}:{options.port}"


def _basic(options: ConnectionOptions) -> httpx2.Auth | None:
    if options.username is None:
        return None
    return httpx2.BasicAuth(options.username, options.secret or "")
