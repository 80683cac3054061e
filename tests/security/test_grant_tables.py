"""Grants in a configuration: every fault with its place, before anything starts."""

from pathlib import Path

import pytest

from gateway.domain.grant import GATEWAY, Grant, GrantParty, PartyKind, Pattern, any_of
from gateway.domain.role import TenantRole
from gateway.settings import SettingsError, read_settings

HEAD = """
[gateway]
party = { code = "11XTEST-GATE---C" }
[tenants.north]
role = "platform"
name = "North"
parties = [{ code = "11XTEST-NORTH--J" }]
[tenants.east]
role = "dso"
name = "East"
parties = [{ code = "11XTEST-EAST---X" }]
[tenants.agg]
role = "provider"
name = "Aggregator"
parties = [{ code = "11XTEST-SOUTH--Z" }]
[tenants.silent]
role = "meter-operator"
name = "Silent"
[tenants.desk]
role = "operator"
name = "Desk"
[clients]
"""
WITH_CHANNEL = HEAD.replace("[tenants.silent]", 'webhook_hosts = ["agg.example"]\n[tenants.silent]').replace(
    "[clients]",
    """[roles.blind]
like = ["provider"]
without = ["read-document"]
[channels.east-folder]
adapter = "folder"
tenant = "east"
[channels.east-folder.options]
directory = "east"
[clients]""",
)
"""East's messages leave by a channel, and agg may have a webhook."""


def written(directory: Path, *grants: str, head: str = HEAD) -> Path:
    file = directory / "flexgate.toml"
    tables = (f"[grants.g{number}]\n{grant}\n" for number, grant in enumerate(grants, start=1))
    file.write_text(head + "\n".join(tables), "utf-8")
    return file


def faults(directory: Path, *grants: str, head: str = HEAD) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(written(directory, *grants, head=head))
    return list(caught.value.faults)


def test_what_is_written_is_granted(tmp_path: Path) -> None:
    settings = read_settings(
        written(
            tmp_path,
            'from = "east"\nto = "agg"\nkind = "Activation"\nprocess = ["A47", "A51"]',
            'from = "provider"\nto = "dso"',
            'from = "dso"\nto = "gateway"\nkind = "Redispatch"',
        )
    )
    assert settings.grants.configured == (
        Grant(
            "g1",
            GrantParty(PartyKind.TENANT, "east"),
            GrantParty(PartyKind.TENANT, "agg"),
            "Activation",
            frozenset({"A47", "A51"}),
        ),
        Grant("g2", any_of(TenantRole.PROVIDER), any_of(TenantRole.DSO)),
        Grant("g3", any_of(TenantRole.DSO), GATEWAY, "Redispatch"),
    )


def test_without_any_the_defaults_hold(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path))
    assert settings.grants.configured == ()
    assert settings.grants.of("Acknowledgement", settings.tenants["agg"], None) is not None


@pytest.mark.parametrize(
    ("grant", "fault"),
    [
        (
            'from = "king"\nto = "agg"',
            "grants.g1.from: there is no tenant 'king'; tenants are north, east,",
        ),
        ('from = "gateway"\nto = "agg"', "grants.g1.from: the gateway itself needs no grant"),
        ('from = "desk"\nto = "agg"', "grants.g1.from: desk is operator and sends no documents"),
        ('from = "operator"\nto = "agg"', "grants.g1.from: the role operator sends no documents"),
        ('from = "silent"\nto = "agg"', "grants.g1.from: silent has no parties"),
        ('from = "east"\nto = "king"', "grants.g1.to: there is no tenant 'king'"),
        ('from = "east"\nto = "desk"', "grants.g1.to: desk is operator and gets no documents"),
        ('from = "east"\nto = "operator"', "grants.g1.to: the role operator gets no documents"),
        ('from = "east"\nto = "east"', "grants.g1.to: east is the sender itself"),
        ('from = "east"\nto = "agg"\nkind = "Postcard"', "grants.g1.kind: no document 'Postcard'"),
        (
            'from = "east"\nto = "gateway"\nkind = "ReserveBid"',
            "grants.g1.kind: the gateway takes ReserveBid documents of a platform or tso only, not of a dso",
        ),
        (
            'from = "provider"\nto = "gateway"\nkind = "ResourceMapping"',
            "grants.g1.kind: the gateway takes ResourceMapping documents of a platform or tso only",
        ),
        ('from = "east"\nto = "agg"\nseen_by = ["king"]', "grants.g1.seen_by: there is no tenant 'king'"),
        (
            'from = "east"\nto = "agg"\nseen_by = ["gateway"]',
            "grants.g1.seen_by: the gateway itself sees what it forwards",
        ),
        (
            'from = "east"\nto = "agg"\nseen_by = ["blind"]',
            "grants.g1.seen_by: the role blind may not read what became of a document",
        ),
        (
            'from = "east"\nto = "agg"\nprocess = ["A47"]\nseen_by = ["north"]',
            "grants.g1.seen_by: what became of documents is not kept by process type; leave out process,",
        ),
        (
            'from = "east"\nto = "gateway"\nkind = "Redispatch"\nmarkets = ["local"]',
            "grants.g1.markets: gates name who takes part in them; a grant to the gateway is for any market",
        ),
        (
            'from = "east"\nto = "gateway"\nkind = "Redispatch"\nby = "pull"',
            "grants.g1.by: the gateway takes documents as its channels and interfaces bring them",
        ),
        (
            'from = "north"\nto = "east"\nby = "pull"',
            "grants.g1.by: east cannot fetch its messages, which leave by channels.east-folder",
        ),
        (
            'from = "east"\nto = "north"\nby = "push"',
            "grants.g1.by: nothing is pushed to north: it has no channel out, and no webhook_hosts",
        ),
        ('from = "north"\nto = "agg"', "grants.g1: the default for any platform allows all of it already"),
        (
            'from = "agg"\nto = "east"\nkind = "Acknowledgement"',
            "grants.g1: the default for any provider allows all of it already",
        ),
    ],
)
def test_a_grant_that_nothing_can_use(tmp_path: Path, grant: str, fault: str) -> None:
    (found,) = faults(tmp_path, grant, head=WITH_CHANNEL)
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("grants", "fault"),
    [
        (['from = "east"\nto = "agg"'] * 2, "grants.g2: grants.g1 allows all of it already"),
        (
            ['from = "east"\nto = "agg"\nkind = "Activation"', 'from = "dso"\nto = "provider"'],
            "grants.g1: grants.g2 allows all of it already",
        ),
        (
            ['from = "dso"\nto = "agg"', 'from = "dso"\nto = "agg"\nprocess = ["A47"]'],
            "grants.g2: grants.g1 allows all of it already",
        ),
    ],
)
def test_what_another_grant_allows_already(tmp_path: Path, grants: list[str], fault: str) -> None:
    assert faults(tmp_path, *grants) == [fault]


@pytest.mark.parametrize(
    "grants",
    [
        ['from = "east"\nto = "agg"', 'from = "agg"\nto = "east"'],
        ['from = "east"\nto = "agg"\nprocess = ["A47"]', 'from = "east"\nto = "agg"\nprocess = ["A51"]'],
        ['from = "dso"\nto = "agg"\nkind = "Activation"', 'from = "east"\nto = "agg"'],
    ],
)
def test_grants_that_meet_and_differ(tmp_path: Path, grants: list[str]) -> None:
    assert len(read_settings(written(tmp_path, *grants)).grants.configured) == len(grants)


@pytest.mark.parametrize(
    ("grant", "place"),
    [
        ('from = "east"', "grants.g1.to: "),
        ('to = "east"', "grants.g1.from: "),
        ('from = "east"\nto = "agg"\nprocess = "A47"', "grants.g1.process: "),
        ('from = "east"\nto = "agg"\nprocess = []', "grants.g1.process: "),
        ('from = "east"\nto = "agg"\nmarkets = []', "grants.g1.markets: "),
        ('from = "east"\nto = "agg"\nby = "post"', "grants.g1.by: "),
        ('from = "east"\nto = "agg"\nform = "north"', "grants.g1.form: unknown key; is it from?"),
    ],
)
def test_a_fault_of_form(tmp_path: Path, grant: str, place: str) -> None:
    (found,) = faults(tmp_path, grant)
    assert found.startswith(place)


def test_a_name_that_could_mean_two_things(tmp_path: Path) -> None:
    """A role that a tenant is named like, unless that is the only tenant of this role."""
    grant = 'from = "dso"\nto = "agg"'
    of_two = HEAD.replace("[tenants.agg]", '[tenants.dso]\nrole = "dso"\nname = "D"\n[tenants.agg]')
    assert faults(tmp_path, grant, head=of_two) == [
        "grants.g1.from: 'dso' is a role and a tenant; write 'role:dso' or 'tenant:dso'"
    ]
    alone = HEAD.replace("tenants.east", "tenants.dso")
    assert read_settings(written(tmp_path, grant, head=alone)).grants.configured[0].name == "g1"
    gateway = HEAD.replace("tenants.agg", "tenants.gateway")
    assert faults(tmp_path, 'from = "east"\nto = "gateway"', head=gateway) == [
        "tenants.gateway: this is the gateway itself in grants"
    ]


def test_a_grant_makes_the_route_of_its_sender_usable(tmp_path: Path) -> None:
    route = '[routes.r]\nsender = "11XTEST-EAST---X"\nkind = "Activation"\nto = "agg"\n'
    head = HEAD + route
    assert faults(tmp_path, head=head) == [
        "routes.r.sender: no grant lets east send such documents to agg",
    ]
    other = 'from = "east"\nto = "north"\nkind = "Activation"'
    assert len(faults(tmp_path, other, head=head)) == 1
    granted = 'from = "dso"\nto = "provider"\nkind = "Activation"'
    assert read_settings(written(tmp_path, granted, head=head)).routes.routes[0].name == "r"


@pytest.mark.parametrize(("receiver", "other"), [("agg", "agg"), ("provider", "agg"), ("agg", "provider")])
def test_messages_to_a_tenant_go_one_way(tmp_path: Path, receiver: str, other: str) -> None:
    """Whether the grants name it or its role."""
    grants = (
        f'from = "east"\nto = "{receiver}"\nkind = "Activation"\nby = "push"',
        f'from = "east"\nto = "{other}"\nkind = "Redispatch"\nby = "pull"',
    )
    assert faults(tmp_path, *grants, head=WITH_CHANNEL) == [
        "grants.g2.by: grants.g1 lets agg have documents by push only"
    ]


def test_the_patterns_that_receivers_can_have(tmp_path: Path) -> None:
    grants = read_settings(
        written(
            tmp_path,
            'from = "provider"\nto = "dso"\nby = "push"',  # by its channel
            'from = "east"\nto = "agg"\nby = "push"',  # by its webhook
            'from = "east"\nto = "silent"\nby = "pull"',
            head=WITH_CHANNEL,
        )
    ).grants
    assert [grant.pattern for grant in grants.configured] == [Pattern.PUSH, Pattern.PUSH, Pattern.PULL]


def test_who_sees_besides(tmp_path: Path) -> None:
    text = 'from = "east"\nto = "agg"\nkind = "Activation"\nmarkets = ["local"]\nseen_by = ["tso", "north"]'
    settings = read_settings(written(tmp_path, text))
    grants, east, agg = settings.grants, settings.tenants["east"], settings.tenants["agg"]
    north, silent = settings.tenants["north"], settings.tenants["silent"]
    assert (grants.lets_see(north), grants.lets_see(silent)) == (True, False)
    assert grants.lets_see_of(north, "Activation", east, agg, "local")
    for kind, sender, receiver, market in (
        ("Redispatch", east, agg, "local"),
        ("Activation", agg, east, "local"),
        ("Activation", east, silent, "local"),
        ("Activation", east, None, "local"),
        ("Activation", east, agg, "other"),
        ("Activation", east, agg, None),
    ):
        assert not grants.lets_see_of(north, kind, sender, receiver, market)
    assert not grants.lets_see_of(silent, "Activation", east, agg, "local")


def test_a_prefix_says_whether_a_role_or_a_tenant_is_meant(tmp_path: Path) -> None:
    of_two = HEAD.replace("[tenants.agg]", '[tenants.dso]\nrole = "dso"\nname = "D"\n[tenants.agg]')
    grants = 'from = "role:dso"\nto = "agg"', 'from = "tenant:east"\nto = "tenant:north"'
    read = read_settings(written(tmp_path, *grants, head=of_two)).grants.configured
    assert [str(one.sender) for one in read] == ["any dso", "east"]
    (fault,) = faults(tmp_path, 'from = "role:king"\nto = "agg"')
    assert fault.startswith("grants.g1.from: there is no role 'king'; roles are platform,")


def test_the_names_of_the_defaults_are_taken(tmp_path: Path) -> None:
    table = '[grants.default-dso]\nfrom = "east"\nto = "agg"\nkind = "Activation"\n'
    assert faults(tmp_path, head=HEAD + table) == [
        "grants.default-dso: names that begin with 'default-' are those of the defaults"
    ]
