"""Real brokers of our own, below a directory and on free ports: they can be stopped and started again.

They store their data below the directory.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from getpass import getuser
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_ERLANG_PROGRAMS: Final = Path("/usr/lib/rabbitmq/bin")
_SYSTEM_PROGRAMS: Final = "/usr/sbin"
_STOP_PATIENCE_S: Final = 60.0


class NotInstalledError(Exception):
    """There is no such broker on this machine."""


def listens(port: int) -> bool:
    """Whether a process listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Ports of this machine that are not in use now."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@dataclass
class _Broker(ABC):
    """A process that listens.

    Attributes:
        settings: lines that follow in its configuration, e.g. of a listener with TLS.
    """

    directory: Path
    settings: str = ""
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @abstractmethod
    def start(self) -> None:
        """Return once it listens.

        Raises:
            NotInstalledError: see there.
            RuntimeError: it ended, or does not listen; the text is what it wrote.
        """

    def stop(self) -> None:
        """Request it to end, and wait for that.

        The request is repeated: mosquitto listens before its main loop runs, and forgets one that comes
        between the two.

        Raises:
            RuntimeError: it does not end within a minute, and was killed.
        """
        process, self.process = self.process, None
        if process is None:
            return
        end = time.monotonic() + _STOP_PATIENCE_S
        while process.poll() is None and time.monotonic() < end:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise RuntimeError(f"{process.args!r} did not end when it was requested")

    def restart(self, away_s: float = 0.0) -> None:
        """Let it be away for a while."""
        self.stop()
        time.sleep(away_s)
        self.start()

    def _run(self, program: Path, *arguments: str, environment: dict[str, str], patience_s: float) -> None:
        output = self.directory / "output"
        with output.open("ab") as log:
            process = subprocess.Popen(
                [str(program), *arguments],
                env=os.environ | environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.process = process
        end = time.monotonic() + patience_s
        while not listens(self.port):
            if process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(f"{program.name} does not start: {output.read_text()}")
            time.sleep(0.05)


class Mosquitto(_Broker):
    """An MQTT broker. It writes its data when it is stopped."""

    def start(self) -> None:
        """See `_Broker.start`."""
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path=_SYSTEM_PROGRAMS)
        if program is None:
            raise NotInstalledError("mosquitto is not installed")
        configuration = self.directory / "mosquitto.conf"
        configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            # Started by root it would become a user that may not write to the directory.
            f"user {getuser()}\npersistence true\npersistence_location {self.directory}/\n{self.settings}"
        )
        self._run(Path(program), "-c", str(configuration), environment={}, patience_s=120)


@dataclass
class RabbitMq(_Broker):
    """A RabbitMQ node with its guest account, whose AMQP 1.0 plug-in is on.

    The plug-in listens on the same port: an AMQP 1.0 peer that is not ours.
    """

    distribution: int = field(default_factory=lambda: free_ports(1)[0])
    mapper: int = field(default_factory=lambda: free_ports(1)[0])

    def start(self) -> None:
        """See `_Broker.start`."""
        program = _ERLANG_PROGRAMS / "rabbitmq-server"
        if not program.exists():
            raise NotInstalledError("rabbitmq-server is not installed")
        (self.directory / "plugins").write_text("[rabbitmq_amqp1_0].")
        (self.directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n{self.settings}"
        )
        self._run(program, environment=self._environment, patience_s=120)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        mapper = ["epmd", "-port", str(self.mapper), "-kill"]
        subprocess.run(mapper, env=os.environ | self._environment, capture_output=True, check=False)

    def evaluate(self, expression: str) -> str:
        """The value of an Erlang expression at the node.

        Raises:
            subprocess.CalledProcessError: nothing.
        """
        command = [str(_ERLANG_PROGRAMS / "rabbitmqctl"), "eval", expression]
        environment = os.environ | self._environment
        return subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.directory),
            "ERL_EPMD_PORT": str(self.mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "RABBITMQ_MNESIA_BASE": str(self.directory / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.directory / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
