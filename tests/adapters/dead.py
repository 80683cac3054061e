"""An outlet some of whose receivers are not there, in front of a channel that works."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.outgoing import Outgoing
from gateway.domain.tenant import Tenant
from gateway.ports import DeliveryError, Outlet, PipelinedOutlet
from gateway.records.messages import outbox
from gateway.records.messages.outbox import OutboxState, StoredMessage
from tests.adapters.local_gateway import LocalGateway
from tests.specimens import RESERVE_BID_7_2

DEAD = b"<dead"
"""So begins what is for a receiver that is not there."""


@dataclass
class SomeDead:
    """Implements `ports.Outlet` around one."""

    outlet: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outlet, name)

    def send(self, tenant: Tenant, envelope: Envelope) -> None:
        if envelope.payload.startswith(DEAD):
            raise DeliveryError("nobody is there")
        self.outlet.send(tenant, envelope)


@dataclass
class SomeDeadAtOnce(SomeDead):
    """Implements `ports.PipelinedOutlet` around one."""

    in_flight: int = 0
    patience_s: float = 0

    def begin(self, tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:
        live = [one for one in envelopes if not one.payload.startswith(DEAD)]
        begun = dict(zip((one.message_id for one in live), self.outlet.begin(tenant, live), strict=True))
        return [begun.get(one.message_id) or _nobody() for one in envelopes]


def _nobody() -> Future[None]:
    over: Future[None] = Future()
    over.set_exception(DeliveryError("nobody is there"))
    return over


@dataclass
class GatewayWithDeadReceivers(LocalGateway):
    """A gateway whose tenant has receivers that are not there."""

    dead: list[int] = field(default_factory=list)

    def _open(self, name: str, peer: Any) -> Outlet:
        outlet = super()._open(name, peer)
        if isinstance(outlet, PipelinedOutlet):
            return SomeDeadAtOnce(outlet, outlet.in_flight, outlet.patience_s)
        return SomeDead(outlet)

    def put_for(self, receiver: str | None, payload: bytes, answers: str) -> int:
        """Something for one receiver, in one conversation."""
        message = Outgoing(DocumentKind.BID_AVAILABILITY, "1.1", payload, answers=answers, receiver=receiver)
        with self.stores.of("north").writing() as uow:
            return outbox.put(uow, message, self.clock.now())

    def put_dead(self, count: int) -> None:
        """Something for so many receivers that are not there."""
        for number in range(count):
            payload = b"<dead%d/>" % number
            self.dead.append(self.put_for(f"place/{number}", payload, f"dead-{number}"))

    def dead_were_tried(self) -> bool:
        """Whether an attempt for each of them has failed."""
        known = messages(self)
        return all(known[number].attempts for number in self.dead)


def messages(local: LocalGateway) -> dict[int, StoredMessage]:
    """All that is or was to leave."""
    with local.stores.of("north").reading() as uow:
        return {one.id: one for one in outbox.after(uow, 0, 10_000)}


def tried(local: LocalGateway) -> list[int]:
    """Messages that wait, and were tried."""
    everything = messages(local).values()
    return [one.id for one in everything if one.state is OutboxState.WAITING and one.attempts]


def document(number: int) -> bytes:
    """A document of bids with a name of its own."""
    return RESERVE_BID_7_2.data.replace(b"TEST-DOC", f"TEST-{number}-DOC".encode(), 1)
