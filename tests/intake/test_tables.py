"""Tables of bids are held to what XML is held to; errors name their place in the table."""

from datetime import UTC, datetime
from functools import partial

import pytest

import esmp
from gateway.domain.place import Part
from gateway.domain.place import Place as Named
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.check.examination import Examination, examine
from tests.mappings.test_bid_csv import ROWS, changed, table

NOW = datetime(2026, 3, 1, 5, 30, tzinfo=UTC)
Place = tuple[int | None, str | None]


def examined(data: bytes) -> Examination:
    return examine(data, "text/csv", NOW, partial(esmp.validate, codes=esmp.DEFAULT_CODES))


def places(examination: Examination) -> list[Place]:
    return [(finding.line, finding.path) for finding in examination.findings]


def whole(**cells: str) -> bytes:
    return table([row | cells for row in ROWS])


def test_good_bids_are_a_document() -> None:
    examination = examined(table(ROWS))
    assert examination.findings == ()
    assert examination.label is not None
    assert (examination.label.mrid, examination.label.family) == ("DOC-1", "ReserveBid")


@pytest.mark.parametrize(
    ("data", "stage", "code", "place"),
    [
        (b"bid;10 MW\n", Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, (1, "bid")),
        (changed(3, quantity_mw="much"), Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, (3, "quantity_mw")),
        (changed(3, quantity_mw=""), Stage.SCHEMA, ReasonCode.MANDATORY_MISSING, (3, "quantity_mw")),
        (whole(process="Z99"), Stage.CODES, ReasonCode.PROCESS_INVALID, (2, "process")),
        (whole(currency="DOLLARS"), Stage.CODES, ReasonCode.CURRENCY_INVALID, (2, "currency")),
        (whole(mrid="M" * 200), Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, (2, "mrid")),
        (whole(version="9.9"), Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, (2, None)),
        (changed(4, minimum_mw="99"), Stage.RULES, ReasonCode.QUANTITY_INCONSISTENT, (4, "minimum_mw")),
        (changed(7, quantity_mw="-1"), Stage.RULES, ReasonCode.QUANTITY_SIGNED, (7, "quantity_mw")),
        (changed(6, energy_price=""), Stage.RULES, ReasonCode.MANDATORY_MISSING, (6, "energy_price")),
        (whole(currency=""), Stage.RULES, ReasonCode.CURRENCY_INVALID, (2, "currency")),
    ],
)
def test_what_is_wrong_is_reported_at_its_cell(
    data: bytes, stage: Stage, code: ReasonCode, place: Place
) -> None:
    findings = examined(data).findings
    assert (stage, code, place) in [(each.stage, each.code, (each.line, each.path)) for each in findings]


def test_a_code_of_one_bid_is_reported_at_its_rows() -> None:
    rows = [row | ({"business_type": "XXX"} if row["bid_id"] == "BID-2" else {}) for row in ROWS]
    (finding,) = examined(table(rows)).findings
    assert (finding.line, finding.path, finding.code) == (
        5,
        "business_type",
        ReasonCode.BUSINESS_TYPE_INVALID,
    )


def test_an_older_version_that_demands_more_is_not_filled_in() -> None:
    rows = [{name: cell for name, cell in row.items() if name != "auction"} for row in ROWS]
    assert examined(table(rows)).findings == ()
    older = [row | {"version": "7.1"} for row in rows]
    codes = {finding.code for finding in examined(table(older)).findings}
    assert codes == {ReasonCode.MANDATORY_MISSING}


def test_a_refused_table_is_answered_by_its_own_id() -> None:
    examination = examined(whole(process="Z99"))
    assert examination.received.mrid == "DOC-1"
    assert examination.document is None


def test_a_fault_of_the_header_is_reported_by_its_column() -> None:
    examination = examined(whole(type="A37", revision="1"))
    given = [
        Finding(Stage.PROCESS, ReasonCode.MESSAGE_VERSION_CONFLICT, "older", place=Named(Part.REVISION)),
        Finding(Stage.PROCESS, ReasonCode.CANNOT_BE_PROCESSED, "type", place=Named(Part.TYPE)),
        Finding(Stage.PROCESS, ReasonCode.DOMAIN_INVALID, "domain", place=Named(Part.DOMAIN)),
        Finding(Stage.PROCESS, ReasonCode.SENDER_INVALID, "role", place=Named(Part.SENDER_ROLE)),
    ]
    located = examination.places.located(given)
    assert [(each.line, each.path) for each in located] == [
        (2, "revision"),
        (2, "type"),
        (2, "domain"),
        (2, "sender_role"),
    ]


@pytest.mark.parametrize("cell", ["5.", "5,", "-5.", "1 234 "])
def test_a_number_that_ends_in_a_mark_is_no_number_in_two_ways(cell: str) -> None:
    (found,) = examined(changed(3, quantity_mw=cell)).findings
    assert ("two ways" in found.message) is (cell == "1 234 ")


def test_a_number_that_would_be_kept_as_another_is_refused() -> None:
    (found,) = examined(changed(3, energy_price="12345678901234.5678")).findings
    assert (found.line, found.path) == (3, "energy_price")
    assert "cannot be stored exactly" in found.message


def test_what_is_missing_has_the_name_of_its_column() -> None:
    found = examined(
        table([{name: row[name] for name in row if name != "business_type"} for row in ROWS])
    ).findings
    assert [each.message for each in found] == ["the column business_type is missing"]
