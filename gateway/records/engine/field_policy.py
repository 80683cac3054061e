"""The field policy: every stored field, why, and for how long.

Each module that owns a table declares its rows as `POLICY`, next to the table; `retention` gathers them,
deletes what has run out, and returns them for display. Periods are named in this module, each with its
default and its bounds: within these the operator decides (`[retention]` of the configuration).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import Table

Days = Mapping[str, int]
"""Length of periods in days, by name."""


@dataclass(frozen=True, slots=True)
class Period:
    """How long rows are stored: the operator's setting in days, from `least` to `most`.

    Attributes:
        most_is: name of another period that this one may not exceed.
    """

    what: str
    default: int
    least: int
    most: int
    most_is: str | None = None


PERIODS: Final[Mapping[str, Period]] = MappingProxyType(
    {
        "quarantine": Period(
            "what came in, by its message id; content only of what was not fully accepted", 90, 7, 400
        ),
        "documents": Period("names, times and hashes of documents that were taken", 400, 30, 3660),
        "delivered": Period(
            "messages that their receiver has, to be fetched again, or that were given up", 30, 1, 400, "bids"
        ),
        "undelivered": Period("messages that were not fetched or confirmed", 90, 7, 400, "bids"),
        "bids": Period("bids, demands, plans and merit orders, with prices", 90, 7, 400),
        "grid_models": Period("grid models", 90, 1, 400),
        "results": Period("gates, runs and what was published of them", 400, 30, 3660),
        "former_tenants": Period("everything of an organisation that is configured no longer", 90, 1, 400),
    }
)
"""Periods that an operator may set."""

DEFAULTS: Final[Days] = MappingProxyType({name: period.default for name, period in PERIODS.items()})


def period_faults(days: Days) -> list[str]:
    """Faults of an operator's periods, each by its name; omitted ones have their default."""
    faults = [
        f"{name}: there is no such period; there are {', '.join(PERIODS)}" for name in days.keys() - PERIODS
    ]
    periods = {**DEFAULTS, **days}
    for name, period in PERIODS.items():
        if not period.least <= periods[name] <= period.most:
            bounds = f"the policy allows {period.least} to {period.most}"
            faults.append(f"{name}: {periods[name]} days; {bounds}")
        elif period.most_is is not None and periods[name] > periods[period.most_is]:
            faults.append(
                f"{name}: {periods[name]} days{'' if name in days else ' (the default)'}, longer than "
                f"{period.most_is} ({periods[period.most_is]} days); messages can hold the prices of bids: "
                f"write {name} = {periods[period.most_is]} or less under [retention]"
            )
    return sorted(faults)


@dataclass(frozen=True, slots=True)
class Span:
    """Rows go when a period has passed since the moment in column `since`; one that is empty never ends it.

    Attributes:
        period: its name, or a fixed number of days.
    """

    since: str
    period: str | int

    def days(self, days: Days) -> int:
        """How many days that is."""
        return self.period if isinstance(self.period, int) else days[self.period]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the rows of a table stay.

    Attributes:
        spans: rows are deleted when the first of them ends. Without any, rows stay until their own module
            deletes them: `otherwise` states when.
    """

    spans: tuple[Span, ...] = ()
    otherwise: str = ""

    def text(self, days: Days = DEFAULTS) -> str:
        """For people, e.g. `90 days after settled_at`."""
        return ", or ".join(f"{span.days(days)} days after {span.since}" for span in self.spans) or (
            self.otherwise
        )

    @property
    def periods(self) -> tuple[str, ...]:
        """Names of the periods it depends on."""
        return tuple(span.period for span in self.spans if isinstance(span.period, str))


def days_after(since: str, period: str | int) -> Retention:
    """Rows go when a period has passed since the moment in column `since`."""
    return Retention((Span(since, period),))


def with_parent(table: str) -> Retention:
    """Rows go with the row of `table` they belong to (a foreign key with `ON DELETE CASCADE`)."""
    return Retention(otherwise=f"as long as its row in {table}")


IN_USE = Retention(otherwise="until replaced or withdrawn")


@dataclass(frozen=True, slots=True)
class FieldPolicy:
    """One stored field."""

    table: str
    field: str
    why: str
    retention: Retention


def field_policies(table: Table, retention: Retention, /, **why: str) -> tuple[FieldPolicy, ...]:
    """Policy rows of one table: a reason for each of its columns, by name."""
    return tuple(FieldPolicy(table.name, field, reason, retention) for field, reason in why.items())
