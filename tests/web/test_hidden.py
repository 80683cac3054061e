"""What belongs to others is answered as what does not exist: the same status, headers and bytes.

That it takes as long, too, is measured by `python -m benchmarks.hidden`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from adapters.kit.http.access import operations_of
from adapters.rest import ROUTERS
from gateway.domain.grant import GATEWAY, Grant, GrantParty, Grants, PartyKind, any_of
from gateway.domain.role import TenantRole
from gateway.grids import exchange
from gateway.security.permissions import operations_of_roles
from gateway.web.application import ROUTERS as MANAGEMENT
from gateway.web.contract import routes_of
from tests.processes.world import DAY, TENANTS, model
from tests.specimens import RESERVE_BID_7_2
from tests.web.local_gateway import LocalGateway, served
from tests.web.test_contract import CONTRACT
from tests.web.test_dead_letters import dead
from tests.web.test_documents import handed_in
from tests.web.test_gates import GATE

STRANGERS = ("west", "south", "tso2", "agg", "meters", "away", "away-auditor")
"""One of each role that has no part in anything of `OWNERS`. An integrator, and who operates or audits every
market, has a part in everything that it may ask for."""

OWNERS = ("east", "tso", "north", "operator")
BODIES: Mapping[str, Any] = {
    "putDemand": {"up_mw": [1.0, 1.0], "down_mw": [0.0, 0.0]},
    "giveUpMessage": {"reason": "sent by mail"},
    "putGridModel": model("north", 5.0),
}
OF_EVERYTHING = {"giveUpMessage"}
"""Only who operates every market may do it: no message is foreign to that one."""

TAKEN_NAMES = {"putGridModel"}
"""Names of grids are one for all: who first uses one owns it, and it is refused to others (409) because bids
and units of every market mean one grid by it."""

OPERATIONS = {
    operation["operationId"]: (method.upper(), path)
    for path, methods in CONTRACT["paths"].items()
    for method, operation in methods.items()
    if "{" in path
}
NEEDS = {route.operation_id: set(operations_of(route)) for route in routes_of((*ROUTERS, *MANAGEMENT))}
ASKED = [
    pytest.param(operation, tenant, id=f"{operation}-{tenant}")
    for operation in OPERATIONS
    if operation not in TAKEN_NAMES
    for tenant in STRANGERS
    if NEEDS[operation] & operations_of_roles(TENANTS[tenant].roles)
]
NAMED_IN_A_QUERY = {
    "listDocuments": "/v1/documents?mrid={document_id}",
    "listGates": "/v1/gates?after={gate_id}",
    "listDeadLetters": "/v1/dead-letters?before={message_id}",
    "getChanges": "/v1/runs/{own_run}/changes?since={run_id}",
}
CONDITIONS: Mapping[str, Mapping[str, str]] = {
    "plain": {},
    "conditional": {"If-Match": '"1"', "If-None-Match": '"1"', "Range": "bytes=0-3"},
    "another form": {"Accept": "application/json", "Accept-Encoding": "gzip"},
}
REFERENCE = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Objects:
    """Objects of `east`, `tso` and `north`, and ids of the same form that nothing has."""

    local: LocalGateway
    foreign: Mapping[str, str]
    missing: Mapping[str, str]


def furnished(local: LocalGateway) -> Objects:
    """Something of everything that has an id: a gate that was decided twice, a document, messages, a grid."""
    unconcerned = {"system_operators": ["tso"], "grid_operators": ["north"]}
    next_day = {name: (DAY + timedelta(days=1, minutes=30 * end)).isoformat() for end, name in _ENDS}
    for gate in (
        GATE | unconcerned | {"platforms": ["east"]},
        GATE | unconcerned | {"gate_id": "w1", "platforms": ["west"], "delivery": next_day},
    ):
        assert local.as_("operator").post("/v1/gates", json=gate).status_code == 201
    _ask(local, "north", "putGridModel", {"grid_id": "north"})
    _ask(local, "tso", "putDemand", {"gate_id": "g1"})
    document = handed_in(local, b"<nothing/>").rpartition("/")[2]
    own_run = local.world.close_and_run("w1")
    local.world.close_and_run("g1")
    assert _ask(local, "operator", "runAgain", {"gate_id": "g1"}).status_code == 202
    run = local.world.bid_check.run("g1").run_id
    *_, message = local.as_("east").get("/v1/outbox").json()["messages"]
    assert message["id"] > len(local.as_("west").get("/v1/outbox").json()["messages"])
    foreign = {
        "document_id": document,
        "message": str(message["id"]),
        "gate_id": "g1",
        "run_id": run,
        "grid_id": "north",
        "model_id": "1",
        "message_id": dead(local),
    }
    missing = {name: value[::-1] for name, value in foreign.items()} | {"message": "9", "model_id": "9"}
    return Objects(local, foreign | {"own_run": own_run}, missing | {"own_run": own_run})


_ENDS = ((0, "start"), (1, "end"))


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Objects]:
    """For tests that change nothing."""
    with served(tmp_path_factory.mktemp("local")) as local:
        yield furnished(local)


def _ask(
    local: LocalGateway,
    tenant: str,
    operation: str,
    ids: Mapping[str, str],
    headers: Mapping[str, str] | None = None,
) -> httpx2.Response:
    method, path = OPERATIONS[operation]
    body, more = BODIES.get(operation), dict(headers or {})
    if operation == "amendGate":
        body = GATE | {"gate_id": ids["gate_id"]}
    client = local.as_(tenant)
    if operation == "putGridModel":
        more["Content-Type"] = "application/json"
        return client.request(method, path.format(**ids), content=exchange.write(body), headers=more)
    return client.request(method, path.format(**ids), json=body, headers=more)


def _likeness(answer: httpx2.Response, ids: Mapping[str, str]) -> tuple[object, ...]:
    """An answer without the ids that were asked for, and without the reference of the request."""
    reference = answer.headers["x-request-id"].encode()
    assert REFERENCE.fullmatch(reference)
    body = answer.content.replace(reference, b"REFERENCE")
    for name in ids:
        body = body.replace(f"{ids[name]!r}".encode(), f"<{name}>".encode())
        body = re.sub(rb"\b(model|message) %s\b" % ids[name].encode(), rb"\1 <number>", body)
    headers = [(name, value) for name, value in answer.headers.multi_items() if name != "x-request-id"]
    return answer.status_code, headers, body


def test_every_operation_with_an_id_is_asked() -> None:
    asked = {str(parameter.values[0]) for parameter in ASKED}
    assert asked | OF_EVERYTHING | TAKEN_NAMES == OPERATIONS.keys()
    roles = {role for tenant in STRANGERS for role in TENANTS[tenant].like}
    assert roles | {TenantRole.INTEGRATOR} == set(TenantRole)


@pytest.mark.feature(id="E2")
@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize(("operation", "tenant"), ASKED)
def test_foreign_and_missing_look_the_same(
    objects: Objects, operation: str, tenant: str, condition: str
) -> None:
    headers = CONDITIONS[condition]
    foreign, missing = (
        _ask(objects.local, tenant, operation, ids, headers) for ids in (objects.foreign, objects.missing)
    )
    assert foreign.status_code == 404
    assert _likeness(foreign, objects.foreign) == _likeness(missing, objects.missing)


@pytest.mark.parametrize(("operation", "path"), NAMED_IN_A_QUERY.items())
def test_so_they_do_where_a_query_names_them(objects: Objects, operation: str, path: str) -> None:
    client = objects.local.as_("west")
    foreign, missing = (client.get(path.format(**ids)) for ids in (objects.foreign, objects.missing))
    assert foreign.status_code == (200 if operation == "listDocuments" else 404)
    assert _likeness(foreign, objects.foreign) == _likeness(missing, objects.missing)


def test_faults_of_the_request_are_named_alike(objects: Objects) -> None:
    """What is wrong with a body is said of any gate, or of none."""
    client, bad = objects.local.as_("tso2"), {"up_mw": [-1], "down_mw": "none"}
    foreign, missing = (
        client.put(f"/v1/gates/{ids['gate_id']}/demand", json=bad)
        for ids in (objects.foreign, objects.missing)
    )
    assert foreign.status_code == 422
    assert _likeness(foreign, objects.foreign) == _likeness(missing, objects.missing)


def test_who_sees_some_documents_by_a_grant_learns_of_no_others(local: LocalGateway) -> None:
    observer = frozenset({GrantParty(PartyKind.TENANT, "agg")})
    grant = Grant("seen", any_of(TenantRole.PLATFORM), GATEWAY, "ReserveBid", seen_by=observer)
    app = local.anonymous.app
    app.state.rest = replace(local.dependencies, grants=Grants((grant,)), tenants=TENANTS)  # type: ignore[attr-defined]
    granted, other = (handed_in(local, data) for data in (RESERVE_BID_7_2.data, b"<nothing/>"))
    assert local.as_("agg").get(granted).json()["kind"] == "ReserveBid"
    assert local.as_("meters").get(granted).status_code == 404
    foreign = {"document_id": other.rpartition("/")[2]}
    missing = {"document_id": foreign["document_id"][::-1]}
    answers = [_ask(local, "agg", "getDocument", ids) for ids in (foreign, missing)]
    assert answers[0].status_code == 404
    assert _likeness(answers[0], foreign) == _likeness(answers[1], missing)
    listed = local.as_("agg").get("/v1/documents").json()["documents"]
    assert [f"/v1/documents/{one['document_id']}" for one in listed] == [granted]


def test_each_is_there_for_somebody(local: LocalGateway) -> None:
    """Otherwise the tests above would compare nothing with nothing. Acts come last: they may take it away."""
    objects = furnished(local)
    for operation in sorted(OPERATIONS, key=lambda name: OPERATIONS[name][0] != "GET"):
        statuses = [_ask(local, owner, operation, objects.foreign).status_code for owner in OWNERS]
        expected = {200} if OPERATIONS[operation][0] == "GET" else {200, 202, 204, 409}
        assert expected & set(statuses), (operation, statuses)
