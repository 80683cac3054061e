"""Which role may do what: one table, used by every route and channel and walked cell by cell by tests.

Whether an object belongs to the caller is not decided in this module: a caller only ever reaches its own
tenant store, gates name their participants, and a role that counts in some markets counts in their gates.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gateway.domain.role import OVERSEERS, HeldRole, TenantRole
from gateway.domain.tenant import Tenant


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

    @property
    def key(self) -> str:
        """Its name in a configuration, e.g. `create-gate`."""
        return self.name.lower().replace("_", "-")

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


_PLATFORM, _DSO, _TSO, _OPERATOR, _AUDITOR = (
    TenantRole.PLATFORM,
    TenantRole.DSO,
    TenantRole.TSO,
    TenantRole.OPERATOR,
    TenantRole.AUDITOR,
)
_EXCHANGING: Final = (_PLATFORM, _DSO, _TSO, TenantRole.PROVIDER, TenantRole.METER_OPERATOR)
"""Who sends and receives documents: everybody who takes part. Which ones is a matter of grants
(`gateway.domain.grant`)."""
_OVERSEEING: Final = (_OPERATOR, _AUDITOR)
_LOOKING: Final = (*_OVERSEEING, TenantRole.INTEGRATOR)
"""Who sees what became of the messages of others, without their content."""


def _may(scope: Scope, *roles: TenantRole) -> Permission:
    return Permission(frozenset(roles), scope)


PERMISSIONS: Final[Mapping[Operation, Permission]] = MappingProxyType(
    {
        Operation.SUBMIT_DOCUMENT: _may(Scope.DOCUMENTS_WRITE, *_EXCHANGING),
        Operation.READ_DOCUMENT: _may(Scope.DOCUMENTS_READ, *_EXCHANGING, *_LOOKING),
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
        Operation.READ_ASSIGNMENT_REMARKS: _may(Scope.RESOURCES_READ, *_OVERSEEING),
        Operation.CREATE_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.AMEND_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.CANCEL_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.RERUN_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.READ_GATE: _may(Scope.GATES_READ, _PLATFORM, _DSO, _TSO, *_OVERSEEING),
        Operation.READ_HELD_BIDS: _may(Scope.DOCUMENTS_READ, _PLATFORM),
        Operation.CLOSE_OWN_PART: _may(Scope.GATES_WRITE, _PLATFORM),
        Operation.CLOSE_GATE: _may(Scope.GATES_WRITE, _OPERATOR),
        Operation.PUT_DEMAND: _may(Scope.GATES_WRITE, _TSO),
        Operation.READ_DEMAND: _may(Scope.GATES_READ, _TSO, *_OVERSEEING),
        Operation.LIST_RUNS: _may(Scope.GATES_READ, _PLATFORM, _DSO, _TSO, *_OVERSEEING),
        Operation.READ_RUN: _may(Scope.RESULTS_READ, _PLATFORM, _DSO, _TSO, *_OVERSEEING),
        Operation.READ_MERIT_ORDER: _may(Scope.RESULTS_READ, _TSO, *_OVERSEEING),
        Operation.READ_AVAILABILITY: _may(Scope.RESULTS_READ, _PLATFORM, _TSO, *_OVERSEEING),
        Operation.READ_EXPLANATIONS: _may(Scope.RESULTS_READ, _DSO, _TSO, *_OVERSEEING),
        Operation.READ_ACTIVATIONS: _may(Scope.RESULTS_READ, _PLATFORM, _TSO, *_OVERSEEING),
        Operation.READ_REPORTS: _may(Scope.RESULTS_READ, _TSO, *_OVERSEEING),
        Operation.READ_CHANNELS: _may(Scope.CHANNELS_READ, *_EXCHANGING, *_LOOKING),
        Operation.READ_DEAD_LETTERS: _may(Scope.DELIVERY_READ, *_EXCHANGING, *_LOOKING),
        Operation.READ_ROUTES: _may(Scope.DELIVERY_READ, *_LOOKING),
        Operation.REDRIVE_DEAD_LETTER: _may(Scope.DELIVERY_WRITE, *_EXCHANGING, _OPERATOR),
        Operation.GIVE_UP_MESSAGE: _may(Scope.DELIVERY_WRITE, _OPERATOR),
    }
)

OF_GATES: Final = frozenset(
    {
        Operation.CREATE_GATE,
        Operation.AMEND_GATE,
        Operation.CANCEL_GATE,
        Operation.RERUN_GATE,
        Operation.READ_GATE,
        Operation.CLOSE_GATE,
        Operation.READ_DEMAND,
        Operation.LIST_RUNS,
        Operation.READ_RUN,
        Operation.READ_MERIT_ORDER,
        Operation.READ_AVAILABILITY,
        Operation.READ_EXPLANATIONS,
        Operation.READ_ACTIVATIONS,
        Operation.READ_REPORTS,
    }
)
"""What overseers do with gates, which are of a market each. Who oversees some markets may do these only: what
belongs to no market is not theirs."""


def permits(role: HeldRole, operation: Operation) -> bool:
    """Whether a role permits an operation, if no other role of its tenant withholds it."""
    counts = role.like & PERMISSIONS[operation].roles
    if role.markets is not None and operation not in OF_GATES:
        counts -= OVERSEERS
    return bool(counts) and operation.key not in role.without


def operations_of_roles(roles: Iterable[HeldRole]) -> frozenset[Operation]:
    """What a tenant with these roles may do: what one of them permits, and none withholds."""
    held = tuple(roles)
    withheld = frozenset[str]().union(*(role.without for role in held))
    return frozenset(
        operation
        for operation in Operation
        if operation.key not in withheld and any(permits(role, operation) for role in held)
    )


def sends_documents(tenant: Tenant) -> bool:
    """Whether a tenant may hand in documents."""
    return Operation.SUBMIT_DOCUMENT in operations_of_roles(tenant.roles)


def receives_documents(tenant: Tenant) -> bool:
    """Whether a tenant may have documents. It answers each with an Acknowledgement, which is awaited."""
    return Operation.READ_OUTBOX in operations_of_roles(tenant.roles)


def scopes_of(tenant: Tenant) -> frozenset[Scope]:
    """Every scope that is of any use to a tenant."""
    return frozenset(PERMISSIONS[operation].scope for operation in operations_of_roles(tenant.roles))


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated machine, acting for one tenant.

    Attributes:
        roles: those of the tenant, as the configuration names them.
        may: what they permit.
    """

    client_id: str
    tenant: str
    roles: tuple[str, ...]
    may: frozenset[Operation]
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
        ForbiddenError: not with its roles.
        MissingScopeError: not with this token.
    """
    if operation not in caller.may:
        raise ForbiddenError(f"the role {' and '.join(caller.roles)} may not {operation}")
    scope = PERMISSIONS[operation].scope
    if scope not in caller.scopes:
        raise MissingScopeError(operation, scope)
