"""See what the runs of a gate decided, over the interface of a running gateway."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from time import sleep
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, Call, CredentialsFile, Url, connected, every_page, print_json
from gateway.cli.gate_summary import changed_models
from gateway.cli.screen import fail, out, print_rows, print_table, range_text

_SAME_MW: Final = 5e-4
"""Quantities are printed with three digits."""
_LOOK_S: Final = 0.5

RunNumber = Annotated[
    int | None, typer.Option("--run", min=1, help="Number of the run; left out, the last published one.")
]


def merit_order(
    gate: str,
    credentials: CredentialsFile,
    mtu: Annotated[
        int | None, typer.Option(min=0, help="Only this market time unit, from 0; left out, all.")
    ] = None,
    run: RunNumber = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show what was decided: of every bid of which something is available how much, and what is accepted.

    For a TSO of the gate and the operator; of the last published run or another one. `grid explanations`
    shows which elements limited which bids.

    flexgate gate merit-order GATE --mtu 0 --credentials operator.json
    """
    with connected(url, credentials) as call:
        chosen = chosen_run(gate, published(call, gate), run)
        unit = "" if mtu is None else f"?{urlencode({'mtu': mtu})}"
        answer = call("GET", f"/v1/runs/{chosen['run_id']}/merit-order{unit}")
    if as_json:
        print_json(answer)
        return
    names = ("direction", "place", "platform", "bid_id", "zone", "product")
    figures = ("energy_price", "offered_mw", "available_mw", "accepted_mw")
    if not answer["steps"]:
        out.print(f"run {chosen['number']} of gate {gate} has nothing in a merit order", markup=False)
        print_notes(chosen)
        return
    columns = ("mtu", "from", *names, *figures)
    rows = (
        (
            str(step["mtu"]),
            minute_text(answer["mtu_starts"][step["mtu"]]),
            *(str(step[name]) for name in names),
            *("" if step[name] is None else f"{step[name]:.3f}" for name in figures),
        )
        for step in answer["steps"]
    )
    print_rows([name.replace("_", " ") for name in columns], rows)


def print_notes(run: Mapping[str, Any]) -> None:
    """Print the notes of a run: why it has nothing to show."""
    for note in (run["figures"] or {}).get("notes", ()):
        out.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)


def changes(
    gate: str,
    credentials: CredentialsFile,
    run: RunNumber = None,
    since: Annotated[
        int | None, typer.Option(min=1, help="Number of the run to compare with; left out, the one before.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run of a gate changed: of which bids more or less is available than before, and when.

    flexgate gate changes GATE --credentials tso.json
    """
    with connected(url, credentials) as call:
        runs = published(call, gate)
        chosen = chosen_run(gate, runs, run)
        number, run_id = chosen["number"], chosen["run_id"]
        if since is None and chosen is runs[0]:
            if as_json:
                print_json({"run_id": run_id, "gate_id": gate, "since": None, "bids": []})
            else:
                out.print(f"run {number} of gate {gate} is the first: nothing to compare with", markup=False)
            return
        query = "" if since is None else f"?{urlencode({'since': chosen_run(gate, runs, since)['run_id']})}"
        answer = call("GET", f"/v1/runs/{run_id}/changes{query}")
        delivery_end = call("GET", f"/v1/gates/{gate}")["delivery"]["end"]
    if as_json:
        print_json(answer)
        return
    by_id = {one["run_id"]: one for one in runs}
    for line in changed_models(chosen, by_id[answer["since"]]):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    if not answer["bids"]:
        out.print(f"run {number} of gate {gate} changed nothing", markup=False)
        return
    table = Table("from", "to", "platform", "bid", "direction", "before MW", "now MW", "change MW")
    begins = [*answer["mtu_starts"], delivery_end]
    for bid in answer["bids"]:
        for first, last, before, now in stretches(bid):
            span = (minute_text(begins[at]) for at in (first, last + 1))
            names = bid["platform"], bid["bid_id"], bid["direction"]
            table.add_row(*span, *names, f"{before:.3f}", f"{now:.3f}", f"{now - before:+.3f}")
    print_table(table)


def bids(gate: str, credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """Show your own bids as a gate holds them now, after every replacement and withdrawal (platform).

    flexgate gate bids GATE --credentials platform-north.json
    """
    with connected(url, credentials) as call:
        held = every_page(call, f"/v1/gates/{gate}/bids", "bids")
    if as_json:
        print_json({"gate_id": gate, **held})
        return
    if not held["bids"]:
        out.print(f"gate {gate} holds no bid of yours", markup=False)
        return
    table = Table("bid", "direction", "from", "to", "MW", "per MWh", "document")
    for bid in held["bids"]:
        points = [point for point in bid["points"] if point["quantity_mw"] > 0]
        span = (minute_text(at) for at in (points[0]["start"], points[-1]["end"]))
        amounts = (
            range_text((point[name] for point in points), "g") for name in ("quantity_mw", "energy_price")
        )
        source = f"{bid['document_mrid']} revision {bid['document_revision']}"
        table.add_row(bid["bid_id"], bid["direction"], *span, *amounts, source)
    print_table(table)


def activations(gate: str, credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """Show reported activations of a gate (TSO of the gate, operator, platform).

    flexgate gate activations GATE --credentials tso.json
    """
    with connected(url, credentials) as call:
        answer = call("GET", f"/v1/gates/{gate}/activations")
    if as_json:
        print_json(answer)
        return
    if answer["activations"]:
        table = Table("from", "to", "platform", "bid", "direction", "MW", "type", "createdDateTime")
        for one in answer["activations"]:
            span = (minute_text(one[end]) for end in ("start", "end"))
            names = one["platform"], one["bid_id"], one["direction"]
            activation_type = "direct" if one["direct"] else "scheduled"
            table.add_row(*span, *names, f"{one['quantity_mw']:.3f}", activation_type, one["created_at"])
        print_table(table)
    else:
        out.print(f"no activation of gate {gate} is reported", markup=False)
    if answer["untold"]:
        unreported = ", ".join(answer["untold"])
        out.print(f"not reported for all of the delivery, so the rest is unknown: {unreported}", markup=False)


def stretches(bid: Mapping[str, Any]) -> Iterator[tuple[int, int, float, float]]:
    """First and last market time unit, MW before and now; units that follow each other alike are one."""
    rows = list(zip(bid["mtu"], bid["before_mw"], bid["after_mw"], strict=True))
    breaks = [
        place
        for place, (one, other) in enumerate(pairwise(rows), start=1)
        if other[0] != one[0] + 1 or max(abs(other[1] - one[1]), abs(other[2] - one[2])) >= _SAME_MW
    ]
    for begin, end in pairwise([0, *breaks, len(rows)]):
        yield rows[begin][0], rows[end - 1][0], rows[begin][1], rows[begin][2]


def when_published(call: Call, run: Mapping[str, Any]) -> Mapping[str, Any]:
    """A run once it is published, however long that takes; a run that is given up ends the command."""
    while not run["published_at"]:
        sleep(_LOOK_S)
        found = call("GET", f"/v1/runs/{run['run_id']}", or_none=True)
        if found is None:
            fail(
                f"run {run['number']} of gate {run['gate_id']} was given up and changes nothing: all is in "
                "preparation by now"
            )
        run = found
    return run


def chosen_run(gate: str, runs: Sequence[Mapping[str, Any]], number: int | None) -> Mapping[str, Any]:
    """The run with a number, or the last one, of the published runs of a gate."""
    found = runs[-1] if number is None else next((run for run in runs if run["number"] == number), None)
    if found is None:
        there = ", ".join(str(run["number"]) for run in runs)
        fail(f"gate {gate} has no published run {number}; it has {there}")
    return found


def minute_text(moment: str) -> str:
    """A moment of the interface to the minute."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%dT%H:%MZ}"


def published(call: Call, gate: str) -> Sequence[Mapping[str, Any]]:
    """The published runs of a gate in their order, at least one."""
    runs = call("GET", f"/v1/gates/{quote(gate, safe='')}/runs")["runs"]
    found = sorted((run for run in runs if run["published_at"]), key=lambda one: one["number"])
    if not found:
        fail(f"gate {gate} has no published run yet")
    return found
