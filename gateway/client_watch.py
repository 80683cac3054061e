"""Lets clients that are added, changed or removed in the configuration count without a restart."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from gateway.security.clients import Clients
from gateway.settings import SettingsError, key_files, read_settings
from gateway.workers import Worker

EVERY_S: Final = 1.0

_State = tuple[int, int, int]

_log: Final = structlog.get_logger(__name__)


class ClientWatch:
    """Looks at the configuration's file and at the files of public keys that it names, in a thread of its
    own. What cannot be used changes nothing.

    Args:
        clients: those of the running gateway.
    """

    def __init__(self, file: Path, clients: Clients) -> None:
        self._file = file
        self._clients = clients
        self._seen = _states(file)
        self.worker = Worker("client-watch", self._round)

    def start(self) -> None:
        """Begin."""
        self.worker.start()

    def stop(self) -> None:
        """Finish the present look."""
        self.worker.stop()

    def look(self) -> None:
        """Read the configuration again if one of its files is another than before."""
        state = _states(self._file)
        if state == self._seen:
            return
        self._seen = state
        try:
            found = read_settings(self._file)
        except SettingsError as error:
            _log.warning("changed configuration cannot be used", faults=error.faults)
            return
        changed = self._clients.replace(found.clients)
        _log.info(
            "clients read again; all else in the configuration counts at the next start", changed=changed
        )

    def _round(self) -> float:
        self.look()
        return EVERY_S


def _states(file: Path) -> Mapping[Path, _State | None]:
    return {one: _state(one) for one in (file, *key_files(file))}


def _state(file: Path) -> _State | None:
    """What is another after every change: editors replace a file, or write into it."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
