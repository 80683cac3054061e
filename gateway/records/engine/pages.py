"""Rows of a store page by page: a slow reader blocks no writer and needs little memory."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from gateway.ports import UnitOfWork
from gateway.records.engine.store import Store

ROWS_OF_PAGE: Final = 500

Row = TypeVar("Row")
Key = TypeVar("Key")


def paged(
    store: Store, read: Callable[[UnitOfWork, Key], Sequence[Row]], before: Key, key_of: Callable[[Row], Key]
) -> Iterator[Row]:
    """All rows that `read` returns, page by page, each in a separate reading: only for rows that do not
    change.

    Args:
        read: some rows behind a key, by key; none where there are no more.
        before: a key before that of all rows.
    """
    last = before
    while True:
        with store.reading() as uow:
            rows = read(uow, last)
        if not rows:
            return
        yield from rows
        last = key_of(rows[-1])
