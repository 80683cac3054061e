"""A gateway in process: bids, models and demands go in as they would, documents come out of the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.promising.gates import (
    EXACT,
    GRIDS,
    MTUS,
    NODES,
    PLATFORMS,
    Grid,
    Offer,
    RandomGate,
    connections,
)
from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import SimpleBid, bids_from
from gateway.domain.document import DocumentHeader, DocumentKind, ReserveBids
from gateway.domain.gate import DemandRule, Gate, UseOfLists
from gateway.domain.grid import ConstraintElement, OperatingPoint, ReducedGridModel, Reference
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.resource import ConnectionPoint, ResourceMap
from gateway.domain.result import Run
from gateway.domain.role import TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.grids import exchange
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.safe.merit_order import safe_merit_order
from gateway.processes.bid_check.collecting.collect_bids import CollectBids
from gateway.processes.bid_check.result.publish import Publisher
from gateway.processes.bid_check.run.run import BidCheck
from gateway.processes.demands import Demands
from gateway.processes.gates import Gates
from gateway.processes.grid_models import GridModels
from gateway.processes.resources import Resources
from gateway.records.engine.stores import Stores
from gateway.records.messages import outbox
from mappings import DocumentStream

FIRST = datetime(2026, 6, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
AREA = "10YTEST-AREA---F"
TSO, OPERATOR = "tso", "operator"
OTHER = "A51"
"""Process of the second gate of a pair."""

APART = (2 * MTUS + 1) * QUARTER
"""From one gate or pair to the next, so that they do not meet."""

GROUPS = {
    "exclusive": BidTerm.EXCLUSIVE_GROUP,
    "multipart": BidTerm.MULTIPART_GROUP,
    "inclusive": BidTerm.INCLUSIVE_GROUP,
}


@dataclass
class _Clock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Decided:
    """What a gate published: its documents by platform as bytes, and the figures of its run."""

    start: datetime
    documents: dict[str, list[bytes]]
    run: Run


def _tenant(name: str, role: TenantRole) -> Tenant:
    return Tenant(name, held(role), name, (CodedId(f"TEST-{name.upper()}", "A01"),))


class Market:
    """Tenants, units and grids are the same for all gates; each gate has a delivery of its own."""

    def __init__(self, directory: Path) -> None:
        tenants = [_tenant(name, TenantRole.PLATFORM) for name in PLATFORMS]
        tenants += [_tenant(name, TenantRole.DSO) for name in GRIDS]
        tenants += [_tenant(TSO, TenantRole.TSO), _tenant(OPERATOR, TenantRole.OPERATOR)]
        self._tenants = {one.tenant_id: one for one in tenants}
        self._clock = _Clock(FIRST)
        self.stores = Stores(directory, self._tenants)
        self._resources = Resources(self.stores, self._tenants, self._clock)
        self._gates = Gates(self.stores, self._tenants, self._clock)
        self._demands = Demands(self.stores, self._gates, self._clock)
        self._models = GridModels(self.stores, self._clock)
        self._collect = CollectBids(self.stores, self._resources)
        self._gateway = Role(CodedId("11XTEST-GATE---C"), "A35")
        publisher = Publisher(
            self.stores,
            self._tenants,
            self._gateway,
            self._clock,
            new_writer=DocumentStream,
        )
        self._check = BidCheck(
            self.stores,
            self._tenants,
            self._resources,
            publisher,
            self._clock,
            solve=lambda problem, _: cover_demand(problem),
            keep_safe=lambda problem, _: safe_merit_order(problem),
        )
        places = {
            unit: tuple(ConnectionPoint(*place) for place in own) for unit, own in connections().items()
        }
        self._resources.replace(self._tenants[TSO], ResourceMap(places, {}))

    def decide(self, gate: RandomGate, number: int) -> Decided:
        """Let the gateway decide the gate; every gate of a gateway has another number.

        Raises:
            ValueError: a bid was refused.
        """
        opened = self._open(gate, f"gate-{number}", FIRST + number * APART)
        return self._run(opened)

    def decide_pair(
        self, pair: tuple[RandomGate, RandomGate], later: int, number: int, order: Sequence[int]
    ) -> list[Decided]:
        """Let the gateway decide two gates on the same grids.

        Args:
            later: by how many units the second delivers later.
            order: which of the two is decided, one after the other; more than once is a further run.
        """
        start = FIRST + number * APART
        opened = [
            self._open(pair[0], f"gate-{number}", start),
            self._open(pair[1], f"other-{number}", start + later * QUARTER, process=OTHER, models=False),
        ]
        found: dict[int, Decided] = {}
        for which in order:
            if which in found:
                self._gates.run_again(opened[which].gate_id)
            found[which] = self._run(opened[which])
        return [found[which] for which in sorted(found)]

    def _open(
        self, gate: RandomGate, name: str, start: datetime, *, process: str = "A47", models: bool = True
    ) -> Gate:
        """Open a gate and send it all that it decides on."""
        delivery = Interval(start, start + MTUS * QUARTER)
        closes = delivery.start - timedelta(hours=1)
        self._clock.moment = closes - timedelta(hours=1)
        for grid in gate.grids if models else ():
            model = _model(grid, start)
            self._models.add(self._tenants[grid.name], grid.name, exchange.write(model))
        opened = Gate(
            gate_id=name,
            market="random",
            process=process,
            delivery=delivery,
            mtu=QUARTER,
            currency="EUR",
            platforms=gate.platforms,
            system_operators=("tso",),
            grid_operators=tuple(grid.name for grid in gate.grids),
            opens_at=closes - timedelta(days=2),
            closes_at=closes,
            grids_due_at=closes,
            window=timedelta(0),
            budget=timedelta(seconds=20),
            publish_by=closes + timedelta(minutes=10),
            use=UseOfLists(gate.use),
            demand_rule=DemandRule(gate.rule),
            one_buyer=gate.one_buyer,
            netting_platform=gate.use != EXACT,
        )
        self._gates.create(opened)
        for (zone, up), mw in gate.demand.items():
            if up:
                down = gate.demand[zone, False]
                self._demands.state(name, self._tenants[TSO], mw, down, zone=zone, product="A01")
        for platform in gate.platforms:
            self._submit(platform, [o for o in gate.offers if o.platform == platform], opened)
        self._clock.moment = closes
        self._gates.close(name, self._tenants[OPERATOR])
        return opened

    def _run(self, gate: Gate) -> Decided:
        run = self._check.run(gate.gate_id)
        documents = {name: self._sent(name, run.run_id) for name in gate.platforms}
        return Decided(gate.delivery.start, documents, run)

    def _submit(self, platform: str, offers: Sequence[Offer], gate: Gate) -> None:
        if not offers:
            return
        gate_id, delivery = gate.gate_id, gate.delivery
        header = DocumentHeader(
            DocumentKind.RESERVE_BID,
            "7.4",
            f"doc-{gate_id}",
            1,
            "A37",
            gate.process,
            Role(self._tenants[platform].parties[0], "A46"),
            self._gateway,
            self._clock.now() - timedelta(minutes=1),
        )
        bids = bids_from([_bid(offer, delivery.start) for offer in offers])
        document = ReserveBids(header, delivery, CodedId(AREA), None, bids)
        with self.stores.of(platform).writing() as uow:
            found = self._collect.apply(
                uow, self._tenants[platform], document, f"{gate_id}-{platform}"[:32], self._clock.now()
            )
        if found:
            raise ValueError(f"{gate_id} {platform}: {found[0].message}")

    def _sent(self, platform: str, run_id: str) -> list[bytes]:
        with self.stores.of(platform).reading() as uow:
            messages = outbox.answering(uow, run_id)
            payloads = outbox.payloads_of(uow, [message.id for message in messages])
        return [payloads[message.id] for message in messages]


def _model(grid: Grid, start: datetime) -> ReducedGridModel:
    """The grid from the first unit on."""
    points = [
        OperatingPoint(
            f"point-{k}",
            grid.base[k],
            np.hstack([grid.ptdf[k], np.zeros((len(grid.upper), 1))]),
            (-500.0, 500.0),
        )
        for k in range(len(grid.ptdf))
    ]
    return ReducedGridModel(
        grid_id=grid.name,
        validity=Interval(start, start + grid.base.shape[1] * QUARTER),
        elements=tuple(
            ConstraintElement(f"element-{number}", float(lower), float(upper))
            for number, (lower, upper) in enumerate(zip(grid.lower, grid.upper, strict=True))
        ),
        connection_points=(*(f"n{node}" for node in range(NODES)), "ref"),
        operating_points=tuple(points),
        reference=Reference((("ref", 1.0),)),
    )


def _bid(offer: Offer, start: datetime) -> SimpleBid:
    terms = {
        BidTerm.BUSINESS_TYPE: "B74",
        BidTerm.AUCTION: "TEST",
        BidTerm.ACQUIRING_AREA: AREA,
        BidTerm.CONNECTING_AREA: offer.zone,
        BidTerm.CURRENCY: "EUR",
        BidTerm.PRODUCT: offer.product,
        BidTerm.RESOURCE: offer.unit,
    }
    if offer.group is not None:
        terms[GROUPS[offer.group[0]]] = offer.group[1]
    if offer.contracted:
        terms[BidTerm.AGREEMENT] = "TEST-CONTRACT"
    prices = offer.price or (None,) * MTUS
    least = [offer.minimum if offer.divisible else q for q in offer.quantity]
    return SimpleBid(
        bid_id=offer.name,
        direction=Direction.UP if offer.up else Direction.DOWN,
        divisible=offer.divisible,
        start_s=int(start.timestamp()),
        resolution_s=int(QUARTER.total_seconds()),
        resolution="PT15M",
        points=[(q, min(m, q), p) for q, m, p in zip(offer.quantity, least, prices, strict=True)],
        terms=terms,
    )
