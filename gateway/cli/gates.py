"""Look after gates of a running gateway, over its interface."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, CredentialsFile, Url, connected, every_page, print_json
from gateway.cli.availability import availability
from gateway.cli.demand import demand
from gateway.cli.gate_summary import models, notes, rows, shortages, stages, summary, text_of
from gateway.cli.run_results import activations, bids, changes, merit_order, when_published
from gateway.cli.screen import out, print_table
from gateway.domain import json_text

Definition = Annotated[
    Path, typer.Argument(help="JSON file with the terms of the gate.", exists=True, dir_okay=False)
]

OfVersion = Annotated[
    int | None,
    typer.Option("--of-version", min=1, help="Only if this is still its version, as `gate show` shows it."),
]

app = typer.Typer(
    no_args_is_help=True, help="Look after the gates of a running gateway, from their creation on."
)
app.command("merit-order")(merit_order)
app.command("changes")(changes)
app.command("activations")(activations)
app.command("bids")(bids)
app.command("availability")(availability)
app.command("demand")(demand)


@app.command("list")
def listed(credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """List gates, latest delivery first."""
    with connected(url, credentials) as call:
        answer = every_page(call, "/v1/gates", "gates")
    if as_json:
        print_json(answer)
        return
    table = Table("gate", "state", "delivery", "closes at", "closed since", "missing")
    for gate in answer["gates"]:
        period = f"{gate['delivery']['start']} – {gate['delivery']['end']}"
        times = gate["closes_at"], gate.get("closed_at") or ""
        table.add_row(gate["gate_id"], gate["state"], period, *times, ", ".join(gate["missing"]))
    print_table(table)


@app.command()
def create(
    definition: Definition, credentials: CredentialsFile, url: Url = None, as_json: AsJson = False
) -> None:
    """Create a gate from its definition; `flexgate sample gate.json --kind gate` writes one to begin from.

    So does `gate show GATE --json` of a gate there is: with another gate_id and times it is the next one.

    flexgate gate create gate.json --credentials operator.json
    """
    with connected(url, credentials) as call:
        answer = call("POST", "/v1/gates", read_definition(definition))
    _print_answer(answer, f"gate {answer['gate_id']} is {answer['state']}", as_json=as_json)


@app.command()
def amend(
    gate: str,
    definition: Definition,
    credentials: CredentialsFile,
    of_version: OfVersion = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Change the terms of an open gate: those in the file; the others stay. Participants are notified.

    Concurrent changes by others are never undone: one of the two is refused.

    flexgate gate amend GATE changes.json --credentials operator.json, with e.g. {"window": "PT2M"}
    """
    with connected(url, credentials) as call:
        shown = call("GET", f"/v1/gates/{gate}")
        terms = read_definition(definition)
        answer = call("PUT", f"/v1/gates/{gate}", shown | terms, of=of_version or shown["version"])
    amended = answer["version"] != shown["version"]
    how = "is amended" if amended else "has these terms already"
    _print_answer(answer, f"gate {gate} {how}: version {answer['version']}", as_json=as_json)
    for name in terms if amended and not as_json else ():
        before, after = shown.get(name), answer.get(name)
        if before == after:
            continue
        out.print(
            f"{name}: {text_of(before)} → {text_of(after)}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def cancel(
    gate: str,
    credentials: CredentialsFile,
    of_version: OfVersion = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a gate that is not decided yet. Participants are notified.

    flexgate gate cancel GATE --credentials operator.json
    """
    with connected(url, credentials) as call:
        answer = call("POST", f"/v1/gates/{gate}/cancel", of=of_version)
    _print_answer(answer, f"gate {gate} is {answer['state']}", as_json=as_json)


@app.command()
def rerun(
    gate: str,
    credentials: CredentialsFile,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Time limit of the optimiser in this run, as in the terms of a gate, e.g. PT2M; left out: "
            "the budget of the gate.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until it is published, and print the outcome.")
    ] = False,
    of_version: OfVersion = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Run a published gate again, on the grid models of now; the new run supersedes the one before.

    It does so also where it is worse on the same input: --wait and `gate show` print by how much.

    flexgate gate rerun GATE --budget PT2M --wait --credentials operator.json
    """
    with connected(url, credentials) as call:
        terms = None if budget is None else {"budget": budget}
        answer = call("POST", f"/v1/gates/{gate}/runs", terms, of=of_version)
        begun = f"run {answer['number']} of gate {gate} has begun: {answer['run_id']}"
        if not wait:
            _print_answer(answer, f"{begun}; `flexgate gate show {gate}` shows the outcome", as_json=as_json)
            return
        if not as_json:
            out.print(begun, markup=False)
        answer = when_published(call, answer)
        shown = call("GET", f"/v1/gates/{gate}") | {"runs": [answer]}
    if as_json:
        print_json(answer)
        return
    for line in (*summary(shown), *notes(shown)):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def show(gate: str, credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """Show one gate, and how its run went.

    flexgate gate show GATE --credentials operator.json
    """
    with connected(url, credentials) as call:
        answer = call("GET", f"/v1/gates/{gate}")
        answer["runs"] = call("GET", f"/v1/gates/{gate}/runs")["runs"]
    if as_json:
        print_json(answer)
        return
    for line in (*summary(answer), *shortages(answer), *models(answer), *stages(answer), *notes(answer)):
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    table = Table(show_header=False)
    for row in rows(answer):
        table.add_row(*row)
    print_table(table)
    last = next((run["figures"] for run in reversed(answer["runs"]) if run["figures"]), None)
    for platform, why in last["missing_platforms"] if last else ():
        out.print(f"no bid of {platform}: {why}", markup=False, highlight=False, soft_wrap=True)
    if answer["runs"]:
        title = "Runs; activations reported while one decides counts from the next; --json has all figures"
        runs = Table("run", "id", "begun", "published", "outcome", title=title)
        for run in answer["runs"]:
            figures = run["figures"] or {}
            names = str(run["number"]), run["run_id"], run["started_at"], run["published_at"] or ""
            runs.add_row(*names, figures.get("outcome") or "")
        print_table(runs)
        if any(run["published_at"] for run in answer["runs"]):
            out.print(f"what was decided: {_where_decided(gate, answer)}", markup=False, soft_wrap=True)


def _where_decided(gate: str, answer: dict[str, Any]) -> str:
    """Where the caller reads results: TSOs are named to TSOs and the operator only, DSOs to DSOs too."""
    explained = f"`flexgate grid explanations {gate}`"
    if answer["system_operators"] is not None:
        return f"`flexgate gate merit-order {gate}`, {explained}"
    return explained if answer["grid_operators"] is not None else "`GET /v1/runs/{id}/availability`"


@app.command()
def close(
    gate: str,
    credentials: CredentialsFile,
    of_version: OfVersion = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Close a gate now (operator), or declare that everything was sent (platform).

    flexgate gate close GATE --credentials platform-north.json
    """
    with connected(url, credentials) as call:
        answer = call("POST", f"/v1/gates/{gate}/close", of=of_version)
    if as_json:
        print_json(answer)
    elif answer["state"] == "open":  # only a platform's own closing leaves it so
        out.print(f"your part of gate {gate} is closed; it waits for other platforms", markup=False)
    else:
        late = f"; {', '.join(answer['missing'])} had not closed" if answer["missing"] else ""
        out.print(f"gate {gate} is {answer['state']}{late}", markup=False)


def read_definition(file: Path) -> dict[str, Any]:
    """The terms in a file, and what else is shown of a gate.

    Raises:
        typer.BadParameter: it holds no JSON object.
    """
    try:
        found = json_text.decode(file.read_bytes())
    except json_text.JsonTextError as error:
        raise typer.BadParameter(f"{file}: {error}") from error
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{file} holds no JSON object")
    return found


def _print_answer(answer: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    out.print(text, markup=False)
    for remark in answer.get("remarks", ()):
        out.print(f"remark: {remark}", markup=False)
