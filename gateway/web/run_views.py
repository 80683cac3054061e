"""Runs and results as the interface shows them."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from gateway.domain.bid import Direction
from gateway.domain.gate import DemandRule, UseOfLists
from gateway.domain.grid import Unit
from gateway.domain.result import GridGapCause, Outcome, Rung, SearchGap, Side
from gateway.processes.changes import BidChange
from gateway.processes.merit_order_steps import MeritOrderStep
from gateway.records.market.results import BidAvailabilityRow
from gateway.records.market.runs import RunRecord
from gateway.web.report_views import ShortageView


class VerificationView(BaseModel):
    """The check of the answer outside the solver, row by row."""

    rows_checked: int
    violations: int
    worst_violation_mw: float
    tolerance_mw: float
    agreed_overloads: int = Field(
        description="Rows beyond their limit as their operator agreed; they are no violations."
    )


class UsedModelView(BaseModel):
    """The model of a grid that a run was decided with."""

    grid_id: str
    model_id: int = Field(description="Of the grid's models, from 1 in the order of taking into use.")
    taken_at: datetime = Field(description="Since when it is in use.")


class Figures(BaseModel):
    """How the gate went.

    Null: not assessed; without meaning because a safe merit order takes nothing; or not for the caller, who
    would learn of others from it (the gate's TSOs and the operator see everything).
    """

    finished_at: datetime
    use: UseOfLists
    rule: DemandRule | None = Field(
        description="What gives way where demand and limits clash; null for prefix lists."
    )
    outcome: Outcome | None = Field(
        description="How demand and limits came together in the worst market time unit; null: not assessed."
    )
    partly_unchecked: bool = Field(
        description="Whether some published bid was not checked against every grid it hangs on."
    )
    rung: Rung = Field(description="How good the answer is, best first: optimal … not-assessed.")
    gap: float | None = Field(
        description="Proven gap to the least cost, of prefix lists to the most volume, from 0 to 1."
    )
    cut_short: bool = Field(
        description="Whether the time for the search was over before it was through; a larger `budget` of "
        "a further run, or of the next gate with a later `publish_by`, gives it more."
    )
    input_hash: str = Field(description="Hash of everything that entered.")
    bids: int | None
    limited_bids: int | None
    withheld_bids: int | None = Field(
        description="Of which nothing is available in some unit, though no limit was found: a grid cannot be "
        "asked about them, or they cannot be decided."
    )
    offered_mwh: float | None
    available_mwh: float | None = Field(description="What of the offer may be used.")
    cost: float | None = Field(
        description="Of what is accepted, per list its price times its energy: energy down is paid by its "
        "provider, so a positive price lowers the cost. Demand that is not met costs nothing: look at "
        "`shortages` beside it."
    )
    cost_unconstrained: float | None = Field(
        description="Cost of what price alone takes to meet the demand, as if there were no grid and every "
        "bid could be divided and taken alone: with bids that are withheld because no grid can be asked "
        "about them, without those that cannot be decided. Where bids are indivisible, have a minimum or are "
        "tied to others, that alone could not be bought."
    )
    max_loading_before_pct: float | None = Field(
        description="Worst loading by the pure merit order of bids that are not withheld."
    )
    max_loading_after_pct: float | None = Field(description="Worst loading by the answer.")
    shortage_mwh: float | None = Field(description="Demand that could not be met, of both directions.")
    shortage_up_mwh: float | None = Field(description="Of it, demand up.")
    shortage_down_mwh: float | None = Field(description="Of it, demand down.")
    shortages: list[ShortageView] = Field(
        description="Where and when demand is not met, and how much of it for other reasons than the grid."
    )
    contracted_mwh: float | None = Field(description="Offered by bids that fill contracted capacity.")
    contracted_cut_mwh: float | None = Field(
        description="What of it is kept back; bids that no demand needs do not count."
    )
    failing_bids: int | None = Field(
        description="Bids that would overload something by not delivering; null: not looked at."
    )
    verification: VerificationView
    missing_platforms: list[tuple[str, str]] = Field(
        description="(platform, why) of which the run has no bid: it sent nothing, only refused documents, "
        "or nothing that holds for this gate."
    )
    unclosed_platforms: list[str] = Field(
        description="Platforms that had not declared that they have sent everything; their bids count."
    )
    missing_grids: list[str]
    stale_grids: list[str]
    models: list[UsedModelView] = Field(
        description="Grid models that it decided with, by grid: all for the gate's TSOs and the operator, "
        "to a grid operator its own. What a further run leaves as it was decided is on the models of then."
    )
    overloads_remaining: list[tuple[str, str]] = Field(
        description="(grid, element) beyond a limit: in exact lists with what is accepted, which is never "
        "more than was ordered; in prefix lists before any bid of the gate."
    )
    overloads: list[tuple[str, str, float]] = Field(
        description="(grid, element, MW) by which a limit is exceeded at worst, as its operator agreed."
    )
    undecided: list[tuple[str, str]] = Field(
        description="(bid, reason) that cannot be decided: withheld, or passed on unchecked by agreement. "
        "A platform sees its own."
    )
    notes: list[str]
    stage_seconds: dict[str, float]


class RunView(BaseModel):
    """One optimisation of one gate."""

    run_id: str
    gate_id: str
    number: int = Field(description="Of the gate's runs; the revision of the documents that tell of it.")
    started_at: datetime
    budget: timedelta | None = Field(
        default=None, description="What the optimiser may take in this run; null: the budget of the gate."
    )
    published_at: datetime | None = Field(default=None, description="Since when its results can be read.")
    figures: Figures | None = Field(default=None, description="There once it has decided.")


class RunList(BaseModel):
    """Runs of a gate."""

    runs: list[RunView]


class OfRun(BaseModel):
    """Which run this is of; statements by market time unit count from the first of these."""

    run_id: str
    gate_id: str
    mtu_starts: list[datetime] = Field(description="When each market time unit begins; all are equally long.")
    rung: Rung = Field(description="How good the answer is, best first: optimal … not-assessed.")
    gap: float | None = Field(description="Proven gap to the best answer, from 0 to 1; null: not assessed.")
    cut_short: bool = Field(description="Whether the budget cut the search short.")


class MeritOrderStepView(BaseModel):
    """One bid at its place in the merit order of one market time unit and direction; MW, price per MWh."""

    mtu: int
    direction: str = Field(examples=["up"])
    place: int
    platform: str
    bid_id: str
    zone: str = Field(description="Bidding zone; empty where the bid names none.")
    product: str = Field(description="Of the list that contains it.", examples=["A01"])
    energy_price: float
    offered_mw: float
    available_mw: float
    accepted_mw: float | None = Field(description="Null in a safe merit order.")


class MeritOrderView(OfRun):
    """The grid-checked merit order: by market time unit, up before down, in the order of use."""

    steps: list[MeritOrderStepView]


class ReasonView(BaseModel):
    """A reason, as documents say it."""

    code: str = Field(examples=["B46"])
    text: str | None = None


class AvailabilityRowView(BaseModel):
    """What of one bid is available, MW per market time unit."""

    platform: str
    bid_id: str
    document_mrid: str
    document_revision: int
    direction: str
    offered_mw: list[float]
    available_mw: list[float]
    accepted_mw: list[float] | None = Field(description="Null in a safe merit order.")
    limited: list[bool] = Field(description="Where the grid, not the price, keeps it below its offer.")
    reasons: list[ReasonView] = Field(
        description="Every reason why it is not available as offered, in any market time unit, the "
        "weightiest first. BidAvailability documents say which of them holds when."
    )


class AvailabilityView(OfRun):
    """What of which bid is available."""

    bids: list[AvailabilityRowView]


class BidChangeView(BaseModel):
    """A bid of which another quantity is available than before, in the market time units with a change."""

    platform: str
    bid_id: str
    direction: str = Field(examples=["up"])
    mtu: list[int] = Field(description="The market time units, from 0.")
    before_mw: list[float]
    after_mw: list[float]


class ChangeList(OfRun):
    """What another run changed."""

    since: str = Field(description="The run that it is compared with.")
    bids: list[BidChangeView]


class ExplanationView(BaseModel):
    """One element that limits one bid in one market time unit, or a grid of which none can be named."""

    bid: int = Field(description="Its number in the run: bids of two platforms may have the same `bid_id`.")
    bid_id: str
    platform: str | None = Field(
        description="Where the bid was made, for the gate's TSOs and the operator; else null."
    )
    direction: str = Field(description="Of the bid: up, down.", examples=["up"])
    indivisible: bool = Field(description="Withheld whole, also where the element could carry a part of it.")
    mtu: int
    offered_mw: float = Field(description="Of the bid; less `cut_mw` it is what is available.")
    cut_mw: float = Field(description="MW of the bid that are not available, for all of its causes together.")
    grid_id: str
    withheld_because: GridGapCause | SearchGap | None = Field(
        description="Why no element is named; null where one limits the bid. The grid could not be asked "
        "about the bid, which is withheld for that; or no cause was found. search-not-through: a cautious "
        "rule, or the best found by then, keeps every limit, and more of the bid may be possible. "
        "not-assessed: nothing is known to be safe, so nothing is available. `cut_short` says whether it "
        "was for want of time."
    )
    element_id: str | None = Field(
        description="Of a grid that could not be asked: the connection point that its model lacks, or null."
    )
    side: Side | None
    operating_point: str | None
    unit: Unit = Field(
        description="Of `margin_mw`, `base_flow_mw` and `limit_mw`: another than MW for other rows."
    )
    full_at: int = Field(
        description="Market time unit in which the element is full: that of the bid, or the next one, in "
        "which direct activation still delivers."
    )
    share: float = Field(
        description="Part of the limitation by shadow price times effect, not of the MW: the shares of all "
        "causes of one bid and unit, in whichever grids, sum to 1. Of limits that are full together others "
        "may have a share of 0 and are not listed."
    )
    margin_mw: float | None = Field(
        description="MW left on the element at the answer, or in a safe merit order at the worst activation."
    )
    base_flow_mw: float | None = Field(
        description="Flow on the element before any bid of the gate, MW in its direction; with what other "
        "gates have decided, where the operating point says so. For the grid's own operator only."
    )
    limit_mw: float | None = Field(
        description="Limit of the side, with the sign of the flow. For the grid's own operator only."
    )
    shadow_price: float | None = Field(
        description="Cost per hour that one more MW of this limit would save at this point; null where it "
        "is not known: in a safe merit order, with demand left, or with a limit or base flow beyond it."
    )


class ExplanationList(OfRun):
    """Which elements limit which bids."""

    explanations: list[ExplanationView]


def run_view(run: RunRecord) -> RunView:
    """A run as shown."""
    return RunView.model_validate(run, from_attributes=True)


def availability_row(platform: str, row: BidAvailabilityRow) -> dict[str, Any]:
    """One bid's availability, an `AvailabilityRowView` as JSON has it."""
    return {
        "platform": platform,
        "bid_id": row.bid_id,
        "document_mrid": row.document.mrid,
        "document_revision": row.document.revision,
        "direction": direction_name(row.direction),
        "offered_mw": row.offered_mw.tolist(),
        "available_mw": row.available_mw.tolist(),
        "accepted_mw": None if row.accepted_mw is None else row.accepted_mw.tolist(),
        "limited": row.limited.tolist(),
        "reasons": [{"code": reason.code, "text": reason.text} for reason in row.reasons],
    }


def bid_change(change: BidChange) -> dict[str, Any]:
    """One bid, a `BidChangeView` as JSON has it."""
    return {
        "platform": change.platform,
        "bid_id": change.bid_id,
        "direction": direction_name(change.direction),
        "mtu": change.mtu.tolist(),
        "before_mw": change.before_mw.tolist(),
        "after_mw": change.after_mw.tolist(),
    }


def merit_order_step(step: MeritOrderStep) -> dict[str, Any]:
    """One step, a `MeritOrderStepView` as JSON has it."""
    return {
        "mtu": step.mtu,
        "direction": direction_name(step.direction),
        "place": step.place,
        "platform": step.platform,
        "bid_id": step.bid_id,
        "zone": step.zone,
        "product": step.product,
        "energy_price": step.energy_price,
        "offered_mw": step.offered_mw,
        "available_mw": step.available_mw,
        "accepted_mw": step.accepted_mw,
    }


def direction_name(direction: Direction) -> str:
    """`up` or `down`."""
    return direction.name.lower()
