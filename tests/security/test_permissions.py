"""Role × operation, cell by cell, against a matrix written a second time by hand."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.role import OVERSEERS, HeldRole, TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.security.permissions import (
    OF_GATES,
    PERMISSIONS,
    Caller,
    ForbiddenError,
    MissingScopeError,
    Operation,
    Scope,
    authorise,
    operations_of_roles,
    receives_documents,
    scopes_of,
    sends_documents,
)

# P platform, D DSO, T TSO, V provider, M meter operator, O operator, A auditor, I integrator
EXPECTED = {
    Operation.SUBMIT_DOCUMENT: "PDTVM   ",
    Operation.READ_DOCUMENT: "PDTVMOAI",
    Operation.READ_ACKNOWLEDGEMENT: "PDTVM   ",
    Operation.READ_OUTBOX: "PDTVM   ",
    Operation.CONFIRM_OUTBOX: "PDTVM   ",
    Operation.SET_WEBHOOK: "PDTVM   ",
    Operation.READ_WEBHOOK: "PDTVM   ",
    Operation.PUT_GRID_MODEL: " DT     ",
    Operation.WITHDRAW_GRID_MODEL: " DT     ",
    Operation.LIST_GRID_MODELS: " DT     ",
    Operation.PUT_RESOURCES: "  T     ",
    Operation.READ_RESOURCES: "  T     ",
    Operation.LIST_CONNECTION_POINTS: "  T     ",
    Operation.READ_ASSIGNMENT_REMARKS: "     OA ",
    Operation.CREATE_GATE: "     O  ",
    Operation.READ_GATE: "PDT  OA ",
    Operation.READ_HELD_BIDS: "P       ",
    Operation.CLOSE_OWN_PART: "P       ",
    Operation.CLOSE_GATE: "     O  ",
    Operation.RERUN_GATE: "     O  ",
    Operation.AMEND_GATE: "     O  ",
    Operation.CANCEL_GATE: "     O  ",
    Operation.PUT_DEMAND: "  T     ",
    Operation.READ_DEMAND: "  T  OA ",
    Operation.LIST_RUNS: "PDT  OA ",
    Operation.READ_RUN: "PDT  OA ",
    Operation.READ_MERIT_ORDER: "  T  OA ",
    Operation.READ_AVAILABILITY: "P T  OA ",
    Operation.READ_EXPLANATIONS: " DT  OA ",
    Operation.READ_ACTIVATIONS: "P T  OA ",
    Operation.READ_REPORTS: "  T  OA ",
    Operation.READ_CHANNELS: "PDTVMOAI",
    Operation.READ_DEAD_LETTERS: "PDTVMOAI",
    Operation.READ_ROUTES: "     OAI",
    Operation.REDRIVE_DEAD_LETTER: "PDTVMO  ",
    Operation.GIVE_UP_MESSAGE: "     O  ",
}
LETTER = {
    TenantRole.PLATFORM: "P",
    TenantRole.DSO: "D",
    TenantRole.TSO: "T",
    TenantRole.PROVIDER: "V",
    TenantRole.METER_OPERATOR: "M",
    TenantRole.OPERATOR: "O",
    TenantRole.AUDITOR: "A",
    TenantRole.INTEGRATOR: "I",
}


def test_every_operation_is_in_both_tables() -> None:
    assert set(EXPECTED) == set(Operation) == set(PERMISSIONS)


def caller_with(*roles: HeldRole, scopes: frozenset[Scope] = frozenset(Scope)) -> Caller:
    return Caller("machine", "someone", tuple(one.name for one in roles), operations_of_roles(roles), scopes)


def like(role: TenantRole, markets: Sequence[str] | None = None, without: Sequence[str] = ()) -> HeldRole:
    limited = None if markets is None else frozenset(markets)
    return HeldRole("own", frozenset({role}), limited, frozenset(without))


@pytest.mark.feature(id="E2")
@pytest.mark.parametrize(("role", "operation"), list(itertools.product(TenantRole, Operation)))
def test_cell(role: TenantRole, operation: Operation) -> None:
    caller = caller_with(*held(role))
    if LETTER[role] in EXPECTED[operation]:
        authorise(caller, operation)
        assert PERMISSIONS[operation].scope in scopes_of(Tenant("x", held(role), "X"))
    else:
        with pytest.raises(ForbiddenError, match=f"{role} may not {operation}"):
            authorise(caller, operation)


def test_whoever_receives_documents_may_acknowledge_them() -> None:
    """So an answer is awaited of everybody, without asking who may send one."""
    for role in TenantRole:
        tenant = Tenant("x", held(role), "X")
        assert sends_documents(tenant) is receives_documents(tenant)


@pytest.mark.parametrize("operation", Operation)
def test_a_token_without_the_scope_is_not_enough(operation: Operation) -> None:
    permission = PERMISSIONS[operation]
    for role in permission.roles:
        caller = caller_with(*held(role), scopes=frozenset(Scope) - {permission.scope})
        with pytest.raises(MissingScopeError, match=permission.scope):
            authorise(caller, operation)


@given(st.sets(st.sampled_from(TenantRole), min_size=1), st.sets(st.sampled_from(Operation)))
def test_several_roles_permit_what_any_does_but_what_one_withholds(
    roles: set[TenantRole], withheld: set[Operation]
) -> None:
    keys = [operation.key for operation in withheld]
    held_roles = [*held(*roles), like(min(roles), without=keys)]
    permitted = {each for each in Operation if roles & PERMISSIONS[each].roles}
    assert operations_of_roles(held_roles) == permitted - withheld


@pytest.mark.parametrize("role", sorted(OVERSEERS))
def test_who_oversees_some_markets_does_so_with_their_gates_only(role: TenantRole) -> None:
    everywhere, local = (
        operations_of_roles(held(role)),
        operations_of_roles([like(role, ["m"])]),
    )
    assert local == {each for each in everywhere if each in OF_GATES}
    assert not local & {
        Operation.READ_DEAD_LETTERS,
        Operation.READ_CHANNELS,
        Operation.READ_ROUTES,
        Operation.READ_DOCUMENT,
        Operation.READ_ASSIGNMENT_REMARKS,
        Operation.GIVE_UP_MESSAGE,
    }


def test_who_takes_part_in_some_markets_has_its_own_messages_all_the_same() -> None:
    local = operations_of_roles([like(TenantRole.PLATFORM, ["m"])])
    assert local == operations_of_roles(held(TenantRole.PLATFORM))
