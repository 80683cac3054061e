"""What a market makes of the published documents, and what that does to the grids.

The reader knows the XML of MeritOrderList and BidAvailability, what was offered, and the rows of the grids.
It uses the lists as their use says:

* exact: every list in price order until its demand is met;
* prefix: any amount of each list in price order, by schedule and directly, whatever becomes of the
others (or,
  for one buyer, of the common list of a direction). Direct activation delivers in the next unit too, and
  passes
  over what may only be scheduled; scheduling passes over what may only be activated directly. What is
  indivisible, has a minimum or is in a group may be passed over.

For every row the worst of all activations it tries counts. Lists are independent, and so is what is done with
one in different units: their worst ones add up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from benchmarks.promising.gates import DIRECT, EXACT, MTUS, SCHEDULED, Grid, Offer, RandomGate, connections

Floats = NDArray[np.float64]

QUARTER = timedelta(minutes=15)
TOLERANCE_MW = 1e-4
"""Documents carry watts; a row has up to 15 bids."""

TRIES = 60
"""Random amounts of each list, beside all of its prefixes."""

HUNDREDTH = 0.01


@dataclass
class PublishedDocuments:
    """What the documents of a gate say, by (platform, bid).

    Attributes:
        listed: MW in each unit by the merit order lists; bids that are in none have nothing.
        limited: MW by BidAvailability, NaN in units in which it does not name the bid.
        priced: prices by the merit order lists, NaN in units in which they do not list the bid.
        contradictions: where the two say different things, or a list is out of order.
    """

    listed: dict[tuple[str, str], Floats] = field(default_factory=dict)
    limited: dict[tuple[str, str], Floats] = field(default_factory=dict)
    priced: dict[tuple[str, str], Floats] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """How far beyond its limit (or its base, if that is beyond) the worst row comes, by (grid, element)."""

    excess: Mapping[tuple[str, int], float]

    @property
    def violations(self) -> int:
        return sum(mw > TOLERANCE_MW for mw in self.excess.values())

    @property
    def worst_mw(self) -> float:
        return max(self.excess.values(), default=0.0)


def read(gate: RandomGate, start: datetime, documents: Mapping[str, Sequence[bytes]]) -> PublishedDocuments:
    """Read the documents of each platform; `start` is the first unit of the delivery."""
    found = PublishedDocuments()
    for platform, own in documents.items():
        for data in own:
            root = etree.fromstring(data)
            if root.tag.endswith("}BidAvailability_MarketDocument"):
                _read_availability(found, platform, root, start)
            else:
                _read_order(found, platform, root, start)
    for offer in gate.offers:
        key = offer.platform, offer.name
        listed = found.listed.setdefault(key, np.zeros(MTUS))
        named = found.limited.get(key, np.full(MTUS, np.nan))
        meant = np.where(np.isnan(named), offer.quantity, named)
        if np.abs(meant - listed).max() > TOLERANCE_MW:
            found.contradictions.append(f"{key}: list {listed.tolist()}, availability {meant.tolist()}")
        if (listed > np.array(offer.quantity) + TOLERANCE_MW).any():
            found.contradictions.append(f"{key}: more than offered")
        priced = found.priced.get(key, np.full(MTUS, np.nan))
        asked = np.full(MTUS, np.nan) if offer.price is None else np.array(offer.price)
        if not np.array_equal(priced, np.where(listed > 0, asked, np.nan), equal_nan=True):
            found.contradictions.append(f"{key}: prices {priced.tolist()} where {asked.tolist()} was asked")
    return found


def _read_availability(
    found: PublishedDocuments, platform: str, root: etree._Element, start: datetime
) -> None:
    first, last = _units(root.find("{*}time_Period.timeInterval"), start)
    for series in root.iterfind("{*}BidTimeSeries"):
        mw = found.limited.setdefault((platform, _text(series, "mRID")), np.full(MTUS, np.nan))
        mw[first:last] = float(_text(series, "operationalLimit_Quantity.quantity"))


def _read_order(found: PublishedDocuments, platform: str, root: etree._Element, start: datetime) -> None:
    """Series are in the order of their first price."""
    before: dict[tuple[str, bool], float] = {}
    for series in root.iterfind("{*}TimeSeries"):
        name, up = _text(series, "marketAgreement.mRID"), _text(series, "direction") == "A01"
        zone = _text(series, "connecting_Domain.mRID")
        mw = found.listed.setdefault((platform, name), np.zeros(MTUS))
        prices = found.priced.setdefault((platform, name), np.full(MTUS, np.nan))
        listed = []
        for period in series.iterfind("{*}Period"):
            first, _ = _units(period.find("{*}timeInterval"), start)
            for point in period.iterfind("{*}Point"):
                unit = first + int(_text(point, "position")) - 1
                mw[unit] = float(_text(point, "quantity.quantity"))
                prices[unit] = float(_text(point, "energy_Price.amount"))
                listed.append(prices[unit] * (1 if up else -1))
        if listed[0] < before.get((zone, up), -np.inf):
            found.contradictions.append(f"{platform} {name}: out of price order")
        before[zone, up] = listed[0]


def _units(interval: etree._Element | None, start: datetime) -> tuple[int, int]:
    if interval is None:
        raise ValueError("no time interval")
    ends = [
        datetime.strptime(_text(interval, name), "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
        for name in ("start", "end")
    ]
    first, last = ((end - start) // QUARTER for end in ends)
    return first, last


def _text(element: etree._Element, name: str) -> str:
    text = element.findtext(f"{{*}}{name}")
    if text is None:
        raise ValueError(f"{element.tag} has no {name}")
    return text


def judge(gate: RandomGate, published: Mapping[tuple[str, str], Floats]) -> Verdict:
    """Use the lists of MW by (platform, bid) as their use says, and look at every row of every grid."""
    return judge_together([(gate, published, 0)])


def judge_together(gates: Sequence[tuple[RandomGate, Mapping[tuple[str, str], Floats], int]]) -> Verdict:
    """The same of gates on the same grids, each with the unit of the grids in which it begins.

    What becomes of one does not depend on the others, so their worst ones add up; exact lists are bought as a
    whole, or not at all.
    """
    excess: dict[tuple[str, int], float] = {}
    used = [(gate.offers, at, _uses(gate, published)) for gate, published, at in gates]
    for grid in gates[0][0].grids:
        most, least = np.zeros_like(grid.base), np.zeros_like(grid.base)
        for offers, at, uses in used:
            effects = _effects(grid, offers)
            for alternatives in uses:
                moved = np.stack([_flows(grid, effects, use, at) for use in (_Use({}, {}), *alternatives)])
                most += moved.max(axis=0)
                least += moved.min(axis=0)
        beyond = np.maximum(
            grid.base + most - np.maximum(grid.upper, grid.base),
            np.minimum(grid.lower, grid.base) - (grid.base + least),
        )
        for element, mw in enumerate(np.maximum(beyond, 0.0).max(axis=(0, 1)).tolist()):
            excess[grid.name, element] = mw
    return Verdict(excess)


def _uses(gate: RandomGate, published: Mapping[tuple[str, str], Floats]) -> "list[list[_Use]]":
    """What may be done with the lists: of each of these sets any one thing, or nothing."""
    random = np.random.default_rng(gate.seed)
    if gate.use == EXACT:
        return [[_Use(_bought(gate, published), {})]]
    return [
        list(_activations(own, unit, random)) for own in _independent(gate, published) for unit in range(MTUS)
    ]


@dataclass(frozen=True)
class _Use:
    """What is activated, MW in each unit by (platform, bid): by schedule or as bought, and directly."""

    scheduled: Mapping[tuple[str, str], Floats]
    direct: Mapping[tuple[str, str], Floats]


def _effects(grid: Grid, offers: Iterable[Offer]) -> dict[tuple[str, str], Floats]:
    """(K, L) MW on each element per MW of each bid, where it hangs on the grid."""
    places, found = connections(), {}
    for offer in offers:
        effect = np.zeros(grid.ptdf.shape[:2])
        for name, node, factor in places[offer.unit]:
            if name == grid.name:
                effect += factor * grid.ptdf[:, :, int(node[1:])]
        found[offer.platform, offer.name] = effect if offer.up else -effect
    return found


def _flows(grid: Grid, effects: Mapping[tuple[str, str], Floats], use: _Use, at: int) -> Floats:
    """Change of flow in every unit of the grid: directly activated bids deliver in the next unit too."""
    change = np.zeros_like(grid.base)
    for key, mw in (*use.scheduled.items(), *use.direct.items()):
        change[:, at : at + MTUS] += mw[None, :, None] * effects[key][:, None, :]
    for key, mw in use.direct.items():
        change[:, at + 1 : at + MTUS + 1] += mw[None, :, None] * effects[key][:, None, :]
    return change


def _cost(offer: Offer, unit: int) -> float:
    """What a buyer pays per MWh: for a bid down the provider pays the price."""
    price = offer.price[unit] if offer.price is not None else 0.0
    return price if offer.up else -price


def _bought(gate: RandomGate, published: Mapping[tuple[str, str], Floats]) -> dict[tuple[str, str], Floats]:
    """Exact lists: of each zone and direction in price order until the demand is met."""
    taken = {(o.platform, o.name): np.zeros(MTUS) for o in gate.offers}
    for (zone, up), demand in gate.demand.items():
        own = [o for o in gate.offers if o.zone == zone and o.up == up]
        for unit in range(MTUS):
            left = demand[unit]
            for offer in sorted(own, key=lambda o: _cost(o, unit)):
                key = offer.platform, offer.name
                taken[key][unit] = min(left, published[key][unit])
                left -= taken[key][unit]
    return taken


def _independent(
    gate: RandomGate, published: Mapping[tuple[str, str], Floats]
) -> Iterator[list[tuple[Offer, Floats]]]:
    """The offers with what is left of them, by lists that are activated independently of each other."""
    lists: dict[object, list[tuple[Offer, Floats]]] = defaultdict(list)
    for offer in gate.offers:
        listed = published[offer.platform, offer.name]
        lists[offer.up if gate.one_buyer else (offer.platform, offer.zone, offer.up)].append((offer, listed))
    yield from lists.values()


def _activations(own: list[tuple[Offer, Floats]], unit: int, random: np.random.Generator) -> Iterator[_Use]:
    """Ways in which one list may be activated in one unit; what is done in another does not matter."""
    ordered = sorted(own, key=lambda one: (_cost(one[0], unit), random.random()))
    total = sum(mw[unit] for _, mw in ordered)
    ends = np.cumsum([mw[unit] for _, mw in ordered]) - 1e-9
    amounts = [(s, d) for s in (0.0, *ends.tolist()) for d in (0.0, *ends.tolist())]
    amounts += [tuple(pair) for pair in random.uniform(0, total, (TRIES, 2)).tolist()]
    for scheduled, direct in amounts:
        yield _one_unit(ordered, unit, scheduled, direct, random)


def _one_unit(
    ordered: list[tuple[Offer, Floats]],
    unit: int,
    scheduled: float,
    direct: float,
    random: np.random.Generator,
) -> _Use:
    """So many MW by schedule, then so many of what is left directly, in price order."""
    free = {(o.platform, o.name): mw[unit] for o, mw in ordered}
    found: list[dict[tuple[str, str], Floats]] = []
    willing = bool(random.random() < 0.7)  # otherwise bids that may be passed over are, at random
    active: set[tuple[str, str]] = set()
    for amount, passed in ((scheduled, DIRECT), (direct, SCHEDULED)):
        taken: dict[tuple[str, str], Floats] = {}
        left = amount
        for offer, mw in ordered:
            key = offer.platform, offer.name
            if offer.product == passed or not free[key] or left <= 0:
                continue
            part = _part(offer, mw[unit], left, ordered, active, willing=willing or random.random() < 0.5)
            simple = offer.divisible and not offer.minimum and offer.group is None
            if part and (simple or key not in active):
                taken[key] = np.where(np.arange(MTUS) == unit, min(part, free[key]), 0.0)
                left -= part
                free[key] -= min(part, free[key])
                active.add(key)
        found.append(taken)
    return _Use(*found)


def _part(
    offer: Offer,
    listed: float,
    left: float,
    ordered: Iterable[tuple[Offer, Floats]],
    active: set[tuple[str, str]],
    *,
    willing: bool,
) -> float:
    """How much of what is listed of an offer is taken when so much is left to take; 0: it is passed over."""
    least = offer.minimum if offer.divisible else listed
    if (least or offer.group) and not willing:
        return 0.0
    if offer.group is not None:
        mates = {(o.platform, o.name) for o, _ in ordered if o.group == offer.group}
        if offer.group[0] == "exclusive" and mates & active:
            return 0.0
    part = min(left, listed)
    return part if part >= least - HUNDREDTH * TOLERANCE_MW else 0.0
