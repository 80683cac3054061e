"""Decisions of other gates for the same time: they count as used, in the worst case of every row.

So do decisions of an earlier run of the same gate that a further one retains.

Gates know nothing of each other's buyers. Each counts what all others have decided before it, for its own
delivery and for the unit after, as far as it may be used: of prefix lists the worst that any activation
brings to a row, direct activation of the unit before included; of exact lists all that they accepted, or
nothing. Reported activations count as reported, whatever was published (see `delivered`). So the last
decision respects every row, whatever is activated of the others, and the order in which gates are decided or
run again does not matter: relief by other gates is never relied on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.market_time import Interval
from gateway.domain.resource import ConnectionPoint
from gateway.domain.result import Run
from gateway.optimiser.model.band import columns, hung
from gateway.optimiser.model.grid_arrays import GridArrays
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.published_lists import most_brought
from gateway.ports import UnitOfWork
from gateway.processes.bid_check.problem import decision, notes_on_gates
from gateway.processes.bid_check.problem.bid_columns import bids_of
from gateway.processes.bid_check.problem.bid_splitting import SplitBids, pieces_of
from gateway.processes.bid_check.problem.collected_bids import CollectedBids, read_offers
from gateway.processes.bid_check.problem.delivered import Delivered, Facts, facts_of, read_delivered
from gateway.processes.bid_check.problem.earlier import Earlier
from gateway.processes.bid_check.problem.links import links_of
from gateway.processes.bid_check.problem.lists import ListKey, keys_of, lists_of
from gateway.processes.bid_check.problem.retained_decisions import RetainedDecisions
from gateway.processes.bid_check.problem.unavailable import following
from gateway.records.engine.stores import Stores
from gateway.records.market import gates, results, runs

Floats = NDArray[np.float64]
Seconds = NDArray[np.int64]

LONGEST_MTU = timedelta(days=1)
"""Direct activation of a gate that delivered earlier reaches no further."""

NOTHING_MW = 1e-6
"""Published quantities are rounded; a row is not reported as beyond its limit for less."""

_MOST_NAMES = 10

_DIRECTIONS = ("other gates at most forward", "other gates at most in reverse")
"""Use of the others, of all that they may use: the one that adds most flow in the direction of each element,
and the one that adds most against it."""


@dataclass(frozen=True, eq=False)
class _Lists:
    """Lists of one gate: what was decided to be available of its bids, as a problem without grids.

    Attributes:
        use: how they are used. note: the run's note where they count.
    """

    gate: Gate
    split_bids: SplitBids
    problem: Problem
    use: UseOfLists
    note: str

    def unit_of(self, moments_s: Seconds) -> NDArray[np.int64]:
        """(S,) number of the unit that each moment lies in; there may be none of that number."""
        first_s, length_s = _clock(self.gate)
        return (moments_s - first_s) // length_s


@dataclass(frozen=True, eq=False)
class Committed:
    """Lists that count as used when a gate is decided.

    Attributes:
        gate: the gate that is to be decided. runs: the decisions of the others.
    """

    gate: Gate
    runs: frozenset[str]
    lists: Sequence[_Lists] = ()

    def nodes(self, grid_id: str, connections: Mapping[str, tuple[ConnectionPoint, ...]]) -> set[str]:
        """Connection points of a grid of bids of the other gates."""
        units = {unit for lists in self.lists for shares in lists.split_bids.shares for unit in shares}
        points = (point for unit in units for point in connections.get(unit, ()))
        return {point.node for point in points if point.grid_id == grid_id}


def runs_of_other_gates(shared: UnitOfWork, gate: Gate) -> list[tuple[Gate, Run]]:
    """Other gates that may deliver in the delivery of this one or the unit after; their last decisions."""
    end = gate.delivery.end + gate.mtu
    found = []
    for status in gates.delivering_in(shared, Interval(gate.delivery.start - LONGEST_MTU, end)):
        other = status.gate
        reaches = other.delivery.end + other.mtu  # also of exact lists: direct activation may be reported
        if other.gate_id == gate.gate_id or reaches <= gate.delivery.start:
            continue
        last = runs.last_decided(shared, other.gate_id)
        if last is not None:
            found.append((other, last))
    return found


def read_committed(
    stores: Stores, collected: CollectedBids, retained: RetainedDecisions | None = None
) -> Committed:
    """Read what the other gates have decided, and which of these bids follow what was activated in them."""
    gate = collected.gate
    with stores.shared.reading() as shared:
        others = [
            (other, run, runs.decision_of(shared, run.run_id))
            for other, run in runs_of_other_gates(shared, gate)
        ]
    lists = [*_following(collected), *(() if retained is None else _retained_lists(stores, retained))]
    for other, run, encoded in others:
        theirs = read_offers(stores, other)
        note = notes_on_gates.on_published(other.gate_id)
        available_mw, reported = _available(stores, theirs, run, encoded), read_delivered(stores, theirs)
        if reported is not None:
            facts = facts_of(theirs, available_mw, reported)
            available_mw = facts.rest_mw
            lists.append(_reported_lists(theirs, reported, facts))
        lists += _lists(theirs, available_mw, note)
    return Committed(gate, frozenset(run.run_id for _, run, _ in others), lists)


def _retained_lists(stores: Stores, retained: RetainedDecisions) -> Iterator[_Lists]:
    """Retained decisions of the gate itself: direct activation of its units in preparation reaches into the
    next one, and any bid that is tied to them may be used or not."""
    before, before_mw, tied = retained.before, retained.before_mw, retained.tied
    note = f"what run {retained.number} has published and is retained counts as used"
    reported = read_delivered(stores, before)
    if reported is not None:
        facts = facts_of(before, before_mw, reported)
        before_mw = facts.rest_mw
        yield _reported_lists(before, reported, facts)
    if before.gate.use is UseOfLists.PREFIX:
        yield from _lists(before, before_mw, note)
    if len(tied):
        yield _each_alone(tied, retained.tied_mw, range(len(tied)), note)


def _reported_lists(collected: CollectedBids, reported: Delivered, facts: Facts) -> _Lists:
    """Reported activations, all of them together."""
    others = set(range(len(collected))) - set(reported.bids)
    alone = replace(collected, undecided=dict.fromkeys(others, ""))
    keys = [ListKey(collected.name(bid), "", "", int(collected.bids[bid].direction)) for bid in alone.decided]
    problem, split_bids = _as_problem(alone, np.zeros_like(collected.quantity_mw), keys, Links())
    quantity_mw = np.zeros_like(problem.bids.quantity_mw)
    for row, bid in enumerate(alone.decided):
        offered = np.flatnonzero(collected.quantity_mw[bid] > 0)
        for unit in np.flatnonzero(facts.reported_mw[bid]).tolist():
            # Beyond its offer a bid is delivered by the units that delivered it before.
            at = offered[max(int(np.searchsorted(offered, unit, side="right")) - 1, 0)]
            quantity_mw[split_bids.at[row, at], unit] = facts.reported_mw[bid, unit]
    problem = replace(problem, bids=replace(problem.bids, quantity_mw=quantity_mw))
    names = ", ".join(collected.name(bid) for bid in facts.otherwise[:_MOST_NAMES])
    more = len(facts.otherwise) - _MOST_NAMES
    names += f" and {more} more" if more > 0 else ""
    note = notes_on_gates.on_reported(collected.gate.gate_id, names)
    return _Lists(collected.gate, split_bids, problem, UseOfLists.EXACT, note)


def _available(stores: Stores, collected: CollectedBids, run: Run, encoded: bytes | None) -> Floats:
    """(B, T) MW decided, from the decision that is still to be published, or from each platform's published
    result."""
    if encoded is not None:
        return decision.decode(encoded).availability(collected).available_mw
    reported: dict[tuple[str, str], Floats] = {}
    for platform in stores.present(collected.gate.platforms):
        with stores.of(platform).reading() as uow:
            rows = results.availability_of(uow, run.run_id)
        reported.update(((platform, row.bid_id), row.available_mw) for row in rows)
    found = np.zeros_like(collected.quantity_mw)
    for number, (platform, bid) in enumerate(zip(collected.platform, collected.bids, strict=True)):
        found[number] = reported.get((platform, bid.bid_id), 0.0)
    return found


def _following(collected: CollectedBids) -> Iterator[_Lists]:
    """Bids that are activated because the ones before them in technical links were: all of them or less."""
    bids = [bid for bid in following(collected.linked) if bid not in collected.undecided]
    if bids:
        first = np.zeros_like(collected.quantity_mw)
        first[bids, 0] = collected.quantity_mw[bids, 0]
        yield _each_alone(collected, first, bids, "what follows activations of earlier gates counts as used")


def _lists(collected: CollectedBids, available_mw: Floats, note: str) -> Iterator[_Lists]:
    """The lists of the decided bids, and those that were passed on undecided, each for itself."""
    gate = collected.gate
    keys, links = keys_of(gate, collected, collected.decided), links_of(collected.linked, collected.decided)
    problem, split_bids = _as_problem(collected, available_mw, keys, links, one_buyer=gate.one_buyer)
    yield _Lists(gate, split_bids, problem, gate.use, note)
    passed = [bid for bid in collected.undecided if available_mw[bid].any()]
    if passed:
        yield _each_alone(collected, available_mw, passed, note)


def _each_alone(collected: CollectedBids, available_mw: Floats, bids: Sequence[int], note: str) -> _Lists:
    """Bids that may be activated independently of each other."""
    others = set(range(len(collected))) - set(bids)
    alone = replace(collected, undecided=dict.fromkeys(others, ""))
    keys = [ListKey(collected.name(bid), "", "", int(collected.bids[bid].direction)) for bid in alone.decided]
    problem, split_bids = _as_problem(alone, available_mw, keys, Links())
    return _Lists(collected.gate, split_bids, problem, UseOfLists.PREFIX, note)


def _as_problem(
    collected: CollectedBids,
    available_mw: Floats,
    keys: Sequence[ListKey],
    links: Links,
    *,
    one_buyer: bool = False,
) -> tuple[Problem, SplitBids]:
    """The available quantities of the decided bids, with a unit more, into which direct activation
    reaches."""
    gate, decided = collected.gate, collected.decided
    split_bids = pieces_of(
        [collected.shares[bid] for bid in decided], collected.quantity_mw[decided] > 0, links
    )
    left = replace(
        collected,
        quantity_mw=available_mw,
        minimum_mw=np.minimum(collected.minimum_mw, available_mw),
        earlier=Earlier(),
    )
    units = len(gate.units) + 1
    list_index, lists = lists_of(units, keys, {})
    problem = Problem(
        bids_of(left, split_bids, list_index[split_bids.bid], units=units),
        (),
        lists,
        relief_share=gate.netting_share,
        links=split_bids.links(links),
        one_buyer=one_buyer,
    )
    return problem, split_bids


def with_committed(
    grid: GridArrays, committed: Committed, connections: Mapping[str, tuple[ConnectionPoint, ...]]
) -> tuple[GridArrays, list[str]]:
    """The grid with what other gates have decided as used, and the run's notes on it.

    Each operating point occurs twice, with the most that the others bring to each row and with the least.
    All points count, because what is used is not known, and so is no activation level.
    """
    first_s, length_s = _clock(committed.gate)
    own_s = first_s + length_s * np.arange(grid.base_mw.shape[1] + 1)
    stretches_s = _stretches(own_s, committed.lists)
    most = np.zeros((2, grid.base_mw.shape[0], stretches_s.size, grid.base_mw.shape[2]))
    notes: list[str] = []
    for lists in committed.lists:
        unit = lists.unit_of(stretches_s)
        meets = (unit >= 0) & (unit < lists.problem.mtus)
        brought = _brought(grid, lists, np.unique(unit[meets]), connections)
        if brought.any():
            most[:, :, meets] += brought[:, :, np.unique(unit[meets], return_inverse=True)[1]]
            notes.append(lists.note)
    if not notes:
        return grid, []
    most = np.maximum.reduceat(most, np.searchsorted(stretches_s, own_s[:-1]), axis=2)
    most *= 1.0 + grid.accuracy
    highest, lowest = grid.base_mw + most[0], grid.base_mw - most[1]
    # A row that is full is not beyond its limit for what rounding adds.
    highest = np.where(highest > grid.upper_mw + NOTHING_MW, highest, np.minimum(highest, grid.upper_mw))
    lowest = np.where(lowest < grid.lower_mw - NOTHING_MW, lowest, np.maximum(lowest, grid.lower_mw))
    used = replace(
        grid,
        point_names=tuple(f"{name}, {what}" for what in _DIRECTIONS for name in grid.point_names),
        ptdf=np.concatenate([grid.ptdf, grid.ptdf]),
        base_mw=np.concatenate([highest, lowest]),
        levels_mw=None,
    )
    return used, notes


def _clock(gate: Gate) -> tuple[int, int]:
    """Begin of a gate's delivery and length of its units, in seconds."""
    return int(gate.delivery.start.timestamp()), int(gate.mtu.total_seconds())


def _stretches(own_s: Seconds, lists: Sequence[_Lists]) -> Seconds:
    """Begins of the stretches of time, between the edges `own_s` of units, in which nothing changes."""
    begins = [own_s]
    for one in lists:
        first_s, length_s = _clock(one.gate)
        theirs = first_s + length_s * np.arange(one.problem.mtus + 1)
        begins.append(theirs[(theirs > own_s[0]) & (theirs < own_s[-1])])
    return np.unique(np.concatenate(begins))[:-1]


def _brought(
    grid: GridArrays,
    lists: _Lists,
    units: NDArray[np.int64],
    connections: Mapping[str, tuple[ConnectionPoint, ...]],
) -> Floats:
    """(2, K, M, L) the most that lists bring towards upper and lower limits in some of their units."""
    column_of = {name: number for number, name in enumerate(grid.node_ids)}
    nodes = len(grid.node_ids) // 2
    triples = [
        (piece, column_of[up], share * point.factor)
        for piece, shares in enumerate(lists.split_bids.shares)
        for unit, share in shares.items()
        for point in connections.get(unit, ())
        if point.grid_id == grid.grid_id and (up := columns([point.node])[0]) in column_of
    ]
    if not (triples and units.size):
        return np.zeros((2, grid.base_mw.shape[0], units.size, grid.base_mw.shape[2]))
    bid, node, factor = zip(*triples, strict=True)
    direction = lists.problem.bids.direction
    hanging = hung(nodes, direction, np.array(bid, np.int64), np.array(node, np.int64), np.array(factor))
    bare = replace(grid, base_mw=np.zeros_like(grid.base_mw[:, :1]), levels_mw=None, injections=hanging)
    return np.stack(most_brought(replace(lists.problem, grids=(bare,)), lists.use, units))
