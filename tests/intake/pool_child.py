"""A process that handles documents, with troubles: `python -m tests.intake.pool_child SOCKET`.

What it does with a document is the message id: `slow`, `until:FILE` (it waits for the file), `faulty`,
`busy`, `deadly` (it ends this process), `endless` (it never comes to an end), or `once:FILE` (it ends this
process unless the file is there).
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
from gateway.intake.service.child import serve
from gateway.intake.service.handling import Handler, Prepared
from gateway.intake.service.pool_process import Orders
from gateway.ports import Receipt, StoreUnavailableError
from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox
from tests.intake.local_gateway import GATEWAY_ROLE, TENANTS, Clock, Notebook


def trouble_with(message_id: str) -> None:
    trouble, _, file = message_id.partition(":")
    if trouble == "slow":
        time.sleep(0.5)
    while trouble == "until" and not Path(file).exists():
        time.sleep(0.01)
    while trouble == "endless":
        pass
    if trouble == "faulty":
        raise ValueError(trouble)
    if trouble == "deadly":
        os._exit(9)
    if trouble == "once" and not Path(file).exists():
        Path(file).touch()
        os._exit(9)


class Troubled(Handler):
    def prepare(self, envelope: Envelope) -> Prepared:
        trouble_with(envelope.message_id)
        return super().prepare(envelope)

    def handle(self, tenant_id: str, envelope_id: str) -> None:
        with self.stores.of(tenant_id).reading() as uow:
            stored = inbox.find(uow, envelope_id)
        trouble_with("" if stored is None else stored.message_id)
        super().handle(tenant_id, envelope_id)

    def handle_all(self, arrivals: Sequence[tuple[Envelope, Prepared]]) -> Sequence[Receipt | Exception]:
        if any(envelope.message_id == "busy" for envelope, _ in arrivals):
            return [StoreUnavailableError("another process keeps a store locked")] * len(arrivals)
        return super().handle_all(arrivals)


def main() -> None:
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    orders: Orders = connection.recv()
    stores: Path = orders.settings
    processes = {DocumentKind.RESERVE_BID: Notebook()}
    serve(connection, Troubled(Stores(stores, TENANTS), TENANTS, processes, GATEWAY_ROLE, Clock()), orders)


if __name__ == "__main__":
    main()
