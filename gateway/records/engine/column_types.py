"""Column types every table shares."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import ColumnElement, Dialect, String
from sqlalchemy.types import TypeDecorator

from gateway.domain.market_time import utc

if TYPE_CHECKING:
    MomentType = TypeDecorator[datetime]
else:
    MomentType = TypeDecorator


class Moment(MomentType):
    """A moment in UTC. Stored without zone, because SQLite has none; a moment without zone is refused.

    Every document has half a dozen, so the text is ours: `YYYY-MM-DD hh:mm:ss.ffffff`, whose order is that
    of time.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """Store the moment as UTC."""
        return None if value is None else utc(value).replace(tzinfo=None).isoformat(" ", "microseconds")

    def process_result_value(self, value: str | None, _dialect: Dialect) -> datetime | None:
        """Return it as UTC."""
        return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def json_text(value: Any) -> str:
    """A value as JSON columns store it."""
    return msgspec.json.encode(value).decode()


def only(rows: ColumnElement[bool]) -> Any:
    """Options of an index that has some of the rows, on either engine."""
    return {"sqlite_where": rows, "postgresql_where": rows}
