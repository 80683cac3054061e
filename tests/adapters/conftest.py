"""A gateway and a peer for every protocol."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.local_gateway import LocalGateway, Peer
from tests.adapters.peers import PEERS


@pytest.fixture
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    with PEERS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
def neighbour(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    """Another tenant's peer, of the same protocol as `peer`."""
    directory = tmp_path / "neighbour"
    directory.mkdir()
    with PEERS[request.node.callspec.params["peer"]](directory) as opened:
        opened.tenant = "south"
        yield opened


@pytest.fixture
def street(
    peer: Peer, neighbour: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalGateway]:
    """A gateway with both, not started yet."""
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.02)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.02)
    built = LocalGateway(tmp_path, peer, neighbour)
    yield built
    built.stop()


@pytest.fixture
def local(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalGateway]:
    """Not started yet."""
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.02)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.02)
    built = LocalGateway(tmp_path, peer)
    yield built
    built.stop()
