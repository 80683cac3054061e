"""The operator of a gateway: opens gates, watches runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contract_tests.emulators.client import GatewayClient, wait_for


@dataclass(frozen=True, slots=True)
class GatePlan:
    """A gate to open: what is collected, from whom, and when it closes.

    `window` and `budget` are what latecomers and the optimiser get after `closes_at`; `use` states how its
    lists are used (`exact`, `prefix`), `netting_platform` whether they go on to a platform with netting.
    """

    gate_id: str
    market: str
    process: str
    start: datetime
    end: datetime
    mtu: timedelta
    currency: str
    platforms: Sequence[str]
    system_operators: Sequence[str]
    grid_operators: Sequence[str]
    opens_at: datetime
    closes_at: datetime
    window: timedelta
    budget: timedelta
    publish_by: datetime
    use: str
    netting_platform: bool


class OperatorEmulator:
    """One operator of a gateway."""

    def __init__(self, client: GatewayClient) -> None:
        self._client = client

    def open_gate(self, plan: GatePlan) -> None:
        """Create the gate."""
        self._client.post(
            "/v1/gates",
            {
                "gate_id": plan.gate_id,
                "market": plan.market,
                "process": plan.process,
                "delivery": {"start": _text(plan.start), "end": _text(plan.end)},
                "mtu": _duration(plan.mtu),
                "currency": plan.currency,
                "platforms": list(plan.platforms),
                "system_operators": list(plan.system_operators),
                "grid_operators": list(plan.grid_operators),
                "opens_at": _text(plan.opens_at),
                "closes_at": _text(plan.closes_at),
                "grids_due_at": _text(plan.closes_at),
                "window": _duration(plan.window),
                "budget": _duration(plan.budget),
                "publish_by": _text(plan.publish_by),
                "use": plan.use,
                "netting_platform": plan.netting_platform,
            },
        )

    def close_gate(self, gate_id: str) -> None:
        """Close a gate now."""
        self._client.post(f"/v1/gates/{gate_id}/close")

    def channels_are_up(self) -> bool:
        """Whether every channel of the gateway has its peer."""
        return all(channel["state"] == "up" for channel in self._client.get("/v1/channels")["channels"])

    def published_run(self, gate_id: str, timeout_s: float) -> Mapping[str, Any]:
        """Wait until a gate's results are published; its run, with all figures.

        Raises:
            WaitedTooLongError: not published in time.
        """

        def look() -> bool | None:
            return self._client.get(f"/v1/gates/{gate_id}")["state"] == "published" or None

        wait_for(look, f"gate {gate_id} to be published", timeout_s)
        *_, run = self._client.get(f"/v1/gates/{gate_id}/runs")["runs"]
        run_figures: Mapping[str, Any] = self._client.get(f"/v1/runs/{run['run_id']}")
        return run_figures


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _duration(length: timedelta) -> str:
    return f"PT{int(length.total_seconds())}S"
