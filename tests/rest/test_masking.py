"""What somebody else than the sender of a document reads of its findings."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import esmp
from adapters.rest.masking import without_values
from gateway.domain import bounds, json_text, series
from tests.specimens import RESERVE_BID_7_4

_PLACES = ("mRID", "type", "createdDateTime", "revisionNumber", "process.processType")


def _messages(element: str, value: str) -> list[str]:
    """What is said of our sample of bids with another value in its first such element."""
    root = etree.fromstring(RESERVE_BID_7_4.data)
    found = root.find(f"{{*}}{element}")
    assert found is not None
    found.text = value
    return [finding.message for finding in esmp.validate(etree.tostring(root)).findings]


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ("minimum 5.5 MW is above the quantity 3 MW", "minimum … MW is above the quantity … MW"),
        ('party "11XTEST" and 11XTEST-NORTH--J differ', "party … and … differ"),
        ("no energy price", "no energy price"),
        ("minimum -3 MW is below 0", "minimum … MW is below 0"),
        (
            "quantity 3 MW is below the market's least, 5 MW",
            "quantity … MW is below the market's least, 5 MW",
        ),
        (series.curve_not_accepted("A05"), "curve type … is not accepted; A01 and A03 are"),
        ("'it\\'s 7' is no number like 12 or -3.5", "… is no number like 12 or -3.5"),
        ("found 'cut off with no end", "found …"),
    ],
)
def test_values_are_masked_and_constants_stay(stated: str, shown: str) -> None:
    assert without_values(stated) == shown


@pytest.mark.parametrize(
    ("element", "value", "stays"),
    [
        ("createdDateTime", "2026-03-01 06:00", "wanted YYYY-MM-DDThh:mm:ssZ (UTC)"),
        ("revisionNumber", "77777", "wanted a whole number from 1 to 999"),
        ("process.processType", "Q77", "--codes regional)"),
        ("mRID", "Q" * 77, "at most 60 are allowed"),
    ],
)
def test_the_expected_content_is_reported(element: str, value: str, stays: str) -> None:
    shown = [without_values(message) for message in _messages(element, value)]
    assert any(stays in each for each in shown), shown
    assert not any(value in each or "77" in each for each in shown)


@settings(deadline=None)
@given(st.sampled_from(_PLACES), st.text("7'\"\\ ,.…:", max_size=70), st.text("7'\"\\ ,.…:", max_size=70))
def test_no_value_of_a_document_passes(element: str, before: str, after: str) -> None:
    for message in _messages(element, f"{before}QXQ{after}"):
        assert "QXQ" not in without_values(message)


def test_what_json_should_have_held_is_stated() -> None:
    class Wanted(msgspec.Struct):
        share: float
        at: str = ""

    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(b'{"share": "secret-5"}', type=Wanted)
    assert without_values(json_text.located(caught.value).message) == "found a text, wanted a number"
    reported = json_text.as_text("Invalid RFC3339 encoded datetime")
    assert without_values(reported) == reported == "wanted a time like 2026-03-01T06:00:00Z"


def test_the_bound_stays_and_the_number_goes() -> None:
    reported = bounds.beyond("quantity_mw", 123456.0, bounds.NumberBounds(power_mw=1000))
    assert reported is not None
    assert without_values(reported) == "… MW is beyond 1,000 MW, the bound agreed for you"
