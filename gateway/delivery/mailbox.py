"""The outbox of one tenant as a channel sees it whose peer comes to fetch."""

from collections.abc import Sequence
from datetime import timedelta

from gateway.delivery.envelopes import end_of_use, envelopes_of
from gateway.domain.envelope import Envelope
from gateway.ports import Clock, Letter
from gateway.records.engine.store import Store
from gateway.records.messages import outbox
from gateway.records.messages.outbox import DeathCause, OutboxState, StoredMessage


class TenantMailbox:
    """Implements `ports.Mailbox` for one channel in one tenant store."""

    def __init__(self, store: Store, channel: str, clock: Clock, max_age: timedelta | None) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._max_age = max_age

    def after(self, code: int, limit: int) -> Sequence[Letter]:
        """See `ports.Mailbox.after`."""
        letters: list[Letter] = []
        while True:
            with self._store.reading() as uow:
                page = outbox.after(uow, code, limit)
            late = [message for message in page if self._is_late(message)]
            self._give_up([message for message in late if message.state is OutboxState.WAITING])
            letters += [_letter(message) for message in page if message not in late]
            if len(letters) >= limit or len(page) < limit:
                return letters[:limit]
            code = page[-1].id

    def fetch(self, code: int) -> Envelope | None:
        """See `ports.Mailbox.fetch`."""
        with self._store.reading() as uow:
            message = outbox.find(uow, code)
            if message is None or self._is_late(message):
                return None
            envelopes = envelopes_of(uow, self._store.name, self._channel, [message], self._max_age)
        return envelopes.get(message.id)

    def confirm(self, code: int) -> None:
        """See `ports.Mailbox.confirm`."""
        with self._store.writing() as uow:
            outbox.confirm(uow, code, self._clock.now())

    def _is_late(self, message: StoredMessage) -> bool:
        if message.state is OutboxState.REPLACED or message.dead_because is DeathCause.UNWRITABLE:
            return True
        end = end_of_use(message, self._max_age)
        return end is not None and self._clock.now() > end

    def _give_up(self, messages: Sequence[StoredMessage]) -> None:
        if not messages:
            return
        now = self._clock.now()
        with self._store.writing() as uow:
            for message in messages:
                outbox.expire(uow, message, now)


def _letter(message: StoredMessage) -> Letter:
    waits = message.state is OutboxState.WAITING
    return Letter(message.id, message.kind, message.created_at, waits=waits)
