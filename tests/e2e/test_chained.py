"""Two gateways: one polls the other's outbox and posts to it, as any peer with this contract would."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from adapters.channels import ChannelTable
from gateway.domain.document import DocumentKind
from gateway.domain.outgoing import Outgoing
from gateway.records.engine.stores import Stores
from gateway.records.messages import outbox
from gateway.records.messages.outbox import OutboxState
from tests.adapters.local_gateway import LocalGateway
from tests.e2e.running import SECRET, Member, Running
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import NORTH, RESERVE_BID_7_2

GOOD = RESERVE_BID_7_2.data
MACHINE = "north-machine"


class OtherGateway:
    """The peer: a gateway for whom we are the tenant `north`."""

    def __init__(self, running: Running, proof: dict[str, Any]) -> None:
        self.running = running
        self.proof = proof

    def channel(self) -> ChannelTable:
        options = {
            "host": "127.0.0.1",
            "port": self.running.port,
            "poll_s": 0.05,
            "reconnect_s": 0.05,
            "oauth": {"token_url": f"{self.running.url}/oauth/token"} | self.proof,
        }
        return ChannelTable(adapter="poll", tenant="north", options=options)

    def serve(self, _: LocalGateway) -> None:
        return None


@pytest.fixture
def proofs(tmp_path: Path) -> dict[str, dict[str, Any]]:
    key = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
    (tmp_path / "key.jwk").touch(0o600)
    (tmp_path / "key.jwk").write_text(json.dumps(key.as_dict(private=True)))
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return {
        "secret": {"client_id": "north", "secret": {"file": "secret"}},
        "key": {"client_id": MACHINE, "key": {"file": "key.jwk"}},
    }


@pytest.fixture(params=["secret", "key"])
def peer(request: pytest.FixtureRequest, tmp_path: Path, proofs: dict[str, Any]) -> Iterator[OtherGateway]:
    machine = f'[clients.{MACHINE}]\ntenant = "north"\npublic_keys = "jwks.json"\n'
    running = Running(tmp_path / "other", [Member("north", "platform", [(NORTH, "A01")])], machine)
    yield OtherGateway(running, proofs[request.param])
    if running.process is not None and running.process.poll() is None:
        running.end()


@pytest.fixture
def local(peer: OtherGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalGateway]:
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.02)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.02)
    built = LocalGateway(tmp_path, peer)  # type: ignore[arg-type]  # only its channel is asked for
    yield built
    built.stop()


def put_at(running: Running, payload: bytes) -> int:
    """Let a message for us be in the outbox of the other gateway, which does not run yet."""
    stores = Stores(running.directory / "data" / "stores", ["north"])
    with stores.of("north").writing() as uow:
        number = outbox.put(uow, Outgoing(DocumentKind.RESERVE_BID, "7.2", payload), datetime.now(UTC))
    stores.close()
    return number


def test_documents_pass_in_both_directions(local: LocalGateway, peer: OtherGateway) -> None:
    running = peer.running
    passed_on = put_at(running, GOOD)
    running.start()
    local.start()
    eventually(lambda: len(local.noted()) == RESERVE_BID_7_2.series, "the bids that the other passed on")
    with running.as_("north") as client:

        def outbox_there() -> list[dict[str, Any]]:
            messages: list[dict[str, Any]] = client.get("/v1/outbox").json()["messages"]
            return messages

        eventually(lambda: outbox_there()[0]["state"] == OutboxState.DELIVERED, "the confirmation")
        assert outbox_there()[0]["id"] == passed_on
        sent = local.put(GOOD.replace(b"TEST-DOC", b"OUR-DOC", 1))
        eventually(lambda: local.state_of(sent) is OutboxState.DELIVERED, "our document to be taken")
        eventually(lambda: len(outbox_there()) == 2, "its acknowledgement")
        acknowledgement = client.get(f"/v1/outbox/{outbox_there()[1]['id']}").content
        assert codes_of(acknowledgement_in(acknowledgement)) == ["A02", "A03", "A57"], "no gate is open there"
        eventually(lambda: outbox_there()[1]["state"] == OutboxState.DELIVERED, "us to fetch it")
    assert local.envelopes() == 2, "the bids and the acknowledgement, each once"
