"""Tenants as the configuration writes them, checked before anything starts."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import esmp
from esmp.profiles import Family, UnknownVersion, profile
from esmp.tolerances import TOLERANCES
from gateway.domain.bounds import NumberBounds
from gateway.domain.document import DocumentKind
from gateway.domain.grant import GATEWAY_NAME
from gateway.domain.party import EIC_SCHEME, CodedId, eic_check_character, is_eic
from gateway.domain.role import HeldRole, TenantRole
from gateway.domain.tenant import Tenant
from gateway.security.role_tables import held_roles
from gateway.settings_tables import ConfigurationFile, Party, TenantTable

NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""Names of tenants and channels; a tenant's names a file."""

NAME_FORM: Final = "names are up to 40 small letters, digits and '-'"

_KINDS: Final = frozenset(kind.value for kind in DocumentKind)


def checked_tenants(
    tables: ConfigurationFile, roles: Mapping[str, HeldRole]
) -> tuple[dict[str, Tenant], list[str]]:
    """All tenants, and every fault of them with its place.

    Args:
        roles: all of them, by name.
    """
    faults: list[str] = []
    tenants: dict[str, Tenant] = {}
    for name, table in tables.tenants.items():
        held, of_held = held_roles(table.role, roles)
        tenants[name] = _tenant(name, table, held)
        faults += [f"tenants.{name}.role: {fault}" for fault in of_held]
        faults += [f"tenants.{name}: it has the name of a role; rename one of them"] * (name in tables.roles)
        faults += [f"tenants.{name}: this is the gateway itself in grants"] * (name == GATEWAY_NAME)
    return tenants, [*faults, *_tenant_faults(tables.tenants, tenants), *_shared_codes(tables)]


def coded(party: Party) -> CodedId:
    """The code of a party."""
    return CodedId(party.code, party.scheme)


def _tenant(name: str, table: TenantTable, roles: tuple[HeldRole, ...]) -> Tenant:
    within = table.acknowledge_within_s
    return Tenant(
        tenant_id=name,
        roles=roles,
        name=table.name,
        parties=tuple(coded(party) for party in table.parties),
        party_role=table.party_role,
        codes=table.codes,
        tolerances=table.tolerances,
        versions={DocumentKind(kind): version for kind, version in table.versions.items() if kind in _KINDS},
        accepts_parts=table.accepts_parts,
        webhook_hosts=tuple(host.lower() for host in table.webhook_hosts),
        acknowledge_within=None if within is None else timedelta(seconds=within),
        bounds=NumberBounds(**table.bounds.model_dump()),
        passes_unchecked=table.passes_unchecked,
        merit_order_lists=table.merit_order_lists,
    )


def party_faults(place: str, party: Party) -> list[str]:
    """What is wrong with the code of a party at a place."""
    if party.scheme != EIC_SCHEME or is_eic(party.code):
        return []
    try:
        right = party.code[:15] + eic_check_character(party.code[:15])
    except ValueError:
        return [
            f"{place}.code: {party.code!r} is no EIC (16 of 0-9, A-Z and -); another scheme needs `scheme`"
        ]
    if right == party.code:
        return [f"{place}.code: {party.code!r} is no EIC: '-' is no check character; choose another code"]
    return [f"{place}.code: {party.code!r} is no EIC: with the right check character it is {right!r}"]


def _shared_codes(tables: ConfigurationFile) -> list[str]:
    """A document's sender must identify one tenant, and the gateway is none of them."""
    owner = {coded(tables.gateway.party): "the gateway itself"}
    faults = []
    for name, table in tables.tenants.items():
        for number, party in enumerate(table.parties):
            if owner.setdefault(coded(party), f"tenant {name}") != f"tenant {name}":
                other = owner[coded(party)]
                faults.append(f"tenants.{name}.parties.{number}.code: {party.code!r} is that of {other}")
    return faults


def _tenant_faults(tables: Mapping[str, TenantTable], tenants: Mapping[str, Tenant]) -> list[str]:
    faults = []
    for name, table in tables.items():
        roles = " and ".join(table.role)
        if NAME.fullmatch(name) is None:
            faults.append(f"tenants.{name}: {NAME_FORM}")
        for number, party in enumerate(table.parties):
            faults += party_faults(f"tenants.{name}.parties.{number}", party)
        if table.codes is not None and table.codes not in esmp.code_set_names():
            known = ", ".join(sorted(esmp.code_set_names()))
            faults.append(f"tenants.{name}.codes: no code set {table.codes!r}; there are {known}")
        faults += [
            f"tenants.{name}.tolerances: no tolerance {unknown!r}; there are {', '.join(TOLERANCES)}"
            for unknown in table.tolerances
            if unknown not in TOLERANCES
        ]
        if table.passes_unchecked and not tenants[name].is_a(TenantRole.DSO, TenantRole.TSO):
            faults.append(f"tenants.{name}.passes_unchecked: a grid operator agrees to it, not a {roles}")
        if table.merit_order_lists and not tenants[name].is_a(TenantRole.PLATFORM, TenantRole.TSO):
            faults.append(f"tenants.{name}.merit_order_lists: a {roles} sees no lists")
        for kind, version in table.versions.items():
            try:
                profile(Family(DocumentKind(kind)), version)
            except ValueError:
                known = ", ".join(DocumentKind)
                faults.append(f"tenants.{name}.versions.{kind}: no such document; there are {known}")
            except UnknownVersion as error:
                faults.append(f"tenants.{name}.versions.{kind}: {error}")
    return faults
