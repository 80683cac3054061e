"""Brokers of the demo: the one that is named, else the one on this machine, else one of our own."""

import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from contract_tests.brokers import Mosquitto, NotInstalledError, RabbitMq, listens

MQTT_PORT: Final = 1883
AMQP_PORT: Final = 5672
_PATIENCE_S: Final = 3.0


class MissingError(Exception):
    """Something that a protocol needs is not there; the message states what would help."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `HOST:PORT`.

        Raises:
            ValueError: it is something else.
        """
        host, colon, port = text.rpartition(":")
        if not (host and colon and port.isdigit() and 0 < int(port) < 2**16):
            raise ValueError(f"{text!r} is not HOST:PORT")
        return cls(host, int(port))


class Brokers:
    """Found or started on request; what was started ends with the block.

    Args:
        directory: for brokers of our own.
        named: by protocol, `mqtt` or `amqp091`.
    """

    def __init__(self, directory: Path, named: dict[str, Address]) -> None:
        self._directory = directory
        self._known = dict(named)
        self._named = frozenset(named)
        self._own = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._own.close()

    def mqtt(self) -> Address:
        """An MQTT 5 broker.

        Raises:
            MissingError: there is none.
        """
        return self._found("mqtt", MQTT_PORT, Mosquitto, "mosquitto")

    def rabbitmq(self) -> Address:
        """A RabbitMQ with its guest account.

        Raises:
            MissingError: there is none.
        """
        return self._found("amqp091", AMQP_PORT, RabbitMq, "rabbitmq-server")

    def _found(
        self, protocol: str, port: int, own: type[Mosquitto] | type[RabbitMq], package: str
    ) -> Address:
        if protocol in self._named:
            _reach(protocol, self._known[protocol])
        elif protocol not in self._known:
            at = port if listens(port) else self._start(protocol, port, own, package)
            self._known[protocol] = Address("127.0.0.1", at)
        return self._known[protocol]

    def _start(self, protocol: str, port: int, own: type[Mosquitto] | type[RabbitMq], package: str) -> int:
        directory = self._directory / package
        directory.mkdir(parents=True)
        try:
            return self._own.enter_context(own(directory)).port
        except NotInstalledError as error:
            raise MissingError(
                f"{protocol} needs a broker: none on port {port} of this machine, and {package} is not"
                f" installed; apt-get install {package}, or name one with --{protocol} HOST:PORT;"
                " rest, folder, amqp10 and soap need none"
            ) from error


def _reach(protocol: str, address: Address) -> None:
    try:
        socket.create_connection((address.host, address.port), _PATIENCE_S).close()
    except OSError as error:
        raise MissingError(f"no {protocol} broker at {address.host}:{address.port}: {error}") from error
