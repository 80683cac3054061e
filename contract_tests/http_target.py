"""HTTP to a system that may be anything: requests end in time, answers are bounded, nothing is followed.

A foreign system may be unreachable, hang, send garbage, or send for ever. An error says what it did.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx2

from contract_tests.loop_thread import LoopThread
from contract_tests.outcomes import Evidence

MOST_BYTES: Final = 4 * 2**20
LONGEST_S: Final = 20.0
MOST_REQUESTS: Final = 20_000
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "set-cookie"})
_DEEPEST: Final = "an answer nested too deeply"


class TargetError(Exception):
    """The target gave no answer that could be looked at; the text says what it did instead."""


class UnreadableAnswerError(ValueError):
    """The target answered, with something else than what was asked for."""


class TooManyRequestsError(Exception):
    """The run has used up its requests."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers (names in small letters), and the bytes as they came."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    request: str

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            UnreadableAnswerError: it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise UnreadableAnswerError(f"{self.request} was answered by something that is no JSON") from None
        except RecursionError:
            raise UnreadableAnswerError(f"{self.request}: {_DEEPEST}") from None

    @property
    def content_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class HttpTarget:
    """One target of a run; use it as a context.

    Args:
        base_url: where it is, `http` or `https`, without credentials in it.
        longest_s: a request that takes longer is given up.

    Raises:
        ValueError: it is no such address.
    """

    def __init__(self, base_url: str, longest_s: float = LONGEST_S) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError(f"{base_url!r} is no address of the form http(s)://HOST[:PORT][/PATH]")
        self.base_url = base_url.rstrip("/")
        self._longest_s = longest_s
        self._loop = LoopThread()
        self._left = MOST_REQUESTS
        self._recorded: list[Evidence] = []
        self._client: httpx2.AsyncClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client is not None:
            self._loop.run(self._client.aclose(), LONGEST_S)
        self._loop.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request; redirects are answers like others.

        Raises:
            TargetError: no answer within the limits.
            TooManyRequestsError: the run has made enough of them.
        """
        if self._left == 0:
            raise TooManyRequestsError(f"the run has made its {MOST_REQUESTS:,} requests")
        self._left -= 1
        shown = f"{method} {path}"
        sent = dict(headers or {})
        begun = time.monotonic()
        try:
            answer = self._loop.run(self._ask(method, path, sent, body), self._longest_s)
        except TimeoutError:
            error = f"{shown} was not answered within {self._longest_s:g} s"
        except TargetError as told:
            error = str(told)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError) as failed:
            error = f"{shown} failed after {time.monotonic() - begun:.1f} s: {_words(failed)}"
        else:
            self._record(shown, sent, body, answer)
            return answer
        self._recorded.append(Evidence.of(f"sent: {shown}", _text(sent, body)))
        self._recorded.append(Evidence("received", error))
        raise TargetError(error)

    def recorded(self) -> tuple[Evidence, ...]:
        """What went to and fro since the last call, without secrets."""
        recorded, self._recorded = tuple(self._recorded), []
        return recorded

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        if self._client is None:
            # No proxy, no netrc, no compression: what is counted is what comes.
            self._client = httpx2.AsyncClient(
                timeout=httpx2.Timeout(LONGEST_S, connect=5.0), follow_redirects=False, trust_env=False
            )
        sent = {"Accept-Encoding": "identity", "User-Agent": "flexgate-conformance", **headers}
        url = self.base_url + path
        async with self._client.stream(method, url, headers=sent, content=body) as answer:
            chunks: list[bytes] = []
            size = 0
            async for chunk in answer.aiter_raw():
                size += len(chunk)
                if size > MOST_BYTES:
                    raise TargetError(f"{method} {path}: the answer is larger than {MOST_BYTES:,} bytes")
                chunks.append(chunk)
            found = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status_code, found, b"".join(chunks), f"{method} {path}")

    def _record(self, shown: str, sent: Mapping[str, str], body: bytes | None, answer: Answer) -> None:
        self._recorded.append(Evidence.of(f"sent: {shown}", _text(sent, body)))
        headers = _text(answer.headers, answer.body)
        self._recorded.append(Evidence.of(f"received: {answer.status}", headers))


def _text(headers: Mapping[str, str], body: bytes | None) -> str:
    lines = [
        f"{name}: {'(not shown)' if name.lower() in _SECRET_HEADERS else value}"
        for name, value in headers.items()
    ]
    text = "" if body is None else body[: 2 * MOST_BYTES].decode("utf-8", errors="replace")
    return "\n".join(lines) + f"\n\n{_masked(text)}"


def _masked(text: str) -> str:
    """A body without the token or secret that it has, as those of OAuth do."""
    if "client_secret=" in text or '"access_token"' in text:
        return "(not shown: it has a secret)"
    return text


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
