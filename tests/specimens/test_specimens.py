"""The specimens are what they claim to be."""

from pathlib import Path

import pytest

import esmp
from tests.specimens import SPECIMENS, UNFIT, Specimen, Unfit


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda specimen: specimen.name)
def test_a_specimen_is_valid(specimen: Specimen) -> None:
    report = esmp.validate(specimen.data)
    assert report.findings == ()
    assert report.identity is not None
    assert (report.identity.family, report.identity.version) == (specimen.family, specimen.version)


@pytest.mark.parametrize("unfit", UNFIT, ids=lambda unfit: unfit.name)
def test_an_unfit_document_is_found_out_where_it_says(unfit: Unfit) -> None:
    findings = esmp.validate(unfit.data).findings
    assert unfit.stage in {finding.stage for finding in findings}
    assert any(unfit.names in f"{finding.message} {finding.path}" for finding in findings)


def test_every_file_is_listed() -> None:
    files = {file.stem for file in Path(__file__).parent.glob("*.xml")}
    assert files == {specimen.name for specimen in SPECIMENS}
