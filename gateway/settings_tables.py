"""The tables of the configuration, one model each: names, forms and bounds of what an operator may write."""

from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from adapters.channels import ChannelTable
from adapters.kit.http.connection import Bounds
from gateway.delivery.route_tables import RouteTable
from gateway.domain.bounds import DEFAULT_BOUNDS, LOOSEST
from gateway.extras import how_to_install
from gateway.intake.service.pool import BUDGET_S
from gateway.records.engine.postgresql.place import PostgresqlPlace, StoreAddressError
from gateway.records.engine.stores import Place
from gateway.security.grant_tables import GrantTable
from gateway.security.permissions import Scope
from gateway.security.role_tables import RoleTable
from gateway.security.tokens import LONGEST_LIFETIME


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Party(_Table):
    """A code and the coding scheme it belongs to (A01 EIC, A10 GS1, national ones)."""

    code: str = Field(min_length=1, max_length=16)
    scheme: str = "A01"


class GatewayTable(_Table):
    """Where the gateway runs and who it is."""

    party: Party
    party_role: str = "A04"
    data: str = "data"
    schemas: str | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8480
    public_url: str | None = None


class StoreTable(_Table):
    """Where records are, other than in files of the data directory."""

    url: str | None = None


class LimitsTable(_Table):
    """Bounds that stop one caller from using all resources; published at `/v1/limits`."""

    body_bytes: Annotated[int, Field(ge=1024, le=256 * 2**20)] = 64 * 2**20
    waiting_documents: Annotated[int, Field(ge=1, le=100_000)] = 1000
    document_workers: Annotated[int, Field(ge=1, le=64)] = 2
    document_processes: Annotated[int, Field(ge=0, le=64)] = 1
    document_seconds: Annotated[float, Field(ge=1, le=600)] = BUDGET_S
    header_bytes: Annotated[int, Field(ge=4096, le=2**20)] = 32 * 2**10
    header_s: Annotated[int, Field(ge=1, le=120)] = 10
    connections: Annotated[int, Field(ge=1)] = 1000
    connections_per_peer: Annotated[int, Field(ge=1)] = 256

    @property
    def of_connections(self) -> Bounds:
        """Those that the server enforces."""
        return Bounds(self.header_bytes, self.header_s, self.connections_per_peer, self.connections)


class TokensTable(_Table):
    """How long access tokens live."""

    lifetime_s: Annotated[int, Field(ge=10, le=int(LONGEST_LIFETIME.total_seconds()))] = 900


class WebhooksTable(_Table):
    """How messages are pushed. Private addresses are for trying things out on one machine."""

    private_addresses: bool = False
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0


class BoundsTable(_Table):
    """How far from 0 the numbers of a tenant may go (see `gateway.domain.bounds`)."""

    power_mw: Annotated[float, Field(gt=0, le=LOOSEST.power_mw)] = DEFAULT_BOUNDS.power_mw
    energy_price: Annotated[float, Field(gt=0, le=LOOSEST.energy_price)] = DEFAULT_BOUNDS.energy_price
    capacity_price: Annotated[float, Field(gt=0, le=LOOSEST.capacity_price)] = DEFAULT_BOUNDS.capacity_price
    flow_mw: Annotated[float, Field(gt=0, le=LOOSEST.flow_mw)] = DEFAULT_BOUNDS.flow_mw


def _several(role: object) -> object:
    """One role may stand without brackets."""
    return (role,) if isinstance(role, str) else role


class TenantTable(_Table):
    """One organisation (see `gateway.domain.tenant`)."""

    role: Annotated[tuple[str, ...], BeforeValidator(_several), Field(strict=False)]
    name: str
    parties: tuple[Party, ...] = Field(default=(), strict=False)
    party_role: str | None = None
    codes: str | None = None
    tolerances: tuple[str, ...] = Field(default=(), strict=False)
    versions: dict[str, str] = {}
    accepts_parts: bool = True
    webhook_hosts: tuple[str, ...] = Field(default=(), strict=False)
    acknowledge_within_s: Annotated[int, Field(ge=1, le=7 * 86_400)] | None = None
    bounds: BoundsTable = BoundsTable()
    passes_unchecked: bool = False
    merit_order_lists: bool | None = None


class ClientTable(_Table):
    """One machine of a tenant; `public_keys` is the path of a JWK set (see `gateway.security.clients`)."""

    tenant: str
    secret_hash: str | None = None
    former_secret_hash: str | None = None
    former_until: datetime | None = None
    public_keys: str | None = None
    scopes: frozenset[Annotated[Scope, Field(strict=False)]] | None = Field(default=None, strict=False)


class ConfigurationFile(_Table):
    """All tables."""

    gateway: GatewayTable
    store: StoreTable = StoreTable()
    limits: LimitsTable = LimitsTable()
    tokens: TokensTable = TokensTable()
    webhooks: WebhooksTable = WebhooksTable()
    retention: dict[str, int] = {}
    roles: dict[str, RoleTable] = {}
    tenants: dict[str, TenantTable]
    clients: dict[str, ClientTable]
    channels: dict[str, ChannelTable] = {}
    routes: dict[str, RouteTable] = {}
    grants: dict[str, GrantTable] = {}


def stores_place(table: StoreTable, data: Path) -> tuple[Place, list[str]]:
    """Where the stores are, and faults of that."""
    if table.url is None:
        return data / "stores", []
    if find_spec("psycopg") is None:
        return data, [f"store.url: PostgreSQL needs an extra: {how_to_install(['postgresql'])}"]
    try:
        return PostgresqlPlace(table.url), []
    except StoreAddressError as error:
        return data, [f"store.url: {error}"]
