"""Emulated services as commands: where a gateway or a system under development sends to and fetches from."""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.screen import fail, finite, out


class Service(StrEnum):
    """The services that there are, by the name of their command."""

    PULL = "pull"
    MADES = "mades"
    ECP = "ecp"
    WEBHOOK = "webhook"


_MEANINGS = {
    Service.PULL: "A service that only offers pull: a list, messages, a place to post to.",
    Service.MADES: "The MADES web service of an ECP endpoint, and a partner behind it.",
    Service.ECP: "The AMQP 1.0 queues of an ECP endpoint, and a partner behind it (extra `ecp`).",
    Service.WEBHOOK: "A webhook receiver of a platform.",
}


def add_to(app: typer.Typer) -> None:
    """Add a command for each service."""
    for service, meaning in _MEANINGS.items():
        text = (
            f"{meaning}\n\nIt prints what comes, a line for each document, and ends with Ctrl-C. It is no "
            "such software, and proves no conformance with one."
        )
        app.command(service.value, help=text)(_command(service))


def _command(service: Service) -> Callable[..., None]:
    def emulate(
        port: Annotated[int, typer.Option(min=0, max=65535, help="Where it listens; 0: any free port.")] = 0,
        fault: Annotated[
            list[str] | None,
            typer.Option(metavar="NAME=VALUE", help="A fault of it; a wrong name lists all. Once for each."),
        ] = None,
        documents: Annotated[
            int, typer.Option(min=0, max=10_000, help="So many documents of bids come from its partner.")
        ] = 0,
        seed: Annotated[int, typer.Option(help="The same seed makes the same bids.")] = 1,
        keep: Annotated[
            Path | None, typer.Option(help="Keep what comes in this directory.", file_okay=False)
        ] = None,
        seconds: Annotated[
            float | None,
            typer.Option(
                min=0, callback=finite, help="End by itself after so long.", show_default="until Ctrl-C"
            ),
        ] = None,
    ) -> None:
        _run(service, port, fault or [], documents, seed, keep, seconds)

    return emulate


def _run(
    service: Service,
    port: int,
    wanted: list[str],
    documents: int,
    seed: int,
    keep: Path | None,
    seconds: float | None,
) -> None:
    from contract_tests.emulators.running import SERVICES, FaultError, bid_documents, set_faults
    from gateway.extras import how_to_install

    try:
        running = SERVICES[service](port)
    except ModuleNotFoundError as error:
        fail(f"{service} needs {error.name}, which is not installed\n{how_to_install({'ecp'})}")
    except (OSError, RuntimeError) as error:
        fail(f"port {port}: {error}")
    try:
        set_faults(running.faults, wanted)
        if documents and running.deliver is None:
            raise typer.BadParameter(f"{service} has no partner that sends any", param_hint="--documents")
        if (deliver := running.deliver) is not None:
            for name, body in bid_documents(documents, seed):
                deliver(body, name)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
        out.print(f"{service} at {running.address}", markup=False)
        _watch(running.received, keep, seconds)
    except FaultError as error:
        raise typer.BadParameter(str(error), param_hint="--fault") from None
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    finally:
        running.stop()


def _watch(received: Callable[[], Sequence[bytes]], keep: Path | None, seconds: float | None) -> None:
    """Print what comes until the end."""
    ends = None if seconds is None else time.monotonic() + seconds

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    shown = 0
    with suppress(KeyboardInterrupt):
        while True:
            for number, body in enumerate(received()[shown:], start=shown + 1):
                out.print(f"{number}: {_named(body)}", markup=False)
                if keep is not None:
                    (keep / f"{number:05}.xml").write_bytes(body)
                shown = number
            if ends is not None and time.monotonic() >= ends:
                return
            time.sleep(0.1)


def _named(body: bytes) -> str:
    """What a body is, and what its schema says of it."""
    import esmp

    report = esmp.validate(body)
    kind = (
        "no known document"
        if report.identity is None
        else f"{report.identity.family} {report.identity.version}"
    )
    verdict = "valid" if report.valid else f"not valid: {report.findings[0].message}"
    return f"{len(body):,} bytes, {kind}, {verdict}"
