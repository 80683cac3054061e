"""A peer that drops files and takes answers away."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.channels import ChannelTable
from gateway.ports import Outlet
from tests.adapters.local_gateway import LocalGateway, Received


@dataclass
class FolderPeer:
    directory: Path
    tenant: str = "north"
    names_messages: bool = False
    types_messages: bool = False
    keeps_messages: bool = True
    is_answered_again: bool = True
    stable_s: float = 0.05
    sent: list[str] = field(default_factory=list)
    came: dict[str, Received] = field(default_factory=dict)

    def channel(self) -> ChannelTable:
        options = {"directory": str(self.directory), "stable_s": self.stable_s, "poll_s": 0.02}
        return ChannelTable(adapter="folder", tenant=self.tenant, options=options)

    def serve(self, _: LocalGateway) -> Outlet | None:
        return None

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:
        suffix = {None: "xml", "application/json": "json"}.get(content_type, "xml")
        name = f"{len(self.sent):03}-{message_id or uuid.uuid4().hex}.{suffix}"
        self.sent.append(name)
        inbox = self.directory / "inbox"
        inbox.mkdir(exist_ok=True)
        hidden = inbox / f".{name}"
        hidden.write_bytes(payload)
        hidden.rename(inbox / name)

    def received(self) -> Sequence[Received]:
        if (outbox := self.directory / "outbox").is_dir():
            files = [file for file in outbox.iterdir() if not file.name.startswith(".")]
            for file in sorted(files, key=lambda file: file.stat().st_mtime_ns):
                named = next((name for name in self.sent if file.name.startswith(f"{name}.")), None)
                self.came.setdefault(
                    file.name, Received(file.read_bytes(), file.name.split(".")[-2], answers=named)
                )
        return list(self.came.values())

    def refusals(self) -> Sequence[str]:
        reasons = sorted((self.directory / "error").glob("*.reason"))
        return [json.loads(reason.read_bytes())["type"] for reason in reasons]

    def hang(self) -> None:
        pytest.skip("a folder is there or it is not; it cannot be there and say nothing")

    def slow_down(self, delay_s: float) -> None:  # noqa: ARG002
        pytest.skip(
            "files are put without waiting for a reader; a file that grows slowly has a test of its own"
        )

    def unplug(self) -> None:
        self.directory.rename(self.directory.with_name("unmounted"))

    def plug(self) -> None:
        self.directory.with_name("unmounted").rename(self.directory)


@contextmanager
def folder_peer(directory: Path) -> Iterator[FolderPeer]:
    shared = directory / "shared"
    shared.mkdir()
    yield FolderPeer(shared)
