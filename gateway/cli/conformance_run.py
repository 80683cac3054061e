"""Runs of the kit against a system on the wire, and the gateway that it can be tried against."""

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.api_client import AsJson, print_json
from gateway.cli.conformance import HtmlFile, JunitFile, report, with_progress
from gateway.cli.screen import fail, finite, out, print_rows

emulators = typer.Typer(
    no_args_is_help=True, help="Systems of others, emulated on this machine to develop and test against."
)


class Profile(StrEnum):
    """Kinds of peers and protocols that a target can be tried for."""

    REST = "rest"
    DSO = "dso"
    TSO = "tso"
    FOLDER = "folder"
    MQTT = "mqtt"
    AMQP091 = "amqp091"


_OVER_HTTP = frozenset({Profile.REST, Profile.DSO, Profile.TSO})


class Channel(StrEnum):
    """Protocols that the emulated gateway can have a channel for."""

    FOLDER = "folder"
    MQTT = "mqtt"
    AMQP091 = "amqp091"


def run(
    profile: Annotated[
        Profile,
        typer.Option(
            help="rest, dso, tso: a platform, grid or system operator over HTTP; else a platform's channel."
        ),
    ],
    participant: Annotated[
        Path,
        typer.Option(
            "--as",
            metavar="FILE",
            help="Who the kit is there: participant.json of `flexgate emulate gateway`, or credentials.",
            dir_okay=False,
        ),
    ],
    target: Annotated[
        str | None, typer.Option(metavar="URL", help="Where; without it, what the file names.")
    ] = None,
    effects: Annotated[
        bool | None,
        typer.Option(
            "--effects/--no-effects",
            help="Also try what leaves bids behind or closes a gate.",
            show_default="as the file says, else no",
        ),
    ] = None,
    cases: Annotated[
        bool, typer.Option("--cases/--no-cases", help="Hand in the documents of all cases, too.")
    ] = True,
    budget: Annotated[
        float,
        typer.Option(min=1, max=3600, callback=finite, help="Seconds after which nothing new begins."),
    ] = 300,
    junit: JunitFile = None,
    html: HtmlFile = None,
    as_json: AsJson = False,
) -> None:
    """Try a gateway as one of its peers would use it, step by step, and say what it did otherwise.

    Whatever the target does, the run ends: requests and answers are bounded, redirects are not followed, and
    a target that does not answer is left alone. Nothing that counts is left behind unless effects are asked
    for.

    Exit code 0: no step failed; 1: one did, or none passed; 2: wrong use.
    """
    from contract_tests.profiles import exchange, rest
    from contract_tests.profiles.participant import ParticipantError, read_participant

    try:
        who = read_participant(participant, target if profile in _OVER_HTTP else None)
    except ParticipantError as error:
        fail(str(error))
    if effects is not None:
        who = replace(who, effects=effects)
    begun = time.monotonic()
    if profile in _OVER_HTTP:
        address, total = who.target, len(rest.steps(profile, with_cases=cases))
        outcomes = rest.run_rest(who, profile, with_cases=cases, effects=who.effects, budget_s=budget)
    else:
        address, total = target or who.channel or "", len(exchange.steps(with_cases=cases))
        outcomes = exchange.run_exchange(
            profile, who, address, with_cases=cases, effects=who.effects, budget_s=budget
        )
    try:
        found = with_progress(outcomes, total)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--target") from None
    facts = [f"target {address}, as {who.party}", f"{time.monotonic() - begun:.1f} s"]
    report(found, f"Profile {profile}", facts, junit, html, as_json=as_json)


def steps(
    profile: Annotated[Profile, typer.Argument(help="Of which profile.")], as_json: AsJson = False
) -> None:
    """List the steps of a profile, without those of cases: what each expects, and where that is written."""
    from contract_tests.profiles import exchange, rest

    found = [
        (one.name, "yes" if one.effects else "", one.says, one.source)
        for one in (
            rest.steps(profile, with_cases=False)
            if profile in _OVER_HTTP
            else exchange.steps(with_cases=False)
        )
    ]
    if as_json:
        names = ("step", "effects", "says", "source")
        print_json([{**dict(zip(names, row, strict=True)), "effects": bool(row[1])} for row in found])
        return
    print_rows(("step", "effects", "says", "source"), found, wrapped={"says": 60, "source": 40})


@emulators.command("gateway")
def emulate_gateway(
    port: Annotated[
        int, typer.Option(min=1, max=65535, envvar="FLEXGATE_PORT", help="Where it listens.")
    ] = 8480,
    directory: Annotated[
        Path | None, typer.Option(help="Keep it in this new directory.", show_default="a temporary one")
    ] = None,
    channel: Annotated[
        Channel | None,
        typer.Option(help="A channel of `platform-north`, besides REST.", show_default="none"),
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Of --channel mqtt or amqp091; else this machine's."),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0, callback=finite, help="End by itself after so long.", show_default="until Ctrl-C"
        ),
    ] = None,
) -> None:
    """Run a gateway on this machine alone, with everything that a platform's first documents need.

    Two platforms, a system operator that has assigned three units, a grid model, and gates for the next
    three days that collect bids; one more gate is for `platform-north` alone, to be closed. It ends with
    Ctrl-C, and leaves nothing.
    """
    from gateway.cli.emulated_gateway import EmulatedGateway, PortInUseError
    from gateway.cli.first_configuration import FirstSettingsError
    from gateway.demo.gateway_process import GatewayFailedError

    keep = nullcontext(directory) if directory is not None else _temporary()
    try:
        with keep as place, EmulatedGateway(place, port, channel, broker) as gateway:
            out.print(f"gateway:      {gateway.url}", markup=False)
            out.print(f"participant:  {gateway.participant_file}", markup=False)
            out.print(f"credentials:  {gateway.credentials}", markup=False)
            profile = channel or Profile.REST
            command = f"flexgate conformance run --profile {profile} --as {gateway.participant_file}"
            out.print(f"\ntry it:       {command}", markup=False)
            _wait(gateway.runs, seconds)
    except (FirstSettingsError, GatewayFailedError, PortInUseError) as error:
        fail(str(error))


@contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="flexgate-") as place:
        yield Path(place) / "gateway"


def _wait(runs: Callable[[], bool], seconds: float | None) -> None:
    ends = None if seconds is None else time.monotonic() + seconds

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)  # else the gateway would outlive its emulator
    try:
        while ends is None or time.monotonic() < ends:
            if not runs():
                fail("the gateway ended; its log is in its directory")
            time.sleep(0.2)
    except KeyboardInterrupt:
        return
