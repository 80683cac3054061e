"""How far messages came on their way, where the network between reports it (ECP, EDX).

News that names a message only by the network's own id waits in the store until that id is known, restarts or
not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    Integer,
    Row,
    String,
    Table,
    bindparam,
    delete,
    func,
    select,
    update,
)

from gateway.domain.transport import TransportNews, TransportState, TransportStatus, furthest
from gateway.ports import Clock, UnitOfWork
from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.prepared import PreparedInsert, PreparedListSelect
from gateway.records.engine.store import Store, tenant_tables
from gateway.records.engine.unit_of_work import sql

MOST_PARKED: Final = 10_000
"""Pieces of news on unknown ids that are stored for one channel; an endpoint may serve other applications
too."""

transports = Table(
    "transports",
    tenant_tables,
    Column("channel", String, primary_key=True),
    Column("message_id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("transport_id", String),
    Column("fault", String),
)

transport_ids = Table(
    "transport_ids",
    tenant_tables,
    Column("channel", String, primary_key=True),
    Column("transport_id", String, primary_key=True),
    Column("message_id", String),
    Column("attempt", Integer),
    Column("state", String, nullable=False),
    Column("reported_at", Moment, nullable=False, index=True),
)

POLICY = (
    *field_policies(
        transports,
        days_after("begun_at", "undelivered"),
        channel="whose network reports on the message",
        message_id="the message of the outbox",
        state="how far it came",
        begun_at="the timeout of an answer counts from it; start of the retention period",
        attempts="how often it was handed over under the same id",
        transport_id="the id for queries to the network, and to the partner's operator",
        fault="why the last attempt failed",
    ),
    *field_policies(
        transport_ids,
        days_after("reported_at", "undelivered"),
        channel="whose network assigned the id",
        transport_id="the network's own name for a message",
        message_id="the message of the outbox; empty until the network reports it",
        attempt="an earlier attempt that failed does not fail the later one",
        state="the furthest that was reported under this id",
        reported_at="the oldest without a message is deleted first; start of the retention period",
    ),
)

_STATUSES = PreparedListSelect(
    lambda ids: select(
        transports.c.message_id,
        transports.c.state,
        transports.c.begun_at,
        transports.c.attempts,
        transports.c.transport_id,
        transports.c.fault,
    ).where(transports.c.channel == bindparam("of_channel"), transports.c.message_id.in_(ids))
)
_NAMES = PreparedListSelect(
    lambda ids: select(
        transport_ids.c.transport_id,
        transport_ids.c.state,
        transport_ids.c.reported_at,
        transport_ids.c.message_id,
        transport_ids.c.attempt,
    ).where(transport_ids.c.channel == bindparam("of_channel"), transport_ids.c.transport_id.in_(ids))
)
_NEW_STATUSES = PreparedInsert(transports)
_NEW_NAMES = PreparedInsert(transport_ids)
_SET_STATUS = (
    update(transports)
    .where(transports.c.channel == bindparam("of_channel"), transports.c.message_id == bindparam("id"))
    .values({name: bindparam(name) for name in ("state", "begun_at", "attempts", "transport_id", "fault")})
)
_SET_NAME = (
    update(transport_ids)
    .where(
        transport_ids.c.channel == bindparam("of_channel"), transport_ids.c.transport_id == bindparam("id")
    )
    .values({name: bindparam(name) for name in ("state", "reported_at", "message_id", "attempt")})
)


def find(uow: UnitOfWork, message_id: str) -> TransportStatus | None:
    """State of a message; None where no network reports it. Of several channels, the last counts."""
    statement = (
        select(transports)
        .where(transports.c.message_id == message_id)
        .order_by(transports.c.begun_at.desc())
        .limit(1)
    )
    row = sql(uow).execute(statement).one_or_none()
    return None if row is None else _status(row)


def states(uow: UnitOfWork, messages: Sequence[str]) -> dict[str, TransportState]:
    """States of messages by id, without those that no network reports."""
    statement = (
        select(transports.c.message_id, transports.c.state)
        .where(transports.c.message_id.in_(messages))
        .order_by(transports.c.begun_at)
    )
    return {row.message_id: TransportState(row.state) for row in sql(uow).execute(statement)}


def expire(uow: UnitOfWork, message_id: str) -> None:
    """A message is of no more use; nothing but the news that it was received counts any more."""
    for row in sql(uow).execute(select(transports).where(transports.c.message_id == message_id)).all():
        before = {message_id: _status(row)}
        after = {message_id: _lifted(before[message_id], TransportState.EXPIRED)}
        _put_statuses(uow, row.channel, after, before)


class TenantTransports:
    """Implements `ports.Transports` for one channel in one tenant store."""

    def __init__(self, store: Store, channel: str, clock: Clock) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock

    def begin(self, message_ids: Sequence[str]) -> Mapping[str, TransportStatus]:
        """See `ports.Transports.begin`."""
        with self._store.writing() as uow:
            now = self._clock.now()
            before = _statuses(uow, self._channel, message_ids)
            begun = {
                message_id: TransportStatus(
                    TransportState.QUEUED, now, before[message_id].attempts + 1 if message_id in before else 1
                )
                for message_id in message_ids
            }
            _put_statuses(uow, self._channel, begun, before)
        return begun

    def of(self, message_ids: Sequence[str]) -> Mapping[str, TransportStatus]:
        """See `ports.Transports.of`."""
        with self._store.reading() as uow:
            return _statuses(uow, self._channel, message_ids)

    def record(self, news: Sequence[TransportNews]) -> Mapping[str, TransportStatus]:
        """See `ports.Transports.record`."""
        with self._store.writing() as uow:
            known = _Known(uow, self._channel, news)
            now = self._clock.now()
            for each in news:
                known.note(each, now)
            known.put()
        return known.statuses


@dataclass(frozen=True, slots=True)
class _Name:
    """A report under the network's own name for a message, and the message, once that is known."""

    state: TransportState
    reported_at: datetime
    message_id: str | None = None
    attempt: int | None = None


class _Known:
    """States of the messages that news is about, and the changes by the news."""

    def __init__(self, uow: UnitOfWork, channel: str, news: Sequence[TransportNews]) -> None:
        self._uow = uow
        self._channel = channel
        self._names_before = _names(
            uow, channel, [each.transport_id for each in news if each.transport_id is not None]
        )
        ours = {each.message_id for each in news} | {each.message_id for each in self._names_before.values()}
        self._statuses_before = _statuses(uow, channel, [one for one in ours if one is not None])
        self.statuses = dict(self._statuses_before)
        self._names = dict(self._names_before)

    def note(self, news: TransportNews, now: datetime) -> None:
        """Apply one piece of news."""
        message_id = news.message_id
        if message_id is not None and message_id not in self.statuses:
            return  # of a message without a recorded state
        if news.transport_id is None:
            if message_id is not None:
                self._lift(message_id, news.state, news.fault)
            return
        if message_id is not None:
            self.statuses[message_id] = replace(self.statuses[message_id], transport_id=news.transport_id)
        name = self._named(news.transport_id, news.state, message_id, now)
        if name.message_id is None or (status := self.statuses.get(name.message_id)) is None:
            return
        if name.attempt == status.attempts or name.state is not TransportState.FAILED:
            self._lift(name.message_id, name.state, news.fault)

    def _named(
        self, transport_id: str, state: TransportState, message_id: str | None, now: datetime
    ) -> _Name:
        """The state under the network's name, after this report."""
        name = self._names.get(transport_id) or _Name(state, now)
        if name.message_id is None and message_id is not None:
            name = replace(name, message_id=message_id, attempt=self.statuses[message_id].attempts)
        self._names[transport_id] = name = replace(name, state=furthest(name.state, state))
        return name

    def _lift(self, message_id: str, news: TransportState, fault: str | None) -> None:
        self.statuses[message_id] = _lifted(self.statuses[message_id], news, fault)

    def put(self) -> None:
        """Write what changed."""
        _put_statuses(self._uow, self._channel, self.statuses, self._statuses_before)
        _put_names(self._uow, self._channel, self._names, self._names_before)
        if any(name.message_id is None for name in self._names.values()):
            _keep_newest_parked(self._uow, self._channel)


def _lifted(status: TransportStatus, news: TransportState, fault: str | None = None) -> TransportStatus:
    state = furthest(status.state, news)
    if state is status.state:
        return status
    return replace(status, state=state, fault=fault if state is TransportState.FAILED else status.fault)


def _keep_newest_parked(uow: UnitOfWork, channel: str) -> None:
    parked = (transport_ids.c.channel == channel) & transport_ids.c.message_id.is_(None)
    count = sql(uow).scalar(select(func.count()).select_from(transport_ids).where(parked)) or 0
    if count > MOST_PARKED:
        oldest = select(transport_ids.c.transport_id).where(parked).order_by(transport_ids.c.reported_at)
        ids: Sequence[str] = sql(uow).scalars(oldest.limit(count - MOST_PARKED)).all()
        sql(uow).execute(delete(transport_ids).where(parked, transport_ids.c.transport_id.in_(ids)))


def _statuses(uow: UnitOfWork, channel: str, message_ids: Sequence[str]) -> dict[str, TransportStatus]:
    found = _STATUSES.rows(uow, message_ids, of_channel=channel)
    return {message_id: TransportStatus(TransportState(state), *rest) for message_id, state, *rest in found}


def _names(uow: UnitOfWork, channel: str, ids: Sequence[str]) -> dict[str, _Name]:
    found = _NAMES.rows(uow, ids, of_channel=channel)
    return {transport_id: _Name(TransportState(state), *rest) for transport_id, state, *rest in found}


def _put_statuses(
    uow: UnitOfWork,
    channel: str,
    statuses: Mapping[str, TransportStatus],
    before: Mapping[str, TransportStatus],
) -> None:
    changed = {key: status for key, status in statuses.items() if status != before.get(key)}
    if new := changed.keys() - before.keys():
        _NEW_STATUSES.put(uow, [_in_order(transports, channel, key, changed[key]) for key in sorted(new)])
    if known := changed.keys() & before.keys():
        rows = [{"of_channel": channel, "id": key} | _values(changed[key]) for key in sorted(known)]
        sql(uow).execute(_SET_STATUS, rows)


def _put_names(
    uow: UnitOfWork, channel: str, names: Mapping[str, _Name], before: Mapping[str, _Name]
) -> None:
    changed = {key: name for key, name in names.items() if name != before.get(key)}
    if new := changed.keys() - before.keys():
        _NEW_NAMES.put(uow, [_in_order(transport_ids, channel, key, changed[key]) for key in sorted(new)])
    if known := changed.keys() & before.keys():
        rows = [{"of_channel": channel, "id": key} | _values(changed[key]) for key in sorted(known)]
        sql(uow).execute(_SET_NAME, rows)


def _in_order(table: Table, channel: str, key: str, known: TransportStatus | _Name) -> list[Any]:
    """A new row; the first two columns of both tables are its key."""
    return [channel, key, *(getattr(known, column.name) for column in list(table.c)[2:])]


def _values(known: TransportStatus | _Name) -> dict[str, object]:
    return {part.name: getattr(known, part.name) for part in fields(known)}


def _status(row: Row[Any]) -> TransportStatus:
    return TransportStatus(TransportState(row.state), row.begun_at, row.attempts, row.transport_id, row.fault)
