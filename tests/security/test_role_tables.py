"""Roles in a configuration: every fault with its place, before anything starts."""

from pathlib import Path

import pytest

from gateway.domain.role import HeldRole, TenantRole
from gateway.security.permissions import PERMISSIONS
from gateway.security.role_tables import KNOWN
from gateway.settings import Settings, SettingsError, read_settings

HEAD = """
[gateway]
party = { code = "11XTEST-GATE---C" }
[tenants.north]
role = "platform"
name = "North"
parties = [{ code = "11XTEST-NORTH--J" }]
[clients]
"""
ROLES = "platform, dso, tso, provider, meter-operator, operator, auditor, integrator"
OF_DESKS = [one.key for one, permission in PERMISSIONS.items() if TenantRole.OPERATOR in permission.roles]
OF_INTEGRATORS = [
    one.key for one, permission in PERMISSIONS.items() if TenantRole.INTEGRATOR in permission.roles
]


def read(directory: Path, text: str) -> Settings:
    file = directory / "flexgate.toml"
    file.write_text(HEAD + text, "utf-8")
    return read_settings(file)


def faults(directory: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(directory, text)
    return list(caught.value.faults)


def words(keys: list[str]) -> str:
    return "[" + ", ".join(f'"{key}"' for key in keys) + "]"


def tenant(*roles: str, name: str = "desk") -> str:
    return f'\n[tenants.{name}]\nname = "Desk"\nrole = {words(list(roles))}\n'


DESK = '[roles.desk-of-local]\nlike = ["operator"]\nmarkets = ["local"]\nwithout = ["create-gate"]\n'


def test_a_role_is_what_is_written(tmp_path: Path) -> None:
    settings = read(tmp_path, DESK + tenant("desk-of-local"))
    role = HeldRole(
        "desk-of-local",
        frozenset({TenantRole.OPERATOR}),
        frozenset({"local"}),
        frozenset({"create-gate"}),
    )
    assert settings.roles == {**KNOWN, "desk-of-local": role}
    desk = settings.tenants["desk"]
    assert desk.roles == (role,)
    assert desk.is_in("local", TenantRole.OPERATOR)
    assert not desk.is_in("other", TenantRole.OPERATOR)


def test_one_role_may_be_written_without_a_list(tmp_path: Path) -> None:
    settings = read(tmp_path, DESK + tenant("desk-of-local").replace('["desk-of-local"]', '"desk-of-local"'))
    assert settings.tenants["desk"].role_names == ("desk-of-local",)


def test_several_roles(tmp_path: Path) -> None:
    settings = read(tmp_path, tenant("dso", "provider"))
    assert settings.tenants["desk"].like == {TenantRole.DSO, TenantRole.PROVIDER}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            'like = ["king"]',
            [f"roles.x.like: no role 'king'; there are {ROLES}"],
        ),
        ("like = []", ["roles.x.like: a role has rights only by the roles that it is like; name one"]),
        (
            'like = ["operator", "auditor"]',
            ["roles.x.like: 'auditor' oversees others, so a role is like it alone"],
        ),
        (
            'like = ["platform", "operator"]',
            ["roles.x.like: 'operator' oversees others, so a role is like it alone"],
        ),
        (
            'like = ["operator"]\nmarkets = []',
            ["roles.x.markets: none, so that it counts nowhere; left out, it counts in any"],
        ),
        (
            'like = ["operator"]\nwithout = ["create-gates"]',
            ["roles.x.without: no operation 'create-gates'; is it create-gate or read-gate or cancel-gate?"],
        ),
        ('like = ["operator"]\nwithout = ["xyzzy"]', ["roles.x.without: no operation 'xyzzy'"]),
        (
            'like = ["provider"]\nwithout = ["read-outbox"]',
            ["roles.x.without: set-webhook too; what it may not read would be pushed to it"],
        ),
        (
            'like = ["auditor"]\nwithout = ["create-gate"]',
            ["roles.x.without: create-gate is not permitted to it anyway"],
        ),
        (
            'like = ["operator"]\nmarkets = ["local"]\nwithout = ["read-channels"]',
            ["roles.x.without: read-channels is not permitted to it anyway"],
        ),
        (
            f'like = ["integrator"]\nwithout = {words(OF_INTEGRATORS)}',
            ["roles.x: a role without rights: everything that it is permitted is withheld"],
        ),
        (
            'like = ["integrator"]\nmarkets = ["local"]',
            ["roles.x.markets: a role without rights: in gates of a market integrator does nothing"],
        ),
        (
            'like = ["king"]\nmarkets = []\nwithout = ["xyzzy"]',
            [
                f"roles.x.like: no role 'king'; there are {ROLES}",
                "roles.x.markets: none, so that it counts nowhere; left out, it counts in any",
                "roles.x.without: no operation 'xyzzy'",
            ],
        ),
    ],
)
def test_a_fault_of_a_role(tmp_path: Path, table: str, expected: list[str]) -> None:
    found = faults(tmp_path, f"[roles.x]\n{table}\n")
    assert [fault for fault in found if fault.startswith("roles.x")] == found
    assert found == expected


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("dso", "roles.dso: the gateway knows this role itself; name yours otherwise"),
        ("gateway", "roles.gateway: 'gateway' is the gateway itself in grants; name the role otherwise"),
        ("north", "tenants.north: it has the name of a role; rename one of them"),
    ],
)
def test_a_name_that_is_taken(tmp_path: Path, name: str, fault: str) -> None:
    assert faults(tmp_path, f'[roles.{name}]\nlike = ["operator"]\n') == [fault]


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("", "roles.x.like: "),
        ('like = "operator"', "roles.x.like: "),
        ('like = ["operator"]\nmarket = "local"', "roles.x.market: unknown key; is it markets?"),
    ],
)
def test_a_fault_of_form(tmp_path: Path, table: str, place: str) -> None:
    (found,) = faults(tmp_path, f"[roles.x]\n{table}\n")
    assert found.startswith(place)


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["king"], [f"no role 'king'; there are {ROLES}"]),
        ([], [f"a tenant has at least one; there are {ROLES}"]),
        (["dso", "dso"], ["a role is named twice"]),
        (
            ["operator", "dso"],
            ["'operator' oversees others, so it is held alone; other roles need another tenant"],
        ),
        (
            ["platform", "auditor"],
            ["'auditor' oversees others, so it is held alone; other roles need another tenant"],
        ),
        (["dso", "king", "dso"], [f"no role 'king'; there are {ROLES}", "a role is named twice"]),
    ],
)
def test_a_fault_of_the_roles_of_a_tenant(tmp_path: Path, roles: list[str], expected: list[str]) -> None:
    assert faults(tmp_path, tenant(*roles)) == [f"tenants.desk.role: {fault}" for fault in expected]


def test_an_own_role_that_oversees_is_held_alone(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, DESK + tenant("desk-of-local", "dso"))
    assert found.startswith("tenants.desk.role: 'desk-of-local' oversees others, so it is held alone; ")


def test_roles_that_withhold_what_each_other_permits(tmp_path: Path) -> None:
    """Of two, each with rights, neither leaves anything of the other's."""
    of_provider = [one.key for one, may in PERMISSIONS.items() if TenantRole.PROVIDER in may.roles]
    of_provider.sort(key=lambda key: key not in ("read-outbox", "set-webhook"))  # withheld together
    half = len(of_provider) // 2
    own = "".join(
        f'[roles.{name}]\nlike = ["provider"]\nwithout = {words(keys)}\n'
        for name, keys in (("one", of_provider[:half]), ("two", of_provider[half:]))
    )
    assert faults(tmp_path, own + tenant("one", "two")) == [
        "tenants.desk.role: roles without rights: each withholds what the others permit"
    ]


@pytest.mark.parametrize(
    ("carries", "withheld"),
    [
        ("both", "submit-document"),
        ("both", "read-outbox"),
        ("in", "submit-document"),
        ("out", "read-outbox"),
    ],
)
def test_a_channel_needs_the_right_to_what_it_carries(tmp_path: Path, carries: str, withheld: str) -> None:
    without = words([withheld, *(["set-webhook"] if withheld == "read-outbox" else [])])
    own = f'[roles.quiet]\nlike = ["provider"]\nwithout = {without}\n' + tenant("quiet")
    channel = (
        f'[channels.c]\nadapter = "folder"\ntenant = "desk"\ncarries = "{carries}"\n'
        '[channels.c.options]\ndirectory = "exchange"\n'
    )
    assert f"channels.c.carries: '{carries}' is not for the role quiet" in faults(tmp_path, own + channel)
    others = own.replace(f'"{withheld}"', '"read-channels"')
    left = faults(tmp_path, others + channel.replace('"folder"', '"king"'))
    assert not any("carries" in fault for fault in left)


@pytest.mark.parametrize("operation", OF_DESKS)
def test_every_operation_can_be_withheld_by_its_key(tmp_path: Path, operation: str) -> None:
    settings = read(tmp_path, f'[roles.x]\nlike = ["operator"]\nwithout = ["{operation}"]\n' + tenant("x"))
    assert settings.tenants["desk"].withheld == {operation}
