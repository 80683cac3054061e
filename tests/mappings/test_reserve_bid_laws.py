"""Laws of the bid mapping, over random bids."""

import pytest
from hypothesis import HealthCheck, given, settings

import esmp
from gateway.domain.document import ReserveBids
from mappings import convert, read, write
from mappings.canonical_json import dumps, loads
from tests.mappings.bids import bid_documents

NEWER = ("7.2", "NBM-7.2", "7.3", "7.4", "7.5", "7.6")


def stated(document: ReserveBids) -> bytes:
    return dumps(document).replace(f'"version":"{document.header.version}"'.encode(), b"")


@pytest.mark.parametrize("version", ["7.2", "7.4", "7.6"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=bid_documents())
def test_what_is_written_is_valid_and_reads_as_it_was(version: str, document: ReserveBids) -> None:
    writing = write(document, version)
    assert writing.losses.lossless
    report = esmp.validate(writing.data)
    assert report.valid, report.findings
    reading = read(writing.data, report.identity)
    assert reading.findings == ()
    assert reading.report.lossless
    assert stated(reading.document) == stated(document)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=bid_documents(max_bids=2))
def test_newer_versions_convert_into_each_other_without_loss(document: ReserveBids) -> None:
    first = write(document, NEWER[0]).data
    data = first
    for version in (*NEWER[1:], NEWER[0]):
        conversion = convert(data, "ReserveBid", version)
        assert conversion.report.lossless
        data = conversion.data
    assert data == first


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=bid_documents())
def test_json_reads_as_it_was(document: ReserveBids) -> None:
    assert dumps(loads(dumps(document))) == dumps(document)
