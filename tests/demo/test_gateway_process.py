"""The demo's gateway: a configuration that holds, secrets that stay, a process that says why it failed."""

from pathlib import Path

import pytest

from contract_tests.emulators.exchanges import ChannelOptions
from gateway.demo import gateway_process
from gateway.demo.eic import eic
from gateway.demo.platforms import PLATFORMS
from gateway.domain.party import is_eic
from gateway.domain.role import TenantRole
from gateway.security.clients import secret_matches
from gateway.settings import read_settings


def test_the_configuration_holds(tmp_path: Path) -> None:
    file, credentials = gateway_process.configure(tmp_path, 18480, gateway_process.members())
    settings = read_settings(file)
    assert settings.port == 18480
    roles = [role for tenant in settings.tenants.values() for role in tenant.role_names]
    assert [roles.count(role) for role in TenantRole] == [2, 2, 1, 0, 0, 1, 0, 0]
    for platform in PLATFORMS:
        assert settings.tenants[platform.tenant].parties[0].code == platform.eic
    for tenant, known in credentials.items():
        client = settings.clients.get(known.client_id)
        assert client.tenant.tenant_id == tenant
        assert client.secret_hash is not None
        assert secret_matches(known.client_secret, client.secret_hash)
        assert known.client_secret not in file.read_text("utf-8")


def test_a_channel_is_configured_as_its_exchange_says(tmp_path: Path) -> None:
    options = {"host": "broker", "port": 1883, "prefix": 'a "quoted" one', "reconnect_s": 0.5}
    types = {"Acknowledgement": "TEST-ACK"}
    channels = {
        "balancing": ChannelOptions("mqtt", options),
        "local-market": ChannelOptions("amqp10", {"host": "h", "receiver": "R", "message_types": types}),
    }
    file, _ = gateway_process.configure(tmp_path, 18480, gateway_process.members(), channels)
    settings = read_settings(file)
    by_name = {setting.name: setting for setting in settings.channels}
    assert {name: setting.table.tenant for name, setting in by_name.items()} == {
        "balancing": "balancing",
        "local-market": "local-market",
    }
    assert {name: by_name["balancing"].table.options[name] for name in options} == options
    assert by_name["local-market"].table.options["message_types"] == types


def test_two_configurations_have_different_secrets(tmp_path: Path) -> None:
    _, one = gateway_process.configure(tmp_path / "one", 18480, gateway_process.members())
    _, other = gateway_process.configure(tmp_path / "other", 18480, gateway_process.members())
    secrets = {known.client_secret for known in (*one.values(), *other.values())}
    assert len(secrets) == len(one) + len(other)


def test_a_gateway_that_cannot_start_says_why(tmp_path: Path) -> None:
    file, _ = gateway_process.configure(tmp_path, 18480, gateway_process.members())
    file.write_text(file.read_text("utf-8").replace("party_role", "party_rule", 1), "utf-8")
    with (
        gateway_process.GatewayProcess(file, "http://127.0.0.1:9") as gateway,
        pytest.raises(gateway_process.GatewayFailedError, match="party_rule"),
    ):
        gateway.wait_until_ready()


def test_errors_in_the_log_are_found(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    log.write_text('{"level": "info"}\n{"level": "error"}\nException in thread sweeper:\n', "utf-8")
    assert gateway_process.errors_in(log) == ['{"level": "error"}', "Exception in thread sweeper:"]


@pytest.mark.parametrize("text", ["10XTEST-TSO", "11XTEST-PLAT-A", "10YTEST-AREA", "11XTEST-BSP-01"])
def test_invented_codes_are_well_formed(text: str) -> None:
    code = eic(text)
    assert is_eic(code)
    assert code.startswith(text)
