"""Dead letters: what was given up, why, and whether it can be sent after all.

Sent after all means new attempts under the same message id, so a peer that had it already knows it again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import structlog

from gateway.delivery.envelopes import end_of_use
from gateway.domain.role import OVERSEERS
from gateway.domain.tenant import Tenant
from gateway.domain.transport import TransportStatus
from gateway.ports import Clock, UnitOfWork
from gateway.records.engine.stores import Stores
from gateway.records.messages import (
    acknowledgements,
    backlogs,
    inbox,
    outbox,
    receiver_turns,
    transports,
    webhooks,
)
from gateway.records.messages.acknowledgements import PeerAnswer
from gateway.records.messages.backlogs import Backlog, Overdue
from gateway.records.messages.inbox import EnvelopeState, StoredEnvelope
from gateway.records.messages.outbox import DeathCause, OutboxState, StoredMessage

WEBHOOK: Final = "webhook"
_log: Final = structlog.get_logger(__name__)
_LOOKED_AFTER: Final = frozenset({OutboxState.DEAD, OutboxState.WAITING, OutboxState.REPLACED})


class UnknownDeadLetterError(LookupError):
    """There is no such message."""


class CannotRedriveError(Exception):
    """The message cannot be sent after all; the text states why."""


class CannotGiveUpError(Exception):
    """The message cannot be given up; the text states why."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up, was replaced or still waits, without its content.

    Attributes:
        answer: which document its receiver is to acknowledge; None where that wants none.
        next_attempt_at: the end of its own pause or its receiver's, the later; None: it has none, or does not
            wait.
    """

    tenant: str
    message: StoredMessage
    transport: TransportStatus | None
    answer: PeerAnswer | None
    age: timedelta
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefusedDocument:
    """A received document in quarantine, without its content."""

    tenant: str
    envelope: StoredEnvelope


@dataclass(frozen=True, slots=True)
class TenantBacklog:
    """Backlog of messages to a tenant.

    Attributes:
        overdue: the oldest documents that it has and did not acknowledge in time.
        sent_by: channel by which messages are sent to it, or its webhook; None: it fetches them.
        stopped_because: why nothing is pushed to its webhook any more.
    """

    backlog: Backlog
    overdue: Sequence[Overdue]
    sent_by: str | None
    stopped_because: str | None


class DeadLetters:
    """Of all tenants, each seen by itself and by operators.

    Args:
        max_age_of: the age up to which each tenant's peer accepts messages.
        rebuilding: tenants for which our documents are rebuilt when these became too old for them.
        channels: by tenant, the name of the channel by which its messages are sent, where there is one.
    """

    def __init__(
        self,
        stores: Stores,
        tenants: Mapping[str, Tenant],
        max_age_of: Callable[[str], timedelta | None],
        clock: Clock,
        rebuilding: Collection[str] = (),
        *,
        channels: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._stores = stores
        self._tenants = tenants
        self._max_age_of = max_age_of
        self._clock = clock
        self._rebuilding = frozenset(rebuilding)
        self._channels = channels

    def listed(self, viewer: Tenant, limit: int) -> Sequence[DeadLetter]:
        """The latest of each tenant, at most `limit` of each, latest first."""
        found: list[DeadLetter] = []
        for tenant in self._seen_by(viewer):
            with self._stores.of(tenant).reading() as uow:
                found += [self._letter(uow, tenant, message) for message in outbox.dead(uow, limit)]
        return sorted(found, key=lambda letter: letter.message.created_at, reverse=True)

    def before(self, viewer: Tenant, message_id: str, limit: int) -> Sequence[DeadLetter]:
        """Those of its tenant that were made before a message that is or was a dead letter, latest first.

        Raises:
            UnknownDeadLetterError: see `find`.
        """
        letter = self.find(viewer, message_id)
        with self._stores.of(letter.tenant).reading() as uow:
            found = outbox.dead(uow, limit, before=letter.message.id)
            return [self._letter(uow, letter.tenant, message) for message in found]

    def refused(self, viewer: Tenant, limit: int) -> Sequence[RefusedDocument]:
        """Documents of each tenant in quarantine, at most `limit` of each, latest first."""
        found: list[RefusedDocument] = []
        for tenant in self._seen_by(viewer):
            with self._stores.of(tenant).reading() as uow:
                found += [
                    RefusedDocument(tenant, envelope)
                    for envelope in inbox.latest(uow, limit, EnvelopeState.REFUSED)
                ]
        return sorted(found, key=lambda document: document.envelope.received_at, reverse=True)

    def waiting(self, viewer: Tenant, limit: int) -> Sequence[DeadLetter]:
        """Messages to each tenant that are still to go out, at most `limit` of each, oldest first."""
        found: list[DeadLetter] = []
        for tenant in self._seen_by(viewer):
            with self._stores.of(tenant).reading() as uow:
                found += [self._letter(uow, tenant, message) for message in outbox.waiting(uow, limit)]
        return sorted(found, key=lambda letter: letter.message.created_at)

    def find(self, viewer: Tenant, message_id: str) -> DeadLetter:
        """One dead letter, one that was replaced or sent after all, or a message that waits.

        Raises:
            UnknownDeadLetterError: there is none.
        """
        for tenant in self._seen_by(viewer):
            with self._stores.of(tenant).reading() as uow:
                message = outbox.named(uow, message_id)
                if message is not None and (message.state in _LOOKED_AFTER or message.redriven):
                    return self._letter(uow, tenant, message)
        raise UnknownDeadLetterError(f"there is no dead letter {message_id!r}")

    def redrive(self, viewer: Tenant, message_id: str, by: str) -> DeadLetter:
        """Have a dead letter sent after all; `by` requested it.

        Raises:
            UnknownDeadLetterError: see `find`.
            CannotRedriveError: it is of no more use, or is not dead any more.
        """
        letter = self.find(viewer, message_id)
        with self._stores.of(letter.tenant).writing() as uow:
            message = outbox.find(uow, letter.message.id) or letter.message
            if (why := self._why_not(uow, letter.tenant, message)) is not None:
                raise CannotRedriveError(why)
            outbox.redrive(uow, message.id)
        _log.warning("message redriven", tenant=letter.tenant, message=message_id, by=by)
        return self.find(viewer, message_id)

    def give_up(self, viewer: Tenant, message_id: str, why: str, by: str) -> DeadLetter:
        """Send a message no more: `by` gave it up, and `why` is stored as its reason. What waits behind it
        goes on.

        Raises:
            UnknownDeadLetterError: see `find`.
            CannotGiveUpError: it does not wait.
        """
        letter = self.find(viewer, message_id)
        with self._stores.of(letter.tenant).writing() as uow:
            message = outbox.find(uow, letter.message.id) or letter.message
            if message.state is not OutboxState.WAITING:
                raise CannotGiveUpError(f"the message is {message.state}, it does not wait")
            outbox.give_up(
                uow, message.id, why, DeathCause.BY_HAND, at=self._clock.now(), failures=message.attempts
            )
        _log.warning("message given up by hand", tenant=letter.tenant, message=message_id, by=by, why=why)
        return self.find(viewer, message_id)

    def backlog(self, tenant: str) -> Backlog:
        """Backlog of messages to a tenant."""
        with self._stores.of(tenant).reading() as uow:
            return backlogs.backlog(uow)

    def backlogs(
        self, viewer: Tenant, after: str, limit: int, most_overdue: int
    ) -> Mapping[str, TenantBacklog]:
        """Backlogs of messages to up to `limit` tenants whose names follow `after`, by name."""
        found: dict[str, TenantBacklog] = {}
        for tenant in sorted(name for name in self._seen_by(viewer) if name > after)[:limit]:
            with self._stores.of(tenant).reading() as uow:
                webhook = None if tenant in self._channels else webhooks.find(uow)
                pushed = WEBHOOK if webhook is not None and webhook.active else None
                found[tenant] = TenantBacklog(
                    backlogs.backlog(uow),
                    backlogs.overdue(uow, most_overdue),
                    self._channels.get(tenant, pushed),
                    None if webhook is None else webhook.disabled_because,
                )
        return found

    def _seen_by(self, viewer: Tenant) -> Iterable[str]:
        return self._tenants if viewer.is_everywhere_a(*OVERSEERS) else (viewer.tenant_id,)

    def _letter(self, uow: UnitOfWork, tenant: str, message: StoredMessage) -> DeadLetter:
        age = self._clock.now() - message.created_at
        answer = acknowledgements.of(uow, [message.id]).get(message.id)
        transport = transports.find(uow, message.message_id)
        return DeadLetter(tenant, message, transport, answer, age, _next_attempt(uow, message))

    def _why_not(self, uow: UnitOfWork, tenant: str, message: StoredMessage) -> str | None:
        if message.state is not OutboxState.DEAD:
            return f"the message is {message.state}, no dead letter"
        if message.dead_because is DeathCause.UNWRITABLE:
            return f"there is nothing to send: {message.last_error}"
        can_rebuild = message.made_here and tenant in self._rebuilding
        end = end_of_use(message, None if can_rebuild else self._max_age_of(tenant))
        if end is not None and self._clock.now() > end:
            return f"the message is of no more use since {_text(end)}; what expired is never sent"
        answer = acknowledgements.of(uow, [message.id]).get(message.id)
        if answer is not None and (newer := acknowledgements.newest_revision(uow, answer)) > answer.revision:
            return f"revision {newer} of the document was sent since; an older one would undo it"
        return None


def _next_attempt(uow: UnitOfWork, message: StoredMessage) -> datetime | None:
    """When a message may go out again; None: at its turn, or never."""
    if message.state is not OutboxState.WAITING:
        return None
    pauses = message.next_attempt_at, receiver_turns.paused_until(uow, message.receiver)
    return max((end for end in pauses if end is not None), default=None)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
