"""The emulated services as commands use them: where they are, what came, what they send, what goes wrong."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contract_tests.emulators.mades import MadesEmulator
from contract_tests.emulators.pull_service import PullServiceEmulator
from contract_tests.emulators.webhook import WebhookEmulator
from contract_tests.sample_documents import Situation, sample, written
from esmp.codes import code_set
from esmp.document_edits import put
from esmp.profiles import Family, profile


class FaultError(ValueError):
    """No such fault, or no such value of it; the text names those that there are."""


@dataclass(frozen=True, slots=True)
class RunningService:
    """An emulated service.

    Attributes:
        address: where it is.
        faults: its faults, a dataclass.
        deliver: lets a document come from the partner behind it; None: it has none.
        received: bodies that came to it so far.
        stop: ends it.
    """

    address: str
    faults: Any
    deliver: Callable[[bytes, str], None] | None
    received: Callable[[], Sequence[bytes]]
    stop: Callable[[], None]


def _pull(port: int) -> RunningService:
    service = PullServiceEmulator(port=port)
    service.start()
    return RunningService(
        f"http://127.0.0.1:{service.port}",
        service.faults,
        service.offer,
        lambda: [each.body for each in service.posted],
        service.stop,
    )


def _mades(port: int) -> RunningService:
    service = MadesEmulator(port=port)
    service.start()
    return RunningService(
        f"http://127.0.0.1:{service.port}{service.path}",
        service.faults,
        lambda body, name: service.deliver(body, name, name),
        lambda: [each.body for each in service.sent],
        service.stop,
    )


def _ecp(port: int) -> RunningService:
    from contract_tests.brokers import free_ports  # noqa: PLC0415
    from contract_tests.emulators.endpoint import EndpointEmulator  # noqa: PLC0415  (an extra)

    service = EndpointEmulator(port or free_ports(1)[0])
    service.start()

    def deliver(body: bytes, name: str) -> None:
        properties = {"messageID": f"ecp-{name}", "baMessageID": name, "messageType": "TEST-BID"}
        service.deliver(body, properties, "application/xml")

    return RunningService(
        f"amqp://127.0.0.1:{service.port}",
        service.faults,
        deliver,
        lambda: [each.body for each in service.sent],
        service.stop,
    )


def _webhook(port: int) -> RunningService:
    service = WebhookEmulator(port=port)
    service.start()
    address = f"http://127.0.0.1:{service.port}"
    return RunningService(address, service.faults, None, lambda: list(service.received), service.stop)


SERVICES: Final[Mapping[str, Callable[[int], RunningService]]] = {
    "pull": _pull,
    "mades": _mades,
    "ecp": _ecp,
    "webhook": _webhook,
}
"""By the name of the command: starts it at a port, 0 is any free one.

Raises OSError or RuntimeError where it cannot listen, ModuleNotFoundError where its extra is not installed.
"""


def set_faults(faults: Any, wanted: Sequence[str]) -> None:
    """Switch faults on, each written as NAME=VALUE.

    Raises:
        FaultError: there is no such fault, or it has another kind of value.
    """
    kinds = {field.name: type(getattr(faults, field.name)) for field in fields(faults)}
    plain = {name: kind for name, kind in kinds.items() if kind in (bool, int, float)}
    for text in wanted:
        name, equals, value = text.partition("=")
        if name not in plain or not equals:
            known = ", ".join(f"{each}={kind.__name__}" for each, kind in plain.items())
            raise FaultError(f"{text!r} is none of {known}")
        try:
            setattr(faults, name, value == "true" if plain[name] is bool else plain[name](value))
        except ValueError:
            raise FaultError(f"{name} is a {plain[name].__name__}, not {value!r}") from None


def bid_documents(count: int, seed: int) -> list[tuple[str, bytes]]:
    """Documents of bids for tomorrow, quantities and prices by chance: the same for the same seed and day."""
    chance, newest = random.Random(seed), profile(Family.RESERVE_BID, "7.4")  # noqa: S311  (no secrets)
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    made = []
    for number in range(1, count + 1):
        name = f"TEST-{seed}-{number}"
        situation = Situation(
            name, start=start, end=start + timedelta(days=1), created=start - timedelta(days=1)
        )
        root = sample(newest, situation)
        point = "Bid_TimeSeries/Period/Point"
        put(root, newest, code_set(), f"{point}/quantity.quantity", str(chance.randint(1, 50)))
        put(root, newest, code_set(), f"{point}/energy_Price.amount", f"{chance.uniform(20, 120):.2f}")
        made.append((name, written(root)))
    return made
