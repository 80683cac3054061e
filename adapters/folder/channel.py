"""A folder polled by one thread; answers are written by the sending threads."""

import errno
import fnmatch
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog

from adapters.folder import FolderOptions
from adapters.folder.files import (
    claim,
    fitting,
    is_of_one_file,
    move,
    probe,
    publish,
    read_unchanged,
)
from adapters.kit.base_channel import BaseChannel
from adapters.kit.http.body import CSV, JSON
from adapters.kit.http.problems import ProblemResponse
from adapters.kit.inbound import Message
from gateway.domain.envelope import Envelope
from gateway.domain.tenant import Tenant
from gateway.ports import ChannelContext, DeliveryError

CLAIMED: Final = ".flexgate-taking"
"""The folder next to the inbox, out of reach of users of the inbox alone, from which a file is submitted."""

_TYPES: Final = {".csv": CSV}
LOG_AGAIN_S: Final = 60.0
"""How often a file that is still there is logged."""

_log: Final = structlog.get_logger(__name__)


class FolderChannel(BaseChannel):
    """Implements `ports.Channel`."""

    def __init__(self, options: FolderOptions, context: ChannelContext) -> None:
        super().__init__(context)
        self._options = options
        self._inbox, self._done, self._error, self._outbox = (
            options.directory / name for name in ("inbox", "done", "error", "outbox")
        )
        self._claimed = options.directory / CLAIMED
        self._seen: dict[Path, tuple[tuple[int, int], float]] = {}
        self._logged: dict[str, float] = {}
        self._made = False
        self._unwritable: str | None = None
        self._thread = threading.Thread(target=self._watch, name=f"folder-{context.name}", daemon=True)

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
        suffix = _suffix_of(envelope.content_type)
        own = ".".join(part for part in (envelope.message_type, envelope.message_id) if part)
        answered = envelope.correlation_id
        name = fitting(answered, f".{own}{suffix}") if answered else own + suffix
        try:
            publish(envelope.payload, self._outbox / name)
        except OSError as error:
            alone = is_of_one_file(error)
            fault = f"the {'file' if alone else 'folder outbox'} cannot be written: {error.strerror}"
            if not alone:  # nothing leaves until it can, and no attempt counts
                self._unwritable = fault
                self._health.down(fault)
            raise DeliveryError(fault, alone=alone) from error

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self._see_to_folders()
                self._look()
                self._health.up()
            except OSError as error:
                self._health.down(f"the folder cannot be used: {error.strerror}")
            except Exception as error:  # noqa: BLE001  (whatever it was, the next look may work)
                self._health.down(f"the folder cannot be read: {type(error).__name__}")
            self._stopping.wait(self._options.poll_s)

    def _see_to_folders(self) -> None:
        """Make those that are missing, and log that unless it is the first look.

        Raises:
            OSError: one of them cannot be made, or outbox cannot be written to again yet.
        """
        if self._claimed.is_symlink():  # files are taken from there without a look at who put them there
            raise OSError(errno.ELOOP, f"{CLAIMED} is a link")
        for directory in (self._inbox, self._claimed, self._done, self._error, self._outbox):
            if not directory.is_dir():
                directory.mkdir(exist_ok=True)
                if self._made:
                    self._health.down(f"the folder {directory.name} was gone; it was created again")
        self._made = True
        if self._unwritable is not None:
            probe(self._outbox)
            self._unwritable = None

    def _look(self) -> None:
        if not self._context.receives:
            return
        for submit, files in ((self._submit_again, self._in_hand()), (self._submit, self._stable())):
            for file in files:
                if self._stopping.is_set():
                    return
                try:
                    submit(file)
                except OSError as error:
                    self._log_left("file not submitted", file.name, error.strerror)

    def _log_left(self, event: str, file: str, error: str | None) -> None:
        """Log why a file is left in the folder, once, then now and then."""
        now = time.monotonic()
        if now - self._logged.get(file, float("-inf")) >= LOG_AGAIN_S:
            self._logged[file] = now
            _log.warning(event, channel=self.name, file=file, error=error)

    def _stable(self) -> Iterator[Path]:
        """Files that match and have not changed for long enough, oldest first."""
        now = time.monotonic()
        states = {}
        files = [file for file in self._inbox.iterdir() if not file.name.startswith(".")]
        present = {file.name for file in (*files, *self._in_hand())}
        self._logged = {name: at for name, at in self._logged.items() if name in present}
        for file in files:
            if not self._matches(file.name):
                self._log_left("file left alone", file.name, "no pattern of this channel matches its name")
                continue
            try:
                state = file.lstat()
            except FileNotFoundError:
                continue  # the peer removed it
            states[file] = (state.st_mtime_ns, state.st_size)
        self._seen = {
            file: known if (known := self._seen.get(file, (None, 0.0)))[0] == state else (state, now)
            for file, state in states.items()
        }
        for file in sorted(states, key=lambda file: (states[file], file.name)):
            if now - self._seen[file][1] >= self._options.stable_s:
                yield file

    def _matches(self, name: str) -> bool:
        """Whether a name is of a document, in capital letters or small ones.

        Names that begin with a dot are of files in the making, ours and others'.
        """
        return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in self._options.patterns)

    def _in_hand(self) -> Iterator[Path]:
        """Files that were claimed by a process that ended, or could not be moved away."""
        yield from sorted(self._claimed.iterdir())

    def _submit(self, file: Path) -> None:
        payload = read_unchanged(file, self._context.largest_bytes)
        claimed = claim(file, self._claimed)
        if read_unchanged(claimed, self._context.largest_bytes) != payload:
            move(claimed, self._inbox)
            raise OSError(errno.EBUSY, "changed while it was read")
        self._hand_in(claimed, payload, repeated_by_sender=True)

    def _submit_again(self, claimed: Path) -> None:
        """It may be stored already: that is no repetition of its sender, who gets one answer."""
        payload = read_unchanged(claimed, self._context.largest_bytes)
        self._hand_in(claimed, payload, repeated_by_sender=False)

    def _hand_in(self, file: Path, payload: bytes, *, repeated_by_sender: bool) -> None:
        message = Message(
            payload,
            content_type=_TYPES.get(file.suffix.lower()),
            correlation_id=file.name,
            repeated_by_sender=repeated_by_sender,
        )
        try:
            receipt = self._receiver.hand_in_patiently(message)
        except ProblemResponse as problem:
            reason = self._receiver.refusal(problem)
            refused = move(file, self._error)
            publish(reason, refused.with_name(fitting(refused.name, ".reason")))
        else:
            if receipt is not None:
                move(file, self._done)


def _suffix_of(content_type: str) -> str:
    """The end of the name of a file, by which its reader knows what it is."""
    if content_type == JSON or content_type.endswith("+json"):
        return ".json"
    return ".csv" if content_type == CSV else ".xml"
