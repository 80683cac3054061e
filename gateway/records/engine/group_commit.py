"""Group commit: pieces of work that wait for a store share one transaction, and one wait for the disk.

Each piece has the guarantees of its own transaction: it is done completely or not at all, and its future
is done only when it is durable. If one piece fails, all are undone and each is done again by itself, so a
piece must have no effect outside the store. Pieces are done in the order in which they were put in.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from gateway.ports import UnitOfWork

T = TypeVar("T")

LONGEST_S: Final = 0.01
"""After this time a transaction accepts no more work, so that the first piece does not wait long for the
last."""


IDLE_S: Final = 5.0
"""After this time without work the thread ends; the next piece of work starts another."""


@dataclass(slots=True)
class _Piece(Generic[T]):
    work: Callable[[UnitOfWork], T]
    done: Future[T] = field(default_factory=Future)
    result: Any = None

    def do(self, uow: UnitOfWork) -> None:
        self.result = self.work(uow)

    def finish(self, error: BaseException | None = None) -> None:
        """Notify the caller that it is durable, or why it is not done."""
        if error is None:
            self.done.set_result(self.result)
        else:
            self.done.set_exception(error)

    def outcome(self) -> T | Exception:
        """The result of the work, or the error because of which it was not done."""
        error = self.done.exception()
        if error is None:
            return self.done.result()
        if isinstance(error, Exception):
            return error
        raise error


class GroupCommit:
    """Writes pieces of work to one store, in a thread of its own that starts with the first.

    Args:
        writing: opens a transaction that is durable on leaving, as `Stores.writing`.
    """

    def __init__(self, name: str, writing: Callable[[], AbstractContextManager[UnitOfWork]]) -> None:
        self._name = name
        self._writing = writing
        self._waiting: queue.SimpleQueue[_Piece[Any] | None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, work: Callable[[UnitOfWork], T]) -> Future[T]:
        """Have `work` done; the future is done when that is durable, or raises what the work raised."""
        piece = _Piece(work)
        self._waiting.put(piece)
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name=f"write-{self._name}", daemon=True)
                    self._thread.start()
        return piece.done

    def all(self, works: Sequence[Callable[[UnitOfWork], T]]) -> Sequence[T | Exception]:
        """Do pieces of work together, now; return the result or error of each when all is durable."""
        pieces = [_Piece(work) for work in works]
        try:
            with self._writing() as uow:
                for piece in pieces:
                    piece.do(uow)
        except Exception as error:  # noqa: BLE001  (it goes to the caller)
            self._each_alone(pieces, error)
        else:
            for piece in pieces:
                piece.finish()
        return [piece.outcome() for piece in pieces]

    def close(self) -> None:
        """Finish what was put in."""
        thread = self._thread
        if thread is not None:
            self._waiting.put(None)
            thread.join()

    def _run(self) -> None:
        while (first := self._next()) is not None:
            pieces: list[_Piece[Any]] = []
            try:
                with self._writing() as uow:
                    self._together(first, pieces, uow)
            except BaseException as error:  # noqa: BLE001  (it goes to who waits)
                if pieces:
                    self._each_alone(pieces, error)
                else:
                    self._fail_all([first], error)
            else:
                for piece in pieces:
                    piece.finish()

    def _next(self) -> _Piece[Any] | None:
        """The next pieces to do; None when the thread shall end."""
        while True:
            try:
                return self._waiting.get(timeout=IDLE_S)
            except queue.Empty:
                with self._starting:
                    thread, self._thread = self._thread, None
                    if self._waiting.empty():  # whoever puts something in from now on finds no thread
                        return None
                    self._thread = thread

    def _together(self, first: _Piece[Any], pieces: list[_Piece[Any]], uow: UnitOfWork) -> None:
        """Do the first piece, and others as long as they wait; `pieces` are those that were begun."""
        end = time.monotonic() + LONGEST_S
        piece: _Piece[Any] | None = first
        while piece is not None:
            pieces.append(piece)
            piece.do(uow)
            if time.monotonic() > end or self._waiting.empty():
                return
            piece = self._waiting.get()
        self._waiting.put(None)

    def _fail_all(self, pieces: list[_Piece[Any]], why: BaseException) -> None:
        """Fail all that wait at once: the store cannot be written to now."""
        for _ in range(self._waiting.qsize()):
            if (piece := self._waiting.get()) is None:
                self._waiting.put(None)
                break
            pieces.append(piece)
        for piece in pieces:
            piece.finish(why)

    def _each_alone(self, pieces: Sequence[_Piece[Any]], why: BaseException) -> None:
        """One of the pieces failed, or the commit: nothing is done. A single piece fails; several get a
        transaction each, so that only the faulty one fails again."""
        if len(pieces) == 1:
            pieces[0].finish(why)
            return
        for piece in pieces:
            try:
                with self._writing() as uow:
                    piece.do(uow)
            except BaseException as error:  # noqa: BLE001
                piece.finish(error)
            else:
                piece.finish()
