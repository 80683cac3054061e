"""No answer waits for another's dead receiver: the same on every protocol, by the order of events alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records.messages.outbox import OutboxState
from tests.adapters.dead import DEAD, GatewayWithDeadReceivers, messages
from tests.adapters.local_gateway import Peer
from tests.adapters.peers import parameters
from tests.patience import eventually

pytestmark = pytest.mark.parametrize("peer", parameters(), indirect=True)

MOST_DEAD = 100
LIVE = 5


@pytest.fixture
def some_dead(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[GatewayWithDeadReceivers]:
    if request.node.callspec.params["peer"] == "soap504-server":
        pytest.skip("nothing is pushed here: the peer fetches what it wants, in any order")
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.02)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.02)
    built = GatewayWithDeadReceivers(tmp_path, peer)
    yield built
    built.stop()


def test_answers_arrive_while_a_hundred_others_are_dead(
    some_dead: GatewayWithDeadReceivers, peer: Peer
) -> None:
    some_dead.start()
    some_dead.put_dead(MOST_DEAD)
    eventually(some_dead.dead_were_tried, "an attempt for each of the dead")
    live = [b"<m%d/>" % number for number in range(LIVE)]
    numbers = [some_dead.put_for(None, payload, "run-1") for payload in live]
    eventually(lambda: len(peer.received()) >= LIVE, "what is for the living")
    assert [each.payload for each in peer.received()] == live, "in the order of their conversation"
    eventually(lambda: all(some_dead.state_of(each) is OutboxState.DELIVERED for each in numbers))
    known = messages(some_dead)
    assert {known[number].state for number in some_dead.dead} == {OutboxState.WAITING}
    assert not any(each.payload.startswith(DEAD) for each in peer.received())
