"""Documents as files in a shared folder: the platform's side."""

import os
from pathlib import Path

from contract_tests.emulators.exchanges import Came, ChannelOptions, ExchangeInbox

_NAME_PARTS = 3


class FolderExchange(ExchangeInbox):
    """Implements `Exchange`.

    Args:
        directory: which both sides can write; the gateway makes its folders there.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(self._take)
        self._directory = directory

    def channel(self) -> ChannelOptions:
        """The gateway's channel."""
        return ChannelOptions("folder", {"directory": str(self._directory), "stable_s": 0.0, "poll_s": 0.1})

    def send(self, document: bytes, name: str) -> str:
        """See `Exchange.send`: written under a hidden name, then renamed."""
        inbox, file = self._directory / "inbox", f"{name}.xml"
        hidden = inbox / f".{file}"
        hidden.write_bytes(document)
        os.rename(hidden, inbox / file)  # noqa: PTH104  (the rename is the point)
        return file

    def _take(self) -> None:
        """Remove files, oldest first; a file's name has the answered document, its kind and its id."""
        outbox = self._directory / "outbox"
        if not outbox.exists():
            return  # the gateway has not created it yet
        files = [file for file in outbox.iterdir() if not file.name.startswith(".")]
        for file in sorted(files, key=lambda file: file.stat().st_mtime_ns):
            *answered, kind, message_id, _ = file.name.rsplit(".", _NAME_PARTS)
            self.put(message_id, Came(kind, file.read_bytes(), ".".join(answered)))
            file.unlink()
