"""Which database stores are in."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.records.engine.postgresql.names import DatabaseNameError, Names


class StoreAddressError(ValueError):
    """An address that names no database, or holds a secret."""


@dataclass(frozen=True)
class PostgresqlPlace:
    """A database by its address, `postgresql://USER@HOST:PORT/DATABASE`; the password is no part of it: libpq
    has it from `PGPASSWORD`, or a file (`PGPASSFILE`, `~/.pgpass`).

    Raises:
        StoreAddressError: see there.
    """

    address: str

    def __post_init__(self) -> None:
        self.url  # noqa: B018  (for the errors)

    @property
    def url(self) -> URL:
        """The parts of the address."""
        form = "postgresql://USER@HOST:PORT/DATABASE"
        try:
            url = make_url(self.address)
        except (ArgumentError, ValueError):
            raise StoreAddressError(f"an address is {form}") from None
        if url.drivername != "postgresql":
            raise StoreAddressError(f"{urlsplit(self.address).scheme!r}: an address is {form}")
        if url.password is not None or "password" in url.query:
            raise StoreAddressError(
                "leave the password out: it is read from PGPASSWORD, or the file that PGPASSFILE names"
            )
        if not (url.username and url.host and url.database):
            raise StoreAddressError(f"user, host and database are needed: {form}")
        try:
            Names(url.database)
        except DatabaseNameError as error:
            raise StoreAddressError(str(error)) from None
        return url

    def __str__(self) -> str:
        return self.address

    @property
    def names(self) -> Names:
        """Names of schemas and roles there."""
        return Names(self.url.database or "")
