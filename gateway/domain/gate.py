"""A gate: one collection of bids of all participating platforms for one delivery period."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.domain.market_time import Interval, MarketTimeError, MtuGrid, utc


class GateTermError(ValueError):
    """A term of a gate that is invalid, alone or with the others; `term` names it."""

    def __init__(self, term: str, message: str) -> None:
        super().__init__(message)
        self.term = term


class GateState(StrEnum):
    """State of a gate. It moves forward; published, it may be run again."""

    OPEN = "open"
    CLOSED = "closed"
    RUNNING = "running"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    """Called off before anything was published; its bids stay where they are and count nowhere."""


class UseOfLists(StrEnum):
    """How the published lists are used, and so what they promise."""

    EXACT = "exact"
    """Exactly all published acceptances, by a buyer with a stated demand."""
    PREFIX = "prefix"
    """Any amount of each list, in price order, for an unknown demand."""


class ListObjective(StrEnum):
    """What `prefix` lists keep first, after contracted capacity."""

    VOLUME = "volume"
    """The most volume; of equal volumes the cheaper."""
    PRICE_ORDER = "price-order"
    """As much as can be of the cheapest bid, then of the next, and so on: no cheap bid is limited in favour
    of dearer ones, however many."""


class DemandRule(StrEnum):
    """What gives way where demand and limits cannot both be kept; `exact` lists only."""

    KEEP_LIMITS = "keep-limits"
    """Limits hold; then the least unmet demand, then the least cost."""
    MEET_DEMAND = "meet-demand"
    """The least unmet demand; then the least overload, of rows whose operator agreed to an emergency rating
    and up to it; then the least cost."""


class TechnicalLink(StrEnum):
    """What a technical link between bids of neighbouring market time units means in a market."""

    NONE = "none"
    """Nothing: either bid may be activated whatever becomes of the other."""
    DIRECT_BLOCKS = "direct-blocks"
    """After direct activation, which delivers in the next unit too, the bid there is not available."""
    MAY_NOT_FOLLOW = "may-not-follow"
    """Of two neighbours at most one is activated, with either activation type."""
    MUST_FOLLOW = "must-follow"
    """A bid activated in one unit is activated in the next."""


NETTING_PROCESSES = frozenset({"A47", "A51"})
"""Processes whose lists go on to platforms with netting, unless a gate says otherwise: mFRR, aFRR energy."""


class StaleModel(StrEnum):
    """What becomes of a grid model that is older than the gate wants."""

    USE = "use"
    SET_ASIDE = "set-aside"
    """As if there were none."""


@dataclass(frozen=True, slots=True)
class Gate:
    """When what is collected, from whom, and by when the answer must be out.

    Attributes:
        gate_id: unique name, e.g. `mfrr-2026-03-01`.
        market: name of the market, for people.
        process: ENTSO-E process type of the documents it collects, e.g. A47.
        delivery: the period bids are for; `mtu` its market time unit.
        currency: the one currency of its prices.
        platforms: tenants whose bids are collected.
        system_operators: TSOs that state its demand and see its merit order; any other sees nothing of it.
        grid_operators: tenants whose grid models are used.
        opens_at, closes_at: market gate; documents received outside are refused.
        grids_due_at: DSO gate: grid models taken into use later do not count for this gate.
        window: how long after `closes_at` platforms that have not closed are waited for.
        budget: time limit of the optimiser.
        publish_by: when the answer must be out.
        minimum_bid_mw: smallest bid of the market, None where there is none.
        max_model_age: a grid model older than this is reported as stale, None where age does not matter.
        stale_model: what was agreed for stale models.
        use: how the published lists are used.
        demand_rule: whether demand or limits come first where they conflict, in `exact` lists.
        objective: what `prefix` lists maximise first, after contracted capacity.
        one_buyer: whether one buyer activates all lists of a direction as one common price order; False: each
            list is activated whatever becomes of the others.
        netting_platform: whether the lists go on to a platform with netting and cross-border exchange, which
            uses them as `prefix` only; None: as is usual for the process.
        technical_link: what technical links between bids mean.
        netting_share: how far a limit may rely on relief by other bids, 0 (none: every subset of deliveries
            is safe) to 1 (full).
        zones: bidding zones of its bids (their connecting area); none named: any.
        domains: areas that its documents may name as theirs, and bids as acquiring area; none named: any.
        products: market products of its bids; those that only state how the standard one is activated (A05,
            A06, A07) are it. None named: any.
        preparation: how long before a market time unit begins its activation is prepared: from then on what
            was published of it stays.
    """

    gate_id: str
    market: str
    process: str
    delivery: Interval
    mtu: timedelta
    currency: str
    platforms: tuple[str, ...]
    system_operators: tuple[str, ...]
    grid_operators: tuple[str, ...]
    opens_at: datetime
    closes_at: datetime
    grids_due_at: datetime
    window: timedelta
    budget: timedelta
    publish_by: datetime
    use: UseOfLists
    minimum_bid_mw: float | None = None
    max_model_age: timedelta | None = None
    stale_model: StaleModel = StaleModel.USE
    demand_rule: DemandRule = DemandRule.KEEP_LIMITS
    objective: ListObjective = ListObjective.VOLUME
    one_buyer: bool = False
    netting_platform: bool | None = None
    technical_link: TechnicalLink = TechnicalLink.DIRECT_BLOCKS
    netting_share: float = 1.0
    preparation: timedelta = timedelta(0)
    zones: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    _units: MtuGrid = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("opens_at", "closes_at", "grids_due_at", "publish_by"):
            object.__setattr__(self, name, utc(getattr(self, name)))
        if not self.opens_at < self.closes_at:
            raise GateTermError("closes_at", f"gate {self.gate_id} closes at or before it opens")
        if self.closes_at + self.window + self.budget > self.publish_by:
            raise GateTermError(
                "publish_by", f"gate {self.gate_id}: window and budget end after the publication deadline"
            )
        if not 0 <= self.netting_share <= 1:
            raise GateTermError(
                "netting_share",
                f"gate {self.gate_id}: netting share {self.netting_share} is not within 0 and 1",
            )
        if self.preparation < timedelta(0):
            raise GateTermError(
                "preparation", f"gate {self.gate_id}: preparation begins after its market time unit"
            )
        if not self.platforms:
            raise GateTermError("platforms", f"gate {self.gate_id} has no platform")
        if self.netting_platform is None:
            object.__setattr__(self, "netting_platform", self.process in NETTING_PROCESSES)
        if self.netting_platform and self.use is UseOfLists.EXACT:
            raise GateTermError(
                "use",
                f"gate {self.gate_id}: lists for a platform with netting are used as prefix, not exact; "
                "netting_platform: false states that they go to none",
            )
        try:
            object.__setattr__(self, "_units", MtuGrid(self.delivery, self.mtu))
        except MarketTimeError as error:
            raise GateTermError("mtu", str(error)) from error

    @property
    def units(self) -> MtuGrid:
        """The market time units of the delivery period."""
        return self._units

    @property
    def only_zone(self) -> str:
        """The bidding zone of all its bids, where it has just one; empty where it has several or any."""
        return self.zones[0] if len(self.zones) == 1 else ""

    @property
    def waits_until(self) -> datetime:
        """End of the collection window: the gate closes then at the latest."""
        return self.closes_at + self.window

    def in_preparation(self, moment: datetime) -> int:
        """How many of its first units are in preparation before `moment`: what is published stays."""
        begun = moment - (self.delivery.start - self.preparation)
        return min(max(-(-begun // self.mtu), 0), len(self.units))

    def takes_at(self, moment: datetime) -> bool:
        """Whether a document received at `moment` is in time."""
        return self.opens_at <= moment < self.waits_until
