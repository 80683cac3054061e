"""An event loop in a thread of its own, that leaves nothing behind when it is closed."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

T = TypeVar("T")

_AGAIN_S: Final = 0.2


class LoopThread:
    """Runs coroutines for callers of other threads.

    A task that is only dropped is ended by the garbage collector, at any moment, and fails for want of its
    loop. So every task is cancelled and awaited first.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._begun: set[Future[Any]] = set()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Let it run; what is given can be cancelled."""
        begun = asyncio.run_coroutine_threadsafe(work, self._loop)
        self._begun.add(begun)  # a loop alone holds no waiting task, and unreferenced ones are collected
        begun.add_done_callback(self._begun.discard)
        return begun

    def run(self, work: Coroutine[Any, Any, T], patience_s: float) -> T:
        """Wait for its outcome.

        Raises:
            TimeoutError: it was slower; it is cancelled.
            Exception: what the coroutine raised.
        """
        begun = self.begin(work)
        try:
            return begun.result(patience_s)
        finally:
            begun.cancel()

    def close(self) -> None:
        """Cancel what still runs, wait until it has ended, then end the loop and the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()

    def _work(self) -> None:
        # The runner ends asynchronous generators too before it closes its loop.
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._wait())

    async def _wait(self) -> None:
        await self._over.wait()
        # Repeatedly: a library may treat the cancellation as a fault of its own, and the task goes on.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others, timeout=_AGAIN_S)
