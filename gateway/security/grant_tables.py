"""Grants as the configuration writes them, checked before anything starts.

[grants.needs-of-dsos]
from = "dso"
to = "north"
kind = "FlexibilityRequest"
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

import esmp.schema_sets
from gateway.domain.grant import (
    DEFAULTS,
    GATEWAY,
    GATEWAY_NAME,
    OF_PROCESSES,
    PROCESS_SENDERS,
    Grant,
    GrantParty,
    Grants,
    PartyKind,
)
from gateway.domain.tenant import Tenant, TenantRole
from gateway.security.permissions import RECEIVES_DOCUMENTS, SENDS_DOCUMENTS

_ROLES: Final = frozenset(role.value for role in TenantRole)


class GrantTable(BaseModel):
    """A grant (see `gateway.domain.grant`); `from` and `to` name a role or a tenant.

    What `kind` and `process` leave out may be anything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sender: str = Field(alias="from")
    to: str
    kind: str | None = None
    process: Annotated[tuple[str, ...], Field(strict=False)] = ()

    def grant(self, name: str) -> Grant:
        """The grant."""
        sender, receiver = _party(self.sender), _party(self.to)
        return Grant(name, sender, receiver, self.kind, frozenset(self.process))


def checked_grants(
    tables: Mapping[str, GrantTable], tenants: Mapping[str, Tenant], schemas: Path
) -> tuple[Grants, list[str]]:
    """All grants, and every fault of those of the configuration with its place.

    Args:
        schemas: the store of schema sets that were added.

    Raises:
        SchemaSetRefused: a schema set in the store cannot be read.
    """
    if not tables:
        return Grants(), []
    grants = Grants(tuple(table.grant(name) for name, table in tables.items()))
    families = {str(profile.family) for profile in esmp.schema_sets.catalogue(schemas).profiles()}
    faults = []
    for number, grant in enumerate(grants.configured):
        earlier = (*DEFAULTS, *grants.configured[:number])
        later = grants.configured[number + 1 :]
        found = [*_sender_faults(grant, tenants), *_receiver_faults(grant, tenants)]
        found += _kind_faults(grant, tenants, families)
        found += _repetition(grant, earlier, later, tenants)
        faults += [f"grants.{grant.name}{fault}" for fault in found]
    return grants, faults


def _party(name: str) -> GrantParty:
    """What a name in the configuration stands for: a role before a tenant, which `_name_faults` reports where
    it is not the same."""
    if name == GATEWAY_NAME:
        return GATEWAY
    return GrantParty(PartyKind.ROLE if name in _ROLES else PartyKind.TENANT, name)


def _name_faults(party: GrantParty, tenants: Mapping[str, Tenant]) -> Iterator[str]:
    """Faults of a name that stands for nobody, or for more than one thing."""
    name = GATEWAY_NAME if party == GATEWAY else party.name
    if party.kind is PartyKind.TENANT and name not in tenants:
        yield f"there is no tenant {name!r}; roles are {', '.join(TenantRole)}"
    elif party == GATEWAY and name in tenants:
        yield f"{name!r} is the gateway itself and the name of a tenant; rename the tenant"
    elif party.kind is PartyKind.ROLE and name in tenants:
        of_role = [tenant for tenant, one in tenants.items() if one.role == name]
        if of_role != [name]:
            yield f"{name!r} is a role and the name of a tenant; rename the tenant"


def _sender_faults(grant: Grant, tenants: Mapping[str, Tenant]) -> Iterator[str]:
    sender = grant.sender
    if sender == GATEWAY:
        yield ".from: the gateway itself needs no grant"
        return
    yield from (f".from: {fault}" for fault in _name_faults(sender, tenants))
    role = _role_of(sender, tenants)
    if role is not None and role not in SENDS_DOCUMENTS:
        yield f".from: {_who(sender, role)} sends no documents"
    elif sender.kind is PartyKind.TENANT and sender.name in tenants and not tenants[sender.name].parties:
        yield f".from: {sender.name} has no parties, so nothing ever comes from it"


def _receiver_faults(grant: Grant, tenants: Mapping[str, Tenant]) -> Iterator[str]:
    receiver = grant.receiver
    yield from (f".to: {fault}" for fault in _name_faults(receiver, tenants))
    role = _role_of(receiver, tenants)
    if role is not None and role not in RECEIVES_DOCUMENTS:
        yield f".to: {_who(receiver, role)} gets no documents"
    elif receiver.kind is PartyKind.TENANT and receiver == grant.sender:
        yield f".to: {receiver.name} is the sender itself"


def _kind_faults(grant: Grant, tenants: Mapping[str, Tenant], families: set[str]) -> Iterator[str]:
    role = _role_of(grant.sender, tenants)
    if grant.kind is None:
        return
    if grant.kind not in families:
        yield f".kind: no document {grant.kind!r}; there are {', '.join(sorted(families))}"
    elif grant.receiver == GATEWAY and grant.kind in OF_PROCESSES and role not in (None, *PROCESS_SENDERS):
        takers = " or ".join(sorted(PROCESS_SENDERS))
        yield f".kind: the gateway takes {grant.kind} documents of a {takers} only, not of a {role}"


def _repetition(
    grant: Grant, earlier: Sequence[Grant], later: Sequence[Grant], tenants: Mapping[str, Tenant]
) -> Iterator[str]:
    """That another grant allows all of it already; of two that are alike the later one is at fault."""
    for other in (*earlier, *(one for one in later if not grant.covers(one, tenants))):
        if other.covers(grant, tenants):
            name = f"grants.{other.name}" if other not in DEFAULTS else f"the default for {other.sender}"
            yield f": {name} allows all of it already"
            return


def _role_of(party: GrantParty, tenants: Mapping[str, Tenant]) -> TenantRole | None:
    """None: of the gateway, and of a tenant that does not exist."""
    if party.kind is PartyKind.ROLE:
        return TenantRole(party.name)
    tenant = tenants.get(party.name) if party.kind is PartyKind.TENANT else None
    return None if tenant is None else tenant.role


def _who(party: GrantParty, role: TenantRole) -> str:
    return f"the role {role}" if party.kind is PartyKind.ROLE else f"{party.name} is {role} and"
