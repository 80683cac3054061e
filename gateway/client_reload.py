"""Lets clients that are added, changed or removed in the configuration count without a restart."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import structlog

from gateway.security.clients import Clients
from gateway.settings import SettingsError, key_files, read_settings
from gateway.workers import Worker

EVERY_S: Final = 1.0

_State = tuple[int, int, int]
_States = Mapping[Path, _State | None]

_log: Final = structlog.get_logger(__name__)


class ClientReload:
    """Looks at the configuration's file and at the files of public keys that it names, in a thread of its
    own. Unusable files change nothing.

    Args:
        clients: those of the running gateway.
        tenants: the names of its tenants; a client of any other counts after the next start.
    """

    def __init__(self, file: Path, clients: Clients, tenants: Collection[str]) -> None:
        self._file = file
        self._clients = clients
        self._tenants = frozenset(tenants)
        self._keys: tuple[Path, ...] = ()
        self._seen: _States = {}
        self._seen = self._states()
        self.worker = Worker("client-watch", self._round)

    def start(self) -> None:
        """Begin."""
        self.worker.start()

    def stop(self) -> None:
        """Finish the present look."""
        self.worker.stop()

    def look(self) -> None:
        """Read the configuration again if one of its files is another than before."""
        states = self._states()
        if states == self._seen:
            return
        self._seen = states
        try:
            found = read_settings(self._file)
        except SettingsError as error:
            _log.warning("changed configuration cannot be used", faults=error.faults)
            return
        changed = self._clients.replace(found.clients, self._tenants)
        if later := sorted(found.tenants.keys() - self._tenants):
            _log.warning(
                "tenants that are new count at the next start, and so do their clients", tenants=later
            )
        _log.info(
            "clients read again; all else in the configuration counts at the next start", changed=changed
        )

    def _round(self) -> float:
        self.look()
        return EVERY_S

    def _states(self) -> _States:
        """Of the file, and of those it names, for which it is read again only where it is another: with a
        thousand tenants that needs a third of a second."""
        own = _state(self._file)
        if own is None or own != self._seen.get(self._file):
            self._keys = key_files(self._file)
        return {self._file: own, **{key: _state(key) for key in self._keys}}


def _state(file: Path) -> _State | None:
    """A value that changes with the file: editors replace a file, or write into it."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
