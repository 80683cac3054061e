"""What cannot be written of one bid keeps no other from being sent."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

import esmp
import mappings
from gateway.domain.document import BidAvailability, MeritOrderList
from gateway.domain.packed import unpacked
from gateway.processes.bid_check.result.writing import Result, written
from tests.specimens import BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3


def read(specimen: Any) -> Any:
    report = esmp.validate(specimen.data)
    assert report.identity is not None
    return mappings.read(specimen.data, report.identity).document


def writer(*unwritable: str) -> Any:
    def write(document: Result, version: str) -> Iterable[bytes]:
        parts = document.series if isinstance(document, MeritOrderList) else document.limits
        if any(part.bid_id in unwritable for part in parts):
            raise ValueError("too many digits")
        return mappings.DocumentStream()(document, version)

    return write


def doubled(document: Result) -> Result:
    """With three bids of other names."""
    if isinstance(document, BidAvailability):
        one = document.limits[0]
        return replace(document, limits=tuple(replace(one, bid_id=name) for name in "ABC"))
    series = document.series[0]
    return replace(document, series=tuple(replace(series, bid_id=name) for name in "ABC"))


@pytest.mark.parametrize("specimen", [BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3])
@pytest.mark.parametrize("unwritable", ["", "A", "BC", "C"])
def test_only_the_bid_itself_is_left_out(specimen: Any, unwritable: str) -> None:
    packed, left = written(doubled(read(specimen)), writer(*unwritable))
    assert left == tuple(unwritable)
    assert packed is not None
    payload = b"".join(unpacked(packed.data))
    assert (packed.size, packed.sha256) == (len(payload), hashlib.sha256(payload).hexdigest())
    report = esmp.validate(payload)
    assert report.valid
    reported = mappings.read(payload, report.identity).document  # type: ignore[arg-type]
    parts = reported.series if isinstance(reported, MeritOrderList) else reported.limits  # type: ignore[union-attr]
    assert [part.bid_id for part in parts] == [name for name in "ABC" if name not in unwritable]


@pytest.mark.parametrize("specimen", [BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3])
def test_where_nothing_can_be_written_nothing_is(specimen: Any) -> None:
    assert written(doubled(read(specimen)), writer(*"ABC")) == (None, ("A", "B", "C"))
