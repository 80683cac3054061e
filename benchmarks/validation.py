"""`python -m benchmarks.validation [--json]`: validation against lxml parse + XSD of the same bytes.

Time: documents of rising size, in alternating order, the ratio of the medians. Memory: a document of some
200 MB, looked at in parts in a fresh process, as growth of the peak above the document itself.
"""

import argparse
import gc
import json
import platform
import statistics
import subprocess
import sys
import time

from lxml import etree

from esmp import stream, validate
from esmp.codes import DEFAULT_CODES, code_set
from esmp.profiles import Family, profile
from esmp.sample_documents import specimen
from esmp.schemas import compiled

BID = profile(Family.RESERVE_BID, "7.4")
SIZES = (20, 200, 2_000, 20_000)
MEMORY = """
import re
from pathlib import Path
from benchmarks.validation import document
from esmp import stream
for report in stream(document(1)): pass
data = document(40_000)
Path("/proc/self/clear_refs").write_text("5")  # or the peak would be that of building the document
def resident(what):
    return int(re.search(what + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
before = resident("VmRSS")
parts = sum(report.valid for report in stream(data))
print(len(data), parts, resident("VmHWM") - before)
"""


def document(series: int) -> bytes:
    """A valid ReserveBid of so many copies of one time series, built in one allocation."""
    data = etree.tostring(specimen(BID, code_set()), pretty_print=True)
    start, end = data.index(b"  <Bid_TimeSeries>"), data.index(b"</ReserveBid")
    return b"".join([data[:start], *[data[start:end]] * series, data[end:]])


def times(series: int, rounds: int) -> dict[str, float]:
    """Compare our verdict, whole and in parts, with the baseline, round by round."""
    data = document(series)
    schema = compiled(BID, DEFAULT_CODES)

    def baseline() -> bool:
        return schema.validate(etree.fromstring(data))

    def ours() -> bool:
        return validate(data).valid

    def parts() -> bool:
        return all(report.valid for report in stream(data))

    ways = [baseline, ours, parts]
    taken: dict[str, list[float]] = {way.__name__: [] for way in ways}
    for number in range(rounds):
        for way in ways[number % 3 :] + ways[: number % 3]:
            gc.collect()
            start = time.perf_counter()
            if not way():
                raise SystemExit("the document is not valid")
            taken[way.__name__].append(time.perf_counter() - start)
    base = statistics.median(taken["baseline"])
    return {
        "series": series,
        "megabytes": round(len(data) / 1e6, 2),
        "baseline_s": round(base, 4),
        "validate_ratio": round(statistics.median(taken["ours"]) / base, 3),
        "stream_ratio": round(statistics.median(taken["parts"]) / base, 3),
    }


def memory() -> dict[str, float]:
    """Measure the peak above the document itself, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", MEMORY], check=True, capture_output=True, text=True)
    size, parts, grown = map(int, done.stdout.split())
    return {
        "megabytes": round(size / 1e6, 1),
        "parts": parts,
        "peak_above_document_mb": round(grown / 1e6, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation", description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = {
        "python": platform.python_version(),
        "libxml2": ".".join(map(str, etree.LIBXML_VERSION)),
        "times": [times(series, options.rounds) for series in SIZES],
        "memory": memory(),
    }
    sys.stdout.write(f"{json.dumps(result, indent=None if options.json else 2)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
