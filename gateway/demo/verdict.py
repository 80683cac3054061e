"""Figures of a played day, and what is wrong with it: two counts of the same day must agree."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.demo.day import PlayedDay
from gateway.demo.recount import TOLERANCE_MW, Recount

_LOADING_TOLERANCE_PCT: Final = 0.1
_COST_TOLERANCE: Final = 1e-4
_MET_TOLERANCE_MWH: Final = 0.01


def figures(played: PlayedDay, count: Recount, seconds_total: float) -> dict[str, Any]:
    """The demo's figures: loadings and costs as the gateway published them, checked by `faults`."""
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
        "violations_after": max(run["verification"]["violations"], count.violations),
        "shortage_mwh": round(run["shortage_mwh"], 3),
        "seed": played.scenario.seed,
        "rung": run["rung"],
        "rows_checked": run["verification"]["rows_checked"],
        "seconds_total": round(seconds_total, 2),
        "seconds_optimiser": round(run["stage_seconds"]["optimise"], 3),
    }


def faults(played: PlayedDay, count: Recount) -> Iterator[str]:
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
    yield from _contradictions(played, count)
    for line in played.errors:
        yield f"the gateway logged an error: {line}"


def _contradictions(played: PlayedDay, count: Recount) -> Iterator[str]:
    """Where the two documents of a platform say different things of the same bid."""
    books, units = count.books, played.scenario.units
    row_of = {key: row for row, key in enumerate(zip(books.platform, books.bid_id, strict=True))}
    for platform, answers in played.answers.items():
        for limit in answers.limited:
            row = row_of[platform, limit.bid_id]
            first = units.index_of(limit.start)
            listed = count.available_mw[row, first : first + (limit.end - limit.start) // units.mtu]
            if limit.available_mw is None or (abs(listed - limit.available_mw) > TOLERANCE_MW).any():
                yield (
                    f"bid {limit.bid_id} from {limit.start:%H:%M}: available {limit.available_mw} MW, "
                    f"but in the merit order list {listed.max():.6g} MW"
                )
