"""Who calls: two parties of each role, one on each side; each side is a market with a gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.domain.party import CodedId, eic_check_character
from gateway.domain.role import HeldRole, TenantRole, held
from gateway.domain.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Planted:
    """What is found in no answer to whom it does not concern."""

    code: str
    bid: str
    quantity: float
    price: float
    webhook: str


@dataclass(frozen=True, slots=True)
class Side:
    """One market, and who takes part in it."""

    market: str
    platform: str
    dso: str
    tso: str
    others: tuple[str, ...]
    """More platforms, TSOs and grid operators of its gate."""

    @property
    def gate_id(self) -> str:
        """Its published gate."""
        return f"{self.market}-published"


A: Final = Side("alpha", "platform-a", "dso-a", "tso-a", ("platform-c", "tso-c", "both-a"))
B: Final = Side("beta", "platform-b", "dso-b", "tso-b", ())
SIDES: Final = (A, B)


def other(side: Side) -> Side:
    """The other one."""
    return B if side is A else A


OPERATOR, AUDITOR, INTEGRATOR = "operator-0", "auditor-0", "integrator-0"
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "platform": ("platform-a", "platform-b", "platform-c"),
    "dso": ("dso-a", "dso-b"),
    "tso": ("tso-a", "tso-b", "tso-c"),
    "provider": ("provider-a", "provider-b"),
    "meter-operator": ("meters-a", "meters-b"),
    "both": ("both-a",),
    "operator": (OPERATOR,),
    "auditor": (AUDITOR,),
    "integrator": (INTEGRATOR,),
    "desk": ("desk-a", "desk-b"),
    "desk-auditor": ("audit-a",),
    "nobody": ("",),
}
"""Callers by column of the table; all of a column get the same answers. `both` is a DSO and a provider, a
desk operates one market, its auditor audits one, and nobody has no token."""

ALL: Final = tuple(name for names in COLUMNS.values() for name in names if name)
EXCHANGING: Final = tuple(
    name
    for column in ("platform", "dso", "tso", "provider", "meter-operator", "both")
    for name in COLUMNS[column]
)
EVERYWHERE: Final = (OPERATOR, AUDITOR, INTEGRATOR)


def side_of(caller: str) -> Side:
    """The side of a caller; who is on none has its own objects on the first."""
    return B if caller.endswith("-b") else A


def column_of(caller: str) -> str:
    """The column of a caller."""
    return next(column for column, names in COLUMNS.items() if caller in names)


def _roles(name: str) -> tuple[HeldRole, ...]:
    markets = frozenset({side_of(name).market})
    match column_of(name):
        case "both":
            return held(TenantRole.DSO, TenantRole.PROVIDER)
        case "desk":
            return (HeldRole(f"role-of-{name}", frozenset({TenantRole.OPERATOR}), markets),)
        case "desk-auditor":
            return (HeldRole(f"role-of-{name}", frozenset({TenantRole.AUDITOR}), markets),)
        case known:
            return held(TenantRole(known))


def code(number: int) -> str:
    """The party code of a tenant, or of whom a route leads to one."""
    first = f"11XTEST-P{number:02}".ljust(15, "-")
    return first + eic_check_character(first)


PLANTED: Final[Mapping[str, Planted]] = {
    name: Planted(
        code=code(number),
        bid=f"BID{number:02}",
        quantity=round(10 + 1.03 * number, 2),
        price=round(40 + 1.07 * number, 2),
        webhook=f"https://{name}.example/in",
    )
    for number, name in enumerate(ALL, 1)
}
"""By tenant. Names, codes and numbers occur nowhere else, and none is a part of another."""

TENANTS: Final[Mapping[str, Tenant]] = {
    name: Tenant(
        name,
        _roles(name),
        f"Company {number}",
        (CodedId(PLANTED[name].code, "A01"),) if name in EXCHANGING else (),
        webhook_hosts=(f"{name}.example",) if name in EXCHANGING else (),
    )
    for number, name in enumerate(ALL, 1)
}
