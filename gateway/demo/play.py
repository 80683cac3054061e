"""A day from the start of a gateway to its end: each platform by the protocol it was given."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import httpx2

from contract_tests.emulators.client import GatewayClient, WaitedTooLongError
from gateway.demo import gateway_process
from gateway.demo.area import DemoGrid
from gateway.demo.brokers import Brokers
from gateway.demo.day import Day, PlayedDay
from gateway.demo.platforms import Platform
from gateway.demo.protocols import MEANING, REST, Surroundings, check_installed, opened
from gateway.demo.scenario import Scenario, scenario
from gateway.demo.stages import Stages
from gateway.domain.market_time import MARKET_ZONE, local_day

_JUNE_DAY: Final = (6, 17)


def next_june_day() -> date:
    """The 17th of the next June: the grids' profiles are those of a clear day in June."""
    today = datetime.now(MARKET_ZONE).date()
    day = date(today.year, *_JUNE_DAY)
    return day if day > today else date(today.year + 1, *_JUNE_DAY)


def play(
    seed: int, directory: Path, stages: Stages, protocols: Mapping[Platform, str], brokers: Brokers
) -> PlayedDay:
    """Start a gateway in `directory` and play the day, each platform by its protocol.

    Raises:
        GatewayFailedError: the gateway did not start, or did not answer in time.
        RefusedError, RefusedDocumentError: it refused something.
        InvalidDocumentError: it sent something that is not valid.
        MissingError: something that a protocol needs is not there.
    """

    def made() -> tuple[Sequence[DemoGrid], Scenario]:
        from gateway.demo.grids import demo_grids  # noqa: PLC0415  (seconds, spent while the gateway starts)

        day = next_june_day()
        grids = demo_grids(day)
        return grids, scenario(local_day(day), grids, seed, tuple(protocols))

    check_installed(protocols.values())
    return _played(made, directory, stages, protocols, brokers)


def play_over_rest(played: PlayedDay, directory: Path, stages: Stages, brokers: Brokers) -> PlayedDay:
    """Play the same day again at another gateway, every platform over REST; raises what `play` raises."""
    protocols = dict.fromkeys(played.scenario.platforms, REST)
    return _played(lambda: (played.grids, played.scenario), directory, stages, protocols, brokers)


def _played(
    made: Callable[[], tuple[Sequence[DemoGrid], Scenario]],
    directory: Path,
    stages: Stages,
    protocols: Mapping[Platform, str],
    brokers: Brokers,
) -> PlayedDay:
    port = gateway_process.free_port()
    base_url = f"http://127.0.0.1:{port}"
    around = Surroundings(directory, base_url, brokers)
    with ExitStack() as opening:
        exchanges = {
            platform.tenant: opening.enter_context(opened(name, around, platform))
            for platform, name in protocols.items()
            if name != REST
        }
        channels = {tenant: exchange.channel() for tenant, exchange in exchanges.items()}
        members = gateway_process.members(tuple(protocols))
        configuration, credentials = gateway_process.configure(directory, port, members, channels)
        gateway = opening.enter_context(gateway_process.GatewayProcess(configuration, base_url))
        with stages.stage("grid operators build reduced models"):
            grids, day = made()
        with stages.stage("gateway starts"):
            gateway.wait_until_ready()
        clients = {
            tenant: opening.enter_context(GatewayClient(base_url, known))
            for tenant, known in credentials.items()
        }
        try:
            played = Day(day, grids, clients, exchanges, stages).play()
        except (WaitedTooLongError, httpx2.TransportError) as error:
            raise gateway_process.GatewayFailedError(
                "\n".join([str(error), *gateway.last_log_lines()])
            ) from error
        return replace(
            played,
            protocols={platform.tenant: MEANING[name] for platform, name in protocols.items()},
            errors=gateway.errors(),
        )
