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
from gateway.intake.service.handling import Handler
from gateway.intake.service.service import IntakeService
from gateway.records.engine.stores import Stores
from tests.intake.local_gateway import GATEWAY_ROLE, TENANTS, Clock, Notebook, envelope, hand_in
from tests.specimens import RESERVE_BID_7_2


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(directory: str, when: str) -> None:
    stores = Stores(Path(directory), TENANTS)
    handler = Handler(stores, TENANTS, {DocumentKind.RESERVE_BID: Notebook()}, GATEWAY_ROLE, Clock())
    intake = IntakeService(handler)
    if when == "confirmed":
        handling.Handler.handle = lambda *_: time.sleep(60)  # type: ignore[assignment, method-assign]
    if when == "examined":
        handling.Handler._settle = die  # type: ignore[method-assign, assignment]
    if when == "applied":
        handling.answer_to = die  # type: ignore[assignment]
    if when == "committing":
        commits = iter(["accepting", "settling"])
        engine = stores.of("north")._connections.engine
        for store in (stores.shared, *map(stores.of, stores.tenants())):  # their tables are there
            with store.reading():
                pass
        event.listen(engine, "commit", lambda _: next(commits) == "settling" and die())
    intake.start()
    hand_in(intake, envelope(RESERVE_BID_7_2.data))
    if when == "confirmed":
        die()
    if when == "settled":
        intake.stop()
        die()
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
