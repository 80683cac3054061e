"""From stores to the optimiser's problem: one over all platforms, grids and system operators."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gateway.domain.counted import counted
from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.reason import Reason, ReasonCode
from gateway.domain.result import GridGapCause
from gateway.domain.tenant import Tenant
from gateway.optimiser.model.links import Links
from gateway.optimiser.model.problem import Problem
from gateway.processes.bid_check.collecting.products import may_be
from gateway.processes.bid_check.problem.agreements import Agreements
from gateway.processes.bid_check.problem.bid_columns import bids_of
from gateway.processes.bid_check.problem.bid_splitting import Number, SplitBids, pieces_of
from gateway.processes.bid_check.problem.collected_bids import CollectedBids, StoresReader, read_offers
from gateway.processes.bid_check.problem.committed import read_committed
from gateway.processes.bid_check.problem.links import links_of
from gateway.processes.bid_check.problem.lists import (
    Demanded,
    DemandUnclearError,
    ListKey,
    demands_of,
    keys_of,
    lists_of,
)
from gateway.processes.bid_check.problem.missing_models import Cause, gaps_of
from gateway.processes.bid_check.problem.models import GridsInUse, grids_in_use
from gateway.processes.bid_check.problem.retained_decisions import RetainedDecisions
from gateway.processes.resources import Resources
from gateway.records.engine.stores import Stores
from gateway.records.market import demands
from gateway.records.market.demands import Demand

Floats = NDArray[np.float64]

_NOTHING = "nothing is available"


@dataclass(frozen=True, eq=False)
class GateProblem:
    """Everything that one run decides on.

    Attributes:
        offers: what is decided on; of a further run only what is not in preparation yet.
        pieces: of the decided bids of `offers`, in their order.
        problem: over these pieces, for all units of the gate and, where direct activation in the last one
            reaches into it, the unit after: nothing is offered there.
        input_hash: of everything in the problem; equal questions have equal hashes.
        passed: bids that cannot be decided and are passed on unchecked, because all grid operators behind
            them agreed; the others that cannot be decided are withheld. Positions in the offers.
        notes: what is missing or unusual, for the operator of the gateway.
        unanswered: why the optimiser is not called, so that nothing is available.
        other_runs: of other gates, whose lists count as used; None where no answer depends on them.
        retained: decisions of an earlier run that this one does not change.
        undemanded: the list of each bid of exact lists for which others have a stated demand and its own has
            none, by the bid's position in the offers.
    """

    collected: CollectedBids
    grids: GridsInUse
    split_bids: SplitBids
    problem: Problem
    input_hash: str
    passed: frozenset[int]
    notes: tuple[str, ...]
    unanswered: Reason | None = None
    other_runs: frozenset[str] | None = None
    retained: RetainedDecisions | None = None
    undemanded: Mapping[int, str] = field(default_factory=dict)

    @property
    def all_bids(self) -> CollectedBids:
        """All bids of the gate in all its units, decided again or not."""
        return self.collected if self.retained is None else self.retained.all_bids

    def joined(self, values: NDArray[Number]) -> NDArray[Number]:
        """Values of pieces (R, T or more) as values of the decided bids in the units of the gate (D, T)."""
        return self.split_bids.joined(values[:, : len(self.collected.gate.units)])


def build_problem(
    stores: Stores,
    tenants: Mapping[str, Tenant],
    resources: Resources,
    gate: Gate,
    retained: RetainedDecisions | None = None,
    *,
    reader: StoresReader | None = None,
) -> GateProblem:
    """Read everything a gate's run decides on, bids with `reader`; with retained decisions only the rest."""
    collected = read_offers(stores, gate, reader) if retained is None else retained.rest
    gate = collected.gate
    agreements = Agreements.read(stores, tenants, resources.connections())
    decided, links = collected.decided, links_of(collected.linked, collected.decided)
    split_bids = pieces_of(
        [collected.shares[bid] for bid in decided], collected.quantity_mw[decided] > 0, links
    )
    one_more = _reaches_beyond(collected)
    committed = read_committed(stores, collected, retained)
    grids = grids_in_use(stores, collected, split_bids, agreements, committed=committed, one_more=one_more)
    keys, unanswered = keys_of(gate, collected, decided), None
    try:
        exact = gate.use is UseOfLists.EXACT
        demanded = _demanded(_stated(stores, gate), keys, retained) if exact else Demanded(keys, {})
    except DemandUnclearError as error:
        demanded, unanswered = (
            Demanded(keys, {}),
            Reason(ReasonCode.UNAVAILABLE_IN_LIST, f"{error}; {_NOTHING}"),
        )
    list_index, lists = lists_of(len(gate.units) + one_more, demanded.keys, demanded.wanted)
    problem = Problem(
        bids=bids_of(
            collected,
            split_bids,
            list_index[split_bids.bid],
            withheld=grids.withheld,
            units=len(gate.units) + one_more,
        ),
        grids=grids.grids,
        lists=lists,
        mtu_hours=gate.units.hours,
        relief_share=gate.netting_share,
        links=split_bids.links(links),
        rule=gate.demand_rule,
        objective=gate.objective,
        one_buyer=gate.one_buyer,
    )
    return GateProblem(
        collected,
        grids,
        split_bids,
        problem,
        _hash(gate, problem, retained),
        _passed(collected, agreements),
        (
            *(() if retained is None else retained.notes),
            *grids.notes,
            *_notes_on_shares(collected),
            *_notes_on_demands(gate, demanded),
        ),
        unanswered,
        committed.runs,
        retained,
        undemanded={
            bid: key.name
            for bid, key in zip(decided, demanded.keys, strict=True)
            if demanded.wanted and key not in demanded.wanted
        },
    )


def problem_without_grids(
    stores: Stores, gate: Gate, retained: RetainedDecisions | None = None
) -> GateProblem:
    """The problem of a gate whose input cannot be read: its bids and no grids; nothing is available."""
    collected = read_offers(stores, gate) if retained is None else retained.rest
    gate = collected.gate
    decided = collected.decided
    split_bids = pieces_of(
        [collected.shares[bid] for bid in decided], collected.quantity_mw[decided] > 0, Links()
    )
    no_agreements = Agreements({}, {}, {})
    causes: list[Cause] = [(name, GridGapCause.UNUSABLE, set()) for name in gate.grid_operators]
    grids = GridsInUse(
        (), {}, {}, {}, gaps_of(collected, split_bids, causes, no_agreements, in_use=()), (), {}
    )
    list_index, lists = lists_of(len(gate.units), keys_of(gate, collected, decided), {})
    problem = Problem(
        bids_of(collected, split_bids, list_index[split_bids.bid], units=len(gate.units)), (), lists
    )
    unanswered = Reason(ReasonCode.CALCULATION_FAILED, f"the bid check failed; {_NOTHING}")
    notes = () if retained is None else retained.notes
    return GateProblem(
        collected, grids, split_bids, problem, "", frozenset(), notes, unanswered, retained=retained
    )


def _demanded(
    stated: Sequence[Demand], keys: Sequence[ListKey], retained: RetainedDecisions | None
) -> Demanded:
    """The demand of the lists of these bids; retained bids in the units to be decided meet their
    part."""
    if retained is None:
        return demands_of(keys, stated)
    first, tied = retained.first, retained.tied
    left = [replace(one, up_mw=one.up_mw[first:], down_mw=one.down_mw[first:]) for one in stated]
    theirs = keys_of(tied.gate, tied, range(len(tied)))
    found = demands_of([*keys, *theirs], left)
    wanted = dict(found.wanted)
    for key, mw in zip(found.keys[len(keys) :], retained.tied_mw, strict=True):
        if key in wanted:
            wanted[key] = np.maximum(wanted[key] - mw, 0.0)
    return replace(found, keys=found.keys[: len(keys)], wanted=wanted)


def _passed(collected: CollectedBids, agreements: Agreements) -> frozenset[int]:
    """Undecided bids that pass; none in exact lists, of which just the acceptances are used."""
    if collected.gate.use is UseOfLists.EXACT:
        return frozenset()
    return frozenset(
        bid for bid in collected.undecided if agreements.pass_units(collected.bids[bid].unit_shares)
    )


def _reaches_beyond(collected: CollectedBids) -> bool:
    """Whether a list may be activated directly in the last unit, and so deliver in the one after."""
    if collected.gate.use is UseOfLists.EXACT:
        return False
    last = collected.quantity_mw[:, -1] > 0
    return any(may_be(collected.bids[bid].terms)[1] for bid in collected.decided if last[bid])


def _stated(stores: Stores, gate: Gate) -> list[Demand]:
    """The demands that the TSOs of the gate stated."""
    found: list[Demand] = []
    for name in sorted(stores.present(gate.system_operators)):
        with stores.of(name).reading() as uow:
            found += demands.of_gate(uow, gate.gate_id)
    return found


def _notes_on_shares(collected: CollectedBids) -> Iterator[str]:
    """How many bids are split over their units by shares that no document stated."""
    shares = [(collected.bids[bid].shares_stated, collected.shares[bid]) for bid in collected.decided]
    if unstated := sum(not stated and not one.scheduled for stated, one in shares):
        bids = counted(unstated, "bid")
        yield f"units behind {bids} share equally, because no document states their shares"
    if partly := sum(one.partly for _, one in shares):
        bids = counted(partly, "bid")
        yield f"schedules name some units behind {bids} only, or no delivery; there they do not count"


def _notes_on_demands(gate: Gate, demanded: Demanded) -> Iterator[str]:
    """How demands were read, and which lists without a bid are demanded, e.g. of a mistyped zone."""
    yield from demanded.notes
    for key in sorted(demanded.wanted.keys() - set(demanded.keys)):
        if demanded.wanted[key].any():
            mwh = gate.units.hours * float(demanded.wanted[key].sum())
            yield f"{mwh:g} MWh are demanded of the list {key.name}, in which there are no bids"


def _hash(gate: Gate, problem: Problem, retained: RetainedDecisions | None) -> str:
    digest = hashlib.sha256()
    retained_parts = () if retained is None else retained.parts()
    for part in (*_parts(gate, problem), *retained_parts):
        data = part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _parts(gate: Gate, problem: Problem) -> Iterator[str | NDArray[np.generic]]:
    """Everything that can change the answer, in a fixed order."""
    yield f"{gate.use} {gate.delivery} {gate.mtu.total_seconds()} {gate.currency}"
    yield f"{problem.surplus_mw!r} {problem.relief_share!r} {problem.one_buyer!r} {problem.rule}"
    yield str(problem.objective)
    yield f"{problem.links!r}"
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
