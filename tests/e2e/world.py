"""A market hour as outsiders set it up over HTTP: a gate, a grid of one line, units, a demand, bids."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import httpx2
import numpy as np

from contract_tests.emulators.bid_document import Collection, Parties, reserve_bid
from contract_tests.emulators.market_bid import MarketBid
from tests.e2e.running import Member, Running, json_of
from tests.specimens import AREA, GATEWAY, NORTH, POOL, SOUTH, UNITS

START = (datetime.now(UTC) + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
END = START + timedelta(hours=1)
MTUS = 4
GRID = "test-grid"
LIMIT_MW = 5.0
SELLER = "11XTEST-SELLER-G"
PARTY = {
    "north": NORTH,
    "south": SOUTH,
    "stranger": "11XTEST-ELSE---V",
    "visitor": "11XTEST-VISIT--Z",
    "listener": "11XTEST-LISTEN-B",
}
"""Platforms. Of the last three each is used by one module alone, which counts what is in its outbox."""
MEMBERS = (
    *(Member(name, "platform", ((code, "A01"),)) for name, code in PARTY.items()),
    Member("dso", "dso"),
    Member("dso2", "dso"),
    Member("tso", "tso"),
    Member("operator", "operator"),
)
COLLECTION = Collection("A47", "TEST_AUCTION", START, END, "EUR")


def gate(gate_id: str, platforms: Sequence[str] = ("north", "south"), **changes: object) -> dict[str, object]:
    """A gate that is open for the next hour."""
    now = datetime.now(UTC)
    definition: dict[str, object] = {
        "gate_id": gate_id,
        "market": "TEST market",
        "process": "A47",
        "delivery": {"start": START.isoformat(), "end": END.isoformat()},
        "mtu": "PT15M",
        "currency": "EUR",
        "platforms": list(platforms),
        "system_operators": ["tso"],
        "grid_operators": ["dso"],
        "opens_at": (now - timedelta(days=1)).isoformat(),
        "closes_at": (now + timedelta(hours=1)).isoformat(),
        "grids_due_at": (now + timedelta(hours=1)).isoformat(),
        "window": "PT0S",
        "budget": "PT20S",
        "publish_by": (now + timedelta(hours=2)).isoformat(),
        "use": "exact",
        "netting_platform": False,
    }
    return definition | changes


def grid_model(grid: str = GRID, limit_mw: float = LIMIT_MW) -> dict[str, object]:
    """One line between the node where all units hang and the reference."""
    return {
        "format": "flexgate-reduced-grid-model",
        "version": "1.0",
        "grid": grid,
        "validity": {"start": f"{START:%Y-%m-%dT%H:%M:%SZ}", "end": f"{END:%Y-%m-%dT%H:%M:%SZ}"},
        "elements": [
            {"id": "line-1", "forward_limit_mw": limit_mw, "reverse_limit_mw": limit_mw, "kind": "line"}
        ],
        "connection_points": ["n1", "far", "ref"],
        "reference": [{"node": "ref", "weight": 1.0}],
        "operating_points": [
            {
                "name": "normal",
                "activation_band_mw": [-100.0, 100.0],
                "base_flow_mw": [[0.0]],
                "ptdf": [[1.0, -0.5, 0.0]],
            }
        ],
    }


def assign(tso: httpx2.Client, units: Mapping[str, str] | None = None) -> None:
    """Units to nodes of the grid, the last one beside the line; the pool consists of the first two."""
    nodes = units or {UNITS[0]: "n1", UNITS[1]: "n1", UNITS[2]: "ref"}
    assignment = {
        "connections": {unit: [{"grid_id": GRID, "node": node}] for unit, node in nodes.items()},
        "participation": {} if units else {POOL: {UNITS[0]: 0.5, UNITS[1]: 0.5}},
    }
    json_of(tso.put("/v1/resources", json=assignment))


def prepare(running: Running, gate_id: str = "hour", **changes: object) -> None:
    """Everything a gate needs except bids."""
    json_of(running.as_("operator").post("/v1/gates", json=gate(gate_id, **changes)), 201)
    assign(running.as_("tso"))
    json_of(running.as_("dso").put(f"/v1/grids/{GRID}/models", json=grid_model()))
    demand = {"up_mw": [8.0] * MTUS, "down_mw": [0.0] * MTUS}
    json_of(running.as_("tso").put(f"/v1/gates/{gate_id}/demand", json=demand))


def bid(bid_id: str, mw: float, price: float, resource: str = UNITS[0]) -> MarketBid:
    """An up bid for the whole hour."""
    return MarketBid(
        bid_id=bid_id,
        provider=SELLER,
        resource=resource,
        resource_scheme="A01",
        up=True,
        divisible=True,
        minimum_mw=0.0,
        start=START,
        resolution=timedelta(minutes=15),
        quantity_mw=np.full(MTUS, mw),
        energy_price=np.full(MTUS, price),
    )


def document(
    tenant: str, version: str, mrid: str, *bids: MarketBid, collection: Collection = COLLECTION
) -> bytes:
    """A ReserveBid document of one platform."""
    return reserve_bid(
        bids,
        version=version,
        mrid=mrid,
        created_at=datetime.now(UTC),
        parties=Parties(PARTY[tenant], "A46", GATEWAY, "A34", AREA, AREA),
        collection=collection,
    )
