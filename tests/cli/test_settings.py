"""The configuration: every fault with its place, and never a secret repeated."""

from pathlib import Path

import pytest

from gateway.cli.first_configuration import write_first_settings
from gateway.domain.document import DocumentKind
from gateway.domain.role import TenantRole, held
from gateway.security.clients import hash_secret
from gateway.settings import SettingsError, read_settings

HASHED = hash_secret("open sesame")
SMALL = f"""
[gateway]
party = {{ code = "11XTEST-GATE---C" }}

[tenants.north]
role = "platform"
name = "North"
parties = [{{ code = "11XTEST-NORTH--J" }}]
codes = "v94"
versions = {{ BidAvailability = "1.1" }}

[clients.north]
tenant = "north"
secret_hash = "{HASHED}"
"""


def written(directory: Path, text: str) -> Path:
    file = directory / "flexgate.toml"
    file.write_text(text, "utf-8")
    return file


def test_what_is_stated_and_what_is_left_to_us(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, SMALL))
    north = settings.tenants["north"]
    assert north.roles == held(TenantRole.PLATFORM)
    assert north.versions == {DocumentKind.BID_AVAILABILITY: "1.1"}
    assert settings.public_url == "http://127.0.0.1:8480"
    assert settings.data == tmp_path / "data"
    assert settings.schemas == tmp_path / "data" / "schemas"
    assert settings.clients.get("north").tenant == north


def test_the_first_configuration_can_be_read(tmp_path: Path) -> None:
    settings = read_settings(write_first_settings(tmp_path / "new", 8999).configuration)
    roles = [role for tenant in settings.tenants.values() for role in tenant.role_names]
    assert [roles.count(role) for role in TenantRole] == [2, 2, 1, 0, 0, 1, 0, 0]
    assert settings.public_url == "http://127.0.0.1:8999"


def test_faults_of_content_come_all_at_once(tmp_path: Path) -> None:
    text = (
        SMALL.replace("11XTEST-GATE---C", "11XTEST-GATE---D")
        + """
[tenants.south]
role = "platform"
name = "South"
parties = [{ code = "11XTEST-NORTH--J" }]
versions = { Postcard = "1.0" }

[clients.south]
tenant = "nobody"

[channels.a]
adapter = "pigeon"
tenant = "north"
"""
    )
    with pytest.raises(SettingsError) as raised:
        read_settings(written(tmp_path, text))
    assert [fault.split(":")[0] for fault in raised.value.faults] == [
        "gateway.party.code",
        "tenants.south.versions.Postcard",
        "tenants.south.parties.0.code",
        "clients.south.tenant",
        "channels.a.adapter",
    ]
    assert "with the right check character it is '11XTEST-GATE---C'" in raised.value.faults[0]
    assert "is that of tenant north" in raised.value.faults[2]


@pytest.mark.parametrize("code", ["SHORT", "11xtest-gate---c"])
def test_a_code_that_is_no_eic_needs_its_scheme(tmp_path: Path, code: str) -> None:
    with pytest.raises(SettingsError, match=r"gateway\.party\.code.*needs `scheme`"):
        read_settings(written(tmp_path, SMALL.replace("11XTEST-GATE---C", code)))
    own = SMALL.replace('{ code = "11XTEST-GATE---C" }', f'{{ code = "{code}", scheme = "NDE" }}')
    assert read_settings(written(tmp_path, own)).party.party.code == code


def test_a_tenant_is_not_the_gateway_itself(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="that of the gateway itself"):
        read_settings(written(tmp_path, SMALL.replace("11XTEST-NORTH--J", "11XTEST-GATE---C")))


def test_what_a_tenant_is_forgiven_and_where_further_schemas_lie(tmp_path: Path) -> None:
    text = SMALL.replace('codes = "v94"', 'tolerances = ["nbm-inclusive-after-divisible"]')
    text = text.replace("[gateway]", '[gateway]\nschemas = "../shared sets"')
    settings = read_settings(written(tmp_path, text))
    assert settings.tenants["north"].tolerances == ("nbm-inclusive-after-divisible",)
    assert settings.tenants["north"].codes is None
    assert settings.schemas == tmp_path / "../shared sets"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("party = {", "partie = {", "gateway.partie"),
        ('name = "North"', "name = 5", "tenants.north.name"),
        ('role = "platform"', 'role = "king"', "tenants.north.role"),
        ("[tenants.north]", "[tenants.North_]", "tenants.North_"),
        ("[tenants.north]", "[tenants._shared]", "tenants._shared"),
        ('codes = "v94"', 'codes = "v1"', "tenants.north.codes"),
        ('codes = "v94"', 'tolerances = ["all"]', "tenants.north.tolerances"),
        ('codes = "v94"', 'tolerances = "all"', "tenants.north.tolerances"),
        ('"1.1"', '"9.9"', "tenants.north.versions.BidAvailability"),
        ("BidAvailability", "Postcard", "tenants.north.versions.Postcard"),
        ('tenant = "north"', 'tenant = "south"', "clients.north.tenant"),
        pytest.param(HASHED, "open sesame", "clients.north", id="a secret that is no hash"),
        ("secret_hash", "public_keys", "clients.north.public_keys"),
        ("secret_hash", "secret", "clients.north.secret"),
        ("party = {", "port = 0\nparty = {", "gateway.port"),
        ("party = {", 'port = "8480"\nparty = {', "gateway.port"),
        ("party = {", 'public_url = "gateway.test/a"\nparty = {', "gateway.public_url"),
        ("[tenants.north]", "[limits]\nbody_bytes = 1\n[tenants.north]", "limits.body_bytes"),
        ("[tenants.north]", "[tokens]\nlifetime_s = 90000\n[tenants.north]", "tokens.lifetime_s"),
        ("[clients.north]", "[clients.north", "not TOML"),
    ],
)
def test_a_fault_has_its_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert old in SMALL
    file = written(tmp_path, SMALL.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert any(fault.startswith(place) for fault in caught.value.faults), caught.value.faults
    assert "open sesame" not in str(caught.value)


def test_all_faults_at_once(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL.replace('"platform"', "7").replace('name = "North"', "title = 1"))
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert len(caught.value.faults) == 3


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_settings(tmp_path / "none.toml")


def test_nothing_of_a_settings_value_shows_a_secret(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, SMALL))
    assert HASHED not in repr(settings) + repr(settings.clients.get("north"))


def test_grid_operators_of_a_first_configuration_can_be_named_as_who_limits(tmp_path: Path) -> None:
    settings = read_settings(write_first_settings(tmp_path / "gate", 8480).configuration)
    operators = [each for each in settings.tenants.values() if each.is_a(TenantRole.DSO)]
    assert len({each.parties[0] for each in operators}) == len(operators) == 2
