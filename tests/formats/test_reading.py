"""Documents of described formats: recognised, judged, and their headers read, each fault at its place."""

import json

import pytest

from gateway.formats import Formats
from gateway.formats.format_sets import add
from tests.formats.samples import metered, order, pods, write_all
from tests.specimens import NORTH, RESERVE_BID_7_2, SOUTH

JSON, XML, CSV = "application/json", "application/xml", "text/csv"


@pytest.fixture(scope="module")
def formats(tmp_path_factory: pytest.TempPathFactory) -> Formats:
    directory = tmp_path_factory.mktemp("formats")
    for folder in write_all(directory).values():
        add(directory / "store", folder)
    return Formats.read(directory / "store")


def found(formats: Formats, payload: bytes, content_type: str) -> list[tuple[str | None, int | None, str]]:
    (described,) = formats.candidates(payload, content_type)
    return [(each.path, each.line, each.message) for each in described.read(payload).findings]


def test_each_is_recognised_and_its_header_read(formats: Formats) -> None:
    for payload, content_type, kind, mrid, receiver in (
        (json.dumps(pods()).encode(), JSON, "PodRegistration", "REG-1", SOUTH),
        (order(), XML, "FlexOrder", "CZ-1", SOUTH),
        (metered(), CSV, "MeteredValues", "MV-1", None),
    ):
        (described,) = formats.candidates(payload, content_type)
        assert described.kind == kind
        reading = described.read(payload)
        assert reading.findings == ()
        header = reading.header
        assert (header.id, header.revision) == (mrid, 1)
        assert header.sender is not None
        assert header.sender.code == NORTH
        assert (header.receiver and header.receiver.code) == receiver
    period = formats.described["FlexOrder"].read(order()).header.period
    assert str(period) == "2026-03-01T05:00Z/2026-03-01T06:00Z"  # Prague is an hour ahead in winter


def test_what_is_of_no_described_format_is_left_to_the_others(formats: Formats) -> None:
    assert not formats.candidates(RESERVE_BID_7_2.data, XML)
    assert not formats.candidates(json.dumps({**pods(), "kind": "ReserveBid"}).encode(), JSON)
    assert not formats.candidates(b'{"registrationId": "x"}', JSON)
    assert not formats.candidates(json.dumps(pods()).encode(), "text/plain")
    assert not formats.candidates(b"not JSON", JSON)
    assert not formats.candidates(b"mrid;bid_id\n1;2\n", CSV)


def test_a_document_with_the_marks_of_two_formats_is_of_neither(formats: Formats) -> None:
    both = json.dumps(pods(answers="x", result="REGISTERED")).encode()
    assert {each.kind for each in formats.candidates(both, JSON)} == {
        "PodRegistration",
        "PodRegistrationResult",
    }


def test_faults_of_json_are_named_by_pointer(formats: Formats) -> None:
    wrong = pods(revision=0)
    wrong["pods"][1] |= {"pod": "FR1", "maxPowerKw": -1}
    del wrong["sentAt"]
    places = found(formats, json.dumps(wrong).encode(), JSON)
    assert {path for path, _, _ in places} == {None, "/revision", "/pods/1/pod", "/pods/1/maxPowerKw"}
    assert any("sentAt" in message for path, _, message in places if path is None)
    twice = json.dumps(pods()).replace('"revision": 1', '"revision": 1, "revision": 2').encode()
    assert found(formats, twice, JSON) == [("/revision", None, "given more than once")]


def test_faults_of_xml_are_named_by_path_and_line(formats: Formats) -> None:
    ((path, line, message),) = found(formats, order(kw="12.55"), XML)
    assert (path, line) == ("/FlexOrder/Step[1]", 12)
    assert "kw" in message
    ((path, line, _),) = found(formats, order().replace(b'kind="DOWN"', b'kind="BOTH"'), XML)
    assert (path, line) == ("/FlexOrder/Step[2]", 13)
    ((_, line, message),) = found(formats, order().replace(b"</Valid>", b"</Head>"), XML)
    assert line == 11
    assert "not well-formed" in message


def test_faults_of_a_table_are_named_by_line_and_column(formats: Formats) -> None:
    assert found(formats, metered(kwh="-1"), CSV)[0][:2] == ("kWh", 2)
    assert found(formats, metered(kwh="1.5"), CSV)[0][:2] == ("kWh", 2)
    assert found(formats, metered(kwh=""), CSV) == [("kWh", 2, "kWh: the cell is empty")]
    assert found(formats, metered().replace(b";2;1;true", b";101;1;maybe"), CSV) == [
        ("Estimated", 3, "Estimated: 'maybe' is neither true nor false"),
        ("Quarter", 3, "Quarter: 101 is greater than the maximum of 100"),
    ]
    missing = metered().replace(b"Quarter", b"Quarters")
    assert {path for path, _, _ in found(formats, missing, CSV)} == {"Quarter", "Quarters"}


@pytest.mark.parametrize(
    ("payload", "content_type", "path", "says"),
    [
        (json.dumps(pods("x" * 60, sentAt="yesterday")).encode(), JSON, "/sentAt", "is no time"),
        (json.dumps(pods(sentAt="2026-03-01T06:00:00")).encode(), JSON, "/sentAt", "no time zone"),
        (json.dumps(pods(" A")).encode(), JSON, "/registrationId", "visible characters"),
        (order().replace(b"T07:00:00<", b"T05:00:00<"), XML, "/FlexOrder/Valid/To", "at or before its start"),
        (
            order().replace(b"2026-03-01T07:00:00<", b"2026-10-25T02:30:00<"),
            XML,
            "/FlexOrder/Valid/To",
            "no single moment in Europe/Prague",
        ),
        (metered().replace(b"\r\nMV-1", b"\r\nMV-2", 1), CSV, "Delivery", "more than once"),
    ],
)
def test_faults_of_the_header_are_named_too(
    formats: Formats, payload: bytes, content_type: str, path: str, says: str
) -> None:
    ((at, _, message),) = found(formats, payload, content_type)
    assert at == path
    assert says in message


def test_a_document_beyond_the_limit_is_not_read(formats: Formats) -> None:
    described = formats.described["PodRegistration"]
    (finding,) = described.read(b" " * (4 * 2**20 + 1)).findings
    assert finding.code == "too-large"
    assert "4194304" in finding.message.replace(",", "")
