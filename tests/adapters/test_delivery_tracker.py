"""Bringing a message to its goal: an attempt is gone on with after an end, and repeated when it is over."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.kit.delivery_tracker import DeliveryTracker, Patience
from gateway.domain.transport import TransportNews, TransportState, TransportStatus
from gateway.ports import DeliveryError
from gateway.records.engine.stores import Stores
from gateway.records.messages.transports import TenantTransports

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHORT = Patience(TransportState.RECEIVED, answer_s=0.05, goal_s=0.1)
LONG = Patience(TransportState.RECEIVED, answer_s=20, goal_s=40)


class Clock:
    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


class Network:
    """Takes messages and reports the states it is given."""

    def __init__(self, directory: Path) -> None:
        self.clock = Clock()
        self.stores = Stores(directory, ["north"])
        self.transports = TenantTransports(self.stores.of("north"), "north-ecp", self.clock)
        self.progress = DeliveryTracker(self.transports, self.clock, LONG)
        self.handed_over = 0

    def reports(self, *states: TransportState) -> None:
        self.progress.record(*(TransportNews(state, "ours", "theirs", "unknown service") for state in states))

    def deliver(self, patience: Patience, *states: TransportState) -> None:
        def hand_over() -> None:
            self.handed_over += 1
            self.reports(*states)

        self.progress = DeliveryTracker(self.transports, self.clock, patience)
        self.progress.deliver("ours", hand_over)

    @property
    def state(self) -> TransportState:
        return self.transports.of(["ours"])["ours"].state


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    built = Network(tmp_path)
    yield built
    built.stores.close()


def test_it_returns_when_the_goal_is_reached_and_never_sends_again(network: Network) -> None:
    network.deliver(LONG, TransportState.HANDED_OVER, TransportState.ACCEPTED, TransportState.RECEIVED)
    network.deliver(LONG)
    assert network.handed_over == 1


def test_a_failure_is_reported_and_the_next_attempt_sends_again(network: Network) -> None:
    with pytest.raises(DeliveryError, match="unknown service"):
        network.deliver(LONG, TransportState.FAILED)
    network.deliver(LONG, TransportState.RECEIVED)
    assert network.handed_over == 2


def test_without_any_news_it_is_unknown_whether_it_was_handed_over(network: Network) -> None:
    with pytest.raises(DeliveryError, match="no news in time; queued so far"):
        network.deliver(SHORT)
    assert network.state is TransportState.UNKNOWN
    network.deliver(LONG, TransportState.RECEIVED)
    assert network.handed_over == 2


@pytest.mark.parametrize("state", [TransportState.HANDED_OVER, TransportState.ACCEPTED])
def test_an_attempt_under_way_is_gone_on_with(network: Network, state: TransportState) -> None:
    with pytest.raises(DeliveryError, match=f"{state} so far"):
        network.deliver(SHORT, state)
    again = DeliveryTracker(network.transports, network.clock, LONG)  # the next process
    timer = threading.Timer(0.1, lambda: again.record(TransportNews(TransportState.RECEIVED, "ours")))
    timer.start()
    again.deliver("ours", lambda: pytest.fail("sent a second time"))
    timer.join()


@pytest.mark.parametrize(
    ("state", "over_s"), [(TransportState.HANDED_OVER, 20), (TransportState.ACCEPTED, 40)]
)
def test_an_attempt_of_which_nothing_more_is_expected_is_repeated(
    network: Network, state: TransportState, over_s: int
) -> None:
    with pytest.raises(DeliveryError):
        network.deliver(SHORT, state)
    network.clock.moment += timedelta(seconds=over_s)
    network.deliver(LONG, TransportState.RECEIVED)
    assert network.handed_over == 2


def test_an_interruption_ends_the_waiting_and_not_the_attempt(network: Network) -> None:
    patience = Patience(TransportState.RECEIVED, answer_s=20, goal_s=40, ask_s=0.01)
    network.progress = DeliveryTracker(network.transports, network.clock, patience)

    def hand_over() -> None:
        network.handed_over += 1
        network.reports(TransportState.ACCEPTED)

    def interrupt(_: TransportStatus) -> None:
        network.progress.interrupt("the connection broke")

    with pytest.raises(DeliveryError, match="the connection broke; accepted so far"):
        network.progress.deliver("ours", hand_over, interrupt)
    network.reports(TransportState.RECEIVED)
    network.deliver(LONG)
    assert network.handed_over == 1


def test_a_network_that_does_not_report_is_polled(network: Network) -> None:
    asked: list[TransportStatus] = []

    def ask(status: TransportStatus) -> None:
        asked.append(status)
        if len(asked) == 3:
            network.reports(TransportState.RECEIVED)

    patience = Patience(TransportState.RECEIVED, answer_s=20, goal_s=40, ask_s=0.01)
    network.progress = DeliveryTracker(network.transports, network.clock, patience)
    network.progress.deliver("ours", lambda: network.reports(TransportState.ACCEPTED), ask)
    assert [status.transport_id for status in asked] == ["theirs"] * 3


def test_what_could_not_be_handed_over_is_tried_again(network: Network) -> None:
    def fail() -> None:
        raise DeliveryError("the endpoint is not connected")

    with pytest.raises(DeliveryError, match="not connected"):
        network.progress.deliver("ours", fail)
    network.deliver(LONG, TransportState.RECEIVED)
    assert network.handed_over == 1


def test_messages_under_way_together_end_each_for_itself(network: Network) -> None:
    left: list[str] = []
    network.progress = DeliveryTracker(network.transports, network.clock, SHORT)
    there, refused, silent = network.progress.start(["there", "refused", "silent"], left.extend)
    assert left == ["there", "refused", "silent"]
    network.progress.record(
        TransportNews(TransportState.FAILED, "refused", fault="unknown service"),
        TransportNews(TransportState.RECEIVED, "there"),
    )
    assert there.result(0) is None
    assert str(refused.exception(0)) == "unknown service"
    assert not silent.done()
    time.sleep(SHORT.answer_s)
    network.progress.check_deadlines()
    assert str(silent.exception(0)) == "no news in time; queued so far"
    assert left == ["there", "refused", "silent"]
    _, again, restarted = network.progress.start(["there", "silent", "another"], left.extend)
    assert left[3:] == ["silent", "another"]
    network.progress.interrupt("the gateway stops")
    assert str(again.exception(0)) == str(restarted.exception(0)) == "the gateway stops; queued so far"
