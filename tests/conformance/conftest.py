"""One emulated gateway for all tests of the kit that try it."""

from collections.abc import Iterator

import pytest

from gateway.cli.emulated_gateway import EmulatedGateway
from gateway.demo.gateway_process import free_port


@pytest.fixture(scope="session")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedGateway]:
    """It has REST and a shared folder."""
    directory = tmp_path_factory.mktemp("emulated") / "gateway"
    with EmulatedGateway(directory, free_port(), "folder") as gateway:
        yield gateway
