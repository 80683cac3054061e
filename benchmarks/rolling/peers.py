"""Whoever calls the gateway, however often it is killed."""

import time
from collections.abc import Callable
from typing import Any, Final

import httpx2

from benchmarks.rolling.verdict import ReceivedDocument

PATIENCE_S: Final = 120.0
PAUSE_S: Final = 0.02
LONGEST_PAUSE_S: Final = 0.1
"""Between two looks: whoever looks all the time takes the processor from what it waits for."""
_AGAIN: Final = frozenset({429, 503})


class UnexpectedError(Exception):
    """An answer that should not have come."""


class Peer:
    """One machine. It asks again what is not answered; what must not count twice says so itself."""

    def __init__(self, url: str, name: str, secret: str) -> None:
        self.name = name
        self._http = httpx2.Client(base_url=url, timeout=30.0, trust_env=False)
        self._proof = name, secret
        self._cursor = 0

    def close(self) -> None:
        self._http.close()

    def call(
        self, method: str, path: str, *allowed: int, headers: dict[str, str] | None = None, **sent: Any
    ) -> httpx2.Response:
        """The answer: a success, or a status that is allowed.

        Raises:
            UnexpectedError: another answer, or none for very long.
        """
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            try:
                answer = self._http.request(method, path, headers=headers, **sent)
                if answer.status_code == 401:
                    self._renew()
                    continue
            except httpx2.TransportError:  # it was killed
                time.sleep(PAUSE_S)
                continue
            if answer.is_success or answer.status_code in allowed:
                return answer
            if answer.status_code not in _AGAIN:
                raise UnexpectedError(f"{self.name}: {method} {path}: {answer.status_code} {answer.text}")
            time.sleep(PAUSE_S)
        raise UnexpectedError(f"{self.name}: no answer to {method} {path}")

    def wait(self, path: str, look: Callable[[Any], bool]) -> Any:
        """What is at a path, once it is as `look` wants it.

        Raises:
            UnexpectedError: it never was.
        """
        ends, pause = time.monotonic() + PATIENCE_S, PAUSE_S
        while time.monotonic() < ends:
            if look(seen := self.call("GET", path).json()):
                return seen
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        raise UnexpectedError(f"{self.name}: {path} stays {seen}")

    def pull(self, *, again: bool) -> list[ReceivedDocument]:
        """What is new in the outbox, confirmed; or all that is still kept there, once more."""
        cursor, received = 0 if again else self._cursor, []
        while True:
            page = self.call("GET", "/v1/outbox", params={"after": cursor, "limit": 1000}).json()
            for one in page["messages"]:
                payload = self.call("GET", f"/v1/outbox/{one['id']}").content
                self.call("POST", f"/v1/outbox/{one['id']}/confirm")
                received.append(ReceivedDocument(one["message_id"], payload))
            if not page["messages"]:
                self._cursor = max(self._cursor, cursor)
                return received
            cursor = page["next"]

    def _renew(self) -> None:
        form = {"grant_type": "client_credentials"}
        granted = self._http.post("/oauth/token", data=form, auth=self._proof)
        if granted.is_success:
            self._http.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        else:
            time.sleep(PAUSE_S)
