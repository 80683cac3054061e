"""Look after gates of a running gateway, over its interface."""

import json
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from gateway.cli.screen import fail, out

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

app = typer.Typer(no_args_is_help=True, help="See and close gates of a running gateway.")

Url = Annotated[
    str, typer.Option("--url", envvar="FLEXGATE_URL", help="Where the gateway is reached.", show_default=True)
]
CredentialsFile = Annotated[
    Path,
    typer.Option(
        "--credentials",
        envvar="FLEXGATE_CREDENTIALS",
        help="A file with client_id and client_secret, as `flexgate init` writes it.",
        dir_okay=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LOCAL = "http://127.0.0.1:8480"


@app.command("list")
def listed(credentials: CredentialsFile, url: Url = LOCAL, as_json: AsJson = False) -> None:
    """List gates, latest delivery first."""
    with _connected(url, credentials) as call:
        answer = call("GET", "/v1/gates")
    if as_json:
        _print_json(answer)
        return
    table = Table("gate", "state", "delivery", "closes", "missing")
    for gate in answer["gates"]:
        period = f"{gate['delivery']['start']} – {gate['delivery']['end']}"
        table.add_row(gate["gate_id"], gate["state"], period, gate["closes_at"], ", ".join(gate["missing"]))
    out.print(table)


@app.command()
def show(gate: str, credentials: CredentialsFile, url: Url = LOCAL, as_json: AsJson = False) -> None:
    """Show one gate, and how its run went."""
    with _connected(url, credentials) as call:
        answer = call("GET", f"/v1/gates/{gate}")
        answer["runs"] = call("GET", f"/v1/gates/{gate}/runs")["runs"]
    if as_json:
        _print_json(answer)
        return
    table = Table(show_header=False)
    for name, value in answer.items():
        table.add_row(name, json.dumps(value, indent=1) if isinstance(value, list | dict) else str(value))
    out.print(table)


@app.command()
def close(gate: str, credentials: CredentialsFile, url: Url = LOCAL, as_json: AsJson = False) -> None:
    """Close a gate now (operator), or say that everything was sent (platform)."""
    with _connected(url, credentials) as call:
        answer = call("POST", f"/v1/gates/{gate}/close")
    if as_json:
        _print_json(answer)
    else:
        waiting = f"; still waiting for {', '.join(answer['missing'])}" if answer["missing"] else ""
        out.print(f"gate {gate} is {answer['state']}{waiting}", markup=False)


@contextmanager
def _connected(url: str, credentials: Path) -> "Iterator[Callable[[str, str], Any]]":
    import httpx2

    try:
        known = json.loads(credentials.read_text("utf-8"))
        proof = known["client_id"], known["client_secret"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        fail(f"{credentials} holds no client_id and client_secret ({type(error).__name__})")
    try:
        with httpx2.Client(base_url=url, timeout=30, trust_env=False) as client:
            granted = _checked(
                client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=proof)
            )
            client.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
            yield lambda method, path: _checked(client.request(method, path)).json()
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        fail(f"{url} does not answer: {error}")


def _checked(answer: "httpx2.Response") -> "httpx2.Response":
    if not answer.is_success:
        try:
            said = answer.json()
        except ValueError:
            said = {}
        reason = said.get("detail") or said.get("error_description") or answer.reason_phrase
        fail(f"{answer.request.url.path}: {answer.status_code}: {reason}")
    return answer


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
