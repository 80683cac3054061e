"""A partner behind an emulated ECP endpoint, by its MADES web service."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from adapters.channels import ChannelTable
from contract_tests.emulators.mades import MadesEmulator
from gateway.ports import Outlet
from tests.adapters.cable import OnCable, cable_to
from tests.adapters.local_gateway import LocalGateway, Received

PROBLEM = "FLEXGATE-PROBLEM"
TYPES = {"Acknowledgement": "TEST-ACK", "BidAvailability": "TEST-AVAILABILITY"}


@dataclass
class MadesPeer(OnCable):
    endpoint: MadesEmulator
    tenant: str = "north"
    names_messages: bool = True
    types_messages: bool = False
    keeps_messages: bool = True
    is_answered_again: bool = False
    carries: Literal["both", "in", "out"] = "both"
    more: dict[str, Any] = field(default_factory=dict)

    def channel(self) -> ChannelTable:
        options: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.cable.port,
            "receiver": "SERVICE-TEST",
            "message_types": TYPES,
            "problems_type": PROBLEM,
            "reconnect_s": 0.05,
            "answer_timeout_s": 5.0,
            "received_timeout_s": 5.0,
            "poll_s": 0.02,
            "status_s": 0.01,
        }
        return ChannelTable(
            adapter="mades", tenant=self.tenant, carries=self.carries, options=options | self.more
        )

    def serve(self, _: LocalGateway) -> Outlet | None:
        return None

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:  # noqa: ARG002
        name = message_id or str(uuid.uuid4())
        self.endpoint.deliver(payload, name, name)

    def received(self) -> Sequence[Received]:
        return [
            Received(sent.body, sent.values["baMessageID"], sent.conversation_id)
            for sent in self.endpoint.sent
            if sent.values["businessType"] != PROBLEM
        ]

    def refusals(self) -> Sequence[str]:
        return [
            json.loads(sent.body)["type"]
            for sent in self.endpoint.sent
            if sent.values["businessType"] == PROBLEM
        ]


@contextmanager
def mades_peer(_: Path) -> Iterator[MadesPeer]:
    endpoint = MadesEmulator()
    endpoint.start()
    with cable_to(endpoint.port) as cable:
        yield MadesPeer(cable, endpoint)
    endpoint.stop()
