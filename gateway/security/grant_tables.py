"""Grants as the configuration writes them, checked before anything starts.

[grants.needs-of-dsos]
from = "dso"
to = "north"
kind = "FlexibilityRequest"
seen_by = ["tso"]
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.grant import (
    DEFAULT_PREFIX,
    DEFAULTS,
    GATEWAY,
    GATEWAY_NAME,
    OF_PROCESSES,
    PROCESS_SENDERS,
    Grant,
    GrantParty,
    Grants,
    PartyKind,
    Pattern,
)
from gateway.domain.role import HeldRole, like_any
from gateway.domain.tenant import Tenant
from gateway.formats import Formats
from gateway.security.permissions import Operation, operations_of_roles

_Some = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
"""An empty list is a fault: it would be taken for no limit."""

_PREFIXES: Final = {"role": PartyKind.ROLE, "tenant": PartyKind.TENANT}


class GrantTable(BaseModel):
    """A grant (see `gateway.domain.grant`); `from`, `to` and `seen_by` name roles or tenants.

    `role:tso` and `tenant:tso` say which is meant where a role and a tenant have the same name.

    What `kind`, `process` and `markets` leave out may be anything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sender: str = Field(alias="from")
    to: str
    kind: str | None = None
    process: _Some = ()
    markets: _Some = ()
    seen_by: _Some = ()
    by: Annotated[Pattern, Field(strict=False)] | None = None

    def grant(self, name: str, roles: Collection[str]) -> Grant:
        """The grant."""
        sender, receiver = _party(self.sender, roles), _party(self.to, roles)
        seen_by = frozenset(_party(one, roles) for one in self.seen_by)
        processes, markets = frozenset(self.process), frozenset(self.markets)
        return Grant(name, sender, receiver, self.kind, processes, markets, seen_by, self.by)


def checked_grants(
    tables: Mapping[str, GrantTable],
    tenants: Mapping[str, Tenant],
    roles: Mapping[str, HeldRole],
    channels_out: Mapping[str, str],
    formats: Formats,
) -> tuple[Grants, list[str]]:
    """All grants, and every fault of those of the configuration with its place.

    Args:
        roles: all of them, by name.
        channels_out: of tenants whose messages leave by a channel, its name.
        formats: the documents that are known.
    """
    if not tables:
        return Grants(), []
    grants = Grants(tuple(table.grant(name, roles) for name, table in tables.items()))
    known = _Known(tenants, roles, channels_out)
    families = set(formats.versions())
    faults = []
    for number, grant in enumerate(grants.configured):
        earlier = (*DEFAULTS, *grants.configured[:number])
        later = grants.configured[number + 1 :]
        found = [*_unclear_names(tables[grant.name], known)]
        if grant.name.startswith(DEFAULT_PREFIX):
            found.append(f": names that begin with {DEFAULT_PREFIX!r} are those of the defaults")
        found += [*_sender_faults(grant, known), *_receiver_faults(grant, known)]
        found += _kind_faults(grant, known, families)
        found += _viewer_faults(grant, known)
        found += _pattern_faults(grant, grants.configured[:number], known)
        found += _repetition(grant, earlier, later, tenants)
        faults += [f"grants.{grant.name}{fault}" for fault in found]
    return grants, faults


@dataclass(frozen=True, slots=True)
class _Known:
    """Who and what grants may name."""

    tenants: Mapping[str, Tenant]
    roles: Mapping[str, HeldRole]
    channels_out: Mapping[str, str]

    def held_by(self, party: GrantParty) -> tuple[HeldRole, ...]:
        """The roles that a grant means by a party; none: of the gateway, and of what does not exist."""
        if party.kind is PartyKind.ROLE:
            return (self.roles[party.name],) if party.name in self.roles else ()
        tenant = self.tenants.get(party.name) if party.kind is PartyKind.TENANT else None
        return () if tenant is None else tenant.roles

    def may(self, party: GrantParty, operation: Operation) -> bool:
        """Whether it may do an operation; what does not exist is no second fault."""
        held = self.held_by(party)
        return not held or operation in operations_of_roles(held)

    def who(self, party: GrantParty) -> str:
        """The party as the subject of a sentence."""
        names = " and ".join(role.name for role in self.held_by(party))
        return f"the role {names}" if party.kind is PartyKind.ROLE else f"{party.name} is {names} and"


def _party(name: str, roles: Collection[str]) -> GrantParty:
    """What a name in the configuration stands for: without a prefix a role before a tenant, which
    `_unclear_names` reports where it is not the same."""
    if name == GATEWAY_NAME:
        return GATEWAY
    prefix, _, rest = name.partition(":")
    if rest and prefix in _PREFIXES:
        return GrantParty(_PREFIXES[prefix], rest)
    return GrantParty(PartyKind.ROLE if name in roles else PartyKind.TENANT, name)


def _name_faults(party: GrantParty, known: _Known) -> Iterator[str]:
    """Faults of a name that stands for nobody."""
    tenants, roles = ", ".join(known.tenants), ", ".join(known.roles)
    if party.kind is PartyKind.TENANT and party.name not in known.tenants:
        yield f"there is no tenant {party.name!r}; tenants are {tenants}, and roles {roles}"
    elif party.kind is PartyKind.ROLE and party.name not in known.roles:
        yield f"there is no role {party.name!r}; roles are {roles}"


def _unclear_names(table: GrantTable, known: _Known) -> Iterator[str]:
    """Names without a prefix that are of a role and of a tenant, where it makes a difference."""
    for key, names in (("from", [table.sender]), ("to", [table.to]), ("seen_by", table.seen_by)):
        for name in names:
            if name not in known.roles or name not in known.tenants:
                continue
            role = GrantParty(PartyKind.ROLE, name)
            if [one for one, tenant in known.tenants.items() if role.stands_for(tenant)] != [name]:
                yield f".{key}: {name!r} is a role and a tenant; write 'role:{name}' or 'tenant:{name}'"


def _sender_faults(grant: Grant, known: _Known) -> Iterator[str]:
    sender = grant.sender
    if sender == GATEWAY:
        yield ".from: the gateway itself needs no grant"
        return
    yield from (f".from: {fault}" for fault in _name_faults(sender, known))
    tenant = known.tenants.get(sender.name) if sender.kind is PartyKind.TENANT else None
    if not known.may(sender, Operation.SUBMIT_DOCUMENT):
        yield f".from: {known.who(sender)} sends no documents"
    elif tenant is not None and not tenant.parties:
        yield f".from: {sender.name} has no parties, so nothing ever comes from it"


def _receiver_faults(grant: Grant, known: _Known) -> Iterator[str]:
    receiver = grant.receiver
    yield from (f".to: {fault}" for fault in _name_faults(receiver, known))
    if not known.may(receiver, Operation.READ_OUTBOX):
        yield f".to: {known.who(receiver)} gets no documents"
    elif receiver == GATEWAY and grant.markets:
        yield ".markets: gates name who takes part in them; a grant to the gateway is for any market"
    elif receiver.kind is PartyKind.TENANT and receiver == grant.sender:
        yield f".to: {receiver.name} is the sender itself"


def _kind_faults(grant: Grant, known: _Known, families: set[str]) -> Iterator[str]:
    held = known.held_by(grant.sender)
    if grant.kind is None:
        return
    if grant.kind not in families:
        yield f".kind: no document {grant.kind!r}; there are {', '.join(sorted(families))}"
    elif grant.receiver == GATEWAY and grant.kind in OF_PROCESSES and held:
        takers = " or ".join(sorted(PROCESS_SENDERS))
        names = " and ".join(role.name for role in held)
        if not like_any(held) & PROCESS_SENDERS:
            yield f".kind: the gateway takes {grant.kind} documents of a {takers} only, not of a {names}"


def _viewer_faults(grant: Grant, known: _Known) -> Iterator[str]:
    if grant.seen_by and grant.processes:
        yield ".seen_by: what became of documents is not kept by process type; leave out process, or this"
    for viewer in sorted(grant.seen_by, key=lambda party: party.name):
        if viewer == GATEWAY:
            yield ".seen_by: the gateway itself sees what it forwards"
            continue
        yield from (f".seen_by: {fault}" for fault in _name_faults(viewer, known))
        if not known.may(viewer, Operation.READ_DOCUMENT):
            yield f".seen_by: {known.who(viewer)} may not {Operation.READ_DOCUMENT}"


def _pattern_faults(grant: Grant, earlier: Sequence[Grant], known: _Known) -> Iterator[str]:
    """That receivers cannot have documents as the grant says."""
    if grant.pattern is None:
        return
    if grant.receiver == GATEWAY:
        yield ".by: the gateway takes documents as its channels and interfaces bring them"
        return
    for name, tenant in known.tenants.items():
        if not grant.receiver.stands_for(tenant):
            continue
        channel = known.channels_out.get(name)
        if grant.pattern is Pattern.PULL and channel is not None:
            yield f".by: {name} cannot fetch its messages, which leave by channels.{channel}"
        elif grant.pattern is Pattern.PUSH and channel is None and not tenant.webhook_hosts:
            yield f".by: nothing is pushed to {name}: it has no channel out, and no webhook_hosts"
        for other in earlier:
            if other.pattern not in (None, grant.pattern) and other.receiver.stands_for(tenant):
                yield f".by: grants.{other.name} lets {name} have documents by {other.pattern} only"


def _repetition(
    grant: Grant, earlier: Sequence[Grant], later: Sequence[Grant], tenants: Mapping[str, Tenant]
) -> Iterator[str]:
    """That another grant allows all of it already; of two that are alike the later one is at fault."""
    for other in (*earlier, *(one for one in later if not grant.covers(one, tenants))):
        if other.covers(grant, tenants):
            name = f"grants.{other.name}" if other not in DEFAULTS else f"the default for {other.sender}"
            yield f": {name} allows all of it already"
            return
