"""Real brokers: those that run on this machine, else started where the program is installed, else a skip."""

import atexit
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest

from contract_tests.brokers import Mosquitto, NotInstalledError, RabbitMq, listens

B = TypeVar("B", Mosquitto, RabbitMq)


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
def started(broker: B) -> Iterator[B]:
    """A broker of our own, as long as the block lasts."""
    with ExitStack() as stack:
        try:
            stack.enter_context(broker)
        except NotInstalledError as error:
            absent(str(error))
        yield broker


@contextmanager
def mosquitto(directory: Path) -> Iterator[int]:
    """The port of a Mosquitto broker."""
    if listens(1883):
        yield 1883
        return
    with started(Mosquitto(directory)) as broker:
        yield broker.port


@cache
def rabbitmq() -> int:
    """The port of a RabbitMQ broker with its guest account; one of our own lives as long as the tests."""
    if listens(5672):
        return 5672
    lasting = ExitStack()
    atexit.register(lasting.close)
    directory = lasting.enter_context(TemporaryDirectory())
    return lasting.enter_context(started(RabbitMq(Path(directory)))).port
