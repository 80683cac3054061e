"""A gateway around one channel: real intake, real dispatcher, real stores; it can be stopped and started."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from adapters.channels import ChannelSetting, ChannelTable, checked_channels
from gateway.delivery import Dispatcher, RetrySchedule
from gateway.domain.document import CanonicalDocument, DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.gate_notice import NOTICE_KIND, NOTICE_VERSION, GateEvent, GateNotice
from gateway.domain.market_time import Interval
from gateway.domain.outgoing import Outgoing
from gateway.domain.reason import Finding
from gateway.domain.tenant import Tenant
from gateway.intake.service.handling import Handler
from gateway.intake.service.service import IntakeService
from gateway.ports import BusyError, Channel, ConflictError, Outlet, Receipt
from gateway.processes.closings import RecordClosings
from gateway.records.engine.stores import Stores
from gateway.records.market import closings, gates
from gateway.records.messages import inbox, outbox
from gateway.records.messages.inbox import EnvelopeState
from gateway.records.messages.outbox import OutboxState
from mappings import canonical_json
from tests.intake.local_gateway import GATEWAY_ROLE, NOW, Notebook, noted, tenant
from tests.patience import eventually
from tests.processes.world import gate
from tests.specimens import NORTH as NORTH_PARTY
from tests.stores import stores_in

NORTH, SOUTH = (  # of the same party, so that both may hand in the same documents
    replace(tenant(name, NORTH_PARTY), webhook_hosts=("localhost",)) for name in ("north", "south")
)
TENANTS = {"north": NORTH, "south": SOUTH}
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
        tenant: whose peer it is.
        names_messages: whether its messages have ids of their own.
        types_messages: whether its messages have content types.
        keeps_messages: whether what it sends is kept while the gateway is away.
        is_answered_again: whether it hears the old answer once more when it sends a message again; else the
            network between may bring messages again by itself, or the peer is sent the answer's address.
    """

    tenant: str
    names_messages: bool
    types_messages: bool
    keeps_messages: bool
    is_answered_again: bool

    def channel(self) -> ChannelTable | None:
        """The channel's part of the configuration; None for the REST interface, which has none."""
        ...

    def serve(self, local: "LocalGateway") -> Outlet | None:
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

    def hang(self) -> None:
        """Let it be reached and say nothing; skips where there is no such thing."""
        ...

    def plug(self) -> None:
        """Let it be there and speak again."""
        ...

    def slow_down(self, delay_s: float) -> None:
        """Let it take so long for every step; skips where there is no such thing."""
        ...


@dataclass
class Clock:
    """Goes on from a fixed moment."""

    started: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - self.started)


@dataclass
class Hashing(Notebook):
    """Notes also the canonical hash of what it took; the document of the mRID `fatal` it never can."""

    hashes: list[str] = field(default_factory=list)
    fatal: str | None = None

    def apply(
        self,
        store: Connection,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,
        received_at: datetime,
    ) -> Sequence[Finding]:
        if document.header.mrid == self.fatal:
            raise RuntimeError("poison")
        self.hashes.append(canonical_json.canonical_hash(document))
        return super().apply(store, tenant, document, document_id, received_at)


@dataclass
class Hindered:
    """An intake that is busy, or fails after it stored, as often as is set."""

    intake: IntakeService
    busy: int = 0
    failing: int = 0

    def answer_again(self, envelope: Envelope, first: Receipt, *, redelivered: bool) -> None:
        self.intake.answer_again(envelope, first, redelivered=redelivered)

    def submit(self, envelopes: Sequence[Envelope]) -> Future[Sequence[Receipt | ConflictError]]:
        reported: Future[Sequence[Receipt | ConflictError]] = Future()
        if self.busy:
            self.busy -= 1
            reported.set_exception(BusyError(retry_after_s=0))
            return reported
        stored = self.intake.submit(envelopes)
        if not self.failing:
            return stored
        self.failing -= 1
        stored.add_done_callback(
            lambda _: reported.set_exception(RuntimeError("after storing, before confirming"))
        )
        return reported


@dataclass
class LocalGateway:
    """The gateway with one tenant's channel, or with that of a neighbour too."""

    directory: Path
    peer: Peer
    neighbour: Peer | None = None
    stores: Stores = field(init=False)
    intake: Hindered = field(init=False)
    process: Hashing = field(default_factory=Hashing)
    clock: Clock = field(default_factory=Clock)
    channels: dict[str, Channel] = field(default_factory=dict)
    dispatcher: Dispatcher | None = None

    def __post_init__(self) -> None:
        self.peers = {"north": self.peer} | ({} if self.neighbour is None else {"south": self.neighbour})
        self.tenants = {name: TENANTS[name] for name in self.peers}
        self.open_stores()

    @property
    def channel(self) -> Channel | None:
        """That of the peer; the REST interface is none."""
        return self.channels.get("north")

    def open_stores(self) -> None:
        self.stores = stores_in(self.directory / "stores", self.tenants)
        self.intake = Hindered(IntakeService(self.handler()))

    def handler(self) -> Handler:
        return Handler(
            self.stores,
            self.tenants,
            {
                DocumentKind.RESERVE_BID: self.process,
                DocumentKind.STATUS_REQUEST: RecordClosings(self.stores),
            },
            GATEWAY_ROLE,
            self.clock,
        )

    def start(self, *, wait: bool = True) -> "LocalGateway":
        self.intake.intake.start()
        ways_out = {name: self._open(name, peer) for name, peer in self.peers.items()}
        self.dispatcher = Dispatcher(self.stores, self.tenants, ways_out.__getitem__, self.clock, SOON)
        self.dispatcher.start()
        for name, channel in self.channels.items():
            channel.start()
            if wait:
                self.until_health("up", name)
        return self

    def _open(self, name: str, peer: Peer) -> Outlet:
        table = peer.channel()
        if table is not None:
            self.channels[name] = setting_of(table, self.directory, self.tenants).open(
                self.tenants[name], self.intake, self.stores, self.clock, LARGEST_BYTES
            )
        outlet = peer.serve(self) or self.channels.get(name)
        assert outlet is not None
        return outlet

    def stop(self) -> None:
        if self.dispatcher is not None:
            self.dispatcher.stop(grace_s=0.2)
        for channel in self.channels.values():
            channel.stop()
        self.channels.clear()
        if self.dispatcher is not None:
            self.dispatcher.stop()
            self.dispatcher = None
        self.intake.intake.stop()
        self.stores.close()

    def restart(self) -> None:
        self.stop()
        self.open_stores()
        self.start()

    def until_health(self, state: str, tenant: str = "north") -> None:
        channel = self.channels.get(tenant)
        if channel is not None:
            eventually(lambda: channel.health().state.value == state, f"the channel to be {state}")

    def put(self, payload: bytes, not_after: datetime | None = None) -> int:
        message = Outgoing(
            DocumentKind.BID_AVAILABILITY, "1.1", payload, answers="run-1", not_after=not_after
        )
        with self.stores.of("north").writing() as uow:
            return outbox.put(uow, message, self.clock.now())

    def put_notice(self) -> int:
        """Queue what says that a gate was cancelled."""
        notice = GateNotice(
            GateEvent.CANCELLED, "g1", 2, NOW, "mFRR", "A47", Interval(NOW, NOW + timedelta(hours=1)), {}
        )
        message = Outgoing(
            NOTICE_KIND, NOTICE_VERSION, msgspec.json.encode(notice), content_type="application/json"
        )
        with self.stores.of("north").writing() as uow:
            return outbox.put(uow, message, self.clock.now())

    def state_of(self, message: int) -> OutboxState:
        with self.stores.of("north").reading() as uow:
            found = outbox.find(uow, message)
        assert found is not None
        return found.state

    def envelopes(self) -> int:
        with self.stores.of("north").reading() as uow:
            return len(uow.execute(inbox.envelopes.select()).all())

    def open_gates(self, *names: str) -> None:
        """Gates of the peer, of one process each, that are open now."""
        with self.stores.shared.writing() as stores:
            for name, process in zip(names, ("A47", "A51"), strict=False):
                one = gate(name, platforms=("north",), process=process, opens_at=NOW - timedelta(hours=1))
                gates.put(stores, one)

    def sent_everything(self) -> Mapping[str, datetime]:
        """Gates of which the peer said that it has sent everything, and when."""
        with self.stores.of("north").reading() as uow:
            return closings.times(uow)

    def noted(self) -> list[str]:
        return noted(self.stores)

    def quarantined(self) -> list[bytes]:
        """The documents that are kept because they were refused, oldest first."""
        with self.stores.of("north").reading() as uow:
            kept = inbox.latest(uow, 100, EnvelopeState.REFUSED)
            return [inbox.payload_of(uow, each.envelope_id) or b"" for each in reversed(kept)]


def setting_of(
    table: ChannelTable, directory: Path, tenants: Mapping[str, Tenant] = TENANTS
) -> ChannelSetting:
    (setting,), faults = checked_channels({f"{table.tenant}-test": table}, tenants, directory)
    assert faults == []
    return setting


def stays(true: Callable[[], object], seconds: float = 0.3) -> bool:
    """Whether something is so, and still is after a while."""
    end = time.monotonic() + seconds
    while true():
        if time.monotonic() > end:
            return True
        time.sleep(0.02)
    return False
