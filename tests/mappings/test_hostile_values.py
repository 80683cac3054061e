"""Values that a schema lets pass and that must not cost memory or end in an exception."""

import pytest
from lxml import etree

import esmp
from esmp.profiles import Family, Profile, profile
from gateway.domain.json_text import JsonTextError
from mappings import Reading, UnwritableError, read, write
from mappings.canonical_json import loads
from mappings.families import plan
from tests.mappings.specimens import document
from tests.mappings.test_canonical_json import changed, with_mandatory_terms

BIDS = profile(Family.RESERVE_BID, "7.4")
LIST = profile(Family.MERIT_ORDER_LIST, "7.3")


def reading(found: Profile, **texts: str) -> Reading:
    root = etree.fromstring(document(found, series=1))
    for place, text in texts.items():
        path = plan(found.family, found.version).locate(place)
        for element in root.findall("/".join(f"{{{found.namespace}}}{step}" for step in path.split("/"))):
            element.text = text
    data = etree.tostring(root)
    report = esmp.validate(data)
    assert report.valid, report.findings
    return read(data, report.identity, report.root)


@pytest.mark.parametrize(
    "text", ["P99999999999999D", "PT999999999999999S", "-PT15M", "PT0S", "P1Y", "PT0.5S"]
)
@pytest.mark.parametrize("found", [BIDS, LIST], ids=["bids", "list"])
def test_a_resolution_that_is_none_is_a_finding(found: Profile, text: str) -> None:
    result = reading(found, **{"series[1]/periods[1]/resolution": text})
    assert result.findings[0].series is not None


def test_a_period_of_centuries_costs_no_memory() -> None:
    result = reading(
        LIST,
        **{
            "series[1]/start": "0001-01-01T00:00Z",
            "series[1]/end": "9999-12-31T00:00Z",
            "series[1]/periods/resolution": "PT1S",
        },
    )
    assert result.findings
    assert result.document.series == ()


def test_a_whole_number_of_thousands_of_digits_is_dropped() -> None:
    result = reading(LIST, **{"series[1]/priority": "9" * 5000})
    assert [change.path for change in result.report] == ["TimeSeries[1]/priority"]
    assert result.document.series[0].priority is None


def test_a_decimal_of_thousands_of_digits_is_reported() -> None:
    result = reading(BIDS, **{"series[1]/periods[1]/points[1]/quantity": "0." + "1" * 5000})
    assert result.document.bids.quantity_mw[0] == pytest.approx(1 / 9)
    assert len(result.report) == 1


@pytest.mark.feature(id="E4")
@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b'{"kind":' * 100_000, b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"]
)
def test_deep_json_is_refused(data: bytes) -> None:
    with pytest.raises(JsonTextError):
        loads(data)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_moments_outside_the_calendar_are_refused(text: str) -> None:
    with pytest.raises(JsonTextError):
        loads(changed("created_at", text))


def test_a_measurement_counts_from_its_neighbours() -> None:
    bids = loads(changed("bids/0/measurements", [{"path": "areas[9999]/name", "text": "x"}]))
    with pytest.raises(UnwritableError, match="counts past"):
        write(with_mandatory_terms(bids), "7.4")
