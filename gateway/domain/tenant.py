"""Tenants: one organisation, its store, and its versions. Values, never branches on a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.domain.bounds import DEFAULT_BOUNDS, NumberBounds
from gateway.domain.document import DocumentKind
from gateway.domain.party import CodedId
from gateway.domain.role import HeldRole, TenantRole, like_any


@dataclass(frozen=True, slots=True)
class Tenant:
    """One organisation.

    Attributes:
        tenant_id: short name, letters, digits and `-`; names its tenant store.
        roles: what it is, one or several.
        parties: codes under which it sends documents; a document of any other sender is refused.
        party_role: the ENTSO-E role it is addressed in, e.g. A46.
        codes: name of the code set its documents are checked against; None for the default.
        tolerances: names of known departures from a schema that are forgiven in its documents.
        versions: version in which it receives each kind of document.
        accepts_parts: whether good time series are taken when others of the same document are refused.
        acknowledge_within: how soon after it has a document of ours it acknowledges it; later raises an
            alarm. None: no alarm.
        bounds: how large numbers in its documents may be.
        webhook_hosts: hosts that may receive its results; pushes to any other are refused.
        passes_unchecked: whether, as a grid operator, it agreed that bids which its grids cannot limit (no
            usable model, a link or price that cannot be decided) are passed on as offered and marked as
            unchecked; otherwise they are withheld.
        merit_order_lists: whether it is sent these as documents, for they can be large; None: a platform is.
            Only platforms, and TSOs of complete gates, can be.
    """

    tenant_id: str
    roles: tuple[HeldRole, ...]
    name: str
    parties: tuple[CodedId, ...] = ()
    party_role: str | None = None
    codes: str | None = None
    tolerances: tuple[str, ...] = ()
    versions: Mapping[DocumentKind, str] = field(default_factory=dict)
    accepts_parts: bool = True
    webhook_hosts: tuple[str, ...] = ()
    acknowledge_within: timedelta | None = None
    bounds: NumberBounds = DEFAULT_BOUNDS
    passes_unchecked: bool = False
    merit_order_lists: bool | None = None
    _like: frozenset[TenantRole] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_like", like_any(self.roles))

    def is_a(self, *roles: TenantRole) -> bool:
        """Whether it has one of these roles, or one that is like them, in a market at least."""
        return not self._like.isdisjoint(roles)

    def is_everywhere_a(self, *roles: TenantRole) -> bool:
        """Whether it has one of these roles in every market, and so for what belongs to no market."""
        return any(role.markets is None and not role.like.isdisjoint(roles) for role in self.roles)

    def is_in(self, market: str, *roles: TenantRole) -> bool:
        """Whether it has one of these roles in the gates of a market."""
        return any(role.counts_in(market) and not role.like.isdisjoint(roles) for role in self.roles)

    @property
    def like(self) -> frozenset[TenantRole]:
        """Every role that it has, or that one of its roles is like."""
        return self._like

    @property
    def role_names(self) -> tuple[str, ...]:
        """Its roles as the configuration names them."""
        return tuple(role.name for role in self.roles)

    @property
    def withheld(self) -> frozenset[str]:
        """Keys of the operations that it may not do, whatever its roles are."""
        return frozenset[str]().union(*(role.without for role in self.roles))

    def takes_lists(self, role: TenantRole) -> bool:
        """Whether merit order lists are sent to it as documents, in one of its roles."""
        if self.merit_order_lists is None:
            return role is TenantRole.PLATFORM
        return self.merit_order_lists and role in (TenantRole.PLATFORM, TenantRole.TSO)
