"""One market day played from the wire: every role does its part, in the order of a real day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contract_tests.emulators.bid_document import Collection, Parties
from contract_tests.emulators.client import GatewayClient, wait_for
from contract_tests.emulators.dso import DsoEmulator, Limitation
from contract_tests.emulators.exchanges import Exchange
from contract_tests.emulators.exchanges.rest import RestExchange
from contract_tests.emulators.operator import GatePlan, OperatorEmulator
from contract_tests.emulators.platform import Answers, PlatformEmulator
from contract_tests.emulators.tso import TsoEmulator
from gateway.demo import house
from gateway.demo.area import DemoGrid
from gateway.demo.platforms import Platform
from gateway.demo.scenario import MTU, Scenario
from gateway.demo.stages import Stages
from gateway.domain.market_time import MARKET_ZONE
from gateway.grids import exchange

PROCESS: Final = "A47"
AUCTION: Final = "MFRR_ENERGY_ACTIVATION_MARKET"
CURRENCY: Final = "EUR"

_BUDGET: Final = timedelta(seconds=20)
_WINDOW: Final = timedelta(minutes=1)
_OPEN_FOR: Final = timedelta(minutes=10)
_PATIENCE_S: Final = 60.0


class RefusedDocumentError(Exception):
    """The gateway refused a document of the demo; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class PlayedDay:
    """A day as it went.

    Attributes:
        run: the gateway's run with its figures, as the operator sees it.
        answers: what was published to each platform.
        limitations: what the DSOs were told.
        protocols: how each platform's documents went, in words.
        errors: lines of the gateway's log that tell of errors.
    """

    scenario: Scenario
    grids: Sequence[DemoGrid]
    run: Mapping[str, Any]
    answers: Mapping[str, Answers]
    limitations: Sequence[Limitation]
    protocols: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[str] = ()


class Day:
    """The roles, and what each does.

    Platforms that have no exchange of their own use REST.
    """

    def __init__(
        self,
        day: Scenario,
        grids: Sequence[DemoGrid],
        clients: Mapping[str, GatewayClient],
        exchanges: Mapping[str, Exchange],
        stages: Stages,
    ) -> None:
        self._day = day
        self._grids = grids
        self._stages = stages
        self._gate_id = f"mfrr-{day.units.period.start.astimezone(MARKET_ZONE):%Y-%m-%d}"
        self._dsos = [DsoEmulator(clients[dso]) for dso in house.DSOS]
        self._tso = TsoEmulator(clients[house.TSO])
        self._operator = OperatorEmulator(clients[house.OPERATOR])
        self._over_rest = {
            platform.tenant: RestExchange(clients[platform.tenant])
            for platform in day.platforms
            if platform.tenant not in exchanges
        }
        self._exchanges: Mapping[str, Exchange] = {**self._over_rest, **exchanges}
        self._platforms = {
            platform.tenant: PlatformEmulator(
                self._exchanges[platform.tenant], platform.version, _parties(platform), self._collection()
            )
            for platform in day.platforms
        }

    def play(self) -> PlayedDay:
        """Let everybody do their part.

        Raises:
            RefusedError, RefusedDocumentError: the gateway refused something.
            InvalidDocumentError: it sent something that is not valid.
            WaitedTooLongError, httpx2.TransportError: it did not answer.
        """
        if len(self._over_rest) < len(self._platforms):
            with self._stages.stage("channels come up"):
                self._connect()
        with self._stages.stage("grid operators, system operator and gate"):
            self._prepare()
        with self._stages.stage("platforms send their bids"):
            self._bid()
        with self._stages.stage("gate closes, the gateway decides and publishes"):
            run = self._close()
        with self._stages.stage("platforms and grid operators fetch their answers"):
            answers = {tenant: platform.answers(_PATIENCE_S) for tenant, platform in self._platforms.items()}
            limitations = [row for dso in self._dsos for row in dso.limitations(run["run_id"])]
        return PlayedDay(self._day, self._grids, run, answers, limitations)

    def _connect(self) -> None:
        """Wait until every channel is up; one whose peer has to call is up after the first call."""

        def look() -> bool | None:
            for each in self._exchanges.values():
                each.results()
            return self._operator.channels_are_up() or None

        wait_for(look, "all channels to be up", _PATIENCE_S)

    def _prepare(self) -> None:
        for dso, grid in zip(self._dsos, self._grids, strict=True):
            dso.send_model(grid.model.grid_id, exchange.write(grid.model))
        self._tso.assign(
            {unit: (place.grid_id, place.node) for unit, place in self._day.locations.items()},
            self._day.pools,
        )
        self._operator.open_gate(self._plan())
        self._tso.demand(self._gate_id, self._day.demand_up_mw.tolist(), self._day.demand_down_mw.tolist())

    def _bid(self) -> None:
        sent = {
            tenant: platform.submit(f"TEST-{self._gate_id}-{tenant}", self._day.bids[tenant])
            for tenant, platform in self._platforms.items()
        }
        for tenant, address in sent.items():
            acknowledgement = self._platforms[tenant].acknowledgement(address, _PATIENCE_S)
            if not acknowledgement.accepted:
                series = list(acknowledgement.rejected_series.items())[:3]
                raise RefusedDocumentError(
                    f"the bids of {tenant} were not accepted as a whole: {acknowledgement.reasons} {series}"
                )

    def _close(self) -> Mapping[str, Any]:
        """All platforms say that they are done; where some have no words for it, the operator closes."""
        if len(self._over_rest) == len(self._platforms):
            for each in self._over_rest.values():
                each.close_gate(self._gate_id)
        else:
            self._operator.close_gate(self._gate_id)
        return self._operator.published_run(self._gate_id, _PATIENCE_S)

    def _plan(self) -> GatePlan:
        period, now = self._day.units.period, datetime.now(UTC)
        closes_at = now + _OPEN_FOR
        return GatePlan(
            gate_id=self._gate_id,
            market="TEST balancing energy",
            process=PROCESS,
            start=period.start,
            end=period.end,
            mtu=MTU,
            currency=CURRENCY,
            platforms=[platform.tenant for platform in self._day.platforms],
            system_operators=[house.TSO],
            grid_operators=house.DSOS,
            opens_at=now - timedelta(minutes=1),
            closes_at=closes_at,
            window=_WINDOW,
            budget=_BUDGET,
            publish_by=closes_at + _WINDOW + 2 * _BUDGET,
            use="exact",
            netting_platform=False,
        )

    def _collection(self) -> Collection:
        period = self._day.units.period
        return Collection(PROCESS, AUCTION, period.start, period.end, CURRENCY)


def _parties(platform: Platform) -> Parties:
    return Parties(
        sender=platform.eic,
        sender_role=house.PLATFORM_ROLE,
        receiver=house.GATEWAY_EIC,
        receiver_role=house.GATEWAY_ROLE,
        acquiring_area=house.AREA,
        connecting_area=house.AREA,
    )
