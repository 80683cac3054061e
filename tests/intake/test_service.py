"""Confirm after storing, handle later, lose nothing, do nothing twice, say when it is too much."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from gateway.domain.document import DocumentKind
from gateway.domain.reason import Finding, ReasonCode
from gateway.intake.check.described import examine_any
from gateway.intake.check.examination import Examination
from gateway.intake.service import attempts, handling
from gateway.intake.service.attempts import MOST_STARTS
from gateway.intake.service.handling import Handler
from gateway.intake.service.service import IntakeService
from gateway.ports import BusyError, ConflictError, DocumentApplier, Receipt, StoreUnavailableError
from gateway.records.engine.stores import Stores, UnknownTenantError
from gateway.records.messages import findings, inbox
from gateway.records.messages.inbox import EnvelopeState
from tests.intake.local_gateway import (
    GATEWAY_ROLE,
    TENANTS,
    Clock,
    Notebook,
    answers,
    codes_of,
    envelope,
    hand_in,
    noted,
)
from tests.patience import PATIENCE_S, eventually
from tests.specimens import RESERVE_BID_7_2, UNFIT, replaced
from tests.stores import in_files

BIDS = RESERVE_BID_7_2.data


def service(stores: Stores, applier: DocumentApplier, **options: int) -> IntakeService:
    handler = Handler(stores, TENANTS, {DocumentKind.RESERVE_BID: applier}, GATEWAY_ROLE, Clock())
    return IntakeService(handler, **options)


def state_of(stores: Stores, envelope_id: str, tenant: str = "north") -> EnvelopeState | None:
    with stores.of(tenant).reading() as uow:
        stored = inbox.find(uow, envelope_id)
    return None if stored is None else stored.state


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Workers wait before they examine a document until the event is set."""
    go_on = threading.Event()

    def examine_later(*arguments: Any, **named: Any) -> Examination:
        assert go_on.wait(PATIENCE_S)
        return examine_any(*arguments, **named)

    monkeypatch.setattr(handling, "examine_any", examine_later)
    yield go_on
    go_on.set()


def test_an_accepted_envelope_is_stored_at_once_and_answered_soon(stores: Stores) -> None:
    intake = service(stores, Notebook())
    intake.start()
    receipt = hand_in(intake, envelope(BIDS))
    assert state_of(stores, receipt.envelope_id) is not None
    eventually(lambda: state_of(stores, receipt.envelope_id) is EnvelopeState.ACCEPTED)
    assert hand_in(intake, envelope(BIDS)).repeated
    with pytest.raises(ConflictError):
        hand_in(intake, envelope(BIDS + b"\n"))
    with pytest.raises(UnknownTenantError):
        hand_in(intake, envelope(BIDS, "nobody"))
    intake.stop()
    assert len(answers(stores)) == 1
    assert len(noted(stores)) == RESERVE_BID_7_2.series


def test_a_redelivered_message_is_a_repetition_only_where_its_answer_is_another_message(
    stores: Stores,
) -> None:
    """A broker redelivers, after a break, several messages with the same id that its sender had sent."""
    intake = service(stores, Notebook())
    intake.start()
    first = replace(envelope(BIDS), correlation_id="C1", reply_to="answers")
    receipt = hand_in(intake, first)
    eventually(lambda: state_of(stores, receipt.envelope_id) is EnvelopeState.ACCEPTED)
    for changes, redelivered, count in (
        ({}, True, 1),
        ({"correlation_id": "C2"}, True, 2),
        ({"reply_to": "other"}, True, 3),
        ({}, False, 4),
    ):
        intake.answer_again(replace(first, **changes), receipt, redelivered=redelivered)
        assert len(answers(stores)) == count
    intake.stop()


def test_who_goes_away_meanwhile_has_handed_in_all_the_same(stores: Stores) -> None:
    intake = service(stores, Notebook())
    intake.start()
    handed_in = envelope(BIDS)
    later = handed_in.received_at + timedelta(seconds=1)
    with stores.of("north").writing():  # no other writer gets in so long
        reported = intake.submit([handed_in])
        assert not reported.cancel(), "as a request is, whose client has gone"
        assert intake.in_work("north", later), "its gate must not close without it"
    (receipt,) = reported.result(PATIENCE_S)
    assert isinstance(receipt, Receipt)
    eventually(lambda: state_of(stores, receipt.envelope_id) is EnvelopeState.ACCEPTED)
    assert not intake.in_work("north", later)
    intake.stop()


def test_what_waits_at_a_stop_is_handled_after_the_next_start(stores: Stores, hold: threading.Event) -> None:
    intake = service(stores, Notebook(), workers=1)
    receipts = [hand_in(intake, envelope(BIDS, message_id=f"m{n}")) for n in range(3)]
    stopping = threading.Thread(target=intake.stop)
    stopping.start()
    eventually(intake._stopping.is_set)
    hold.set()
    stopping.join(PATIENCE_S)
    states = [state_of(stores, receipt.envelope_id) for receipt in receipts]
    assert EnvelopeState.RECEIVED in states[1:]

    hold.clear()
    again = service(stores, Notebook())
    later = Clock().now() + timedelta(days=1)
    again.start()
    assert again.in_work("north", later), "its gate must not close without what the last stop left"
    assert not again.in_work("south", later)
    hold.set()
    eventually(lambda: all(state_of(stores, r.envelope_id) is EnvelopeState.ACCEPTED for r in receipts))
    eventually(lambda: not again.in_work("north", later))
    again.stop()
    assert len(answers(stores)) == 3
    assert len(noted(stores)) == RESERVE_BID_7_2.series


def test_too_many_waiting_documents_are_turned_away_before_they_are_stored(
    stores: Stores, hold: threading.Event
) -> None:
    intake = service(stores, Notebook(), workers=1, most_waiting=4)
    for number in range(2):
        hand_in(intake, envelope(BIDS, message_id=f"m{number}"))
    with pytest.raises(BusyError) as busy:
        hand_in(intake, envelope(BIDS, message_id="m2"))
    assert busy.value.retry_after_s > 0
    hold.set()
    eventually(lambda: len(answers(stores)) == 2)

    def accepted() -> bool:
        try:
            hand_in(intake, envelope(BIDS, message_id="m2"))
        except BusyError:
            return False
        return True

    eventually(accepted)
    eventually(lambda: len(answers(stores)) == 3)
    intake.stop()


def test_an_error_of_ours_is_answered_and_the_document_kept(stores: Stores) -> None:
    class Broken:
        def apply(self, *_: object) -> Sequence[Finding]:
            raise ZeroDivisionError("the price was 45.5")

    intake = service(stores, Broken())  # type: ignore[arg-type]
    with structlog.testing.capture_logs() as logs:
        receipt = hand_in(intake, envelope(BIDS))
        eventually(lambda: state_of(stores, receipt.envelope_id) is EnvelopeState.REFUSED)
        intake.stop()
    with stores.of("north").reading() as uow:
        assert inbox.payload_of(uow, receipt.envelope_id) == BIDS
        (finding,) = findings.of(uow, receipt.envelope_id)
    assert finding.code is ReasonCode.CALCULATION_FAILED
    assert receipt.envelope_id in finding.message
    assert codes_of(answers(stores)[0]) == ["A02", "B27"]
    fault = next(entry["fault"] for entry in logs if "fault" in entry)
    assert fault.startswith("ZeroDivisionError at test_service.py:")
    assert "45.5" not in str(logs)


def test_a_store_that_fails_for_a_while_delays_and_refuses_nothing(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FIRST_PAUSE_S", 0.01)
    failures = iter([True, True, False])
    notebook = Notebook()
    engine = stores.of("north")._connections.engine

    @event.listens_for(engine, "before_cursor_execute")
    def fail(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT") and "bookmarks" in statement and next(failures, False):
            raise StoreUnavailableError("the disk fails")

    intake = service(stores, notebook)
    receipt = hand_in(intake, envelope(BIDS))
    eventually(lambda: state_of(stores, receipt.envelope_id) is EnvelopeState.ACCEPTED)
    intake.stop()
    assert len(notebook.calls) == 3
    assert len(answers(stores)) == 1


def test_a_document_that_the_store_never_takes_is_refused(stores: Stores) -> None:
    class TooMuch:
        def apply(self, *_: object) -> Sequence[Finding]:
            raise OperationalError("INSERT", {}, Exception("too many SQL variables"))

    intake = service(stores, TooMuch())  # type: ignore[arg-type]
    receipt = hand_in(intake, envelope(BIDS))
    eventually(lambda: state_of(stores, receipt.envelope_id) is EnvelopeState.REFUSED)
    intake.stop()
    assert codes_of(answers(stores)[0]) == ["A02", "B27"]


@in_files
def test_a_store_that_cannot_take_envelopes_makes_the_peer_come_again(stores: Stores) -> None:
    engine = stores.of("north")._connections.engine

    @event.listens_for(engine, "connect")
    def full(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # no larger than it is

    engine.dispose()
    intake = service(stores, Notebook())
    with pytest.raises(BusyError):
        hand_in(intake, envelope(BIDS))
    intake.stop()


def test_a_document_that_ends_the_gateway_again_and_again_is_refused_unread(stores: Stores) -> None:
    with stores.of("north").writing() as uow:
        receipt = inbox.put(uow, envelope(BIDS))
        for _ in range(MOST_STARTS):
            inbox.count_start(uow, receipt.envelope_id)
    notebook = Notebook()
    intake = service(stores, notebook)
    intake.start()
    eventually(lambda: state_of(stores, receipt.envelope_id) is EnvelopeState.REFUSED)
    intake.stop()
    assert notebook.calls == []
    assert codes_of(answers(stores)[0]) == ["A02", "B27"]


@pytest.mark.parametrize(
    "change",
    [lambda data: data, *(unfit.change for unfit in UNFIT), replaced(">12</quantity", ">-12</quantity")],
)
def test_no_log_line_quotes_a_document(stores: Stores, change: Callable[[bytes], bytes]) -> None:
    intake = service(stores, Notebook())
    with structlog.testing.capture_logs() as logs:
        receipt = hand_in(intake, envelope(change(BIDS)))
        eventually(lambda: state_of(stores, receipt.envelope_id) is not EnvelopeState.RECEIVED)
        intake.stop()
    assert {"envelope stored", "document settled"} <= {entry["event"] for entry in logs}
    stated = str(logs)
    for marker in ("45.5", "TEST-BID", "11WTEST", "11XTEST", "TEST-DOC", "Q77", "QQQ", "<"):
        assert marker not in stated
