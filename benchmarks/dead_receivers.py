"""How long an answer takes while so many others have receivers that are not there, for every protocol.

Over MQTT the dead are response topics without a subscriber, at a real broker. On other protocols a tenant has
one receiver, so a wrapper in front of its channel plays those that are not there. Attempts for all of them
have failed before the clock starts, and go on while it runs.
"""

import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.adapters.dead import GatewayWithDeadReceivers, document, tried
from tests.adapters.local_gateway import LocalGateway, eventually
from tests.adapters.peers import PEERS
from tests.adapters.peers.mqtt import MqttPeer, mqtt_peer

MOST_DEAD = 100
PROTOCOLS = ("rest", "poll", "folder", "amqp091", "ecp", "mades", "soap504-client")


def dead_receivers() -> Iterator[dict[str, Any]]:
    """One line per protocol."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for protocol in ("mqtt", *PROTOCOLS):
        line = {"part": "dead_receivers", "protocol": protocol, "dead": MOST_DEAD}
        with tempfile.TemporaryDirectory() as directory:
            try:
                took = _of_topics(Path(directory)) if protocol == "mqtt" else _of(protocol, Path(directory))
                yield line | {"seconds": round(took, 3)}
            except pytest.skip.Exception as absent:
                yield line | {"skipped": str(absent)}


def _of(protocol: str, directory: Path) -> float:
    with PEERS[protocol](directory) as peer:
        local = GatewayWithDeadReceivers(directory, peer).start()
        try:
            local.put_dead(MOST_DEAD)
            eventually(local.dead_were_tried)
            begun = time.monotonic()
            local.put_for(None, b"<live/>", "live")
            eventually(peer.received)
            return time.monotonic() - begun
        finally:
            local.stop()


def _of_topics(directory: Path) -> float:
    with mqtt_peer(directory) as peer:
        local = LocalGateway(directory, peer).start()
        try:
            for number in range(MOST_DEAD):
                peer.publish(document(number), ResponseTopic=f"{peer.base}/dead/{number}")
            eventually(lambda: len(tried(local)) == MOST_DEAD)
            return _until_answered(peer)
        finally:
            local.stop()


def _until_answered(peer: MqttPeer) -> float:
    begun = time.monotonic()
    peer.publish(document(MOST_DEAD))
    eventually(lambda: peer.at("/ack"))
    return time.monotonic() - begun
