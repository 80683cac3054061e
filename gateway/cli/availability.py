"""What of each bid a gate published, and why not all, over its interface."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.cli.api_client import AsJson, CredentialsFile, Url, connected, print_json
from gateway.cli.run_results import RunNumber, chosen_run, published
from gateway.cli.screen import out, print_rows, range_text
from gateway.domain.counted import counted


def availability(
    gate: str,
    credentials: CredentialsFile,
    run: RunNumber = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show what of each bid a run made available, and every reason why not all (TSO, operator; a
    platform its own bids).

    flexgate gate availability GATE --credentials tso.json
    """
    with connected(url, credentials) as call:
        chosen = chosen_run(gate, published(call, gate), run)
        answer = call("GET", f"/v1/runs/{chosen['run_id']}/availability")
    if as_json:
        print_json(answer)
        return
    columns = ("platform", "bid", "direction", "offered MW", "available MW", "accepted MW", "reasons")
    rows = (
        (
            *(bid[name] for name in ("platform", "bid_id", "direction")),
            *(range_text(values, ".3f") for values in _offered(bid)),
            "\n".join(_reasons(bid)),
        )
        for bid in answer["bids"]
    )
    out.print(f"run {chosen['number']} of gate {gate}", markup=False)
    print_rows(columns, rows)


def _offered(bid: Mapping[str, Any]) -> Iterator[Sequence[float]]:
    """What is offered, available and accepted in the market time units in which it is offered."""
    units = [unit for unit, mw in enumerate(bid["offered_mw"]) if mw > 0]
    for name in ("offered_mw", "available_mw", "accepted_mw"):
        yield () if bid[name] is None else [bid[name][unit] for unit in units]


def _reasons(bid: Mapping[str, Any]) -> Iterator[str]:
    """The reasons with their codes, and in how many market time units the grid limits the bid."""
    if limited := sum(bid["limited"]):
        yield f"limited by a grid in {counted(limited, 'market time unit')}"
    for reason in bid["reasons"]:
        yield f"{reason['code']} {reason['text'] or ''}".rstrip()
