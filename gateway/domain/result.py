"""Results of a gate: the run, availability of bids, the merit order, and reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import Direction
from gateway.domain.gate import DemandRule, UseOfLists
from gateway.domain.grid import UsedModel

Floats = NDArray[np.float64]


class Rung(StrEnum):
    """The ladder of answers, best first: how good an answer is, never hidden."""

    OPTIMAL = "optimal"
    BEST_FOUND = "best-found"
    JOINT_WHERE_READY = "joint-where-ready"
    """All grids at once in the market time units that were ready, each grid alone in the others."""
    EACH_GRID_ALONE = "each-grid-alone"
    CONSERVATIVE = "conservative"
    NOT_ASSESSED = "not-assessed"


EMERGENCY_RUNGS: Final = frozenset({Rung.CONSERVATIVE, Rung.NOT_ASSESSED})
"""Rungs on which no search was finished: a cautious rule, or nothing, replaces it."""


def worst_rung(rungs: Iterable[Rung]) -> Rung:
    """The lowest rung of any unit; with each grid alone in some only, joint where ready."""
    each = set(rungs)
    worst = max(each, key=list(Rung).index, default=Rung.OPTIMAL)
    mixed = worst is Rung.EACH_GRID_ALONE and not each.isdisjoint((Rung.OPTIMAL, Rung.BEST_FOUND))
    return Rung.JOINT_WHERE_READY if mixed else worst


class Outcome(StrEnum):
    """How demand and limits came together in a market time unit, best first; of a gate, in its worst one."""

    WITHIN_LIMITS = "within-limits"
    """No bid brings anything beyond a limit, or what is beyond one without any bid still further."""
    SHORTAGE = "shortage"
    """Some demand is not met."""
    LEAST_OVERLOAD = "least-overload"
    """A limit is exceeded as far as its operator agreed, because the demand could not be met otherwise."""


class Side(StrEnum):
    """Which of an element's two limits binds."""

    FORWARD = "forward"
    REVERSE = "reverse"


class GroupedBy(StrEnum):
    """Whose bids are looked at together."""

    PROVIDER = "provider"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Shortage:
    """Demand of one list that is not met in one market time unit.

    Attributes:
        mtu: number of the market time unit in the gate.
        list_name: bidding zone, product and direction of the list.
        direction: 1 up, -1 down.
        mw: demand that is not met.
        anyway_mw: the part of it that would be missing without any grid, if every offer could be divided.
    """

    mtu: int
    list_name: str
    direction: int
    mw: float
    anyway_mw: float


@dataclass(frozen=True, slots=True)
class LimitedShare:
    """How grid limits hit the bids of one provider or platform, against its part of the market.

    Attributes:
        name: code of the provider (empty for bids that name none), or the platform.
        wanted_mwh: accepted by the merit order, as if there were no grid; in a safe merit order all that is
            offered.
        limited_mwh: withheld by limits, of the whole offer: also what no demand needs.
        limited_wanted_mwh: the part of it by which less than wanted is available.
        share_of_wanted, share_of_limited: its part of both, 0 to 1.
    """

    by: GroupedBy
    name: str
    wanted_mwh: float
    limited_mwh: float
    limited_wanted_mwh: float
    share_of_wanted: float
    share_of_limited: float


@dataclass(frozen=True, slots=True)
class WithheldVolume:
    """What is kept back of one provider's bids for one reason.

    Attributes:
        provider: its code, empty for bids that name none.
        grid_id: the grid that limits them most; empty where no grid does.
        reason: code of the reason (see `domain.reason`).
        contracted: whether the bids fill contracted capacity.
        against_merit: whether a dearer bid of their list is taken instead, or demand is left, in exact lists.
    """

    provider: str
    grid_id: str
    reason: str
    contracted: bool
    against_merit: bool
    mwh: float


class GridGapCause(StrEnum):
    """Why a grid could not limit bids as it should."""

    NO_MODEL = "no-model"
    WITHDRAWN = "withdrawn"
    OUTDATED = "outdated"
    UNUSABLE = "unusable"
    UNKNOWN_CONNECTION_POINT = "unknown-connection-point"


class SearchGap(StrEnum):
    """Why no element can be named that limits a bid: the search was not through, and no cause was found."""

    NOT_THROUGH = "search-not-through"
    """A cautious rule, or the best found by then, decided: it keeps every limit; more may be possible."""
    NOT_ASSESSED = "not-assessed"
    """Nothing is known to be safe, so nothing of the bid is available."""


class GridGapConsequence(StrEnum):
    """What was done about it: withheld, unless the grid's operator agreed otherwise."""

    USED = "used"
    PASSED_UNCHECKED = "passed-unchecked"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class GridGap:
    """A grid looked at with an old model or not at all.

    Attributes:
        name: the grid, or an operator from whom there is no model of any grid.
        bids, offered_mwh: what is offered behind it. share_of_offered: its part of all offers, 0 to 1.
    """

    name: str
    cause: GridGapCause
    consequence: GridGapConsequence
    bids: int
    offered_mwh: float
    share_of_offered: float


@dataclass(frozen=True, slots=True)
class FailingBid:
    """A bid whose failure to deliver would, alone, overload something (of a safe list: in some activation).

    Attributes:
        units: number of market time units in which it would.
        mtu, grid_id, element_id, side, operating_point, overload_mw: the worst it would do.
    """

    bid: int
    units: int
    mtu: int
    grid_id: str
    element_id: str
    side: Side
    operating_point: str
    overload_mw: float


@dataclass(frozen=True)
class Availability:
    """What the grid can carry of each bid of a gate.

    Shapes: B bids in the order of `bid_id`, T market time units of the gate; MW.

    Attributes:
        platform, document: of each bid: the tenant and the mRID of the document it came in.
        offered_mw, available_mw, accepted_mw: shape (B, T); accepted ≤ available ≤ offered. `accepted_mw` is
            accepted by the least-cost answer to the stated demand; None in a safe merit order, which accepts
            nothing.
        limited: where the grid, not the price, limits a bid below its offer, shape (B, T).
    """

    bid_id: Sequence[str]
    platform: Sequence[str]
    document: Sequence[str]
    offered_mw: Floats
    available_mw: Floats
    accepted_mw: Floats | None
    limited: NDArray[np.bool_]

    @property
    def limited_bids(self) -> int:
        """How many bids are limited in at least one market time unit."""
        return int(self.limited.any(axis=1).sum())


def merit_order(
    direction: Direction, prices: Floats, volumes: Floats, names: Sequence[str]
) -> NDArray[np.intp]:
    """Order in which bids of one direction are used in one market time unit; unavailable ones are left out.

    Up: cheapest first. Down: highest first, because the provider pays the price. Ties: larger volume first,
    then by name, so that the same bids always give the same order.

    Args:
        direction: UP or DOWN.
        prices: per MWh, shape (n,).
        volumes: MW, shape (n,).
        names: one per bid.
    """
    signed = prices if direction is Direction.UP else -prices
    order = np.lexsort((np.asarray(names, dtype=str), -volumes, signed))
    return order[volumes[order] > 0]


@dataclass(frozen=True, slots=True)
class Verification:
    """The check of an answer outside the solver, row by row.

    In a safe merit order each row meets the worst activation the list allows, and `violations` is 1 if the
    worst row is violated: others are not counted.

    Attributes:
        violations, worst_violation_mw: rows beyond their limit and beyond what their operator agreed to.
        agreed_overloads: rows beyond their limit as their operator agreed.
    """

    rows_checked: int
    violations: int
    worst_violation_mw: float
    tolerance_mw: float
    agreed_overloads: int = 0


@dataclass(frozen=True)
class Run:
    """One optimisation of one gate.

    A safe merit order activates nothing: it has no cost, no loading and no shortage. Figures
    that would disclose data of other participants are None where a run is shown to one.

    Attributes:
        use: how the published lists are used. rule: whether demand or limits come first in exact lists; None
            for prefix.
        outcome: that of the worst market time unit; None: nothing was assessed.
        partly_unchecked: whether some published bid was not checked against every grid it hangs on.
        gap: proven relative gap to the least cost, of a safe merit order to the most volume.
        withheld_bids: of which nothing is available in some unit, though nothing was found that limits them:
            a grid cannot check them, they cannot be decided, or nothing was.
        cut_short: whether the time for the search was over before it was through.
        offered_mwh, available_mwh: energy of all bids the run decided, and what of it is available: the price
            of safety of a safe merit order, in volume.
        input_hash: hash of everything that entered; the same inputs have the same answer.
        missing_platforms: those of which the run has no bid, each with what came of them instead.
        unclosed_platforms: those that had not declared that they have sent everything.
        missing_grids, stale_grids: grid operators, or grids of units that were bid, without a model for the
            period; grids whose model is too old.
        models: by grid, those that it decided with; grids set aside have none.
        overloads_remaining: (grid, element) pairs beyond a limit all the same: in exact lists with what is
            accepted, of a safe merit order before any bid of the gate.
        max_loading_before_pct, max_loading_after_pct: worst loading over all grids, elements, operating
            points and units: pure merit order, and the answer.
        shortage_up_mwh, shortage_down_mwh: demand that could not be met, by direction.
        shortages: the same by list and market time unit.
        contracted_mwh, contracted_cut_mwh: energy of bids that fill contracted capacity, and the withheld
            part of it.
        failing_bids: how many bids would overload something by not delivering; None: not looked at.
        undecided: bids that the bid check cannot decide, each with the reason: withheld, or passed on
            unchecked where the grid operators agreed.
        overloads: (grid, element, MW): by how much the answer exceeds limits at worst, by agreement.
        notes: what the reader must know, e.g. why a lower rung was taken.
        stage_seconds: duration of each stage.
    """

    run_id: str
    gate_id: str
    started_at: datetime
    finished_at: datetime
    use: UseOfLists
    outcome: Outcome | None
    partly_unchecked: bool
    rule: DemandRule | None
    rung: Rung
    gap: float | None
    input_hash: str
    bids: int | None
    limited_bids: int | None
    offered_mwh: float | None
    available_mwh: float | None
    cost: float | None
    cost_unconstrained: float | None
    max_loading_before_pct: float | None
    max_loading_after_pct: float | None
    shortage_up_mwh: float | None
    shortage_down_mwh: float | None
    contracted_mwh: float | None
    contracted_cut_mwh: float | None
    failing_bids: int | None
    verification: Verification
    missing_platforms: tuple[tuple[str, str], ...] = ()
    unclosed_platforms: tuple[str, ...] = ()
    missing_grids: tuple[str, ...] = ()
    stale_grids: tuple[str, ...] = ()
    models: tuple[UsedModel, ...] = ()
    overloads_remaining: tuple[tuple[str, str], ...] = ()
    overloads: tuple[tuple[str, str, float], ...] = ()
    undecided: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    stage_seconds: dict[str, float] = field(default_factory=dict)
    cut_short: bool = False
    withheld_bids: int | None = None
    shortages: tuple[Shortage, ...] = ()

    @property
    def shortage_mwh(self) -> float | None:
        """Demand that could not be met, of both directions."""
        if self.shortage_up_mwh is None or self.shortage_down_mwh is None:
            return None
        return self.shortage_up_mwh + self.shortage_down_mwh

    @property
    def duration(self) -> timedelta:
        """From the gate's closing to the answer."""
        return self.finished_at - self.started_at
