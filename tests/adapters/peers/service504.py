"""A market operator behind an emulated IEC 62325-504 service."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from adapters.channels import ChannelTable
from contract_tests.emulators.service504 import Service504Emulator
from gateway.ports import Outlet
from tests.adapters.cable import OnCable, cable_to
from tests.adapters.local_gateway import LocalGateway, Received
from tests.adapters.peers.soap504 import identities

PROBLEM = "PROBLEM"
FORMATS = {None: "XML", "application/xml": "XML", "application/json": "JSON"}


@dataclass
class Service504Peer(OnCable):
    service: Service504Emulator
    tenant: str = "north"
    names_messages: bool = False  # its list numbers them
    types_messages: bool = True
    keeps_messages: bool = True
    is_answered_again: bool = False
    carries: Literal["both", "in", "out"] = "both"
    more: dict[str, Any] = field(default_factory=dict)
    lying: dict[tuple[str | None, bytes], int] = field(default_factory=dict)

    def channel(self) -> ChannelTable:
        _, gateway = identities()
        options: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.cable.port,
            "path": self.service.path,
            "signing": {
                "certificate": str(gateway.certificate_file),
                "key": {"file": str(gateway.key_file)},
                "signers": [str(self.service.identity.certificate_file)],
            },
            "reconnect_s": 0.05,
            "answer_timeout_s": 5.0,
            "poll_s": 0.02,
            "problems_format": PROBLEM,
        }
        return ChannelTable(
            adapter="soap504-client", tenant=self.tenant, carries=self.carries, options=options | self.more
        )

    def serve(self, local: LocalGateway) -> Outlet | None:
        self.service.now = local.clock.now
        return None

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:
        """A message that is sent again is the same entry of the list."""
        if message_id is None or (message_id, payload) not in self.lying:
            code = self.service.deliver(payload, message_id, FORMATS.get(content_type, content_type))
            self.lying[message_id, payload] = code

    def received(self) -> Sequence[Received]:
        return [
            Received(put.body, put.message_id, put.correlation_id)
            for put in self.service.came
            if put.format != PROBLEM
        ]

    def refusals(self) -> Sequence[str]:
        return [json.loads(put.body)["type"] for put in self.service.came if put.format == PROBLEM]


@contextmanager
def service504_peer(_: Path) -> Iterator[Service504Peer]:
    operator, gateway = identities()
    service = Service504Emulator(operator, gateway.certificate)
    service.start()
    with cable_to(service.port) as cable:
        yield Service504Peer(cable, service)
    service.stop()
