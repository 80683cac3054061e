"""The other sides of the channels: one module per protocol, and which of them there are."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.adapters.local_gateway import Peer
from tests.adapters.peers.amqp091 import rabbit_peer
from tests.adapters.peers.amqp10 import endpoint_peer, toolbox_peer
from tests.adapters.peers.folder import folder_peer
from tests.adapters.peers.mades import mades_peer
from tests.adapters.peers.mqtt import mqtt_peer
from tests.adapters.peers.poll import linking_peer, poll_peer
from tests.adapters.peers.rest import rest_peer
from tests.adapters.peers.rhea import rhea_peer
from tests.adapters.peers.service504 import service504_peer
from tests.adapters.peers.soap504 import soap504_peer


class Opening(Protocol):
    def __call__(self, directory: Path) -> AbstractContextManager[Peer]: ...


PEERS: dict[str, Opening] = {
    "rest": rest_peer,
    "folder": folder_peer,
    "mqtt": mqtt_peer,
    "amqp091": rabbit_peer,
    "ecp": endpoint_peer,
    "edx": toolbox_peer,
    "ecp-rhea": rhea_peer,
    "mades": mades_peer,
    "poll": poll_peer,
    "poll-links": linking_peer,
    "soap504-server": soap504_peer,
    "soap504-client": service504_peer,
}
SERVICES = frozenset({"mqtt", "amqp091", "ecp-rhea"})
"""Those that need a program that is not ours."""


def parameters() -> list[Any]:
    return [pytest.param(name, marks=pytest.mark.services if name in SERVICES else ()) for name in PEERS]
