"""A gateway on a laptop, with everything in it that a platform's first documents need; then it is gone."""

import json
import socket
import uuid
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from contract_tests.emulators.client import Credentials, GatewayClient, WaitedTooLongError
from contract_tests.profiles.exchange import tidied
from contract_tests.profiles.participant import Participant
from gateway.cli.first_configuration import PLATFORMS, write_first_settings
from gateway.cli.samples import Kind, sample, tomorrow
from gateway.demo.gateway_process import GatewayProcess

DAYS: Final = 3
"""Days from tomorrow on for which bids are collected."""
_NORTH, _SOUTH = PLATFORMS
_LIMIT: Final = 4 * 2**20


class PortInUseError(Exception):
    """Another process listens there; without this check it would be taken for the emulated gateway."""


def _free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortInUseError(f"port {port}: {error.strerror}; --port names another") from None


class EmulatedGateway:
    """A gateway in a directory of its own, with units, a grid model and gates; use it as a context.

    The gates of the next days collect the bids of both platforms. One more, `closing`, is for
    `platform-north` alone, so that it closes as soon as that platform has sent everything.

    Args:
        directory: an empty one.
        port: where it listens, on this machine only.
        channel: protocol of a channel of `platform-north`: folder, mqtt or amqp091.
        broker: HOST:PORT of that channel; else this machine's.

    Raises:
        PortInUseError: another process has the port.
        FirstSettingsError: the directory has something in it.
    """

    def __init__(
        self, directory: Path, port: int, channel: str | None = None, broker: str | None = None
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        _free(port)
        self._written = write_first_settings(directory, port)
        self._configure()
        self._channel = None if channel is None else self._with_channel(directory, channel, broker)
        self._closing = 0
        self._process = GatewayProcess(self._written.configuration, self.url)
        self.participant_file = directory / "participant.json"

    def __enter__(self) -> Self:
        """Wait until it is ready.

        Raises:
            GatewayFailedError: it did not start.
        """
        try:
            self._process.wait_until_ready()
            self._prepare()
        except BaseException:
            self._process.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.__exit__(exception_type, exception, traceback)
        if self._channel is not None and "://" in self._channel:
            with suppress(OSError, RuntimeError, ValueError, WaitedTooLongError), tidied(self._channel):
                pass  # what the gateway has made at the broker goes with it

    @property
    def credentials(self) -> Path:
        """The directory of credentials, one file for each machine."""
        return self._written.credentials

    def open_closing_gate(self) -> str:
        """One more gate for `platform-north` alone, of the next day that has none; its name."""
        now = datetime.now(UTC)
        day = tomorrow(now) + timedelta(days=DAYS + self._closing)
        self._closing += 1
        self._open(day, now, [_NORTH], f"closing-{day}")
        return f"closing-{day}"

    def runs(self) -> bool:
        """Whether its process is alive."""
        return self._process.alive

    def _configure(self) -> None:
        text = self._written.configuration.read_text("utf-8")
        changes = {
            "private_addresses = false": "private_addresses = true",
            "webhook_hosts = []": 'webhook_hosts = ["127.0.0.1"]',
            "body_bytes = 67108864 ": f"body_bytes = {_LIMIT}",
            # Handled sooner than a process for them would have started.
            "document_workers = 2": "document_workers = 2\ndocument_processes = 0",
        }
        for old, new in changes.items():
            text = text.replace(old, new)
        self._written.configuration.write_text(text, "utf-8")

    def _with_channel(self, directory: Path, channel: str, broker: str | None) -> str:
        """Add a channel to the configuration; its address, as the kit takes it."""
        # At a broker others may be served too.
        own = f"flexgate-{uuid.uuid4().hex[:8]}"
        host, _, named = (broker or "127.0.0.1").partition(":")
        if channel == "folder":
            folder = directory / "exchange"
            folder.mkdir()
            options, address = {"directory": str(folder), "stable_s": 0.0, "poll_s": 0.1}, str(folder)
        elif channel == "mqtt":
            options = {"host": host, "port": int(named or 1883), "prefix": own, "client_id": own}
            address = f"mqtt://{host}:{named or 1883}/{own}/{_NORTH}"
        else:
            options = {"host": host, "port": int(named or 5672), "queues": own}
            address = f"amqp://{host}:{named or 5672}/{own}"
        lines = [f'[channels.north]\nadapter = "{channel}"\ntenant = "{_NORTH}"', "[channels.north.options]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in options.items()]
        with self._written.configuration.open("a", encoding="utf-8") as configuration:
            configuration.write("\n".join(lines) + "\n")
        return address

    def _prepare(self) -> None:
        now = datetime.now(UTC)
        first = tomorrow(now)
        self._put("tso", "PUT", "/v1/resources", sample(Kind.RESOURCES, first, now))
        for number in range(DAYS):
            self._open(first + timedelta(days=number), now, [_NORTH, _SOUTH], None)
        delivery = json.loads(sample(Kind.GATE, first, now))["delivery"]
        north, south = (self._proof(name) for name in (_NORTH, _SOUTH))
        participant = Participant(
            target=self.url,
            client_id=north.client_id,
            client_secret=north.client_secret,
            party=PLATFORMS[_NORTH],
            other_id=south.client_id,
            other_secret=south.client_secret,
            other_party=PLATFORMS[_SOUTH],
            start=delivery["start"],
            end=delivery["end"],
            channel=self._channel,
            acknowledged_in="8.1",
            closing_gate=self.open_closing_gate(),
            effects=True,
        )
        _write(self.participant_file, participant)
        for role, other in (("dso", "dso-west"), ("tso", _NORTH)):
            mine, theirs = self._proof("dso-east" if role == "dso" else role), self._proof(other)
            operator = Participant(
                target=self.url,
                client_id=mine.client_id,
                client_secret=mine.client_secret,
                other_id=theirs.client_id,
                other_secret=theirs.client_secret,
                effects=True,
            )
            _write(self.participant_file.with_name(f"participant-{role}.json"), operator)

    def _open(self, day: date, now: datetime, platforms: list[str], name: str | None) -> None:
        gate = json.loads(sample(Kind.GATE, day, now, platforms=platforms))
        if name is not None:
            gate["gate_id"] = name
        self._put("operator", "POST", "/v1/gates", json.dumps(gate))
        model = json.loads(sample(Kind.MODEL, day, now))
        self._put("dso-east", "PUT", f"/v1/grids/{model['grid']}/models", json.dumps(model))

    def _put(self, name: str, method: str, path: str, body: str) -> None:
        with GatewayClient(self.url, self._proof(name)) as client:
            client.request(method, path, content=body.encode(), headers={"Content-Type": "application/json"})

    def _proof(self, name: str) -> Credentials:
        known = json.loads((self._written.credentials / f"{name}.json").read_text("utf-8"))
        return Credentials(known["client_id"], known["client_secret"])


def _write(file: Path, participant: Participant) -> None:
    """Write it so that nobody else can read its secret."""
    file.touch(0o600)
    file.write_text(json.dumps(asdict(participant), indent=1) + "\n", "utf-8")
