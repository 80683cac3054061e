"""The acknowledgement that a platform's first hour shows is all that a gateway needs, and nothing more."""

import re
from datetime import UTC, datetime

import pytest

from gateway.domain.document import Acknowledgement, ReceivedDocument
from gateway.domain.reason import ReasonCode
from gateway.intake.check.examination import examine
from tests.docs.commands import ROOT

PAGE = ROOT / "docs" / "connecting-a-platform" / "first-hour.md"
(EXAMPLE,) = re.findall(r"^```xml\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
NOW = datetime(2026, 3, 28, 23, tzinfo=UTC)


def test_it_is_accepted() -> None:
    found = examine(EXAMPLE.encode(), "application/xml", NOW)
    assert found.findings == ()
    assert isinstance(found.document, Acknowledgement)
    assert found.document.received == ReceivedDocument("THE-MRID-IN-LIST.XML", 1)
    assert [reason.code for reason in found.document.reasons] == [ReasonCode.ACCEPTED]


@pytest.mark.parametrize("line", EXAMPLE.splitlines()[1:-1])
def test_it_needs_each_of_its_lines(line: str) -> None:
    found = examine(EXAMPLE.replace(f"{line}\n", "").encode(), "application/xml", NOW)
    document = found.document
    assert (
        found.findings
        or not isinstance(document, Acknowledgement)
        or None
        in (
            document.received.mrid,
            document.received.revision,
        )
    )
