"""The natural key of documents that took effect, and the quarantine of those that did not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.domain.document import DocumentHeader, DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.records.engine.store import Store
from gateway.records.engine.stores import Stores
from gateway.records.messages import documents, findings, inbox

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEADER = DocumentHeader(
    kind=DocumentKind.RESERVE_BID,
    version="7.4",
    mrid="TEST-DOC-1",
    revision=1,
    type="A37",
    process="A47",
    sender=Role(CodedId("TEST-PLATFORM"), "A46"),
    receiver=Role(CodedId("TEST-GATEWAY"), "A34"),
    created_at=NOON,
)


def put(store: Store, document_id: str, header: DocumentHeader) -> None:
    with store.writing() as uow:
        documents.put(uow, document_id, header.label, received_at=NOON, sha256="0" * 64, size=1)


def test_revisions_are_found_newest_first(stores: Stores) -> None:
    store = stores.of("north")
    put(store, "a", HEADER)
    put(store, "c", replace(HEADER, revision=3))
    put(store, "b", replace(HEADER, revision=2))
    with store.reading() as uow:
        known = documents.revisions(uow, HEADER.kind, "TEST-PLATFORM", HEADER.mrid)
        assert documents.revisions(uow, HEADER.kind, "TEST-OTHER", HEADER.mrid) == []
        assert documents.find(uow, "zzz") is None
        assert documents.find(uow, "c") == known[0]
    assert [document.document_id for document in known] == ["c", "b", "a"]
    assert known[0].created_at == NOON


def test_a_natural_key_is_taken_once(stores: Stores) -> None:
    put(stores.of("north"), "a", HEADER)
    put(stores.of("south"), "a", HEADER)
    with pytest.raises(IntegrityError):
        put(stores.of("north"), "b", HEADER)


def test_findings_come_back_as_they_went(stores: Stores) -> None:
    found = [
        Finding(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, "unexpected element", line=7, path="/a/b"),
        Finding(
            Stage.RULES,
            ReasonCode.QUANTITY_INCONSISTENT,
            "minimum above quantity",
            series="TEST-BID-1",
            period=Interval(NOON, NOON.replace(hour=13)),
        ),
    ]
    with stores.of("north").writing() as uow:
        receipt = inbox.put(uow, Envelope("north", "rest", "m", "application/xml", NOON, b"<a/>"))
        findings.put(uow, receipt.envelope_id, found)
        findings.put(uow, receipt.envelope_id, [])
        assert findings.of(uow, receipt.envelope_id) == found
        assert findings.of(uow, "other") == []
