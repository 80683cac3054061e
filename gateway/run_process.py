"""`python -m gateway.run_process SOCKET`: a process of the gateway that decides and publishes gates.

It is told by its parent what it needs to know, and ends when its parent does.
"""

import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import structlog

import mappings
from gateway.child_process import READY
from gateway.domain.party import Role
from gateway.domain.tenant import Tenant
from gateway.logs import configure_logs
from gateway.optimiser.deadline.demand import solve_with_deadline
from gateway.optimiser.deadline.lists import safe_merit_order_with_deadline
from gateway.optimiser.deadline.solver_process import SolverStoppedError
from gateway.ports import Clock, StoreUnavailableError
from gateway.processes.bid_check.result.publish import Publisher
from gateway.processes.bid_check.run.run import BidCheck, RunGivenUpError
from gateway.processes.resources import Resources
from gateway.processes.run_processes import End, Ended, Wrote
from gateway.records.engine.store import Store

COMMAND: Final = (sys.executable, "-m", "gateway.run_process")

STEP_BACK: Final = 5
"""By how much it steps back behind the processes that answer requests."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class RunSettings:
    """What a process must know to decide and publish gates."""

    rooms: Path
    tenants: Mapping[str, Tenant]
    party: Role
    clock: Clock


def main() -> None:
    """Serve the parent at the socket whose number is the only argument."""
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told too, and decides what becomes of this
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    configure_logs()
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    with suppress(EOFError, OSError):  # the parent is gone
        settings: RunSettings = connection.recv()
        store = Store(settings.rooms, settings.tenants)
        one_at_a_time = threading.Lock()  # many threads write

        def wrote(name: str) -> None:
            with one_at_a_time:
                connection.send(Wrote(name))

        store.listen(wrote)
        serve(connection, bid_check(store, settings, stopping))


def bid_check(store: Store, settings: RunSettings, stopping: threading.Event) -> BidCheck:
    """What decides gates; `stopping` breaks off what is being solved."""
    clock = settings.clock
    return BidCheck(
        store,
        settings.tenants,
        Resources(store, settings.tenants),
        Publisher(
            store, settings.tenants, settings.party, settings.clock, new_writer=mappings.DocumentStream
        ),
        clock,
        solve=partial(solve_with_deadline, stopping=stopping),
        keep_safe=partial(safe_merit_order_with_deadline, stopping=stopping),
    )


def serve(connection: "Connection[Any, Any]", check: BidCheck) -> None:
    """Run gates until the other side is gone."""
    os.nice(STEP_BACK)
    gc.freeze()
    connection.send(READY)
    while True:
        end, why = _ended(check, connection.recv())
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        connection.send(Ended(end, why, peak_mb))


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
