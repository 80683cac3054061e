"""Figures of a played day, and what is wrong with it: two counts of the same day must agree."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from contract_tests.emulators.platform import Answers
from gateway.demo.day import PlayedDay
from gateway.demo.next_morning import ListCount
from gateway.demo.recount import TOLERANCE_MW, Books, Floats, Recount, books_of
from gateway.demo.scenario import Scenario

_LOADING_TOLERANCE_PCT: Final = 0.1
_COST_TOLERANCE: Final = 1e-4
_MET_TOLERANCE_MWH: Final = 0.01


def figures(played: PlayedDay, count: Recount, morning: ListCount, seconds_total: float) -> dict[str, Any]:
    """The demo's figures: loadings and costs as the gateway published them, checked by `faults`.

    Those that begin with `list_` are of the balancing list, `violations_after` is of both; all others are of
    the local market.
    """
    run = played.run["figures"]
    return {
        "bids": run["bids"],
        "units": len(played.scenario.locations),
        "grids": len(played.grids),
        "mtus": len(played.scenario.units),
        "limited_bids": run["limited_bids"],
        "cost_unconstrained_eur": round(run["cost_unconstrained"], 2),
        "cost_eur": round(run["cost"], 2),
        "max_loading_before_pct": round(run["max_loading_before_pct"], 2),
        "max_loading_after_pct": round(run["max_loading_after_pct"], 2),
        "violations_after": max(run["verification"]["violations"], count.violations)
        + max(played.morning.run["figures"]["verification"]["violations"], morning.violations),
        "shortage_mwh": round(run["shortage_mwh"], 3),
        "seed": played.scenario.seed,
        "rung": run["rung"],
        "rows_checked": run["verification"]["rows_checked"],
        "seconds_total": round(seconds_total, 2),
        "seconds_optimiser": round(run["stage_seconds"]["optimise"], 3),
        "list_bids": morning.bids,
        "list_limited_bids": morning.limited_bids,
        "list_offered_mwh": round(morning.offered_mwh, 2),
        "list_available_mwh": round(morning.listed_mwh, 2),
        "list_loading_offered_pct": round(morning.offered_pct, 2),
        "list_loading_pct": round(morning.listed_pct, 2),
        "list_rung": played.morning.run["figures"]["rung"],
    }


def faults(played: PlayedDay, count: Recount, morning: ListCount) -> Iterator[str]:
    """Everything that must not be: limits broken, demand not met, counts that differ, errors in the log."""
    run = played.run["figures"]
    named = {limitation.bid_id for limitation in played.limitations}
    costs = _COST_TOLERANCE * abs(count.cost_eur) + 1.0
    both: Mapping[str, tuple[float, float, float]] = {
        "bids": (run["bids"], played.scenario.bid_count, 0),
        "limited bids": (run["limited_bids"], len(named), 0),
        "violations": (run["verification"]["violations"], count.violations, 0),
        "worst loading before, %": (
            run["max_loading_before_pct"],
            count.max_loading_before_pct,
            _LOADING_TOLERANCE_PCT,
        ),
        "worst loading after, %": (
            run["max_loading_after_pct"],
            count.max_loading_after_pct,
            _LOADING_TOLERANCE_PCT,
        ),
        "cost by price alone, €": (run["cost_unconstrained"], count.cost_unconstrained_eur, costs),
        "cost, €": (run["cost"], count.cost_eur, costs),
    }
    for what, (theirs, ours, tolerance) in both.items():
        if abs(theirs - ours) > tolerance:
            yield f"{what}: the gateway says {theirs:.6g}, the published answers give {ours:.6g}"
    if count.violations:
        yield f"the published answer breaks {count.violations} limits"
    if count.unmet_mwh > _MET_TOLERANCE_MWH:
        yield f"{count.unmet_mwh:.3f} MWh of the demand are not met"
    if run["rung"] != "optimal":
        yield f"the answer is {run['rung']}, not optimal"
    yield from _contradictions(played.scenario, count.books, count.available_mw, played.answers)
    yield from _faults_of_list(played, morning)
    for line in played.errors:
        yield f"the gateway logged an error: {line}"


def _faults_of_list(played: PlayedDay, count: ListCount) -> Iterator[str]:
    run = played.morning.run["figures"]
    both: Mapping[str, tuple[float, float, float]] = {
        "bids": (run["bids"], count.bids, 0),
        "limited bids": (run["limited_bids"], count.limited_bids, 0),
        "MWh available": (run["available_mwh"], count.listed_mwh, 1.0),
        "violations": (run["verification"]["violations"], count.violations, 0),
    }
    for what, (theirs, ours, tolerance) in both.items():
        if abs(theirs - ours) > tolerance:
            yield f"balancing list, {what}: the gateway says {theirs:.6g}, the list gives {ours:.6g}"
    if count.violations:
        yield f"some use of the balancing list breaks {count.violations} limits"
    if count.out_of_order:
        yield f"the balancing list does not follow the prices in {count.out_of_order} quarter hours"
    if run["rung"] not in ("optimal", "best-found"):
        yield f"the balancing list is {run['rung']}"
    morning = played.morning
    yield from _contradictions(
        morning.scenario,
        books_of(morning.scenario),
        count.listed_mw,
        {morning.platform.tenant: morning.answers},
    )


def _contradictions(
    day: Scenario, books: Books, available_mw: Floats, published: Mapping[str, Answers]
) -> Iterator[str]:
    """Where the two documents of a platform contradict each other about the same bid."""
    units = day.units
    row_of = {key: row for row, key in enumerate(zip(books.platform, books.bid_id, strict=True))}
    for platform, answers in published.items():
        for limit in answers.limited:
            row = row_of[platform, limit.bid_id]
            first = units.index_of(limit.start)
            listed = available_mw[row, first : first + (limit.end - limit.start) // units.mtu]
            if limit.available_mw is None or (abs(listed - limit.available_mw) > TOLERANCE_MW).any():
                yield (
                    f"bid {limit.bid_id} from {limit.start:%H:%M}: available {limit.available_mw} MW, "
                    f"but in the merit order list {listed.max():.6g} MW"
                )
