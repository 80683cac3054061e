"""Which role may do what: one table, used by every route and walked cell by cell by a test.

Whether an object belongs to the caller is not decided in this module: a caller only ever reaches its own
tenant store, and gates name their participants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.domain.tenant import TenantRole


class Scope(StrEnum):
    """What a token may be used for; a client may request fewer than it may have, never more."""

    DOCUMENTS_WRITE = "documents:write"
    DOCUMENTS_READ = "documents:read"
    WEBHOOK_WRITE = "webhook:write"
    GRIDS_WRITE = "grids:write"
    GRIDS_READ = "grids:read"
    RESOURCES_WRITE = "resources:write"
    RESOURCES_READ = "resources:read"
    GATES_WRITE = "gates:write"
    GATES_READ = "gates:read"
    RESULTS_READ = "results:read"
    CHANNELS_READ = "channels:read"
    DELIVERY_READ = "delivery:read"
    DELIVERY_WRITE = "delivery:write"


class Operation(StrEnum):
    """All operations of callers."""

    SUBMIT_DOCUMENT = "submit a document"
    READ_DOCUMENT = "read what became of a document"
    READ_ACKNOWLEDGEMENT = "read the acknowledgement of a document"
    READ_OUTBOX = "read the outbox"
    CONFIRM_OUTBOX = "confirm a message of the outbox"
    SET_WEBHOOK = "set or remove the webhook"
    READ_WEBHOOK = "read the webhook"
    PUT_GRID_MODEL = "put a grid model into use"
    WITHDRAW_GRID_MODEL = "withdraw a grid model"
    LIST_GRID_MODELS = "list grid models"
    PUT_RESOURCES = "assign technical units to connection points"
    READ_RESOURCES = "read the assignment of technical units"
    LIST_CONNECTION_POINTS = "list the connection points of grids"
    READ_ASSIGNMENT_REMARKS = "read what is wrong with assignments of all system operators"
    CREATE_GATE = "create a gate"
    AMEND_GATE = "change the terms of an open gate"
    CANCEL_GATE = "cancel a gate"
    RERUN_GATE = "run a published gate again"
    READ_GATE = "read gates"
    READ_HELD_BIDS = "read the own bids that are held for a gate"
    CLOSE_OWN_PART = "say that every bid of the platform was sent"
    CLOSE_GATE = "close a gate now"
    PUT_DEMAND = "state or take back the demand of a gate"
    READ_DEMAND = "read the demand stated for a gate"
    LIST_RUNS = "list the runs of a gate"
    READ_RUN = "read the figures of a run"
    READ_MERIT_ORDER = "read the grid-checked merit order"
    READ_AVAILABILITY = "read what of which bid is available"
    READ_EXPLANATIONS = "read which elements limited which bids"
    READ_ACTIVATIONS = "read what was activated of bids"
    READ_REPORTS = "read whom limits hit and what a failing bid would overload"
    READ_CHANNELS = "read how the channels are"
    READ_DEAD_LETTERS = "read what could not be delivered or was refused"
    READ_ROUTES = "read what went by which route"
    REDRIVE_DEAD_LETTER = "have a dead letter sent after all"
    GIVE_UP_MESSAGE = "give a message up that waits"


@dataclass(frozen=True, slots=True)
class Permission:
    """Who may do an operation, and with which scope."""

    roles: frozenset[TenantRole]
    scope: Scope


_PLATFORM, _DSO, _TSO, _OPERATOR = (
    TenantRole.PLATFORM,
    TenantRole.DSO,
    TenantRole.TSO,
    TenantRole.OPERATOR,
)
_EXCHANGING: Final = (_PLATFORM, _DSO, _TSO, TenantRole.PROVIDER, TenantRole.METER_OPERATOR)
"""Who sends and receives documents: everybody but the operator. Which ones is a matter of grants
(`gateway.domain.grant`)."""


def _may(scope: Scope, *roles: TenantRole) -> Permission:
    return Permission(frozenset(roles), scope)


PERMISSIONS: Final[Mapping[Operation, Permission]] = MappingProxyType(
    {
        Operation.SUBMIT_DOCUMENT: _may(Scope.DOCUMENTS_WRITE, *_EXCHANGING),
        Operation.READ_DOCUMENT: _may(Scope.DOCUMENTS_READ, *_EXCHANGING, _OPERATOR),
        Operation.READ_ACKNOWLEDGEMENT: _may(Scope.DOCUMENTS_READ, *_EXCHANGING),
        Operation.READ_OUTBOX: _may(Scope.DOCUMENTS_READ, *_EXCHANGING),
        Operation.CONFIRM_OUTBOX: _may(Scope.DOCUMENTS_WRITE, *_EXCHANGING),
        Operation.SET_WEBHOOK: _may(Scope.WEBHOOK_WRITE, *_EXCHANGING),
        Operation.READ_WEBHOOK: _may(Scope.DOCUMENTS_READ, *_EXCHANGING),
        Operation.PUT_GRID_MODEL: _may(Scope.GRIDS_WRITE, _DSO, _TSO),
        Operation.WITHDRAW_GRID_MODEL: _may(Scope.GRIDS_WRITE, _DSO, _TSO),
        Operation.LIST_GRID_MODELS: _may(Scope.GRIDS_READ, _DSO, _TSO),
        Operation.PUT_RESOURCES: _may(Scope.RESOURCES_WRITE, _TSO),
        Operation.READ_RESOURCES: _may(Scope.RESOURCES_READ, _TSO),
        Operation.LIST_CONNECTION_POINTS: _may(Scope.RESOURCES_READ, _TSO),
        Operation.READ_ASSIGNMENT_REMARKS: _may(Scope.RESOURCES_READ, _OPERATOR),
        Operation.CREATE_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.AMEND_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.CANCEL_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.RERUN_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.READ_GATE: _may(Scope.GATES_READ, _PLATFORM, _DSO, _TSO, _OPERATOR),
        Operation.READ_HELD_BIDS: _may(Scope.DOCUMENTS_READ, _PLATFORM),
        Operation.CLOSE_OWN_PART: _may(Scope.GATES_WRITE, _PLATFORM),
        Operation.CLOSE_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.PUT_DEMAND: _may(Scope.GATES_WRITE, _TSO),
        Operation.READ_DEMAND: _may(Scope.GATES_READ, _TSO, _OPERATOR),
        Operation.LIST_RUNS: _may(Scope.GATES_READ, _PLATFORM, _DSO, _TSO, _OPERATOR),
        Operation.READ_RUN: _may(Scope.RESULTS_READ, _PLATFORM, _DSO, _TSO, _OPERATOR),
        Operation.READ_MERIT_ORDER: _may(Scope.RESULTS_READ, _TSO, _OPERATOR),
        Operation.READ_AVAILABILITY: _may(Scope.RESULTS_READ, _PLATFORM, _TSO, _OPERATOR),
        Operation.READ_EXPLANATIONS: _may(Scope.RESULTS_READ, _DSO, _TSO, _OPERATOR),
        Operation.READ_ACTIVATIONS: _may(Scope.RESULTS_READ, _PLATFORM, _TSO, _OPERATOR),
        Operation.READ_REPORTS: _may(Scope.RESULTS_READ, _TSO, _OPERATOR),
        Operation.READ_CHANNELS: _may(Scope.CHANNELS_READ, *_EXCHANGING, _OPERATOR),
        Operation.READ_DEAD_LETTERS: _may(Scope.DELIVERY_READ, *_EXCHANGING, _OPERATOR),
        Operation.READ_ROUTES: _may(Scope.DELIVERY_READ, _OPERATOR),
        Operation.REDRIVE_DEAD_LETTER: _may(Scope.DELIVERY_WRITE, *_EXCHANGING, _OPERATOR),
        Operation.GIVE_UP_MESSAGE: _may(Scope.DELIVERY_WRITE, _OPERATOR),
    }
)

SENDS_DOCUMENTS: Final = PERMISSIONS[Operation.SUBMIT_DOCUMENT].roles
RECEIVES_DOCUMENTS: Final = PERMISSIONS[Operation.READ_OUTBOX].roles
"""Whoever receives documents sends them, too: an Acknowledgement of each, which is awaited."""


def scopes_of(role: TenantRole) -> frozenset[Scope]:
    """Every scope that is of any use to a role."""
    return frozenset(entry.scope for entry in PERMISSIONS.values() if role in entry.roles)


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated machine, acting for one tenant."""

    client_id: str
    tenant: str
    role: TenantRole
    scopes: frozenset[Scope]


class ForbiddenError(Exception):
    """The caller is known but may not do this."""


class MissingScopeError(ForbiddenError):
    """The caller's role may do this, its token may not."""

    def __init__(self, operation: Operation, scope: Scope) -> None:
        super().__init__(f"the token lacks the scope {scope} needed to {operation}")
        self.scope = scope


def authorise(caller: Caller, operation: Operation) -> None:
    """Return if the caller may do this.

    Raises:
        ForbiddenError: not with this role.
        MissingScopeError: not with this token.
    """
    permission = PERMISSIONS[operation]
    if caller.role not in permission.roles:
        raise ForbiddenError(f"the role {caller.role} may not {operation}")
    if permission.scope not in caller.scopes:
        raise MissingScopeError(operation, permission.scope)
