"""`python -m gateway.intake_process SOCKET`: a process of the gateway that handles documents.

It receives its settings from its parent, and ends when its parent does.
"""

import gc
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from gateway.domain.document import DocumentKind
from gateway.domain.grant import Grants
from gateway.domain.party import Role
from gateway.domain.route import Routes
from gateway.domain.tenant import Tenant
from gateway.formats import Formats
from gateway.intake.apply.forwarding import Forwarder
from gateway.intake.service.child import serve
from gateway.intake.service.handling import Handler
from gateway.intake.service.pool_process import Orders
from gateway.logs import configure_logs
from gateway.ports import Clock, DocumentApplier
from gateway.processes.acknowledgements import RecordAcknowledgements
from gateway.processes.bid_check.collecting.activations import RecordActivations
from gateway.processes.bid_check.collecting.collect_bids import CollectBids
from gateway.processes.bid_check.collecting.schedules import RecordSchedules
from gateway.processes.closings import RecordClosings
from gateway.processes.resource_mappings import MapResources
from gateway.processes.resources import Resources
from gateway.records.engine.stores import Place, Stores

COMMAND: Final = (sys.executable, "-m", "gateway.intake_process")


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class IntakeSettings:
    """Settings of whatever handles documents: the gateway itself, or a process of its own."""

    stores: Place
    schemas: Path
    tenants: Mapping[str, Tenant]
    party: Role
    routes: Routes
    grants: Grants
    clock: Clock

    def handler(self, stores: Stores, resources: Resources) -> Handler:
        """The handler of documents, in this process as in the gateway itself."""
        formats = Formats.read(self.schemas)
        formats.prepare()
        return Handler(
            stores,
            self.tenants,
            document_appliers(stores, self.tenants, resources),
            self.party,
            self.clock,
            formats,
            Forwarder(self.routes, self.tenants, self.party),
            self.grants,
        )


def document_appliers(
    stores: Stores, tenants: Mapping[str, Tenant], resources: Resources
) -> Mapping[DocumentKind, DocumentApplier]:
    """What applies each kind of document; any other kind is refused."""
    return {
        DocumentKind.RESERVE_BID: CollectBids(stores, resources),
        DocumentKind.ACKNOWLEDGEMENT: RecordAcknowledgements(tenants),
        DocumentKind.RESOURCE_MAPPING: MapResources(resources),
        DocumentKind.PLANNED_RESOURCE_SCHEDULE: RecordSchedules(stores, resources),
        DocumentKind.STATUS_REQUEST: RecordClosings(stores),
        DocumentKind.ACTIVATION: RecordActivations(stores),
    }


def main() -> None:
    """Serve the parent at the socket whose number is the only argument."""
    for sent_to_group in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # the parent finishes what is in work, and then ends this
        signal.signal(sent_to_group, signal.SIG_IGN)
    configure_logs()
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    try:
        orders: Orders = connection.recv()
    except (EOFError, OSError):  # the parent was gone before this had started
        return
    settings: IntakeSettings = orders.settings
    stores = Stores(settings.stores, settings.tenants)
    handler = settings.handler(stores, Resources(stores, settings.tenants, settings.clock))
    gc.freeze()  # what stays for good is not looked through again and again while documents wait
    serve(connection, handler, orders)


if __name__ == "__main__":
    main()
