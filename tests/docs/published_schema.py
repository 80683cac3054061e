"""`python -m tests.docs.published_schema DIR`: a schema as an association publishes it."""

import sys
from pathlib import Path

from tests.specimens.hydro_report import REPORT_SCHEMA

if __name__ == "__main__":
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True)
    (directory / "report.xsd").write_text(REPORT_SCHEMA, "utf-8")
