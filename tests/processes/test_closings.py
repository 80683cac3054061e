"""Platforms that say with a document that they have sent everything."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from gateway.domain.document import DocumentHeader, DocumentKind
from gateway.domain.gate import GateState
from gateway.domain.market_time import Interval
from gateway.domain.party import Role
from gateway.domain.reason import Finding, ReasonCode
from gateway.domain.status_request import Attribute, StatusRequest
from gateway.processes.closings import SENT_EVERYTHING, RecordClosings
from gateway.records.market import closings
from tests.processes.test_schedules import reported, schedule, series
from tests.processes.world import CLOSES, DAY, GATEWAY, OPENS, RESOURCES, TENANTS, World, bid, document, gate

OPERATOR = TENANTS["operator"]


def stated(
    world: World, platform: str, *attributes: tuple[str, str], at: datetime | None = None
) -> Sequence[Finding]:
    sender = Role(TENANTS[platform].parties[0], "A46")
    kind = DocumentKind.STATUS_REQUEST
    header = DocumentHeader(kind, "4.1", "done-1", 1, "A59", None, sender, GATEWAY, OPENS)
    reported = StatusRequest(header, tuple(Attribute(*one) for one in attributes))
    with world.stores.of(platform).writing() as uow:
        return RecordClosings(world.stores).apply(
            uow, TENANTS[platform], reported, "d", at or world.clock.now()
        )


def test_a_gate_closes_with_the_last_platform_that_says_so(ready: World) -> None:
    at = ready.clock.moment
    assert stated(ready, "east", (SENT_EVERYTHING, "g1")) == []
    assert ready.keeper.due() == []
    status = ready.gates.find("g1", OPERATOR)
    assert (status.state, status.closed_by, status.missing) == (GateState.OPEN, {"east": at}, ("west",))
    ready.clock.moment += timedelta(minutes=1)
    (late,) = ready.submit("east", document("east", [bid("a", "u1", 5, 20)]))
    assert "you closed gate 'g1'" in late.message
    assert not ready.submit("west", document("west", [bid("b", "u1", 5, 20)]))
    assert stated(ready, "west", (SENT_EVERYTHING, "g1")) == []
    ready.clock.moment += timedelta(seconds=1)
    assert [gate.gate_id for gate in ready.keeper.due()] == ["g1"]
    assert ready.gates.find("g1", OPERATOR).state is GateState.CLOSED


def test_the_first_word_counts_and_a_restart_forgets_none(ready: World) -> None:
    first = ready.clock.moment
    stated(ready, "east", (SENT_EVERYTHING, "g1"))
    ready.clock.moment += timedelta(minutes=1)
    assert stated(ready, "east", (SENT_EVERYTHING, "g1")) == []
    keeper = ready.new_keeper()
    keeper.due()
    assert ready.gates.find("g1", OPERATOR).closed_by == {"east": first}


@pytest.mark.parametrize(
    ("platform", "gate_id", "at", "why"),
    [
        ("east", "g2", None, "no gate 'g2' collects your bids"),
        ("late", "g1", None, "no gate 'g1' collects your bids"),
        ("tso", "g1", None, "no gate 'g1' collects your bids"),
        ("east", "g1", OPENS - timedelta(seconds=1), "gate 'g1' opens at 2026-02-27T23:00:00Z"),
    ],
)
def test_a_word_on_what_is_not_the_senders_is_refused(
    ready: World, platform: str, gate_id: str, at: datetime | None, why: str
) -> None:
    (finding,) = stated(ready, platform, (SENT_EVERYTHING, gate_id), at=at)
    assert (finding.code, finding.message) == (ReasonCode.GATE_NOT_OPEN, why)
    with ready.stores.of(platform).reading() as uow:
        assert closings.times(uow) == {}


def test_all_gates_of_a_document_count_or_none(ready: World) -> None:
    assert len(stated(ready, "east", (SENT_EVERYTHING, "g1"), (SENT_EVERYTHING, "g2"))) == 1
    with ready.stores.of("east").reading() as uow:
        assert closings.times(uow) == {}


def test_bids_and_schedules_of_a_cancelled_gate_have_that_as_their_reason(world: World) -> None:
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.gates.create(gate())
    world.gates.create(gate("local", process="A51", platforms=("east",)))
    world.gates.cancel("g1")
    why = "gate 'g1' is cancelled, and no other collects your bids for "
    for platform in ("east", "west"):
        (refused,) = world.submit(platform, document(platform, [bid("a", "free", 5, 20)]))
        assert (refused.code, refused.series) == (ReasonCode.GATE_NOT_OPEN, None)
        assert refused.message.startswith(why)
    (plan, *_) = reported(world, schedule(series("u1", 1.0), sender="west"), tenant="west")
    assert (plan.code, plan.series, plan.message.startswith(why)) == (ReasonCode.GATE_NOT_OPEN, None, True)
    world.gates.create(gate("g1-again"))
    world.gates.cancel("g1-again")
    (refused,) = world.submit("west", document("west", [bid("a", "free", 5, 20)]))
    assert refused.message.startswith("gates 'g1', 'g1-again' are cancelled")
    world.gates.create(gate("g2"))
    assert world.submit("west", document("west", [bid("a", "free", 5, 20)])) == []


def test_a_cancelled_gate_and_other_words(ready: World) -> None:
    (remark,) = stated(ready, "east", ("receivedDocument", "TEST-DOC"))
    assert (remark.code, "not acted upon" in remark.message) == (ReasonCode.COMPLEMENTARY, True)
    ready.gates.cancel("g1")
    (refused,) = stated(ready, "east", (SENT_EVERYTHING, "g1"))
    assert refused.message == "gate 'g1' is cancelled"


def test_a_word_after_the_window_changes_nothing(ready: World) -> None:
    ready.clock.moment = CLOSES + timedelta(minutes=6)
    ready.keeper.due()
    assert stated(ready, "east", (SENT_EVERYTHING, "g1")) == []
    ready.keeper.due()
    assert ready.gates.find("g1", OPERATOR).closed_by == {}


def test_what_comes_after_the_word_is_refused_before_the_keeper_has_seen_it(ready: World) -> None:
    came_before = document("east", [bid("a", "u1", 5, 20)])
    received_before = ready.clock.moment
    ready.clock.moment += timedelta(milliseconds=1)
    assert stated(ready, "east", (SENT_EVERYTHING, "g1")) == []
    ready.clock.moment += timedelta(milliseconds=1)
    (late,) = ready.submit("east", document("east", [bid("b", "u1", 5, 20)], mrid="doc-2"))
    assert (late.code, "you closed gate 'g1'" in late.message) == (ReasonCode.GATE_NOT_OPEN, True)
    (late,) = reported(ready, schedule(series("u1", 1, 1)))
    assert (late.code, "you closed gate 'g1'" in late.message) == (ReasonCode.GATE_NOT_OPEN, True)
    assert not ready.submit("west", document("west", [bid("c", "u1", 5, 20)]))
    with ready.stores.of("east").writing() as uow:
        assert not ready.collect.apply(uow, TENANTS["east"], came_before, "d1", received_before)


def test_of_a_document_over_several_gates_each_bid_of_a_cancelled_one_has_that_as_its_reason(
    ready: World,
) -> None:
    later = DAY + timedelta(minutes=30)
    ready.gates.create(gate("g2", delivery=Interval(later, later + timedelta(minutes=30))))
    ready.gates.cancel("g2")
    bids = [
        bid("open", "free", 5, 20),
        bid("cancelled", "free", 5, 20, start=2),
        bid("across", "free", 5, 20, start=1),
        bid("after", "free", 5, 20, start=4),
    ]
    found = {one.series: one for one in ready.submit("east", document("east", bids))}
    assert {name: one.code for name, one in found.items()} == {
        "cancelled": ReasonCode.GATE_NOT_OPEN,
        "across": ReasonCode.TIME_INTERVAL_INCORRECT,
        "after": ReasonCode.TIME_INTERVAL_INCORRECT,
    }
    why = "gate 'g2' is cancelled, and no other collects your bids for 2026-03-01T23:30"
    assert found["cancelled"].message.startswith(why)
    again = [bid("again", "free", 5, 20, start=2)]
    ready.gates.create(gate("g3", delivery=Interval(later, later + timedelta(minutes=30))))
    assert ready.submit("east", document("east", again, mrid="doc-2")) == []
