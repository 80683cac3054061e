"""Grants: nothing without one, the defaults as they are written here a second time, and why not."""

import pickle
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.document import DocumentKind
from gateway.domain.grant import (
    ANYBODY,
    DEFAULTS,
    GATEWAY,
    OF_PROCESSES,
    PROCESS_SENDERS,
    Grant,
    GrantParty,
    Grants,
    Missing,
    PartyKind,
    any_of,
)
from gateway.domain.role import HeldRole, TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.security.permissions import PERMISSIONS, Operation

TENANTS = {
    name: Tenant(name, held(role), name.title())
    for name, role in (
        ("north", TenantRole.PLATFORM),
        ("east", TenantRole.DSO),
        ("west", TenantRole.DSO),
        ("tso", TenantRole.TSO),
        ("agg", TenantRole.PROVIDER),
        ("meters", TenantRole.METER_OPERATOR),
        ("desk", TenantRole.OPERATOR),
    )
}
EAST, WEST, NORTH, AGG = (TENANTS[name] for name in ("east", "west", "north", "agg"))
ACKNOWLEDGEMENT = DocumentKind.ACKNOWLEDGEMENT
KINDS = ("Acknowledgement", "ReserveBid", "Activation", "FlexibilityRequest")


def named(name: str) -> GrantParty:
    return GrantParty(PartyKind.TENANT, name)


@pytest.mark.feature(id="C13")
@pytest.mark.parametrize("sender", TENANTS.values(), ids=TENANTS)
@pytest.mark.parametrize("receiver", [None, *TENANTS.values()], ids=["gateway", *TENANTS])
@pytest.mark.parametrize("kind", KINDS)
def test_defaults(sender: Tenant, receiver: Tenant | None, kind: str) -> None:
    any_kind = sender.tenant_id in ("north", "tso")
    answers = sender.tenant_id != "desk" and kind == "Acknowledgement"
    for process in (None, "A47"):
        assert (Grants().of(kind, sender, receiver, process) is not None) is (any_kind or answers)


def test_whoever_may_submit_documents_may_by_default_answer_them_and_nobody_else() -> None:
    senders = {grant.sender for grant in DEFAULTS if grant.kind in (None, ACKNOWLEDGEMENT)}
    assert senders == {any_of(role) for role in PERMISSIONS[Operation.SUBMIT_DOCUMENT].roles}
    assert PERMISSIONS[Operation.READ_OUTBOX].roles <= PERMISSIONS[Operation.SUBMIT_DOCUMENT].roles
    assert {grant.receiver for grant in DEFAULTS} == {ANYBODY}


@pytest.mark.parametrize(
    ("grant", "allowed"),
    [
        (Grant("g", named("east"), named("agg"), "Activation"), {("east", "agg", "Activation")}),
        (
            Grant("g", any_of(TenantRole.DSO), named("agg"), "Activation"),
            {("east", "agg", "Activation"), ("west", "agg", "Activation")},
        ),
        (
            Grant("g", named("east"), any_of(TenantRole.DSO), "Activation"),
            {("east", "west", "Activation"), ("east", "east", "Activation")},
        ),
        (Grant("g", named("east"), GATEWAY, "FlexibilityRequest"), {("east", None, "FlexibilityRequest")}),
        (
            Grant("g", named("agg"), named("east")),
            {("agg", "east", kind) for kind in KINDS if kind != "Acknowledgement"},
        ),
    ],
)
def test_a_grant_allows_what_it_names_and_no_more(
    grant: Grant, allowed: set[tuple[str, str | None, str]]
) -> None:
    without, grants = Grants(), Grants((grant,))
    added = {
        (sender.tenant_id, receiver and receiver.tenant_id, kind)
        for sender, receiver, kind in product(TENANTS.values(), (None, *TENANTS.values()), KINDS)
        if grants.of(kind, sender, receiver) and not without.of(kind, sender, receiver)
    }
    assert added == allowed


@pytest.mark.parametrize("kind", sorted(OF_PROCESSES))
@pytest.mark.parametrize("role", [role for role in TenantRole if role not in PROCESS_SENDERS])
def test_no_grant_brings_a_document_into_a_market(kind: str, role: TenantRole) -> None:
    sender = Tenant("some", held(role), "Some")
    grants = Grants((Grant("g", named("some"), GATEWAY, kind), Grant("h", any_of(role), ANYBODY)))
    assert grants.of(kind, sender, None) is None
    assert grants.missing(kind, sender, None) is Missing.PROCESS_SENDER
    assert grants.of(kind, sender, NORTH) is not None


def test_a_tenant_with_the_name_of_a_role_has_not_its_rights() -> None:
    impostor = Tenant("tso", held(TenantRole.PROVIDER), "Impostor")
    assert Grants().of("ReserveBid", impostor, NORTH) is None
    grants = Grants((Grant("g", any_of(TenantRole.DSO), any_of(TenantRole.TSO), "Activation"),))
    assert grants.of("Activation", EAST, impostor) is None
    assert grants.of("Activation", EAST, TENANTS["tso"]) is not None


class TestProcesses:
    grants = Grants((Grant("g", named("east"), named("agg"), "Activation", frozenset({"A47", "A51"})),))

    @pytest.mark.parametrize(
        ("process", "missing"),
        [("A47", None), ("A51", None), ("A46", Missing.PROCESS), (None, Missing.PROCESS)],
    )
    def test_only_those_that_are_named(self, process: str | None, missing: Missing | None) -> None:
        assert self.grants.missing("Activation", EAST, AGG, process) is missing
        assert (self.grants.of("Activation", EAST, AGG, process) is None) is (missing is not None)

    def test_another_kind_lacks_more_than_its_process(self) -> None:
        assert self.grants.missing("Postcard", EAST, AGG, "A47") is Missing.GRANT

    @pytest.mark.parametrize(
        ("kind", "process", "can"),
        [
            (None, None, True),
            ("Activation", None, True),
            (None, "A51", True),
            ("Activation", "A46", False),
            ("ReserveBid", None, False),
        ],
    )
    def test_whether_a_route_can_be_used(self, kind: str | None, process: str | None, *, can: bool) -> None:
        assert self.grants.can_send(EAST, AGG, kind, process) is can
        assert not self.grants.can_send(WEST, AGG, kind, process)
        assert not self.grants.can_send(
            AGG, EAST, kind, process
        )  # the default for answers is none for routes


MARKETS = (None, "local", "central", "other")
senders = [*map(named, TENANTS), *map(any_of, TenantRole), GATEWAY]
made = st.builds(
    Grant,
    name=st.sampled_from("gh"),
    sender=st.sampled_from(senders),
    receiver=st.sampled_from([*senders, ANYBODY]),
    kind=st.sampled_from([*KINDS, None]),
    processes=st.sampled_from([frozenset[str](), frozenset({"A47"}), frozenset({"A47", "A51"})]),
    markets=st.sampled_from([frozenset[str](), frozenset({"local"}), frozenset({"local", "central"})]),
)


def test_a_grant_has_a_sender() -> None:
    with pytest.raises(ValueError, match="names no sender"):
        Grant("g", ANYBODY, GATEWAY)


@settings(max_examples=200)
@given(made, made)
def test_what_covers_another_allows_all_of_it(one: Grant, other: Grant) -> None:
    more, less = Grants((one,)), Grants((other,))
    questions = product(KINDS, TENANTS.values(), (None, *TENANTS.values()), (None, "A47", "A51"), MARKETS)
    allows_all = all(more.of(*question) or not less.of(*question) for question in questions)
    assert allows_all or not one.covers(other, TENANTS)


def test_grants_reach_the_processes_that_check_documents() -> None:
    grants = Grants((Grant("g", named("east"), named("agg"), "Activation"),))
    copied = pickle.loads(pickle.dumps(grants))  # noqa: S301 - our own
    assert copied == grants
    assert copied.of("Activation", EAST, AGG) == grants.configured[0]


@pytest.mark.parametrize(
    ("market", "is_allowed"), [("local", True), ("central", False), (None, False)], ids=str
)
def test_a_role_of_some_markets_counts_for_documents_of_these(
    market: str | None, *, is_allowed: bool
) -> None:
    """Also for the default that lets any platform send any kind; what is for the gateway has no market."""
    local = HeldRole("local-platform", frozenset({TenantRole.PLATFORM}), frozenset({"local"}))
    sender = Tenant("p", (local,), "P")
    grants = Grants()
    assert (grants.of("ReserveBid", sender, AGG, "A47", market) is not None) is is_allowed
    assert grants.can_send(sender, AGG, "ReserveBid", "A47", market) is is_allowed
    assert grants.missing("ReserveBid", sender, AGG, "A47", market) is (
        None if is_allowed else Missing.MARKET
    )
    assert grants.of("ReserveBid", sender, None, "A47") is not None
    to_platforms = Grants((Grant("g", any_of(TenantRole.DSO), any_of(TenantRole.PLATFORM), "Activation"),))
    assert (to_platforms.of("Activation", EAST, sender, None, market) is not None) is is_allowed
