"""Set up a gateway, run it, see it run."""

import errno
import gc
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.screen import FAILED, err, fail, out

ConfigFile = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="FLEXGATE_CONFIG",
        help="The configuration, as `flexgate init` writes it.",
        show_default=True,
    ),
]
CONFIG = Path("flexgate.toml")


def serve(config: ConfigFile = CONFIG) -> None:
    """Run the gateway until it is stopped (Ctrl-C or SIGTERM).

    It stores everything below the data directory, or its records in the database of [store] url, and resumes
    after a stop, however sudden, what it had confirmed and not finished.
    """
    from structlog import get_logger

    from adapters.kit.http.server import server_of
    from adapters.kit.options import MissingExtraError
    from esmp.schema_sets import SchemaSetRefused
    from gateway.app import build_app
    from gateway.formats import FormatsRefused
    from gateway.logs import configure_logs
    from gateway.ports import StoreUnavailableError
    from gateway.records.engine.port import StoreInUseError
    from gateway.records.engine.sqlite.connections import TooFewFilesError, raise_file_limit
    from gateway.records.engine.store import OtherVersionError
    from gateway.security.keys import SigningKeyFileError
    from gateway.security.private_files import ExposedFilesError, refuse_exposed
    from gateway.settings import SettingsError, read_settings

    configure_logs()
    try:
        settings = read_settings(config)
    except SettingsError as error:
        begin = "" if config.exists() else f"\n`flexgate init {config.parent}` writes a first configuration"
        fail(f"{error}{begin}")
    listening = _bound(
        settings.host, settings.port
    )  # before anything runs: a start that fails changes nothing
    try:
        os.umask(0o077)  # its files are readable by its own user only
        raise_file_limit()
        refuse_exposed(settings.data)
        app = build_app(settings)
    except (
        SigningKeyFileError,
        ExposedFilesError,
        FormatsRefused,
        StoreInUseError,
        SchemaSetRefused,
        MissingExtraError,
        TooFewFilesError,
        OtherVersionError,
    ) as error:
        fail(str(error))
    except StoreUnavailableError as error:
        fail(f"{settings.store}: {error}")
    except OSError as error:
        fail(f"{error.filename or settings.data}: {error.strerror}")
    gc.freeze()  # what stays for good is not looked through again and again: each time stopped all for 0.1 s
    url = settings.public_url
    err.print(f"flexgate listens at {settings.host}:{settings.port} for {url}", markup=False)
    server = server_of(app, settings.limits.of_connections)
    get_logger(__name__).info(
        "gateway starts", host=settings.host, port=settings.port, public_url=settings.public_url
    )
    get_logger(__name__).info("retention periods in force", unit="days", **settings.retention)
    with suppress(KeyboardInterrupt):
        server.run(sockets=listening)
    if not server.started:
        raise typer.Exit(FAILED)


def _bound(host: str, port: int) -> list[socket.socket]:
    """A socket for every address of the host, bound, not yet listening; exits with a message without one."""
    sockets = []
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            opened = socket.socket(family, kind, protocol)
            sockets.append(opened)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            opened.bind(address)
    except OSError as error:
        why = {
            errno.EADDRINUSE: "another process listens on this address, perhaps another gateway; "
            "end it, or change gateway.port, gateway.public_url and token_url in the credentials "
            "(a new `flexgate init DIRECTORY --port PORT` writes all three)",
            errno.EACCES: "this user may not listen on this port; ports from 1024 on need no special right",
        }
        fail(f"{host}:{port}: {why.get(error.errno or 0, error.strerror)}")
    return sockets


def init(
    directory: Annotated[Path, typer.Argument(help="A new directory for configuration, secrets and data.")],
    port: Annotated[
        int, typer.Option(min=1, max=65535, envvar="FLEXGATE_PORT", help="Where the gateway will listen.")
    ] = 8480,
) -> None:
    """Write a first configuration that works: two platforms, two DSOs, a TSO and an operator.

    Every organisation gets a machine with a random secret, each in a file of its own, to be handed over and
    deleted. Edit the configuration to name the real participants.
    """
    from gateway.cli.first_configuration import FirstSettingsError, write_first_settings

    try:
        written = write_first_settings(directory, port)
    except FirstSettingsError as error:
        fail(str(error))
    out.print(f"Configuration: {written.configuration}")
    out.print(f"Secrets:       {written.credentials} (one file per machine; hand over, then delete)")
    out.print(f"\nStart it:      flexgate serve --config {written.configuration}")


def secret() -> None:
    """Make a random secret for a machine, and the hash that goes into the configuration."""
    from gateway.security.clients import hash_secret, new_secret

    made = new_secret()
    out.print(f"secret (for the machine, not stored): {made}")
    out.print(f'secret_hash = "{hash_secret(made)}"')


def demo(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as one JSON object only.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Directory for a report in HTML.", file_okay=False)
    ] = None,
    keep: Annotated[bool, typer.Option(help="Keep the gateway's directory and print its path.")] = False,
    seed: Annotated[int | None, typer.Option(help="Another number produces another day.")] = None,
    protocols: Annotated[
        str,
        typer.Option(help="One for each platform: rest, folder, mqtt, amqp091, amqp10, soap; with commas."),
    ] = "rest",
    mqtt: Annotated[
        str | None, typer.Option(help="MQTT 5 broker, HOST:PORT; else this machine's, or one is started.")
    ] = None,
    amqp091: Annotated[
        str | None, typer.Option(help="RabbitMQ, HOST:PORT; else this machine's, or one is started.")
    ] = None,
) -> None:
    """Play one day: platforms, two DSOs, a TSO and a real gateway, in about half a minute.

    With --protocols the platforms use them, and the same day over REST must end the same.
    """
    from gateway.demo.brokers import Address
    from gateway.demo.protocols import assigned
    from gateway.demo.run import DEFAULT_SEED, run_demo

    named = {"mqtt": mqtt, "amqp091": amqp091}
    try:
        protocol_of = assigned([name.strip() for name in protocols.split(",")])
        brokers = {name: Address.parse(text) for name, text in named.items() if text is not None}
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    chosen = DEFAULT_SEED if seed is None else seed
    raise typer.Exit(
        run_demo(
            as_json=as_json, report=report, keep=keep, seed=chosen, protocols=protocol_of, brokers=brokers
        )
    )
