"""Examples are what the sample writer makes, and are taken or refused as they are called."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

import esmp
from contract_tests.cases import case_named
from contract_tests.example_documents import example_documents
from contract_tests.sample_documents import Situation, sample_document
from esmp.profiles import Family, profile
from gateway.intake.check.examination import examine
from tests.docs.commands import ROOT

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FOLDER = ROOT / "examples" / "documents"
OF_BIDS = profile(Family.RESERVE_BID, "7.6")


def test_examples_are_what_the_writer_makes() -> None:
    committed = {file.name: file.read_bytes() for file in FOLDER.glob("*.xml")}
    assert committed == example_documents(), "python -m contract_tests.example_documents examples/documents"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.xml")), ids=lambda file: file.stem)
def test_an_example_is_taken(file: Path) -> None:
    assert esmp.validate(file.read_bytes()).findings == ()
    assert examine(file.read_bytes(), "application/xml", NOW).findings == ()


def test_documents_of_the_contract_are_taken_or_refused_as_they_are_called() -> None:
    contract = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    content = contract["paths"]["/v1/documents"]["post"]["requestBody"]["content"]["application/xml"]
    found = {name: each["value"].encode() for name, each in content["examples"].items()}
    assert found == {
        "bids": sample_document(OF_BIDS, Situation()),
        "refused-bids": case_named("ReserveBid.minimum-above-quantity.wrong").document(OF_BIDS, Situation()),
    }
    codes = {
        name: [str(each.code) for each in examine(data, "application/xml", NOW).findings]
        for name, data in found.items()
    }
    assert codes == {"bids": [], "refused-bids": ["A42"]}
