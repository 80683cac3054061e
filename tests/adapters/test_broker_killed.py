"""A broker that dies is named at /v1/channels and in the log within five seconds, and the others go on."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from contract_tests.brokers import Mosquitto, RabbitMq
from contract_tests.emulators.client import GatewayClient
from contract_tests.emulators.exchanges import ChannelOptions
from gateway.demo import gateway_process
from tests.adapters.services import started
from tests.patience import PATIENCE_S, eventually

WITHIN_S = 5.0
NORTH, SOUTH = "balancing", "local-market"  # over MQTT and AMQP 0-9-1


class Gateway:
    """A real gateway process with a channel to each broker."""

    def __init__(self, directory: Path, operator: GatewayClient) -> None:
        self.directory = directory
        self.operator = operator

    def channels(self) -> dict[str, dict[str, Any]]:
        return {channel["name"]: channel for channel in self.operator.get("/v1/channels")["channels"]}

    def states(self) -> dict[str, str]:
        return {name: channel["state"] for name, channel in self.channels().items()}

    def logged(self, channel: str) -> list[dict[str, Any]]:
        """Changes of a channel, as the log has them."""
        lines = (self.directory / "gateway.log").read_text("utf-8").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [
            entry
            for entry in entries
            if entry.get("event") == "channel changed" and entry.get("channel") == channel
        ]


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Mosquitto | RabbitMq]]:
    with ExitStack() as stack:
        yield {
            NORTH: stack.enter_context(started(Mosquitto(tmp_path_factory.mktemp("mosquitto")))),
            SOUTH: stack.enter_context(started(RabbitMq(tmp_path_factory.mktemp("rabbitmq")))),
        }


@pytest.fixture(scope="module")
def gateway(
    brokers: dict[str, Mosquitto | RabbitMq], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    directory = tmp_path_factory.mktemp("gateway")
    channels = {
        tenant: ChannelOptions(
            adapter, {"host": "127.0.0.1", "port": brokers[tenant].port, "reconnect_s": 0.2}
        )
        for tenant, adapter in ((NORTH, "mqtt"), (SOUTH, "amqp091"))
    }
    port = gateway_process.free_port()
    url = f"http://127.0.0.1:{port}"
    configuration, credentials = gateway_process.configure(
        directory, port, gateway_process.members(), channels
    )
    with gateway_process.GatewayProcess(configuration, url) as process:
        process.wait_until_ready()
        with GatewayClient(url, credentials[gateway_process.OPERATOR]) as operator:
            yield Gateway(directory, operator)


@pytest.mark.feature(id="F5")
@pytest.mark.services
@pytest.mark.slow
def test_a_killed_broker_is_named_while_the_other_goes_on(
    gateway: Gateway, brokers: dict[str, Mosquitto | RabbitMq]
) -> None:
    eventually(lambda: set(gateway.states().values()) == {"up"}, "both channels to be up")
    kill(brokers[NORTH])
    is_named(gateway, NORTH, other=SOUTH)
    brokers[NORTH].start()
    eventually(lambda: gateway.states()[NORTH] == "up", "the channel to be up again")
    assert gateway.channels()[NORTH]["last_error"], "what was wrong is still reported"
    kill(brokers[SOUTH])  # not started again: that takes a RabbitMQ a while
    is_named(gateway, SOUTH, other=NORTH)


def kill(broker: Mosquitto | RabbitMq) -> None:
    assert broker.process is not None
    os.killpg(broker.process.pid, signal.SIGKILL)
    broker.process.wait(PATIENCE_S)


def is_named(gateway: Gateway, killed: str, other: str) -> None:
    """At /v1/channels and in the log, in time."""
    eventually(lambda: gateway.states()[killed] == "down", f"{killed} to be down", WITHIN_S)
    channel = gateway.channels()[killed]
    assert channel["tenant"] == killed
    assert channel["last_error"]
    assert gateway.states()[other] == "up"
    came_up = [entry["state"] for entry in gateway.logged(killed)].index("up")
    line = gateway.logged(killed)[came_up + 1]
    assert line["state"] == "down"
    assert line["error"]
