"""How a run went, in figures: unit by unit, and over all units whose decision it publishes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from gateway.domain.gate import UseOfLists
from gateway.domain.quantity import readable_number
from gateway.domain.reason import ReasonCode
from gateway.domain.result import Availability, Outcome, Run, Rung, Shortage, Verification, worst_rung
from gateway.optimiser.check.answer import Answer
from gateway.optimiser.safe.answer import BELIEVED_MW, SafeMeritOrder
from gateway.processes.bid_check.problem.bid_columns import contracted
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.processes.bid_check.problem.decision import Decision, UnitFigures
from gateway.processes.bid_check.problem.problem_builder import GateProblem
from gateway.records.market.gates import GateStatus
from gateway.records.market.runs import RunRecord

MOST_LOADING_PCT = 1e6
"""Loading where a limit of 0 MW is exceeded: a number beyond doubt, because infinity is none in JSON."""

_WITHHELD = frozenset(
    {ReasonCode.OPERATIONAL_SECURITY, ReasonCode.CALCULATION_FAILED, ReasonCode.UNAVAILABLE_IN_LIST}
)
_AT_LIMIT = 1.0 + 1e-6
_SHORT_MW = 1e-6
"""Less is rounding."""

_WORSE_MWH, _WORSE_COST = 1e-3, 0.01
"""Less than this is rounding."""

_NOT_LOOKED = "there was no time to look at what every single bid would overload by not delivering"
_NOT_ASSESSED = "nothing could be assessed; the log states why"

Elements = Mapping[int, Sequence[tuple[str, str]]]


def unit_figures(
    gate_problem: GateProblem,
    answer: Answer | SafeMeritOrder | None,
    by_price: NDArray[np.float64] | None = None,
) -> tuple[UnitFigures, ...]:
    """Figures of each market time unit of the problem; `by_price` is what price alone accepts (R, T), MW, of
    exact lists."""
    units = range(len(gate_problem.collected.gate.units))
    if answer is None:
        return tuple(UnitFigures() for _ in units)
    # Every unit has the same rows; those of one more, into which direct activation reaches, go with the last.
    each = _rows_checked(answer) // gate_problem.problem.mtus
    rows = [each] * len(units)
    rows[-1] += _rows_checked(answer) - each * len(units)
    if isinstance(answer, SafeMeritOrder):
        remaining = _over_limit_without_bids(gate_problem)
        return tuple(
            UnitFigures(
                rung=answer.worst_rung,
                outcome=Outcome.WITHIN_LIMITS,
                rows_checked=rows[unit],
                overloads_remaining=tuple(remaining.get(unit, ())),
            )
            for unit in units
        )
    remaining, overloads = _over_limit(gate_problem, answer), _overloads(gate_problem, answer)
    lists, hours = gate_problem.problem.lists, gate_problem.problem.mtu_hours
    up_mwh, down_mwh = (answer.shortage_mw[lists.direction == sign].sum(axis=0) * hours for sign in (1, -1))
    price = gate_problem.problem.bids.price_eur_per_mwh
    shortages = _shortages(gate_problem, answer, by_price)
    without_grid = None
    if by_price is not None:
        without_grid = (price * by_price).sum(axis=0) * hours
    counts = np.bincount(answer.overloads.mtu, minlength=len(units))
    return tuple(
        UnitFigures(
            rung=answer.rung[unit],
            outcome=answer.outcome[unit],
            rows_checked=rows[unit],
            overloaded_rows=int(counts[unit]),
            cost=float(answer.cost_eur[unit]),
            cost_unconstrained=None if without_grid is None else float(without_grid[unit]),
            shortage_up_mwh=float(up_mwh[unit]),
            shortage_down_mwh=float(down_mwh[unit]),
            loading_before=_worst(grid.before[unit] for grid in answer.loadings),
            loading_after=_worst(grid.after[unit] for grid in answer.loadings),
            overloads=tuple(overloads.get(unit, ())),
            overloads_remaining=tuple(remaining.get(unit, ())),
            shortages=tuple(shortages.get(unit, ())),
        )
        for unit in units
    )


def _shortages(
    gate_problem: GateProblem, answer: Answer, by_price: NDArray[np.float64] | None
) -> Mapping[int, Sequence[Shortage]]:
    """Lists whose demand is not met, by market time unit of the gate."""
    lists, found = gate_problem.problem.lists, defaultdict[int, list[Shortage]](list)
    supply = np.zeros_like(lists.demand_mw)
    if by_price is not None:
        np.add.at(supply, gate_problem.problem.bids.list_index, by_price)
    anyway = np.clip(lists.demand_mw - supply, 0.0, answer.shortage_mw)
    begin = gate_problem.retained.first if gate_problem.retained is not None else 0
    for number, unit in np.argwhere(answer.shortage_mw > _SHORT_MW).tolist():
        mw = float(answer.shortage_mw[number, unit]), float(anyway[number, unit])
        sign = int(lists.direction[number])
        found[unit].append(Shortage(begin + unit, lists.names[number], sign, *mw))
    return found


def run_figures(
    run: RunRecord,
    status: GateStatus,
    gate_problem: GateProblem,
    decided: Decision,
    answer: Answer | SafeMeritOrder | None,
    *,
    finished_at: datetime,
) -> Run:
    """The figures of a run: of all units of its gate, also of those that an earlier run decided.

    The gap is the widest of all, because the units it came from are unknown; a violated limit of an earlier
    run counts as long as any of its units is retained.
    """
    collected, gate, retained = gate_problem.all_bids, status.gate, gate_problem.retained
    availability, hours, units = decided.availability(collected), gate.units.hours, decided.units
    fills = contracted(collected)[:, None]
    gap = None if answer is None else min(answer.gap, 1.0)
    verification = _verification(answer)
    if retained is not None:
        gap = max((one for one in (gap, retained.run.gap) if one is not None), default=None)
        verification = _both(verification, retained.run.verification)
    beyond = sum(u.overloaded_rows for u in units)
    rung = worst_rung(u.rung for u in units)
    cut_short = (answer is not None and answer.cut_short) or (retained is not None and retained.run.cut_short)
    notes = [*_notes(gate_problem, decided, answer)]
    if cut_short:
        notes.append(cut_short_note(gate.budget, rung, gap))
    return Run(
        run_id=run.run_id,
        gate_id=run.gate_id,
        started_at=run.started_at,
        finished_at=finished_at,
        use=gate.use,
        rule=gate.demand_rule if gate.use is UseOfLists.EXACT else None,
        outcome=max((u.outcome for u in units if u.outcome), key=list(Outcome).index, default=None),
        partly_unchecked=bool(decided.unchecked),
        rung=rung,
        gap=gap,
        cut_short=cut_short,
        withheld_bids=withheld_bids(availability, decided),
        input_hash=gate_problem.input_hash,
        bids=len(collected),
        limited_bids=availability.limited_bids,
        offered_mwh=float(availability.offered_mw.sum()) * hours,
        available_mwh=float(availability.available_mw.sum()) * hours,
        cost=_sum(u.cost for u in units),
        cost_unconstrained=_sum(u.cost_unconstrained for u in units),
        max_loading_before_pct=_worst_pct(u.loading_before for u in units),
        max_loading_after_pct=_worst_pct(u.loading_after for u in units),
        shortage_up_mwh=_sum(u.shortage_up_mwh for u in units),
        shortage_down_mwh=_sum(u.shortage_down_mwh for u in units),
        contracted_mwh=float((availability.offered_mw * fills).sum()) * hours,
        contracted_cut_mwh=contracted_cut_mwh(collected, decided),
        failing_bids=None if decided.failing is None else len(decided.failing),
        verification=replace(
            verification,
            rows_checked=sum(u.rows_checked for u in units),
            agreed_overloads=max(beyond - verification.violations, 0),
        ),
        missing_platforms=tuple(collected.without_bids.items()),
        unclosed_platforms=status.missing,
        missing_grids=gate_problem.grids.missing,
        stale_grids=gate_problem.grids.stale,
        models=gate_problem.grids.models,
        overloads_remaining=tuple(dict.fromkeys(one for u in units for one in u.overloads_remaining)),
        overloads=_worst_overloads(units),
        undecided=tuple((collected.name(bid), why) for bid, why in sorted(collected.undecided.items())),
        notes=tuple(notes),
        shortages=tuple(one for u in units for one in u.shortages),
    )


def cut_short_note(budget: timedelta, rung: Rung, gap: float | None) -> str:
    """Note for all participants on a search within `budget` that was cut short, and a remedy."""
    proven = "" if gap is None else f", at most {gap:.1%} from the best there may be"
    most = readable_number(budget.total_seconds())
    return (
        f"the search was cut short by the budget (at most {most} s, and what is left until `publish_by`): "
        f"rung {rung}{proven}; `flexgate gate rerun --budget` runs this gate again with a larger one; for "
        "the next gate, state a larger `budget` and a later `publish_by`"
    )


def worse_note(now: Run, before: Run, number: int) -> str | None:
    """Note of a further run that is worse than run `number` before it, on the same input."""
    if now.input_hash != before.input_hash:
        return None
    what = None
    if now.use is UseOfLists.PREFIX:
        less = (before.available_mwh or 0.0) - (now.available_mwh or 0.0)
        what = f"{less:,.3f} MWh less is available" if less > _WORSE_MWH else None
    elif None not in (now.cost, before.cost, now.shortage_mwh, before.shortage_mwh):  # both were assessed
        short = (now.shortage_mwh or 0.0) - (before.shortage_mwh or 0.0)
        dearer = (now.cost or 0.0) - (before.cost or 0.0)
        if short > _WORSE_MWH:
            what = f"{short:,.3f} MWh more of the demand is left"
        elif short >= -_WORSE_MWH and dearer > _WORSE_COST:
            what = f"it costs {dearer:,.2f} more"
    return None if what is None else f"worse than run {number} on the same input: {what}"


def contracted_cut_mwh(collected: CollectedBids, decided: Decision) -> float:
    """Energy of contracted capacity that is not available although it is needed."""
    availability, why = decided.availability(collected), decided.why_of()
    idle = [number for number, one in enumerate(why.reasons, 1) if one.code == ReasonCode.BID_NOT_ACCEPTED]
    cut = availability.offered_mw - availability.available_mw
    counts = contracted(collected)[:, None] & ~np.isin(why.why, idle)
    return float(cut[counts].sum()) * collected.gate.units.hours


def withheld_bids(availability: Availability, decided: Decision) -> int:
    """How many bids have nothing available in some unit, other than by a limit, a link or their price."""
    why = decided.why_of()
    withheld = [number for number, one in enumerate(why.reasons, 1) if one.code in _WITHHELD]
    nothing = (availability.offered_mw > 0) & (availability.available_mw <= 0) & ~availability.limited
    return int((nothing & np.isin(why.why, withheld)).any(axis=1).sum())


def optimiser_seconds(answer: Answer | SafeMeritOrder) -> Mapping[str, float]:
    """Duration of each stage of the optimiser, in seconds, by its name."""
    stages = answer.seconds if isinstance(answer, Answer) else {"total": answer.seconds}
    return {f"optimiser: {stage}": seconds for stage, seconds in stages.items()}


def _notes(
    gate_problem: GateProblem, decided: Decision, answer: Answer | SafeMeritOrder | None
) -> tuple[str, ...]:
    if answer is not None:
        looked = () if decided.failing is not None else (_NOT_LOOKED,)
        return (*gate_problem.notes, *answer.notes, *looked)
    if gate_problem.unanswered is None:
        return (*gate_problem.notes, _NOT_ASSESSED)
    return (*gate_problem.notes, gate_problem.unanswered.text or "")


def _rows_checked(answer: Answer | SafeMeritOrder) -> int:
    return answer.verification.rows_checked if isinstance(answer, Answer) else answer.rows_checked


def _verification(answer: Answer | SafeMeritOrder | None) -> Verification:
    """Of the units decided now, without the rows checked in all."""
    match answer:
        case Answer(verification=found):
            return Verification(0, found.violations, found.max_violation_mw, found.tolerance_mw)
        case SafeMeritOrder(max_violation_mw=worst):
            violated = worst > BELIEVED_MW
            return Verification(0, int(violated), worst if violated else 0.0, BELIEVED_MW)
    return Verification(0, 0, 0.0, 0.0)


def _both(own: Verification, before: Verification) -> Verification:
    return Verification(
        0,
        own.violations + before.violations,
        max(own.worst_violation_mw, before.worst_violation_mw),
        max(own.tolerance_mw, before.tolerance_mw),
    )


def _sum(values: Iterable[float | None]) -> float | None:
    """Of what is known; None where nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _worst(loadings: Iterable[np.ndarray]) -> float:
    return max((float(loading.max(initial=0.0)) for loading in loadings), default=0.0)


def _worst_pct(loadings: Iterable[float | None]) -> float | None:
    known = [loading for loading in loadings if loading is not None]
    return min(100.0 * max(known), MOST_LOADING_PCT) if known else None


def _worst_overloads(units: Sequence[UnitFigures]) -> tuple[tuple[str, str, float], ...]:
    """The worst excess over each element that is overloaded."""
    worst: dict[tuple[str, str], float] = {}
    for grid_id, element_id, mw in (one for unit in units for one in unit.overloads):
        worst[grid_id, element_id] = max(worst.get((grid_id, element_id), 0.0), mw)
    return tuple((*key, mw) for key, mw in sorted(worst.items()))


def _overloads(gate_problem: GateProblem, answer: Answer) -> Mapping[int, Sequence[tuple[str, str, float]]]:
    """By unit: the elements that the answer overloads, and by how much."""
    found: dict[int, dict[tuple[str, str], float]] = defaultdict(dict)
    rows = answer.overloads
    columns = (rows.grid, rows.element, rows.mtu, rows.value)
    for number, element, unit, mw in zip(*(column.tolist() for column in columns), strict=True):
        grid = gate_problem.problem.grids[number]
        key = grid.grid_id, grid.element_ids[element]
        found[unit][key] = max(found[unit].get(key, 0.0), mw)
    return {unit: [(*key, mw) for key, mw in overloads.items()] for unit, overloads in found.items()}


def _over_limit(gate_problem: GateProblem, answer: Answer) -> Elements:
    """By unit: what is beyond a limit in the answer."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for grid, loading in zip(gate_problem.problem.grids, answer.loadings, strict=True):
        for unit, element in np.argwhere(loading.after > _AT_LIMIT).tolist():
            found[unit].append((grid.grid_id, grid.element_ids[element]))
    return found


def _over_limit_without_bids(gate_problem: GateProblem) -> Elements:
    """By unit: what is beyond a limit before any bid; a safe list does not worsen it, and may not relieve
    it."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    last = len(gate_problem.collected.gate.units) - 1
    for grid in gate_problem.problem.grids:
        over = ((grid.base_mw > grid.upper_mw) | (grid.base_mw < grid.lower_mw)).any(axis=0)
        over = np.broadcast_to(over, (gate_problem.problem.mtus, over.shape[1]))
        for unit, element in np.argwhere(over).tolist():
            found[min(unit, last)].append((grid.grid_id, grid.element_ids[element]))
    return found
