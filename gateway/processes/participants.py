"""Who may see what of a gate."""

from gateway.domain.gate import Gate
from gateway.domain.tenant import Tenant, TenantRole


def sees_all(tenant: Tenant, gate: Gate) -> bool:
    """Whether a tenant may see everything of a gate: its TSOs and the operator may."""
    return tenant.role is TenantRole.OPERATOR or tenant.tenant_id in gate.system_operators


def takes_part(tenant: Tenant, gate: Gate) -> bool:
    """Whether a gate is a tenant's business at all."""
    return sees_all(tenant, gate) or tenant.tenant_id in (*gate.platforms, *gate.grid_operators)


def seen_names(names: tuple[str, ...], tenant: Tenant, gate: Gate) -> tuple[str, ...]:
    """Of participants of a gate those that a tenant may know: itself, or all where it sees everything of the
    gate."""
    return names if sees_all(tenant, gate) else tuple(name for name in names if name == tenant.tenant_id)
