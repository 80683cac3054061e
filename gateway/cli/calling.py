"""Calls to a running gateway, over its interface, as the machine of a credentials file."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.screen import fail

if TYPE_CHECKING:
    import httpx2

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


@contextmanager
def connected(url: str, credentials: Path) -> Iterator[Callable[..., Any]]:
    """Give a function that calls a method at a path, with a JSON body if any, and returns the JSON answer."""
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
            yield lambda method, path, body=None: _checked(client.request(method, path, json=body)).json()
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


def print_json(value: Any) -> None:
    """Write JSON to stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
