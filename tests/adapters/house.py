"""A gateway around one channel: real intake, real dispatcher, real rooms; it can be stopped and started."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from adapters.channels import ChannelSetting, ChannelTable, checked_channels
from gateway.delivery import Dispatcher, RetrySchedule
from gateway.domain.document import CanonicalDocument, DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.reason import Finding
from gateway.domain.tenant import Tenant
from gateway.intake.service import IntakeService
from gateway.ports import BusyError, Channel, ConflictError, Outlet, Receipt
from gateway.records import inbox, outbox
from gateway.records.outbox import OutboxState, Outgoing
from gateway.records.store import Store
from mappings import canonical_json
from tests.intake.house import GATEWAY_ROLE, NOW, Notebook, noted, tenant
from tests.specimens import NORTH as NORTH_PARTY

NORTH = replace(tenant("north", NORTH_PARTY), webhook_hosts=("localhost",))
TENANTS = {"north": NORTH}
LARGEST_BYTES = 64 * 1024
SOON = RetrySchedule(first=timedelta(milliseconds=50), longest=timedelta(milliseconds=200), attempts=200)


@dataclass
class Received:
    """What the peer got."""

    payload: bytes
    message_id: str | None = None
    answers: str | None = None


class Peer(Protocol):
    """The other side of a channel, speaking its protocol.

    Attributes:
        names_messages: whether its messages have ids of their own.
        types_messages: whether its messages have content types.
        keeps_messages: whether what it sends is kept while the gateway is away.
    """

    names_messages: bool
    types_messages: bool
    keeps_messages: bool

    def channel(self) -> ChannelTable | None:
        """The channel's part of the configuration; None for the REST interface, which has none."""
        ...

    def serve(self, house: "House") -> Outlet | None:
        """The gateway starts; gives the way out where it is no channel."""
        ...

    def send(self, payload: bytes, message_id: str | None = None, content_type: str | None = None) -> None:
        """Hand a message over by the protocol, as a peer does that keeps all its rules."""
        ...

    def received(self) -> Sequence[Received]:
        """Documents that came, in their order."""
        ...

    def refusals(self) -> Sequence[str]:
        """Problem types that were answered."""
        ...

    def unplug(self) -> None:
        """Let the peer be out of reach of the gateway, and break what is under way."""
        ...

    def plug(self) -> None:
        """Let it be there again."""
        ...


@dataclass
class Clock:
    """Goes on from a fixed moment."""

    started: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - self.started)


@dataclass
class Hashing(Notebook):
    """Notes also the canonical hash of what it took."""

    hashes: list[str] = field(default_factory=list)

    def take(
        self,
        room: Connection,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,
        received_at: datetime,
    ) -> Sequence[Finding]:
        self.hashes.append(canonical_json.canonical_hash(document))
        return super().take(room, tenant, document, document_id, received_at)


@dataclass
class Hindered:
    """An intake that is busy, or fails after it stored, as often as told."""

    intake: IntakeService
    busy: int = 0
    failing: int = 0

    def accept(self, envelope: Envelope) -> Receipt:
        (given,) = self.submit([envelope]).result()
        if isinstance(given, ConflictError):
            raise given
        return given

    def submit(self, envelopes: Sequence[Envelope]) -> Future[Sequence[Receipt | ConflictError]]:
        told: Future[Sequence[Receipt | ConflictError]] = Future()
        if self.busy:
            self.busy -= 1
            told.set_exception(BusyError(retry_after_s=0))
            return told
        stored = self.intake.submit(envelopes)
        if not self.failing:
            return stored
        self.failing -= 1
        stored.add_done_callback(
            lambda _: told.set_exception(RuntimeError("after storing, before confirming"))
        )
        return told


@dataclass
class House:
    """The gateway with one tenant's channel."""

    directory: Path
    peer: Peer
    store: Store = field(init=False)
    intake: Hindered = field(init=False)
    process: Hashing = field(default_factory=Hashing)
    clock: Clock = field(default_factory=Clock)
    channel: Channel | None = None
    dispatcher: Dispatcher | None = None

    def __post_init__(self) -> None:
        self.open_rooms()

    def open_rooms(self) -> None:
        self.store = Store(self.directory / "rooms", TENANTS)
        self.intake = Hindered(
            IntakeService(
                self.store, TENANTS, {DocumentKind.RESERVE_BID: self.process}, GATEWAY_ROLE, self.clock
            )
        )

    def start(self, *, wait: bool = True) -> "House":
        self.intake.intake.start()
        table = self.peer.channel()
        if table is not None:
            self.channel = setting_of(table, self.directory).open(
                NORTH, self.intake, self.store, self.clock, LARGEST_BYTES
            )
        outlet = self.peer.serve(self) or self.channel
        assert outlet is not None
        way_out = outlet
        self.dispatcher = Dispatcher(self.store, TENANTS, lambda _: way_out, self.clock, SOON)
        self.dispatcher.start()
        if self.channel is not None:
            self.channel.start()
            if wait:
                self.until_health("up")
        return self

    def stop(self) -> None:
        if self.dispatcher is not None:
            self.dispatcher.stop(grace_s=0.2)
        if self.channel is not None:
            self.channel.stop()
            self.channel = None
        if self.dispatcher is not None:
            self.dispatcher.stop()
            self.dispatcher = None
        self.intake.intake.stop()
        self.store.close()

    def restart(self) -> None:
        self.stop()
        self.open_rooms()
        self.start()

    def until_health(self, state: str) -> None:
        channel = self.channel
        if channel is not None:
            eventually(lambda: channel.health().state.value == state, f"the channel to be {state}")

    def put(self, payload: bytes, not_after: datetime | None = None) -> int:
        message = Outgoing(
            DocumentKind.BID_AVAILABILITY, "1.1", payload, answers="run-1", not_after=not_after
        )
        with self.store.room("north").writing() as room:
            return outbox.put(room, message, self.clock.now())

    def state_of(self, message: int) -> OutboxState:
        with self.store.room("north").reading() as room:
            found = outbox.find(room, message)
        assert found is not None
        return found.state

    def envelopes(self) -> int:
        with self.store.room("north").reading() as room:
            return len(room.execute(inbox.envelopes.select()).all())

    def noted(self) -> list[str]:
        return noted(self.store)


def setting_of(table: ChannelTable, directory: Path) -> ChannelSetting:
    (setting,), faults = checked_channels({"north-test": table}, TENANTS, directory)
    assert faults == []
    return setting


def eventually(true: Callable[[], object], what: str = "it", seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


def stays(true: Callable[[], object], seconds: float = 0.3) -> bool:
    """Whether something is so, and still is after a while."""
    end = time.monotonic() + seconds
    while true():
        if time.monotonic() > end:
            return True
        time.sleep(0.02)
    return False
