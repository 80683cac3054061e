"""`python -m gateway.run_process SOCKET`: a process of the gateway that decides and publishes gates.

It receives its settings from its parent, and ends when its parent does.
"""

import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Final

import structlog

import mappings
from gateway.domain.gate import Gate
from gateway.domain.party import Role
from gateway.domain.tenant import Tenant
from gateway.logs import configure_logs
from gateway.optimiser.deadline.demand import solve_with_deadline
from gateway.optimiser.deadline.lists import safe_merit_order_with_deadline
from gateway.optimiser.deadline.solver_process import SolverStoppedError
from gateway.ports import Clock, StoreUnavailableError
from gateway.processes.bid_check.helper_process import MANY_PLATFORMS
from gateway.processes.bid_check.problem.collected_bids import StoresReader, read_stores
from gateway.processes.bid_check.problem.parallel_reading import read_in_parallel
from gateway.processes.bid_check.result.parallel_publication import PlatformPublisher
from gateway.processes.bid_check.result.publish import Publisher
from gateway.processes.bid_check.run.run import BidCheck, RunGivenUpError
from gateway.processes.resources import Resources
from gateway.processes.run_processes import (
    End,
    Ended,
    HelpingProcess,
    PublishOrder,
    ReadOrder,
    ResultPublished,
    StoresRead,
    Wrote,
)
from gateway.records.engine.stores import Place, Stores
from gateway.runner import READY

COMMAND: Final = (sys.executable, "-m", "gateway.run_process")

NICENESS: Final = 5
"""Added to its niceness, so that it yields to the processes that answer requests."""

REST_AFTER_S: Final = 1.0
"""After this time without work the stores that were used are closed: the next gate may be hours away."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RunSettings:
    """Settings of a process that decides and publishes gates."""

    stores: Place
    tenants: Mapping[str, Tenant]
    party: Role
    clock: Clock
    helps: bool = False
    """Whether it only helps another such process."""


def main() -> None:
    """Serve the parent at the socket whose number is the only argument."""
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and decides what this one does
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    configure_logs()
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    with suppress(EOFError, OSError):  # the parent is gone
        settings: RunSettings = connection.recv()
        stores = Stores(settings.stores, settings.tenants)
        one_at_a_time = threading.Lock()  # many threads write

        def send(message: object) -> None:
            with one_at_a_time:
                connection.send(message)

        def wrote(name: str) -> None:
            send(Wrote(name))

        stores.listen(wrote)
        own, helper = partial(read_stores, stores), _helper(settings, wrote)
        publisher = new_publisher(stores, settings, None if helper is None else helper.publish_to)
        reader = own if helper is None else partial(read_in_parallel, own, helper.read)

        def order() -> str | PublishOrder | ReadOrder:
            if not connection.poll(REST_AFTER_S):
                stores.rest()
            request: str | PublishOrder | ReadOrder = connection.recv()
            return request

        check = bid_check(stores, settings, publisher, stopping, reader)
        serve(order, send, check, publisher, own)


def _helper(settings: RunSettings, wrote: Callable[[str], None]) -> HelpingProcess | None:
    """A process that reads and publishes for this one, where there may be many."""
    if settings.helps or len(settings.tenants) < MANY_PLATFORMS:
        return None
    return HelpingProcess(COMMAND, replace(settings, helps=True), wrote)


def new_publisher(
    stores: Stores, settings: RunSettings, helper: PlatformPublisher | None = None
) -> Publisher:
    """The publisher of results."""
    return Publisher(
        stores,
        settings.tenants,
        settings.party,
        settings.clock,
        new_writer=mappings.DocumentStreams(),
        helper=helper,
    )


def bid_check(
    stores: Stores,
    settings: RunSettings,
    publisher: Publisher,
    stopping: threading.Event,
    reader: StoresReader | None = None,
) -> BidCheck:
    """The bid check; `stopping` ends a search in progress."""
    return BidCheck(
        stores,
        settings.tenants,
        Resources(stores, settings.tenants, settings.clock),
        publisher,
        settings.clock,
        solve=partial(solve_with_deadline, stopping=stopping),
        keep_safe=partial(safe_merit_order_with_deadline, stopping=stopping),
        reader=reader,
    )


def serve(
    order: Callable[[], str | PublishOrder | ReadOrder],
    send: Callable[[object], None],
    check: BidCheck,
    publisher: Publisher,
    reader: StoresReader,
) -> None:
    """Run gates, or work for another such process, until the other side is gone."""
    os.nice(NICENESS)
    gc.freeze()
    send(READY)
    while True:
        match order():
            case PublishOrder(result, platforms):
                send(ResultPublished(publisher.publish_to_platforms(result, platforms)))
            case ReadOrder(gate, platforms):
                send(_read(reader, gate, platforms))
            case str(gate_id):
                end, why = _ended(check, gate_id)
                peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                send(Ended(end, why, peak_mb))


def _read(reader: StoresReader, gate: Gate, platforms: Sequence[str]) -> StoresRead:
    try:
        return StoresRead(reader(gate, platforms))
    except StoreUnavailableError as error:
        return StoresRead({}, str(error))


def _ended(check: BidCheck, gate_id: str) -> tuple[End, str]:
    try:
        check.run(gate_id)
    except SolverStoppedError:
        return End.BROKEN_OFF, ""
    except RunGivenUpError as error:
        return End.GIVEN_UP, str(error)
    except StoreUnavailableError as error:
        return End.STORE_UNAVAILABLE, str(error)
    except Exception as error:
        log.exception("run failed", gate=gate_id)
        return End.FAILED, type(error).__name__
    return End.PUBLISHED, ""


if __name__ == "__main__":
    main()
