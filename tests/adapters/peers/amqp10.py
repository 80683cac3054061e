"""A partner behind an emulated ECP endpoint or EDX toolbox."""

import json
import socket
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from adapters.channels import ChannelTable
from gateway.ports import Outlet
from tests.adapters.cable import OnCable, cable_to
from tests.adapters.local_gateway import LocalGateway, Received
from tests.adapters.services import needs_proton

if TYPE_CHECKING:
    from contract_tests.emulators.endpoint import Sent

PROBLEM = "FLEXGATE-PROBLEM"
TYPES = {"Acknowledgement": "TEST-ACK", "BidAvailability": "TEST-AVAILABILITY"}


class Endpoint(Protocol):
    """What every emulated endpoint can do, whosever AMQP it speaks."""

    sent: "list[Sent]"
    faults: Any

    @property
    def unconfirmed(self) -> int: ...
    @property
    def under_way(self) -> int: ...
    def deliver(
        self, body: bytes, properties: Mapping[str, Any], content_type: str | None = None
    ) -> None: ...
    def report_late(self) -> None: ...


@dataclass
class EndpointPeer(OnCable):
    endpoint: Endpoint
    kind: Literal["ecp", "edx"]
    tenant: str = "north"
    names_messages: bool = True
    types_messages: bool = True
    keeps_messages: bool = True
    is_answered_again: bool = False
    answer_timeout_s: float = 5.0
    bid_type: str = "TEST-BID"
    more: dict[str, Any] = field(default_factory=dict)

    def channel(self) -> ChannelTable:
        options: dict[str, Any] = {
            "kind": self.kind,
            "host": "127.0.0.1",
            "port": self.cable.port,
            "receiver": "SERVICE-TEST",
            "message_types": TYPES,
            "problems_type": PROBLEM,
            "reconnect_s": 0.05,
            "answer_timeout_s": self.answer_timeout_s,
            "received_timeout_s": 5.0,
        }
        return ChannelTable(adapter="amqp10", tenant=self.tenant, options=options | self.more)

    def serve(self, _: LocalGateway) -> Outlet | None:
        return None

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:
        properties = {
            self.named("messageType"): self.bid_type,
            "baMessageId": message_id or str(uuid.uuid4()),
        }
        self.endpoint.deliver(payload, properties, content_type)

    def named(self, name: str) -> str:
        return "businessType" if self.kind == "edx" and name == "messageType" else name

    def received(self) -> Sequence[Received]:
        documents = [
            sent for sent in self.endpoint.sent if sent.properties[self.named("messageType")] != PROBLEM
        ]
        return [
            Received(sent.body, sent.properties["baMessageID"], sent.properties.get("baCorrelationID"))
            for sent in documents
        ]

    def refusals(self) -> Sequence[str]:
        return [
            json.loads(sent.body)["type"]
            for sent in self.endpoint.sent
            if sent.properties[self.named("messageType")] == PROBLEM
        ]


@contextmanager
def endpoint_peer(_: Path, kind: Literal["ecp", "edx"] = "ecp") -> Iterator[EndpointPeer]:
    needs_proton()
    from contract_tests.emulators.endpoint import EndpointEmulator  # noqa: PLC0415  (proton is an extra)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = EndpointEmulator(port, kind)
    endpoint.start()
    with cable_to(port) as cable:
        yield EndpointPeer(cable, endpoint, kind)
    endpoint.stop()


@contextmanager
def toolbox_peer(directory: Path) -> Iterator[EndpointPeer]:
    with endpoint_peer(directory, "edx") as peer:
        yield peer
