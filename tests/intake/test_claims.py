"""An answer names the document it is about, as far as that says how it is called, whatever else is wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.domain.document import ReceivedDocument
from gateway.intake.check.examination import examine
from tests.docs.test_json_examples import EXAMPLES, NOW
from tests.intake.local_gateway import NOW as TABLES_NOW

BIDS = json.loads(EXAMPLES[0])
TABLE = (Path(__file__).parents[1] / "specimens" / "reserve_bid.csv").read_text()
NAMED = ReceivedDocument(BIDS["mrid"], 1, "A37", "A47", created_at=datetime(2026, 3, 28, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(BIDS | {"odd": 1}),
        json.dumps(BIDS | {"bids": "none"}),
        json.dumps(BIDS)[:-5],
        json.dumps(BIDS, indent=2).replace('"bids"', "bids"),
        "\ufeff" + json.dumps(BIDS).replace('"subject', '"mrid": "ANOTHER", "subject') + "x",
    ],
)
def test_json(text: str) -> None:
    examined = examine(text.encode(), "application/json", NOW)
    assert examined.findings
    assert examined.received == NAMED
    assert (examined.family, examined.version) == ("ReserveBid", BIDS["version"])


@pytest.mark.parametrize(
    "text", ["", "[]", "17", '{"mrid": 5, "revision": -1, "kind": [], "created_at": "-"}']
)
def test_json_that_does_not_say(text: str) -> None:
    examined = examine(text.encode(), "application/json", NOW)
    assert examined.received == ReceivedDocument()
    assert (examined.family, examined.version) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("divisible", "divisibel", 1),
        TABLE + "one cell\n",
        TABLE.replace(",", ";"),
    ],
)
def test_tables(text: str) -> None:
    whole = examine(TABLE.encode(), "text/csv", TABLES_NOW)
    examined = examine(text.replace("true", "perhaps").encode(), "text/csv", TABLES_NOW)
    assert examined.findings
    assert examined.received.mrid is not None
    assert examined.received == whole.received
    assert examined.family == "ReserveBid"


def test_no_table() -> None:
    assert examine(b"a,b\n1,2\n", "text/csv", NOW).received == ReceivedDocument()
