"""How far a channel that fetches from its peer has come, so that it goes on there after a restart."""

from sqlalchemy import Column, String, Table, delete, select

from gateway.records.engine.field_policy import IN_USE, field_policies
from gateway.records.engine.store import Store, tenant_tables
from gateway.records.engine.unit_of_work import sql

bookmarks = Table(
    "bookmarks",
    tenant_tables,
    Column("channel", String, primary_key=True),
    Column("place", String, nullable=False),
)

POLICY = field_policies(
    bookmarks,
    IN_USE,
    channel="every channel has a place of its own",
    place="the peer's cursor behind the last message that is stored",
)


class TenantBookmark:
    """Implements `ports.Bookmark` for one channel in one tenant store."""

    def __init__(self, store: Store, channel: str) -> None:
        self._store = store
        self._channel = channel

    def read(self) -> str | None:
        """See `ports.Bookmark.read`."""
        with self._store.reading() as uow:
            return sql(uow).scalar(select(bookmarks.c.place).where(bookmarks.c.channel == self._channel))

    def write(self, place: str) -> None:
        """See `ports.Bookmark.write`."""
        with self._store.writing() as uow:
            sql(uow).execute(delete(bookmarks).where(bookmarks.c.channel == self._channel))
            sql(uow).execute(bookmarks.insert().values(channel=self._channel, place=place))
