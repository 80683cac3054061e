"""What is logged is one JSON object per line, whatever is in it, and never in anybody's way."""

import json
import os
import subprocess
import sys

import pytest

SAYS = """
import logging
from pathlib import Path
import structlog
from gateway.logs import configure_logs

configure_logs()
log = structlog.get_logger("ours")
log.debug("too fine to be said")
with structlog.contextvars.bound_contextvars(request="r-1"):
    log.info("document settled", tenant="north", reasons=["A01"], seconds=0.5)
log.warning("odd", path=Path("/x"), name=b"\\xff".decode(errors="surrogateescape"), keys={1: 2}, text="Ä\\n")
try:
    raise ValueError("words of a document")
except ValueError:
    log.exception("failed")
logging.getLogger("library").warning("%s there", "it is")
logging.getLogger("library").info("also said")
"""


def run(stderr: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", SAYS], stderr=stderr, check=False)


@pytest.mark.feature(id="F5")
def test_every_line_is_an_object_with_level_logger_and_time() -> None:
    done = run(subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    settled, odd, failed, library, also = [json.loads(line) for line in done.stderr.splitlines()]
    for line in (settled, odd, failed, library, also):
        assert line.pop("timestamp").endswith("Z")
    assert settled == {
        "event": "document settled",
        "level": "info",
        "logger": "ours",
        "request": "r-1",
        "tenant": "north",
        "reasons": ["A01"],
        "seconds": 0.5,
    }
    assert "/x" in odd["path"]
    assert odd["text"] == "Ä\n"
    assert failed["level"] == "error"
    assert failed["fault"] == "ValueError"
    assert failed["trace"] == ["<string>:14 <module>"]
    assert (library["logger"], library["event"], library["level"]) == ("library", "it is there", "warning")
    assert also["event"] == "also said"
    assert b"words of a document" not in done.stderr


def test_nothing_stops_because_no_collector_listens() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        assert run(write).returncode == 0
    finally:
        os.close(write)
