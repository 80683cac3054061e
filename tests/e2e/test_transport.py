"""A gateway that is killed while the network carries its message goes on with it, and sends it once."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

import esmp
from tests.adapters.services import needs_proton
from tests.e2e.running import Member, Running, json_of
from tests.e2e.test_routing import ROUTES
from tests.intake.local_gateway import acknowledgement_in, codes_of
from tests.intake.test_forwarding import FOR_SOUTH, answer_of_south
from tests.specimens import NORTH, RESERVE_BID_7_2, SOUTH

if TYPE_CHECKING:
    from contract_tests.emulators.endpoint import EndpointEmulator

NORTHERN = Member("north", "platform", [(NORTH, "A01")])
SOUTHERN = Member("south", "platform", [(SOUTH, "A01")])
CHANNEL = """
[channels.ecp]
adapter = "amqp10"
tenant = "{tenant}"
[channels.ecp.options]
host = "127.0.0.1"
port = {port}
receiver = "SERVICE-TEST"
message_types = {{ Acknowledgement = "TEST-ACK", ReserveBid = "TEST-BID" }}
reconnect_s = 0.05
"""


@pytest.fixture
def endpoint() -> "Iterator[EndpointEmulator]":
    needs_proton()
    from contract_tests.emulators.endpoint import EndpointEmulator  # noqa: PLC0415  (proton is an extra)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    emulator = EndpointEmulator(port)
    emulator.start()
    yield emulator
    emulator.stop()


def message_for(tenant: str, gateway: Running) -> dict[str, Any]:
    (found,) = json_of(gateway.as_(tenant).get("/v1/outbox"))["messages"] or [{}]
    return dict(found)


def test_kill_9_while_the_network_carries_a_message(tmp_path: Path, endpoint: "EndpointEmulator") -> None:
    gateway = Running(tmp_path, [NORTHERN], CHANNEL.format(tenant="north", port=endpoint.port))

    def message() -> dict[str, Any]:
        return message_for("north", gateway)

    endpoint.faults.late = 1
    with gateway:
        endpoint.deliver(RESERVE_BID_7_2.data, {"messageType": "TEST-BID", "baMessageID": "bids-1"})
        gateway.until(lambda: message().get("transport") == "accepted", "the reply of the endpoint")
        assert message()["state"] == "waiting"
        gateway.end(signal.SIGKILL)
    with gateway:
        gateway.until(lambda: endpoint.connected == 1, "the connection")
        assert message()["transport"] == "accepted"
        endpoint.report_late()
        gateway.until(lambda: message()["state"] == "delivered", "the delivery")
        assert message()["transport"] == "received"
    (sent,) = endpoint.sent
    assert sent.properties["baMessageID"] == sent.correlation_id
    assert codes_of(acknowledgement_in(sent.body))[0] == "A02"  # there is no gate for the bids


def test_from_one_protocol_to_the_other_and_back(tmp_path: Path, endpoint: "EndpointEmulator") -> None:
    channel = CHANNEL.format(tenant="south", port=endpoint.port)
    with Running(tmp_path, [NORTHERN, SOUTHERN], channel + ROUTES) as gateway:
        north = gateway.as_("north")
        gateway.hand_in(north, FOR_SOUTH)
        gateway.until(lambda: endpoint.sent, "the bids at the endpoint")
        (sent,) = endpoint.sent
        assert sent.properties["messageType"] == "TEST-BID"
        identity = esmp.validate(sent.body).identity
        assert identity is not None
        assert (identity.family, identity.version) == ("ReserveBid", "7.4")
        mrid = str(etree.fromstring(FOR_SOUTH).findtext("{*}mRID"))
        endpoint.deliver(answer_of_south("A01", mrid=mrid), {"messageType": "TEST-ACK", "messageID": "a"})
        messages = gateway.until(
            lambda: (found := json_of(north.get("/v1/outbox"))["messages"])[1:] and found, "the answer"
        )
        assert [message["kind"] for message in messages] == ["Acknowledgement"] * 2
        answer = north.get(f"/v1/outbox/{messages[1]['id']}").content
        assert acknowledgement_in(answer).header.sender.party.code == SOUTH
        bids = message_for("south", gateway)
        assert (bids["transport"], bids["acknowledgement"]["state"]) == ("received", "accepted")
