"""From rooms to the optimiser's question: one problem over all platforms, grids and system operators."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.result import GridGapCause
from gateway.domain.tenant import Tenant, TenantRole
from gateway.optimiser.links import Links
from gateway.optimiser.lists import DOWN, UP, Lists
from gateway.optimiser.problem import Bids, Problem
from gateway.processes.bid_check.gaps import Cause, gaps_of
from gateway.processes.bid_check.links import links_of
from gateway.processes.bid_check.models import GridsInUse, grids_in_use
from gateway.processes.bid_check.offers import Offers, read_offers
from gateway.processes.bid_check.pieces import Pieces, pieces_of
from gateway.processes.resources import Resources
from gateway.records import demands
from gateway.records.store import Store

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """What one run decides on.

    Attributes:
        pieces: of the decided bids of `offers`, in their order.
        problem: over these pieces.
        input_hash: of everything in the problem; equal questions have equal hashes.
        notes: what is missing or unusual, for the operator of the gateway.
        posed: False when this is not the gate's question but what is left of it (see `not_posed`).
    """

    offers: Offers
    grids: GridsInUse
    pieces: Pieces
    problem: Problem
    input_hash: str
    notes: tuple[str, ...]
    posed: bool = True


def pose(store: Store, tenants: Mapping[str, Tenant], resources: Resources, gate: Gate) -> Question:
    """Read everything a gate's run decides on."""
    offers = read_offers(store, gate)
    decided, links = offers.decided, links_of(offers.linked, offers.decided)
    pieces = pieces_of([offers.shares[bid] for bid in decided], offers.quantity_mw[decided] > 0, links)
    grids = grids_in_use(store, gate, offers, pieces, resources.connections())
    up, down, notes = _demand(store, tenants, gate)
    bids, lists = _listed(gate, _bids(offers, pieces, grids), up, down)
    problem = Problem(
        bids=bids,
        grids=grids.grids,
        lists=lists,
        mtu_hours=gate.units.hours,
        relief_share=gate.netting_share,
        links=pieces.links(links),
        rule=gate.demand_rule,
        one_buyer=gate.one_buyer,
    )
    notes = (*grids.notes, *notes, *_notes_on_shares(offers))
    return Question(offers, grids, pieces, problem, _hash(gate, problem), notes)


def not_posed(store: Store, gate: Gate) -> Question:
    """What is left when the question cannot be posed: the bids, to be passed on as offered."""
    offers = read_offers(store, gate)
    idle = np.zeros(len(gate.units))
    decided = offers.decided
    pieces = pieces_of([offers.shares[bid] for bid in decided], offers.quantity_mw[decided] > 0, Links())
    causes: list[Cause] = [(name, GridGapCause.UNUSABLE, set()) for name in gate.grid_operators]
    grids = GridsInUse((), {}, gaps_of(gate, offers, pieces, causes, in_use=()), (), {})
    problem = Problem(_bids(offers, pieces, grids), (), Lists.of_directions(idle, idle))
    return Question(offers, grids, pieces, problem, "", (), posed=False)


def _listed(gate: Gate, bids: Bids, up: Floats, down: Floats) -> tuple[Bids, Lists]:
    """The bids in their lists: one per direction and, as prefix lists of several buyers, per platform."""
    if gate.use is UseOfLists.EXACT or gate.one_buyer:
        return bids, Lists.of_directions(up, down)
    names = [f"{platform} {name}" for platform in bids.platforms for name in (UP, DOWN)]
    lists = Lists.without_demand(names, [1, -1] * len(bids.platforms), len(up))
    return replace(bids, list_index=2 * bids.platform + (bids.direction < 0)), lists


def _bids(offers: Offers, pieces: Pieces, grids: GridsInUse) -> Bids:
    decided = offers.decided
    positions = [decided[bid] for bid in pieces.bid.tolist()]
    bids = [offers.bids[position] for position in positions]
    providers, provider = _numbered([bid.terms.get(BidTerm.PROVIDER, "") for bid in bids])
    platforms, platform = _numbered([offers.platform[position] for position in positions])
    quantity, cap = pieces.cut(offers.quantity_mw[decided]), None
    if grids.withheld:
        cap = quantity.copy()
        cap[sorted(grids.withheld)] = 0.0
    return Bids(
        ids=tuple(_name(offers, position, pieces.number(n)) for n, position in enumerate(positions)),
        direction=np.array([bid.direction for bid in bids], dtype=np.int64),
        quantity_mw=quantity,
        price_eur_per_mwh=pieces.cut(offers.cost[decided]),
        minimum_mw=pieces.cut(offers.minimum_mw[decided]),
        divisible=np.array([bid.divisible for bid in bids], dtype=np.bool_),
        cap_mw=cap,
        provider=provider,
        platform=platform,
        providers=providers,
        platforms=platforms,
    )


def _numbered(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The distinct names in order, and the number of each."""
    distinct = sorted(set(names))
    number = {name: place for place, name in enumerate(distinct)}
    return tuple(distinct), np.array([number[name] for name in names], dtype=np.int64)


def _name(offers: Offers, position: int, number: int | None) -> str:
    """A name for a bid or its piece. No platform has a `#` in its name, so nothing else is called so."""
    if number is None:
        return offers.name(position)
    return f"{offers.platform[position]}#{number}/{offers.bids[position].bid_id}"


def _demand(
    store: Store, tenants: Mapping[str, Tenant], gate: Gate
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Demand of all TSOs together, up and down, and a note if it is wanted and nobody stated any."""
    up, down, stated = np.zeros(len(gate.units)), np.zeros(len(gate.units)), False
    if gate.use is UseOfLists.PREFIX:
        return up, down, ()
    for name in sorted(tenants):
        if tenants[name].role is TenantRole.TSO:
            with store.room(name).reading() as room:
                demand = demands.find(room, gate.gate_id)
            if demand is not None:
                up, down, stated = up + demand.up_mw, down + demand.down_mw, True
    return up, down, () if stated else ("no system operator stated a demand",)


def _notes_on_shares(offers: Offers) -> Iterator[str]:
    """How many bids are split over their units by shares that nobody told."""
    shares = [(offers.bids[bid].shares_told, offers.shares[bid]) for bid in offers.decided]
    if untold := sum(not told and not one.scheduled for told, one in shares):
        yield f"units behind {untold} bids share equally, because nobody told their shares"
    if partly := sum(one.partly for _, one in shares):
        yield f"schedules name some units behind {partly} bids only, or no delivery; there they do not count"


def _hash(gate: Gate, problem: Problem) -> str:
    digest = hashlib.sha256()
    for part in _parts(gate, problem):
        data = part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _parts(gate: Gate, problem: Problem) -> Iterator[str | NDArray[np.generic]]:
    """Everything that can change the answer, in a fixed order."""
    yield f"{gate.use} {gate.delivery} {gate.mtu.total_seconds()} {gate.currency}"
    yield f"{problem.surplus_mw!r} {problem.relief_share!r} {problem.one_buyer!r} {problem.rule}"
    yield f"{problem.overload_eur_per_mw!r} {problem.shortage_eur_per_mw!r} {problem.links!r}"
    bids = problem.bids
    yield "\n".join(bids.ids)
    yield from (bids.direction, bids.quantity_mw, bids.price_eur_per_mwh, bids.minimum_mw, bids.divisible)
    if bids.cap_mw is not None:
        yield bids.cap_mw
    yield from (bids.list_index, bids.scheduled, bids.direct, bids.contracted)
    yield "\n".join(problem.lists.names)
    yield from (problem.lists.direction, problem.lists.demand_mw)
    for grid in problem.grids:
        yield "\n".join((grid.grid_id, *grid.element_ids, "", *grid.node_ids, "", *grid.point_names))
        yield from (grid.ptdf, grid.base_mw, grid.lower_mw, grid.upper_mw, grid.of_element, grid.scale)
        yield from (grid.emergency_lower_mw, grid.emergency_upper_mw, grid.accuracy, grid.margin_mw)
        if grid.levels_mw is not None:
            yield grid.levels_mw
        yield from (grid.injections.bid, grid.injections.node, grid.injections.factor)
