"""Gates as the interface shows and accepts them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from gateway.domain.bounds import MAX_DEMAND_MW
from gateway.domain.gate import (
    DemandRule,
    Gate,
    GateState,
    GateTermError,
    ListObjective,
    StaleModel,
    TechnicalLink,
    UseOfLists,
)
from gateway.domain.market_time import Interval, MarketTimeError
from gateway.domain.tenant import Tenant
from gateway.processes.gates import NAME
from gateway.processes.participants import seen_names, sees_all
from gateway.records.market.gates import GateStatus
from gateway.web.grids import Period

Area = Annotated[str, Field(min_length=1, max_length=18)]
Duration = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366), examples=["PT15M"])]


EXAMPLE: Final = json.loads(files("gateway.cli.samples").joinpath("gate.json").read_bytes())
"""The terms that `flexgate sample --kind gate` writes for its day."""


class GateTerms(BaseModel):
    """The terms of a gate, which collects bids of several platforms for one delivery period."""

    gate_id: str = Field(pattern=f"^{NAME}$", examples=["mfrr-2026-03-01"])
    market: str = Field(description="For people.", examples=["mFRR energy"])
    process: str = Field(description="Process type of the bids collected.", examples=["A47"])
    delivery: Period
    mtu: Duration = Field(description="Market time unit.")
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["EUR"])
    platforms: list[str] = Field(description="Tenants whose bids are collected.", min_length=1)
    system_operators: list[str] = Field(
        description="TSOs that state its demand and see its merit order; any other TSO sees nothing of it."
    )
    grid_operators: list[str] = Field(description="Tenants whose grid models are used.")
    opens_at: AwareDatetime
    closes_at: AwareDatetime = Field(
        description="Bids are expected until here; platforms that have not closed are waited for a `window`."
    )
    grids_due_at: AwareDatetime = Field(description="DSO gate: models put into use later do not count.")
    window: timedelta = Field(
        ge=timedelta(0),
        description="How long after `closes_at` platforms are waited for that have not closed.",
        examples=["PT5M"],
    )
    budget: Duration = Field(description="What the optimiser may take.")
    publish_by: AwareDatetime
    minimum_bid_mw: float | None = Field(
        default=None, gt=0, le=MAX_DEMAND_MW, allow_inf_nan=False, strict=True
    )
    max_model_age: Duration | None = Field(
        default=None, description="Older grid models are reported as stale."
    )
    stale_model: StaleModel = Field(
        default=StaleModel.USE,
        description="Whether a stale model is used all the same, or set aside as if there were none.",
    )
    use: UseOfLists = Field(
        description="How the published lists are used. exact: the published acceptances as a whole, by a "
        "buyer with a stated demand. prefix: any amount of each list, in price order; no demand is taken.",
    )
    demand_rule: DemandRule = Field(
        default=DemandRule.KEEP_LIMITS,
        description="What gives way where demand and limits cannot both be kept, in exact lists. "
        "keep-limits: the demand. meet-demand: limits whose operator agreed to an emergency rating, up to "
        "it.",
    )
    objective: ListObjective = Field(
        default=ListObjective.VOLUME,
        description="What prefix lists keep first, after contracted capacity. volume: the most volume. "
        "price-order: as much as can be of the cheapest bid, then of the next, and so on; no cheap bid gives "
        "way to dearer ones, however many.",
    )
    one_buyer: bool = Field(
        default=False,
        description="Whether one buyer activates all lists of a direction as one, in one price order; "
        "otherwise each list is activated whatever becomes of the others.",
    )
    netting_platform: bool | None = Field(
        default=None,
        description="Whether the lists go on to a platform with netting and cross-border exchange, which "
        "uses them as prefix only. Usual for A47 and A51, so true for these if not stated.",
    )
    technical_link: TechnicalLink = Field(
        default=TechnicalLink.DIRECT_BLOCKS,
        description="What a technical link between bids of neighbouring units means. "
        "direct-blocks: after direct activation the next bid is not available. may-not-follow: at most one "
        "of two neighbours is activated. must-follow: what is activated is activated in the next unit, too. "
        "none: nothing.",
    )
    netting_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        strict=True,
        description="How far a limit may rely on relief by other bids: 1 fully, 0 not at all. At 0 every "
        "subset of deliveries is safe.",
    )

    preparation: timedelta = Field(
        default=timedelta(0),
        ge=timedelta(0),
        le=timedelta(days=366),
        description="How long before a market time unit begins its activation is prepared. When a published "
        "gate is run again, what was decided of units in preparation stays.",
        examples=["PT5M"],
    )
    zones: list[Area] = Field(
        default=[],
        description="Bidding zones of its bids (their connecting area); others are refused. Empty: any.",
        examples=[["10YNO-1--------2"]],
    )
    domains: list[Area] = Field(
        default=[],
        description="Areas that its documents may name as their domain, and its bids as acquiring area. "
        "Empty: any.",
        examples=[["10YNO-0--------C", "10Y1001A1001A91G"]],
    )
    products: list[str] = Field(
        default=[],
        description="Market products of its bids; A05, A06 and A07 say how A01 is activated and are it. "
        "Empty: any.",
        examples=[["A01"]],
    )

    def gate(self) -> Gate:
        """The gate this defines.

        Raises:
            GateTermError: its times do not fit together.
        """
        try:
            delivery = Interval(self.delivery.start, self.delivery.end)
        except MarketTimeError as error:
            raise GateTermError("delivery", str(error)) from error
        return Gate(
            gate_id=self.gate_id,
            market=self.market,
            process=self.process,
            delivery=delivery,
            mtu=self.mtu,
            currency=self.currency,
            platforms=tuple(self.platforms),
            system_operators=tuple(self.system_operators),
            grid_operators=tuple(self.grid_operators),
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            grids_due_at=self.grids_due_at,
            window=self.window,
            budget=self.budget,
            publish_by=self.publish_by,
            minimum_bid_mw=self.minimum_bid_mw,
            max_model_age=self.max_model_age,
            stale_model=self.stale_model,
            use=self.use,
            demand_rule=self.demand_rule,
            objective=self.objective,
            one_buyer=self.one_buyer,
            netting_platform=self.netting_platform,
            technical_link=self.technical_link,
            netting_share=self.netting_share,
            preparation=self.preparation,
            zones=tuple(self.zones),
            domains=tuple(self.domains),
            products=tuple(self.products),
        )


class GateView(GateTerms):
    """A gate and its state. Participants other than yourself are named to its TSOs and the operator
    only."""

    platforms: list[str] = Field(
        description="Tenants whose bids are collected; to a platform, itself only, to a grid operator, none."
    )
    system_operators: list[str] | None = Field(  # type: ignore[assignment]
        description="TSOs that state its demand; null for platforms and grid operators, which do not see "
        "them."
    )
    grid_operators: list[str] | None = Field(  # type: ignore[assignment]
        description="Tenants whose grid models are used; to a grid operator, itself only; null for "
        "platforms, which do not see them."
    )
    state: GateState
    version: int = Field(description="From 1; another after each change of its terms or its state. See ETag.")
    market_time_units: int
    closed_at: datetime | None = Field(
        default=None,
        description="Since when it takes nothing any more.",
    )
    amended_at: datetime | None = Field(default=None, description="When its terms were changed last.")
    cancelled_at: datetime | None = Field(default=None, description="Since when nothing comes of it.")
    closed_by: dict[str, datetime] = Field(description="Platforms that have sent everything, and since when.")
    missing: list[str] = Field(description="Platforms that have not closed.")
    remarks: list[str] = Field(
        description="What is odd about an open gate, e.g. that all of it lies in the past."
    )


READ_ONLY: Final = (*(GateView.model_fields.keys() - GateTerms.model_fields.keys()), "runs")
"""What is shown of a gate beside its terms; `flexgate gate show` adds its runs."""


def _with_read_only(schema: dict[str, Any]) -> None:
    schema["properties"] |= {
        name: {"readOnly": True, "description": "Shown only: ignored where it is sent back."}
        for name in sorted(READ_ONLY)
    }


class GateDefinition(GateTerms):
    """The terms of a gate: a collection of bids of several platforms for one delivery period.

    A gate as it is shown may be sent back: what is shown beside its terms is ignored.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra=_with_read_only)

    @model_validator(mode="before")
    @classmethod
    def _without_read_only(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        return {name: value for name, value in sent.items() if name not in READ_ONLY}


class GateList(BaseModel):
    """Gates in which you take part, latest delivery first."""

    gates: list[GateView]
    next: str | None = Field(default=None, description="Ask for more `after` this; nothing at the end.")


def shown(status: GateStatus, caller: Tenant, remarks: Sequence[str]) -> GateView:
    """A gate as `caller` may see it, with what is odd about it."""
    gate = status.gate
    everything = sees_all(caller, gate)

    def named(names: tuple[str, ...]) -> list[str]:
        return list(seen_names(names, caller, gate))

    not_shown: list[str] | None = [] if everything else None
    return GateView.model_construct(
        gate_id=gate.gate_id,
        market=gate.market,
        process=gate.process,
        delivery=Period(start=gate.delivery.start, end=gate.delivery.end),
        mtu=gate.mtu,
        currency=gate.currency,
        platforms=named(gate.platforms),
        system_operators=named(gate.system_operators) or not_shown,
        grid_operators=named(gate.grid_operators) or not_shown,
        opens_at=gate.opens_at,
        closes_at=gate.closes_at,
        grids_due_at=gate.grids_due_at,
        window=gate.window,
        budget=gate.budget,
        publish_by=gate.publish_by,
        minimum_bid_mw=gate.minimum_bid_mw,
        max_model_age=gate.max_model_age,
        stale_model=gate.stale_model,
        use=gate.use,
        demand_rule=gate.demand_rule,
        objective=gate.objective,
        one_buyer=gate.one_buyer,
        netting_platform=gate.netting_platform,
        technical_link=gate.technical_link,
        netting_share=gate.netting_share,
        preparation=gate.preparation,
        zones=list(gate.zones),
        domains=list(gate.domains),
        products=list(gate.products),
        state=status.state,
        version=status.version,
        market_time_units=len(gate.units),
        closed_at=status.closed_at,
        amended_at=status.amended_at,
        cancelled_at=status.cancelled_at,
        closed_by={name: status.closed_by[name] for name in named(tuple(status.closed_by))},
        missing=named(status.missing),
        remarks=list(remarks),
    )
