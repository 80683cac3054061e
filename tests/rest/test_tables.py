"""Bids in and answers out as CSV, over the REST interface."""

import csv
import io

import pytest

import esmp
import mappings
from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.records.messages import outbox
from gateway.security.message_signatures import content_digest
from mappings.canonical_json import canonical_hash, loads
from tests.mappings.test_bid_csv import ROWS, table
from tests.specimens import ACKNOWLEDGEMENT_8_1, BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3
from tests.web.local_gateway import LocalGateway

TABLE = {"Accept": "text/csv"}


@pytest.mark.feature(id="C1")
def test_a_table_is_taken_and_its_faults_are_reported_at_their_cells(local: LocalGateway) -> None:
    east = local.as_("east")
    bad = [row | {"quantity_mw": "5,5"} for row in ROWS[:1]]
    handed_in = east.post("/v1/documents", content=table(bad), headers={"Content-Type": "text/csv"})
    assert handed_in.status_code == 202, handed_in.text
    status: dict[str, list[dict[str, object]]] = {"findings": []}
    for _ in range(200):
        status = east.get(handed_in.headers["location"]).json()
        if status["findings"]:
            break
    (finding,) = status["findings"]
    assert (finding["line"], finding["path"]) == (2, "quantity_mw")
    (message,) = east.get("/v1/outbox").json()["messages"]
    answer = east.get(f"/v1/outbox/{message['id']}", headers=TABLE)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-digest"] == content_digest(answer.content)
    assert "line 2" in answer.text
    own = east.get(f"{handed_in.headers['location']}/acknowledgement", headers=TABLE)
    assert own.content == answer.content


@pytest.mark.feature(id="C1")
def test_who_accepts_nothing_else_gets_a_table(local: LocalGateway) -> None:
    specimens = (ACKNOWLEDGEMENT_8_1, BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3)
    with local.world.stores.of("east").writing() as uow:
        for specimen in specimens:
            message = Outgoing(DocumentKind(specimen.family), specimen.version, specimen.data)
            outbox.put(uow, message, local.world.clock.now())
    east = local.as_("east")
    for number, specimen in enumerate(specimens, start=1):
        for accept in ("text/csv", "text/csv;q=0.9"):
            answer = east.get(f"/v1/outbox/{number}", headers={"Accept": accept})
            assert answer.headers["vary"] == "Accept, Accept-Encoding"
            assert len(list(csv.DictReader(io.StringIO(answer.text)))) >= 1
        for accept in ("text/csv, */*", "application/xml", "*/*"):
            answer = east.get(f"/v1/outbox/{number}", headers={"Accept": accept})
            assert answer.headers["vary"] == "Accept, Accept-Encoding"
            assert answer.content == specimen.data


@pytest.mark.feature(id="C1")
def test_who_accepts_json_only_gets_json(local: LocalGateway) -> None:
    specimens = (ACKNOWLEDGEMENT_8_1, BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3)
    with local.world.stores.of("east").writing() as uow:
        for specimen in specimens:
            message = Outgoing(DocumentKind(specimen.family), specimen.version, specimen.data)
            outbox.put(uow, message, local.world.clock.now())
    east = local.as_("east")
    for number, specimen in enumerate(specimens, start=1):
        answer = east.get(f"/v1/outbox/{number}", headers={"Accept": "application/json"})
        assert answer.headers["content-type"] == "application/json"
        identity = esmp.validate(specimen.data).identity
        assert identity is not None
        document = mappings.read(specimen.data, identity).document
        assert document is not None
        assert answer.json()["kind"] == specimen.family
        assert canonical_hash(loads(answer.content)) == canonical_hash(document)
        either = east.get(f"/v1/outbox/{number}", headers={"Accept": "application/json, */*"})
        assert either.content == specimen.data


def test_what_has_no_table_stays_as_it_is(local: LocalGateway) -> None:
    with local.world.stores.of("east").writing() as uow:
        outbox.put(uow, Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", b"<m/>"), local.world.clock.now())
    answer = local.as_("east").get("/v1/outbox/1", headers=TABLE)
    assert (answer.content, answer.headers["content-type"]) == (b"<m/>", "application/xml")
