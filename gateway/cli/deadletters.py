"""Look after what a running gateway could not deliver, over its interface."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, Call, CredentialsFile, Url, connected, every_page, print_json
from gateway.cli.inbox import print_document
from gateway.cli.screen import FAILED, fail, out, print_table

MOST = 1000
"""Dead letters of each tenant per request; the interface returns no more."""

app = typer.Typer(
    no_args_is_help=True,
    help="See messages that could not be delivered or still wait; give them up, or have them sent after all.",
)


@app.command("list")
def listed(credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """List messages that were given up and documents that were refused, latest first."""
    with connected(url, credentials) as call:
        answer = call("GET", "/v1/dead-letters")
    if as_json:
        print_json(answer)
        return
    if not (answer["dead_letters"] or answer["refused_documents"]):
        out.print("no dead letters, and no refused documents")
        return
    columns = ("message", "tenant", "kind", "revision", "because", "reason", "attempts", "age")
    letters = Table(*columns, title="Dead letters")
    for letter in answer["dead_letters"]:
        letters.add_row(
            letter["message_id"],
            letter["tenant"],
            letter["kind"],
            "" if letter.get("revision") is None else str(letter["revision"]),
            letter.get("because"),
            letter.get("reason"),
            str(letter["attempts"]),
            _duration(letter["age_s"]),
        )
    print_table(letters)
    refused = Table("document", "tenant", "channel", "received", "bytes", title="Refused documents")
    for document in answer["refused_documents"]:
        names = ("document_id", "tenant", "channel", "received_at", "size")
        refused.add_row(*(str(document[name]) for name in names))
    print_table(refused)


@app.command()
def backlog(credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """See the backlog of messages to each tenant, and since when they wait."""
    with connected(url, credentials) as call:
        answer = every_page(call, "/v1/backlogs", "backlogs")
    if as_json:
        print_json(answer)
        return
    names = ("tenant", "waiting", "oldest_waiting", "dead", "oldest_dead", "awaited", "overdue")
    table = Table(*(name.replace("_", " ") for name in names), "sent by")
    for each in answer["backlogs"]:
        stopped = each.get("stopped_because")
        sent_by = each.get("sent_by") or (
            "fetched" if stopped is None else f"fetched; webhook stopped: {stopped}"
        )
        table.add_row(*("" if each[name] is None else str(each[name]) for name in names), sent_by)
    print_table(table)


@app.command()
def waiting(credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """List messages that are still to go out, oldest first."""
    with connected(url, credentials) as call:
        answer = call("GET", "/v1/backlogs/messages")
    if as_json:
        print_json(answer)
        return
    if not answer["messages"]:
        out.print("no message waits")
        return
    table = Table("message", "tenant", "kind", "attempts", "last failure", "next attempt", "age")
    for each in answer["messages"]:
        names = ("message_id", "tenant", "kind", "attempts")
        failure = each.get("reason"), each.get("next_attempt_at")
        table.add_row(*(str(each[name]) for name in names), *failure, _duration(each["age_s"]))
    print_table(table)


@app.command()
def show(
    message: Annotated[str, typer.Argument(help="Id of a message, or of a refused document.")],
    credentials: CredentialsFile,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show everything that is known of one message or refused document, but for its content."""
    with connected(url, credentials) as call:
        answer = call("GET", f"/v1/dead-letters/{message}", or_none=True)
        document = call("GET", f"/v1/documents/{message}", or_none=True) if answer is None else None
    if answer is None and document is None:
        fail(f"{message}: neither a message nor a document has this id; `flexgate deadletter list` shows ids")
    if as_json:
        print_json(answer or document)
        return
    if document is not None:
        print_document(document)
        return
    table = Table(show_header=False)
    for name, value in answer.items():
        table.add_row(name, "" if value is None else str(value))
    print_table(table)


@app.command()
def redrive(
    credentials: CredentialsFile,
    messages: Annotated[list[str] | None, typer.Argument(help="Ids of messages.")] = None,
    tenant: Annotated[str | None, typer.Option(help="All dead letters of one tenant.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All dead letters of all tenants.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Have messages sent after all, under the same ids, the oldest first. Expired ones are never sent.

    flexgate deadletter redrive MESSAGE OTHER --credentials operator.json

    flexgate deadletter redrive --tenant platform-north --credentials operator.json
    """
    if bool(messages) + (tenant is not None) + everything != 1:
        raise typer.BadParameter("name messages, or --tenant NAME, or --all")
    with connected(url, credentials) as call:
        chosen = messages or _dead(call, tenant)
        answers = [call("POST", f"/v1/dead-letters/{one}/redrive", or_refused=True) for one in chosen]
    if as_json:
        print_json({"messages": answers})
    else:
        for message, answer in zip(chosen, answers, strict=True):
            state = f"for {answer['tenant']} is {answer['state']}" if "state" in answer else answer["detail"]
            out.print(f"message {message}: {state}", markup=False, soft_wrap=True)
        if not chosen:
            out.print("no dead letters")
    if any("state" not in answer for answer in answers):
        raise typer.Exit(FAILED)


def _dead(call: Call, tenant: str | None) -> list[str]:
    """Ids of the dead letters of a tenant, or of all, the oldest first.

    The interface returns the latest of each tenant, so earlier ones are requested until there are none.
    """
    found = call("GET", f"/v1/dead-letters?limit={MOST}")["dead_letters"]
    of_tenant: dict[str, list[dict[str, Any]]] = {}
    for letter in found:
        if tenant in (None, letter["tenant"]):
            of_tenant.setdefault(letter["tenant"], []).append(letter)
    for letters in of_tenant.values():
        page = len(letters)
        while page == MOST:
            earlier = f"/v1/dead-letters?limit={MOST}&before={letters[-1]['message_id']}"
            letters.extend(before := call("GET", earlier)["dead_letters"])
            page = len(before)
    oldest_first = (letter for letters in of_tenant.values() for letter in reversed(letters))
    in_order = sorted(oldest_first, key=lambda letter: datetime.fromisoformat(letter["created_at"]))
    return [letter["message_id"] for letter in in_order]


@app.command("give-up")
def give_up(
    message: str,
    credentials: CredentialsFile,
    reason: Annotated[str, typer.Option(help="Why; stored with the message, and logged by the gateway.")],
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Send a waiting message no more, as the operator. It becomes a dead letter: `redrive` undoes that.

    flexgate deadletter give-up MESSAGE --reason "has it by mail" --credentials operator.json
    """
    with connected(url, credentials) as call:
        answer = call("POST", f"/v1/dead-letters/{message}/give-up", {"reason": reason})
    if as_json:
        print_json(answer)
    else:
        out.print(f"message {message} for {answer['tenant']} is {answer['state']}", markup=False)


def _duration(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    return f"{days} d {hours} h" if days else f"{hours} h {rest // 60} min"
