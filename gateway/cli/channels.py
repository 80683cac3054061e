"""See how the channels of a running gateway are, over its interface."""

from typing import Final

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, CredentialsFile, Url, connected, print_json
from gateway.cli.screen import out, print_table

app = typer.Typer(no_args_is_help=True, help="See how channels and webhooks are.")

_WAYS: Final = {(True, True): "in and out", (True, False): "in", (False, True): "out"}


@app.command("list")
def listed(credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """List channels and webhooks with their state, what waits behind each, and why it was last down.

    flexgate channel list --credentials operator.json
    """
    with connected(url, credentials) as call:
        answer = call("GET", "/v1/channels")
    if as_json:
        print_json(answer)
        return
    if not answer["channels"]:
        out.print("no channels and no webhooks: documents pass over REST, and messages are fetched")
        return
    table = Table("channel", "tenant", "adapter", "ways", "state", "since", "waiting", "dead", "last error")
    for each in answer["channels"]:
        backlog = each["backlog"] or {"waiting": "", "dead": ""}
        table.add_row(
            each["name"],
            each["tenant"],
            each["adapter"],
            _WAYS.get((each["receives"], each["sends"])),
            each["state"],
            each["since"],
            str(backlog["waiting"]),
            str(backlog["dead"]),
            each["last_error"],
        )
    print_table(table)
