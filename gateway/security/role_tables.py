"""Roles as the configuration writes them, checked before anything starts.

[roles.desk-of-local]
like = ["operator"]
markets = ["local"]
without = ["create-gate", "cancel-gate"]
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.grant import GATEWAY_NAME
from gateway.domain.role import OVERSEERS, HeldRole, TenantRole, like_any
from gateway.security.permissions import Operation, operations_of_roles

KNOWN: Final[Mapping[str, HeldRole]] = {role.value: HeldRole.known(role) for role in TenantRole}
"""Roles that need no configuration."""

_OPERATIONS: Final = frozenset(operation.key for operation in Operation)


class RoleTable(BaseModel):
    """A role of a market's own (see `gateway.domain.role`); `markets` left out: any."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    like: Annotated[tuple[str, ...], Field(strict=False)]
    markets: Annotated[tuple[str, ...], Field(strict=False)] | None = None
    without: Annotated[tuple[str, ...], Field(strict=False)] = ()

    def role(self, name: str) -> HeldRole:
        """The role, of what it names that exists."""
        like = like_any(KNOWN[one] for one in self.like if one in KNOWN)
        markets = None if self.markets is None else frozenset(self.markets)
        return HeldRole(name, like, markets, frozenset(self.without))


def checked_roles(tables: Mapping[str, RoleTable]) -> tuple[Mapping[str, HeldRole], list[str]]:
    """All roles by name, and every fault of those of the configuration with its place."""
    own = {name: table.role(name) for name, table in tables.items() if name not in KNOWN}
    faults = [
        f"roles.{name}{fault}"
        for name, table in tables.items()
        for fault in _faults(name, table, own.get(name))
    ]
    return {**KNOWN, **own}, faults


def held_roles(
    names: tuple[str, ...], roles: Mapping[str, HeldRole]
) -> tuple[tuple[HeldRole, ...], list[str]]:
    """The roles of a tenant, and what is wrong with them together or alone."""
    found = tuple(roles[name] for name in dict.fromkeys(names) if name in roles)
    faults = [f"no role {name!r}; there are {', '.join(roles)}" for name in names if name not in roles]
    if not names:
        faults.append(f"a tenant has at least one; there are {', '.join(roles)}")
    if len(set(names)) != len(names):
        faults.append("a role is named twice")
    overseeing = [role.name for role in found if role.like & OVERSEERS]
    if overseeing and len(found) > 1:
        faults.append(
            f"'{overseeing[0]}' oversees others, so it is held alone; other roles need another tenant"
        )
    elif found and not faults and all(one.like for one in found) and not operations_of_roles(found):
        faults.append("roles without rights: each withholds what the others permit")
    return found, faults


def _faults(name: str, table: RoleTable, role: HeldRole | None) -> Iterator[str]:
    if name == GATEWAY_NAME:
        yield f": {name!r} is the gateway itself in grants; name the role otherwise"
    if role is None:
        yield ": the gateway knows this role itself; name yours otherwise"
        return
    if not table.like:
        yield ".like: a role has rights only by the roles that it is like; name one"
    yield from (
        f".like: no role {one!r}; there are {', '.join(KNOWN)}" for one in table.like if one not in KNOWN
    )
    if role.like & OVERSEERS and (len(role.like) > 1):
        overseer = min(role.like & OVERSEERS).value
        yield f".like: '{overseer}' oversees others, so a role is like it alone"
    if table.markets is not None and not table.markets:
        yield ".markets: none, so that it counts nowhere; left out, it counts in any"
    unknown = [key for key in table.without if key not in _OPERATIONS]
    for key in unknown:
        near = get_close_matches(key, _OPERATIONS, n=3)
        yield f".without: no operation {key!r}" + (f"; is it {' or '.join(near)}?" if near else "")
    if not unknown and role.like:
        yield from _faults_of_rights(table, role)


def _faults_of_rights(table: RoleTable, role: HeldRole) -> Iterator[str]:
    """Faults of what a role permits and withholds."""
    permitted = operations_of_roles([HeldRole(role.name, role.like, role.markets)])
    for key in table.without:
        if key not in {operation.key for operation in permitted}:
            yield f".without: {key} is not permitted to it anyway"
    left = operations_of_roles([role])
    if Operation.SET_WEBHOOK in left and Operation.READ_OUTBOX not in left:
        yield ".without: set-webhook too; what it may not read would be pushed to it"
    if not left:
        if permitted:
            yield ": a role without rights: everything that it is permitted is withheld"
        else:
            alike = " and ".join(sorted(role.like))
            yield f".markets: a role without rights: in gates of a market {alike} does nothing"
