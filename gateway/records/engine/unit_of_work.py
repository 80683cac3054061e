"""Implementation of units of work: a connection to one database, in one transaction."""

from typing import cast

from sqlalchemy import Connection

from gateway.ports import UnitOfWork


def unit_of_work(connection: Connection) -> UnitOfWork:
    """The transaction that a connection is in, as others see it."""
    return UnitOfWork(connection)


def sql(uow: UnitOfWork) -> Connection:
    """Where the statements of a unit of work are executed."""
    return cast("Connection", uow)
