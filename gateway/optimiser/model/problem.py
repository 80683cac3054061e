"""The optimisation problem of one gate, as one immutable, checked value of arrays.

Sign convention: direction +1 (up) injects more at the node (more generation, less load), −1 (down) less.
Flow of element l at operating point k and MTU t:

    flow[k, t, l] = base_mw[k, t, l] + Σ_b direction[b] · q[b, t] · Σ_n factor[b, n] · ptdf[k, l, n]

The problem is to find accepted quantities q with the least unmet demand, overload and cost, in the
lexicographic order of `order`:

    cost[t] = Σ_b price[b, t] · q[b, t]
    Σ_{b in list} q[b, t] + unmet[list, t] − surplus[list, t] = demand[list, t]
    lower ≤ flow ≤ upper, narrowed by accuracy and reserve, for all operating points: any of them may occur
    q[b, t] = 0 or least[b, t] ≤ q[b, t] ≤ available[b, t], and the links between bids

Price convention: EUR the system operator pays per MWh of activation, in both directions; negative when it
is paid. A process turns the market's convention for down bids into this one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from gateway.domain.bounds import LOOSEST
from gateway.domain.gate import DemandRule, ListObjective
from gateway.optimiser.model.checks import (
    BoolArray,
    FloatArray,
    IntArray,
    InvalidProblemError,
    first,
    flags,
    floats,
    indices,
    unique,
)
from gateway.optimiser.model.grid_arrays import GridArrays
from gateway.optimiser.model.levels import beyond_levels
from gateway.optimiser.model.links import LEAST_MW, Links, TechnicalRule
from gateway.optimiser.model.lists import Lists

OVERLOAD_EUR = 2_000.0
BidAtMtu = tuple[int, int]
SHORTAGE_EUR = 20_000.0


@dataclass(frozen=True, slots=True, eq=False)
class OfferColumns:
    """B bids over T MTUs as columns.

    Attributes:
        ids: B, unique.
        direction: (B,) +1 up, −1 down.
        quantity_mw: (B, T) offered, ≥ 0; 0 where not offered.
        minimum_mw: (B, T) least quantity if activated at all, 0 ≤ minimum ≤ quantity.
        price_eur_per_mwh: (B, T).
        divisible: (B,) False: all of the quantity or nothing.
        cap_mw: (B, T) what may be used of the quantity, the rest being withheld; None: all of it.
        list_index: (B,) the list of each bid, into `Problem.lists`; left out: list 0 for up, 1 for down.
        scheduled, direct: (B,) how it may be activated: A05 scheduled only, A06 direct only, A07 both; left
            out: scheduled only.
        contracted: (B,) whether it fills contracted capacity, which comes first; left out: none.
        provider, platform: (B,) indices into `providers`, `platforms`; used by reports only.
        providers, platforms: names.
    """

    ids: tuple[str, ...]
    direction: IntArray
    quantity_mw: FloatArray
    price_eur_per_mwh: FloatArray
    minimum_mw: FloatArray
    divisible: BoolArray
    cap_mw: FloatArray | None = None
    list_index: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    scheduled: BoolArray = field(default_factory=lambda: np.zeros(0, np.bool_))
    direct: BoolArray = field(default_factory=lambda: np.zeros(0, np.bool_))
    contracted: BoolArray = field(default_factory=lambda: np.zeros(0, np.bool_))
    provider: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    platform: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    providers: tuple[str, ...] = ("",)
    platforms: tuple[str, ...] = ("",)

    def __post_init__(self) -> None:
        ids = unique(self.ids, "bid")
        count = len(ids)
        direction = indices(self.direction, (count,), "direction")
        quantity = floats(self.quantity_mw, (count, None), "quantity_mw")
        columns = {
            "quantity_mw": quantity,
            "price_eur_per_mwh": floats(self.price_eur_per_mwh, quantity.shape, "price_eur_per_mwh"),
            "minimum_mw": floats(self.minimum_mw, quantity.shape, "minimum_mw"),
        }
        if self.cap_mw is not None:
            columns["cap_mw"] = floats(self.cap_mw, quantity.shape, "cap_mw")
        for what, values in columns.items():
            self._refuse(~np.isfinite(values), f"{what} is not finite")
            price = what == "price_eur_per_mwh"
            if not price:
                self._refuse(values < 0, f"{what} is negative")
            most = LOOSEST.energy_price if price else LOOSEST.power_mw
            self._refuse(
                np.abs(values) > most, f"{what} is beyond {most:,.0f}, more than can be computed with"
            )
        self._refuse(columns["minimum_mw"] > quantity, "minimum quantity above the quantity")
        self._refuse(np.abs(direction) != 1, "direction is neither +1 nor −1")
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "direction", direction)
        object.__setattr__(self, "divisible", flags(self.divisible, (count,), "divisible"))
        for what, values in columns.items():
            object.__setattr__(self, what, values)
        given = np.asarray(self.list_index)
        lists = given if given.size else np.where(direction > 0, 0, 1)
        object.__setattr__(self, "list_index", indices(lists, (count,), "list_index"))
        for what, usual in (("scheduled", True), ("direct", False), ("contracted", False)):
            stated = np.asarray(getattr(self, what))
            column = stated if stated.size else np.full(count, usual)
            object.__setattr__(self, what, flags(column, (count,), what))
        self._refuse(~(self.scheduled | self.direct), "neither scheduled nor direct activation")
        for what, names in (("provider", self.providers), ("platform", self.platforms)):
            given = np.asarray(getattr(self, what))
            index = indices(given if given.size else np.zeros(count, np.int64), (count,), what)
            self._refuse((index < 0) | (index >= len(names)), f"unknown {what}")
            object.__setattr__(self, what, index)

    def _refuse(self, bad: BoolArray, why: str) -> None:
        if bad.any():
            place = first(bad)
            raise InvalidProblemError(
                why, bid_id=self.ids[place[0]], mtu=place[1] if len(place) > 1 else None
            )

    @property
    def available_mw(self) -> FloatArray:
        """(B, T) quantity that could be accepted at all: within the cap, and at least the minimum."""
        if self.cap_mw is None:
            return self.quantity_mw
        most = np.minimum(self.quantity_mw, self.cap_mw)
        least = np.where(self.divisible[:, None], self.minimum_mw, self.quantity_mw)
        return np.where(most < least, 0.0, most)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything one optimisation needs; construction checks it or raises InvalidProblemError.

    Demand above all offers is no error: the answer states the shortage.

    Attributes:
        bids: B bids over T MTUs.
        grids: reduced grid models with the injections of the bids.
        lists: the lists of the bids, each with a demand to be met by its own bids.
        mtu_hours: length of one MTU in hours; cost = price × MW × hours.
        surplus_mw: how far the accepted bids of a list may exceed its demand where it cannot be avoided: each
            of them is at its least quantity, and without any one of them the demand would not be met. So
            only indivisible bids and minimum quantities use it, and a list without demand accepts nothing.
        relief_share: netting policy in [0, 1]: the share of a relieving flow change that a limit may rely
            on. 1 full netting, 0 none (every subset of deliveries is safe).
        links: groups and links between bids.
        rule: whether demand or limits come first where they conflict.
        objective: what a safe merit order maximises first, after contracted capacity.
        one_buyer: the lists of a direction are activated as one common price order; only a safe merit order
            uses it. False: each list is activated whatever happens to the others.
        overload_eur_per_mw, shortage_eur_per_mw: what overload (in scaled MW) and unmet demand are counted
            with where methods are compared or a first guess is made; above any price, and derived from them.
            They trade nothing: the order unmet demand, overload, cost is strict (see `order`).
    """

    bids: OfferColumns
    grids: tuple[GridArrays, ...]
    lists: Lists
    mtu_hours: float = 0.25
    surplus_mw: float = 0.0
    relief_share: float = 1.0
    links: Links = field(default_factory=Links)
    rule: DemandRule = DemandRule.KEEP_LIMITS
    objective: ListObjective = ListObjective.VOLUME
    one_buyer: bool = False
    overload_eur_per_mw: float = field(init=False)
    shortage_eur_per_mw: float = field(init=False)

    def __post_init__(self) -> None:
        grids = tuple(self.grids)
        unique([grid.grid_id for grid in grids], "grid")
        mtus = self.mtus
        for grid in grids:
            self._check_grid(grid, mtus)
        if not mtus:
            raise InvalidProblemError("quantity_mw has no MTU")
        self._check_lists(mtus)
        for name in ("mtu_hours", "surplus_mw", "relief_share"):
            value = float(getattr(self, name))
            if not np.isfinite(value) or value < 0:
                raise InvalidProblemError(f"{name} is negative or not finite")
        if self.mtu_hours == 0:
            raise InvalidProblemError("mtu_hours is zero")
        if self.relief_share > 1:
            raise InvalidProblemError("relief_share is above 1")
        self.links.check(
            self.bids.ids, tuple(int(d) for d in self.bids.direction) if self.links else (), mtus
        )
        dearest = float(np.abs(self.bids.price_eur_per_mwh).max(initial=0.0))
        overload = max(OVERLOAD_EUR, 5 * dearest)
        object.__setattr__(self, "grids", grids)
        object.__setattr__(self, "overload_eur_per_mw", overload)
        object.__setattr__(self, "shortage_eur_per_mw", max(SHORTAGE_EUR, 10 * overload))

    def _check_lists(self, mtus: int) -> None:
        if self.lists.demand_mw.shape[1] != mtus:
            raise InvalidProblemError(f"demand_mw has {self.lists.demand_mw.shape[1]} MTUs, the bids {mtus}")
        for bid, number in enumerate(self.bids.list_index.tolist()):
            if not 0 <= number < len(self.lists):
                raise InvalidProblemError(
                    f"list number {number} of {len(self.lists)}", bid_id=self.bids.ids[bid]
                )
        other = self.lists.direction[self.bids.list_index] != self.bids.direction
        if other.any():
            bid = first(other)[0]
            name = self.lists.names[self.bids.list_index[bid]]
            raise InvalidProblemError(f"list {name!r} is of the other direction", bid_id=self.bids.ids[bid])

    def _check_grid(self, grid: GridArrays, mtus: int) -> None:
        if grid.base_mw.shape[1] not in (1, mtus):
            raise InvalidProblemError(
                f"base_mw has {grid.base_mw.shape[1]} MTUs, the problem {mtus}", grid_id=grid.grid_id
            )
        bid = grid.injections.bid
        if bid.size and int(bid.max()) >= len(self.bids.ids):
            raise InvalidProblemError(
                f"injection of bid number {int(bid.max())} of {len(self.bids.ids)}", grid_id=grid.grid_id
            )
        beyond = beyond_levels(grid, self.bids.direction, self.bids.quantity_mw)
        if beyond is not None:
            mtu, level = beyond
            reason = f"offers can bring the activation level to {level:g} MW, beyond all levels_mw"
            raise InvalidProblemError(reason, grid_id=grid.grid_id, mtu=mtu)

    @property
    def mtus(self) -> int:
        """Number of market time units T."""
        return int(self.bids.quantity_mw.shape[1])

    @property
    def ties_mtus(self) -> bool:
        """Whether some link ties one MTU to another, so that MTUs cannot be decided one by one."""
        tied = any(True for _ in blocking_pairs(self)) or any(True for _ in following_pairs(self))
        return tied or bool(self.links.conditional or self.links.blocks)

    @property
    def demand_up_mw(self) -> FloatArray:
        """(T,) demand of all lists up."""
        return self._demand_mw(1)

    @property
    def demand_down_mw(self) -> FloatArray:
        """(T,) demand of all lists down."""
        return self._demand_mw(-1)

    def _demand_mw(self, direction: int) -> FloatArray:
        return np.asarray(self.lists.demand_mw[self.lists.direction == direction].sum(axis=0))

    @property
    def unconnected(self) -> tuple[int, ...]:
        """Bids with a quantity that inject into no grid, so that nothing limits them."""
        connected = np.zeros(len(self.bids.ids), np.bool_)
        for grid in self.grids:
            connected[grid.injections.bid] = True
        return tuple(int(b) for b in np.flatnonzero(~connected & (self.bids.quantity_mw > 0).any(axis=1)))


def blocks(problem: Problem, bid: int) -> bool:
    """Whether an activation of a bid in a technical chain makes its successor unavailable."""
    rule, bids = problem.links.technical_rule, problem.bids
    if rule is TechnicalRule.DIRECT_BLOCKS:
        return bool(bids.direct[bid] and not bids.scheduled[bid])
    return rule is TechnicalRule.MAY_NOT_FOLLOW


def blocking_pairs(problem: Problem) -> Iterator[tuple[BidAtMtu, BidAtMtu]]:
    """Neighbours (bid, MTU) in chains of which at most one is activated."""
    for chain in problem.links.technical:
        yield from (pair for pair in pairwise(chain) if blocks(problem, pair[0][0]))


def following_pairs(problem: Problem) -> Iterator[tuple[BidAtMtu, BidAtMtu]]:
    """Neighbours (bid, MTU) in chains of which the second is activated with the first.

    Bids activated before the first MTU follow by themselves.
    """
    if problem.links.technical_rule is TechnicalRule.MUST_FOLLOW:
        for chain in problem.links.technical:
            yield from (pair for pair in pairwise(chain) if pair[0][1] >= 0)


def least_mw(problem: Problem) -> FloatArray:
    """(B, T) least quantity if activated: the minimum, all of it, or `LEAST_MW` for bids links look at."""
    bids, links = problem.bids, problem.links
    available = bids.available_mw
    least = np.where(bids.divisible[:, None], bids.minimum_mw, available)
    linked = {b for group in links.exclusive for b in group}
    if links.technical_rule is TechnicalRule.MUST_FOLLOW:
        linked |= {b for chain in links.technical for b, _ in chain}
    linked |= {b for pair in blocking_pairs(problem) for b, _ in pair}
    for link in links.conditional:
        linked |= {link.bid, *(condition.bid for condition in link.conditions)}
    rows = sorted(linked)
    least[rows] = np.maximum(least[rows], np.minimum(available[rows], LEAST_MW))
    return np.where(available > 0, least, 0.0)
