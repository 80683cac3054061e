"""HTTP as a peer's system uses it: a bearer token, JSON, problem details, patience."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

T = TypeVar("T")

_RENEW_BEFORE_S = 30
_BUSY = frozenset({429, 503})
_MOST_ATTEMPTS = 8


class RefusedError(Exception):
    """The gateway refused a request; the text states why.

    Attributes:
        status: HTTP status code.
        problem: the problem details (RFC 9457), or an empty mapping where the answer was something else.
    """

    def __init__(self, request: str, status: int, problem: dict[str, Any], text: str) -> None:
        super().__init__(f"{request} was answered with {status}: {text}")
        self.status = status
        self.problem = problem


class WaitedTooLongError(Exception):
    """Something that should have happened did not happen in time."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a client proves who it is: OAuth 2.0 client credentials."""

    client_id: str
    client_secret: str


class GatewayClient:
    """One peer's connection to a gateway.

    Every method raises RefusedError for an answer of 400 and above, and `httpx2.TransportError` when there is
    no answer at all. A busy gateway is queried again after the time it names.
    """

    def __init__(self, base_url: str, credentials: Credentials, *, timeout_s: float = 30.0) -> None:
        self._http = OAuth2Client(
            credentials.client_id,
            credentials.client_secret,
            token_endpoint="/oauth/token",  # noqa: S106  (an address, no secret)
            grant_type="client_credentials",
            leeway=_RENEW_BEFORE_S,
            base_url=base_url,
            timeout=timeout_s,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, **parameters: str | int) -> Any:
        """The JSON at `path`."""
        return self.request("GET", path, params=parameters).json()

    def put(self, path: str, body: Any) -> Any:
        """Put a JSON value; the JSON answer, None where there is none."""
        return _json(self.request("PUT", path, json=body))

    def post(self, path: str, body: Any = None) -> Any:
        """Post a JSON value; the JSON answer, None where there is none."""
        return _json(self.request("POST", path, json=body))

    def request(self, method: str, path: str, **arguments: Any) -> httpx2.Response:
        """One authenticated request, repeated while the gateway is busy."""
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            answer = self._authenticated(method, path, arguments)
            if answer.status_code not in _BUSY or attempt == _MOST_ATTEMPTS:
                break
            time.sleep(_retry_after_s(answer))
        _raise_if_refused(answer)
        return answer

    def _authenticated(self, method: str, path: str, arguments: dict[str, Any]) -> httpx2.Response:
        try:
            if not self._http.token:
                self._http.fetch_token()
            answer: httpx2.Response = self._http.request(method, path, **arguments)
        except OAuthError as error:
            problem = {"error": error.error, "error_description": error.description}
            raise RefusedError("POST /oauth/token", 401, problem, str(error)) from None
        return answer


def wait_until_ready(base_url: str, timeout_s: float, alive: Callable[[], bool] = lambda: True) -> None:
    """Return once the gateway at `base_url` accepts requests.

    Args:
        base_url: where it listens.
        timeout_s: patience.
        alive: whether there is still something to wait for, e.g. that the process has not ended.

    Raises:
        WaitedTooLongError: it did not become ready, or is no longer alive.
    """

    def ready() -> bool | None:
        if not alive():
            raise WaitedTooLongError(f"the gateway at {base_url} ended before it was ready")
        try:
            return httpx2.get(f"{base_url}/readyz", timeout=2.0).is_success or None
        except httpx2.TransportError:
            return None

    wait_for(ready, f"the gateway at {base_url} to become ready", timeout_s)


def wait_for(look: Callable[[], T | None], what: str, timeout_s: float) -> T:
    """Look again and again, ever more patiently, until there is something to see.

    Raises:
        WaitedTooLongError: nothing within `timeout_s`; `what` names what was awaited.
    """
    ends = time.monotonic() + timeout_s
    pause = 0.02
    while True:
        seen = look()
        if seen is not None:
            return seen
        if time.monotonic() + pause > ends:
            raise WaitedTooLongError(f"waited {timeout_s:g} s in vain for {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def _retry_after_s(answer: httpx2.Response) -> float:
    named = answer.headers.get("Retry-After", "")
    return float(named) if named.isdigit() else 1.0


def _json(answer: httpx2.Response) -> Any:
    return answer.json() if answer.content else None


def _raise_if_refused(answer: httpx2.Response) -> None:
    if answer.status_code < 400:
        return
    problem: dict[str, Any] = {}
    if "json" in answer.headers.get("Content-Type", ""):
        body = answer.json()
        problem = body if isinstance(body, dict) else {}
    request = f"{answer.request.method} {answer.request.url.path}"
    raise RefusedError(request, answer.status_code, problem, _text(problem) or answer.text[:200])


def _text(problem: dict[str, Any]) -> str:
    parts = [str(problem[name]) for name in ("title", "detail") if problem.get(name)]
    if "error" in problem:  # OAuth has its own form of errors (RFC 6749, section 5.2)
        parts.append(f"{problem['error']} {problem.get('error_description', '')}".strip())
    parts += [
        f"{error.get('pointer', '')} {error.get('detail', '')}" for error in problem.get("errors", [])[:5]
    ]
    if problem.get("instance"):
        parts.append(f"(reference {problem['instance']})")
    return "; ".join(parts)
