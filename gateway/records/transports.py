"""How far messages came on their way, where the network between tells of it (ECP, EDX).

News that names a message only by the network's own id waits here until that id is known, restarts or not.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, String, Table, delete, func, select, update

from gateway.domain.transport import TransportNews, TransportState, TransportStatus, furthest
from gateway.ports import Clock
from gateway.records.columns import Moment
from gateway.records.policy import days_after, keeps
from gateway.records.store import Room, tenant_tables

MOST_PARKED: Final = 10_000
"""News of unknown ids that is kept for one channel; an endpoint may serve other applications too."""

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
    Column("told_at", Moment, nullable=False, index=True),
)

POLICY = (
    *keeps(
        transports,
        days_after("begun_at", 90),
        channel="whose network tells of the message",
        message_id="the message of the outbox",
        state="how far it came",
        begun_at="how long an answer may take; start of the retention period",
        attempts="how often it was handed over under the same id",
        transport_id="by what the network is asked, and the partner's operator too",
        fault="why the last attempt failed",
    ),
    *keeps(
        transport_ids,
        days_after("told_at", 90),
        channel="whose network gave the id",
        transport_id="the network's own name for a message",
        message_id="the message of the outbox; empty until the network says whose id it is",
        attempt="an earlier attempt that failed does not fail the later one",
        state="the furthest that was told under this id",
        told_at="the oldest of what is nobody's goes first; start of the retention period",
    ),
)


def find(connection: Connection, message_id: str) -> TransportStatus | None:
    """How a message stands; None where no network tells of it. Of several channels, the last counts."""
    statement = (
        select(transports)
        .where(transports.c.message_id == message_id)
        .order_by(transports.c.begun_at.desc())
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else _status(row)


def states(connection: Connection, messages: Sequence[str]) -> dict[str, TransportState]:
    """How messages stand, by their ids; nothing of those of which no network tells."""
    statement = (
        select(transports.c.message_id, transports.c.state)
        .where(transports.c.message_id.in_(messages))
        .order_by(transports.c.begun_at)
    )
    return {row.message_id: TransportState(row.state) for row in connection.execute(statement)}


def expire(connection: Connection, message_id: str) -> None:
    """A message is of no more use; nothing but the news that it was received counts any more."""
    for row in connection.execute(select(transports).where(transports.c.message_id == message_id)).all():
        _lift(connection, row, TransportState.EXPIRED)


class RoomTransports:
    """Implements `ports.Transports` for one channel in one data room."""

    def __init__(self, room: Room, channel: str, clock: Clock) -> None:
        self._room = room
        self._channel = channel
        self._clock = clock

    def begin(self, message_id: str) -> TransportStatus:
        """See `ports.Transports.begin`."""
        with self._room.writing() as connection:
            known = _way(connection, self._channel, message_id)
            attempts = 1 if known is None else known.attempts + 1
            status = TransportStatus(TransportState.QUEUED, self._clock.now(), attempts)
            key = {"channel": self._channel, "message_id": message_id}
            if known is None:
                connection.execute(transports.insert().values(key | asdict(status)))
            else:
                _set(connection, self._channel, message_id, **asdict(status))
        return status

    def of(self, message_id: str) -> TransportStatus | None:
        """See `ports.Transports.of`."""
        with self._room.reading() as connection:
            row = _way(connection, self._channel, message_id)
        return None if row is None else _status(row)

    def tell(self, news: Sequence[TransportNews]) -> None:
        """See `ports.Transports.tell`."""
        now = self._clock.now()
        with self._room.writing() as connection:
            for each in news:
                _note(connection, self._channel, each, now)
            if any(each.message_id is None for each in news):
                _keep_newest_parked(connection, self._channel)


def _note(connection: Connection, channel: str, news: TransportNews, now: datetime) -> None:
    way = None if news.message_id is None else _way(connection, channel, news.message_id)
    if news.message_id is not None and way is None:
        return  # of a message that nobody follows
    if news.transport_id is None:
        if way is not None:
            _lift(connection, way, news.state, news.fault)
        return
    if way is not None:
        _set(connection, channel, way.message_id, transport_id=news.transport_id)
    known = _note_id(connection, channel, news, way, now)
    if known.message_id is None or (way := _way(connection, channel, known.message_id)) is None:
        return
    if known.attempt == way.attempts or known.state != TransportState.FAILED:
        _lift(connection, way, TransportState(known.state), news.fault)


def _note_id(
    connection: Connection, channel: str, news: TransportNews, way: Row[Any] | None, now: datetime
) -> Row[Any]:
    """Note news under the network's id, and whose id it is once that is known; gives what is known."""
    here = (transport_ids.c.channel == channel) & (transport_ids.c.transport_id == news.transport_id)
    find_row = select(transport_ids).where(here)
    whose = {} if way is None else {"message_id": way.message_id, "attempt": way.attempts}
    known = connection.execute(find_row).one_or_none()
    if known is None:
        key = {"channel": channel, "transport_id": news.transport_id}
        connection.execute(transport_ids.insert().values(key | {"state": news.state, "told_at": now} | whose))
    else:
        further = furthest(TransportState(known.state), news.state)
        owner = whose if known.message_id is None else {}
        connection.execute(update(transport_ids).where(here).values({"state": further} | owner))
    return connection.execute(find_row).one()


def _lift(connection: Connection, way: Row[Any], news: TransportState, fault: str | None = None) -> None:
    state = furthest(TransportState(way.state), news)
    if state != way.state:
        said = fault if state is TransportState.FAILED else way.fault
        _set(connection, way.channel, way.message_id, state=state, fault=said)


def _keep_newest_parked(connection: Connection, channel: str) -> None:
    parked = (transport_ids.c.channel == channel) & transport_ids.c.message_id.is_(None)
    count = connection.scalar(select(func.count()).select_from(transport_ids).where(parked)) or 0
    if count > MOST_PARKED:
        oldest = select(transport_ids.c.transport_id).where(parked).order_by(transport_ids.c.told_at)
        ids: Sequence[str] = connection.scalars(oldest.limit(count - MOST_PARKED)).all()
        connection.execute(delete(transport_ids).where(parked, transport_ids.c.transport_id.in_(ids)))


def _way(connection: Connection, channel: str, message_id: str) -> Row[Any] | None:
    here = (transports.c.channel == channel) & (transports.c.message_id == message_id)
    return connection.execute(select(transports).where(here)).one_or_none()


def _set(connection: Connection, channel: str, message_id: str, **values: object) -> None:
    here = (transports.c.channel == channel) & (transports.c.message_id == message_id)
    connection.execute(update(transports).where(here).values(values))


def _status(row: Row[Any]) -> TransportStatus:
    return TransportStatus(TransportState(row.state), row.begun_at, row.attempts, row.transport_id, row.fault)
