"""Publication of one result to platforms by two processes, each as many as it manages."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain, islice

import structlog

from gateway.processes.bid_check.beside import HelperGoneError
from gateway.processes.bid_check.result.result_rows import Result

HANDED_ON_SHARE, HANDED_ON_LEAST = 4, 32
"""The other process is given a quarter of the platforms that are left, but not fewer than this: so both end
at about the same time, whichever is faster."""

PlatformTeller = Callable[[Result, Sequence[str]], Sequence[str]]
"""Publishes a result to platforms in another process; returns those whose stores cannot be written to now.

Raises:
    HelperGoneError: that process has ended; to whom it published is not known.
"""

log = structlog.get_logger(__name__)


def told_by_both(
    result: Result,
    whole: Sequence[str],
    platforms: Iterable[str],
    tell: Callable[[Result, Iterable[str]], Sequence[str]],
    beside: PlatformTeller,
) -> Sequence[str]:
    """Publish to all participants; return those whose stores cannot be written to now.

    Args:
        whole: participants that receive all bids; published in this process.
        tell: publishes in this process, as `beside` does in another, and to no participant twice.
    """
    left = deque(platforms)
    shares = _shares(left)
    first = next(shares)

    def hand_on() -> Sequence[str]:
        untold: list[str] = []
        for some in chain([first], shares):
            try:
                untold += beside(result.of_platforms(some), some)
            except HelperGoneError:
                log.warning("process that told platforms has ended", run=result.run_id)
                return [*untold, *tell(result, some)]
        return untold

    with ThreadPoolExecutor(1, thread_name_prefix="tell-beside") as thread:
        handed_on = thread.submit(hand_on)
        # Participants that receive all bids take longest; platforms are published meanwhile.
        untold = tell(result, chain(whole, _taken(left)))
    return [*untold, *handed_on.result()]


def _shares(platforms: deque[str]) -> Iterator[Sequence[str]]:
    """Shares for the other process, as long as any platforms are left."""
    while some := list(islice(_taken(platforms), max(len(platforms) // HANDED_ON_SHARE, HANDED_ON_LEAST))):
        yield some


def _taken(names: deque[str]) -> Iterator[str]:
    """Names, taken one by one; others may take some too."""
    with suppress(IndexError):
        while True:
            yield names.popleft()
