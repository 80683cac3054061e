"""Publication of one result to platforms by two processes in parallel, at the pace of each."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain, islice

import structlog

from gateway.processes.bid_check.helper_process import HelperGoneError
from gateway.processes.bid_check.result.result_rows import Result

HANDED_ON_SHARE, HANDED_ON_LEAST = 4, 32
"""The other process receives a quarter of the platforms that are left, but not fewer than this: so both end
at about the same time, whichever is faster."""

PlatformPublisher = Callable[[Result, Sequence[str]], Sequence[str]]
"""Publishes a result to platforms in another process; returns those whose stores cannot be written to now.

Raises:
    HelperGoneError: that process has ended; to which platforms it published is unknown.
"""

log = structlog.get_logger(__name__)


def publish_in_parallel(
    result: Result,
    platforms: Iterable[str],
    publish_full: Callable[[], Sequence[str]],
    publish: Callable[[Result, Iterable[str]], Sequence[str]],
    helper: PlatformPublisher | None,
) -> Sequence[str]:
    """Publish to all participants; return those whose stores cannot be written to now.

    Args:
        publish_full: publishes to those that receive all bids, in this process.
        publish: publishes in this process, as `helper` does in another, and to no participant twice.
    """
    if helper is None:
        return [*publish(result, platforms), *publish_full()]
    left = deque(platforms)
    shares = _shares(left)
    first = next(shares)

    def hand_on() -> Sequence[str]:
        unpublished: list[str] = []
        for some in chain([first], shares):
            try:
                unpublished += helper(result.of_platforms(some), some)
            except HelperGoneError:
                log.warning("process that published to platforms has ended", run=result.run_id)
                return [*unpublished, *publish(result, some)]
        return unpublished

    with ThreadPoolExecutor(1, thread_name_prefix="publish-in-helper") as thread:
        handed_on = thread.submit(hand_on)
        # Participants that receive all bids take longest; platforms are published meanwhile.
        unpublished = [*publish_full(), *publish(result, _removed(left))]
    return [*unpublished, *handed_on.result()]


def _shares(platforms: deque[str]) -> Iterator[Sequence[str]]:
    """Shares for the other process, as long as any platforms are left."""
    while some := list(islice(_removed(platforms), max(len(platforms) // HANDED_ON_SHARE, HANDED_ON_LEAST))):
        yield some


def _removed(names: deque[str]) -> Iterator[str]:
    """Names, removed one by one; other threads may remove some too."""
    with suppress(IndexError):
        while True:
            yield names.popleft()
