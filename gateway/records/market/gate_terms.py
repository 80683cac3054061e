"""The terms of a gate as the columns of its row, and back."""

from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping

from gateway.domain.gate import (
    DemandRule,
    Gate,
    ListObjective,
    StaleModel,
    TechnicalLink,
    UseOfLists,
)
from gateway.domain.market_time import Interval


def columns_of(gate: Gate) -> dict[str, Any]:
    """The values of its columns; its name and its platforms are stored elsewhere."""
    return {
        "market": gate.market,
        "process": gate.process,
        "delivery_start": gate.delivery.start,
        "delivery_end": gate.delivery.end,
        "mtu_s": int(gate.mtu.total_seconds()),
        "currency": gate.currency,
        "system_operators": list(gate.system_operators),
        "grid_operators": list(gate.grid_operators),
        "opens_at": gate.opens_at,
        "closes_at": gate.closes_at,
        "grids_due_at": gate.grids_due_at,
        "window_s": gate.window.total_seconds(),
        "waits_until": gate.waits_until,
        "budget_s": gate.budget.total_seconds(),
        "publish_by": gate.publish_by,
        "minimum_bid_mw": gate.minimum_bid_mw,
        "max_model_age_s": None if gate.max_model_age is None else gate.max_model_age.total_seconds(),
        "stale_model": gate.stale_model,
        "use": gate.use,
        "demand_rule": gate.demand_rule,
        "objective": gate.objective,
        "one_buyer": gate.one_buyer,
        "netting_platform": gate.netting_platform,
        "technical_link": gate.technical_link,
        "netting_share": gate.netting_share,
        "preparation_s": gate.preparation.total_seconds(),
        "zones": list(gate.zones),
        "domains": list(gate.domains),
        "products": list(gate.products),
    }


def gate_of(row: RowMapping, platforms: tuple[str, ...]) -> Gate:
    """The gate of a row and of the platforms that belong to it."""
    age = row["max_model_age_s"]
    return Gate(
        gate_id=row["gate_id"],
        market=row["market"],
        process=row["process"],
        delivery=Interval(row["delivery_start"], row["delivery_end"]),
        mtu=timedelta(seconds=row["mtu_s"]),
        currency=row["currency"],
        platforms=platforms,
        system_operators=tuple(row["system_operators"]),
        grid_operators=tuple(row["grid_operators"]),
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        grids_due_at=row["grids_due_at"],
        window=timedelta(seconds=row["window_s"]),
        budget=timedelta(seconds=row["budget_s"]),
        publish_by=row["publish_by"],
        minimum_bid_mw=row["minimum_bid_mw"],
        max_model_age=None if age is None else timedelta(seconds=age),
        stale_model=StaleModel(row["stale_model"]),
        use=UseOfLists(row["use"]),
        demand_rule=DemandRule(row["demand_rule"]),
        objective=ListObjective(row["objective"]),
        one_buyer=row["one_buyer"],
        netting_platform=row["netting_platform"],
        technical_link=TechnicalLink(row["technical_link"]),
        netting_share=row["netting_share"],
        preparation=timedelta(seconds=row["preparation_s"]),
        zones=tuple(row["zones"]),
        domains=tuple(row["domains"]),
        products=tuple(row["products"]),
    )
