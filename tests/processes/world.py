"""A small world for process tests: platforms, DSOs, TSOs, an operator, and a clock one can turn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import Bids, SimpleBid, bids_from
from gateway.domain.document import (
    BidAvailability,
    DocumentHeader,
    DocumentKind,
    MeritOrderList,
    ReserveBids,
)
from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.grid import ConstraintElement, OperatingPoint, ReducedGridModel, Reference
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Finding
from gateway.domain.resource import ConnectionPoint, ResourceMap
from gateway.domain.role import HeldRole, TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.grids import exchange
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.merit_order import SafeMeritOrder, safe_merit_order
from gateway.processes.bid_check.collecting.collect_bids import CollectBids
from gateway.processes.bid_check.collecting.schedules import RecordSchedules
from gateway.processes.bid_check.result.publish import Publisher
from gateway.processes.bid_check.run.run import BidCheck, SafeSolver, Solver
from gateway.processes.demands import Demands
from gateway.processes.gates import Gates
from gateway.processes.grid_models import GridModels
from gateway.processes.resource_mappings import MapResources
from gateway.processes.resources import Resources
from gateway.processes.results import Results
from gateway.processes.scheduler import GateScheduler
from gateway.records.engine.stores import Stores
from gateway.records.market.results import BidAvailabilityRow
from gateway.records.messages import inbox
from tests.stores import stores_in

DAY = datetime(2026, 3, 1, 23, tzinfo=UTC)
OPENS = DAY - timedelta(days=2)
CLOSES = DAY - timedelta(hours=2)
AREA = "10YTEST-AREA---F"
GATEWAY = Role(CodedId("11XTEST-GATE---C"), "A35")
QUARTER = 900


@dataclass
class SetClock:
    """Time stands still until somebody turns it."""

    moment: datetime = CLOSES - timedelta(hours=1)

    def now(self) -> datetime:
        return self.moment


def tenant(name: str, role: TenantRole) -> Tenant:
    return Tenant(name, held(role), name.title(), (CodedId(f"TEST-{name.upper()}", "A01"),))


def elsewhere(name: str, role: TenantRole) -> Tenant:
    """A tenant whose role counts in another market than that of the gates here."""
    role_there = HeldRole(name, frozenset({role}), markets=frozenset({"elsewhere"}))
    return replace(tenant(name, role), roles=(role_there,))


TENANTS: Mapping[str, Tenant] = {
    one.tenant_id: one
    for one in (
        tenant("east", TenantRole.PLATFORM),
        tenant("west", TenantRole.PLATFORM),
        tenant("late", TenantRole.PLATFORM),
        tenant("north", TenantRole.DSO),
        tenant("south", TenantRole.DSO),
        tenant("tso", TenantRole.TSO),
        tenant("tso2", TenantRole.TSO),
        tenant("agg", TenantRole.PROVIDER),
        tenant("meters", TenantRole.METER_OPERATOR),
        tenant("operator", TenantRole.OPERATOR),
        tenant("auditor", TenantRole.AUDITOR),
        tenant("integrator", TenantRole.INTEGRATOR),
        elsewhere("away", TenantRole.OPERATOR),
        elsewhere("away-auditor", TenantRole.AUDITOR),
    )
}


def gate(gate_id: str = "g1", *, units: int = 2, **changes: object) -> Gate:
    values: dict[str, object] = {
        "gate_id": gate_id,
        "market": "mFRR",
        "process": "A47",
        "delivery": Interval(DAY, DAY + units * timedelta(minutes=15)),
        "mtu": timedelta(minutes=15),
        "currency": "EUR",
        "platforms": ("east", "west"),
        "system_operators": ("tso", "tso2"),
        "grid_operators": ("north", "south"),
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "grids_due_at": CLOSES,
        "window": timedelta(minutes=5),
        "budget": timedelta(seconds=20),
        "publish_by": CLOSES + timedelta(minutes=10),
        "use": UseOfLists.EXACT,
        "netting_platform": False,
    }
    return Gate(**(values | changes))  # type: ignore[arg-type]


def bid(
    bid_id: str,
    resource: str | None,
    mw: Sequence[float] | float,
    price: Sequence[float | None] | float | None,
    *,
    direction: Direction = Direction.UP,
    units: int = 2,
    start: int = 0,
    hours: bool = False,
    divisible: bool = True,
    minimum: float | None = 0.0,
    terms: Mapping[BidTerm, str] | None = None,
) -> SimpleBid:
    """A bid from unit `start` on; one number stands for all units."""
    quantities = [mw] * units if isinstance(mw, int | float) else list(mw)
    prices = list(price) if isinstance(price, Sequence) else [price] * len(quantities)
    stated = {
        BidTerm.BUSINESS_TYPE: "B74",
        BidTerm.AUCTION: "TEST-AUCTION",
        BidTerm.ACQUIRING_AREA: AREA,
        BidTerm.CONNECTING_AREA: AREA,
        BidTerm.CURRENCY: "EUR",
        BidTerm.PRODUCT: "A01",
    }
    if resource is not None:
        stated[BidTerm.RESOURCE] = resource
    return SimpleBid(
        bid_id=bid_id,
        direction=direction,
        divisible=divisible,
        start_s=int(DAY.timestamp()) + start * QUARTER,
        resolution_s=3600 if hours else QUARTER,
        resolution="PT60M" if hours else "PT15M",
        points=[(q, minimum, p) for q, p in zip(quantities, prices, strict=True)],
        terms={**stated, **(terms or {})},
    )


def document(
    platform: str,
    bids: Sequence[SimpleBid] | Bids,
    *,
    mrid: str = "doc-1",
    revision: int = 1,
    created_at: datetime = OPENS,
    process: str | None = "A47",
    period: Interval | None = None,
    tenants: Mapping[str, Tenant] = TENANTS,
) -> ReserveBids:
    return ReserveBids(
        header=DocumentHeader(
            DocumentKind.RESERVE_BID,
            "7.4",
            mrid,
            revision,
            "A37",
            process,
            Role(tenants[platform].parties[0], "A46"),
            GATEWAY,
            created_at,
        ),
        period=period or Interval(DAY, DAY + timedelta(days=1)),
        domain=CodedId(AREA),
        subject=None,
        bids=bids if isinstance(bids, Bids) else bids_from(bids),
    )


def model(
    grid_id: str,
    limit_mw: float,
    *,
    units: int = 2,
    base_mw: float | Sequence[float] = 0.0,
    nodes: Mapping[str, float] | None = None,
    points: Mapping[str, float] | None = None,
    extra: str = "",
) -> ReducedGridModel:
    """One line `<grid>-line`, limited both ways, from node `n1` to the reference; `far` lies beyond it.

    `nodes` gives the PTDF of each further node; `points` scales the PTDF per operating point.
    """
    ptdf = {"n1": 1.0, "far": -0.5, **(nodes or {}), "ref": 0.0}
    base = np.broadcast_to(np.asarray(base_mw, float).reshape(-1, 1), (units, 1))
    band = max(limit_mw, 100.0)
    return ReducedGridModel(
        grid_id=grid_id,
        validity=Interval(DAY, DAY + units * timedelta(minutes=15)),
        elements=(ConstraintElement(f"{grid_id}-line{extra}", -limit_mw, limit_mw),),
        connection_points=tuple(ptdf),
        operating_points=tuple(
            OperatingPoint(name, base, scale * np.array([list(ptdf.values())]), (-band, band))
            for name, scale in (points or {"normal": 1.0}).items()
        ),
        reference=Reference((("ref", 1.0),)),
    )


def renamed(grid: ReducedGridModel, old: str, new: str) -> ReducedGridModel:
    """The model with another name for one of its connection points."""
    names = tuple(new if name == old else name for name in grid.connection_points)
    return replace(grid, connection_points=names)


def connected(**units: tuple[tuple[str, str], ...]) -> dict[str, tuple[ConnectionPoint, ...]]:
    return {unit: tuple(ConnectionPoint(*point) for point in points) for unit, points in units.items()}


RESOURCES = ResourceMap(
    connected(
        u1=(("north", "n1"),),
        u2=(("north", "n1"),),
        free=(("north", "ref"),),
        s1=(("south", "n1"),),
        both=(("north", "n1"), ("south", "n1")),
    ),
    {"pool": {"u1": 0.25, "s1": 0.75}},
)


def solve(problem: Problem, _budget_s: float) -> Answer:
    return cover_demand(problem)


def keep_safe(problem: Problem, _budget_s: float) -> SafeMeritOrder:
    return safe_merit_order(problem)


@dataclass
class World:
    """Everything the processes need, on real files; `written` are the documents published."""

    stores: Stores
    clock: SetClock = field(default_factory=SetClock)
    written: list[BidAvailability | MeritOrderList] = field(default_factory=list)
    tenants: Mapping[str, Tenant] = field(default_factory=lambda: TENANTS)

    @classmethod
    def at(cls, directory: Path, tenants: Mapping[str, Tenant] = TENANTS) -> "World":
        return cls(stores_in(directory, tenants), tenants=tenants)

    def __post_init__(self) -> None:
        self.gates = Gates(self.stores, self.tenants, self.clock)
        self.demands = Demands(self.stores, self.gates, self.clock)
        self.grid_models = GridModels(self.stores, self.clock)
        self.resources = Resources(self.stores, self.tenants, self.clock)
        self.results = Results(self.stores, self.gates)
        self.collect = CollectBids(self.stores, self.resources)
        self.map_resources = MapResources(self.resources)
        self.record_schedules = RecordSchedules(self.stores, self.resources)
        self.publisher = Publisher(
            self.stores, self.tenants, GATEWAY, self.clock, new_writer=lambda: self.write
        )
        self.bid_check = self.check_with(solve)
        self.keeper = self.new_keeper()

    def new_keeper(self) -> GateScheduler:
        """As a restart makes one."""
        return GateScheduler(self.stores, self.bid_check, self.clock, in_work=self.in_work)

    def availability(self, run_id: str, caller: Tenant) -> dict[str, list[BidAvailabilityRow]]:
        """What the interface reads page by page."""
        found = self.results.availability(run_id, caller)
        return {platform: list(rows) for platform, rows in found.items()}

    def in_work(self, tenant: str, before: datetime) -> bool:
        """As of a gateway that was started when everything was in the store."""
        with self.stores.of(tenant).reading() as uow:
            return inbox.count_unsettled(uow, before) > 0

    def agree(self, *operators: str) -> None:
        """Let these grid operators pass on unchecked what their grids cannot be asked about."""
        agreed = {name: replace(self.tenants[name], passes_unchecked=True) for name in operators}
        self.tenants = {**self.tenants, **agreed}
        self.bid_check = self.check_with(solve)

    def check_with(self, solve: Solver, keep_safe: SafeSolver = keep_safe) -> BidCheck:
        return BidCheck(
            self.stores,
            self.tenants,
            self.resources,
            self.publisher,
            self.clock,
            solve=solve,
            keep_safe=keep_safe,
        )

    def write(self, document: BidAvailability | MeritOrderList, version: str) -> Iterable[bytes]:
        self.written.append(document)
        return [f"{document.header.kind} {version} {document.header.mrid}".encode()]

    def submit(self, platform: str, document: ReserveBids, document_id: str = "d1") -> Sequence[Finding]:
        with self.stores.of(platform).writing() as uow:
            return self.collect.apply(uow, self.tenants[platform], document, document_id, self.clock.now())

    def put(self, operator: str, *models: ReducedGridModel) -> None:
        for one in models:
            self.grid_models.add(self.tenants[operator], one.grid_id, exchange.write(one))

    def demand(
        self, gate_id: str, up: float = 0.0, down: float = 0.0, *, units: int = 2, by: str = "tso"
    ) -> None:
        self.demands.state(gate_id, self.tenants[by], [up] * units, [down] * units)

    def close_and_run(self, gate_id: str = "g1", by: str = "operator") -> str:
        """Close by the operator, run, and give the run's id."""
        self.clock.moment = CLOSES
        self.gates.close(gate_id, self.tenants[by])
        return self.bid_check.run(gate_id).run_id
