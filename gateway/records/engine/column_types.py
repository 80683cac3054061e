"""Column types every table shares."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Dialect, String
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
