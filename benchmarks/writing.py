"""`python -m benchmarks.writing [--json]`: how fast results leave, against serialising a finished tree.

The workload is a result of 2,000 bids: a merit order list of one quarter hour, the same for a day, and the
bids themselves in another version. For lxml, building the tree would come on top.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

import numpy as np
from lxml import etree

import esmp
from benchmarks.bid_documents import DAY, MTU, bid_document
from gateway.domain.document import (
    CanonicalDocument,
    DocumentHeader,
    DocumentKind,
    MeritOrderList,
    MeritOrderSeries,
)
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from mappings import read, write

BIDS = 2_000


def merit_order_list(points: int) -> MeritOrderList:
    draw = np.random.default_rng(0)
    period = Interval(DAY, DAY + points * MTU)
    area = CodedId("TEST-AREA")
    role = Role(CodedId("TEST-GATEWAY"), "A04")
    header = DocumentHeader(
        DocumentKind.MERIT_ORDER_LIST,
        "7.3",
        "TEST-MOL",
        1,
        "A43",
        "A47",
        role,
        role,
        datetime(2026, 3, 1, tzinfo=UTC),
    )
    series = tuple(
        MeritOrderSeries(
            bid_id=draw.bytes(16).hex(),
            direction=1,
            period=period,
            resolution="PT15M",
            quantity_mw=draw.integers(1, 1000, points) / 10,
            energy_price=draw.integers(-5000, 30000, points) / 100,
            capacity_price=np.full(points, np.nan),
            activated_mw=draw.integers(0, 100, points) / 10,
            business_type="B74",
            acquiring_area=area,
            connecting_area=area,
            auction="MFRR_ENERGY_ACTIVATION_MARKET",
            status="A06",
            currency="EUR",
            resource=CodedId(f"TEST-UNIT-{number:05}"),
            priority=number,
            energy_price_unit="MWH",
        )
        for number in range(1, BIDS + 1)
    )
    return MeritOrderList(header, period, area, None, series)


def reserve_bids() -> CanonicalDocument:
    data = bid_document(BIDS, 1).data
    document = read(data, esmp.identify(data)).document
    if document is None:
        raise AssertionError("the bids were not read")
    return document


def seconds(work: Callable[[], Any]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(document: CanonicalDocument, version: str, runs: int) -> dict[str, Any]:
    data = write(document, version).data
    report = esmp.validate(data)
    if not report.valid:
        raise AssertionError(report.findings[0])
    tree = etree.fromstring(data)
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(seconds(lambda: write(document, version)))
        theirs.append(seconds(lambda: etree.tostring(tree, encoding="UTF-8")))
    took = median(ours)
    return {
        "document": f"{document.header.kind} {version}",
        "megabytes": round(len(data) / 1e6, 1),
        "write_s": round(took, 4),
        "write_min_max_s": [round(min(ours), 4), round(max(ours), 4)],
        "megabytes_per_s": round(len(data) / 1e6 / took, 1),
        "lxml_tostring_s": round(median(theirs), 4),
        "ratio_to_tostring": round(took / median(theirs), 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writing", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one line")
    options = parser.parse_args()
    result = {
        "bids": BIDS,
        "cases": [
            measure(merit_order_list(1), "7.3", options.runs),
            measure(merit_order_list(96), "7.3", options.runs),
            measure(reserve_bids(), "7.2", options.runs),
        ],
    }
    sys.stdout.write(json.dumps(result, indent=None if options.json else 2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
