"""Pushing: in order, again with the same id, never after its time, and no peer waits for another."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.delivery import Dispatcher, RetrySchedule
from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.outgoing import Outgoing
from gateway.domain.role import TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.ports import DeliveryError
from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox, outbox
from gateway.records.messages.outbox import DeathCause, OutboxState, StoredMessage
from tests.patience import PATIENCE_S, eventually
from tests.records.test_pending_publications import publish, runs_of
from tests.stores import stores_in

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TENANTS = {name: Tenant(name, held(TenantRole.PLATFORM), name) for name in ("north", "south")}
AT_ONCE = RetrySchedule(first=timedelta(microseconds=1), longest=timedelta(microseconds=1), attempts=3)


@dataclass
class Clock:
    """Goes on by one step each time it is asked."""

    moment: datetime = NOON
    step: timedelta = timedelta(0)

    def now(self) -> datetime:
        self.moment += self.step
        return self.moment


@dataclass
class Peers:
    """An outlet that notes what arrives and answers as a test sets it."""

    name: str = "test"
    max_age: timedelta | None = None
    largest: int | None = None
    answer: Callable[[Tenant, Envelope], None] = lambda *_: None
    arrived: list[Envelope] = field(default_factory=list)
    open: set[str] = field(default_factory=set)

    def is_open(self, tenant: Tenant) -> bool:
        return tenant.tenant_id in self.open

    def send(self, tenant: Tenant, envelope: Envelope) -> None:
        self.arrived.append(envelope)
        self.answer(tenant, envelope)

    def payloads(self, tenant: str = "north") -> list[bytes]:
        return [envelope.payload for envelope in self.arrived if envelope.tenant == tenant]


@dataclass
class Pipe(Peers):
    """One that has several messages under way, until a test says what becomes of each."""

    in_flight: int = 3
    patience_s: float = PATIENCE_S
    most: int = 0
    under_way: dict[bytes, Future[None]] = field(default_factory=dict)

    def begin(self, tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:  # noqa: ARG002
        self.arrived += envelopes
        begun = {envelope.payload: Future[None]() for envelope in envelopes}
        self.under_way |= begun
        self.most = max(self.most, len(self.under_way))
        return list(begun.values())

    def come(self, payload: bytes, fault: Exception | None = None) -> None:
        eventually(lambda: payload in self.under_way)
        done = self.under_way.pop(payload)
        done.set_result(None) if fault is None else done.set_exception(fault)


@dataclass
class LocalGateway:
    stores: Stores
    peers: Peers
    clock: Clock
    dispatcher: Dispatcher

    def put(
        self,
        payload: bytes,
        tenant: str = "north",
        not_after: datetime | None = None,
        answers: str = "e1",
        receiver: str | None = None,
    ) -> int:
        message = Outgoing(
            DocumentKind.ACKNOWLEDGEMENT,
            "8.1",
            payload,
            answers=answers,
            not_after=not_after,
            receiver=receiver,
        )
        with self.stores.of(tenant).writing() as uow:
            return outbox.put(uow, message, NOON)

    def hook(self, tenant: str = "north") -> None:
        self.peers.open.add(tenant)

    def message(self, number: int, tenant: str = "north") -> StoredMessage:
        with self.stores.of(tenant).reading() as uow:
            found = outbox.find(uow, number)
        assert found is not None
        return found

    def is_in(self, state: OutboxState, *numbers: int, tenant: str = "north") -> Callable[[], bool]:
        return lambda: all(self.message(number, tenant).state is state for number in numbers)


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalGateway]:
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.01)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.01)
    stores, peers, clock = stores_in(tmp_path, TENANTS), Peers(), Clock()
    dispatcher = Dispatcher(stores, TENANTS, lambda _: peers, clock, AT_ONCE)
    dispatcher.start()
    yield LocalGateway(stores, peers, clock, dispatcher)
    dispatcher.stop()
    stores.close()


def test_messages_arrive_in_order_and_once(local: LocalGateway) -> None:
    numbers = [local.put(f"<m{number}/>".encode()) for number in range(5)]
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, *numbers))
    assert local.peers.payloads() == [b"<m0/>", b"<m1/>", b"<m2/>", b"<m3/>", b"<m4/>"]
    first = local.peers.arrived[0]
    assert (first.channel, first.message_type, first.correlation_id) == ("test", "Acknowledgement", "e1")
    assert first.content_type == "application/xml"


def test_a_message_that_takes_long_holds_up_no_other(
    local: LocalGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.peers = pipe = Pipe(open={"north"})
    monkeypatch.setattr(local.dispatcher, "_outlet_of", lambda _: pipe)
    payloads = [f"<m{number}/>".encode() for number in range(6)]
    slow, *others = [local.put(payload, answers=payload.decode()) for payload in payloads]
    for payload in reversed(payloads[1:3]):
        pipe.come(payload)
    for payload in payloads[3:]:
        pipe.come(payload)
    eventually(local.is_in(OutboxState.DELIVERED, *others))
    assert local.message(slow).state is OutboxState.WAITING
    pipe.come(payloads[0])
    eventually(local.is_in(OutboxState.DELIVERED, slow))
    assert pipe.payloads() == payloads
    assert pipe.most == pipe.in_flight


def test_a_message_of_which_nothing_is_heard_is_in_doubt(
    local: LocalGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.peers = pipe = Pipe(open={"north"}, patience_s=0.1)
    monkeypatch.setattr(local.dispatcher, "_outlet_of", lambda _: pipe)
    silent, refused = local.put(b"<silent/>", answers="e1"), local.put(b"<refused/>", answers="e2")
    pipe.come(b"<refused/>", DeliveryError("too large", final=True))
    eventually(local.is_in(OutboxState.DEAD, refused))
    eventually(lambda: local.message(silent).attempts == 1)
    assert local.message(silent).last_error == "not confirmed in time"
    assert local.message(silent).state is OutboxState.WAITING


def test_a_failed_message_comes_again_with_the_same_id_before_the_next(local: LocalGateway) -> None:
    answers = iter([DeliveryError("timed out"), RuntimeError("a bug of the outlet"), None, None])

    def answer(*_: object) -> None:
        fault = next(answers)
        if fault is not None:
            raise fault

    local.peers.answer = answer
    local.clock.step = timedelta(seconds=1)
    numbers = [local.put(b"<first/>"), local.put(b"<second/>")]
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, *numbers))
    assert local.peers.payloads() == [b"<first/>"] * 3 + [b"<second/>"]
    assert len({envelope.message_id for envelope in local.peers.arrived}) == 2
    assert local.message(numbers[0]).attempts == 2
    assert local.message(numbers[0]).last_error == "RuntimeError"


def test_a_pause_is_kept(local: LocalGateway) -> None:
    def refuse(*_: object) -> None:
        raise DeliveryError("the webhook answered 503")

    local.peers.answer = refuse
    number = local.put(b"<m/>")
    local.hook()
    eventually(lambda: local.message(number).attempts == 1)
    time.sleep(0.1)
    assert len(local.peers.arrived) == 1  # the clock stands still, so the pause does not end
    assert local.message(number).next_attempt_at is not None


@pytest.mark.feature(id="C9")
def test_after_the_last_attempt_a_message_is_dead_and_can_be_pulled(local: LocalGateway) -> None:
    def refuse(*_: object) -> None:
        raise DeliveryError("the webhook answered 500")

    local.peers.answer = refuse
    local.clock.step = timedelta(seconds=1)
    number = local.put(b"<m/>")
    local.hook()
    eventually(local.is_in(OutboxState.DEAD, number))
    assert len(local.peers.arrived) == AT_ONCE.attempts
    dead = local.message(number)
    assert (dead.attempts, dead.last_error) == (AT_ONCE.attempts, "the webhook answered 500")
    with local.stores.of("north").writing() as uow:
        assert outbox.payload_of(uow, number) == b"<m/>"
        assert outbox.confirm(uow, number, NOON)
    assert local.message(number).state is OutboxState.DELIVERED


def test_what_is_of_no_more_use_is_not_sent(local: LocalGateway) -> None:
    late = local.put(b"<late/>", not_after=NOON - timedelta(seconds=1))
    in_time = local.put(b"<in-time/>", not_after=NOON)
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, in_time))
    assert local.peers.payloads() == [b"<in-time/>"]
    assert local.message(late).state is OutboxState.DEAD


def test_what_is_older_than_the_peer_takes_is_not_sent(local: LocalGateway) -> None:
    local.peers.max_age = timedelta(minutes=6)
    old = local.put(b"<old/>")
    local.clock.moment += timedelta(minutes=6, seconds=1)
    local.hook()
    eventually(local.is_in(OutboxState.DEAD, old))
    assert local.peers.arrived == []


@pytest.mark.parametrize(
    ("not_after", "max_age", "end"),
    [
        (None, None, None),
        (NOON + timedelta(minutes=9), None, NOON + timedelta(minutes=9)),
        (None, timedelta(minutes=6), NOON + timedelta(minutes=6)),
        (NOON + timedelta(minutes=9), timedelta(minutes=6), NOON + timedelta(minutes=6)),
        (NOON + timedelta(minutes=3), timedelta(minutes=6), NOON + timedelta(minutes=3)),
    ],
)
def test_the_outlet_gets_the_time_until_which_a_message_is_of_use(
    local: LocalGateway, not_after: datetime | None, max_age: timedelta | None, end: datetime | None
) -> None:
    local.peers.max_age = max_age
    number = local.put(b"<m/>", not_after=not_after)
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, number))
    assert local.peers.arrived[0].not_after == end


def test_what_a_peer_never_takes_is_dead_at_once_and_the_next_goes_out(local: LocalGateway) -> None:
    def answer(_: Tenant, envelope: Envelope) -> None:
        if envelope.payload == b"<large/>":
            raise DeliveryError("larger than the peer takes", final=True)

    local.peers.answer = answer
    large, small = local.put(b"<large/>"), local.put(b"<small/>")
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, small))
    assert (local.message(large).state, local.message(large).attempts) == (OutboxState.DEAD, 1)


def test_without_a_way_out_messages_wait_and_no_attempt_counts(local: LocalGateway) -> None:
    number = local.put(b"<m/>")
    time.sleep(0.1)
    assert local.message(number).attempts == 0
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, number))


@pytest.mark.parametrize(
    ("channel", "correlation", "reply_to"), [("test", "peer-17", "peer/answers"), ("rest", None, None)]
)
def test_an_answer_bears_the_peers_own_ids_on_the_channel_that_knows_them(
    local: LocalGateway, channel: str, correlation: str | None, reply_to: str | None
) -> None:
    asked = Envelope(
        "north", channel, "m", "application/xml", NOON, b"", correlation_id="peer-17", reply_to="peer/answers"
    )
    with local.stores.of("north").writing() as uow:
        envelope_id = inbox.put(uow, asked).envelope_id
    number = local.put(b"<m/>", answers=envelope_id)
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, number))
    (answer,) = local.peers.arrived
    assert (answer.correlation_id, answer.reply_to) == (correlation or envelope_id, reply_to)


def test_a_silent_peer_delays_no_other(local: LocalGateway) -> None:
    release = threading.Event()
    local.peers.answer = lambda tenant, _: None if tenant.tenant_id == "south" else assert_set(release)
    stuck = local.put(b"<stuck/>", "north")
    free = [local.put(f"<free{number}/>".encode(), "south") for number in range(3)]
    local.hook("north")
    eventually(lambda: len(local.peers.arrived) == 1)
    local.hook("south")
    eventually(local.is_in(OutboxState.DELIVERED, *free, tenant="south"))
    assert local.message(stuck).state is OutboxState.WAITING
    release.set()
    eventually(local.is_in(OutboxState.DELIVERED, stuck))


def assert_set(event: threading.Event) -> None:
    assert event.wait(PATIENCE_S)


def test_what_was_pulled_is_not_pushed(local: LocalGateway) -> None:
    pulled, pushed = local.put(b"<pulled/>"), local.put(b"<pushed/>")
    with local.stores.of("north").writing() as uow:
        outbox.confirm(uow, pulled, NOON)
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, pushed))
    assert local.peers.payloads() == [b"<pushed/>"]
    with local.stores.of("north").reading() as uow:
        assert outbox.payload_of(uow, pushed) == b"<pushed/>"  # push and pull for the same document


def test_a_new_process_goes_on_where_the_last_one_stopped(local: LocalGateway) -> None:
    def refuse(*_: object) -> None:
        raise DeliveryError("the webhook answered 503")

    local.peers.answer = refuse
    number = local.put(b"<m/>")
    local.hook()
    eventually(lambda: local.message(number).attempts == 1)
    local.dispatcher.stop()
    local.clock.moment += timedelta(minutes=1)
    local.peers.answer = lambda *_: None
    again = Dispatcher(local.stores, TENANTS, lambda _: local.peers, local.clock, AT_ONCE)
    again.start()
    eventually(local.is_in(OutboxState.DELIVERED, number))
    again.stop()
    assert len({envelope.message_id for envelope in local.peers.arrived}) == 1
    assert local.message(number).attempts == 1


@pytest.mark.feature(id="D7")
def test_what_waits_in_a_restored_backup_leaves(local: LocalGateway, tmp_path: Path) -> None:
    number = local.put(b"<m/>")
    local.dispatcher.stop()
    local.stores.close()
    (tmp_path / "north.write-lock").unlink(missing_ok=True)  # no backup keeps it
    local.hook()
    stores = stores_in(tmp_path, TENANTS)
    restored = LocalGateway(
        stores, local.peers, local.clock, Dispatcher(stores, TENANTS, lambda _: local.peers, local.clock)
    )
    restored.dispatcher.start()
    eventually(restored.is_in(OutboxState.DELIVERED, number))
    restored.dispatcher.stop()
    stores.close()


def test_a_write_wakes_who_pushes(local: LocalGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.delivery.dispatcher.LOOK_S", 3600.0)
    local.hook()
    for number in range(3):
        eventually(local.is_in(OutboxState.DELIVERED, local.put(f"<m{number}/>".encode())))


def test_what_is_published_to_many_leaves_when_they_are_named(
    local: LocalGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.delivery.dispatcher.LOOK_S", 3600.0)
    for tenant in TENANTS:
        local.hook(tenant)
    eventually(local.is_in(OutboxState.DELIVERED, local.put(b"<m/>")))  # the look at the start is over
    (run_id,) = runs_of(local.stores)
    publish(local.stores, run_id, *TENANTS)
    for tenant in TENANTS:
        local.stores.wrote(tenant)
    eventually(lambda: len(local.peers.arrived) == 1 + 2 * len(TENANTS))
    for tenant in TENANTS:
        assert not local.stores.of(tenant).is_behind


def test_a_store_without_new_records_is_not_opened(local: LocalGateway, tmp_path: Path) -> None:
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, local.put(b"<m/>")))
    assert not (tmp_path / "south.sqlite").exists()


@given(st.integers(1, 100))
def test_pauses_grow_and_end(failures: int) -> None:
    schedule = RetrySchedule()
    pause = schedule.pause(failures)
    if failures >= schedule.attempts:
        assert pause is None
    else:
        assert pause is not None
        whole = min(schedule.first * 2 ** (failures - 1), schedule.longest)
        assert whole / 2 <= pause <= whole


DEAD = [f"topic/{number}" for number in range(100)]


@pytest.mark.parametrize("kind", [Peers, Pipe])
def test_an_answer_does_not_wait_for_the_dead_receivers_of_others(
    local: LocalGateway, monkeypatch: pytest.MonkeyPatch, kind: type[Peers]
) -> None:
    """Order of events alone: none of a hundred is there, and what is for another arrives."""
    local.peers = peers = kind(open={"north"})
    monkeypatch.setattr(local.dispatcher, "_outlet_of", lambda _: peers)
    reported: list[bytes] = []

    def answer(_: Tenant, envelope: Envelope) -> None:
        reported.append(envelope.payload)
        if envelope.payload.startswith(b"<dead"):
            raise DeliveryError("nobody is there")

    def begin(tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:
        return [_tried(answer, tenant, envelope) for envelope in envelopes]

    peers.answer = answer
    monkeypatch.setattr(Pipe, "begin", lambda _, tenant, envelopes: begin(tenant, envelopes))
    dead = [
        local.put(f"<dead{number}/>".encode(), answers=f"d{number}", receiver=receiver)
        for number, receiver in enumerate(DEAD)
    ]
    eventually(lambda: all(local.message(number).attempts == 1 for number in dead))
    live = [local.put(f"<live{number}/>".encode(), answers=f"l{number}") for number in range(5)]
    eventually(local.is_in(OutboxState.DELIVERED, *live))
    assert local.is_in(OutboxState.WAITING, *dead)()
    assert reported[-5:] == [f"<live{number}/>".encode() for number in range(5)]
    assert len(reported) == len(dead) + len(live), "the clock stands still: the dead have their pauses"


def test_what_is_for_somebody_who_is_not_there_is_not_tried_one_by_one(local: LocalGateway) -> None:
    def refuse(*_: object) -> None:
        raise DeliveryError("no answer")

    local.peers.answer = refuse
    numbers = [local.put(f"<m{number}/>".encode(), answers=f"e{number}") for number in range(5)]
    local.hook()
    eventually(lambda: sum(local.message(number).attempts for number in numbers) == 1)
    local.clock.moment += timedelta(seconds=1)
    eventually(lambda: sum(local.message(number).attempts for number in numbers) == 2)
    local.peers.answer = lambda *_: None
    local.clock.moment += timedelta(seconds=1)
    eventually(local.is_in(OutboxState.DELIVERED, *numbers))


def test_a_message_that_fails_while_others_arrive_has_pauses_of_its_own(local: LocalGateway) -> None:
    """However its channel names the fault: others that arrive must not wear out its attempts."""

    def answer(_: Tenant, envelope: Envelope) -> None:
        if envelope.payload == b"<bad/>":
            raise DeliveryError("cannot be reached")

    local.peers.answer = answer
    bad = local.put(b"<bad/>", answers="bad")
    local.hook()
    eventually(lambda: local.message(bad).attempts == 1)
    for number in range(20):
        good = local.put(f"<good{number}/>".encode(), answers=f"good{number}")
        local.clock.moment += timedelta(seconds=1)
        eventually(local.is_in(OutboxState.DELIVERED, good))
    assert local.message(bad).attempts < 8, "as pauses grow, not one for each that arrives"


def test_a_failure_of_one_message_alone_holds_up_its_conversation_and_nothing_else(
    local: LocalGateway,
) -> None:
    def answer(_: Tenant, envelope: Envelope) -> None:
        if envelope.payload == b"<a1/>" and len(local.peers.arrived) < 4:
            raise DeliveryError("busy with this one", alone=True)

    local.peers.answer = answer
    first, second = local.put(b"<a1/>", answers="a"), local.put(b"<a2/>", answers="a")
    others = [local.put(b"<b1/>", answers="b"), local.put(b"<c1/>", answers="c")]
    local.hook()
    eventually(local.is_in(OutboxState.DELIVERED, *others))
    assert local.peers.payloads() == [b"<a1/>", b"<b1/>", b"<c1/>"]
    local.clock.moment += timedelta(seconds=1)
    eventually(local.is_in(OutboxState.DELIVERED, first, second))
    assert local.peers.payloads() == [b"<a1/>", b"<b1/>", b"<c1/>", b"<a1/>", b"<a2/>"]


def _tried(answer: Callable[[Tenant, Envelope], None], tenant: Tenant, envelope: Envelope) -> Future[None]:
    done: Future[None] = Future()
    try:
        answer(tenant, envelope)
    except DeliveryError as error:
        done.set_exception(error)
    else:
        done.set_result(None)
    return done


class TestLargestDocuments:
    def test_what_is_too_large_never_leaves_and_holds_up_nothing(self, local: LocalGateway) -> None:
        local.peers.largest = 5
        with capture_logs() as logs:
            large, small = local.put(b"<large/>"), local.put(b"<m/>")
            local.hook()
            eventually(local.is_in(OutboxState.DEAD, large))
            eventually(local.is_in(OutboxState.DELIVERED, small))
        assert local.peers.payloads() == [b"<m/>"]
        letter = local.message(large)
        assert (letter.dead_because, letter.attempts) == (DeathCause.TOO_LARGE, 0)
        assert letter.last_error == "8 bytes; the channel accepts 5"
        (line,) = [line for line in logs if line["event"] == "message too large for its channel"]
        assert (line["tenant"], line["message"]) == ("north", letter.message_id)

    def test_it_is_sent_after_all_when_more_is_taken(self, local: LocalGateway) -> None:
        local.peers.largest = 5
        local.hook()
        large = local.put(b"<large/>")
        eventually(local.is_in(OutboxState.DEAD, large))
        local.peers.largest = 8
        with local.stores.of("north").writing() as uow:
            outbox.redrive(uow, large)
        eventually(local.is_in(OutboxState.DELIVERED, large))
