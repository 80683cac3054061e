"""`python -m benchmarks.described_formats [--json]`: examining a document of a described format against a bid
document of the same size, as the intake does both; and bid documents with described formats and without.

Processor time, in alternating order; the ratios are of the medians of pairs.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bid_documents import bid_document
from gateway.domain.party import CodedId
from gateway.formats import Formats
from gateway.formats.format_sets import add
from gateway.intake.check.described import examine_any

EXAMPLES = Path(__file__).parents[1] / "examples" / "formats"
PARTY = CodedId("11XTEST-NORTH--W")
PAIRS = 10
TIMES = 40


def registration(size: int) -> bytes:
    """A valid document of the described JSON format, of some size in bytes."""
    pods = [
        {"pod": f"IT001E{number:08d}", "maxPowerKw": 3.3, "resource": "load", "since": None}
        for number in range(max(1, (size - 200) // 84))
    ]
    return json.dumps(
        {
            "registrationId": "TEST-1",
            "revision": 1,
            "aggregator": {"code": PARTY.code},
            "customerDatabase": "11XTEST-SOUTH--5",
            "sentAt": "2026-02-28T10:00:00Z",
            "pods": pods,
        }
    ).encode()


def spent(payload: bytes, content_type: str, formats: Formats) -> Callable[[], float]:
    """Milliseconds of processor time of one examination."""
    now = datetime.now(UTC)

    def measure() -> float:
        begun = time.process_time()
        for _ in range(TIMES):
            examined = examine_any(payload, content_type, now, formats=formats, sender=PARTY)
        if examined.findings:
            raise SystemExit(f"the document is not valid: {examined.findings[0].message}")
        return (time.process_time() - begun) / TIMES * 1000

    return measure


def compared(one: Callable[[], float], other: Callable[[], float]) -> dict[str, float]:
    """Medians of both in alternating order, and the median ratio of pairs."""
    one(), other()  # warm
    pairs = []
    for number in range(PAIRS):
        if number % 2:
            second, first = other(), one()
        else:
            first, second = one(), other()
        pairs.append((first, second))
    return {
        "ms": round(statistics.median(first for first, _ in pairs), 4),
        "baseline_ms": round(statistics.median(second for _, second in pairs), 4),
        "ratio": round(statistics.median(first / second for first, second in pairs), 3),
    }


def main() -> None:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    with tempfile.TemporaryDirectory() as directory:
        for folder in sorted(each for each in EXAMPLES.iterdir() if each.is_dir()):
            add(Path(directory), folder)
        formats = Formats.read(Path(directory))
        formats.prepare()
        bids = next(data for count in range(1, 200) if len(data := bid_document(count, 4).data) >= 20_000)
        own = registration(len(bids))
        results = {
            "bytes": {"bids": len(bids), "described": len(own)},
            "described against bids": compared(
                spent(own, "application/json", formats), spent(bids, "application/xml", Formats())
            ),
            "bids with described formats against without": compared(
                spent(bids, "application/xml", formats), spent(bids, "application/xml", Formats())
            ),
        }
    if as_json:
        print(json.dumps(results))
    else:
        for name, figures in results.items():
            print(name, figures)


if __name__ == "__main__":
    main()
