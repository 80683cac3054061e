"""A broker that has gone silent: the connection is open, and nothing comes. Its heartbeat shows it."""

from typing import Any

import pytest

from tests.adapters.local_gateway import LocalGateway, Peer

HEARTBEATS = {"mqtt": "keepalive_s", "amqp091": "heartbeat_s", "ecp": "heartbeat_s"}
"""The option of each protocol in which the broker is not asked for anything."""


@pytest.mark.services
@pytest.mark.parametrize("peer", HEARTBEATS, indirect=True)
def test_a_broker_gone_silent_is_noticed_and_found_again(
    local: LocalGateway, peer: Peer, request: pytest.FixtureRequest
) -> None:
    local.start()
    channel: Any = local.channel
    option = HEARTBEATS[request.node.callspec.params["peer"]]
    channel._options = channel._options.model_copy(update={option: 1})  # for the next connection
    peer.unplug()
    local.until_health("down")
    peer.plug()
    local.until_health("up")
    peer.hang()
    local.until_health("down")
    peer.plug()
    local.until_health("up")
