"""Canonical JSON: what is written is read again, matches the published schema, and bad input is located."""

import json
import re
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

import esmp
from esmp.profiles import Profile
from gateway.domain.bid import BidTerm
from gateway.domain.document import ReserveBids
from gateway.domain.json_text import JsonTextError
from gateway.domain.reason import Reason
from mappings import UnwritableError, convert, read, write
from mappings.canonical_json import canonical_hash, dumps, loads
from mappings.json_schema import published, text
from tests.mappings.specimens import MAPPED, document, name_of

SCHEMA = jsonschema.Draft202012Validator(json.loads(published()))

BID = {
    "kind": "ReserveBid",
    "mrid": "TEST-1",
    "revision": 1,
    "type": "A37",
    "process": "A47",
    "sender": {"party": {"code": "TEST-SENDER"}, "role": "A46"},
    "receiver": {"party": {"code": "TEST-RECEIVER"}, "role": "A34"},
    "created_at": "2026-03-28T12:00:00Z",
    "period": {"start": "2026-03-28T23:00:00Z", "end": "2026-03-29T22:00:00Z"},
    "domain": {"code": "TEST-AREA"},
    "bids": [
        {
            "id": "TEST-BID",
            "direction": "up",
            "divisible": True,
            "terms": {"business_type": "B74", "resource": "TEST-UNIT"},
            "periods": [
                {
                    "start": "2026-03-28T23:00Z",
                    "end": "2026-03-28T23:30Z",
                    "resolution": "PT15M",
                    "points": [
                        {"position": 1, "quantity_mw": 10, "energy_price": 51.5},
                        {"position": 2, "quantity_mw": 7.5, "minimum_mw": 1},
                    ],
                }
            ],
        }
    ],
}


def changed(path: str, value: Any) -> bytes:
    """The bid document with one member set (or removed, for None)."""
    document = json.loads(json.dumps(BID))
    *steps, last = path.split("/")
    inner = document
    for step in steps:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    key = int(last) if isinstance(inner, list) else last
    if value is None:
        del inner[key]
    else:
        inner[key] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize("full", [True, False], ids=["full", "bare"])
@pytest.mark.parametrize("profile", MAPPED, ids=name_of)
def test_every_document_survives_json(profile: Profile, full: bool) -> None:
    data = document(profile, full=full)
    reading = read(data, esmp.identify(data))
    stated = dumps(reading.document)
    again = loads(stated)
    assert type(again) is type(reading.document)
    assert dumps(again) == stated
    assert canonical_hash(again) == canonical_hash(reading.document)
    SCHEMA.validate(json.loads(stated))


def test_the_published_schema_is_what_the_types_say() -> None:
    assert published() == text()


def test_a_hand_written_bid_is_read() -> None:
    bids = loads(json.dumps(BID).encode()).bids
    assert bids.quantity_mw.tolist() == [10, 7.5]
    assert bids.point_start_s.tolist() == [1774738800, 1774739700]
    SCHEMA.validate(BID)


def test_the_version_is_not_disclosed() -> None:
    hashes = {canonical_hash(loads(changed("version", version))) for version in ("7.2", "7.4", "NBM-7.2")}
    assert len(hashes) == 1
    assert canonical_hash(loads(changed("mrid", "TEST-2"))) not in hashes


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        ("kind", "Unheard", "/kind"),
        ("colour", "red", ""),
        ("mrid", None, ""),
        ("sender/party/colour", "red", "/sender/party/colour"),
        ("created_at", "2026-03-28T12:00:00", "/"),
        ("period/end", "2026-03-28T22:00:00Z", "/period"),
        ("bids/0/direction", "sideways", "/bids/0/direction"),
        ("bids/0/colour", "red", "/bids/0"),
        ("bids/0/terms/colour", "red", "/bids/0/terms"),
        ("bids/0/terms/quantity_unit", "MW", "/bids/0/terms/quantity_unit"),
        ("bids/0/terms/energy_price_unit", "MAW", "/bids/0/terms/energy_price_unit"),
        ("bids/0/terms/capacity_price_unit", "MWH", "/bids/0/terms/capacity_price_unit"),
        ("bids/0/periods", [], "/bids/0/periods"),
        ("bids/0/periods/0/resolution", "P1M", "/bids/0/periods/0/resolution"),
        ("bids/0/periods/0/end", "2026-03-28T22:00Z", "/bids/0/periods/0/end"),
        ("bids/0/periods/0/end", "tomorrow", "/bids/0/periods/0/end"),
        ("bids/0/periods/0/points/1/position", 3, "/bids/0/periods/0/points"),
        ("bids/0/periods/0/points/1/position", 0, "/bids/0/periods/0/points/1/position"),
        ("bids/0/periods/0/points/0/quantity_mw", "ten", "/bids/0/periods/0/points/0/quantity_mw"),
        ("bids/0/measurements", [{"path": "../x[1]/y", "text": "1"}], "/bids/0/measurements/0/path"),
    ],
)
def test_bad_members_are_located(path: str, value: Any, pointer: str) -> None:
    with pytest.raises(JsonTextError) as caught:
        loads(changed(path, value))
    assert caught.value.faults[0].pointer.startswith(pointer)
    assert caught.value.faults[0].message


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b'{"kind": NaN}', b'{"kind": "ReserveBid", "x": 1e999}', b"\xff\xfe"]
)
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(JsonTextError):
        loads(data)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_are_finite(number: str) -> None:
    data = json.dumps(BID).replace("51.5", number).encode()
    with pytest.raises(JsonTextError):
        loads(data)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("priority", "<high/>"),
        ("priority", "1.5"),
        ("step_quantity", "1e3"),
        ("step_quantity", "a lot"),
        ("maximum_duration", "15 minutes"),
        ("currency", "&euro;"),
        ("exclusive_group", "g" * 61),
        ("validity_start", "now"),
    ],
)
def test_terms_that_no_document_can_say_are_named_when_it_is_written(term: str, text: str) -> None:
    document_ = loads(changed(f"bids/0/terms/{term}", text))
    writing = write(with_mandatory_terms(document_), "7.4")
    assert esmp.validate(writing.data).valid
    assert f"series[1]/{term}" in {change.path for change in writing.losses}


@pytest.mark.parametrize("text", ["a & b <c> \"d\" 'e' \t\n\r ]]>", "Ä€𝄞", "\x00\x1b\ufffe"])
def test_any_text_is_written_as_text(text: str) -> None:
    document_ = loads(changed("bids/0/id", "BID"))
    stated = replace(document_.bids, reasons=((0, Reason("A95", text)),))
    document_ = replace(document_, bids=stated)
    data = write(with_mandatory_terms(document_), "7.4").data
    report = esmp.validate(data)
    assert report.valid
    (_, reason), *_ = read(data, report.identity).document.bids.reasons
    assert reason.text == re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


@pytest.mark.parametrize("path", ["mrid", "bids/0/id", "bids/0/terms/resource", "sender/party/code"])
@pytest.mark.parametrize("text", ["\x00X", "X\x01", "a\ufffeb", "\b"])
def test_text_that_no_xml_document_can_carry_is_refused_at_its_place(path: str, text: str) -> None:
    with pytest.raises(JsonTextError, match="no XML document can carry") as caught:
        loads(changed(path, text))
    assert [fault.pointer for fault in caught.value.faults] == [f"/{path}"]


def with_mandatory_terms(bids: ReserveBids) -> ReserveBids:
    terms = {term: ["TEST"] for term in ("acquiring_area", "connecting_area")}
    stated = {**bids.bids.terms, **{BidTerm(term): text for term, text in terms.items()}}
    for name in ("acquiring_area_scheme", "connecting_area_scheme", "resource_scheme"):
        stated[BidTerm(name)] = ["A01"]
    stated[BidTerm.QUANTITY_UNIT] = ["MAW"]
    return replace(bids, bids=replace(bids.bids, terms=stated))


def test_a_unit_that_is_none_cannot_be_written() -> None:
    bids = with_mandatory_terms(loads(changed("mrid", "TEST-1"))).bids
    odd = replace(bids, terms={**bids.terms, BidTerm.QUANTITY_UNIT: ["C62"]})
    with pytest.raises(UnwritableError, match="unit of power"):
        write(replace(loads(changed("mrid", "TEST-1")), bids=odd), "7.4")


def test_a_step_that_is_no_number_is_named_in_any_unit() -> None:
    bids = with_mandatory_terms(loads(changed("bids/0/terms/step_quantity", "a lot")))
    stated = {**bids.bids.terms, BidTerm.QUANTITY_UNIT: ["KWT"]}
    losses = write(replace(bids, bids=replace(bids.bids, terms=stated)), "7.4").losses
    assert [change.path for change in losses] == ["series[1]/step_quantity"]


@pytest.mark.parametrize("quantity", [float("inf"), 1e20])
def test_a_number_that_no_document_can_carry_is_refused(quantity: float) -> None:
    bids = with_mandatory_terms(loads(changed("mrid", "TEST-1")))
    with pytest.raises(UnwritableError, match="ReserveBid"):
        write(replace(bids, bids=replace(bids.bids, quantity_mw=bids.bids.quantity_mw * quantity)), "7.4")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("bids/0/direction", "sideways", "'sideways' is not accepted; up, down, both, stable are"),
        ("bids/0/periods/0/start", "yesterday", "wanted a time like 2026-03-01T06:00Z"),
        ("created_at", "2026-03-01", "wanted a time like 2026-03-01T06:00:00Z"),
        ("bids/0/periods/0/points/0/position", 0, "wanted a whole number, at least 1"),
        ("bids/0/terms/curv", "A03", "there is no term 'curv'; there are business_type, auction"),
        ("bids/0/terms/curve", 3, "found a whole number, wanted a text"),
        ("bids/0/colour", "red", "there is no member 'colour' here; there are id, direction"),
        ("kind", "Postcard", "'Postcard' is not accepted; ReserveBid, Acknowledgement"),
    ],
)
def test_faults_are_described_in_words(path: str, value: Any, message: str) -> None:
    with pytest.raises(JsonTextError) as caught:
        loads(changed(path, value))
    (fault,) = caught.value.faults
    assert fault.pointer == f"/{path}"
    assert fault.message.startswith(message)


def test_all_faults_of_a_text_are_reported_at_once() -> None:
    content = json.loads(changed("bids/0/terms/curv", "A03"))
    del content["sender"]["party"]
    content["bids"][0]["periods"][0]["points"][1]["position"] = "two"
    content["bids"].append({"id": 5, "direction": "up", "divisible": True, "periods": [{}]})
    content["odd"] = 1
    with pytest.raises(JsonTextError) as caught:
        loads(json.dumps(content).encode())
    assert {(fault.pointer, fault.message.partition(";")[0]) for fault in caught.value.faults} == {
        ("/sender/party", "the member 'party' is missing"),
        ("/bids/0/terms/curv", "there is no term 'curv'"),
        ("/bids/0/periods/0/points/1/position", "found a text, wanted a whole number"),
        ("/bids/1/id", "found a whole number, wanted a text"),
        ("/bids/1/periods/0/start", "the member 'start' is missing"),
        ("/bids/1/periods/0/end", "the member 'end' is missing"),
        ("/bids/1/periods/0/resolution", "the member 'resolution' is missing"),
        ("/bids/1/periods/0/points", "the member 'points' is missing"),
        ("/odd", "there is no member 'odd' here"),
    }


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-29T00:00+01:00", "2026-03-29T00:30:00+01:00"),
        ("2026-03-28T23:00:00Z", "2026-03-28T18:30-05:00"),
    ],
)
def test_times_of_bids_may_have_any_zone(start: str, end: str) -> None:
    content = json.loads(changed("mrid", "TEST-1"))
    before = loads(json.dumps(content).encode())
    period = content["bids"][0]["periods"][0]
    assert (period["start"], period["end"]) == ("2026-03-28T23:00Z", "2026-03-28T23:30Z")
    period |= {"start": start, "end": end}
    assert canonical_hash(loads(json.dumps(content).encode())) == canonical_hash(before)


@pytest.mark.parametrize("minute", ["2026-03-28T23:00+01", "2026-03-28T23:00:30Z", "2026-03-28T23:00+25:00"])
def test_invalid_times_are_reported_where_they_are(minute: str) -> None:
    with pytest.raises(JsonTextError) as caught:
        loads(changed("bids/0/periods/0/start", minute))
    assert [fault.pointer for fault in caught.value.faults] == ["/bids/0/periods/0/start"]


def test_the_schema_knows_terms_by_name() -> None:
    assert SCHEMA.is_valid(json.loads(changed("bids/0/terms/curve", "A01")))
    assert not SCHEMA.is_valid(json.loads(changed("bids/0/terms/curv", "A01")))


@pytest.mark.parametrize(
    "text", ["12345678901234.5678", "1e-400", "0.1234567890123456789", "-9.99999999999999999"]
)
def test_a_number_that_would_be_kept_as_another_is_refused(text: str) -> None:
    data = changed("bids/0/periods/0/points/0/energy_price", 4321.5).replace(b"4321.5", text.encode())
    with pytest.raises(JsonTextError) as caught:
        loads(data)
    (fault,) = caught.value.faults
    assert fault.pointer == "/bids/0/periods/0/points/0/energy_price"
    assert fault.message == f"{text} cannot be stored exactly: at most 15 digits are allowed"


@pytest.mark.parametrize(
    "text", ["0.30000000000000004", "1e-7", "1.50000000000000000000", "12345.678901234567"]
)
def test_what_programs_write_of_a_number_is_taken(text: str) -> None:
    data = changed("bids/0/periods/0/points/0/energy_price", 4321.5).replace(b"4321.5", text.encode())
    document = loads(data)
    assert isinstance(document, ReserveBids)
    assert document.bids.energy_price[0] == float(text)


@pytest.mark.parametrize("number", ["1e20", "1e300", "-1e25"])
def test_converting_an_absurd_number_is_refused_in_words(number: str) -> None:
    data = changed("bids/0/periods/0/points/0/energy_price", 4321.5).replace(b"4321.5", number.encode())
    with pytest.raises(UnwritableError, match="has more than 17 digits"):
        convert(data, "ReserveBid", "7.4")
