"""How tests wait: for what happens, however slow the machine. Only a test that fails ever waits this long."""

import time
from collections.abc import Callable
from typing import Final

PATIENCE_S: Final = 240.0


def eventually(true: Callable[[], object], what: str = "it", seconds: float = PATIENCE_S) -> None:
    """Return as soon as it is true.

    Raises:
        AssertionError: it was not, for longer than any machine needs.
    """
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)
