"""A run's result as the rows that each participant's store has of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from msgspec import structs

from gateway.domain.bid import BidTerm
from gateway.domain.limiting import Limitations
from gateway.domain.party import Role
from gateway.domain.reason import Reason, ReasonCode
from gateway.domain.result import Availability
from gateway.processes.bid_check.collecting.products import product_of
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.processes.bid_check.problem.decision import Decision
from gateway.processes.bid_check.problem.reasons import WITHHELD, ReasonTable
from gateway.processes.bid_check.result.documents import Limiting, LimitingTable
from gateway.records.market.explanations import BidExplanation
from gateway.records.market.reports import FailingBidRow
from gateway.records.market.results import BidAvailabilityRow, MeritOrderRow
from gateway.records.messages.gate_notices import PendingNotice


@dataclass(frozen=True, eq=False)
class Result:
    """A run's result, ready to be published; `earlier` are the runs of the gate that it supersedes. If it is
    published for the `first_time`, no tenant has any of it."""

    run_id: str
    number: int
    earlier: Sequence[str]
    collected: CollectedBids
    decision: Decision
    availability: Availability
    why: ReasonTable
    owners: Mapping[str, str]
    parties: Mapping[str, Role]
    """Of every tenant that has a code."""
    notices: Mapping[str, Sequence[PendingNotice]] = field(default_factory=dict)
    """Earlier changes of the gate, by participant that is still to be notified."""
    first_time: bool = False

    def of_platforms(self, platforms: Sequence[str]) -> "Result":
        """The part that is needed to publish to these platforms."""
        collected, decision = self.collected, self.decision
        bids = [bid for name in platforms for bid in collected.of_platform(name)]
        part = collected.part(bids, 0, len(collected.gate.units))
        limits = decision.limits.of_bids(bids, len(collected))
        accepted = decision.accepted_mw
        own = structs.replace(
            decision,
            available_mw=decision.available_mw[bids],
            accepted_mw=None if accepted is None else accepted[bids],
            limited=decision.limited[bids],
            why=decision.why[bids],
            limits=limits,
            wanted_mw=decision.wanted_mw[bids],
            passed_over=decision.passed_over[bids],
            unchecked=(),
            shares=(),
            withheld=(),
            gaps=(),
            failing=None,
        )
        owners = {row.grid_id: self.owners[row.grid_id] for row in limits.rows if row.grid_id in self.owners}
        concerned = (*platforms, *owners.values())
        return Result(
            self.run_id,
            self.number,
            self.earlier,
            part,
            own,
            own.availability(part),
            own.why_of(),
            owners,
            {name: self.parties[name] for name in concerned if name in self.parties},
            {name: self.notices[name] for name in platforms if name in self.notices},
            self.first_time,
        )

    @cached_property
    def limiting(self) -> LimitingTable:
        """Of each limitation the row with the largest share: its kind, and its operator as a party.

        Where the search was not through it is the gateway that limits, not an operator.
        """
        heaviest = self.decision.limits.heaviest()
        each = [
            Limiting(
                row.kind,
                self.parties.get(self.owners.get(row.grid_id, "")) if row.not_found_because is None else None,
            )
            for row in heaviest.rows
        ]
        number = {one: place for place, one in enumerate(dict.fromkeys(each), start=1)}
        of_row = np.array([number[one] for one in each], dtype=np.int32)
        which = np.zeros(self.availability.offered_mw.shape, dtype=np.int32)
        which[heaviest.bid, heaviest.mtu] = of_row[heaviest.row]
        return LimitingTable(which, tuple(number))

    def limits_of(self, operator: str) -> Limitations:
        """Limitations by the rows of one grid operator."""
        limits = self.decision.limits
        if operator not in self.owners.values():
            return limits[np.zeros(0, dtype=np.intp)]
        return self._limits_where(lambda owner: owner == operator)

    def limits_of_own_or_unowned(self, participant: str) -> Limitations:
        """Limitations by a participant's own rows, and by grids that no grid operator of the gate has:
        unregistered ones, or another's."""
        grid_operators = frozenset(self.collected.gate.grid_operators)
        return self._limits_where(lambda owner: owner == participant or owner not in grid_operators)

    def _limits_where(self, wanted: Callable[[str | None], bool]) -> Limitations:
        limits = self.decision.limits
        rows = np.array([wanted(self.owners.get(row.grid_id)) for row in limits.rows], dtype=np.bool_)
        return limits[rows[limits.row]]


def limited_by(result: Result, operator: str) -> Result:
    """The result as a grid operator may see it: bids are limited where its own elements limit them, and
    withheld where its own grids cannot check them."""
    limits, everything = result.limits_of(operator), result.availability
    own = np.zeros(everything.limited.shape, dtype=np.bool_)
    own[limits.bid, limits.mtu] = True
    seen = replace(
        everything,
        available_mw=np.where(own, everything.available_mw, everything.offered_mw),
        limited=everything.limited & own,
    )
    decision = structs.replace(result.decision, limits=limits)
    return replace(result, availability=seen, decision=decision, why=_own_reasons(result.why, limits))


def _own_reasons(why: ReasonTable, limits: Limitations) -> ReasonTable:
    """The reasons; where these limitations are grids that cannot check, such reasons name no others."""
    own = ReasonTable(why.why.copy(), list(why.reasons))
    for number in np.unique(limits.row).tolist():
        row = limits.rows[number]
        if row.withheld_because is not None:
            own.reasons.append(Reason(ReasonCode.OPERATIONAL_SECURITY, row.why_uncheckable + WITHHELD))
            selected = limits.row == number
            own.why[limits.bid[selected], limits.mtu[selected]] = len(own.reasons)
    return own


def availability_row(result: Result, bid: int, omitted: Mapping[str, str]) -> BidAvailabilityRow:
    """The availability of a bid; `omitted`: why no document has it."""
    collected, availability = result.collected.bids[bid], result.availability
    return BidAvailabilityRow(
        bid_id=collected.bid_id,
        document=collected.document,
        direction=collected.direction,
        offered_mw=availability.offered_mw[bid],
        available_mw=availability.available_mw[bid],
        accepted_mw=None if availability.accepted_mw is None else availability.accepted_mw[bid],
        limited=availability.limited[bid],
        reasons=_with(result.why.of(bid), omitted.get(collected.bid_id)),
    )


def _with(reasons: tuple[Reason, ...], omitted: str | None) -> tuple[Reason, ...]:
    """The reasons of a bid, and why no document has it."""
    return reasons if omitted is None else (*reasons, Reason(ReasonCode.CANNOT_BE_PROCESSED, omitted))


def explained(result: Result, participant: str, *, everything: bool) -> Iterator[BidExplanation]:
    """Why bids are limited by a participant's own elements, or withheld for its own grids.

    For those who see `everything`, which read of grids with their operators, also why bids are withheld for
    grids that no grid operator of the gate has.
    """
    limits = result.limits_of_own_or_unowned(participant) if everything else result.limits_of(participant)
    if not len(limits):
        return
    limits = limits[np.lexsort((limits.mtu, limits.bid))]
    offered, available = result.availability.offered_mw, result.availability.available_mw
    edges = np.flatnonzero(np.diff(limits.bid, prepend=-1, append=-1))
    for first, last in pairwise(edges.tolist()):
        bid, mtu = int(limits.bid[first]), limits.mtu[first:last]
        price = limits.shadow_price
        yield BidExplanation(
            bid=bid,
            bid_id=result.collected.bids[bid].bid_id,
            direction=result.collected.bids[bid].direction,
            indivisible=not result.collected.bids[bid].divisible,
            mtu=mtu,
            row=limits.row[first:last],
            full_at=limits.full_at[first:last],
            offered_mw=offered[bid, mtu],
            cut_mw=offered[bid, mtu] - available[bid, mtu],
            share=limits.share[first:last],
            margin_mw=limits.margin_mw[first:last],
            base_mw=limits.base_mw[first:last],
            limit_mw=limits.limit_mw[first:last],
            shadow_price=None if price is None else price[first:last],
        )


def first_bids(result: Result) -> Mapping[int, str]:
    """Platforms by the number of the first bid of each."""
    first: dict[str, int] = {}
    for bid, platform in enumerate(result.collected.platform):
        first.setdefault(platform, bid)
    return {bid: platform for platform, bid in first.items()}


def failing_bid_rows(result: Result) -> Sequence[FailingBidRow]:
    """Bids whose failure to deliver would overload something."""
    return [
        FailingBidRow(
            platform=result.collected.platform[one.bid],
            bid_id=result.collected.bids[one.bid].bid_id,
            units=one.units,
            mtu=one.mtu,
            grid_id=one.grid_id,
            element_id=one.element_id,
            side=one.side,
            operating_point=one.operating_point,
            overload_mw=one.overload_mw,
        )
        for one in result.decision.failing or ()
    ]


def merit_order_rows(result: Result) -> Iterator[MeritOrderRow]:
    """The merit order of all platforms."""
    availability = result.availability
    return (
        MeritOrderRow(
            platform=result.collected.platform[bid],
            bid_id=collected.bid_id,
            zone=collected.terms.get(BidTerm.CONNECTING_AREA, ""),
            product=product_of(collected.terms),
            direction=collected.direction,
            energy_price=result.collected.energy_price[bid],
            offered_mw=availability.offered_mw[bid],
            available_mw=availability.available_mw[bid],
            accepted_mw=None if availability.accepted_mw is None else availability.accepted_mw[bid],
        )
        for bid, collected in enumerate(result.collected.bids)
    )
