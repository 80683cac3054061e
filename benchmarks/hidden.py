"""`python -m benchmarks.hidden [OPERATION …] [--pairs N] [--json]`: does a clock tell strangers what exists?

A real `flexgate serve` process holds a gate of 42 platforms that was decided, documents, messages, a dead
letter and a grid. A tenant with no part in them asks for one and for an id of the same form that nothing has,
in pairs, either first by chance, over one connection that stays open:

difference_pct  median of foreign − missing of each pair, over the median of missing; beyond ± limit_pct the
                command ends with 1. Of pairs, because the two of a pair meet the same load of the machine.
"""

import argparse
import http.client
import json
import random
import string
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.e2e.running import Member, Running, json_of
from tests.e2e.world import GRID, MEMBERS, assign, bid, document, gate, grid_model

LIMIT_PCT: Final = 5.0
PAIRS: Final = 2000
WARM_UP: Final = 100
SETTINGS: Final = """[limits]
document_processes = 0
[roles.operator-elsewhere]
like = ["operator"]
markets = ["elsewhere"]
[grants.observed]
from = "south"
to = "stranger"
kind = "EnergyAccount"
seen_by = ["observer"]
"""
"""So that who operates another market asks, too, and who may see some documents of others."""
MANY: Final = tuple(f"other-{number:02}" for number in range(40))
"""Platforms that make the gate large: to load it would be seen."""


@dataclass(frozen=True)
class Lookup:
    """An operation on one object, as a tenant asks that has no part in it."""

    operation: str
    tenant: str
    method: str
    path: str


LOOKUPS: Final = (
    Lookup("getDocument", "stranger", "GET", "/v1/documents/{document}"),
    Lookup("getDocument", "observer", "GET", "/v1/documents/{document}"),
    Lookup("getAcknowledgement", "stranger", "GET", "/v1/documents/{document}/acknowledgement"),
    Lookup("getMessage", "stranger", "GET", "/v1/outbox/{number}"),
    Lookup("confirmMessage", "stranger", "POST", "/v1/outbox/{number}/confirm"),
    Lookup("getGate", "stranger", "GET", "/v1/gates/{gate}"),
    Lookup("closeGate", "stranger", "POST", "/v1/gates/{gate}/close"),
    Lookup("cancelGate", "away", "POST", "/v1/gates/{gate}/cancel"),
    Lookup("listHeldBids", "stranger", "GET", "/v1/gates/{gate}/bids"),
    Lookup("listActivations", "stranger", "GET", "/v1/gates/{gate}/activations"),
    Lookup("getDemand", "tso2", "GET", "/v1/gates/{gate}/demand"),
    Lookup("takeBackDemand", "tso2", "DELETE", "/v1/gates/{gate}/demand"),
    Lookup("listRuns", "dso2", "GET", "/v1/gates/{gate}/runs"),
    Lookup("getRun", "stranger", "GET", "/v1/runs/{run}"),
    Lookup("getMeritOrder", "tso2", "GET", "/v1/runs/{run}/merit-order"),
    Lookup("getAvailability", "stranger", "GET", "/v1/runs/{run}/availability"),
    Lookup("getExplanations", "dso2", "GET", "/v1/runs/{run}/explanations"),
    Lookup("listGridModels", "dso2", "GET", "/v1/grids/{grid}/models"),
    Lookup("listUnitsOfGrid", "dso2", "GET", "/v1/grids/{grid}/units"),
    Lookup("withdrawGridModel", "dso2", "DELETE", "/v1/grids/{grid}/models/1"),
    Lookup("getDeadLetter", "stranger", "GET", "/v1/dead-letters/{letter}"),
    Lookup("redriveDeadLetter", "stranger", "POST", "/v1/dead-letters/{letter}/redrive"),
)
"""Every way of looking an object up: in a tenant's own database, by a gate, by a run, by a grid's owner."""


def members() -> list[Member]:
    """Those of the small world, and more."""
    more = (Member("tso2", "tso"), Member("away", "operator-elsewhere"), Member("observer", "provider"))
    return [*MEMBERS, *more, *(Member(name, "platform") for name in MANY)]


def furnished(running: Running) -> Mapping[str, str]:
    """Ids of what exists: a decided gate and its run, a document, a message, a dead letter, a grid."""
    operator, north, tso = (running.as_(name) for name in ("operator", "north", "tso"))
    json_of(operator.post("/v1/gates", json=gate("hour", ("north", "south", *MANY))), 201)
    assign(tso)
    json_of(running.as_("dso").put(f"/v1/grids/{GRID}/models", json=grid_model()))
    json_of(tso.put("/v1/gates/hour/demand", json={"up_mw": [8.0] * 4, "down_mw": [0.0] * 4}))
    bids = [bid(f"TEST-{number}", 1.0, 20.0 + number) for number in range(20)]
    answer = north.post(
        "/v1/documents",
        content=document("north", "7.4", "TEST-1", *bids),
        headers={"Content-Type": "application/xml"},
    )
    seen = running.settled(north, answer.headers["location"])
    if seen["state"] != "accepted":
        raise RuntimeError(f"the document is {seen['state']}: {seen['findings']}")
    json_of(operator.post("/v1/gates/hour/close"))
    running.until(lambda: operator.get("/v1/gates/hour").json()["state"] == "published", "the gate")
    (run,) = operator.get("/v1/gates/hour/runs").json()["runs"]
    message = north.get("/v1/outbox").json()["messages"][0]
    letter = f"/v1/dead-letters/{message['message_id']}/give-up"
    json_of(operator.post(letter, json={"reason": "nobody fetches it"}))
    return {
        "document": seen["document_id"],
        "number": str(message["id"]),
        "gate": "hour",
        "run": run["run_id"],
        "grid": GRID,
        "letter": message["message_id"],
    }


def alike(known: str) -> str:
    """An id of the same form, by chance."""
    if set(known) <= set(string.hexdigits + "-"):
        digits = string.digits[2:] if known.isdigit() else "0123456789abcdef"
    else:
        digits = string.ascii_lowercase
    return "".join(one if one == "-" else random.choice(digits) for one in known)


def seconds(connection: http.client.HTTPConnection, method: str, path: str, token: str) -> float:
    """How long an answer took that must be 404."""
    headers = {"Authorization": token, "Content-Length": "0"}
    start = time.perf_counter()
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    spent = time.perf_counter() - start
    if answer.status != http.HTTPStatus.NOT_FOUND:
        raise RuntimeError(f"{method} {path}: {answer.status} {body.decode()}")
    return spent


def measured(running: Running, known: Mapping[str, str], lookup: Lookup, pairs: int) -> dict[str, Any]:
    """Medians of one operation."""
    token = running.as_(lookup.tenant).headers["Authorization"]
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(-WARM_UP, pairs):
        missing = {name: alike(value) for name, value in known.items()}
        for is_foreign in random.sample((True, False), 2):
            path = lookup.path.format(**(known if is_foreign else missing))
            spent = seconds(connection, lookup.method, path, token)
            if number >= 0:
                times[is_foreign].append(spent)
    connection.close()
    foreign_ms, missing_ms = (1000 * median(times[is_foreign]) for is_foreign in (True, False))
    longer_ms = 1000 * median(foreign - missing for foreign, missing in zip(*times.values(), strict=True))
    return {
        "operation": lookup.operation,
        "tenant": lookup.tenant,
        "pairs": pairs,
        "foreign_ms": round(foreign_ms, 3),
        "missing_ms": round(missing_ms, 3),
        "difference_pct": round(100 * longer_ms / missing_ms, 1),
        "limit_pct": LIMIT_PCT,
    }


def results(operations: list[str], pairs: int) -> Iterator[dict[str, Any]]:
    """One line for each operation."""
    with (
        tempfile.TemporaryDirectory() as directory,
        Running(Path(directory) / "gateway", members(), SETTINGS) as running,
    ):
        known = furnished(running)
        for lookup in LOOKUPS:
            if not operations or lookup.operation in operations:
                yield measured(running, known, lookup, pairs)


def main() -> int:
    """Measure all operations, or some."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hidden", description=__doc__)
    parser.add_argument("operations", nargs="*", choices=[*(one.operation for one in LOOKUPS), []])
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--json", action="store_true", help="one line for each result")
    options = parser.parse_args()
    worst = 0.0
    for result in results(options.operations, options.pairs):
        worst = max(worst, abs(result["difference_pct"]))
        sys.stdout.write(json.dumps(result, indent=None if options.json else 2) + "\n")
        sys.stdout.flush()
    return int(worst > LIMIT_PCT)


if __name__ == "__main__":
    sys.exit(main())
