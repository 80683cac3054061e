"""An operator adds a schema set and forgives a sender by name; the next start holds to both."""

import subprocess
import sys
from pathlib import Path

import pytest

import esmp
import mappings
from tests.e2e.running import Member, Running
from tests.specimens import NORTH, RESERVE_BID_7_2
from tests.specimens.hydro_report import REPORT, REPORT_SCHEMA

TOLERANCE = "nbm-inclusive-after-divisible"
DIVISIBLE = b"<divisible>A01</divisible>"


def flexgate(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.feature(id="B2")
def test_what_was_added_and_forgiven_is_accepted_and_reported(tmp_path: Path) -> None:
    published = tmp_path / "hydro"
    published.mkdir()
    (published / "report.xsd").write_text(REPORT_SCHEMA, "utf-8")
    gateway = Running(tmp_path / "gateway", [Member("north", "platform", [(NORTH, "A01")])])
    text = gateway.configuration.read_text("utf-8")
    forgiving = text.replace("[tenants.north]", f'[tenants.north]\ntolerances = ["{TOLERANCE}"]')
    gateway.configuration.write_text(forgiving, "utf-8")
    assert "HydroReport 1.3" in flexgate("formats", "add", published, "--config", gateway.configuration)
    assert "hydro/report.xsd" in flexgate("formats", "list", "--config", gateway.configuration)

    nordic = mappings.convert(RESERVE_BID_7_2.data, "ReserveBid", "NBM-7.2").data
    group = b"<inclusiveBidsIdentification>TEST-INC</inclusiveBidsIdentification>"
    with gateway:
        north = gateway.as_("north")
        seen, answer = gateway.hand_in(north, REPORT)
        assert (seen["state"], seen["kind"], seen["version"]) == ("accepted", "HydroReport", "1.3")
        assert seen["remarks"] == ["validated and recorded, not acted upon"]
        assert esmp.validate(answer).valid
        assert b"validated and recorded, not acted upon" in answer
        seen, answer = gateway.hand_in(north, nordic.replace(DIVISIBLE, DIVISIBLE + group, 1))
        # There is no gate for these bids; that they could be read at all is what was forgiven.
        assert {finding["stage"] for finding in seen["findings"]} == {"process"}
        seen, answer = gateway.hand_in(north, REPORT.replace(b"reportdocument:1:3", b"reportdocument:1:4"))
        assert seen["state"] == "refused"
        assert b"of HydroReport we know 1.3" in answer
