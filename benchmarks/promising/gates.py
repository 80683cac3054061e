"""Random gates as plain data: what is offered where, and the rows of the grids."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MTUS = 2
"""Market time units of a gate; grid models cover one more, into which direct activation reaches."""

PLATFORMS = ("plat-0", "plat-1", "plat-2")
GRIDS = ("grid-0", "grid-1", "grid-2")
ZONES = ("10YTEST-ZONE-A-8", "10YTEST-ZONE-B-5", "10YTEST-ZONE-C-2")
NODES = 5
UNITS = 24
EXACT, PREFIX = "exact", "prefix"
KEEP_LIMITS, MEET_DEMAND = "keep-limits", "meet-demand"
SCHEDULED, DIRECT, EITHER = "A05", "A06", "A07"


@dataclass(frozen=True)
class Grid:
    """K operating points, L elements, N nodes, units from the first of a gate on; MW, limits signed.

    T units and the one after them, or as many as two gates need.
    """

    name: str
    ptdf: Floats  # (K, L, N)
    base: Floats  # (K, T + 1 or more, L)
    lower: Floats  # (L,)
    upper: Floats  # (L,)


@dataclass(frozen=True)
class Offer:
    """One bid. `group` is (kind, name): exclusive, multipart or inclusive; price None: cannot be decided."""

    name: str
    platform: str
    zone: str
    unit: str
    up: bool
    product: str
    price: tuple[float, ...] | None
    quantity: tuple[float, ...]
    minimum: float = 0.0
    divisible: bool = True
    group: tuple[str, str] | None = None
    contracted: bool = False


@dataclass(frozen=True)
class RandomGate:
    """A gate. `demand` of exact lists by (zone, up), MW in each unit."""

    seed: int
    use: str
    one_buyer: bool
    rule: str
    platforms: tuple[str, ...]
    grids: tuple[Grid, ...]
    offers: tuple[Offer, ...]
    demand: dict[tuple[str, bool], tuple[float, ...]]

    @property
    def base_overloaded(self) -> bool:
        """Whether a row is beyond its limit before any bid."""
        return any(((g.base > g.upper) | (g.base < g.lower)).any() for g in self.grids)

    @property
    def is_simple(self) -> bool:
        """Whether any part of every offer may be taken whatever becomes of the others."""
        return all(o.divisible and not o.minimum and o.group is None for o in self.offers)


def connections() -> dict[str, list[tuple[str, str, float]]]:
    """Where units hang, the same in all gates: (grid, node, factor); every fourth on two grids."""
    found = {}
    for number in range(UNITS):
        grid = number % len(GRIDS)
        places = [(GRIDS[grid], f"n{number // len(GRIDS) % NODES}", 1.0)]
        if number % 4 == 0:
            places.append((GRIDS[(grid + 1) % len(GRIDS)], f"n{number % NODES}", 0.9))
        found[f"u{number}"] = places
    return found


def draw_pair(seed: int) -> tuple[RandomGate, RandomGate, int]:
    """Two gates on the same grids, and by how many units the second delivers later than the first: 0 to 2.

    2 is the unit after, into which direct activation reaches. The grid models cover all units of both.
    """
    random = np.random.default_rng([seed, 2])
    later = int(random.choice(MTUS + 1, p=[0.6, 0.2, 0.2]))
    first = draw(seed)
    grids = tuple(
        replace(grid, base=np.concatenate([grid.base, grid.base[:, :later]], axis=1)) for grid in first.grids
    )
    first = replace(first, grids=grids, rule=KEEP_LIMITS)
    second = draw(seed + 1_000_000, grids)
    named = tuple(replace(offer, name=f"other-{offer.name}") for offer in second.offers)
    return first, replace(second, offers=named, rule=KEEP_LIMITS), later


def draw(seed: int, grids: tuple[Grid, ...] = ()) -> RandomGate:
    """The gate of this seed, on these grids or on some of its own."""
    random = np.random.default_rng(seed)
    use = EXACT if random.random() < 0.5 else PREFIX
    zones = ZONES[: random.integers(1, 4)]
    platforms = PLATFORMS[: random.integers(1, 4)]
    grids = grids or tuple(_grid(random, name) for name in GRIDS[: random.integers(1, 4)])
    simple = random.random() < 0.4
    offers = _offers(random, platforms, zones, grids, simple)
    rule = MEET_DEMAND if use == EXACT and random.random() < 0.1 else KEEP_LIMITS
    demand = {}
    if use == EXACT:
        for zone in zones:
            for up in (True, False):
                mine = [o for o in offers if o.zone == zone and o.up == up and o.price is not None]
                total = sum((np.array(o.quantity) for o in mine), np.zeros(MTUS))
                demand[zone, up] = tuple(np.round(total * random.uniform(0.2, 0.8, MTUS), 1).tolist())
    return RandomGate(seed, use, bool(random.random() < 0.4), rule, platforms, grids, offers, demand)


def _grid(random: np.random.Generator, name: str) -> Grid:
    """A tree or a mesh seen from outside: signed sensitivities, asymmetric limits, seldom a base overload."""
    points, elements = int(random.integers(1, 4)), int(random.integers(2, 6))
    first = random.choice([-1.0, -0.6, -0.2, 0.0, 0.3, 0.7, 1.0], (1, elements, NODES))
    if not (first < 0).any():  # a model of magnitudes is refused
        first[0, 0, 0] = -0.6
    ptdf = np.round(first * random.uniform(0.9, 1.1, (points, elements, NODES)), 4)
    base = np.round(random.normal(0, 2, (points, MTUS + 1, elements)), 3)
    widest = np.abs(base).max(axis=(0, 1))
    upper = np.round(widest + random.uniform(0.5, 8, elements), 3)
    lower = -np.round(widest + random.uniform(0.5, 8, elements), 3)
    if random.random() < 0.08:
        upper[0] = max(np.round(base[:, :, 0].max() - random.uniform(0.1, 1.0), 3), 0.1)
    return Grid(name, ptdf, base, lower, upper)


def _offers(
    random: np.random.Generator,
    platforms: tuple[str, ...],
    zones: tuple[str, ...],
    grids: tuple[Grid, ...],
    simple: bool,
) -> tuple[Offer, ...]:
    known = {grid.name for grid in grids}
    units = [unit for unit, places in connections().items() if all(grid in known for grid, _, _ in places)]
    offers = []
    for number in range(int(random.integers(4, 9 if simple else 15))):
        unit = units[int(random.integers(len(units)))]
        same = random.random() < 0.6
        quantity = np.round(random.uniform(0.5, 6, 1 if same else MTUS).repeat(MTUS if same else 1), 1)
        if random.random() < 0.15:
            quantity[int(random.integers(MTUS))] = 0.0
        price = np.round(random.uniform(-20, 120, MTUS), 1 if random.random() < 0.7 else -1)
        offer = Offer(
            name=f"bid-{number}",
            platform=platforms[int(random.integers(len(platforms)))],
            zone=zones[int(unit[1:]) % len(zones)],
            unit=unit,
            up=bool(random.random() < 0.6),
            product=str(random.choice([SCHEDULED, DIRECT, EITHER], p=[0.4, 0.2, 0.4])),
            price=tuple(price.tolist()),
            quantity=tuple(quantity.tolist()),
        )
        if not simple:
            kind = random.random()
            if kind < 0.2:
                offer = replace(offer, divisible=False)
            elif kind < 0.35:
                least = min(q for q in (*offer.quantity, 9.0) if q > 0)
                offer = replace(offer, minimum=float(np.round(0.5 * least, 1)))
            elif kind < 0.4:
                offer = replace(offer, price=None)
            offer = replace(offer, contracted=bool(random.random() < 0.15))
        offers.append(offer)
    return tuple(offers if simple else _grouped(random, offers))


def _grouped(random: np.random.Generator, offers: list[Offer]) -> list[Offer]:
    """Some neighbours tied to groups; what a group must have in common follows its first member."""
    found, at = list(offers), 0
    while at + 1 < len(found):
        first = found[at]
        if first.price is None or random.random() > 0.35:
            at += 1
            continue
        kind = str(random.choice(["exclusive", "multipart", "inclusive"]))
        size = min(int(random.integers(2, 4)), len(found) - at)
        for place in range(size):
            more = 10.0 * place * _dearer(first) if kind == "multipart" else 0.0
            price = tuple(p + more for p in first.price)
            found[at + place] = replace(
                found[at + place],
                platform=first.platform,
                zone=first.zone,
                up=first.up,
                product=first.product,
                price=price if kind != "exclusive" else found[at + place].price or price,
                quantity=tuple(q or 1.0 for q in found[at + place].quantity),
                minimum=0.0,
                divisible=kind != "inclusive" or first.divisible,
                group=(kind, f"group-{at}"),
            )
        at += size
    return found


def _dearer(offer: Offer) -> float:
    """The way of dearer prices: up for offers up, down for offers down, which pay the price."""
    return 1.0 if offer.up else -1.0
