"""Hand in documents at a running gateway and see what became of them, over its interface."""

import time
import uuid
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, Call, CredentialsFile, Url, connected, print_json
from gateway.cli.documents import content_type_of
from gateway.cli.screen import FAILED, fail, finite, out, print_table

_RECEIVED, _ACCEPTED = "received", "accepted"
_POLL_S: Final = 0.2
WAIT_S: Final = 60.0

Wait = Annotated[
    float, typer.Option(callback=finite, min=0, help="Seconds to wait for the verdict; 0 does not wait.")
]

app = typer.Typer(
    no_args_is_help=True,
    help="Hand in documents, and see what became of them, and why: of your own; as the operator, of all.",
)


@app.command()
def send(
    file: Annotated[
        Path, typer.Argument(help="XML, or by the ending of its name JSON or CSV.", dir_okay=False)
    ],
    credentials: CredentialsFile,
    wait: Wait = WAIT_S,
    again: Annotated[
        bool,
        typer.Option("--again", help="Have it checked again, as if it came first."),
    ] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Hand in a document as its sender, over REST, and print the outcome.

    flexgate document send bids.xml --credentials platform-north.json

    The same bytes again are the same submission, and get the answer of the first: `--again` makes them
    another, e.g. after a refusal whose cause is gone. Exit code 0: it was accepted, or
    stored without waiting; 1: refused, accepted in part, or not checked within the time.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    with connected(url, credentials) as call:
        key = uuid.uuid4().hex if again else None
        stored = call("POST", "/v1/documents", data, content_type_of(file.name), key=key)
        answer = checked(call, stored, wait)
    print_answer(answer, as_json=as_json)
    if stored["state"] != _RECEIVED and not as_json:
        out.print(
            f"this is the answer of {answer['received_at']}, when the same bytes came first; "
            "--again has them checked again",
            soft_wrap=True,
        )
    fail_unless_accepted(answer, wait)


@app.command("list")
def listed(
    credentials: CredentialsFile,
    state: Annotated[
        str | None, typer.Option(help="Only these: received, accepted, partly or refused.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many of each tenant.")] = 100,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List documents that came in, latest first: a platform's or a TSO's own, for the operator all.

    A grid operator hands in models, not documents: `flexgate grid list` shows these.
    """
    wanted = "" if state is None else f"&state={state}"
    with connected(url, credentials) as call:
        answer = call("GET", f"/v1/documents?limit={limit}{wanted}")
    if as_json:
        print_json(answer)
        return
    rows = Table("document", "tenant", "channel", "received", "state", "kind", "mRID")
    for one in answer["documents"]:
        kind = " ".join(filter(None, (one["kind"], one["version"])))
        rows.add_row(
            one["document_id"],
            one["tenant"],
            one["channel"],
            one["received_at"],
            one["state"] if one["repeats"] is None else f"{one['state']}, repeats {one['repeats']}",
            kind,
            _revision(one),
        )
    print_table(rows)


@app.command()
def show(
    document: Annotated[str, typer.Argument(help="Its id, or its mRID: then the last that came with it.")],
    credentials: CredentialsFile,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show the outcome of one document, with every reason.

    flexgate document show DOCUMENT --credentials operator.json

    The operator sees no value of a document's content: `…` replaces it.
    """
    with connected(url, credentials) as call:
        answer = call("GET", f"/v1/documents/{quote(document, safe='')}", or_none=True)
        if answer is None:
            named = call("GET", f"/v1/documents?mrid={quote(document, safe='')}&limit=1")["documents"]
            if not named:
                fail(f"{document}: no document has this id or mRID; `flexgate document list` shows both")
            answer = call("GET", f"/v1/documents/{named[0]['document_id']}")
    if as_json:
        print_json(answer)
    else:
        print_document(answer)


def checked(call: Call, stored: dict[str, Any], wait_s: float) -> dict[str, Any]:
    """What became of a stored document once it is checked, or when the time to wait is over."""
    end = time.monotonic() + wait_s
    while stored["state"] == _RECEIVED and time.monotonic() < end:
        time.sleep(_POLL_S)
        stored = call("GET", f"/v1/documents/{stored['document_id']}")
    return stored


def print_answer(answer: dict[str, Any], *, as_json: bool) -> None:
    """Print what became of a document."""
    if as_json:
        print_json(answer)
    else:
        print_document(answer)


def fail_unless_accepted(answer: dict[str, Any], waited_s: float) -> None:
    """End the command with 1 for a document that is not accepted, or, without waiting, not stored."""
    if answer["state"] != (_ACCEPTED if waited_s else _RECEIVED):
        raise typer.Exit(FAILED)


def print_document(answer: dict[str, Any]) -> None:
    """Write what became of a document, for people."""
    names = ("document_id", "tenant", "channel", "received_at", "state", "repeats", "size", "kind", "version")
    for name in names:
        if answer[name] is not None:
            out.print(f"{name:<12} {answer[name]}", markup=False)
    if answer["mrid"] is not None:
        out.print(f"{'mRID':<12} {_revision(answer)}", markup=False)
    for finding in answer["findings"]:
        line = f"line {finding['line']}: " if finding["line"] else ""
        out.print(f"  {line}{finding['stage']}/{finding['code']}: {finding['message']}", markup=False)
        place = " of series ".join(filter(None, (finding["path"], finding["series"])))
        if place:
            out.print(f"    {place}", markup=False)
    for remark in answer["remarks"]:
        out.print(f"  remark: {remark}", markup=False)
    if answer["repeats"] is not None:
        out.print("  the same document again: nothing changed, whatever became of its gate", soft_wrap=True)
    if (forwarding := answer["forwarding"]) is not None:
        out.print(f"  goes on by route {forwarding['route']} as {forwarding['version']}", markup=False)
        if (verdict := forwarding["answer"]) is not None:
            when = "" if verdict["answered_at"] is None else f" at {verdict['answered_at']}"
            out.print(f"  its receiver's answer: {_verdict(verdict)}{when}", markup=False)
    if (of := answer["acknowledges"]) is not None:
        out.print(f"  says of {of['family']} {_revision(of)}: {_verdict(of)}", markup=False)


def _verdict(answer: dict[str, Any]) -> str:
    """What a receiver says of a document, with its reason codes."""
    return " ".join((answer["state"], *answer["codes"]))


def _revision(document: dict[str, Any]) -> str:
    if document["mrid"] is None:
        return ""
    revision = document["revision"]
    return document["mrid"] if revision is None else f"{document['mrid']} revision {revision}"
