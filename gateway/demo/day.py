"""One market day played from the wire: every role does its part, in the order of a real day."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from gateway.demo import gateway_process
from gateway.demo.area import DemoGrid
from gateway.demo.next_morning import PlayedMorning, next_morning
from gateway.demo.platforms import Platform
from gateway.demo.scenario import MTU, Scenario
from gateway.demo.stages import Stages
from gateway.domain.market_time import MARKET_ZONE
from gateway.grids import exchange

CURRENCY: Final = "EUR"

_BUDGET: Final = timedelta(seconds=20)
_WINDOW: Final = timedelta(minutes=1)
_OPEN_FOR: Final = timedelta(minutes=10)
_PATIENCE_S: Final = 180.0


@dataclass(frozen=True, slots=True)
class _Market:
    """What one of the two gates is for, and how its lists are used."""

    name: str
    process: str
    auction: str
    use: str
    netting_platform: bool


_LOCAL: Final = _Market("local", "A41", "LOCAL_FLEXIBILITY_MARKET", "exact", netting_platform=False)
_BALANCING: Final = _Market("mfrr", "A47", "MFRR_ENERGY_ACTIVATION_MARKET", "prefix", netting_platform=True)


class RefusedDocumentError(Exception):
    """The gateway refused a document of the demo; the message states why."""


@dataclass(frozen=True, slots=True, eq=False)
class PlayedDay:
    """A day as it went.

    Attributes:
        run: the gateway's run of the local market with its figures, as the operator sees it.
        answers: what was published to each platform.
        limitations: what was reported to the DSOs.
        morning: the balancing list of the next morning.
        protocols: how each platform's documents went, as text.
        errors: lines of the gateway's log that report errors.
    """

    scenario: Scenario
    grids: Sequence[DemoGrid]
    run: Mapping[str, Any]
    answers: Mapping[str, Answers]
    limitations: Sequence[Limitation]
    morning: PlayedMorning
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
        self._morning, self._morning_models = next_morning(day, [grid.model for grid in grids])
        self._dsos = [DsoEmulator(clients[dso]) for dso in gateway_process.DSOS]
        self._tso = TsoEmulator(clients[gateway_process.TSO])
        self._operator = OperatorEmulator(clients[gateway_process.OPERATOR])
        self._over_rest = {
            platform.tenant: RestExchange(clients[platform.tenant])
            for platform in day.platforms
            if platform.tenant not in exchanges
        }
        self._exchanges: Mapping[str, Exchange] = {**self._over_rest, **exchanges}
        self._platforms = {
            platform.tenant: PlatformEmulator(
                self._exchanges[platform.tenant],
                platform.version,
                _parties(platform),
                _collection(_LOCAL, day),
            )
            for platform in day.platforms
        }
        first = day.platforms[0]
        self._balancing = PlatformEmulator(
            self._exchanges[first.tenant],
            first.version,
            _parties(first),
            _collection(_BALANCING, self._morning),
        )

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
        with self._stages.stage("grid operators, system operator and gates"):
            self._prepare()
        with self._stages.stage("platforms send their bids"):
            self._bid()
        with self._stages.stage("gates close, the gateway decides and publishes"):
            local, balancing = self._close()
        with self._stages.stage("platforms and grid operators fetch their answers"):
            answers, morning = self._answers()
            limitations = [row for dso in self._dsos for row in dso.limitations(local["run_id"])]
        played = PlayedMorning(self._morning, self._morning_models, balancing, morning)
        return PlayedDay(self._day, self._grids, local, answers, limitations, played)

    def _connect(self) -> None:
        """Wait until every channel is up; one whose peer has to call is up after the first call."""

        def look() -> bool | None:
            for each in self._exchanges.values():
                each.results()
            return self._operator.channels_are_up() or None

        wait_for(look, "all channels to be up", _PATIENCE_S)

    def _prepare(self) -> None:
        today = [grid.model for grid in self._grids]
        for models in (today, self._morning_models):
            for dso, model in zip(self._dsos, models, strict=True):
                dso.send_model(model.grid_id, exchange.write(model))
        self._tso.assign(
            {unit: (place.grid_id, place.node) for unit, place in self._day.locations.items()},
            self._day.pools,
        )
        for market, day in self._gates():
            self._operator.open_gate(_plan(market, day))
        self._tso.demand(
            _gate_id(_LOCAL, self._day), self._day.demand_up_mw.tolist(), self._day.demand_down_mw.tolist()
        )

    def _gates(self) -> tuple[tuple[_Market, Scenario], ...]:
        return (_LOCAL, self._day), (_BALANCING, self._morning)

    def _bid(self) -> None:
        sending = [(platform, tenant, _LOCAL, self._day) for tenant, platform in self._platforms.items()] + [
            (self._balancing, platform.tenant, _BALANCING, self._morning)
            for platform in self._morning.platforms
        ]
        sent = [
            (emulator, tenant, emulator.submit(f"TEST-{_gate_id(market, day)}-{tenant}", day.bids[tenant]))
            for emulator, tenant, market, day in sending
        ]
        for emulator, tenant, address in sent:
            acknowledgement = emulator.acknowledgement(address, _PATIENCE_S)
            if not acknowledgement.accepted:
                series = list(acknowledgement.rejected_series.items())[:3]
                raise RefusedDocumentError(
                    f"the bids of {tenant} were not accepted as a whole: {acknowledgement.reasons} {series}"
                )

    def _close(self) -> Sequence[Mapping[str, Any]]:
        """All platforms close the gate; where some have no message for it, the operator does."""
        for market, day in self._gates():
            gate_id = _gate_id(market, day)
            if len(self._over_rest) == len(self._platforms):
                for platform in day.platforms:
                    self._over_rest[platform.tenant].close_gate(gate_id)
            else:
                self._operator.close_gate(gate_id)
        return [
            self._operator.published_run(_gate_id(market, day), _PATIENCE_S) for market, day in self._gates()
        ]

    def _answers(self) -> tuple[Mapping[str, Answers], Answers]:
        """What was published of the local market, by platform, and of the balancing list."""
        balancing = {platform.tenant for platform in self._morning.platforms}

        def answers(tenant: str) -> Answers:
            return self._platforms[tenant].answers(_PATIENCE_S, lists=1 + (tenant in balancing))

        with ThreadPoolExecutor(len(self._platforms), thread_name_prefix="platform") as platforms:
            came = dict(zip(self._platforms, platforms.map(answers, self._platforms), strict=True))
        day, morning = self._day.units.period, self._morning.units.period
        (both,) = (came[tenant] for tenant in balancing)
        return (
            {tenant: answers.within(day.start, day.end) for tenant, answers in came.items()},
            both.within(morning.start, morning.end),
        )


def _gate_id(market: _Market, day: Scenario) -> str:
    return f"{market.name}-{day.units.period.start.astimezone(MARKET_ZONE):%Y-%m-%d}"


def _plan(market: _Market, day: Scenario) -> GatePlan:
    period, now = day.units.period, datetime.now(UTC)
    closes_at = now + _OPEN_FOR
    return GatePlan(
        gate_id=_gate_id(market, day),
        market=f"TEST {market.name}",
        process=market.process,
        start=period.start,
        end=period.end,
        mtu=MTU,
        currency=CURRENCY,
        platforms=[platform.tenant for platform in day.platforms],
        system_operators=[gateway_process.TSO],
        grid_operators=gateway_process.DSOS,
        opens_at=now - timedelta(minutes=1),
        closes_at=closes_at,
        window=_WINDOW,
        budget=_BUDGET,
        publish_by=closes_at + _WINDOW + 2 * _BUDGET,
        use=market.use,
        netting_platform=market.netting_platform,
    )


def _collection(market: _Market, day: Scenario) -> Collection:
    period = day.units.period
    return Collection(market.process, market.auction, period.start, period.end, CURRENCY)


def _parties(platform: Platform) -> Parties:
    return Parties(
        sender=platform.eic,
        sender_role=gateway_process.PLATFORM_ROLE,
        receiver=gateway_process.GATEWAY_EIC,
        receiver_role=gateway_process.GATEWAY_ROLE,
        acquiring_area=gateway_process.AREA,
        connecting_area=gateway_process.AREA,
    )
