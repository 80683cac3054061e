"""The tables of gates: terms and states, and who takes part."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Integer, String, Table

from gateway.records.engine.column_types import Moment
from gateway.records.engine.field_policy import days_after, field_policies, with_parent
from gateway.records.engine.store import shared_tables

gates = Table(
    "gates",
    shared_tables,
    Column("gate_id", String, primary_key=True),
    Column("market", String, nullable=False),
    Column("process", String, nullable=False),
    Column("delivery_start", Moment, nullable=False, index=True),
    Column("delivery_end", Moment, nullable=False),
    Column("mtu_s", Integer, nullable=False),
    Column("currency", String, nullable=False),
    Column("system_operators", JSON, nullable=False),
    Column("grid_operators", JSON, nullable=False),
    Column("opens_at", Moment, nullable=False),
    Column("closes_at", Moment, nullable=False),
    Column("grids_due_at", Moment, nullable=False),
    Column("window_s", Float, nullable=False),
    Column("waits_until", Moment, nullable=False, index=True),
    Column("budget_s", Float, nullable=False),
    Column("publish_by", Moment, nullable=False),
    Column("minimum_bid_mw", Float),
    Column("max_model_age_s", Float),
    Column("stale_model", String, nullable=False),
    Column("use", String, nullable=False),
    Column("demand_rule", String, nullable=False),
    Column("objective", String, nullable=False),
    Column("one_buyer", Boolean, nullable=False),
    Column("netting_platform", Boolean, nullable=False),
    Column("technical_link", String, nullable=False),
    Column("netting_share", Float, nullable=False),
    Column("preparation_s", Float, nullable=False),
    Column("zones", JSON, nullable=False),
    Column("domains", JSON, nullable=False),
    Column("products", JSON, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("closed_at", Moment),
    Column("amended_at", Moment),
    Column("cancelled_at", Moment),
)

gate_platforms = Table(
    "gate_platforms",
    shared_tables,
    Column("gate_id", ForeignKey("gates.gate_id", ondelete="CASCADE"), primary_key=True),
    Column("tenant", String, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("closed_at", Moment),
)

gate_operators = Table(
    "gate_operators",
    shared_tables,
    Column("gate_id", ForeignKey("gates.gate_id", ondelete="CASCADE"), primary_key=True),
    Column("tenant", String, primary_key=True),
)

POLICY = (
    field_policies(
        gates,
        days_after("publish_by", "results"),
        gate_id="names the gate",
        market="shows people which market it is",
        process="decides which documents belong to it",
        delivery_start="decides which bids belong to it",
        delivery_end="decides which bids belong to it",
        mtu_s="market time unit of its bids and results",
        currency="a bid in another currency is refused",
        system_operators="which TSOs see it, and whose demand counts",
        grid_operators="whose grid models count",
        opens_at="documents before it are refused",
        closes_at="from then on platforms are waited for",
        grids_due_at="grid models taken into use later do not count",
        window_s="how long platforms are waited for",
        waits_until="when it closes at the latest",
        budget_s="time limit of the optimiser",
        publish_by="when the answer must be out; start of the retention period",
        minimum_bid_mw="smaller bids are refused",
        max_model_age_s="older grid models are reported",
        stale_model="whether these are used",
        use="how its published lists are used",
        demand_rule="whether demand or limits come first where they contradict each other",
        objective="what its lists maximise first",
        one_buyer="whether one buyer activates its lists as one",
        netting_platform="whether its lists go on to a platform with netting",
        technical_link="what technical links between its bids mean",
        netting_share="how far a limit may rely on other bids",
        preparation_s="until when a published gate can be run again",
        zones="bids of other bidding zones are refused",
        domains="documents and bids of other areas are refused",
        products="bids of other products are refused",
        state="state of the gate, also after a restart",
        version="detects concurrent changes by other clients",
        closed_at="no document received later counts",
        amended_at="shows participants that its terms have changed",
        cancelled_at="shows participants since when nothing is to be expected",
    )
    + field_policies(
        gate_platforms,
        with_parent("gates"),
        gate_id="the gate",
        tenant="participates in the gate",
        place="the order in which participants were named",
        closed_at="when the platform declared that all its bids were sent; without one it was missing",
    )
    + field_policies(
        gate_operators,
        with_parent("gates"),
        gate_id="the gate",
        tenant="finds the gate as one of its system or grid operators",
    )
)
