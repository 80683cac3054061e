"""Whether something for a tenant's database is in the shared one still: a file beside the database shows it.

The files make the check cheap, as there is one at every transaction. What they announce is in the shared
database alone, so they need not be durable (see `Stores.announce_pending`).

    publisher                           whoever opens the database next, holding its write lock
    stores rows in the shared database
    makes `NAME.pending`                renames it to `NAME.moving`, reads the rows, inserts them, commits
                                        removes `NAME.moving`

So a publication during a move leaves a new file, and a move that was interrupted leaves its own: both are
found by the next one.
"""

import os
from contextlib import suppress
from pathlib import Path

SUFFIXES = PENDING, MOVING = ".pending", ".moving"


class Arrivals:
    """The files of one database."""

    def __init__(self, database: Path) -> None:
        self._pending, self._moving = (str(database.with_suffix(suffix)) for suffix in SUFFIXES)

    @property
    def waiting(self) -> bool:
        """Whether there may be something to move."""
        return os.access(self._pending, os.F_OK) or os.access(self._moving, os.F_OK)

    def announce(self) -> None:
        """There is something to move; it is durable.

        Raises:
            OSError: the file cannot be made.
        """
        os.close(os.open(self._pending, os.O_WRONLY | os.O_CREAT, 0o600))

    def begin(self) -> bool:
        """Begin to move what is there now; False if there is nothing. The caller holds the write lock."""
        with suppress(FileNotFoundError):
            os.replace(self._pending, self._moving)  # noqa: PTH105  (a path is a text here, as above)
        return os.access(self._moving, os.F_OK)

    def finish(self) -> None:
        """All of it is durable where it belongs. The caller holds the write lock since `begin`."""
        os.unlink(self._moving)  # noqa: PTH108
