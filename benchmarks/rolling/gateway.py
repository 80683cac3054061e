"""`python -m benchmarks.rolling.gateway serve …`: a gateway whose clock runs ahead by what a file says.

The file is named by FLEXGATE_MOVED: eight bytes, the seconds by which the clock is ahead (little-endian
double). Documents are to be handled in this process (`document_processes = 0`): others have their own clock.
"""

import mmap
import os
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway import intake_process
from gateway.cli.commands import main

FORM = struct.Struct("<d")


def moved_clock(file: Path) -> Callable[[object], datetime]:
    """What tells the moved time."""
    with file.open("rb") as opened:
        ahead = mmap.mmap(opened.fileno(), FORM.size, access=mmap.ACCESS_READ)
    return lambda _clock: datetime.now(UTC) + timedelta(seconds=FORM.unpack(ahead[:])[0])


if __name__ == "__main__":
    intake_process.SystemClock.now = moved_clock(Path(os.environ["FLEXGATE_MOVED"]))  # type: ignore[method-assign]
    main()
