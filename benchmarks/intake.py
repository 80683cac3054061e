"""`python -m benchmarks.intake [--json]`: parse, validate and map bids, against lxml parsing and validating.

Ratios are of medians over alternating runs on the same bytes in one process, in seconds of its one thread.
Memory is measured in a fresh process: the most it held beyond the document and the resulting columns.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from lxml import etree
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.handlers import XmlEventHandler

import esmp
from benchmarks.bid_documents import BidDocument, bid_document
from esmp.bindings.reserve_bid_7_4 import ReserveBidMarketDocument
from esmp.profiles import Family, profile
from esmp.schemas import compiled
from gateway.domain.bids import Bids
from mappings import read

CASES = ((2_000, 1), (20_000, 1), (1_000, 96))
LARGE = (10_000, 96)
MIB = 2**20


def lxml_only(document: BidDocument) -> None:
    """The baseline: a tree and its validation."""
    root = etree.fromstring(document.data)
    if not compiled(profile(Family.RESERVE_BID, "7.4"), esmp.DEFAULT_CODES).validate(root):
        raise AssertionError("the document is not valid")


def intake(document: BidDocument) -> Bids:
    """What the gateway does: a verdict, then columns."""
    report = esmp.validate(document.data)
    if not report.valid or report.identity is None:
        raise AssertionError("the document is not valid")
    reading = read(document.data, report.identity, report.root)
    bids: Bids = reading.document.bids  # type: ignore[union-attr]
    if len(bids) != document.bids or bids.quantity_mw.sum() != document.offered_mw or reading.findings:
        raise AssertionError("the bids are not those of the document")
    return bids


def xsdata_only(document: BidDocument) -> None:
    """The faster of xsdata's ways to read, without validation."""
    XmlParser(handler=XmlEventHandler).from_bytes(document.data, ReserveBidMarketDocument)


def seconds(work: Callable[[BidDocument], Any], document: BidDocument) -> float:
    gc.collect()
    start = time.process_time()
    work(document)
    return time.process_time() - start


def compare(bids: int, points: int, runs: int, *, with_xsdata: bool) -> dict[str, Any]:
    documents = [bid_document(bids, points, seed) for seed in range(min(runs, 3))]
    baseline, ours = [], []
    for run in range(runs + 1):
        document = documents[run % len(documents)]
        pair = [(lxml_only, baseline), (intake, ours)]
        for work, times in pair if run % 2 else reversed(pair):
            times.append(seconds(work, document))
    first, second = median(baseline[1:]), median(ours[1:])  # the first run of each compiles and warms up
    result = {
        "bids": bids,
        "points_per_bid": points,
        "megabytes": round(len(documents[0].data) / 1e6, 1),
        "lxml_parse_and_validate_s": round(first, 4),
        "intake_s": round(second, 4),
        "intake_min_max_s": [round(min(ours[1:]), 4), round(max(ours[1:]), 4)],
        "ratio_to_lxml": round(second / first, 2),
    }
    if with_xsdata:
        slow = seconds(xsdata_only, documents[0])
        result |= {"xsdata_s": round(slow, 2), "times_faster_than_xsdata": round(slow / second, 1)}
    return result


def status(field: str) -> int:
    """Bytes, from the kernel: VmRSS held now, VmHWM held at most since the process began."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def held(bids: Bids) -> int:
    """Bytes of the columns: arrays, lists, and each text once."""
    arrays = [value for value in vars(bids).values() if isinstance(value, np.ndarray)]
    lists = [bids.bid_id, bids.period_resolution, *bids.terms.values()]
    texts = {id(text): sys.getsizeof(text) for column in lists for text in column}
    return sum(array.nbytes for array in arrays) + sum(map(sys.getsizeof, lists)) + sum(texts.values())


def memory(path: Path) -> dict[str, Any]:
    """In a fresh process: what intake holds at most, beyond the document and the columns it returns."""
    warm = bid_document(10, 96)
    report = esmp.validate(warm.data)
    read(warm.data, report.identity, report.root)
    data = path.read_bytes()
    gc.collect()
    before = status("VmRSS")
    report = esmp.validate(data)
    bids = read(data, report.identity).document.bids
    peak = status("VmHWM")
    columns = held(bids)
    return {
        "bids": len(bids),
        "megabytes": round(len(data) / 1e6, 1),
        "columns_mib": round(columns / MIB, 1),
        "peak_beyond_columns_mib": round((peak - before - columns) / MIB, 1),
    }


def in_fresh_process(bids: int, points: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bids.xml"
        path.write_bytes(bid_document(bids, points).data)
        command = [sys.executable, "-m", "benchmarks.intake", "--memory", str(path)]
        done = subprocess.run(command, capture_output=True, check=True)
        return json.loads(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="one line")
    options = parser.parse_args()
    if options.memory:
        sys.stdout.write(json.dumps(memory(options.memory)))
        return 0
    result = {
        "cases": [
            compare(bids, points, options.runs, with_xsdata=bids <= 2_000 and points == 1)
            for bids, points in CASES
        ],
        "memory": in_fresh_process(*LARGE),
        "python": sys.version.split()[0],
        "lxml": ".".join(map(str, etree.LXML_VERSION)),
        "cores": os.cpu_count(),
    }
    sys.stdout.write(json.dumps(result, indent=None if options.json else 2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
