"""A run from closing to published: waiting, lateness, failure, interruption, restart."""

import multiprocessing
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from gateway.domain.document import DocumentKind, MeritOrderList
from gateway.domain.envelope import Envelope
from gateway.domain.gate import GateState
from gateway.domain.outgoing import Outgoing
from gateway.domain.result import Rung
from gateway.domain.tenant import Tenant
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.model.problem import Problem
from gateway.ports import StoreUnavailableError
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.processes.bid_check.problem.decision import Decision
from gateway.processes.bid_check.run.run import LEAST_BUDGET_S, RunGivenUpError
from gateway.processes.bid_check.run.time_reserve import LEAST_S
from gateway.processes.errors import GateClosedError, RunNotPublishedError
from gateway.records.market import runs
from gateway.records.messages import inbox, outbox
from gateway.records.messages.inbox import EnvelopeState
from gateway.records.messages.outbox import DeathCause
from tests.patience import eventually
from tests.processes.world import CLOSES, OPENS, RESOURCES, TENANTS, World, bid, document, gate, model, solve
from tests.stores import in_files

OPERATOR = TENANTS["operator"]


def prepare(world: World, *platforms: str) -> None:
    world.gates.create(gate(platforms=platforms or ("east", "west")))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 4.0))
    world.put("south", model("south", 100.0))
    world.submit("east", document("east", [bid("cheap", "u1", 10, 20)]))
    world.submit("west", document("west", [bid("dear", "free", 10, 50)]))
    world.demand("g1", up=10)


def orders(world: World, platform: str) -> list[str]:
    """Merit order lists in a platform's outbox."""
    with world.stores.of(platform).reading() as uow:
        return [m.sha256 for m in outbox.after(uow, 0, 100) if m.kind == "MeritOrderList" and m.size]


def state(world: World) -> GateState:
    return world.gates.find("g1", OPERATOR).state


@pytest.mark.feature(id="A7")
def test_three_platforms_one_late_one_run_at_the_deadline_and_how_late_is_named(world: World) -> None:
    prepare(world, "east", "west", "late")
    world.gates.close("g1", TENANTS["east"])
    world.gates.close("g1", TENANTS["west"])
    assert world.keeper.due() == []
    world.clock.moment = CLOSES + timedelta(minutes=5)
    assert [one.gate_id for one in world.keeper.due()] == ["g1"]
    figures = world.bid_check.run("g1")
    assert figures.missing_platforms == (("late", "sent nothing while the gate took documents"),)
    assert figures.unclosed_platforms == ("late",)
    assert figures.bids == 2
    assert len(world.results.runs("g1", OPERATOR)) == 1
    (finding,) = world.submit("late", document("late", [bid("late", "u1", 5, 20)]))
    assert "gate 'g1' accepts documents" in finding.message
    assert [len(orders(world, name)) for name in ("east", "west", "late")] == [1, 1, 1]


def test_a_run_says_of_every_platform_without_bids_what_came_instead(world: World) -> None:
    prepare(world, "east", "west", "late")
    world.submit("east", document("east", [bid("cheap", "u1", 0, 20)]))
    with world.stores.of("late").writing() as uow:
        for number, received in enumerate((OPENS, CLOSES, OPENS - timedelta(seconds=1))):
            envelope = Envelope("late", "rest", f"m{number}", "application/xml", received, b"<a/>")
            stored = inbox.put(uow, envelope).envelope_id
            inbox.settle(uow, stored, EnvelopeState.REFUSED, received)
    with world.stores.of("east").writing() as uow:
        envelope = Envelope("east", "rest", "m1", "application/xml", OPENS, b"<a/>")
        inbox.settle(uow, inbox.put(uow, envelope).envelope_id, EnvelopeState.ACCEPTED, OPENS)
    world.gates.close("g1", OPERATOR)
    figures = world.bid_check.run("g1")
    assert dict(figures.missing_platforms) == {
        "east": "nothing that it sent while the gate took documents has a bid for the gate's delivery now",
        "late": "everything it sent while the gate took documents was refused (2)",
    }
    assert figures.unclosed_platforms == ("east", "west", "late")
    for name, named in (("west", ()), ("late", ("late",))):
        (run,) = world.results.runs("g1", TENANTS[name])
        assert run.figures is not None
        assert tuple(platform for platform, _ in run.figures.missing_platforms) == named
        assert run.figures.unclosed_platforms == (name,)


def test_documents_in_work_are_waited_for_but_not_for_ever(world: World) -> None:
    prepare(world)
    received = world.clock.now()
    with world.stores.of("west").writing() as uow:
        envelope = Envelope("west", "rest", "m1", "application/xml", received, b"<a/>")
        stored = inbox.put(uow, envelope).envelope_id
    world.clock.moment += timedelta(seconds=1)
    for name in ("east", "west"):
        world.gates.close("g1", TENANTS[name])
    assert world.keeper.due() == []
    with world.stores.of("west").writing() as uow:
        inbox.settle(uow, stored, inbox.EnvelopeState.ACCEPTED, world.clock.now())
    assert [one.gate_id for one in world.keeper.due()] == ["g1"]

    with world.stores.of("west").writing() as uow:
        inbox.put(uow, Envelope("west", "rest", "m2", "application/xml", received, b"<b/>"))
    assert world.keeper.due() == []
    one = gate()
    world.clock.moment = one.publish_by - one.budget
    assert [one.gate_id for one in world.keeper.due()] == ["g1"]


def test_an_open_gate_is_not_run(world: World) -> None:
    prepare(world)
    with pytest.raises(ValueError, match="not closed"):
        world.bid_check.run("g1")
    with pytest.raises(ValueError, match="not closed"):
        world.bid_check.run("g2")


def test_running_again_changes_nothing_and_sends_nothing_twice(world: World) -> None:
    prepare(world)
    run_id = world.close_and_run()
    reported = {name: orders(world, name) for name in ("east", "west")}
    assert world.bid_check.run("g1").run_id == run_id
    assert {name: orders(world, name) for name in ("east", "west")} == reported
    assert state(world) is GateState.PUBLISHED


def test_when_the_optimiser_fails_nothing_is_available_and_the_run_says_so(world: World) -> None:
    def fail(_problem: Problem, _budget: float) -> Answer:
        raise MemoryError

    prepare(world)
    world.gates.close("g1", OPERATOR)
    figures = world.check_with(fail).run("g1")
    assert figures.rung is Rung.NOT_ASSESSED
    assert any("could be assessed" in note for note in figures.notes)
    (row,) = world.availability(figures.run_id, TENANTS["east"])["east"]
    assert (row.available_mw.tolist(), row.accepted_mw.tolist()) == ([0, 0], [0, 0])
    assert len(orders(world, "east")) == 1


def test_when_the_question_cannot_be_posed_an_answer_leaves_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("disk")

    prepare(world)
    world.gates.close("g1", OPERATOR)
    monkeypatch.setattr(world.resources, "connections", fail)
    figures = world.bid_check.run("g1")
    assert (figures.rung, figures.bids, figures.missing_grids) == (Rung.NOT_ASSESSED, 2, ("north", "south"))
    assert len(orders(world, "west")) == 1


def test_the_budget_leaves_time_to_publish(world: World) -> None:
    budgets = []

    def note(problem: Problem, budget_s: float) -> Answer:
        budgets.append(budget_s)
        return solve(problem, budget_s)

    for number, left in enumerate((timedelta(minutes=9), timedelta(seconds=10), timedelta(seconds=-5))):
        one = gate(f"g{number}", platforms=(("east", "west", "late")[number],))
        world.gates.create(one)
        world.demand(one.gate_id)
        world.gates.close(one.gate_id, OPERATOR)
        world.clock.moment = one.publish_by - left
        world.check_with(note).run(one.gate_id)
        world.clock.moment = CLOSES - timedelta(hours=1)
    assert budgets == [20, pytest.approx(10 - LEAST_S, abs=0.01), LEAST_BUDGET_S]


def test_after_an_interruption_while_publishing_everybody_gets_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """East had its result, then the disk was full. Meanwhile the optimiser would decide otherwise."""
    prepare(world)
    tell = world.publisher._publish_to

    def tell_one(tenant: Tenant, *others: object) -> None:
        if tenant.tenant_id != "east":
            raise StoreUnavailableError("disk full")
        tell(tenant, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(world.publisher, "_publish_to", tell_one)
    world.gates.close("g1", OPERATOR)
    with pytest.raises(StoreUnavailableError, match="not published to west"):
        world.bid_check.run("g1")
    assert (state(world), len(orders(world, "east")), len(orders(world, "west"))) == (
        GateState.PUBLISHED,
        1,
        0,
    )
    before = orders(world, "east")

    def never(_problem: Problem, _budget: float) -> Answer:
        pytest.fail("decided twice")

    monkeypatch.undo()
    assert [one.gate_id for one in world.keeper._unpublished()] == ["g1"]
    figures = world.check_with(never).run("g1")
    assert (state(world), orders(world, "east"), len(orders(world, "west"))) == (
        GateState.PUBLISHED,
        before,
        1,
    )
    (row,) = world.availability(figures.run_id, TENANTS["west"])["west"]
    assert row.accepted_mw.tolist() == [6, 6]
    with world.stores.shared.reading() as shared:
        assert runs.published_to_all(shared, figures.run_id)


def run_and_hang(directory: str, sign: str) -> None:
    """In a process of its own: begins to optimise and never ends."""

    def hang(_problem: Problem, _budget: float) -> Answer:
        Path(sign).touch()
        time.sleep(600)
        raise AssertionError

    World.at(Path(directory)).check_with(hang).run("g1")


@in_files
def test_a_run_killed_while_optimising_is_run_again_after_the_restart(tmp_path: Path) -> None:
    before = World.at(tmp_path / "data")
    prepare(before)
    before.gates.close("g1", OPERATOR)
    before.stores.close()
    sign = tmp_path / "optimising"
    victim = multiprocessing.get_context("spawn").Process(
        target=run_and_hang, args=(str(tmp_path / "data"), str(sign))
    )
    victim.start()
    eventually(sign.exists)
    victim.kill()
    victim.join()

    world = World.at(tmp_path / "data")
    assert state(world) is GateState.RUNNING
    (begun,) = world.results.runs("g1", OPERATOR)
    assert (begun.figures, begun.published_at) == (None, None)
    assert [one.gate_id for one in world.keeper.due()] == ["g1"]
    figures = world.bid_check.run("g1")
    assert figures.run_id == begun.run_id
    assert figures.cost == pytest.approx((4 * 20 + 6 * 50) * 0.5)
    assert (len(orders(world, "east")), len(orders(world, "west"))) == (1, 1)
    world.stores.close()


def test_the_keeper_runs_each_gate_once_and_tries_again_after_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(world)
    monkeypatch.setattr("gateway.processes.scheduler.RETRY_S", 0.1)
    publish, attempts = world.publisher.publish, []

    def fail_first(run_id: str, collected: CollectedBids, decided: Decision, *, first_time: bool) -> None:
        attempts.append(first_time)
        if len(attempts) == 1:
            raise OSError("disk full")
        publish(run_id, collected, decided, first_time=first_time)

    monkeypatch.setattr(world.publisher, "publish", fail_first)
    keeper = world.new_keeper()
    keeper.start()
    for name in ("east", "west"):
        world.gates.close("g1", TENANTS[name])
    eventually(lambda: state(world) is GateState.PUBLISHED)
    keeper.stop()
    assert attempts == [True, False]
    assert len([one for one in world.written if isinstance(one, MeritOrderList)]) == 2


def test_a_document_that_cannot_be_written_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(world)

    def write_for_west(document: MeritOrderList, version: str) -> Iterable[bytes]:
        if document.header.receiver.party == TENANTS["east"].parties[0]:
            raise ValueError("no such version")
        return world.write(document, version)

    monkeypatch.setattr(world.publisher, "_new_writer", lambda: write_for_west)
    run_id = world.close_and_run()
    assert (len(orders(world, "east")), len(orders(world, "west"))) == (0, 1)
    (row,) = world.availability(run_id, TENANTS["east"])["east"]
    assert row.available_mw.tolist() == [4, 4]
    no_bid = "no bid of it can be written in MeritOrderList 7.3"
    assert (DocumentKind.MERIT_ORDER_LIST, DeathCause.UNWRITABLE, no_bid) in dead_letters(world, "east")


def test_a_gate_cancelled_while_it_is_decided_sends_nothing(world: World) -> None:
    world.gates.create(gate())
    world.submit("east", document("east", [bid("a", "u1", 5, 20)]))

    def cancel_meanwhile(problem: Problem, budget_s: float) -> Answer:
        world.gates.cancel("g1")
        return solve(problem, budget_s)

    world.demand("g1", up=1)
    world.clock.moment = CLOSES
    world.gates.close("g1", TENANTS["operator"])
    with pytest.raises(RunGivenUpError, match="'g1' was cancelled"):
        world.check_with(cancel_meanwhile).run("g1")
    assert world.written == []
    assert world.gates.find("g1", TENANTS["operator"]).state is GateState.CANCELLED
    assert world.results.runs("g1", TENANTS["operator"]) == ()


def test_a_decided_gate_is_not_cancelled(world: World) -> None:
    world.gates.create(gate())
    world.demand("g1", up=1)
    world.close_and_run()
    with pytest.raises(GateClosedError, match=r"'g1' is published, so .* run it again, .*gate rerun g1"):
        world.gates.cancel("g1")


def test_who_cannot_be_notified_now_keeps_no_other_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(world)
    tell, failing = world.publisher._publish_to, ["east"]

    def tell_others(tenant: Tenant, *others: object) -> None:
        if tenant.tenant_id in failing:
            raise StoreUnavailableError("the disk fails")
        tell(tenant, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(world.publisher, "_publish_to", tell_others)
    with pytest.raises(StoreUnavailableError, match="not published to east yet"):
        world.close_and_run()
    assert (len(orders(world, "east")), len(orders(world, "west"))) == (0, 1)
    assert state(world) is GateState.PUBLISHED
    (run,) = world.results.runs("g1", TENANTS["west"])
    assert world.availability(run.run_id, TENANTS["west"])["west"]
    with pytest.raises(RunNotPublishedError):
        world.availability(run.run_id, TENANTS["east"])
    failing.clear()
    world.clock.moment += timedelta(minutes=1)
    keeper = world.new_keeper()
    keeper.start()
    eventually(lambda: orders(world, "east"))
    keeper.stop()
    (reported,) = world.results.runs("g1", TENANTS["west"])
    assert reported.published_at == run.published_at
    with world.stores.shared.reading() as shared:
        assert not runs.pending_gates(shared)
    assert (len(orders(world, "east")), len(orders(world, "west"))) == (1, 1)
    assert state(world) is GateState.PUBLISHED


@in_files
def test_a_document_that_the_store_refuses_is_left_out_and_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(world)
    put = outbox.put

    def refusing(connection: Connection, message: Outgoing, now: datetime) -> int:
        if (
            message.kind is DocumentKind.MERIT_ORDER_LIST
            and message.payload
            and b"east" in refused_of(connection)
        ):
            raise OverflowError("string or blob too big")
        return put(connection, message, now)

    def refused_of(connection: Connection) -> bytes:
        (_, _, file), *_ = connection.exec_driver_sql("PRAGMA database_list").fetchall()
        return str(file).encode()

    monkeypatch.setattr(outbox, "put", refusing)
    with capture_logs() as logs:
        run_id = world.close_and_run()
    assert (len(orders(world, "east")), len(orders(world, "west"))) == (0, 1)
    (row,) = world.availability(run_id, TENANTS["east"])["east"]
    assert row.available_mw.tolist() == [4, 4]
    assert [log["tenant"] for log in logs if log["event"] == "result published without documents"] == ["east"]
    assert dead_letters(world, "east") == [
        (kind, DeathCause.UNWRITABLE, "it can be neither written nor stored: OverflowError")
        for kind in (DocumentKind.BID_AVAILABILITY, DocumentKind.MERIT_ORDER_LIST)
    ]
    assert dead_letters(world, "west") == []


def dead_letters(world: World, tenant: str) -> list[tuple[str, DeathCause | None, str | None]]:
    with world.stores.of(tenant).reading() as uow:
        found = [(one.kind, one.dead_because, one.last_error) for one in outbox.dead(uow, 10)]
    return sorted(found)
