"""See what became of documents at a running gateway, over its interface."""

from typing import Annotated, Any

import typer
from rich.table import Table

from gateway.cli.calling import AsJson, CredentialsFile, Url, connected, print_json
from gateway.cli.screen import out, print_table

app = typer.Typer(
    no_args_is_help=True, help="See what became of documents, and why: your own; as the operator, of all."
)


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
    """List documents that came in, latest first."""
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
            one["state"],
            kind,
            _revision(one),
        )
    print_table(rows)


@app.command()
def show(document: str, credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """Show what became of one document, with every reason.

    flexgate document show DOCUMENT --credentials operator.json

    The operator sees no value of a document's content: `…` stands in its place.
    """
    with connected(url, credentials) as call:
        answer = call("GET", f"/v1/documents/{document}")
    if as_json:
        print_json(answer)
    else:
        print_document(answer)


def print_document(answer: dict[str, Any]) -> None:
    """Write what became of a document, for people."""
    for name in ("document_id", "tenant", "channel", "received_at", "state", "size", "kind", "version"):
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
    if (forwarding := answer["forwarding"]) is not None:
        out.print(f"  goes on by route {forwarding['route']} as {forwarding['version']}", markup=False)


def _revision(document: dict[str, Any]) -> str:
    if document["mrid"] is None:
        return ""
    revision = document["revision"]
    return document["mrid"] if revision is None else f"{document['mrid']} revision {revision}"
