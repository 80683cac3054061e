"""The configuration: one TOML file, read once, checked completely, never changed while running.

Every fault is reported with its place (`tenants.north.role`), and an unknown key is a fault. Paths
are relative to the file. Secrets are never in it: keys are made in the data directory, and of a client's
secret only the hash is stored.
"""

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

from adapters.channels import ChannelSetting, ChannelTable, checked_channels
from gateway.delivery.route_tables import RouteTable, checked_routes
from gateway.domain.grant import Grants
from gateway.domain.party import Role
from gateway.domain.role import HeldRole
from gateway.domain.route import Routes
from gateway.domain.tenant import Tenant
from gateway.formats import Formats, formats_in
from gateway.records.engine.field_policy import DEFAULTS, Days, period_faults
from gateway.records.engine.stores import Place
from gateway.security.clients import Client, Clients, read_public_keys
from gateway.security.grant_tables import GrantTable, checked_grants
from gateway.security.permissions import scopes_of
from gateway.security.role_tables import KNOWN, RoleTable, checked_roles
from gateway.settings_tables import (
    ClientTable,
    ConfigurationFile,
    GatewayTable,
    LimitsTable,
    StoreTable,
    TenantTable,
    TokensTable,
    WebhooksTable,
    stores_place,
)
from gateway.tenant_settings import NAME, NAME_FORM, checked_tenants, coded, party_faults


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
    tenants, of_tenants = checked_tenants(tables, roles)
    faults += of_tenants
    clients, of_clients = _clients(tables.clients, tenants, file)
    channels, of_channels = checked_channels(tables.channels, tenants, file.parent)
    faults += [*of_clients, *of_channels]
    faults += [f"channels.{name}: {NAME_FORM}" for name in tables.channels if NAME.fullmatch(name) is None]
    data = file.parent / tables.gateway.data
    store, of_store = stores_place(tables.store, data)
    schemas = data / "schemas" if tables.gateway.schemas is None else file.parent / tables.gateway.schemas
    gateway = Role(coded(tables.gateway.party), tables.gateway.party_role)
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


def _gateway_faults(table: GatewayTable) -> list[str]:
    return [*party_faults("gateway.party", table.party), *_url_faults(table)]


def _url_faults(table: GatewayTable) -> list[str]:
    if table.public_url is None:
        return []
    url = urlsplit(table.public_url)
    if url.scheme in ("http", "https") and url.netloc and not (url.path or url.query or url.fragment):
        return []
    return ["gateway.public_url: scheme and host, as in https://gateway.example.org"]


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
            useless = (table.scopes or frozenset()) - scopes_of(tenants[table.tenant])
            faults += [f"clients.{name}.scopes: {one} is of no use to its tenant" for one in sorted(useless)]
        except OSError as error:
            faults.append(f"clients.{name}.public_keys: {table.public_keys}: {error.strerror}")
        except ValueError as error:
            faults.append(f"clients.{name}: {error}")
    return clients, faults
