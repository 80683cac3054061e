"""Gates run again after publication: superseded, sent again, each time exactly once; and a life at random."""

import random
import threading
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

import pytest

from gateway.domain.document import BidAvailability, DocumentKind, MeritOrderList
from gateway.domain.gate import GateState, UseOfLists
from gateway.domain.gate_notice import NOTICE_KIND
from gateway.domain.market_time import Interval
from gateway.domain.tenant import Tenant
from gateway.processes.bid_check.result.publish import Publisher
from gateway.processes.errors import GateClosedError, UnknownGateError
from gateway.records.messages import outbox
from tests.processes.world import CLOSES, DAY, GATEWAY, TENANTS, World, bid, document, gate, model

OPERATOR = TENANTS["operator"]
MERIT_ORDER = str(DocumentKind.MERIT_ORDER_LIST)
AVAILABILITY = str(DocumentKind.BID_AVAILABILITY)


class PowerCutError(Exception):
    """The gateway ends here."""


class Breaking(Publisher):
    """A publisher that ends before the next tenant's result, after those of `left` tenants."""

    left = 1_000_000
    _lock = threading.Lock()

    def _publish_or_report(self, tenant: Tenant, result: object) -> bool:
        with self._lock:
            if self.left == 0:
                raise PowerCutError
            self.left -= 1
        return super()._publish_or_report(tenant, result)  # type: ignore[arg-type]


@pytest.fixture
def breaking(ready: World) -> Breaking:
    """The world of `ready`, with documents that say what they are and a publisher that can end."""

    def write(one: BidAvailability | MeritOrderList, _version: str) -> Iterable[bytes]:
        ready.written.append(one)
        return [f"{one.header.kind}|{one.header.mrid}|{one.header.revision}".encode()]

    ready.publisher = Breaking(ready.stores, TENANTS, GATEWAY, ready.clock, new_writer=lambda: write)
    ready.bid_check = ready.check_with(ready.bid_check._solve)
    assert isinstance(ready.publisher, Breaking)
    return ready.publisher


def reported(world: World, platform: str) -> list[tuple[str, str, int]]:
    """Kind, mRID and revision of each document of a run in a platform's outbox, in their order."""
    with world.stores.of(platform).reading() as uow:
        messages = [one for one in outbox.after(uow, 0, 10_000) if one.kind != NOTICE_KIND]
        payloads = outbox.payloads_of(uow, [message.id for message in messages])
    split = [payloads[message.id].decode().split("|") for message in messages]
    return [(kind, mrid, int(revision)) for kind, mrid, revision in split]


def publish_first(world: World) -> str:
    world.submit("east", document("east", [bid("cheap", "u1", 10, 20)]))
    world.submit("west", document("west", [bid("dear", "free", 10, 50)]))
    world.demand("g1", up=10)
    return world.close_and_run()


@pytest.mark.feature(id="A23")
def test_a_further_run_uses_the_models_of_now_and_supersedes(ready: World) -> None:
    first = publish_first(ready)
    ready.clock.moment += timedelta(minutes=20)
    ready.put("north", model("north", 100.0))
    begun = ready.gates.run_again("g1")
    assert (begun.number, begun.started_at) == (2, ready.clock.moment)
    assert [one.gate_id for one in ready.keeper.due()] == ["g1"]
    ready.clock.moment += timedelta(minutes=1)
    ready.put("north", model("north", 1.0))
    assert ready.bid_check.run("g1").run_id == begun.run_id
    assert [run.run_id for run in ready.results.runs("g1", OPERATOR)] == [first, begun.run_id]
    cut, whole = (
        next(row for row in ready.availability(run, TENANTS["east"])["east"]) for run in (first, begun.run_id)
    )
    assert (cut.available_mw.tolist(), whole.available_mw.tolist()) == ([4, 4], [10, 10])
    assert list(ready.results.merit_order(begun.run_id, TENANTS["tso"]))
    assert ready.bid_check.run("g1").run_id == begun.run_id


@pytest.mark.feature(id="A23")
def test_who_was_limited_and_no_longer_is_hears_of_it(ready: World) -> None:
    publish_first(ready)
    (before,) = [one for one in ready.written if isinstance(one, BidAvailability) and is_to(one, "east")]
    ready.written.clear()
    ready.put("north", model("north", 100.0))
    ready.gates.run_again("g1")
    ready.bid_check.run("g1")
    again = [one for one in ready.written if is_to(one, "east")]
    limits = [one for one in again if isinstance(one, BidAvailability)]
    assert [(one.header.revision, one.period.start) for one in limits] == [
        (2, DAY),
        (2, DAY + timedelta(minutes=15)),
    ]
    assert limits[0].header.mrid == before.header.mrid
    assert [(limit.bid_id, limit.available_mw) for one in limits for limit in one.limits] == [
        ("cheap", 10.0),
        ("cheap", 10.0),
    ]
    (order,) = [one for one in again if isinstance(one, MeritOrderList)]
    assert order.header.revision == 2
    assert [series.quantity_mw.tolist() for series in order.series] == [[10.0, 10.0]]


def is_to(one: BidAvailability | MeritOrderList, platform: str) -> bool:
    return one.header.receiver.party == TENANTS[platform].parties[0]


@pytest.mark.parametrize("notified_before", range(6))
def test_a_further_run_goes_on_where_it_was_interrupted(
    ready: World, breaking: Breaking, notified_before: int
) -> None:
    publish_first(ready)
    ready.gates.run_again("g1")
    breaking.left = notified_before
    with pytest.raises(PowerCutError):
        ready.bid_check.run("g1")
    with pytest.raises(GateClosedError, match="is running"):
        ready.gates.run_again("g1")
    with pytest.raises(GateClosedError, match="decided"):
        ready.gates.cancel("g1")
    breaking.left = 1_000_000
    assert [one.gate_id for one in ready.keeper.due()] == ["g1"]
    ready.bid_check.run("g1")
    for platform in ("east", "west"):
        assert_notified_once(reported(ready, platform), runs=2)


def assert_notified_once(documents: list[tuple[str, str, int]], *, runs: int) -> None:
    """Nothing twice; revisions of a merit order rise by one; the last of everything is the last run's."""
    assert len(set(documents)) == len(documents)
    revisions: dict[tuple[str, str], list[int]] = defaultdict(list)
    for kind, mrid, revision in documents:
        revisions[kind, mrid].append(revision)
    assert [kind for kind, _ in revisions].count(MERIT_ORDER) == 1
    for (kind, _), seen in revisions.items():
        assert seen == list(range(seen[0], runs + 1))
        assert seen[0] == 1 or kind == AVAILABILITY


def test_a_gate_is_run_again_only_in_time(ready: World) -> None:
    for state in ("open", "closed"):
        with pytest.raises(GateClosedError, match=f"is {state}; only published"):
            ready.gates.run_again("g1")
        ready.clock.moment = CLOSES
        ready.gates.close("g1", OPERATOR)
    with pytest.raises(UnknownGateError):
        ready.gates.run_again("none")
    ready.bid_check.run("g1")
    ready.clock.moment = DAY + timedelta(minutes=10)
    ready.gates.run_again("g1")
    ready.bid_check.run("g1")
    ready.clock.moment += timedelta(seconds=1)
    with pytest.raises(GateClosedError, match="last unit of gate 'g1' is prepared from 2026-03-01T23:15:00Z"):
        ready.gates.run_again("g1")


def test_a_larger_budget_must_end_before_the_last_unit_is_prepared(ready: World) -> None:
    publish_first(ready)
    last = DAY + timedelta(minutes=15)
    beside = ready.gates.find("g1", OPERATOR).gate
    rest = beside.publish_by - beside.waits_until - beside.budget
    most = last - max(ready.clock.moment, beside.waits_until) - rest
    with pytest.raises(GateClosedError, match="last unit of gate 'g1' is prepared from 2026-03-01T23:15:00Z"):
        ready.gates.run_again("g1", budget=most + timedelta(seconds=1))
    assert ready.gates.run_again("g1", budget=most).number == 2


def test_preparation_begins_before_each_unit(world: World) -> None:
    world.gates.create(gate(preparation=timedelta(hours=1), use=UseOfLists.PREFIX))
    world.close_and_run()
    world.clock.moment = DAY - timedelta(minutes=49)
    with pytest.raises(GateClosedError, match="is prepared from 2026-03-01T22:15:00Z on"):
        world.gates.run_again("g1")
    with pytest.raises(ValueError, match="preparation begins after"):
        gate(preparation=-timedelta(seconds=1))


@pytest.mark.feature(id="A23")
@pytest.mark.parametrize("seed", range(3))
def test_rolling_gates_amended_cancelled_run_again_and_crashed_at_random(
    ready: World, breaking: Breaking, seed: int
) -> None:
    """Every gate ends cancelled and unpublished, or published with every party at its last run, once."""
    dice = random.Random(seed)
    quarter = timedelta(minutes=15)
    runs: dict[str, int] = {}
    heard: dict[str, list[tuple[str, str, int]]] = {}
    for number in range(2, 14):
        name, start = f"g{number}", DAY + number * quarter
        ready.clock.moment = start - timedelta(hours=2)
        terms = {
            "delivery": Interval(start, start + quarter),
            "opens_at": start - timedelta(hours=3),
            "closes_at": start - timedelta(minutes=25),
            "grids_due_at": start - timedelta(minutes=25),
            "window": timedelta(0),
            "budget": timedelta(seconds=20),
            "publish_by": start - timedelta(minutes=20),
            "platforms": ("east",),
        }
        ready.gates.create(gate(name, **terms))
        if dice.random() < 0.5:
            terms["platforms"] = ("east", "west")
            ready.gates.amend(gate(name, **terms))
        for platform in ("east", "west"):
            before = set(reported(ready, platform))
            heard[platform] = sorted(before)
        ready.demand(name, up=dice.choice([0.0, 5.0]), units=1)
        bids = [bid(f"b{number}", "u1", 10, 20, units=1, start=number)]
        assert not ready.submit("east", document("east", bids, mrid=f"doc-{number}"), f"d{number}")
        if dice.random() < 0.25:
            ready.gates.cancel(name)
        ready.clock.moment = start - timedelta(minutes=25)
        runs[name] = 0
        while name in {one.gate_id for one in ready.keeper.due()} or (runs[name] and dice.random() < 0.4):
            if runs[name] and ready.gates.find(name, OPERATOR).state is GateState.PUBLISHED:
                ready.put("north", model("north", dice.choice([1.0, 4.0, 100.0]), units=16))
                ready.gates.run_again(name)
            breaking.left = dice.choice([0, 1, 2, 3, 1_000_000])
            try:
                ready.bid_check.run(name)
            except PowerCutError:
                continue
            runs[name] += 1
            ready.clock.moment += timedelta(seconds=1)
        for platform in gate(name, **terms).platforms:
            new = [one for one in reported(ready, platform) if one not in heard[platform]]
            if runs[name]:
                assert_notified_once(new, runs=runs[name])
            else:
                assert not new
                assert ready.gates.find(name, OPERATOR).state is GateState.CANCELLED
    assert 0 in runs.values()
    assert max(runs.values()) > 1
