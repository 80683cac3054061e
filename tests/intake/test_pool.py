"""Processes that handle documents: the same effects and answers, in order, whatever becomes of a process."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st
from sqlalchemy import text

from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.intake.service.handling import Handler
from gateway.intake.service.pool import IntakePool
from gateway.intake.service.queues import MOST, MOST_BYTES, Admission, FairQueue
from gateway.intake.service.service import SMALL, IntakeService
from gateway.ports import BusyError, ConflictError, Receipt
from gateway.records.engine.stores import Stores
from gateway.records.messages import findings, inbox
from gateway.records.messages.inbox import EnvelopeState
from tests.intake.local_gateway import (
    GATEWAY_ROLE,
    NOW,
    TENANTS,
    Clock,
    Notebook,
    answers,
    codes_of,
    envelope,
    hand_in,
)
from tests.patience import PATIENCE_S, eventually
from tests.specimens import RESERVE_BID_7_2

BIDS = RESERVE_BID_7_2.data
MRID = re.findall(rb"<mRID>([^<]+)</mRID>", BIDS)[0]
CHILD = (sys.executable, "-m", "tests.intake.pool_child")


def service(
    stores: Stores, tmp_path: Path, command: tuple[str, ...] = CHILD, processes: int = 2
) -> IntakeService:
    pool = IntakePool(command, tmp_path / "stores", processes, budget_s=1.0)
    notebook = {DocumentKind.RESERVE_BID: Notebook()}
    return IntakeService(Handler(stores, TENANTS, notebook, GATEWAY_ROLE, Clock()), pool=pool)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = Stores(tmp_path / "stores", TENANTS)
    yield opened
    opened.close()


@pytest.fixture
def intake(stores: Stores, tmp_path: Path) -> Iterator[IntakeService]:
    running = service(stores, tmp_path)
    running.start()
    yield running
    running.stop()


def numbered(number: int, message_id: str) -> Envelope:
    """A document of its own: another mRID of the same length."""
    return envelope(BIDS.replace(MRID, f"TEST-POOL-{number:04}".encode()), "north", message_id)


def given(done: Future[Any]) -> list[Any]:
    return list(done.result(PATIENCE_S))


def states(stores: Stores) -> dict[str, EnvelopeState]:
    with stores.of("north").reading() as uow:
        rows = uow.execute(text("SELECT message_id, state FROM envelopes"))
        return {row.message_id: EnvelopeState(row.state) for row in rows}


def order_of_effects(stores: Stores) -> list[str]:
    with stores.of("north").reading() as uow:
        found = "SELECT message_id FROM documents JOIN envelopes ON document_id = envelope_id "
        return list(uow.scalars(text(found + "ORDER BY documents.rowid")))


def test_a_receipt_means_stored_and_settled(intake: IntakeService, stores: Stores) -> None:
    receipt = hand_in(intake, envelope(BIDS))
    with stores.of("north").reading() as uow:
        stored = inbox.find(uow, receipt.envelope_id)
        assert stored is not None
        assert stored.state is EnvelopeState.ACCEPTED
        assert inbox.payload_of(uow, receipt.envelope_id) is None
    assert [codes_of(answer) for answer in answers(stores)] == [["A01"]]
    again = hand_in(intake, envelope(BIDS))
    assert again == Receipt(receipt.envelope_id, repeated=True)
    with pytest.raises(ConflictError):
        hand_in(intake, envelope(BIDS + b"\n"))
    assert len(answers(stores)) == 1


def test_a_refused_document_stays_in_quarantine(intake: IntakeService, stores: Stores) -> None:
    receipt = hand_in(intake, envelope(b"<no/>"))
    with stores.of("north").reading() as uow:
        assert inbox.payload_of(uow, receipt.envelope_id) == b"<no/>"
    assert states(stores) == {"m1": EnvelopeState.REFUSED}
    assert [codes_of(answer)[0] for answer in answers(stores)] == ["A02"]


def test_documents_of_a_tenant_take_effect_in_their_order(intake: IntakeService, stores: Stores) -> None:
    slow = intake.submit([numbered(0, "slow")])
    fast = [intake.submit([numbered(n, f"m{n}")]) for n in range(1, 6)]
    for one in [slow, *fast]:
        given(one)
    assert order_of_effects(stores) == ["slow", *(f"m{n}" for n in range(1, 6))]


def test_a_slow_document_holds_up_its_own_tenant_only(intake: IntakeService, tmp_path: Path) -> None:
    slow = intake.submit([numbered(0, f"until:{tmp_path / 'go'}")])
    given(intake.submit([envelope(BIDS, "south", "m1")]))
    assert not slow.done()
    (tmp_path / "go").touch()
    given(slow)


def test_what_is_under_way_is_known(intake: IntakeService) -> None:
    slow = intake.submit([numbered(0, "slow")])
    assert intake.in_work("north", NOW + timedelta(seconds=1))
    assert not intake.in_work("north", NOW)
    assert not intake.in_work("south", NOW + timedelta(seconds=1))
    given(slow)
    eventually(lambda: not intake.in_work("north", NOW + timedelta(seconds=1)))


def test_a_document_that_ends_processes_is_refused_unread_and_costs_no_other(
    intake: IntakeService, stores: Stores
) -> None:
    batch = [numbered(0, "m0"), numbered(1, "deadly"), numbered(2, "m2")]
    reported = given(intake.submit(batch))
    assert all(isinstance(one, Receipt) and not one.repeated for one in reported)
    eventually(lambda: states(stores)["deadly"] is EnvelopeState.REFUSED)
    expected = {"m0": EnvelopeState.ACCEPTED, "deadly": EnvelopeState.REFUSED, "m2": EnvelopeState.ACCEPTED}
    assert states(stores) == expected
    with stores.of("north").reading() as uow:
        assert inbox.payload_of(uow, reported[1].envelope_id) == batch[1].payload
    assert sorted(codes_of(answer)[0] for answer in answers(stores)) == ["A01", "A01", "A02"]
    assert isinstance(hand_in(intake, numbered(3, "m3")), Receipt)


def test_a_process_that_ends_once_costs_nothing(
    intake: IntakeService, stores: Stores, tmp_path: Path
) -> None:
    name = f"once:{tmp_path / 'died'}"
    hand_in(intake, numbered(0, name))
    assert states(stores) == {name: EnvelopeState.ACCEPTED}
    assert len(answers(stores)) == 1


def test_a_fault_of_ours_is_left_to_the_threads(intake: IntakeService, stores: Stores) -> None:
    reported = given(intake.submit([numbered(0, "m0"), numbered(1, "faulty")]))
    assert all(isinstance(one, Receipt) for one in reported)
    eventually(lambda: states(stores)["faulty"] is EnvelopeState.ACCEPTED)
    assert len(answers(stores)) == 2


def test_a_store_that_cannot_be_used_makes_the_peer_come_again(intake: IntakeService, stores: Stores) -> None:
    with pytest.raises(BusyError):
        hand_in(intake, numbered(0, "busy"))
    assert states(stores) == {}
    hand_in(intake, numbered(0, "m0"))


def test_a_conflict_costs_only_itself(intake: IntakeService, stores: Stores) -> None:
    hand_in(intake, numbered(0, "m0"))
    first, second, third = given(intake.submit([numbered(1, "m1"), numbered(2, "m0"), numbered(3, "m3")]))
    assert isinstance(first, Receipt)
    assert isinstance(second, ConflictError)
    assert isinstance(third, Receipt)
    assert set(states(stores)) == {"m0", "m1", "m3"}


def test_large_documents_are_stored_first(intake: IntakeService, stores: Stores) -> None:
    receipt = hand_in(intake, envelope(BIDS + b" " * SMALL, message_id="large"))
    assert not receipt.repeated
    eventually(lambda: states(stores)["large"] is EnvelopeState.ACCEPTED)


@pytest.mark.parametrize("command", [(sys.executable, "-c", "raise SystemExit(1)"), ("/no/such/program",)])
def test_documents_are_left_to_the_threads_while_no_process_starts(
    stores: Stores, tmp_path: Path, command: tuple[str, ...]
) -> None:
    intake = service(stores, tmp_path, command)
    intake.start()
    receipt = hand_in(intake, numbered(0, "m0"))
    assert not receipt.repeated
    eventually(lambda: states(stores)["m0"] is EnvelopeState.ACCEPTED)
    intake.stop()


def test_a_stop_finishes_what_was_handed_in(stores: Stores, tmp_path: Path) -> None:
    intake = service(stores, tmp_path, processes=1)
    intake.start()
    reported = [intake.submit([numbered(n, "slow" if n == 0 else f"m{n}")]) for n in range(20)]
    intake.stop()
    assert all(isinstance(given(one)[0], Receipt) for one in reported)
    assert set(states(stores).values()) == {EnvelopeState.ACCEPTED}


def large(message_id: str, tenant: str = "north") -> Envelope:
    return envelope(BIDS + b" " * SMALL, tenant, message_id)


def reason_of(stores: Stores, envelope_id: str) -> str:
    with stores.of("north").reading() as uow:
        return findings.of(uow, envelope_id)[0].message


def test_a_document_over_its_budget_is_refused_and_the_process_replaced(
    intake: IntakeService, stores: Stores
) -> None:
    reported = given(intake.submit([numbered(0, "m0"), numbered(1, "endless"), numbered(2, "m2")]))
    eventually(lambda: states(stores)["endless"] is EnvelopeState.REFUSED)
    assert states(stores)["m0"] is states(stores)["m2"] is EnvelopeState.ACCEPTED
    assert "more processor time than any document may use" in reason_of(stores, reported[1].envelope_id)
    with stores.of("north").reading() as uow:
        assert inbox.payload_of(uow, reported[1].envelope_id) is not None
    assert isinstance(hand_in(intake, numbered(3, "m3")), Receipt)


@pytest.mark.parametrize(
    ("trouble", "says"), [("endless", "processor time"), ("deadly", "ended the gateway")]
)
def test_so_is_a_large_one(intake: IntakeService, stores: Stores, trouble: str, says: str) -> None:
    receipt = hand_in(intake, large(trouble))
    eventually(lambda: states(stores)[trouble] is EnvelopeState.REFUSED)
    assert says in reason_of(stores, receipt.envelope_id)
    hand_in(intake, large("after"))
    eventually(lambda: states(stores)["after"] is EnvelopeState.ACCEPTED)


def test_no_tenant_holds_the_lane_of_large_documents(
    intake: IntakeService, stores: Stores, tmp_path: Path
) -> None:
    for number in range(4):
        hand_in(intake, large(f"until:{tmp_path / 'go'}{number}"))
    hand_in(intake, large("other", "south"))
    eventually(lambda: len(answers(stores, "south")) == 1)
    assert set(states(stores).values()) == {EnvelopeState.RECEIVED}
    for number in range(4):
        (tmp_path / f"go{number}").touch()
    eventually(lambda: set(states(stores).values()) == {EnvelopeState.ACCEPTED})


def test_small_documents_pass_large_ones(intake: IntakeService, stores: Stores, tmp_path: Path) -> None:
    name = f"until:{tmp_path / 'go'}"
    hand_in(intake, large(name))
    hand_in(intake, numbered(1, "small"))
    assert states(stores) == {name: EnvelopeState.RECEIVED, "small": EnvelopeState.ACCEPTED}
    (tmp_path / "go").touch()
    eventually(lambda: states(stores)[name] is EnvelopeState.ACCEPTED)


def test_a_stop_waits_for_no_large_document(stores: Stores, tmp_path: Path) -> None:
    first = service(stores, tmp_path)
    first.start()
    names = [f"until:{tmp_path / 'go'}", "next"]
    for name in names:
        hand_in(first, large(name))
    first.stop()
    assert states(stores) == dict.fromkeys(names, EnvelopeState.RECEIVED)
    (tmp_path / "go").touch()
    again = service(stores, tmp_path)
    again.start()
    eventually(lambda: set(states(stores).values()) == {EnvelopeState.ACCEPTED})
    again.stop()
    assert len(answers(stores)) == 2


def test_a_flood_of_one_tenant_leaves_places_for_others() -> None:
    places = Admission(10)
    assert places.reserve("a", 5)
    assert not places.reserve("a", 1)
    assert places.reserve("b", 5)
    assert not places.reserve("c", 1)
    places.release("a", 5)
    assert not places.reserve("b", 1)
    assert places.reserve("c", 5)


@given_that(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 40_000)), max_size=60), st.integers(1, 3)
)
def test_tenants_take_turns_and_keep_their_order(waiting: list[tuple[str, int]], takers: int) -> None:
    turns: FairQueue[tuple[int, int]] = FairQueue(takers, lambda thing: thing[1])
    for number, (tenant, size) in enumerate(waiting):
        turns.put(tenant, [(number, size)])
    turns.close()
    left = {tenant: [n for n, (who, _) in enumerate(waiting) if who == tenant] for tenant in "abc"}
    previous = ""
    while (taken := turns.get()) is not None:
        tenant, things = taken
        numbers = [number for number, _ in things]
        assert numbers == left[tenant][: len(numbers)]
        del left[tenant][: len(numbers)]
        assert len(things) == 1 or (len(things) <= MOST and sum(size for _, size in things) <= MOST_BYTES)
        assert tenant != previous or not any(rest for who, rest in left.items() if who != tenant)
        previous = tenant
    assert not any(left.values())


def test_only_documents_known_to_be_quick_go_together_beyond_their_bytes() -> None:
    turns: FairQueue[int] = FairQueue(1, lambda size: size)
    size = MOST_BYTES // 2 + 1

    def taken() -> int:
        turns.put("north", [size] * (2 * MOST))
        found = turns.get()
        turns.clear()
        assert found is not None
        return len(found[1])

    assert taken() == 1
    turns.add_time("north", 1, 0.01)
    assert taken() == MOST
    turns.add_time("north", MOST, MOST * 1.0)
    assert taken() == 1


def test_a_process_does_without_the_libraries_of_runs() -> None:
    libraries = ("scipy", "highspy", "pyomo", "pandapower", "fastapi", "matplotlib")
    code = "import sys, gateway.intake_process; print(*(n for n in sys.argv[1:] if n in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code, *libraries], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
