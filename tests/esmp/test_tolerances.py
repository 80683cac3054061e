"""A known departure from a schema is refused, or, where it is asked for by name, put right and recorded."""

import pytest
from lxml import etree

from esmp import DocumentLimits, Stage, stream, validate
from esmp.profiles import Family, profile
from esmp.tolerances import TOLERANCES, UnknownTolerance
from tests.esmp.documents import document, tag
from tests.shared import STANDARDS

NAME = "nbm-inclusive-after-divisible"
NBM = profile(Family.RESERVE_BID, "NBM-7.2")


def misplaced(series: int = 2, follows: str = "divisible") -> bytes:
    root = etree.fromstring(document(NBM, series=series))
    for bid in root.findall(tag("Bid_TimeSeries", NBM)):
        inclusive, before = (bid.find(tag(n, NBM)) for n in ("inclusiveBidsIdentification", follows))
        assert inclusive is not None
        assert before is not None
        before.addnext(inclusive)
    return etree.tostring(root)


def test_without_its_name_it_is_refused() -> None:
    assert [f.code for f in validate(misplaced()).findings] == ["unexpected-element"] * 2


def test_by_its_name_it_is_put_right_and_recorded_where_it_stood() -> None:
    data = misplaced()
    report = validate(data, tolerances=[NAME])
    assert report.valid
    assert report.root is not None
    places = [etree.QName(bid[-1]).localname for bid in report.root.findall(tag("Bid_TimeSeries", NBM))]
    assert places == ["inclusiveBidsIdentification"] * 2
    assert [(f.stage, f.code) for f in report.tolerated] == [(Stage.SCHEMA, "tolerated")] * 2
    assert (
        report.tolerated[1].path == "/ReserveBid_MarketDocument/Bid_TimeSeries[2]/inclusiveBidsIdentification"
    )
    assert report.tolerated[1].series is not None
    assert NAME in report.tolerated[1].message
    assert report.tolerated[1].line is not None
    assert b"inclusiveBids" in data.splitlines()[report.tolerated[1].line - 1]


def test_in_parts_it_is_the_same() -> None:
    data = misplaced(series=60)
    reports = list(stream(data, limits=DocumentLimits(tree=48_000), tolerances=[NAME]))
    assert len(reports) > 1
    assert all(report.valid for report in reports)
    found = [finding for report in reports for finding in report.tolerated]
    assert found == list(validate(data, tolerances=[NAME]).tolerated)


def test_nothing_else_is_forgiven() -> None:
    assert validate(document(NBM), tolerances=[NAME]).tolerated == ()
    assert not validate(misplaced(follows="blockBid"), tolerances=[NAME]).valid
    other = misplaced().replace(NBM.namespace.encode(), profile(Family.RESERVE_BID, "7.4").namespace.encode())
    report = validate(other, tolerances=[NAME])
    assert not report.valid
    assert report.tolerated == ()


def test_an_unknown_tolerance_is_named() -> None:
    with pytest.raises(UnknownTolerance, match="no tolerance 'all'; there are nbm-inclusive-after-divisible"):
        validate(document(), tolerances=["all"])


def test_every_tolerance_is_of_a_version_and_element_we_have() -> None:
    for tolerance in TOLERANCES.values():
        of = profile(tolerance.family, tolerance.version)
        assert of.series is not None
        names = [element.name for element in of.children(of.series.name)]
        assert {tolerance.element, tolerance.follows} <= set(names)


@pytest.mark.shared
def test_published_inclusive_samples_are_accepted_with_it() -> None:
    samples = sorted(STANDARDS.rglob("*Complex_Inclusive_ReserveBid*.xml"))
    assert len(samples) == 2
    for path in samples:
        assert not validate(path.read_bytes()).valid
        report = validate(path.read_bytes(), tolerances=[NAME])
        assert report.findings == ()
        assert report.tolerated
