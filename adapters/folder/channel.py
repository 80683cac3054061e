"""A folder looked into by one thread; answers are written by whoever sends."""

import fnmatch
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog

from adapters.folder import FolderOptions
from adapters.folder.files import move, publish, read_unchanged
from adapters.handing_in import Message
from adapters.http.body import CSV, JSON
from adapters.http.problems import Problem
from adapters.of_one_tenant import ChannelOfOneTenant
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelPlace, DeliveryError

_SUFFIXES: Final = {JSON: ".json"}
_TYPES: Final = {".csv": CSV}
_LONGEST_NAME: Final = 120

_log: Final = structlog.get_logger(__name__)


class FolderChannel(ChannelOfOneTenant):
    """Implements `ports.Channel`."""

    def __init__(self, options: FolderOptions, place: ChannelPlace) -> None:
        super().__init__(place)
        self._options = options
        self._inbox, self._done, self._error, self._outbox = (
            options.directory / name for name in ("inbox", "done", "error", "outbox")
        )
        self._seen: dict[Path, tuple[tuple[int, int], float]] = {}
        self._thread = threading.Thread(target=self._watch, name=f"folder-{place.name}", daemon=True)

    def start(self) -> None:
        """See `ports.Channel.start`."""
        self._health.starting()
        self._thread.start()

    def stop(self) -> None:
        """See `ports.Channel.stop`."""
        self._stopping.set()
        self._thread.join()
        self._health.stopped()

    def send(self, tenant: Tenant, envelope: Envelope) -> None:  # noqa: ARG002
        """See `ports.Outlet.send`. A repetition finds its own file and leaves it."""
        answered = (envelope.correlation_id or "")[:_LONGEST_NAME]
        suffix = _SUFFIXES.get(envelope.content_type, ".xml")
        parts = [part for part in (answered, envelope.message_type, envelope.message_id) if part]
        try:
            publish(envelope.payload, self._outbox / (".".join(parts) + suffix))
        except OSError as error:
            raise DeliveryError(f"the folder cannot be written: {error.strerror}") from error

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
                self._health.up()
            except OSError as error:
                self._health.down(f"the folder cannot be used: {error.strerror}")
            except Exception as error:  # noqa: BLE001  (whatever it was, the next look may work)
                self._health.down(f"the folder cannot be read: {type(error).__name__}")
            self._stopping.wait(self._options.poll_s)

    def _look(self) -> None:
        for directory in (self._inbox, self._done, self._error, self._outbox):
            directory.mkdir(exist_ok=True)
        if not self._place.receives:
            return
        for file in self._stable():
            if self._stopping.is_set():
                return
            try:
                self._take(file)
            except OSError as error:
                _log.warning("file not taken", channel=self.name, file=file.name, error=error.strerror)

    def _stable(self) -> Iterator[Path]:
        """Files that match and have not changed for long enough, oldest first."""
        now = time.monotonic()
        states = {}
        for file in self._inbox.iterdir():
            if self._matches(file.name):
                try:
                    state = file.lstat()
                except FileNotFoundError:
                    continue  # the peer took it back
                states[file] = (state.st_mtime_ns, state.st_size)
        self._seen = {
            file: known if (known := self._seen.get(file, (None, 0.0)))[0] == state else (state, now)
            for file, state in states.items()
        }
        for file in sorted(states, key=lambda file: (states[file], file.name)):
            if now - self._seen[file][1] >= self._options.stable_s:
                yield file

    def _matches(self, name: str) -> bool:
        """Names that begin with a dot are of files in the making, ours and others'."""
        wanted = any(fnmatch.fnmatchcase(name, pattern) for pattern in self._options.patterns)
        return wanted and not name.startswith(".")

    def _take(self, file: Path) -> None:
        payload = read_unchanged(file, self._place.largest_bytes)
        message = Message(
            payload,
            content_type=_TYPES.get(file.suffix.lower()),
            correlation_id=file.name,
            repeated_by_sender=True,
        )
        try:
            receipt = self._door.hand_in_patiently(message)
        except Problem as problem:
            reason = self._door.refusal(problem)
            refused = move(file, self._error)
            publish(reason, refused.with_name(f"{refused.name}.reason"))
        else:
            if receipt is not None:
                move(file, self._done)
