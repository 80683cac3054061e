"""Real brokers: those that run on this machine, else started where the program is installed, else a skip."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def absent(reason: str) -> None:
    """Skip, or fail where services must be there."""
    if os.environ.get("FLEXGATE_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{reason}, and FLEXGATE_REQUIRE_SERVICES=1")
    pytest.skip(reason)


def needs_proton() -> None:
    """AMQP 1.0 comes with a library that is built on the spot: no compiler, no library."""
    if find_spec("proton") is None:
        absent("python-qpid-proton is not installed (extra ecp; needs gcc and OpenSSL headers)")


@contextmanager
def mosquitto(directory: Path) -> Iterator[int]:
    """The port of a Mosquitto broker."""
    if listens(1883):
        yield 1883
        return
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        absent("no MQTT broker on port 1883 and no mosquitto installed")
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    configuration = directory / "mosquitto.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    with subprocess.Popen(
        [program, "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        end = time.monotonic() + 20
        while not listens(port):
            assert time.monotonic() < end, "mosquitto does not start"
            time.sleep(0.05)
        yield port
        process.terminate()


@cache
def rabbitmq() -> int:
    """The port of a RabbitMQ broker with its guest account; one of our own lives as long as the tests."""
    if listens(5672):
        return 5672
    lasting = ExitStack()
    atexit.register(lasting.close)
    directory = lasting.enter_context(TemporaryDirectory())
    return lasting.enter_context(rabbitmq_with_amqp10(Path(directory)))


@contextmanager
def rabbitmq_with_amqp10(directory: Path) -> Iterator[int]:
    """The port of a RabbitMQ of our own whose AMQP 1.0 plug-in is on; an AMQP 1.0 peer that is not ours."""
    program = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    if not program.exists():
        absent("no rabbitmq-server installed")
    port, distribution, mapper = free_ports(3)
    (directory / "plugins").write_text("[rabbitmq_amqp1_0].")
    (directory / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
    environment = os.environ | {
        "HOME": str(directory),
        "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"test{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
        "RABBITMQ_LOG_BASE": str(directory / "log"),
        "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    with (directory / "out.log").open("wb") as log:
        process = subprocess.Popen([program], env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        end = time.monotonic() + 90
        while not listens(port):
            assert process.poll() is None, (directory / "out.log").read_text()
            assert time.monotonic() < end, "RabbitMQ does not start"
            time.sleep(0.2)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
        subprocess.run(["epmd", "-port", str(mapper), "-kill"], capture_output=True, check=False)


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
