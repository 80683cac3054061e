"""Who may see what of a gate."""

from typing import Final

from gateway.domain.gate import Gate
from gateway.domain.role import TenantRole
from gateway.domain.tenant import Tenant

GRID_OPERATORS: Final = (TenantRole.DSO, TenantRole.TSO)


def sees_all(tenant: Tenant, gate: Gate) -> bool:
    """Whether a tenant may see everything of a gate: its TSOs, and who operates or audits its market."""
    return oversees(tenant, gate) or (
        tenant.tenant_id in gate.system_operators and tenant.is_in(gate.market, TenantRole.TSO)
    )


def oversees(tenant: Tenant, gate: Gate) -> bool:
    """Whether a tenant operates or audits the market of a gate."""
    return tenant.is_in(gate.market, TenantRole.OPERATOR, TenantRole.AUDITOR)


def takes_part(tenant: Tenant, gate: Gate) -> bool:
    """Whether a gate is a tenant's business at all."""
    return (
        sees_all(tenant, gate)
        or (tenant.tenant_id in gate.platforms and tenant.is_in(gate.market, TenantRole.PLATFORM))
        or (tenant.tenant_id in gate.grid_operators and tenant.is_in(gate.market, *GRID_OPERATORS))
    )


def seen_names(names: tuple[str, ...], tenant: Tenant, gate: Gate) -> tuple[str, ...]:
    """Of participants of a gate those that a tenant may know: itself, or all where it sees everything of the
    gate."""
    return names if sees_all(tenant, gate) else tuple(name for name in names if name == tenant.tenant_id)
