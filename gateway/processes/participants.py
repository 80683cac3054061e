"""Who may see what of a gate."""

from typing import Final

from gateway.domain.gate import Gate
from gateway.domain.role import TenantRole
from gateway.domain.tenant import Tenant
from gateway.records.market.gates import Viewer

GRID_OPERATORS: Final = (TenantRole.DSO, TenantRole.TSO)
_OVERSEEING: Final = (TenantRole.OPERATOR, TenantRole.AUDITOR)


def sees_all(tenant: Tenant, gate: Gate) -> bool:
    """Whether a tenant may see everything of a gate: its TSOs, and who operates or audits its market."""
    return oversees(tenant, gate) or (
        tenant.tenant_id in gate.system_operators and tenant.is_in(gate.market, TenantRole.TSO)
    )


def oversees(tenant: Tenant, gate: Gate) -> bool:
    """Whether a tenant operates or audits the market of a gate."""
    return tenant.is_in(gate.market, *_OVERSEEING)


def takes_part(tenant: Tenant, gate: Gate) -> bool:
    """Whether a gate is a tenant's business at all."""
    return (
        sees_all(tenant, gate)
        or (tenant.tenant_id in gate.platforms and tenant.is_in(gate.market, TenantRole.PLATFORM))
        or (tenant.tenant_id in gate.grid_operators and tenant.is_in(gate.market, *GRID_OPERATORS))
    )


def viewer(tenant: Tenant) -> Viewer:
    """How a tenant looks for gates: it finds no others than those in which it takes part."""
    overseen = [role.markets for role in tenant.roles if not role.like.isdisjoint(_OVERSEEING)]
    markets = [names for names in overseen if names is not None]
    everywhere = len(markets) < len(overseen)
    return Viewer(tenant.tenant_id, None if everywhere else frozenset[str]().union(*markets))


def seen_names(names: tuple[str, ...], tenant: Tenant, gate: Gate) -> tuple[str, ...]:
    """Of participants of a gate those that a tenant may know: itself, or all where it sees everything of the
    gate."""
    return names if sees_all(tenant, gate) else tuple(name for name in names if name == tenant.tenant_id)
