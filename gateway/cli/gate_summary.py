"""A gate and its runs as text for people."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from gateway.domain.counted import counted
from gateway.domain.market_time import resolution

_LABELS: Final = {
    "closes_at": "closes_at (or when its window ends)",
    "closed_at": "closed since",
    "missing": "missing (did not say that all is sent)",
}
"""Labels of values whose names in the interface are not clear enough."""

_BEYOND: Final = {
    "exact": "stays beyond its limit with what is accepted: no more is accepted than was ordered, so bids "
    "that relieve it may be left",
    "prefix": "is beyond its limit before any bid of this gate: bids that load it are available at most as "
    "far as others relieve it",
}
"""Meaning of an element that a run names as beyond its limit, by the use of the lists. It does not state
whether bids could relieve it: relief that was not ordered is not searched for."""

_MOST_GRIDS: Final = 5


def rows(gate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The summary of a gate, by name: its terms as amended, and its state."""
    for name, value in gate.items():
        if name != "runs" and value not in (None, [], {}):
            yield _LABELS.get(name, name), text_of(value)


def text_of(value: Any) -> str:
    """A term as people read it; a period from its start to its end, nothing as none."""
    if value in (None, "", [], {}):
        return "none"
    if isinstance(value, Mapping):
        if value.keys() == {"start", "end"}:
            return f"{value['start']} – {value['end']}"
        return ", ".join(f"{name}: {text_of(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(text_of, value))
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def summary(gate: Mapping[str, Any]) -> tuple[str, str]:
    """The use of a gate's lists and its outcome, in two lines; null figures are not for the caller."""
    prefix = gate["use"] == "prefix"
    use = f"{gate['use']}, {gate['objective' if prefix else 'demand_rule']}"
    figures = next((run["figures"] for run in reversed(gate["runs"]) if run["figures"]), None)
    if gate["state"] == "cancelled":
        return f"use {use}: cancelled", "nothing of it is decided"
    if figures is None:
        return f"use {use}: {gate['state']}, not decided yet", f"to be published by {gate['publish_by']}"
    outcome = figures["outcome"] or "nothing assessed"
    if figures["shortage_mwh"]:
        short = [(name, figures[f"shortage_{name}_mwh"]) for name in ("up", "down")]
        outcome += f" ({', '.join(f'{mwh:.3f} MWh {name}' for name, mwh in short if mwh)} short"
        outcome += f"{_without_grid(gate, figures)})"
    agreed = {(grid, element) for grid, element, _ in figures["overloads"]}
    if beyond := {*map(tuple, figures["overloads_remaining"])} - agreed:
        outcome += f", {counted(len(beyond), 'element')} beyond a limit anyway"
    unchecked = ", partly unchecked" if figures["partly_unchecked"] else ""
    parts = []
    if figures["limited_bids"] is not None:
        withheld = f", {figures['withheld_bids']} withheld" if figures["withheld_bids"] else ""
        parts.append(f"{figures['limited_bids']} of {counted(figures['bids'], 'bid')} limited{withheld}")
        parts.append(f"{figures['available_mwh']:.3f} of {figures['offered_mwh']:.3f} MWh available")
    if figures["cost"] is not None:
        without = figures["cost_unconstrained"]
        price_alone = "" if without is None else f", {without:,.2f} by price alone if all were divisible"
        parts.append(f"cost {figures['cost']:,.2f} {gate['currency']}{price_alone}")
    parts += [f"{grid}/{element} overloaded by {mw:.3f} MW" for grid, element, mw in figures["overloads"]]
    if figures["contracted_cut_mwh"]:
        parts.append(f"contracted reserve cut by {figures['contracted_cut_mwh']:.3f} MWh")
    return f"use {use}: {outcome}{unchecked} ({quality(figures)})", "; ".join(
        parts
    ) or "figures of all bids are for its TSOs and the operator"


def _without_grid(gate: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """The part of the shortage that there would be without any grid, too."""
    hours = resolution(gate["mtu"]) / timedelta(hours=1)
    anyway_mwh = hours * sum(one["anyway_mw"] for one in figures["shortages"])
    return f", {anyway_mwh:.3f} of it without any grid" if figures["shortages"] else ""


def shortages(gate: Mapping[str, Any]) -> Iterator[str]:
    """Where and when the last run leaves demand unmet, a line for each list and stretch of time."""
    figures = next((run["figures"] for run in reversed(gate["runs"]) if run["figures"]), None)
    if figures is None:
        return
    begin, step = datetime.fromisoformat(gate["delivery"]["start"]), resolution(gate["mtu"])

    def stretch_of(numbered: tuple[int, Mapping[str, Any]]) -> tuple[str, int, str, str]:
        place, one = numbered  # within a stretch both grow by one
        return one["list_name"], one["mtu"] - place, f"{one['mw']:.3f}", f"{one['anyway_mw']:.3f}"

    names = list(dict.fromkeys(one["list_name"] for one in figures["shortages"]))
    by_list = sorted(figures["shortages"], key=lambda one: (names.index(one["list_name"]), one["mtu"]))
    for (name, _, mw, anyway), units in groupby(enumerate(by_list), stretch_of):
        mtus = [one["mtu"] for _, one in units]
        span = " to ".join(f"{begin + step * mtu:%Y-%m-%dT%H:%MZ}" for mtu in (mtus[0], mtus[-1] + 1))
        without_grid = f", {anyway} of it without the grid, too" if float(anyway) else ""
        yield f"short of {name}, {span}: {mw} MW{without_grid}"


def quality(run: Mapping[str, Any]) -> str:
    """How good an answer is: its rung, what it may be off, and whether its time was over too early.

    Args:
        run: figures of a run, or the head of a list of one.
    """
    gap = "" if not run["gap"] else f", gap {100 * run['gap']:.1f} %"
    why = ""
    if run["cut_short"]:
        why = ", cut short by the budget"
    elif run["rung"] == "best-found":
        why = ": the search ended; the gap is what could not be proven"
    return f"rung {run['rung']}{gap}{why}"


def stages(gate: Mapping[str, Any]) -> Iterator[str]:
    """Durations of the stages of the last run, in one line, once there is a run."""
    figures = next((run["figures"] for run in reversed(gate["runs"]) if run["figures"]), None)
    if figures is not None:
        durations = (
            f"{name} {seconds:.1f}" for name, seconds in figures["stage_seconds"].items() if ":" not in name
        )
        yield f"seconds: {', '.join(durations)}"


def models(gate: Mapping[str, Any]) -> Iterator[str]:
    """Grid models that the last run was decided with, in one line; those that the caller may know."""
    figures = next((run["figures"] for run in reversed(gate["runs"]) if run["figures"]), None)
    if figures is not None and (used := figures["models"]):
        named = (
            f"{one['grid_id']} model {one['model_id']} since {one['taken_at']}" for one in used[:_MOST_GRIDS]
        )
        more = f" and {len(used) - _MOST_GRIDS} more (--json)" if len(used) > _MOST_GRIDS else ""
        yield f"decided with: {', '.join(named)}{more}"


def changed_models(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    """Grids of which two runs used different models, a line for each; those that the caller may know."""
    used, used_before = (
        {one["grid_id"]: f"model {one['model_id']}" for one in run["figures"]["models"]}
        for run in (now, before)
    )
    for grid in sorted(used | used_before):
        one, other = (of_run.get(grid, "no model") for of_run in (used, used_before))
        if one != other:
            yield f"{grid}: {one}, before {other.removeprefix('model ')}"


def notes(gate: Mapping[str, Any]) -> Iterator[str]:
    """Notes of the last run on missing or unusual things, a line for each."""
    figures = next((run["figures"] for run in reversed(gate["runs"]) if run["figures"]), None)
    if figures is not None:
        operators = {*(gate.get("grid_operators") or ())}  # a platform is not shown them
        yield from (
            f"{name} has no model that holds for this delivery"
            if name in operators
            else f"no model of {name} holds for this delivery: bids behind it are withheld unless its "
            "operator agreed otherwise"
            for name in figures["missing_grids"]
        )
        yield from (
            f"{grid}/{element} {_BEYOND[gate['use']]}" for grid, element in figures["overloads_remaining"]
        )
        yield from (f"note: {text}" for text in figures["notes"])
