"""How a platform and a gateway exchange documents: one small interface, each protocol in its own module."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from contract_tests.emulators.client import wait_for

ACKNOWLEDGEMENT = "Acknowledgement"


@dataclass(frozen=True, slots=True)
class Came:
    """A document of the gateway.

    Attributes:
        kind: family of the document, as the protocol names it, e.g. `MeritOrderList`.
        answers: what it answers, in the protocol's own words.
    """

    kind: str
    payload: bytes = field(repr=False)
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """Settings for `[channels.…]` so that the gateway can be reached."""

    adapter: str
    options: Mapping[str, Any]


class Exchange(Protocol):
    """One platform's connection to the gateway."""

    def send(self, document: bytes, name: str) -> str:
        """Hand a document over under a name of its own; returns by what its acknowledgement is known."""
        ...

    def acknowledgement(self, sent: str, timeout_s: float) -> bytes:
        """Wait for the acknowledgement of what was sent.

        Raises:
            WaitedTooLongError: none came in time.
        """
        ...

    def results(self) -> Sequence[Came]:
        """Messages since the last call, without acknowledgements, in their order."""
        ...


class ExchangeInbox:
    """The receiving half of an exchange: documents that came, each taken once. Any thread may put or wait.

    Args:
        fetch: brings what is ready, for protocols that bring nothing by themselves.
    """

    def __init__(self, fetch: Callable[[], None] = lambda: None) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._acknowledgements: dict[str, bytes] = {}
        self._results: list[Came] = []

    def put(self, message_id: str, came: Came) -> None:
        """A message is there; the same id again is the same message, and counts for nothing."""
        with self._lock:
            if message_id in self._known:
                return
            self._known.add(message_id)
            if came.kind == ACKNOWLEDGEMENT:
                self._acknowledgements[came.answers or ""] = came.payload
            else:
                self._results.append(came)

    def acknowledgement(self, sent: str, timeout_s: float) -> bytes:
        """See `Exchange.acknowledgement`."""

        def look() -> bytes | None:
            self._fetch()
            with self._lock:
                return self._acknowledgements.get(sent)

        return wait_for(look, f"the answer to {sent}", timeout_s)

    def results(self) -> Sequence[Came]:
        """See `Exchange.results`."""
        self._fetch()
        with self._lock:
            came, self._results = self._results, []
        return came
