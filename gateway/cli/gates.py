"""Look after gates of a running gateway, over its interface."""

import json

import typer
from rich.table import Table

from gateway.cli.calling import LOCAL, AsJson, CredentialsFile, Url, connected, print_json
from gateway.cli.screen import out

app = typer.Typer(no_args_is_help=True, help="See and close gates of a running gateway.")


@app.command("list")
def listed(credentials: CredentialsFile, url: Url = LOCAL, as_json: AsJson = False) -> None:
    """List gates, latest delivery first."""
    with connected(url, credentials) as call:
        answer = call("GET", "/v1/gates")
    if as_json:
        print_json(answer)
        return
    table = Table("gate", "state", "delivery", "closes", "missing")
    for gate in answer["gates"]:
        period = f"{gate['delivery']['start']} – {gate['delivery']['end']}"
        table.add_row(gate["gate_id"], gate["state"], period, gate["closes_at"], ", ".join(gate["missing"]))
    out.print(table)


@app.command()
def show(gate: str, credentials: CredentialsFile, url: Url = LOCAL, as_json: AsJson = False) -> None:
    """Show one gate, and how its run went."""
    with connected(url, credentials) as call:
        answer = call("GET", f"/v1/gates/{gate}")
        answer["runs"] = call("GET", f"/v1/gates/{gate}/runs")["runs"]
    if as_json:
        print_json(answer)
        return
    table = Table(show_header=False)
    for name, value in answer.items():
        table.add_row(name, json.dumps(value, indent=1) if isinstance(value, list | dict) else str(value))
    out.print(table)


@app.command()
def close(gate: str, credentials: CredentialsFile, url: Url = LOCAL, as_json: AsJson = False) -> None:
    """Close a gate now (operator), or say that everything was sent (platform)."""
    with connected(url, credentials) as call:
        answer = call("POST", f"/v1/gates/{gate}/close")
    if as_json:
        print_json(answer)
    else:
        waiting = f"; still waiting for {', '.join(answer['missing'])}" if answer["missing"] else ""
        out.print(f"gate {gate} is {answer['state']}{waiting}", markup=False)
