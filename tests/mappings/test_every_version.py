"""Whatever a version can say, the canonical model holds: every mapped family in every version."""

import pytest
from lxml import etree

import esmp
from esmp.profiles import Family, Profile
from mappings import read, write
from mappings.families import plan
from tests.mappings.specimens import MAPPED, document, leaves, name_of


@pytest.mark.parametrize("profile", MAPPED, ids=name_of)
@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
def test_a_document_leaves_as_it_came(profile: Profile, full: bool) -> None:
    data = document(profile, full=full)
    report = esmp.validate(data)
    assert report.valid, report.findings
    came = leaves(etree.fromstring(data))
    reading = read(data, report.identity)
    assert reading.findings == ()
    assert list(reading.report) == []
    writing = write(reading.document, profile.version)
    left = esmp.validate(writing.data)
    assert left.valid, left.findings
    assert leaves(etree.fromstring(writing.data)) == came
    assert list(writing.losses) == []
    assert reading.report.unchanged == len(came)


@pytest.mark.parametrize("profile", MAPPED, ids=name_of)
def test_places_lead_to_elements(profile: Profile) -> None:
    found = plan(profile.family, profile.version)
    assert found.locate("mrid") == "mRID"
    if profile.family is Family.STATUS_REQUEST:
        assert found.locate("attributes[2]/value") == "AttributeInstanceComponent[2]/attributeValue"
    else:
        assert found.locate("series[2]/mrid").endswith(("TimeSeries[2]/mRID", "[2]/marketAgreement.mRID"))
    assert found.locate("nowhere[1]/x") == "nowhere[1]/x"
