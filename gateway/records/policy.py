"""The words of the field policy: every field kept, why, and for how long.

Each module that owns a table declares its rows as `POLICY`, next to the table; `forgetting` gathers them,
deletes what has run out, and hands them to whoever prints them.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Table


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the rows of a table stay.

    Attributes:
        text: for people, e.g. `30 days after settled_at`.
        period, since: rows go when `period` has passed since the moment in column `since`; a row whose
            `since` is empty stays. Without both, rows stay until their own module takes them away.
    """

    text: str
    period: timedelta | None = None
    since: str | None = None


def days_after(since: str, days: int) -> Retention:
    """Rows go `days` days after the moment in column `since`."""
    return Retention(f"{days} days after {since}", timedelta(days=days), since)


def with_parent(table: str) -> Retention:
    """Rows go with the row of `table` they belong to (a foreign key with `ON DELETE CASCADE`)."""
    return Retention(f"as long as its row in {table}")


IN_USE = Retention("until replaced or withdrawn")


@dataclass(frozen=True, slots=True)
class FieldPolicy:
    """One field that is kept."""

    table: str
    field: str
    why: str
    retention: Retention


def keeps(table: Table, retention: Retention, /, **why: str) -> tuple[FieldPolicy, ...]:
    """Policy rows of one table: a reason for each of its columns, by name."""
    return tuple(FieldPolicy(table.name, field, reason, retention) for field, reason in why.items())
