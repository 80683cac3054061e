"""Real brokers: those that run on this machine, else started where the program is installed, else a skip."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def absent(reason: str) -> None:
    """Skip, or fail where services must be there."""
    if os.environ.get("FLEXGATE_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{reason}, and FLEXGATE_REQUIRE_SERVICES=1")
    pytest.skip(reason)


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


def rabbitmq() -> int:
    """The port of a RabbitMQ broker with its guest account."""
    if not listens(5672):
        absent("no RabbitMQ on port 5672")
    return 5672
