"""A peer that only offers pull, emulated, in either of its shapes."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from adapters.channels import ChannelTable
from contract_tests.emulators.pull_service import PullServiceEmulator
from gateway.ports import Outlet
from tests.adapters.cable import OnCable, cable_to
from tests.adapters.local_gateway import LocalGateway, Received

SHAPES: dict[str, dict[str, Any]] = {
    "flexgate": {
        "listing": {"path": "/list", "cursor_parameter": "after", "first_cursor": "0", "items": "/messages"},
        "message": {
            "key": "/id",
            "id": "/message_id",
            "cursor": "/id",
            "path": "/messages/{key}",
            "confirm_path": "/messages/{key}/confirm",
        },
    },
    "links": {
        "listing": {
            "path": "/list",
            "cursor_parameter": "cursor",
            "items": "/data/entries",
            "next": "/page/cursor",
        },
        "message": {"key": "/no", "id": "/uid", "link": "/links/0/href"},
    },
}


@dataclass
class PollPeer(OnCable):
    service: PullServiceEmulator
    tenant: str = "north"
    names_messages: bool = True
    types_messages: bool = True
    keeps_messages: bool = True
    is_answered_again: bool = False
    carries: Literal["both", "in", "out"] = "both"
    more: dict[str, Any] = field(default_factory=dict)

    def channel(self) -> ChannelTable:
        options: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.cable.port,
            "outgoing": {"path": "/documents", "problems_path": "/problems"},
            "reconnect_s": 0.05,
            "answer_timeout_s": 5.0,
            "poll_s": 0.02,
            **SHAPES[self.service.shape],
        }
        return ChannelTable(
            adapter="poll", tenant=self.tenant, carries=self.carries, options=options | self.more
        )

    def serve(self, _: LocalGateway) -> Outlet | None:
        return None

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:
        self.service.offer(payload, message_id or str(uuid.uuid4()), content_type or "application/xml")

    def received(self) -> Sequence[Received]:
        return [
            Received(each.body, each.headers["idempotency-key"], each.headers.get("ce-subject"))
            for each in self.service.posted
            if each.path == "/documents"
        ]

    def refusals(self) -> Sequence[str]:
        return [json.loads(each.body)["type"] for each in self.service.posted if each.path == "/problems"]


@contextmanager
def poll_peer(_: Path, shape: Literal["flexgate", "links"] = "flexgate") -> Iterator[PollPeer]:
    service = PullServiceEmulator(shape)
    service.start()
    with cable_to(service.port) as cable:
        yield PollPeer(cable, service)
    service.stop()


@contextmanager
def linking_peer(directory: Path) -> Iterator[PollPeer]:
    with poll_peer(directory, "links") as peer:
        yield peer
