"""Fetch what a running gateway has for you, confirm and acknowledge it, over its interface."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from gateway.cli.answers import UnanswerableError, answer_to, as_xml
from gateway.cli.api_client import (
    ANY_FORM,
    JSON,
    AsJson,
    Call,
    CredentialsFile,
    Url,
    connected,
    print_json,
)
from gateway.cli.inbox import WAIT_S, Wait, checked, fail_unless_accepted, print_answer
from gateway.cli.screen import fail, out, print_table

_XML: Final = "application/xml"
_PAGE: Final = 1000

app = typer.Typer(
    no_args_is_help=True, help="Fetch documents that the gateway has for you, confirm and acknowledge them."
)

Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="As `outbox list` shows it.")]


class Form(StrEnum):
    """Forms of a document other than the one it is sent in."""

    JSON = "json"
    CSV = "csv"


_TYPES: Final = {None: ANY_FORM, Form.JSON: JSON, Form.CSV: "text/csv"}


@app.command("list")
def listed(
    credentials: CredentialsFile,
    after: Annotated[int, typer.Option(min=0, help="Only what came after this id.")] = 0,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List what the gateway has for you, oldest first, confirmed or not, as long as it is kept.

    flexgate outbox list --credentials platform-north.json
    """
    messages: list[dict[str, Any]] = []
    with connected(url, credentials) as call:
        cursor = after
        while page := call("GET", f"/v1/outbox?after={cursor}&limit={_PAGE}")["messages"]:
            messages += page
            cursor = page[-1]["id"]
            if len(page) < _PAGE:
                break
    if as_json:
        print_json({"messages": messages, "next": cursor})
        return
    if not messages:
        out.print("nothing is there for you" + (f" after {after}" if after else ""), markup=False)
        return
    names = ("id", "kind", "version", "mRID", "revision", "gate", "created", "state", "acknowledgement")
    table = Table(*names)
    for one in messages:
        shown = (one["id"], one["kind"], one["version"], one["mrid"], one["revision"], one["gate_id"])
        answer = one["acknowledgement"]
        state = None if answer is None else " ".join((answer["state"], *answer["codes"]))
        cells = (*shown, one["created_at"], one["state"], state)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    print_table(table)


@app.command()
def get(
    number: Number,
    credentials: CredentialsFile,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A new file; without it, stdout.", dir_okay=False)
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--as", help="Canonical JSON or a table; without it, as it is sent.")
    ] = None,
    url: Url = None,
) -> None:
    """Fetch one document. Confirm it once it is in safety.

    flexgate outbox get ID -o list.xml --credentials tso.json
    """
    with connected(url, credentials) as call:
        data = _fetched(call, number, form)
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        with output.open("xb") as file:
            file.write(data)
    except FileExistsError:
        fail(f"{output} is there already; nothing is overwritten")
    except OSError as error:
        fail(f"{output}: {error.strerror}")


@app.command()
def confirm(
    numbers: Annotated[list[int], typer.Argument(metavar="ID…", min=1, help="As `outbox list` shows them.")],
    credentials: CredentialsFile,
    url: Url = None,
) -> None:
    """Say that you have documents: they are not pushed any more. Confirming again changes nothing.

    flexgate outbox confirm ID --credentials tso.json
    """
    with connected(url, credentials) as call:
        for number in numbers:
            call("POST", f"/v1/outbox/{number}/confirm")
            out.print(f"{number} is confirmed", markup=False)


@app.command()
def acknowledge(
    number: Number,
    credentials: CredentialsFile,
    reject: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Reject the document, for this reason.")
    ] = None,
    wait: Wait = WAIT_S,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Answer a document with an Acknowledgement: A01, or with --reject A02 and your reason.

    flexgate outbox acknowledge ID --credentials tso.json

    Exit code 0: the gateway accepted your answer, or stored it without waiting; 1: not so.
    """
    with connected(url, credentials) as call:
        found = call("GET", f"/v1/outbox?after={number - 1}&limit=1")["messages"]
        if not found or found[0]["id"] != number:
            fail(f"there is no message {number} for you; `flexgate outbox list` shows what there is")
        if found[0]["acknowledgement"] is None:
            fail(f"message {number} is a document of kind {found[0]['kind']} that awaits no Acknowledgement")
        try:
            written = as_xml(answer_to(_fetched(call, number), reject))
        except UnanswerableError as error:
            fail(str(error))
        stored = call("POST", "/v1/documents", written, _XML)
        answer = checked(call, stored, wait)
    print_answer(answer, as_json=as_json)
    fail_unless_accepted(answer, wait)


def _fetched(call: Call, number: int, form: Form | None = None) -> bytes:
    data: bytes = call("GET", f"/v1/outbox/{number}", accept=_TYPES[form])
    return data
