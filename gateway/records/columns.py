"""Column types every table shares."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator

from gateway.domain.market_time import utc

if TYPE_CHECKING:
    MomentType = TypeDecorator[datetime]
else:
    MomentType = TypeDecorator


class Moment(MomentType):
    """A moment in UTC. Stored without zone, because SQLite has none; a moment without zone is refused."""

    impl = DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Store the moment as UTC."""
        return None if value is None else utc(value).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give it back as UTC."""
        return None if value is None else value.replace(tzinfo=UTC)
