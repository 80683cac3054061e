"""An acknowledgement can be written whatever was received."""

from datetime import UTC, datetime

import pytest

import esmp
from gateway.domain.document import (
    Acknowledgement,
    DocumentHeader,
    DocumentKind,
    ReceivedDocument,
    RejectedSeries,
)
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Reason, ReasonCode
from mappings import UnwritableError, read, write

HEADER = DocumentHeader(
    DocumentKind.ACKNOWLEDGEMENT,
    "8.1",
    "TEST-ACK",
    1,
    None,
    None,
    Role(CodedId("TEST-GATEWAY"), "A04"),
    Role(CodedId("TEST-SENDER")),
    datetime(2026, 3, 28, 12, 0, 1, tzinfo=UTC),
)
REFUSED = (Reason(ReasonCode.REJECTED), Reason(ReasonCode.CANNOT_BE_PROCESSED, "not XML"))


@pytest.mark.parametrize("version", ["7.0", "8.0", "8.1"])
def test_nothing_known_is_enough(version: str) -> None:
    writing = write(Acknowledgement(HEADER, ReceivedDocument(), REFUSED), version)
    report = esmp.validate(writing.data)
    assert report.valid, report.findings
    assert writing.losses.lossless
    assert b"received_MarketDocument" not in writing.data


@pytest.mark.parametrize("version", ["7.0", "8.0", "8.1"])
def test_what_would_make_it_invalid_is_left_out_and_named(version: str) -> None:
    received = ReceivedDocument(
        mrid="m" * 200,
        revision=1000,
        type="NO-CODE",
        process="<x>",
        title="file & name \x00 <1>" + "x" * 200,
        created_at=datetime(2026, 3, 28, 12, tzinfo=UTC),
    )
    series = (RejectedSeries("s" * 100, (Reason("A59", "text \x01 & <more> " + "x" * 600),), version="0"),)
    writing = write(Acknowledgement(HEADER, received, REFUSED, series), version)
    report = esmp.validate(writing.data)
    assert report.valid, report.findings
    named = {change.path for change in writing.losses}
    assert {"received_mrid", "received_revision", "received_type", "received_process"} <= named
    assert {"received_title", "series[1]/mrid", "series[1]/version"} <= named
    again = read(writing.data, report.identity).document
    assert again.received.mrid.startswith("mmm")
    assert again.rejected_series[0].reasons[0].text.startswith("text \ufffd & <more>")


def test_an_answer_without_a_reason_is_none() -> None:
    with pytest.raises(UnwritableError, match="Reason"):
        write(Acknowledgement(HEADER, ReceivedDocument(), ()))


def test_an_older_version_names_the_process_it_cannot_carry() -> None:
    writing = write(Acknowledgement(HEADER, ReceivedDocument(mrid="TEST-1", process="A47"), REFUSED), "7.0")
    assert [change.path for change in writing.losses] == ["received_process"]
