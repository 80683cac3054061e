"""One gateway for all tests that leave it running and each other alone."""

import json
from collections.abc import Iterator

import pytest
from joserfc.jwk import ECKey

from tests.e2e.running import Running
from tests.e2e.world import MEMBERS

MACHINE = "north-by-key"


@pytest.fixture(scope="session")
def machine_key() -> ECKey:
    """The private key of a machine of tenant north."""
    return ECKey.generate_key("P-256", parameters={"kid": "one"})


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, machine_key: ECKey) -> Iterator[Running]:
    """It takes bodies of 105 MB, and handles small documents in processes of their own."""
    limits = "[limits]\nbody_bytes = 105000000\ndocument_processes = 2\n"
    gateway = Running(tmp_path_factory.mktemp("gateway"), MEMBERS, limits)
    keys = {"keys": [machine_key.as_dict(private=False)]}
    (gateway.directory / "machine.jwks.json").write_text(json.dumps(keys), "utf-8")
    with gateway.configuration.open("a", encoding="utf-8") as settings:
        settings.write(f'\n[clients.{MACHINE}]\ntenant = "north"\npublic_keys = "machine.jwks.json"\n')
    with gateway:
        yield gateway
    assert "Application shutdown complete" in gateway.log
    assert '"level": "error"' not in gateway.log
