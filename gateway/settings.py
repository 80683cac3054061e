"""The configuration: one TOML file, read once, checked completely, never changed while running.

Every fault is reported with its place (`tenants.north.role`), and an unknown key is a fault. Paths
are relative to the file. Secrets are never in it: keys are made in the data directory, and of a client's
secret only the hash is stored.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

import esmp
from adapters.channels import ChannelSetting, ChannelTable, checked_channels
from esmp.profiles import Family, UnknownVersion, profile
from esmp.tolerances import TOLERANCES
from gateway.delivery.route_tables import RouteTable, checked_routes
from gateway.domain.bounds import NumberBounds
from gateway.domain.document import DocumentKind
from gateway.domain.grant import Grants
from gateway.domain.party import EIC_SCHEME, CodedId, Role, eic_check_character, is_eic
from gateway.domain.role import HeldRole, TenantRole
from gateway.domain.route import Routes
from gateway.domain.tenant import Tenant
from gateway.formats import Formats, formats_in
from gateway.records.engine.field_policy import DEFAULTS, Days, period_faults
from gateway.records.engine.stores import Place
from gateway.security.clients import Client, Clients, read_public_keys
from gateway.security.grant_tables import GrantTable, checked_grants
from gateway.security.role_tables import KNOWN, RoleTable, checked_roles, held_roles
from gateway.settings_tables import (
    ClientTable,
    ConfigurationFile,
    GatewayTable,
    LimitsTable,
    Party,
    StoreTable,
    TenantTable,
    TokensTable,
    WebhooksTable,
    stores_place,
)

NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""Names of tenants and channels; a tenant's names a file."""

_KINDS: Final = frozenset(kind.value for kind in DocumentKind)
_NAMES: Final = "names are up to 40 small letters, digits and '-'"


class SettingsError(Exception):
    """A configuration that cannot be used; `faults` names each place and what is wrong there.

    Args:
        remark: what is to be known of all of them.
    """

    def __init__(self, file: Path, faults: Sequence[str], remark: str = "") -> None:
        super().__init__(
            "\n".join([*(f"{file}: {fault}" for fault in faults), *([remark] if remark else [])])
        )
        self.faults = tuple(faults)


_TABLES: Final[Mapping[str, type[BaseModel]]] = {
    "gateway": GatewayTable,
    "store": StoreTable,
    "limits": LimitsTable,
    "tokens": TokensTable,
    "webhooks": WebhooksTable,
    "roles": RoleTable,
    "tenants": TenantTable,
    "clients": ClientTable,
    "channels": ChannelTable,
    "routes": RouteTable,
    "grants": GrantTable,
}

FORM_FIRST: Final = "these are faults of form; values are checked when there are none"


@dataclass(frozen=True)
class Settings:
    """The configuration of the gateway.

    Attributes:
        file: where it was read from. Of what changes there, only clients count before the next start.
        retention: for how many days data is stored, by name of the period.
    """

    file: Path
    data: Path
    store: Place
    schemas: Path
    formats: Formats
    host: str
    port: int
    public_url: str
    party: Role
    limits: LimitsTable
    webhooks: WebhooksTable
    token_lifetime: timedelta
    tenants: Mapping[str, Tenant]
    clients: Clients
    channels: tuple[ChannelSetting, ...] = ()
    routes: Routes = field(default_factory=Routes)
    grants: Grants = field(default_factory=Grants)
    roles: Mapping[str, HeldRole] = field(default_factory=lambda: KNOWN)
    retention: Days = field(default_factory=lambda: DEFAULTS)


def read_settings(file: Path) -> Settings:
    """Read and check a configuration.

    Raises:
        SettingsError: it cannot be read, or names every fault it has: first those of form (an unknown
            key, a value of the wrong kind), and where the form is right, all of content at once.
    """
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(file, [error.strerror or "cannot be read"]) from error
    except ValueError as error:
        raise SettingsError(file, [f"not TOML: {error}"]) from error
    try:
        tables = ConfigurationFile.model_validate(content)
    except ValidationError as error:
        # The value itself is left out: it may be a misplaced secret.
        faults = [
            f"{_place(*fault['loc'])}: {_fault_text(fault)}" for fault in error.errors(include_input=False)
        ]
        raise SettingsError(file, faults, FORM_FIRST) from None
    roles, of_roles = checked_roles(tables.roles)
    faults = [*_gateway_faults(tables.gateway), *of_roles]
    tenants: dict[str, Tenant] = {}
    for name, table in tables.tenants.items():
        held, of_held = held_roles(table.role, roles)
        tenants[name] = _tenant(name, table, held)
        faults += [f"tenants.{name}.role: {fault}" for fault in of_held]
        faults += [f"tenants.{name}: it has the name of a role; rename one of them"] * (name in tables.roles)
    faults += [*_tenant_faults(tables.tenants, tenants), *_shared_codes(tables)]
    clients, of_clients = _clients(tables.clients, tenants, file)
    channels, of_channels = checked_channels(tables.channels, tenants, file.parent)
    faults += [*of_clients, *of_channels]
    faults += [f"channels.{name}: {_NAMES}" for name in tables.channels if NAME.fullmatch(name) is None]
    data = file.parent / tables.gateway.data
    store, of_store = stores_place(tables.store, data)
    schemas = data / "schemas" if tables.gateway.schemas is None else file.parent / tables.gateway.schemas
    gateway = Role(_coded(tables.gateway.party), tables.gateway.party_role)
    channels_out = {channel.table.tenant: channel.name for channel in channels if channel.sends}
    formats, of_formats = formats_in(schemas)
    faults += [f"gateway.schemas: {schemas}: {fault}" for fault in of_formats]
    grants, of_grants = checked_grants(tables.grants, tenants, roles, channels_out, formats)
    routes, of_routes = checked_routes(tables.routes, tenants, gateway, formats, grants)
    faults += [*of_store, *of_grants, *of_routes]
    faults += [f"retention.{fault}" for fault in period_faults(tables.retention)]
    retention = {**DEFAULTS, **tables.retention}
    faults += _promises(channels, retention)
    if faults:
        raise SettingsError(file, faults)
    return Settings(
        file=file,
        data=data,
        store=store,
        schemas=schemas,
        formats=formats,
        host=tables.gateway.host,
        port=tables.gateway.port,
        public_url=tables.gateway.public_url or f"http://{tables.gateway.host}:{tables.gateway.port}",
        party=gateway,
        limits=tables.limits,
        webhooks=tables.webhooks,
        token_lifetime=timedelta(seconds=tables.tokens.lifetime_s),
        tenants=MappingProxyType(tenants),
        clients=Clients(clients),
        channels=tuple(channels),
        routes=routes,
        grants=grants,
        roles=roles,
        retention=MappingProxyType(retention),
    )


def key_files(file: Path) -> tuple[Path, ...]:
    """Files of public keys that a configuration names, whatever else is wrong with it."""
    try:
        clients = tomllib.loads(file.read_text("utf-8")).get("clients")
    except (OSError, ValueError):
        return ()
    tables = clients.values() if isinstance(clients, dict) else ()
    named = [table.get("public_keys") for table in tables if isinstance(table, dict)]
    return tuple(file.parent / name for name in named if isinstance(name, str))


def _promises(channels: Sequence[ChannelSetting], retention: Days) -> list[str]:
    """Faults of channels that announce messages to be fetched for longer than they are stored."""
    retained_days = retention["delivered"]
    return [
        f"channels.{channel.name}.options.message_days: {days}, "
        f"but retention.delivered is {retained_days} days"
        for channel in channels
        if (days := getattr(channel.options, "message_days", 0)) > retained_days
    ]


def _place(*parts: object) -> str:
    return ".".join(str(part) for part in parts) or "the file"


def _fault_text(fault: ErrorDetails) -> str:
    """Text of a fault; of an unknown key with similar known ones."""
    if fault["type"] != "extra_forbidden":
        return fault["msg"]
    where, unknown = fault["loc"][:-1], str(fault["loc"][-1])
    table = _TABLES.get(str(where[0]) if where else "", ConfigurationFile)
    known = [field.alias or name for name, field in table.model_fields.items()]
    near = get_close_matches(unknown, known, n=3)
    return "unknown key" + (f"; is it {' or '.join(near)}?" if near else "")


def _coded(party: Party) -> CodedId:
    return CodedId(party.code, party.scheme)


def _tenant(name: str, table: TenantTable, roles: tuple[HeldRole, ...]) -> Tenant:
    within = table.acknowledge_within_s
    return Tenant(
        tenant_id=name,
        roles=roles,
        name=table.name,
        parties=tuple(_coded(party) for party in table.parties),
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


def _gateway_faults(table: GatewayTable) -> list[str]:
    return [*_party_faults("gateway.party", table.party), *_url_faults(table)]


def _party_faults(place: str, party: Party) -> list[str]:
    if party.scheme != EIC_SCHEME or is_eic(party.code):
        return []
    try:
        right = party.code[:15] + eic_check_character(party.code[:15])
    except ValueError:
        return [
            f"{place}.code: {party.code!r} is no EIC (16 of 0-9, A-Z and -); another scheme needs `scheme`"
        ]
    return [f"{place}.code: {party.code!r} is no EIC: with the right check character it is {right!r}"]


def _shared_codes(tables: ConfigurationFile) -> list[str]:
    """A document's sender must identify one tenant, and the gateway is none of them."""
    owner = {_coded(tables.gateway.party): "the gateway itself"}
    faults = []
    for name, table in tables.tenants.items():
        for number, party in enumerate(table.parties):
            if owner.setdefault(_coded(party), f"tenant {name}") != f"tenant {name}":
                other = owner[_coded(party)]
                faults.append(f"tenants.{name}.parties.{number}.code: {party.code!r} is that of {other}")
    return faults


def _url_faults(table: GatewayTable) -> list[str]:
    if table.public_url is None:
        return []
    url = urlsplit(table.public_url)
    if url.scheme in ("http", "https") and url.netloc and not (url.path or url.query or url.fragment):
        return []
    return ["gateway.public_url: scheme and host, as in https://gateway.example.org"]


def _tenant_faults(tables: Mapping[str, TenantTable], tenants: Mapping[str, Tenant]) -> list[str]:
    faults = []
    for name, table in tables.items():
        roles = " and ".join(table.role)
        if NAME.fullmatch(name) is None:
            faults.append(f"tenants.{name}: {_NAMES}")
        for number, party in enumerate(table.parties):
            faults += _party_faults(f"tenants.{name}.parties.{number}", party)
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


def _clients(
    tables: Mapping[str, ClientTable], tenants: Mapping[str, Tenant], file: Path
) -> tuple[list[Client], list[str]]:
    clients: list[Client] = []
    faults: list[str] = []
    for name, table in tables.items():
        if table.tenant not in tenants:
            faults.append(f"clients.{name}.tenant: there is no tenant {table.tenant!r}")
            continue
        try:
            keys = (
                read_public_keys((file.parent / table.public_keys).read_bytes()) if table.public_keys else ()
            )
            clients.append(
                Client(
                    name,
                    tenants[table.tenant],
                    table.secret_hash,
                    keys,
                    table.scopes,
                    table.former_secret_hash,
                    table.former_until,
                )
            )
        except OSError as error:
            faults.append(f"clients.{name}.public_keys: {table.public_keys}: {error.strerror}")
        except ValueError as error:
            faults.append(f"clients.{name}: {error}")
    return clients, faults
