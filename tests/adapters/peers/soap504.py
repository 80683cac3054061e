"""A market platform at the gateway's IEC 62325-504 service: it puts, and polls for what lies ready."""

import atexit
import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import uvicorn
from starlette.applications import Starlette

from adapters.channels import ChannelTable
from contract_tests.brokers import free_ports
from contract_tests.emulators.client504 import Client504, ServiceFaultError
from contract_tests.emulators.identities import Identity, new_identity
from gateway.ports import Outlet, ServesHttp
from tests.adapters.local_gateway import LocalGateway, Received
from tests.intake.local_gateway import NOW
from tests.patience import eventually

PATHS = "/soap/iec62325-504"
PATH = f"{PATHS}/north-test"
_COMES_AGAIN = frozenset({"PUT-002", "HAND-022"})


@dataclass
class ServerThread:
    """An application at a port of its own, until it is closed."""

    app: Starlette
    port: int
    server: uvicorn.Server = field(init=False)
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=self.port, log_level="critical", lifespan="off"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        eventually(lambda: self.server.started, "the server to start")

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()


@dataclass
class Soap504Peer:
    directory: Path
    identity: Identity
    gateway: Identity
    port: int = field(default_factory=lambda: free_ports(1)[0])
    tenant: str = "north"
    names_messages: bool = True
    types_messages: bool = True
    keeps_messages: bool = False
    is_answered_again: bool = False
    came: list[Received] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    more: dict[str, object] = field(default_factory=dict)
    signers: list[Path] = field(default_factory=list)
    polls: bool = True
    cursor: int = 0
    pause_s: float = 0.02
    half: socket.socket | None = None
    server: ServerThread | None = None
    client: Client504 | None = None
    asking: threading.Lock = field(default_factory=threading.Lock)
    away: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def channel(self) -> ChannelTable:
        return ChannelTable(adapter="soap504-server", tenant=self.tenant, options=self.options())

    def options(self) -> dict[str, object]:
        return {
            "signing": {
                "certificate": str(self.gateway.certificate_file),
                "key": {"file": str(self.gateway.key_file)},
                "signers": [str(signer) for signer in self.signers or [self.identity.certificate_file]],
            },
            "silent_after_s": 0.5,
            "list_per_minute": 100_000,
            **self.more,
        }

    def serve(self, local: LocalGateway) -> Outlet | None:
        if self.server is not None:
            self.server.close()
        channel = local.channels[self.tenant]
        assert isinstance(channel, ServesHttp)
        self.server = ServerThread(Starlette(routes=list(channel.routes)), self.port)
        if self.client is None:
            self.client = Client504(
                f"http://127.0.0.1:{self.port}{PATHS}/{self.tenant}-test",
                self.identity,
                self.gateway.certificate,
                now=local.clock.now,
                timeout_s=5,
            )
            if self.polls:
                threading.Thread(target=self._poll, daemon=True).start()
        return None

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:
        assert self.client is not None
        named = {None: "XML", "application/xml": "XML", "application/json": "JSON"}
        # Only what is an element from its first to its last byte survives as one.
        whole = payload.startswith(b"<") and payload.rstrip(b"\n").endswith(b">")
        plain = whole and content_type in (None, "application/xml")
        format_ = None if plain else named.get(content_type, content_type)
        for _ in range(10):
            try:
                self.client.put(payload, message_id=message_id, compressed_as=format_)
            except ServiceFaultError as fault:
                if fault.code not in _COMES_AGAIN:
                    self.refused.append(fault.problem or fault.code)
                    return
            except httpx2.TransportError:
                pass
            else:
                return
            time.sleep(0.02)

    def received(self) -> Sequence[Received]:
        return list(self.came)

    def refusals(self) -> Sequence[str]:
        return list(self.refused)

    def unplug(self) -> None:
        self.away.set()
        with self.asking:
            pass  # what was under way has come

    def plug(self) -> None:
        self.away.clear()
        if self.half is not None:
            self.half.close()

    def hang(self) -> None:
        """Stop in the middle of a request."""
        self.unplug()
        self.half = socket.create_connection(("127.0.0.1", self.port))
        self.half.sendall(b"POST " + PATHS.encode())

    def slow_down(self, delay_s: float) -> None:
        self.pause_s = delay_s

    def _poll(self) -> None:
        while not self.over.wait(self.pause_s):
            with self.asking:
                self._ask()

    def _ask(self) -> None:
        assert self.client is not None
        if not self.away.is_set():
            with contextlib.suppress(httpx2.TransportError, ServiceFaultError):
                for listed in self.client.list_after(self.cursor):
                    self.over.wait(self.pause_s)
                    fetched = self.client.get(listed.code)
                    self.came.append(Received(fetched.payload, fetched.message_id, fetched.answers))
                    self.cursor = listed.code

    def close(self) -> None:
        self.over.set()
        if self.server is not None:
            self.server.close()


@cache
def identities() -> tuple[Identity, Identity]:
    """The platform's and the gateway's; keys take a while to make."""
    lasting = ExitStack()
    atexit.register(lasting.close)
    directory = Path(lasting.enter_context(TemporaryDirectory()))
    valid: dict[str, Any] = {"begins": NOW - timedelta(days=1), "lasts": timedelta(days=36500)}
    return new_identity("platform", directory, **valid), new_identity("gateway", directory, **valid)


@contextmanager
def standing_service(directory: Path) -> Iterator[tuple[LocalGateway, Client504]]:
    """A service for many tests that leave nothing behind, and a client that asks only on demand."""
    with soap504_peer(directory) as peer:
        peer.polls = False
        local = LocalGateway(directory, peer).start(wait=False)
        assert peer.client is not None
        yield local, peer.client
        local.stop()


@contextmanager
def soap504_peer(directory: Path) -> Iterator[Soap504Peer]:
    peer = Soap504Peer(directory, *identities())
    yield peer
    peer.close()
