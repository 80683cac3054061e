"""An operator's table of message types, line by line: per document, and per what it answers."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from adapters.kit.ecp import PartnerOptions
from gateway.domain.envelope import Envelope

TABLE = {
    "Acknowledgement": "ACK",
    "Acknowledgement of MFRR-BID": "MFRR-BID-ACK",
    "Acknowledgement of AFRR-BID": "AFRR-BID-ACK",
    "BidAvailability": "AVAILABILITY",
}


def options(table: dict[str, str]) -> PartnerOptions:
    return PartnerOptions(host="localhost", port=1, receiver="R", message_types=table)


@pytest.mark.feature(id="B12")
@pytest.mark.parametrize(
    ("kind", "answered", "wanted"),
    [
        ("Acknowledgement", "MFRR-BID", "MFRR-BID-ACK"),
        ("Acknowledgement", "AFRR-BID", "AFRR-BID-ACK"),
        ("Acknowledgement", "SCHEDULE", "ACK"),
        ("Acknowledgement", None, "ACK"),
        ("BidAvailability", "MFRR-BID", "AVAILABILITY"),
        ("MeritOrderList", None, None),
    ],
)
def test_the_type_is_of_the_document_and_what_it_answers(
    kind: str, answered: str | None, wanted: str | None
) -> None:
    made = datetime(2026, 3, 1, tzinfo=UTC)
    leaving = Envelope(
        "north", "ecp", "m", "application/xml", made, b"", message_type=kind, answered_type=answered
    )
    assert options(TABLE).type_of(leaving) == wanted


def test_a_line_names_a_kind_of_document() -> None:
    with pytest.raises(ValidationError, match="no kind of document: Postcard"):
        options(TABLE | {"Postcard of MFRR-BID": "X"})


def test_an_acknowledgement_of_anything_can_leave() -> None:
    with pytest.raises(ValidationError, match="type of an Acknowledgement"):
        options({"Acknowledgement of MFRR-BID": "X"})
