"""Stores of one gate read by two processes, each a half: one does not read them faster with threads."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from gateway.domain.gate import Gate
from gateway.processes.bid_check.beside import MANY_PLATFORMS, HelperGoneError
from gateway.processes.bid_check.problem.collected_bids import OfPlatform, StoresReader

log = structlog.get_logger(__name__)


def read_by_both(
    here: StoresReader, beside: StoresReader, gate: Gate, platforms: Sequence[str]
) -> Mapping[str, OfPlatform]:
    """Read stores here and, if they are many, the second half of them `beside`, in another process.

    Args: see `StoresReader`; `beside` may also raise `HelperGoneError`, and its half is then read here.
    """
    if len(platforms) < MANY_PLATFORMS:
        return here(gate, platforms)
    half = len(platforms) // 2
    with ThreadPoolExecutor(1, thread_name_prefix="read-beside") as thread:
        others = thread.submit(beside, gate, platforms[half:])
        own = here(gate, platforms[:half])
        try:
            return {**own, **others.result()}
        except HelperGoneError:
            log.warning("process that read bids has ended", gate=gate.gate_id)
    return {**own, **here(gate, platforms[half:])}
