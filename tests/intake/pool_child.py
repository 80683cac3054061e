"""A process that handles documents, with troubles: `python -m tests.intake.pool_child SOCKET`.

What it does with a document is the message id: `slow`, `until:FILE` (it waits for the file), `faulty`,
`busy`, `deadly` (it ends this process), or `once:FILE` (it does so unless the file is there).
"""

import os
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gateway.domain.document import DocumentKind
from gateway.domain.envelope import Envelope
from gateway.intake.child import serve
from gateway.intake.handling import Handler, Prepared
from gateway.ports import Receipt, StoreUnavailableError
from gateway.records.store import Store
from tests.intake.house import GATEWAY_ROLE, TENANTS, Clock, Notebook


class Troubled(Handler):
    def prepare(self, envelope: Envelope) -> Prepared:
        trouble, _, file = envelope.message_id.partition(":")
        if trouble == "slow":
            time.sleep(0.5)
        while trouble == "until" and not Path(file).exists():
            time.sleep(0.01)
        if trouble == "faulty":
            raise ValueError(trouble)
        if trouble == "deadly":
            os._exit(9)
        if trouble == "once" and not Path(file).exists():
            Path(file).touch()
            os._exit(9)
        return super().prepare(envelope)

    def take_in(self, arrivals: Sequence[tuple[Envelope, Prepared]]) -> Sequence[Receipt | Exception]:
        if any(envelope.message_id == "busy" for envelope, _ in arrivals):
            return [StoreUnavailableError("another process keeps a store locked")] * len(arrivals)
        return super().take_in(arrivals)


def main() -> None:
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    rooms: Path = connection.recv()
    processes = {DocumentKind.RESERVE_BID: Notebook()}
    serve(connection, Troubled(Store(rooms, TENANTS), TENANTS, processes, GATEWAY_ROLE, Clock()))


if __name__ == "__main__":
    main()
