"""Every kind of difference between a published schema and ours is listed; equal schemas have none."""

import json
from pathlib import Path

import pytest

from esmp.code_list_reader import LOCAL_CODES_FILE
from esmp.codes import code_set
from esmp.profiles import Family, profile, profiles
from esmp.schemas import CODES_FILE, codes_text, schema_text
from esmp.verification import Verification, verify
from tests.shared import STANDARDS

PROFILE = profile(Family.BID_AVAILABILITY, "1.1")


def against(folder: Path, old: str, new: str) -> Verification:
    text = schema_text(PROFILE)
    assert old in text
    (folder / "a.xsd").write_text(text.replace(old, new, 1))
    return verify(folder)


@pytest.mark.shared
def test_nothing_differs_from_the_published_schemas_and_code_lists() -> None:
    result = verify(STANDARDS / "esmp")
    assert [str(difference) for difference in result.differences] == []
    assert result.families == tuple(sorted(Family))
    compared = [p for p in profiles() if p.verified]
    assert result.versions == tuple(f"{p.family}/{p.version}" for p in compared)
    assert result.code_sets == ("v91", "v94")
    assert result.not_found == tuple(f"{p.family}/{p.version}" for p in profiles() if not p.verified)


def test_our_own_schema_written_out_does_not_differ(tmp_path: Path) -> None:
    for number, known in enumerate(profiles()):
        (tmp_path / f"{number}.xsd").write_text(schema_text(known))
    result = verify(tmp_path)
    assert result.differences == ()
    assert result.not_found == ()


@pytest.mark.parametrize(
    ("old", "new", "path", "aspect"),
    [
        ('name="docStatus"', 'name="status"', "/BidAvailability_MarketDocument", "names"),
        (
            'name="start" type="YMDHM_DateTime"/>\n      <xs:element name="end"',
            'name="end" type="YMDHM_DateTime"/>\n      <xs:element name="start"',
            "/BidAvailability_MarketDocument/time_Period.timeInterval",
            "order",
        ),
        (
            'type="BidTimeSeries" maxOccurs="unbounded"',
            'type="BidTimeSeries"',
            "/BidAvailability_MarketDocument/BidTimeSeries",
            "cardinality",
        ),
        (
            'type="xs:decimal"',
            'type="xs:float"',
            "/BidAvailability_MarketDocument/BidTimeSeries/operationalLimit_Quantity.quantity",
            "type",
        ),
        (
            'maxLength value="512"',
            'maxLength value="256"',
            "/BidAvailability_MarketDocument/BidTimeSeries/Reason/text",
            "facets",
        ),
        (
            'use="required"',
            'use="optional"',
            "/BidAvailability_MarketDocument/BidTimeSeries/domain.mRID",
            "attributes",
        ),
        (
            "codes:RoleTypeList",
            "codes:ProcessTypeList",
            "/BidAvailability_MarketDocument/sender_MarketParticipant.marketRole.type",
            "type",
        ),
        (
            'type="ESMP_DateTimeInterval"',
            'type="YMDHM_DateTime"',
            "/BidAvailability_MarketDocument/time_Period.timeInterval",
            "type",
        ),
        ("<xs:sequence>", "<xs:choice>", "/", "schema"),
    ],
    ids=[
        "names",
        "order",
        "cardinality",
        "type",
        "facets",
        "attributes",
        "code list",
        "class",
        "not understood",
    ],
)
def test_each_kind_of_difference_is_found_at_its_element(
    tmp_path: Path, old: str, new: str, path: str, aspect: str
) -> None:
    if aspect == "schema":
        text = schema_text(PROFILE).replace(old, new).replace("</xs:sequence>", "</xs:choice>")
        (tmp_path / "a.xsd").write_text(text)
        result = verify(tmp_path)
    else:
        result = against(tmp_path, old, new)
    assert [(d.file, d.version, d.path, d.aspect) for d in result.differences][:1] == [
        ("a.xsd", "1.1", path, aspect)
    ]
    assert result.versions == ("BidAvailability/1.1",)
    json.dumps(result.as_json())


def test_a_difference_reads_as_a_line(tmp_path: Path) -> None:
    result = against(tmp_path, 'maxLength value="512"', 'maxLength value="256"')
    assert str(result.differences[0]) == (
        "BidAvailability/1.1 /BidAvailability_MarketDocument/BidTimeSeries/Reason/text: facets: "
        "ours maxLength 512, published maxLength 256 (a.xsd)"
    )


def test_code_lists_are_compared_code_by_code(tmp_path: Path) -> None:
    text = codes_text(code_set("v94"), code_set("v94").lists).replace('<xs:enumeration value="EUR"/>', "")
    union = '<xs:simpleType name="{0}"><xs:union memberTypes="Standard{0}"/></xs:simpleType>'
    for name in code_set("v94").lists:
        text = text.replace(f'simpleType name="{name}"', f'simpleType name="Standard{name}"')
        text = text.replace("</xs:schema>", union.format(name) + "</xs:schema>")
    alias = union.replace("{0}", "CodingSchemeType", 1).format("CodingSchemeTypeList")
    version = "<xs:annotation><xs:documentation><Version>94</Version></xs:documentation></xs:annotation>"
    text = text.replace("</xs:schema>", f"{alias}{version}</xs:schema>")
    (tmp_path / CODES_FILE).write_text(text)
    (tmp_path / LOCAL_CODES_FILE).write_text('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>')
    result = verify(tmp_path)
    assert result.code_sets == ("v94",)
    assert [(d.path, d.aspect, d.ours) for d in result.differences] == [("CurrencyTypeList", "codes", "EUR")]


def test_other_documents_are_passed_over_and_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.xsd").write_text(schema_text(PROFILE).replace(PROFILE.namespace, "urn:other"))
    assert verify(tmp_path).versions == ()
    with pytest.raises(NotADirectoryError, match="is not a directory"):
        verify(tmp_path / "other.xsd")
