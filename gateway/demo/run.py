"""`flexgate demo`: play one market day against a real gateway process, check it, show it, report it."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contract_tests.emulators.answers import InvalidDocumentError
from contract_tests.emulators.client import RefusedError
from gateway.demo import comparison, next_morning, verdict
from gateway.demo.brokers import Address, Brokers, MissingError
from gateway.demo.day import PlayedDay, RefusedDocumentError
from gateway.demo.gateway_process import GatewayFailedError
from gateway.demo.platforms import Platform
from gateway.demo.play import play, play_over_rest
from gateway.demo.protocols import OVER_REST, REST
from gateway.demo.recount import recount
from gateway.demo.stages import Stages

DEFAULT_SEED: Final = 4

_EXPECTED = (
    GatewayFailedError,
    InvalidDocumentError,
    MissingError,
    RefusedDocumentError,
    RefusedError,
)


def run_demo(
    *,
    as_json: bool = False,
    report: Path | None = None,
    keep: bool = False,
    seed: int = DEFAULT_SEED,
    protocols: Mapping[Platform, str] = OVER_REST,
    brokers: Mapping[str, Address] = MappingProxyType({}),
) -> int:
    """Run the demo and print how it went on standard output.

    Args:
        as_json: print the figures as one JSON object and nothing else.
        report: directory for the HTML report; none is written without.
        keep: keep the gateway's directory (configuration, log, data) and print where it is.
        seed: another seed gives another day.
        protocols: of each platform, see `assigned`; with any but REST the day is played over REST as well,
            and both must end the same.
        brokers: by protocol; those that are not named are looked for on this machine, or started.

    Returns:
        Exit code: 0 when the day went well, 1 when anything failed; the reasons are on standard error.
    """
    console, errors = Console(quiet=as_json), Console(stderr=True)
    stages = Stages(console)
    try:
        with _directory(keep, errors) as directory, Brokers(directory / "brokers", dict(brokers)) as found:
            played = play(seed, directory / "gateway", stages, protocols, found)
            reference = None
            if set(protocols.values()) != {REST}:
                with stages.stage("the same day over REST"):
                    quiet = Stages(Console(quiet=True))
                    reference = play_over_rest(played, directory / "over-rest", quiet, found)
        with stages.stage("the day is counted again"):
            models = [grid.model for grid in played.grids]
            published = {tenant: answers.merit_order for tenant, answers in played.answers.items()}
            count = recount(played.scenario, models, published)
            morning = next_morning.recount(played.morning)
            faults = list(verdict.faults(played, count, morning))
            if reference is not None:
                faults += comparison.differences(played, reference)
        figures = verdict.figures(played, count, morning, stages.total)
        figures["protocols"] = list(protocols.values())
        if reference is not None:
            figures["compared_with_rest"] = comparison.compared(played)
        if report is not None and not faults:
            with stages.stage("report"):
                from gateway.demo import report as reporting  # noqa: PLC0415  (draws, which most runs do not)

                content = reporting.Report(
                    played.scenario,
                    played.grids,
                    count,
                    played.limitations,
                    figures,
                    stages.seconds,
                    played.protocols,
                    played.morning.scenario,
                )
                file = reporting.write(content, report)
            console.print(f"  {file.resolve()}")
    except _EXPECTED as error:
        errors.print(f"[red]The demo failed:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        return 1
    figures["seconds_total"] = round(stages.total, 2)
    if as_json:
        print(json.dumps(figures))
    else:
        console.print(_summary(figures))
        if reference is not None and not faults:
            console.print(_equality(played))
    for fault in faults:
        errors.print(f"[red]✗[/] {escape(fault)}", highlight=False, soft_wrap=True)
    return 1 if faults else 0


@contextmanager
def _directory(keep: bool, errors: Console) -> Iterator[Path]:
    """Where the gateway lives: for the length of the demo, or for good."""
    if keep:
        directory = Path(tempfile.mkdtemp(prefix="flexgate-demo-"))
        errors.print(f"The gateway's directory is kept: {directory}", highlight=False, soft_wrap=True)
        yield directory
    else:
        with tempfile.TemporaryDirectory(prefix="flexgate-demo-") as name:
            yield Path(name)


def _equality(played: PlayedDay) -> str:
    ways = ", ".join(f"{tenant} over {way}" for tenant, way in played.protocols.items())
    count = comparison.compared(played)
    return f"[green]✓[/] {ways}: the same as over REST, each of {count:,} availabilities and the cost"


def _summary(figures: Mapping[str, Any]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim")
    extra = figures["cost_eur"] - figures["cost_unconstrained_eur"]
    for row in (
        ("bids", figures["bids"], f"of {figures['units']} technical units in {figures['grids']} grids"),
        ("limited bids", figures["limited_bids"], f"at some time of {figures['mtus']} quarter hours"),
        ("cost without the grid", f"{figures['cost_unconstrained_eur']:,.2f} €", "price alone"),
        ("cost with the grid", f"{figures['cost_eur']:,.2f} €", f"{extra:+,.2f} €"),
        ("worst loading before", f"{figures['max_loading_before_pct']:.1f} %", "price alone"),
        ("worst loading after", f"{figures['max_loading_after_pct']:.1f} %", figures["rung"]),
        (
            "list for the next noon",
            f"{figures['list_available_mwh']:.1f} MWh",
            f"of {figures['list_offered_mwh']:.1f} MWh",
        ),
        (
            "worst loading by any use",
            f"{figures['list_loading_pct']:.1f} %",
            f"{figures['list_loading_offered_pct']:.1f} % as offered",
        ),
        ("violations", figures["violations_after"], f"of {figures['rows_checked']:,} rows checked"),
        ("time", f"{figures['seconds_total']:.1f} s", f"optimiser {figures['seconds_optimiser']:.2f} s"),
    ):
        table.add_row(*(str(cell) for cell in row))
    return table
