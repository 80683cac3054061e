"""Small documents, each with names of its own, for one gate of a day that lies ahead."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.bid_documents import DAY, bid_document
from gateway.demo.eic import eic

BIDS: Final = 2
POINTS: Final = 4
SENDER: Final = b"10XTEST-SENDER-M"
RECEIVER: Final = b"10XTEST-RECEIVEX"
GATEWAY: Final = b"11XTEST-GATE---C"
"""As the gateway under test is configured; it refuses what is for another party."""
NAME: Final = b"TEST-BENCHMARK"
GATE: Final = "crash"


@dataclass(frozen=True)
class Document:
    """A document; its name is its mRID and the id of the message that brings it."""

    name: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def party(protocol: str) -> str:
    """The code of the platform that speaks a protocol."""
    return eic(f"11X{protocol.upper()}")


def numbered(protocol: str, number: int, day: datetime) -> Document:
    """The document of this number; all platforms together have no number twice."""
    name = f"{protocol}-{number:06}"
    data = bid_document(BIDS, POINTS, number).data
    for old, new in (
        (f"{DAY:%Y-%m-%dT%H}", f"{day:%Y-%m-%dT%H}"),
        (f"{DAY + timedelta(days=1):%Y-%m-%dT}", f"{day + timedelta(days=1):%Y-%m-%dT}"),
    ):
        data = data.replace(old.encode(), new.encode())
    for named, by in ((NAME, name.encode()), (SENDER, party(protocol).encode()), (RECEIVER, GATEWAY)):
        data = data.replace(named, by)
    return Document(name, data)


def delivery_day() -> datetime:
    """The start of the day the bids are for."""
    return (datetime.now(UTC) + timedelta(days=2)).replace(hour=DAY.hour, minute=0, second=0, microsecond=0)


def gate(day: datetime, platforms: list[str], grid_operator: str) -> dict[str, Any]:
    """A gate for that day which stays open."""
    now = datetime.now(UTC)
    closes = (now + timedelta(hours=5)).isoformat()
    return {
        "gate_id": GATE,
        "market": "TEST market",
        "process": "A47",
        "delivery": {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()},
        "mtu": "PT15M",
        "currency": "EUR",
        "platforms": platforms,
        "system_operators": ["tso"],
        "grid_operators": [grid_operator],
        "opens_at": (now - timedelta(days=1)).isoformat(),
        "closes_at": closes,
        "grids_due_at": closes,
        "window": "PT0S",
        "budget": "PT20S",
        "publish_by": (now + timedelta(hours=6)).isoformat(),
        "use": "exact",
        "netting_platform": False,
    }


def resources() -> dict[str, Any]:
    """The units behind the bids."""
    connection = [{"grid_id": "grid", "node": "n1"}]
    return {
        "connections": {f"TEST-UNIT-{unit:05}": connection for unit in range(BIDS)},
        "participation": {},
    }
