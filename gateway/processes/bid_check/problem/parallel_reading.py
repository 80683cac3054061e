"""Stores of one gate read by two processes, each a half: one does not read them faster with threads."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from gateway.domain.gate import Gate
from gateway.processes.bid_check.helper_process import MANY_PLATFORMS, HelperGoneError
from gateway.processes.bid_check.problem.collected_bids import OfPlatform, StoresReader

log = structlog.get_logger(__name__)


def read_in_parallel(
    own: StoresReader, helper: StoresReader, gate: Gate, platforms: Sequence[str]
) -> Mapping[str, OfPlatform]:
    """Read stores with `own`, in this process, and, if they are many, half of them with `helper` in another
    one.

    Args: see `StoresReader`; `helper` may also raise `HelperGoneError`, and `own` then reads its half.
    """
    if len(platforms) < MANY_PLATFORMS:
        return own(gate, platforms)
    half = len(platforms) // 2
    with ThreadPoolExecutor(1, thread_name_prefix="read-in-helper") as thread:
        others = thread.submit(helper, gate, platforms[half:])
        first = own(gate, platforms[:half])
        try:
            return {**first, **others.result()}
        except HelperGoneError:
            log.warning("process that read bids has ended", gate=gate.gate_id)
    return {**first, **own(gate, platforms[half:])}
