"""Published schemas, samples and grids by other people: read in place, never copied, often absent."""

import os
from pathlib import Path

SHARED = Path(os.environ.get("FLEXGATE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
STANDARDS = SHARED / "standards"
