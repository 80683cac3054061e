"""A gateway that is killed: `python -m tests.intake.kill_child DIRECTORY WHEN`.

Accepts one document and ends itself with SIGKILL at the moment WHEN: `confirmed` (before a worker does
anything), `examined` (before the transaction), `applied` (inside the transaction, after the process took
effect), `committing` (all written, not committed), `settled` (committed).
"""

import os
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import event

from gateway.domain.document import DocumentKind
from gateway.intake.service import handling
from gateway.intake.service.service import IntakeService
from gateway.records.engine.store import Store
from tests.intake.house import GATEWAY_ROLE, TENANTS, Clock, Notebook, envelope
from tests.specimens import RESERVE_BID_7_2


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(directory: str, when: str) -> None:
    store = Store(Path(directory), TENANTS)
    intake = IntakeService(store, TENANTS, {DocumentKind.RESERVE_BID: Notebook()}, GATEWAY_ROLE, Clock())
    if when == "confirmed":
        handling.Handler.handle = lambda *_: time.sleep(60)  # type: ignore[assignment, method-assign]
    if when == "examined":
        handling.Handler._settle = die  # type: ignore[method-assign, assignment]
    if when == "applied":
        handling.acknowledgement = die  # type: ignore[assignment]
    if when == "committing":
        commits = iter(["accepting", "settling"])
        engine = store.room("north")._connections.engine
        for room in (store.house, *map(store.room, store.tenants())):  # their tables are there
            with room.reading():
                pass
        event.listen(engine, "commit", lambda _: next(commits) == "settling" and die())
    intake.start()
    intake.accept(envelope(RESERVE_BID_7_2.data))
    if when == "confirmed":
        die()
    if when == "settled":
        intake.stop()
        die()
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
