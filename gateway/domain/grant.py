"""Grants: who may send which kind of document to whom, and who sees that. What no grant allows is refused.

The sender is the tenant of the credential, never a party that a document names. The receiver is the gateway
itself, or the tenant that a route leads to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import Final

from gateway.domain.document import DocumentKind
from gateway.domain.role import HeldRole, TenantRole, like_any
from gateway.domain.tenant import Tenant

GATEWAY_NAME: Final = "gateway"
"""How a configuration names the gateway itself as a receiver."""

OF_PROCESSES: Final = frozenset(kind.value for kind in DocumentKind) - {DocumentKind.ACKNOWLEDGEMENT.value}
"""Families that processes of the gateway work with: bids, schedules, assignments, activations."""

PROCESS_SENDERS: Final = frozenset({TenantRole.PLATFORM, TenantRole.TSO})
"""Whose documents the processes of the gateway work with. No grant adds to them: a document of anybody else
never gets into a market because its sender may send this kind to somebody."""


class PartyKind(StrEnum):
    """What a grant names its sender or receiver by."""

    ROLE = "role"
    TENANT = "tenant"
    GATEWAY = "gateway"
    ANYBODY = "anybody"


@dataclass(frozen=True, slots=True)
class GrantParty:
    """The sender or receiver of a grant.

    Attributes:
        name: of the role or the tenant.
    """

    kind: PartyKind
    name: str = ""

    def __str__(self) -> str:
        match self.kind:
            case PartyKind.ROLE:
                return f"any {self.name}"
            case PartyKind.TENANT:
                return self.name
            case PartyKind.GATEWAY:
                return "the gateway"
            case PartyKind.ANYBODY:
                return "the gateway, and any tenant by a route"

    def stands_for(self, tenant: Tenant) -> bool:
        """Whether a tenant is meant, in some market at least."""
        return self.kind is PartyKind.ANYBODY or self in _named(tenant, tenant.roles)

    def stands_for_in(self, market: str | None, tenant: Tenant) -> bool:
        """Whether a tenant is meant for documents by a route of a market; None: of none."""
        return self.kind is PartyKind.ANYBODY or self in _named(tenant, _roles_in(market, tenant))

    def covers(self, other: "GrantParty", tenants: Mapping[str, Tenant]) -> bool:
        """Whether it stands for everybody that the other stands for."""
        if self == other or self.kind is PartyKind.ANYBODY:
            return True
        if self.kind is not PartyKind.ROLE or other.kind is not PartyKind.TENANT:
            return False
        tenant = tenants.get(other.name)
        return tenant is not None and self in _named(tenant, _roles_in(None, tenant))


class Pattern(StrEnum):
    """How receivers have documents: all their messages go one way."""

    PUSH = "push"
    """By a channel or a webhook."""
    PULL = "pull"
    """Fetched from the outbox."""


GATEWAY: Final = GrantParty(PartyKind.GATEWAY)
ANYBODY: Final = GrantParty(PartyKind.ANYBODY)
"""The gateway, and every tenant that a route leads to."""


def any_of(role: TenantRole) -> GrantParty:
    """Every tenant of a role."""
    return GrantParty(PartyKind.ROLE, role.value)


@dataclass(frozen=True, slots=True)
class Grant:
    """The sender may send documents of this kind to the receiver.

    Attributes:
        kind: family of the documents; None: any.
        processes: process types of the documents, e.g. A47; empty: any, also none.
        markets: names of the markets to which a document's route belongs; empty: any, also none.
        seen_by: who else may read what became of these documents, without values of their content; nobody,
            where it names process types.
        pattern: how the receiver has them; None: as it likes.

    Raises:
        ValueError: anybody as the sender; only receivers are that.
    """

    name: str
    sender: GrantParty
    receiver: GrantParty
    kind: str | None = None
    processes: frozenset[str] = frozenset()
    markets: frozenset[str] = frozenset()
    seen_by: frozenset[GrantParty] = frozenset()
    pattern: Pattern | None = None

    def __post_init__(self) -> None:
        if self.sender == ANYBODY:
            raise ValueError(f"grant {self.name!r} names no sender")

    def allows_process(self, process: str | None) -> bool:
        """Whether it allows documents of a process type; None: of documents without one."""
        return not self.processes or process in self.processes

    def allows_in(self, market: str | None) -> bool:
        """Whether it allows documents by routes of a market; None: by routes of none."""
        return not self.markets or market in self.markets

    def covers(self, other: "Grant", tenants: Mapping[str, Tenant]) -> bool:
        """Whether it allows everything that the other allows."""
        return (
            _covers(self.processes, other.processes)
            and _covers(self.markets, other.markets)
            and self.kind in (None, other.kind)
            and other.seen_by <= self.seen_by
            and other.pattern in (None, self.pattern)
            and self.sender.covers(other.sender, tenants)
            and self.receiver.covers(other.receiver, tenants)
        )


DEFAULT_PREFIX: Final = "default-"
DEFAULTS: Final = (
    Grant(f"{DEFAULT_PREFIX}platform", any_of(TenantRole.PLATFORM), ANYBODY),
    Grant(f"{DEFAULT_PREFIX}tso", any_of(TenantRole.TSO), ANYBODY),
    *(
        Grant(f"{DEFAULT_PREFIX}{role}", any_of(role), ANYBODY, DocumentKind.ACKNOWLEDGEMENT.value)
        for role in (TenantRole.DSO, TenantRole.PROVIDER, TenantRole.METER_OPERATOR)
    ),
)
"""What needs no configuration: platforms and TSOs send any kind; whoever receives documents answers them."""


class Missing(StrEnum):
    """Why no grant allows a document."""

    GRANT = "no grant for this sender, receiver and kind"
    MARKET = "no grant in this market"
    PROCESS = "no grant for this process type"
    PROCESS_SENDER = "processes of the gateway do not take this kind from this sender"


_Key = tuple[GrantParty, GrantParty, str | None]


@dataclass(frozen=True, slots=True)
class Grants:
    """All grants of a gateway: the defaults, and those of the configuration.

    Args:
        configured: grants besides the defaults.
    """

    configured: Sequence[Grant] = ()
    _by_key: Mapping[_Key, Sequence[Grant]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_key: dict[_Key, list[Grant]] = {}
        for grant in self.all:
            by_key.setdefault((grant.sender, grant.receiver, grant.kind), []).append(grant)
        object.__setattr__(self, "_by_key", by_key)

    @property
    def all(self) -> Sequence[Grant]:
        """The defaults first."""
        return (*DEFAULTS, *self.configured)

    def of(
        self,
        kind: str,
        sender: Tenant,
        receiver: Tenant | None,
        process: str | None = None,
        market: str | None = None,
    ) -> Grant | None:
        """The grant that allows a document; None: it may not be sent.

        Args:
            kind: family of the document.
            receiver: the tenant that a route leads to; None: the gateway itself.
            process: its process type, where it has one.
            market: of its route, where it has one.
        """
        if receiver is None and not _processes_take(kind, sender):
            return None
        found = self._candidates(kind, sender, receiver, market)
        return next((one for one in found if one.allows_process(process)), None)

    def missing(
        self,
        kind: str,
        sender: Tenant,
        receiver: Tenant | None,
        process: str | None = None,
        market: str | None = None,
    ) -> Missing | None:
        """Why a document may not be sent (arguments as of `of`); None: it may be."""
        if self.of(kind, sender, receiver, process, market) is not None:
            return None
        if receiver is None and not _processes_take(kind, sender):
            return Missing.PROCESS_SENDER
        if any(self._candidates(kind, sender, receiver, market)):
            return Missing.PROCESS
        return Missing.MARKET if self._allows_elsewhere(kind, sender, receiver) else Missing.GRANT

    def pulls_only(self, receiver: Tenant) -> Grant | None:
        """A grant by which a tenant fetches its messages; None: they may be pushed to it."""
        return next(
            (
                one
                for one in self.configured
                if one.pattern is Pattern.PULL and one.receiver.stands_for(receiver)
            ),
            None,
        )

    def lets_see(self, viewer: Tenant) -> bool:
        """Whether a tenant may see what became of any documents of others by grants."""
        return any(party.stands_for(viewer) for grant in self.configured for party in grant.seen_by)

    def lets_see_of(
        self, viewer: Tenant, kind: str, sender: Tenant, receiver: Tenant | None, market: str | None = None
    ) -> bool:
        """Whether a tenant may see what became of such a document (arguments as of `of`).

        Process types are not stored, so a grant of some of them lets nobody see anything.
        """
        return any(
            party.stands_for(viewer) if receiver is None else party.stands_for_in(market, viewer)
            for grant in self._candidates(kind, sender, receiver, market)
            if not grant.processes
            for party in grant.seen_by
        )

    def can_send(
        self,
        sender: Tenant,
        receiver: Tenant,
        kind: str | None = None,
        process: str | None = None,
        market: str | None = None,
    ) -> bool:
        """Whether any document may be sent by a route from one tenant to another.

        Acknowledgements do not count: they go back the way of the document that they answer, by no route.

        Args:
            kind: family of the documents of the route; None: any.
            process: their process type; None: any.
            market: of the route; None: it belongs to none.
        """
        return any(
            grant.kind != DocumentKind.ACKNOWLEDGEMENT
            and (kind is None or grant.kind in (None, kind))
            and (process is None or grant.allows_process(process))
            and grant.allows_in(market)
            and grant.sender.stands_for_in(market, sender)
            and grant.receiver.stands_for_in(market, receiver)
            for grant in self.all
        )

    def _candidates(
        self, kind: str, sender: Tenant, receiver: Tenant | None, market: str | None
    ) -> Iterator[Grant]:
        """Grants for documents of any process type by routes of a market.

        What is for the gateway itself has no market: gates name who takes part in them.
        """
        senders: Sequence[GrantParty] = _named(sender, sender.roles)
        receivers: Sequence[GrantParty] = (GATEWAY,)
        if receiver is not None:
            senders = _named(sender, _roles_in(market, sender))
            receivers = _named(receiver, _roles_in(market, receiver))
        for key in product(senders, (*receivers, ANYBODY), (kind, None)):
            yield from (grant for grant in self._by_key.get(key, ()) if grant.allows_in(market))

    def _allows_elsewhere(self, kind: str, sender: Tenant, receiver: Tenant | None) -> bool:
        """Whether a grant allows documents in some market, or of none."""
        if receiver is None:
            return False
        senders, receivers = _named(sender, sender.roles), (*_named(receiver, receiver.roles), ANYBODY)
        return any(key in self._by_key for key in product(senders, receivers, (kind, None)))


def _covers(these: frozenset[str], those: frozenset[str]) -> bool:
    """Whether what is limited to `these` allows all that is limited to `those`; empty: no limit."""
    return not these or (bool(those) and those <= these)


def _processes_take(kind: str, sender: Tenant) -> bool:
    return kind not in OF_PROCESSES or sender.is_a(*PROCESS_SENDERS)


def _roles_in(market: str | None, tenant: Tenant) -> tuple[HeldRole, ...]:
    """Roles of a tenant that count for documents by a route of a market; None: of none."""
    return tuple(
        role
        for role in tenant.roles
        if role.markets is None or (market is not None and role.counts_in(market))
    )


def _named(tenant: Tenant, roles: Sequence[HeldRole]) -> tuple[GrantParty, ...]:
    """How grants may name a tenant: by its name, and by any of these roles or one that they are like."""
    names = dict.fromkeys((*(role.name for role in roles), *sorted(like_any(roles))))
    return (
        GrantParty(PartyKind.TENANT, tenant.tenant_id),
        *(GrantParty(PartyKind.ROLE, name) for name in names),
    )
