"""How a fault is logged."""

import traceback
from pathlib import Path


def fault_of(error: BaseException) -> str:
    """Type and place of an error, without its message, which might quote the document."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
