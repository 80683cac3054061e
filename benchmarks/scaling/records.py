"""What participants hand in and what waits for them, ever more of it: one store, in this process."""

import logging
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import structlog

import esmp
import mappings
from benchmarks.bid_documents import DAY, bid_document
from gateway.delivery import Dispatcher
from gateway.domain.document import DocumentKind, ReserveBids
from gateway.domain.envelope import Envelope
from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.grid import ConstraintElement, OperatingPoint, ReducedGridModel, Reference
from gateway.domain.market_time import Interval
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import CodedId
from gateway.domain.resource import ConnectionPoint, ResourceMap
from gateway.domain.role import TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.grids import exchange
from gateway.processes.bid_check.collecting.collect_bids import CollectBids
from gateway.processes.gates import Gates
from gateway.processes.grid_models import GridModels
from gateway.processes.resources import Resources
from gateway.records.engine.stores import Stores
from gateway.records.messages import outbox

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
TENANTS: Final = {
    "north": Tenant("north", held(TenantRole.PLATFORM), "north", (CodedId("10XTEST-SENDER-M"),)),
    "dso": Tenant("dso", held(TenantRole.DSO), "dso"),
    "tso": Tenant("tso", held(TenantRole.TSO), "tso"),
}
PERIOD: Final = Interval(DAY, DAY + timedelta(days=1))
WAITING_DOCUMENT: Final = b"<document/>" * 100


class Still:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Noon of the day before delivery."""
        return NOW


def opened() -> Stores:
    """An empty one; nothing is logged."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return Stores(Path(tempfile.mkdtemp(prefix="flexgate-scale-")), TENANTS)


def documents(size: int) -> Callable[[], object]:
    """So many documents of ten bids each are read and collected, each in a transaction of its own."""
    return _collected([bid_document(10, 4, seed).data for seed in range(size)])


def bids(size: int) -> Callable[[], object]:
    """One document of so many bids of four quarter hours is read and collected."""
    return _collected([bid_document(size, 4).data])


def _collected(sent: Sequence[bytes]) -> Callable[[], object]:
    stores = opened()
    resources = Resources(stores, TENANTS, Still())
    units = {f"TEST-UNIT-{unit:05}": (ConnectionPoint("grid", "n1"),) for unit in range(100_000)}
    resources.replace(TENANTS["tso"], ResourceMap(units, {}))
    Gates(stores, TENANTS, Still()).create(open_gate())
    collect = CollectBids(stores, resources)

    def run() -> None:
        for number, data in enumerate(sent):
            report = esmp.validate(data)
            if report.identity is None or not report.valid:
                raise AssertionError(report.findings[0])
            document = mappings.read(data, report.identity, report.root).document
            if not isinstance(document, ReserveBids):
                raise TypeError("no bids")
            with stores.of("north").writing() as uow:
                if found := collect.apply(uow, TENANTS["north"], document, f"{number:032}", NOW):
                    raise AssertionError(found[0])

    return run


def open_gate() -> Gate:
    closes = NOW + timedelta(hours=1)
    return Gate(
        gate_id="day",
        market="TEST",
        process="A47",
        delivery=PERIOD,
        mtu=timedelta(minutes=15),
        currency="EUR",
        platforms=("north",),
        system_operators=("tso",),
        grid_operators=("dso",),
        opens_at=NOW - timedelta(days=1),
        closes_at=closes,
        grids_due_at=closes,
        window=timedelta(0),
        budget=timedelta(seconds=20),
        publish_by=closes + timedelta(minutes=10),
        use=UseOfLists.EXACT,
        netting_platform=False,
    )


def units(size: int) -> Callable[[], object]:
    """So many units are assigned to connection points, twice: the second time they replace the first."""
    stores = opened()
    resources = Resources(stores, TENANTS, Still())
    places = {f"TEST-UNIT-{unit}": (ConnectionPoint("grid", f"n{unit % 99}"),) for unit in range(size)}

    def run() -> None:
        for _ in range(2):
            resources.replace(TENANTS["tso"], ResourceMap(places, {}))

    return run


def models(size: int) -> Callable[[], object]:
    """So many grids get a model of a hundred elements and nodes for a day."""
    stores = opened()
    taken = GridModels(stores, Still())
    draw = np.random.default_rng(0)
    sensitivities = np.hstack([draw.uniform(-1, 1, (100, 100)), np.zeros((100, 1))])
    point = OperatingPoint("normal", draw.normal(size=(96, 100)), sensitivities, (-500.0, 500.0))
    sent = [
        exchange.write(
            ReducedGridModel(
                grid_id=f"grid-{number}",
                validity=PERIOD,
                elements=tuple(ConstraintElement(f"line-{line}", -9.0, 9.0) for line in range(100)),
                connection_points=(*(f"n{node}" for node in range(100)), "ref"),
                operating_points=(point,),
                reference=Reference((("ref", 1.0),)),
            )
        )
        for number in range(size)
    ]

    def run() -> None:
        for number, model in enumerate(sent):
            taken.add(TENANTS["dso"], f"grid-{number}", model)

    return run


class Counting:
    """Implements `ports.PipelinedOutlet`; takes everything at once."""

    name = "counting"
    max_age = None
    largest = None
    in_flight = 50
    patience_s = 60.0

    def __init__(self, expected: int) -> None:
        self._left = expected
        self.all_there = threading.Event()

    def is_open(self, tenant: Tenant) -> bool:  # noqa: ARG002
        """Always."""
        return True

    def send(self, tenant: Tenant, envelope: Envelope) -> None:
        """Take one."""
        self.begin(tenant, [envelope])

    def begin(self, tenant: Tenant, envelopes: Sequence[Envelope]) -> Sequence[Future[None]]:  # noqa: ARG002
        """Take all."""
        done: list[Future[None]] = [Future() for _ in envelopes]
        for one in done:
            one.set_result(None)
        self._left -= len(envelopes)
        if self._left <= 0:
            self.all_there.set()
        return done


def waiting(size: int) -> Callable[[], object]:
    """So many messages wait for one participant and are pushed."""
    stores, outlet = opened(), Counting(size)
    with stores.of("north").writing() as uow:
        for number in range(size):
            answers = f"envelope-{number}"
            message = Outgoing(DocumentKind.ACKNOWLEDGEMENT, "8.1", WAITING_DOCUMENT, answers=answers)
            outbox.put(uow, message, NOW)
    dispatcher = Dispatcher(stores, TENANTS, lambda _: outlet, Still())

    def run() -> None:
        dispatcher.start()
        outlet.all_there.wait()
        dispatcher.stop()

    return run
