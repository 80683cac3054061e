"""Protocols between packages of one layer, without implementations."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NewType, Protocol, runtime_checkable

from gateway.domain.document import CanonicalDocument
from gateway.domain.envelope import Envelope
from gateway.domain.messaging import MessageInterface
from gateway.domain.reason import Finding
from gateway.domain.tenant import Tenant
from gateway.domain.transport import TransportNews, TransportStatus

if TYPE_CHECKING:  # a process that handles documents starts in half the time without these
    from pydantic import BaseModel
    from starlette.routing import BaseRoute


class Clock(Protocol):
    """The time of the gateway; tests have clocks of their own."""

    def now(self) -> datetime:
        """The present moment, UTC."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The proof that an envelope is stored; only now may an adapter confirm to its peer.

    Attributes:
        envelope_id: under which its status and answer are found.
        repeated: the same message with the same content came before; nothing was done twice.
    """

    envelope_id: str
    repeated: bool


UnitOfWork = NewType("UnitOfWork", object)
"""An open transaction of one store, a tenant's or the shared one; only `gateway.records` looks inside."""


class ConflictError(Exception):
    """The same message id came with other content. The first content stays."""


class StoreUnavailableError(Exception):
    """Nothing can be stored or read now; the text states why. Nothing was changed; it may pass by itself."""


class StoreFullError(StoreUnavailableError):
    """There is no space left."""


class BusyError(Exception):
    """The gateway cannot store now; the peer should retry after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int, because: str = "busy") -> None:
        super().__init__(retry_after_s, because)
        self.retry_after_s, self.because = retry_after_s, because

    def __str__(self) -> str:
        return f"{self.because}; retry after {self.retry_after_s} s"


class Intake(Protocol):
    """Accepts the messages that adapters receive."""

    def submit(self, envelopes: Sequence[Envelope]) -> Future[Sequence[Receipt | ConflictError]]:
        """Begin to store envelopes of one tenant; the future is done when they are durable.

        They are stored in their order. A conflict concerns its envelope alone; for anything else the future
        raises, `BusyError` as a rule, and what is stored then is known when handed in again. Callbacks are
        short.
        """

    def answer_again(self, envelope: Envelope, first: Receipt, *, redelivered: bool) -> None:
        """Answer a repeated message under the names of the repetition; durable on return. One that may be
        `redelivered` is a repetition only if it names another correlation or place for the answer."""


class DocumentApplier(Protocol):
    """Applies canonical documents of one kind."""

    def apply(
        self,
        uow: UnitOfWork,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,
        received_at: datetime,
    ) -> Sequence[Finding]:
        """Apply the document inside the tenant's open transaction.

        Findings about single time series refuse these only (where the tenant accepts parts), and what was
        applied must then be the rest; a finding about the document refuses it, and the transaction's effects
        are rolled back by the caller. A finding with code `COMPLEMENTARY` is a remark: it refuses nothing.
        """


class DeliveryError(Exception):
    """An outlet could not hand a message over. It is tried again later, unless it is `final`: never accepted.

    Its receiver is not there, and nothing else is sent there meanwhile, unless the failure is of this message
    `alone`: then others to the same receiver go on.
    """

    def __init__(self, message: str, *, final: bool = False, alone: bool = False) -> None:
        super().__init__(message)
        self.final = final
        self.alone = alone or final


class Outlet(Protocol):
    """An adapter that pushes messages to its peer.

    Attributes:
        name: of the channel; what came in by the same channel is answered with the peer's own ids.
        max_age: a message older than this is of no more use to the peer; None: only its own time counts.
    """

    name: str
    max_age: timedelta | None

    @property
    def largest(self) -> int | None:
        """Bytes of the largest document that the peer accepts, as far as is known now; None: any.

        A larger one never leaves: it becomes a dead letter of its receiver, who can still fetch it.
        """

    def is_open(self, tenant: Tenant) -> bool:
        """Whether there is somewhere to push to now; until then messages wait, and no attempt counts."""

    def send(self, tenant: Tenant, envelope: Envelope) -> None:
        """Hand the message over; returning means the peer has it. Blocking.

        Raises:
            DeliveryError: not handed over, or in doubt; a repetition carries the same message id.
        """


@runtime_checkable
class PipelinedOutlet(Outlet, Protocol):
    """An outlet that can have several messages in flight.

    Attributes:
        in_flight: how many at most.
        patience_s: how long one may be in flight; after that it is in doubt.
    """

    in_flight: int
    patience_s: float

    def begin(self, tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:
        """Begin to hand messages over, in their order; each future is done, or raises, as `send` would."""


class ChannelState(StrEnum):
    """Whether a channel works."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """How a channel is.

    Attributes:
        since: when it came into this state. last_error: why it was last down; it stays when it is up again.
    """

    state: ChannelState
    since: datetime
    last_error: str | None = None


class Channel(Outlet, Protocol):
    """A running connection between one tenant and one adapter, in one or both directions.

    What comes in is handed to `ports.Intake` and confirmed to the peer only afterwards. A `BusyError` is
    back-pressure: the channel accepts nothing more until the message in hand is stored.
    """

    def start(self) -> None:
        """Begin to connect and to receive; returns at once. A peer that is not there is tried again."""

    def stop(self) -> None:
        """Finish what is in hand and let go; what is not confirmed comes again after the next start."""

    def health(self) -> ChannelHealth:
        """How it is now."""


class Initiative(StrEnum):
    """Who begins when a message passes."""

    PEER = "peer"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Description of an adapter, for developers of peers.

    Attributes:
        protocol: name and version.
        information_model: what may be inside the messages.
        inward, outward: who begins when a message comes in and when one leaves. timing: when messages pass.
        interaction: the steps of an exchange, in their order.
        messages: where it is a message protocol, its addresses and messages.
        carries_json: whether it carries notices, which are no market documents.
    """

    protocol: str
    information_model: str
    inward: Initiative
    outward: Initiative
    timing: str
    interaction: tuple[str, ...]
    messages: tuple[MessageInterface, ...] = ()
    carries_json: bool = True


class Bookmark(Protocol):
    """How far a channel that fetches from its peer has come; survives restarts.

    A channel writes it only after everything before that place is stored.
    """

    def read(self) -> str | None:
        """The place last written; None before the first."""

    def write(self, place: str) -> None:
        """Store the place to continue at after a restart. Returning means it is durable."""


class Transports(Protocol):
    """How far the messages of a channel came, where the network between reports it; survives restarts.

    Only messages that were begun are followed. News under an id that is not known yet is stored until it is.
    """

    def begin(self, message_ids: Sequence[str]) -> Mapping[str, TransportStatus]:
        """Note that messages are about to be handed over, once more perhaps; before they are."""

    def of(self, message_ids: Sequence[str]) -> Mapping[str, TransportStatus]:
        """States of messages; without those before their first attempt."""

    def record(self, news: Sequence[TransportNews]) -> Mapping[str, TransportStatus]:
        """Record what the network reported, durably; return the new state of its messages."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is ready to be fetched, without its content.

    Attributes:
        code: grows with every message; the peer's cursor.
        waits: it was not fetched yet.
    """

    code: int
    message_type: str
    created_at: datetime
    waits: bool


class Mailbox(Protocol):
    """Messages ready for a peer that fetches: the pull side of the tenant's outbox.

    Messages become visible in the order of their codes. Messages of no more use to the peer are not included.
    """

    def after(self, code: int, limit: int) -> Sequence[Letter]:
        """Up to `limit` letters that follow `code`, oldest first, fetched before or not."""

    def fetch(self, code: int) -> Envelope | None:
        """The message with its content; None if there is none."""

    def confirm(self, code: int) -> None:
        """The peer has the message."""


@runtime_checkable
class ServesHttp(Protocol):
    """A channel whose peer calls the gateway by HTTP."""

    @property
    def routes(self) -> Sequence["BaseRoute"]:
        """Routes for the application; below a path with the name of the channel in it."""


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """Resources of a channel.

    Attributes:
        name: of the channel in the configuration.
        bookmark: its own.
        mailbox: where its messages lie ready.
        transports: of the messages it sends.
        receives, sends: its directions.
        largest_bytes: a larger message is refused.
        largest_outgoing_bytes: of a document that the tenant accepts; None where not configured.
        max_age: see `Outlet`.
    """

    name: str
    tenant: Tenant
    intake: Intake
    clock: Clock
    bookmark: Bookmark
    mailbox: Mailbox
    transports: Transports
    receives: bool
    sends: bool
    largest_bytes: int
    largest_outgoing_bytes: int | None = None
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Adapter:
    """A protocol, declared once under the entry point group `flexgate.adapters`.

    Attributes:
        options: the settings of one channel; `adapters.kit.options` has types for files and secrets.
        open: makes a channel from checked options; does not connect yet. Imports what it needs itself, so
            that nothing of a protocol that is not used has to be installed.
        extra: the extra of this distribution that brings what `open` imports.
    """

    descriptor: Descriptor
    options: "type[BaseModel]"
    open: Callable[[Any, ChannelContext], Channel] = field(repr=False)
    extra: str | None = None
