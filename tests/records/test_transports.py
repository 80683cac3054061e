"""How far messages came: only forward, in whatever order news arrives, restarts or not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.transport import TransportNews, TransportState, furthest, has_reached
from gateway.records.engine.stores import Stores
from gateway.records.messages import transports
from gateway.records.messages.transports import TenantTransports

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATES = list(TransportState)
states = st.sampled_from(STATES)

HANDED_OVER = TransportNews(TransportState.HANDED_OVER, "ours")
REPLY = TransportNews(TransportState.ACCEPTED, "ours", "theirs")
EVENTS = [
    TransportNews(state, transport_id="theirs")
    for state in (TransportState.DELIVERED, TransportState.RECEIVED)
]
NEWS = [HANDED_OVER, REPLY, *EVENTS]
FAILURE = TransportNews(TransportState.FAILED, "ours", "theirs", "unknown service")


class Clock:
    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


class BothStores:
    """A channel whose gateway can be started again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = Clock()
        self.open()

    def open(self) -> None:
        self.stores = Stores(self.directory, ["north"])
        self.transports = TenantTransports(self.stores.of("north"), "north-ecp", self.clock)

    def restart(self) -> None:
        self.stores.close()
        self.open()

    def state(self, message_id: str = "ours") -> TransportState | None:
        status = self.transports.of([message_id]).get(message_id)
        return None if status is None else status.state


@pytest.fixture
def stores(tmp_path: Path) -> BothStores:
    return BothStores(tmp_path)


@given(states, states, states)
def test_order_and_repetition_of_news_do_not_matter(
    first: TransportState, second: TransportState, third: TransportState
) -> None:
    assert furthest(first, second) is furthest(second, first)
    assert furthest(first, furthest(second, third)) is furthest(furthest(first, second), third)
    assert furthest(first, first) is first
    assert furthest(first, TransportState.RECEIVED) is TransportState.RECEIVED


@given(states, st.sampled_from([TransportState.ACCEPTED, TransportState.DELIVERED, TransportState.RECEIVED]))
def test_what_failed_did_not_arrive(state: TransportState, goal: TransportState) -> None:
    ended = state in (TransportState.FAILED, TransportState.EXPIRED)
    assert has_reached(state, goal) == (not ended and STATES.index(state) >= STATES.index(goal))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(NEWS), st.lists(st.sampled_from(NEWS), max_size=4), st.data())
def test_any_order_comes_to_the_same_across_restarts(
    stores: BothStores, order: list[TransportNews], again: list[TransportNews], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, 10**9))
    named = [_renamed(news, number) for news in data.draw(st.permutations([*order, *again]))]
    stores.transports.begin([f"ours-{number}"])
    cut = data.draw(st.integers(0, len(named)))
    stores.transports.record(named[:cut])
    stores.restart()
    for news in named[cut:]:
        stores.transports.record([news])
    assert stores.state(f"ours-{number}") is TransportState.RECEIVED


def _renamed(news: TransportNews, number: int) -> TransportNews:
    return TransportNews(
        news.state,
        news.message_id and f"{news.message_id}-{number}",
        news.transport_id and f"{news.transport_id}-{number}",
    )


@pytest.mark.parametrize("order", [[FAILURE, REPLY, EVENTS[0]], [REPLY, EVENTS[0], FAILURE]])
def test_a_failure_stays_until_the_next_attempt(stores: BothStores, order: Sequence[TransportNews]) -> None:
    stores.transports.begin(["ours"])
    stores.transports.record(order)
    status = stores.transports.of(["ours"])["ours"]
    assert (status.state, status.fault, status.transport_id) == (
        TransportState.FAILED,
        "unknown service",
        "theirs",
    )
    again = stores.transports.begin(["ours"])["ours"]
    assert (again.state, again.attempts, again.fault) == (TransportState.QUEUED, 2, None)


def test_a_repeated_failure_of_an_earlier_attempt_does_not_fail_the_later_one(stores: BothStores) -> None:
    stores.transports.begin(["ours"])
    stores.transports.record([FAILURE])
    stores.transports.begin(["ours"])
    stores.transports.record([TransportNews(TransportState.ACCEPTED, "ours", "theirs-2")])
    stores.transports.record([TransportNews(TransportState.FAILED, transport_id="theirs", fault="again")])
    assert stores.state() is TransportState.ACCEPTED


def test_an_earlier_attempt_that_arrives_after_all_is_enough(stores: BothStores) -> None:
    stores.transports.begin(["ours"])
    stores.transports.record([REPLY])
    stores.transports.begin(["ours"])
    stores.transports.record([EVENTS[1]])
    assert stores.state() is TransportState.RECEIVED


def test_what_no_reader_follows_is_not_kept(stores: BothStores) -> None:
    stores.transports.record([REPLY, HANDED_OVER])
    assert stores.state() is None


def test_news_of_unknown_ids_is_bounded_and_the_oldest_goes(
    stores: BothStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "MOST_PARKED", 3)
    for number in range(5):
        stores.transports.record([TransportNews(TransportState.RECEIVED, transport_id=f"theirs-{number}")])
    for number in (0, 4):
        stores.transports.begin([f"ours-{number}"])
        reply = TransportNews(TransportState.ACCEPTED, f"ours-{number}", f"theirs-{number}")
        stores.transports.record([reply])
    assert stores.state("ours-0") is TransportState.ACCEPTED
    assert stores.state("ours-4") is TransportState.RECEIVED


def test_what_expired_is_moved_by_nothing_but_its_arrival(stores: BothStores) -> None:
    stores.transports.begin(["ours"])
    with stores.stores.of("north").writing() as uow:
        transports.expire(uow, "ours")
    stores.transports.record([REPLY, EVENTS[0]])
    assert stores.state() is TransportState.EXPIRED
    stores.transports.record([EVENTS[1]])
    assert stores.state() is TransportState.RECEIVED


def test_channels_do_not_hear_of_each_other(stores: BothStores) -> None:
    stores.transports.begin(["ours"])
    TenantTransports(stores.stores.of("north"), "north-edx", stores.clock).record([REPLY])
    assert stores.state() is TransportState.QUEUED
