"""The protocols a platform of the demo may use, and what each needs."""

import importlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from contract_tests.brokers import free_ports
from contract_tests.emulators.exchanges import ChannelOptions, Exchange
from gateway.demo.brokers import Brokers, MissingError
from gateway.demo.platforms import MOST, PLATFORMS, Platform, platforms
from gateway.extras import how_to_install

REST: Final = "rest"


class ChannelExchange(Exchange, Protocol):
    """A way to the gateway by a channel of its configuration."""

    def channel(self) -> ChannelOptions:
        """The gateway's channel."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an exchange finds.

    Attributes:
        directory: for its files.
        base_url: of the gateway.
        run: a name of its own for what is made at brokers.
    """

    directory: Path
    base_url: str
    brokers: Brokers
    run: str = field(default_factory=lambda: uuid.uuid4().hex)


Opening = Callable[[Surroundings, Platform], AbstractContextManager[ChannelExchange]]


# Each imports what it needs itself: the packages of a protocol that is not named are not needed.


@contextmanager
def _folder(around: Surroundings, platform: Platform) -> Iterator[ChannelExchange]:
    from contract_tests.emulators.exchanges.folder import FolderExchange  # noqa: PLC0415

    yield FolderExchange(_made(around, platform, "exchange"))


@contextmanager
def _mqtt(around: Surroundings, platform: Platform) -> Iterator[ChannelExchange]:
    from contract_tests.emulators.exchanges.mqtt import MqttExchange  # noqa: PLC0415

    at, prefix = around.brokers.mqtt(), f"flexgate-demo/{around.run}"
    with MqttExchange(at.host, at.port, prefix, platform.tenant).connected() as exchange:
        yield exchange


@contextmanager
def _amqp091(around: Surroundings, platform: Platform) -> Iterator[ChannelExchange]:
    from contract_tests.emulators.exchanges.amqp091 import RabbitExchange  # noqa: PLC0415

    at, queues = around.brokers.rabbitmq(), f"flexgate-demo.{around.run}.{platform.tenant}"
    with RabbitExchange(at.host, at.port, queues).connected() as exchange:
        yield exchange


@contextmanager
def _amqp10(_: Surroundings, platform: Platform) -> Iterator[ChannelExchange]:
    from contract_tests.emulators.exchanges.endpoint import EndpointExchange  # noqa: PLC0415

    (port,) = free_ports(1)
    with EndpointExchange(port, platform.eic).connected() as exchange:
        yield exchange


@contextmanager
def _soap(around: Surroundings, platform: Platform) -> Iterator[ChannelExchange]:
    from contract_tests.emulators.exchanges.soap504 import Soap504Exchange  # noqa: PLC0415

    url = f"{around.base_url}/soap/iec62325-504/{platform.tenant}"
    with Soap504Exchange(url, _made(around, platform, "certificates")).connected() as exchange:
        yield exchange


_OPENINGS: Final[Mapping[str, Opening]] = {
    "folder": _folder,
    "mqtt": _mqtt,
    "amqp091": _amqp091,
    "amqp10": _amqp10,
    "soap": _soap,
}
_EXTRAS: Final = {"mqtt": "brokers", "amqp091": "brokers", "amqp10": "ecp", "soap": "soap"}
_MODULES: Final = {"mqtt": "mqtt", "amqp091": "amqp091", "amqp10": "endpoint", "soap": "soap504"}
"""Module of the emulator of each protocol that needs an extra."""
NAMES: Final = (REST, *_OPENINGS)
"""Every protocol by the name it has on the command line."""

MEANING: Final[Mapping[str, str]] = {
    REST: "REST",
    "folder": "a shared folder",
    "mqtt": "MQTT 5",
    "amqp091": "AMQP 0-9-1",
    "amqp10": "AMQP 1.0 (emulated ECP endpoint)",
    "soap": "IEC 62325-504 web services",
}


OVER_REST: Final[Mapping[Platform, str]] = dict.fromkeys(PLATFORMS, REST)
"""The platforms of every day, both over REST."""


def assigned(names: Sequence[str]) -> Mapping[Platform, str]:
    """Which platform of the day uses which protocol: each its own, one or two named are for two platforms.

    Raises:
        ValueError: an unknown protocol, or too many.
    """
    if unknown := set(names) - set(NAMES):
        raise ValueError(f"no protocol {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if not 1 <= len(names) <= MOST:
        raise ValueError(f"name one to {MOST} protocols")
    taking_part = platforms(max(len(names), len(PLATFORMS)))
    return {platform: names[number % len(names)] for number, platform in enumerate(taking_part)}


def check_installed(names: Iterable[str]) -> None:
    """See that the packages of these protocols are there.

    Raises:
        MissingError: names all that are not, and one command that installs them.
    """
    missing: dict[str, str] = {}
    for name in sorted(set(names) & set(_MODULES)):
        try:
            importlib.import_module(f"contract_tests.emulators.exchanges.{_MODULES[name]}")
        except ModuleNotFoundError as error:
            missing[name] = str(error.name)
    if missing:
        extras = {_EXTRAS[name] for name in missing}
        others = ", ".join(known for known in NAMES if _EXTRAS.get(known) not in extras)
        needs = "\n".join(
            f"{name} needs {package}, which is not installed" for name, package in missing.items()
        )
        raise MissingError(f"{needs}\n{how_to_install(extras)}\nwithout it there are {others}")


@contextmanager
def opened(name: str, around: Surroundings, platform: Platform) -> Iterator[ChannelExchange]:
    """The way of a platform by a protocol other than REST, as long as the block lasts.

    Raises:
        MissingError: a broker is not there, or cannot be used.
    """
    with ExitStack() as stack:
        try:
            exchange = stack.enter_context(_OPENINGS[name](around, platform))
        except (OSError, RuntimeError) as error:
            raise MissingError(f"{name} cannot be used: {error}") from error
        yield exchange


def _made(around: Surroundings, platform: Platform, name: str) -> Path:
    directory = around.directory / name / platform.tenant
    directory.mkdir(parents=True)
    return directory
