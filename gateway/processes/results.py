"""Views of a run for a participant: its own part, and the quality of the decision on all bids."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from msgspec import structs

from gateway.domain.gate import Gate
from gateway.domain.result import GridGap, LimitedShare, WithheldVolume
from gateway.domain.tenant import Tenant
from gateway.ports import UnitOfWork
from gateway.processes.activated import GateActivations, activations_of
from gateway.processes.bid_check.problem.notes_on_gates import as_seen
from gateway.processes.bid_check.result.run_statistics import cut_short_note
from gateway.processes.changes import BidChange, changes
from gateway.processes.errors import (
    ForgottenError,
    NoEarlierRunError,
    NotOfTheGateError,
    RunNotPublishedError,
    UnknownGateError,
    UnknownRunError,
)
from gateway.processes.gates import Gates
from gateway.processes.merit_order_steps import MeritOrderStep, steps
from gateway.processes.participants import sees_all, takes_part, viewer
from gateway.records.engine.pages import paged
from gateway.records.engine.stores import Stores
from gateway.records.market import explanations, gates, grid_models, held_bids, reports, results, runs
from gateway.records.market.bids import CollectedBid
from gateway.records.market.explanations import ExplanationRow
from gateway.records.market.reports import FailingBidRow
from gateway.records.market.results import BidAvailabilityRow
from gateway.records.market.runs import RunRecord


class Results:
    """Queries on runs. Every method raises UnknownRunError for a run that is not the caller's business."""

    def __init__(self, stores: Stores, gates: Gates) -> None:
        self._stores = stores
        self._gates = gates

    def runs(self, gate_id: str, caller: Tenant) -> Sequence[RunRecord]:
        """Runs of a gate in their order; the last published one supersedes those before.

        Raises:
            UnknownGateError: there is no such gate, or the caller does not participate in it.
        """
        gate = self._gates.find(gate_id, caller).gate
        with self._stores.shared.reading() as shared:
            found = runs.of_gate(shared, gate_id)
        return tuple(self._shown(run, gate, caller) for run in found)

    def run(self, run_id: str, caller: Tenant) -> RunRecord:
        """Figures of one run: for others than its TSOs and the operator, what concerns themselves."""
        return self._shown(*self._find(run_id, caller), caller)

    def gate_of(self, run_id: str, caller: Tenant) -> Gate:
        """The gate of a run."""
        return self._find(run_id, caller)[1]

    def availability(self, run_id: str, caller: Tenant) -> Mapping[str, Iterator[BidAvailabilityRow]]:
        """Availability of bids by platform, read page by page: a platform's own; all for the gate's TSOs and
        the operator.

        Raises:
            RunNotPublishedError: not yet decided and published to all participants concerned.
        """
        gate = self._published(run_id, caller)
        if sees_all(caller, gate):
            platforms = gate.platforms
        else:
            platforms = tuple(name for name in gate.platforms if name == caller.tenant_id)
        found = {}
        for platform in self._stores.present(platforms):
            store = self._stores.of(platform)
            with store.reading() as uow:
                _require_published(uow, run_id)
            after = partial(results.availability_after, run_id=run_id)
            found[platform] = paged(store, after, "", lambda row: row.bid_id)
        return found

    def changes(
        self, run_id: str, since: str | None, caller: Tenant
    ) -> tuple[RunRecord, Iterator[BidChange]]:
        """The run that another is compared with, and the bids whose availability changed.

        Args:
            since: a published run of the same gate; None: the last published one before it.

        Raises:
            NoEarlierRunError: there is none to compare with.
            RunNotPublishedError: see `availability`.
        """
        after = self.availability(run_id, caller)
        run, gate = self._find(run_id, caller)
        with self._stores.shared.reading() as shared:
            published = [one for one in runs.of_gate(shared, gate.gate_id) if one.published_at is not None]
        before = [
            one for one in published if (one.number < run.number if since is None else one.run_id == since)
        ]
        if not before:
            raise NoEarlierRunError(gate.gate_id, run.number) if since is None else UnknownRunError(since)
        return before[-1], changes(self.availability(before[-1].run_id, caller), after)

    def explanations(self, run_id: str, caller: Tenant) -> Iterator[ExplanationRow]:
        """Elements that limit bids, and grids that could not check bids: all for the gate's
        TSOs and the operator, also of grids that no grid operator of the gate has; else the caller's own.
        Flows and limits are for the grid's own operator only, platforms for those who see all.

        Platforms get none: the reason of each limited bid is in its availability.

        Raises:
            RunNotPublishedError: see `availability`.
        """
        gate = self._published(run_id, caller)
        if not sees_all(caller, gate) and caller.tenant_id not in gate.grid_operators:
            return iter(())
        others = gate.grid_operators if sees_all(caller, gate) else ()
        with self._stores.of(caller.tenant_id).reading() as uow:
            platforms = explanations.platforms_of(uow, run_id)
        firsts, names = [*platforms], [*platforms.values()]
        found, read = [], set[str]()
        for keeper in self._stores.present(dict.fromkeys((caller.tenant_id, *others))):
            store = self._stores.of(keeper)
            with store.reading() as uow:
                _require_published(uow, run_id)
                # Several stores have the rows of a grid without an operator: they are read from the first.
                grids = explanations.grids_of(uow, run_id) - read
            read |= grids
            rows = explanations.of_run(store, run_id, grids)
            found.append(rows if keeper == caller.tenant_id else map(_without_flows, rows))
        rows = chain.from_iterable(found)
        if not firsts:
            return rows
        return (structs.replace(row, platform=names[bisect_right(firsts, row.bid) - 1]) for row in rows)

    def held_bids(self, gate_id: str, caller: Tenant, after: str, most: int) -> Sequence[CollectedBid]:
        """Up to `most` bids that are held of the caller for a gate, by id, from behind `after`.

        Raises:
            UnknownGateError: see `Gates.find`.
        """
        self._gates.find(gate_id, caller)
        with self._stores.of(caller.tenant_id).reading() as uow:
            return held_bids.page(uow, gate_id, after, most)

    def activations(self, gate_id: str, caller: Tenant) -> GateActivations:
        """Reported activations of the bids of a gate (see `activations_of`)."""
        return activations_of(self._stores, self._gates, gate_id, caller)

    def merit_order(self, run_id: str, caller: Tenant, mtu: int | None = None) -> Iterator[MeritOrderStep]:
        """The grid-checked merit order of all platforms, of one market time unit or of all.

        For the gate's TSOs and the operator. By market time unit, up before down, in the order in which bids
        are used.

        Raises:
            RunNotPublishedError: see `availability`.
            NotOfTheGateError: the caller may not see everything of the gate.
            ForgottenError: its prices are not stored any more.
        """
        gate = self._for_overseer(run_id, caller)
        store = self._stores.of(caller.tenant_id)
        with store.reading() as uow:
            _require_published(uow, run_id)
            bids = results.merit_order_bids(uow, run_id)
        figures = self._find(run_id, caller)[0].figures
        if not bids and figures is not None and figures.bids:
            raise ForgottenError(f"the merit order of run {run_id!r} is not stored any more")
        return steps(store, run_id, bids, range(len(gate.units)) if mtu is None else range(mtu, mtu + 1))

    def limited_shares(self, run_id: str, caller: Tenant) -> Sequence[LimitedShare]:
        """Shares of participants in limited volume, for the gate's TSOs and the operator.

        Raises:
            RunNotPublishedError: see `availability`.
            NotOfTheGateError: the caller may not see everything of the gate.
        """
        self._for_overseer(run_id, caller)
        with self._stores.of(caller.tenant_id).reading() as uow:
            _require_published(uow, run_id)
            return reports.limited_shares_of(uow, run_id)

    def withheld(self, run_id: str, caller: Tenant) -> Sequence[WithheldVolume]:
        """Withheld volume by participant and reason, for the gate's TSOs and the operator.

        Raises:
            RunNotPublishedError: see `availability`.
            NotOfTheGateError: the caller may not see everything of the gate.
        """
        self._for_overseer(run_id, caller)
        with self._stores.of(caller.tenant_id).reading() as uow:
            _require_published(uow, run_id)
            return reports.withheld_of(uow, run_id)

    def grid_gaps(self, run_id: str, caller: Tenant) -> Sequence[GridGap]:
        """Grids checked with an old model or not at all, for the gate's TSOs and the operator.

        Raises:
            RunNotPublishedError: see `availability`.
            NotOfTheGateError: the caller may not see everything of the gate.
        """
        self._for_overseer(run_id, caller)
        with self._stores.of(caller.tenant_id).reading() as uow:
            _require_published(uow, run_id)
            return reports.grid_gaps_of(uow, run_id)

    def failing_bids(self, run_id: str, caller: Tenant) -> Sequence[FailingBidRow]:
        """Bids whose failure would overload something, for the gate's TSOs and the operator.

        Also empty where no search was made; the run's figures distinguish the two.

        Raises:
            RunNotPublishedError: see `availability`.
            NotOfTheGateError: the caller may not see everything of the gate.
        """
        self._for_overseer(run_id, caller)
        with self._stores.of(caller.tenant_id).reading() as uow:
            _require_published(uow, run_id)
            return reports.failing_bids_of(uow, run_id)

    def _find(self, run_id: str, caller: Tenant) -> tuple[RunRecord, Gate]:
        with self._stores.shared.reading() as shared:
            found = runs.find(shared, run_id, viewer(caller))
        if found is None:
            raise UnknownRunError(run_id)
        try:
            return found, self._gates.find(found.gate_id, caller).gate
        except UnknownGateError:
            raise UnknownRunError(run_id) from None

    def _published(self, run_id: str, caller: Tenant) -> Gate:
        found, gate = self._find(run_id, caller)
        if found.published_at is None:
            raise RunNotPublishedError(run_id)
        return gate

    def _for_overseer(self, run_id: str, caller: Tenant) -> Gate:
        gate = self._published(run_id, caller)
        if not sees_all(caller, gate):
            raise NotOfTheGateError(gate.gate_id)
        return gate

    def _takes_part(self, gate_id: str, caller: Tenant, own: Gate) -> bool:
        """Whether a gate is the caller's business; of its `own` it knows that already."""
        if gate_id == own.gate_id:
            return True
        with self._stores.shared.reading() as shared:
            status = gates.find(shared, gate_id)
        return status is not None and takes_part(caller, status.gate)

    def _shown(self, found: RunRecord, gate: Gate, caller: Tenant) -> RunRecord:
        """The run without data of other participants: names, volumes, costs, loadings."""
        if found.figures is None:
            return found
        if sees_all(caller, gate):
            may_see = partial(self._takes_part, caller=caller, own=gate)
            notes = tuple(as_seen(note, may_see) for note in found.figures.notes)
            return replace(found, figures=replace(found.figures, notes=notes))
        with self._stores.shared.reading() as shared:
            owners = grid_models.owners(shared)
        figures = found.figures
        own = replace(
            figures,
            bids=None,
            limited_bids=None,
            withheld_bids=None,
            offered_mwh=None,
            available_mwh=None,
            cost=None,
            cost_unconstrained=None,
            shortage_up_mwh=None,
            shortage_down_mwh=None,
            shortages=(),
            contracted_mwh=None,
            contracted_cut_mwh=None,
            failing_bids=None,
            max_loading_before_pct=None,
            max_loading_after_pct=None,
            missing_platforms=tuple(one for one in figures.missing_platforms if one[0] == caller.tenant_id),
            unclosed_platforms=tuple(name for name in figures.unclosed_platforms if name == caller.tenant_id),
            missing_grids=_owned(figures.missing_grids, owners, caller),
            stale_grids=_owned(figures.stale_grids, owners, caller),
            models=tuple(one for one in figures.models if owners.get(one.grid_id) == caller.tenant_id),
            overloads_remaining=tuple(
                (grid_id, element)
                for grid_id, element in figures.overloads_remaining
                if owners.get(grid_id) == caller.tenant_id
            ),
            overloads=tuple(
                (grid_id, element, mw)
                for grid_id, element, mw in figures.overloads
                if owners.get(grid_id) == caller.tenant_id
            ),
            undecided=tuple(
                (name, why) for name, why in figures.undecided if name.startswith(f"{caller.tenant_id}/")
            ),
            notes=(cut_short_note(found.budget or gate.budget, figures.rung, figures.gap),)
            if figures.cut_short
            else (),
        )
        return replace(found, figures=own)


def _without_flows(row: ExplanationRow) -> ExplanationRow:
    return structs.replace(row, base_flow_mw=None, limit_mw=None)


def _require_published(uow: UnitOfWork, run_id: str) -> None:
    """Return if the run is published to this participant; it may be published while one's store cannot be
    used."""
    if not results.published(uow, run_id):
        raise RunNotPublishedError(run_id)


def _owned(names: Sequence[str], owners: Mapping[str, str], caller: Tenant) -> tuple[str, ...]:
    """Of grids and grid operators, the caller itself and its own grids."""
    return tuple(name for name in names if caller.tenant_id in (name, owners.get(name)))
