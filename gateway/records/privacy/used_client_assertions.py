"""Client assertions that were used: each proves who its sender is once."""

from datetime import datetime

from sqlalchemy import Column, String, Table
from sqlalchemy.exc import IntegrityError

from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies
from gateway.records.engine.store import shared_tables
from gateway.records.engine.stores import Stores
from gateway.records.engine.unit_of_work import sql

assertions = Table(
    "assertions",
    shared_tables,
    Column("client_id", String, primary_key=True),
    Column("assertion_id", String, primary_key=True),
    Column("good_until", Moment, nullable=False),
)

POLICY = field_policies(
    assertions,
    days_after("good_until", 1),
    client_id="an id is unique for its client only",
    assertion_id="an assertion that comes again is a replay",
    good_until="after this it would be refused anyhow; start of the retention period",
)


class UsedAssertions:
    """The memory of used assertions, over restarts."""

    def __init__(self, stores: Stores) -> None:
        self._shared = stores.shared

    def first_use(self, client_id: str, assertion_id: str, good_until: datetime) -> bool:
        """Note the use of an assertion; False if it was used before."""
        try:
            with self._shared.writing() as uow:
                sql(uow).execute(
                    assertions.insert().values(
                        client_id=client_id, assertion_id=assertion_id, good_until=good_until
                    )
                )
        except IntegrityError:
            return False
        return True
