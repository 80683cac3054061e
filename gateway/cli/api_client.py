"""Calls to a running gateway, over its interface, as the machine of a credentials file."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol
from urllib.parse import urlencode

import typer

from gateway.cli.screen import fail

if TYPE_CHECKING:
    import httpx2

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="FLEXGATE_URL",
        help="Where the gateway is reached; without it where the credentials get their tokens.",
    ),
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
TOKENS: Final = "/oauth/token"
JSON: Final = "application/json"
ANY_FORM: Final = "*/*"
NOT_FOUND: Final = 404
_REFUSED: Final = frozenset({NOT_FOUND, 409})


class Call(Protocol):
    """Calls a method at a path, with a body if any (bytes of a kind, or a JSON value).

    Returns JSON; None for an answer without a body, and, if `or_none`, where there is no such thing. If
    `or_refused`, a problem that names no such thing or a conflict is returned like any other answer. `of` is
    the version that is meant of what is changed; of another one it is not. `key` names the submission. With
    `accept` the bytes of the answer are returned; a form that the answer does not have ends the command.
    """

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        kind: str = JSON,
        *,
        or_none: bool = False,
        or_refused: bool = False,
        of: int | None = None,
        key: str | None = None,
        accept: str | None = None,
    ) -> Any:
        """Call it."""
        ...


@contextmanager
def connected(url: str | None, credentials: Path) -> Iterator[Call]:
    """Yield a function that calls the gateway as the machine of the credentials."""
    import httpx2

    try:
        known = json.loads(credentials.read_text("utf-8"))
        proof = known["client_id"], known["client_secret"]
        url = url or str(known["token_url"]).removesuffix(TOKENS)
    except OSError as error:
        fail(f"{credentials}: {error.strerror}")
    except (ValueError, KeyError, TypeError) as error:
        fail(f"{credentials} holds no client_id, client_secret and token_url ({type(error).__name__})")
    try:
        with httpx2.Client(base_url=url, timeout=30, trust_env=False) as client:
            granted = _checked(client.post(TOKENS, data={"grant_type": "client_credentials"}, auth=proof))
            client.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"

            def call(
                method: str,
                path: str,
                body: Any = None,
                kind: str = JSON,
                *,
                or_none: bool = False,
                or_refused: bool = False,
                of: int | None = None,
                key: str | None = None,
                accept: str | None = None,
            ) -> Any:
                named = {
                    "If-Match": None if of is None else f'"{of}"',
                    "Idempotency-Key": key,
                    "Accept": accept,
                }
                headers = {name: value for name, value in named.items() if value is not None}
                if isinstance(body, bytes):
                    headers["Content-Type"] = kind
                    sent = client.request(method, path, content=body, headers=headers)
                else:
                    sent = client.request(method, path, json=body, headers=headers)
                if or_none and sent.status_code == NOT_FOUND:
                    return None
                answer = sent if or_refused and sent.status_code in _REFUSED else _checked(sent)
                if accept is not None:
                    return in_form(answer, accept)
                return answer.json() if answer.content else None

            yield call
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        fail(f"{url} does not answer: {error}")


def every_page(call: Call, path: str, name: str) -> dict[str, list[Any]]:
    """A list that the gateway returns in pages, as if it were one."""
    rows: list[Any] = []
    after: str | None = None
    while True:
        page = call("GET", path if after is None else f"{path}?{urlencode({'after': after})}")
        rows += page[name]
        after = page.get("next")
        if after is None:
            return {name: rows}


def in_form(answer: "httpx2.Response", accepted: str) -> bytes:
    """The bytes of an answer, which is in the accepted form where it has one."""
    found = answer.headers.get("Content-Type", "").partition(";")[0]
    if accepted not in (ANY_FORM, found):
        fail(f"{answer.request.url.path} comes as {found}: it has no form {accepted}")
    return answer.content


def _checked(answer: "httpx2.Response") -> "httpx2.Response":
    if not answer.is_success:
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        faults = [
            f"\n  {fault.get('pointer', '')}: {fault.get('detail', '')}"
            for fault in problem.get("errors", ())
        ]
        # Where faults are listed, the detail is a summary of the first of them.
        detail = problem.get("title" if faults else "detail") or problem.get("error_description")
        reason = detail or answer.reason_phrase
        fail(f"{answer.request.url.path}: {answer.status_code}: {reason}{''.join(faults)}")
    return answer


def print_json(value: Any) -> None:
    """Write JSON to stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
