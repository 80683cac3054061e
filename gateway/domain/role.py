"""Roles: what an organisation is to the gateway, and so what it may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class TenantRole(StrEnum):
    """Roles that the gateway knows. A market adds its own, each like some of these (`HeldRole`)."""

    PLATFORM = "platform"
    DSO = "dso"
    TSO = "tso"
    PROVIDER = "provider"
    METER_OPERATOR = "meter-operator"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"


OVERSEERS = frozenset({TenantRole.OPERATOR, TenantRole.AUDITOR, TenantRole.INTEGRATOR})
"""Roles that see what belongs to others, and send and receive no documents themselves. Whoever has one has no
other: nobody takes part in a market and oversees it."""


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role of a tenant.

    Attributes:
        like: roles that it counts as; of a role that the gateway knows, itself.
        markets: names of the markets in whose gates it counts; None: any, and what belongs to no market.
        without: keys of the operations (`gateway.security.permissions`) that nobody with it may do, whatever
            else they are.
    """

    name: str
    like: frozenset[TenantRole]
    markets: frozenset[str] | None = None
    without: frozenset[str] = frozenset()

    def counts_in(self, market: str) -> bool:
        """Whether it counts in the gates of a market."""
        return self.markets is None or market in self.markets

    @classmethod
    def known(cls, role: TenantRole) -> Self:
        """A role that the gateway knows."""
        return cls(role.value, frozenset({role}))


def held(*roles: TenantRole) -> tuple[HeldRole, ...]:
    """Roles that the gateway knows, as a tenant has them."""
    return tuple(map(HeldRole.known, roles))


def like_any(roles: Iterable[HeldRole]) -> frozenset[TenantRole]:
    """Every role that some of these count as."""
    return frozenset[TenantRole]().union(*(role.like for role in roles))
