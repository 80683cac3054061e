"""A clock that runs ahead by what a file says, and what moves it on."""

import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

FORM: Final = struct.Struct("<d")


@dataclass(frozen=True)
class MovedClock:
    """The clock of the gateway and of its processes."""

    file: Path

    def now(self) -> datetime:
        """The moved time."""
        return datetime.now(UTC) + timedelta(seconds=FORM.unpack(self.file.read_bytes())[0])


class ClockHand:
    """Moves the clock, for everybody who calls the gateway."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = 0.0
        file.write_bytes(FORM.pack(0.0))

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead

    def turn_to(self, moment: datetime) -> None:
        """Turn the clock forward; it goes on from there."""
        self._ahead = max(self._ahead, moment.timestamp() - time.time())
        with self._file.open("r+b") as opened:
            opened.write(FORM.pack(self._ahead))
