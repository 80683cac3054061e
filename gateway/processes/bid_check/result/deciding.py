"""From the optimiser's answer to the decision: what of each bid is available, and why not more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gateway.domain.gate import ListObjective, UseOfLists
from gateway.domain.limiting import Limitations
from gateway.domain.reason import Reason, ReasonCode
from gateway.domain.result import EMERGENCY_RUNGS, Rung, SearchGap
from gateway.optimiser.check.answer import Answer, RemovalCause
from gateway.optimiser.check.limits import passed_over
from gateway.optimiser.model.price_order import merit_order
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import SafeMeritOrder
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.processes.bid_check.problem.decision import Decision
from gateway.processes.bid_check.problem.links import LINKING, is_block
from gateway.processes.bid_check.problem.problem_builder import GateProblem
from gateway.processes.bid_check.problem.reasons import NOT_NEEDED, WITHHELD, ReasonTable
from gateway.processes.bid_check.result.limitations import limitations, not_found, uncheckable
from gateway.processes.bid_check.result.preferred import yields_to_dearer
from gateway.processes.bid_check.result.run_statistics import unit_figures
from gateway.processes.bid_check.result.safe_limits import safe_limits

_TAKEN_MW = 1e-6
_LOADS = 1e-6
"""MW an element gains per MW of a bid from which on the bid shares its overload."""

_CAUSES: Mapping[RemovalCause, tuple[ReasonCode, str]] = {
    RemovalCause.WITHHELD: (ReasonCode.OPERATIONAL_SECURITY, "withheld before the decision"),
    RemovalCause.EXCLUSIVE: (ReasonCode.LINKED_BID_REJECTED, "another bid of its exclusive group is taken"),
    RemovalCause.MULTIPART: (ReasonCode.LINKED_BID_REJECTED, "a cheaper part of its group is not taken"),
    RemovalCause.INCLUSIVE: (ReasonCode.LINKED_BID_REJECTED, "its inclusive group cannot be taken whole"),
    RemovalCause.TECHNICAL: (ReasonCode.LINKED_BID_REJECTED, "its technical link does not allow it"),
    RemovalCause.CONDITIONAL: (ReasonCode.LINKED_BID_REJECTED, "its conditional link does not hold"),
    RemovalCause.BLOCK: (ReasonCode.LINKED_BID_REJECTED, "the block cannot be taken in all its units alike"),
    RemovalCause.INDIVISIBLE: (
        ReasonCode.BID_NOT_ACCEPTED,
        "indivisible, and the whole is more than is still needed",
    ),
    RemovalCause.MINIMUM: (ReasonCode.BID_NOT_ACCEPTED, "its minimum is more than is still needed"),
    RemovalCause.DISPLACED: (
        ReasonCode.BID_NOT_ACCEPTED,
        f"{NOT_NEEDED}: others, which cannot be taken with less, meet the demand",
    ),
    RemovalCause.TIED: (
        ReasonCode.BID_NOT_ACCEPTED,
        f"{NOT_NEEDED}: others at the same price come first, because the cost is the same either way",
    ),
}

_CAUTIOUS = Reason(ReasonCode.OPERATIONAL_SECURITY, "limited by a cautious rule, for want of time")
_CONGESTED = Reason(ReasonCode.INTERNAL_CONGESTION, "the grid cannot carry the whole bid")
_FOR_RELIEF = Reason(
    ReasonCode.INTERNAL_CONGESTION,
    "others come first, dearer ones too, because they relieve a grid that is at its limit",
)
_UNSAFE = Reason(ReasonCode.INTERNAL_CONGESTION, "the grid cannot always carry the whole bid")
_GIVES_WAY = Reason(
    ReasonCode.INTERNAL_CONGESTION,
    "the grid cannot always carry the whole bid beside dearer ones, and the gate keeps the most volume first",
)
_TOO_LATE = Reason(ReasonCode.OPERATIONAL_SECURITY, "not assessed in time, so nothing is safe")
_FAILED = Reason(ReasonCode.CALCULATION_FAILED, "the bid check failed; nothing is available")
_TIED = Reason(ReasonCode.LINKED_BID_REJECTED, "a bid that its group or link ties it to is not available")
_OTHER_UNITS = Reason(
    ReasonCode.LINKED_BID_REJECTED,
    "the grid limits it in other units of its block, which is taken alike in all",
)
_OVERLOADS = Reason(ReasonCode.OVERLOAD, "with it a limit is exceeded, as the grid operator agreed")
_PASSED = "; passed on unchecked, as the grid operator agreed"
_SAFETY: Mapping[Rung, Reason] = {Rung.CONSERVATIVE: _CAUTIOUS, Rung.NOT_ASSESSED: _TOO_LATE}
_NOT_FOUND: Mapping[SearchGap, Reason] = {
    SearchGap.NOT_THROUGH: Reason(
        ReasonCode.OPERATIONAL_SECURITY, "the search was not through; more of it may be possible"
    ),
    SearchGap.NOT_ASSESSED: _TOO_LATE,
}


def from_answer(gate_problem: GateProblem, answer: Answer) -> Decision:
    """The decision an answer to exact lists makes: available is what is accepted."""
    collected, decided = gate_problem.collected, np.asarray(gate_problem.collected.decided, dtype=np.intp)
    joined = gate_problem.joined
    accepted, limited = _nothing(collected)
    offered = collected.quantity_mw[decided]
    accepted[decided] = joined(answer.accepted_mw)
    limited[decided] = joined(answer.limited) & (accepted[decided] < offered)
    reasons = ReasonTable.empty(accepted.shape)
    _add_withheld(gate_problem, reasons)
    for rung, reason in _SAFETY.items():
        reasons.add(reason, limited & np.array([one is rung for one in answer.rung], dtype=np.bool_))
    found = limitations(gate_problem, answer.limits, answer).joined(uncheckable(gate_problem))
    gap = _gaps(answer.rung, ~answer.explained)[: limited.shape[1]]
    limits = found.joined(not_found(gate_problem, found, limited, [gap] * len(gate_problem.problem.grids)))
    _add_not_found(limits, reasons)
    reasons.add(_FOR_RELIEF, limited & _limited_by_others(gate_problem, answer))
    reasons.add(_CONGESTED, limited)
    reasons.add(_OVERLOADS, _carries_overload(gate_problem, answer))
    for cause, (code, text) in _CAUSES.items():
        selected = np.zeros(answer.accepted_mw.shape, dtype=np.bool_)
        for one in answer.removals:
            if one.cause is cause:
                selected[one.bid, one.mtu] = True
        cells = _of_all(gate_problem, selected) & (accepted < collected.quantity_mw)
        reasons.add_by_part(Reason(code, text), cells, accepted > _TAKEN_MW)
    available, unchecked = _with_unchecked(gate_problem, accepted, reasons)
    by_price = without_grid(gate_problem)
    for bid, name in gate_problem.undemanded.items():
        why = f"{NOT_NEEDED}: no demand was stated for its list ({name})"
        reasons.add_to(
            bid, Reason(ReasonCode.BID_NOT_ACCEPTED, why), available[bid] < collected.quantity_mw[bid]
        )
    not_needed = Reason(ReasonCode.BID_NOT_ACCEPTED, NOT_NEEDED)
    reasons.add_by_part(not_needed, available < collected.quantity_mw, accepted > _TAKEN_MW)
    return Decision(
        available_mw=available,
        accepted_mw=accepted,
        limited=limited,
        why=reasons.why,
        reasons=tuple(reasons.reasons),
        wanted_mw=_of_all_mw(gate_problem, by_price),
        passed_over=_passed_over(gate_problem, accepted),
        units=unit_figures(gate_problem, answer, by_price),
        unchecked=unchecked,
        limits=limits,
    )


def from_safe_merit_order(gate_problem: GateProblem, safe: SafeMeritOrder) -> Decision:
    """The decision a safe merit order makes, for lists used as prefix."""
    collected, decided = gate_problem.collected, np.asarray(gate_problem.collected.decided, dtype=np.intp)
    available, limited = _nothing(collected)
    joined = gate_problem.joined
    offered = collected.quantity_mw[decided]
    available[decided] = joined(safe.available_mw)
    limited[decided] = joined(safe.limited) & (available[decided] < offered)
    for bid, unit in collected.unavailable:
        limited[bid, unit] = False
    reasons = ReasonTable.empty(available.shape)
    _add_withheld(gate_problem, reasons)
    rungs = list(Rung)
    worst = np.zeros(len(available), np.int64)
    for grid, rung in zip(gate_problem.problem.grids, safe.rung, strict=True):
        bids = decided[gate_problem.split_bids.bid[grid.injections.bid]]
        worst[bids] = np.maximum(worst[bids], rungs.index(rung))
    for rung, reason in _SAFETY.items():
        reasons.add(reason, limited & (worst == rungs.index(rung))[:, None])
    found = safe_limits(gate_problem.problem, safe)
    limits = limitations(gate_problem, found, None).joined(uncheckable(gate_problem))
    emergency = np.array([rung in EMERGENCY_RUNGS for rung in safe.rung], dtype=np.bool_)
    units = np.ones(limited.shape[1], np.int8)
    gaps = [gap * units for gap in _gaps(safe.rung, emergency)]
    limits = limits.joined(not_found(gate_problem, limits, limited, gaps))
    for reason, cells in (
        (_OTHER_UNITS, _with_other_units(collected, limited, limits)),
        (_TIED, _tied(collected, limited, limits)),
    ):
        limited &= ~cells
        reasons.add(reason, cells)
    if gate_problem.problem.objective is ListObjective.VOLUME:
        preferred = yields_to_dearer(gate_problem.problem, found, safe.available_mw)
        reasons.add(_GIVES_WAY, limited & _of_all(gate_problem, preferred))
    reasons.add(_UNSAFE, limited)
    available, unchecked = _with_unchecked(gate_problem, available, reasons)
    return Decision(
        available_mw=available,
        accepted_mw=None,
        limited=limited,
        why=reasons.why,
        reasons=tuple(reasons.reasons),
        wanted_mw=collected.quantity_mw,
        passed_over=np.zeros_like(limited),
        units=unit_figures(gate_problem, safe),
        unchecked=unchecked,
        limits=limits,
    )


def _with_other_units(
    collected: CollectedBids, limited: NDArray[np.bool_], limits: Limitations
) -> NDArray[np.bool_]:
    """(B, T) limited units of blocks in which no grid limits them, though one does in another unit."""
    named = np.zeros(limited.shape, dtype=np.bool_)
    named[limits.bid, limits.mtu] = True
    blocks = np.array([is_block(bid) for bid in collected.bids], dtype=np.bool_)
    return np.asarray(limited & ~named & (blocks & named.any(axis=1))[:, None])


def _tied(collected: CollectedBids, limited: NDArray[np.bool_], limits: Limitations) -> NDArray[np.bool_]:
    """(B, T) limited bids that no grid limits: a group or link of theirs holds for another bid that is not
    available."""
    unnamed = limited.copy()
    unnamed[limits.bid, limits.mtu] = False
    linked = [bool(bid.links or LINKING & bid.terms.keys()) for bid in collected.bids]
    unnamed[~np.array(linked, dtype=np.bool_)] = False
    return unnamed


def unanswered(gate_problem: GateProblem) -> Decision:
    """The decision when there is no answer: nothing is available, because nothing is known to be safe."""
    collected = gate_problem.collected
    available, limited = _nothing(collected)
    reasons = ReasonTable.empty(available.shape)
    reasons.add(gate_problem.unanswered or _FAILED, collected.quantity_mw > 0)
    over = limited
    if gate_problem.unanswered is None and collected.gate.use is UseOfLists.EXACT:
        over = _passed_over(gate_problem, available)
    return Decision(
        available_mw=available,
        accepted_mw=None if collected.gate.use is UseOfLists.PREFIX else available,
        limited=limited,
        why=reasons.why,
        reasons=tuple(reasons.reasons),
        wanted_mw=collected.quantity_mw,
        passed_over=over,
        units=unit_figures(gate_problem, None),
        limits=Limitations.none(),
    )


def _gaps(rungs: Sequence[Rung], unexplained: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Why no element is named, per rung, as numbers among `SearchGap`, from 1; 0 where one is."""
    number = {gap: place for place, gap in enumerate(SearchGap, start=1)}
    nothing = np.array([rung is Rung.NOT_ASSESSED for rung in rungs], dtype=np.bool_)
    some = np.where(unexplained, number[SearchGap.NOT_THROUGH], 0)
    return np.where(nothing, number[SearchGap.NOT_ASSESSED], some).astype(np.int8)


def _nothing(collected: CollectedBids) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.zeros_like(collected.quantity_mw), np.zeros(collected.quantity_mw.shape, dtype=np.bool_)


def without_grid(gate_problem: GateProblem) -> NDArray[np.float64]:
    """(R, T) accepted of each piece by price alone to meet the demand, whatever grids can carry or check
    about.

    Bids that the bid check cannot decide are not among the problem's, so that their lists are unknown; of
    them nothing is wanted.
    """
    bids = gate_problem.problem.bids
    capped = None if bids.cap_mw is None else bids.cap_mw.copy()
    if capped is not None:
        # What no grid can check is wanted all the same; what links forbid is not.
        behind = sorted(gate_problem.grids.withheld)
        capped[behind] = bids.quantity_mw[behind]
    by_price, _ = merit_order(replace(gate_problem.problem, bids=replace(bids, cap_mw=capped)))
    return by_price


def _of_all_mw(gate_problem: GateProblem, split_bids: NDArray[np.float64]) -> NDArray[np.float64]:
    """MW of pieces (R, T) as those of all bids of the offers (B, T)."""
    found = np.zeros_like(gate_problem.collected.quantity_mw)
    found[np.asarray(gate_problem.collected.decided, dtype=np.intp)] = gate_problem.joined(split_bids)
    return found


def _limited_by_others(gate_problem: GateProblem, answer: Answer) -> NDArray[np.bool_]:
    """(B, T) bids that only rows of grids limit to which they are not connected."""
    found, shape = answer.limits, answer.accepted_mw.shape
    is_own = np.zeros(len(found), dtype=np.bool_)
    for number in np.unique(found.grid).tolist():
        selected = found.grid == number
        is_own[selected] = np.isin(found.bid[selected], gate_problem.problem.grids[number].injections.bid)
    own, others = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    own[found.bid[is_own], found.mtu[is_own]] = True
    others[found.bid[~is_own], found.mtu[~is_own]] = True
    return _of_all(gate_problem, others) & ~_of_all(gate_problem, own)


def _passed_over(gate_problem: GateProblem, accepted: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(B, T) bids of exact lists that are passed over, of what is published to be accepted."""
    taken = gate_problem.split_bids.cut(accepted[np.asarray(gate_problem.collected.decided, dtype=np.intp)])
    by_price, _ = merit_order(gate_problem.problem)
    return _of_all(gate_problem, passed_over(gate_problem.problem, by_price, taken))


def _of_all(gate_problem: GateProblem, split_bids: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mark on pieces (R, T) as one on all bids of the offers (B, T)."""
    found = np.zeros(gate_problem.collected.quantity_mw.shape, dtype=np.bool_)
    found[np.asarray(gate_problem.collected.decided, dtype=np.intp)] = gate_problem.joined(split_bids)
    return found


def _add_withheld(gate_problem: GateProblem, reasons: ReasonTable) -> None:
    """Bids of which nothing is available: undecided, behind a grid that cannot check them, or linked."""
    collected, grids, split_bids = gate_problem.collected, gate_problem.grids, gate_problem.split_bids
    offered = collected.quantity_mw > 0
    for bid, why in collected.undecided.items():
        if bid not in gate_problem.passed:
            reasons.add_to(bid, Reason(ReasonCode.OPERATIONAL_SECURITY, why + WITHHELD), offered[bid])
    for (bid, unit), why in collected.unavailable.items():
        selected = np.zeros(len(offered[bid]), dtype=np.bool_)
        selected[unit] = True
        reasons.add_to(bid, Reason(ReasonCode.LINKED_BID_REJECTED, why), selected)
    if grids.withheld:
        marked = np.zeros(gate_problem.problem.bids.quantity_mw.shape, dtype=np.bool_)
        marked[sorted(grids.withheld)] = True
        cells = _of_all(gate_problem, marked) & offered
        for bid in sorted({collected.decided[split_bids.bid[piece]] for piece in grids.withheld}):
            why = grids.unlimited[bid] + WITHHELD
            reasons.add_to(bid, Reason(ReasonCode.OPERATIONAL_SECURITY, why), cells[bid])


def _add_not_found(limits: Limitations, reasons: ReasonTable) -> None:
    """Bids whose limiting rows were not found: no grid is blamed, as in their explanations."""
    because = np.array([row.not_found_because or "" for row in limits.rows], dtype=str)[limits.row]
    for gap, reason in _NOT_FOUND.items():
        selected = because == gap
        cells = np.zeros(reasons.why.shape, dtype=np.bool_)
        cells[limits.bid[selected], limits.mtu[selected]] = True
        reasons.add(reason, cells)


def _with_unchecked(
    gate_problem: GateProblem, available: NDArray[np.float64], reasons: ReasonTable
) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """The available quantities with the bids that pass on unchecked, and these bids; each is marked."""
    collected, grids = gate_problem.collected, gate_problem.grids
    with_unchecked = available.copy()
    passed = sorted(gate_problem.passed)
    with_unchecked[passed] = collected.quantity_mw[passed]
    withheld = {collected.decided[gate_problem.split_bids.bid[piece]] for piece in grids.withheld}
    unchecked = {bid: collected.undecided[bid] for bid in passed}
    unchecked |= {bid: why for bid, why in grids.unlimited.items() if bid not in withheld}
    for bid, why in sorted(unchecked.items()):
        reasons.add_to(bid, Reason(ReasonCode.OTHER, why + _PASSED), with_unchecked[bid] > 0)
    return with_unchecked, tuple(bid for bid in sorted(unchecked) if (with_unchecked[bid] > 0).any())


def _carries_overload(gate_problem: GateProblem, answer: Answer) -> NDArray[np.bool_]:
    """(B, T) bids that are taken and load an element that is overloaded."""
    rows, taken = answer.overloads, answer.accepted_mw > _TAKEN_MW
    found = np.zeros(taken.shape, dtype=np.bool_)
    if not len(rows):
        return _of_all(gate_problem, found)
    flows = GridFlows.of(gate_problem.problem)
    for grid in np.unique(rows.grid).tolist():
        selected = np.flatnonzero(rows.grid == grid)
        effects = flows[grid].coefficients(rows.element[selected], rows.point[selected], rows.side[selected])
        for effect, mtu in zip(effects, rows.mtu[selected].tolist(), strict=True):
            bids = flows[grid].bids[effect > _LOADS]
            found[bids, mtu] |= taken[bids, mtu]
    return _of_all(gate_problem, found)
