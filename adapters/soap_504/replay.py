"""Signed requests are good once, and for a short time."""

import hashlib
import threading
from datetime import datetime, timedelta
from typing import Final

from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.messages import CREATE, Request

_FULL: Final = 1000


class RequestReplayGuard:
    """Refuses requests that are too old, from the future, or repeated.

    Requests are remembered in memory, for as long as they could come again. Requests made before the start
    are therefore refused: after a restart it is unknown whether they came before.

    A Put that comes again with the same content is let through: it is answered as the first time and has no
    second effect.
    """

    def __init__(self, window: timedelta, began: datetime) -> None:
        self._window = window
        self._began = began.replace(microsecond=0)  # times in messages are rounded down
        self._lock = threading.Lock()
        self._seen: dict[bytes, tuple[bytes, datetime]] = {}
        self._full = _FULL

    def check(self, request: Request, digest: bytes, now: datetime) -> None:
        """Let a request pass, and remember it.

        Args:
            digest: of what was signed; the same for every copy of a request.

        Raises:
            FaultError: it is not good, or not any more.
        """
        header = request.header
        made = header.created or header.timestamp
        if made is None:
            raise FaultError(
                Code.SIGNATURE_WRONG, "the header has no time: send Timestamp or ReplayDetection"
            )
        if abs(now - made) > self._window:
            apart = f"{self._window.total_seconds():g} s"
            raise FaultError(Code.SIGNATURE_WRONG, f"made more than {apart} from now; query serverTimestamp")
        if made < self._began:
            raise FaultError(Code.SIGNATURE_WRONG, "made before the service started; sign it again")
        key = digest if header.nonce is None else hashlib.sha256(header.nonce.encode()).digest()
        with self._lock:
            if len(self._seen) >= self._full:
                self._forget(now)
            known = self._seen.get(key)
            self._seen.setdefault(key, (digest, made))
        if known is not None and not (header.verb == CREATE and known[0] == digest):
            raise FaultError(Code.SIGNATURE_WRONG, "the request is a repetition")

    def _forget(self, now: datetime) -> None:
        """Drop what would be refused for its age."""
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen[1] <= self._window}
        self._full = max(_FULL, 2 * len(self._seen))
