"""Names of schemas and roles, which carry that of the database: roles belong to all databases of a server."""

from dataclasses import dataclass
from typing import Final

from gateway.records.engine.port import SHARED

LONGEST_BYTES: Final = 63
"""PostgreSQL cuts longer names off."""

LONGEST_TENANT: Final = 40


class DatabaseNameError(Exception):
    """The database has a name that cannot begin those of schemas and roles."""


@dataclass(frozen=True)
class Names:
    """Names within one database. A store's schema and its role have the same, `DATABASE.STORE`; names of
    stores have no dot, so no two databases have a role in common.

    Raises:
        DatabaseNameError: see there.
    """

    database: str

    def __post_init__(self) -> None:
        most = LONGEST_BYTES - LONGEST_TENANT - 1
        if len(self.database.encode()) > most:
            raise DatabaseNameError(f"database {self.database!r}: its name may have {most} bytes")

    def of(self, store: str) -> str:
        """Schema and role of a store."""
        return f"{self.database}.{store}"

    def quoted(self, store: str) -> str:
        """The same, as a statement has it."""
        return quoted(self.of(store))

    @property
    def register(self) -> str:
        """The table of all stores (see `Register`), as a statement has it."""
        return f"{self.quoted(SHARED)}.stores"


def quoted(name: str) -> str:
    """A name as a statement has it."""
    return '"' + name.replace('"', '""') + '"'
