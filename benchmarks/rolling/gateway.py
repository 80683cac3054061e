"""`python -m benchmarks.rolling.gateway serve …`: a gateway whose clock runs ahead by what a file says.

The file is named by FLEXGATE_MOVED: eight bytes, the seconds by which the clock is ahead (little-endian
double). Processes of the gateway get the clock from it.
"""

import os
from functools import partial
from pathlib import Path

from benchmarks.rolling.clock import MovedClock
from gateway import app
from gateway.cli.commands import main

if __name__ == "__main__":
    app.SystemClock = partial(MovedClock, Path(os.environ["FLEXGATE_MOVED"]))  # type: ignore[assignment, misc]
    main()
