"""Reports of a running gateway to the operator of a grid, with its own names where it has the keys."""

import json
from typing import Any
from urllib.parse import quote

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, CredentialsFile, Url, connected, print_json
from gateway.cli.explained import CARRIED_OVER, COLUMNS, LEGEND, ONCE, WRAPPED, explained
from gateway.cli.gate_summary import quality
from gateway.cli.own_names import KeyFiles, OwnNames
from gateway.cli.run_results import RunNumber, chosen_run, print_notes, published
from gateway.cli.screen import out, print_rows, print_table


def explanations(
    gate: str,
    credentials: CredentialsFile,
    key_files: KeyFiles = None,
    run: RunNumber = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show limitations of bids in a run of a gate, and when: by elements, or grids without an answer.

    A grid operator sees its own elements, with flow and limit; a TSO of the gate and the operator of the
    gateway see all, without these but with platforms, and bids behind grids that no grid operator of the gate
    has. "share" is the part of a bid's limitation by each of them.

    flexgate grid explanations GATE --credentials dso-east.json
    """
    shown = OwnNames(key_files)
    with connected(url, credentials) as call:
        terms = call("GET", f"/v1/gates/{quote(gate, safe='')}")
        chosen = chosen_run(gate, published(call, gate), run)
        answer = call("GET", f"/v1/runs/{chosen['run_id']}/explanations")
    if as_json:
        print_json(json.loads(shown(json.dumps(answer))))
        shown.print_unknown()
        return
    if answer["rung"] != "optimal":
        help_ = f"; `flexgate gate show {gate}` shows the remedy" if answer["cut_short"] else ""
        out.print(f"{quality(answer)}{help_}", markup=False)
    if not answer["explanations"]:
        seen = f"run {chosen['number']} of gate {gate}: no element or grid that you may see limited a bid"
        out.print(seen, markup=False)
        print_notes(chosen)
        return
    lines = explained(answer["explanations"], terms["delivery"]["start"], terms["mtu"])
    print_rows(COLUMNS, ([shown(cell) for cell in line] for line in lines), wrapped=WRAPPED, once=ONCE)
    out.print(LEGEND, markup=False)
    if terms["use"] == "prefix":
        out.print(CARRIED_OVER, markup=False)
    shown.print_unknown()


def units(
    grid: str,
    credentials: CredentialsFile,
    key_files: KeyFiles = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show the units that system operators have assigned to a grid of yours, each with its connection point.

    flexgate grid units north-20kv --key-file north-20kv.key --credentials dso-east.json
    """
    shown = OwnNames(key_files)
    answer = _fetched(grid, "units", credentials, url)
    if as_json:
        print_json(json.loads(shown(json.dumps(answer))))
        shown.print_unknown()
        return
    if not answer["units"]:
        out.print("no unit is assigned to this grid")
        return
    rows = Table("unit", "connection point", "MW per MW of the unit", "its bids")
    for each in answer["units"]:
        why = each["remark"]
        state = "are decided" if why is None else f"are withheld: {why}"
        rows.add_row(each["unit"], shown(each["node"]), f"{each['factor']:g}", shown(state))
    print_table(rows)
    shown.print_unknown()


def remarks(
    grid: str,
    credentials: CredentialsFile,
    key_files: KeyFiles = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show units that system operators have assigned to points which a grid of yours does not have.

    flexgate grid remarks north-20kv --key-file north-20kv.key --credentials dso-east.json
    """
    shown = OwnNames(key_files)
    answer = _fetched(grid, "assignment-remarks", credentials, url)
    if as_json:
        print_json(json.loads(shown(json.dumps(answer))))
        shown.print_unknown()
        return
    if not answer["remarks"]:
        out.print("no remark: no unit is assigned to a point that its newest model lacks")
        return
    rows = Table("unit", "remark")
    for each in answer["remarks"]:
        rows.add_row(each["unit"], shown(each["detail"]))
    print_table(rows)
    shown.print_unknown()


def _fetched(grid: str, what: str, credentials: Any, url: str | None) -> Any:
    with connected(url, credentials) as call:
        return call("GET", f"/v1/grids/{quote(grid, safe='')}/{what}")


def add_to(app: typer.Typer) -> None:
    """Add these commands to `flexgate grid`."""
    for command in (explanations, units, remarks):
        app.command()(command)
