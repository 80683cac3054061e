"""Role × operation, cell by cell, against a matrix written a second time by hand."""

import itertools

import pytest

from gateway.domain.tenant import TenantRole
from gateway.security.permissions import (
    PERMISSIONS,
    RECEIVES_DOCUMENTS,
    SENDS_DOCUMENTS,
    Caller,
    ForbiddenError,
    MissingScopeError,
    Operation,
    Scope,
    authorise,
    scopes_of,
)

# P platform, D DSO, T TSO, V provider, M meter operator, O operator
EXPECTED = {
    Operation.SUBMIT_DOCUMENT: "PDTVM ",
    Operation.READ_DOCUMENT: "PDTVMO",
    Operation.READ_ACKNOWLEDGEMENT: "PDTVM ",
    Operation.READ_OUTBOX: "PDTVM ",
    Operation.CONFIRM_OUTBOX: "PDTVM ",
    Operation.SET_WEBHOOK: "PDTVM ",
    Operation.READ_WEBHOOK: "PDTVM ",
    Operation.PUT_GRID_MODEL: " DT   ",
    Operation.WITHDRAW_GRID_MODEL: " DT   ",
    Operation.LIST_GRID_MODELS: " DT   ",
    Operation.PUT_RESOURCES: "  T   ",
    Operation.READ_RESOURCES: "  T   ",
    Operation.LIST_CONNECTION_POINTS: "  T   ",
    Operation.READ_ASSIGNMENT_REMARKS: "     O",
    Operation.CREATE_GATE: "     O",
    Operation.READ_GATE: "PDT  O",
    Operation.READ_HELD_BIDS: "P     ",
    Operation.CLOSE_OWN_PART: "P     ",
    Operation.CLOSE_GATE: "     O",
    Operation.RERUN_GATE: "     O",
    Operation.AMEND_GATE: "     O",
    Operation.CANCEL_GATE: "     O",
    Operation.PUT_DEMAND: "  T   ",
    Operation.READ_DEMAND: "  T  O",
    Operation.LIST_RUNS: "PDT  O",
    Operation.READ_RUN: "PDT  O",
    Operation.READ_MERIT_ORDER: "  T  O",
    Operation.READ_AVAILABILITY: "P T  O",
    Operation.READ_EXPLANATIONS: " DT  O",
    Operation.READ_ACTIVATIONS: "P T  O",
    Operation.READ_REPORTS: "  T  O",
    Operation.READ_CHANNELS: "PDTVMO",
    Operation.READ_DEAD_LETTERS: "PDTVMO",
    Operation.READ_ROUTES: "     O",
    Operation.REDRIVE_DEAD_LETTER: "PDTVMO",
    Operation.GIVE_UP_MESSAGE: "     O",
}
LETTER = {
    TenantRole.PLATFORM: "P",
    TenantRole.DSO: "D",
    TenantRole.TSO: "T",
    TenantRole.PROVIDER: "V",
    TenantRole.METER_OPERATOR: "M",
    TenantRole.OPERATOR: "O",
}


def test_every_operation_is_in_both_tables() -> None:
    assert set(EXPECTED) == set(Operation) == set(PERMISSIONS)


@pytest.mark.feature(id="E2")
@pytest.mark.parametrize(("role", "operation"), list(itertools.product(TenantRole, Operation)))
def test_cell(role: TenantRole, operation: Operation) -> None:
    caller = Caller("machine", "someone", role, frozenset(Scope))
    if LETTER[role] in EXPECTED[operation]:
        authorise(caller, operation)
        assert PERMISSIONS[operation].scope in scopes_of(role)
    else:
        with pytest.raises(ForbiddenError, match=str(operation)):
            authorise(caller, operation)


def test_whoever_receives_documents_may_acknowledge_them() -> None:
    """So an answer is awaited of everybody, without asking who may send one."""
    assert RECEIVES_DOCUMENTS
    assert RECEIVES_DOCUMENTS <= SENDS_DOCUMENTS


@pytest.mark.parametrize("operation", Operation)
def test_a_token_without_the_scope_is_not_enough(operation: Operation) -> None:
    permission = PERMISSIONS[operation]
    for role in permission.roles:
        caller = Caller("machine", "someone", role, frozenset(Scope) - {permission.scope})
        with pytest.raises(MissingScopeError, match=permission.scope):
            authorise(caller, operation)
