"""The permission matrix over HTTP. An operation without a row fails, and so does a cell that is not as
written."""

import re
from collections.abc import Iterator

import pytest

from adapters.kit.http.access import operations_of
from adapters.rest import ROUTERS
from gateway.domain.role import TenantRole
from gateway.records.messages import gate_notices
from gateway.security.permissions import PERMISSIONS, Operation, operations_of_roles
from gateway.web.application import ROUTERS as MANAGEMENT
from gateway.web.contract import routes_of
from tests.web.matrix.answers import CONTRACT, REQUESTS, Book, readable
from tests.web.matrix.asking import About
from tests.web.matrix.parties import COLUMNS, EXCHANGING, OPERATOR, PLANTED, TENANTS, A, B, side_of
from tests.web.matrix.table import ROWS
from tests.web.matrix.world import Matrix, built

OPERATIONS: dict[str, tuple[Operation, ...]] = {
    route.operation_id or "": operations_of(route) for route in routes_of((*ROUTERS, *MANAGEMENT))
}
"""Of which operations a caller must be allowed one, by id."""


TAKING_PART = [
    name for name in EXCHANGING if TENANTS[name].is_a(TenantRole.PLATFORM, TenantRole.DSO, TenantRole.TSO)
]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with built(tmp_path_factory.mktemp("matrix")) as new:
        yield new


def test_every_operation_of_the_contract_has_a_row_and_a_request() -> None:
    assert ROWS.keys() == CONTRACT.keys() == REQUESTS.keys() == OPERATIONS.keys()


def test_every_role_has_two_parties_who_take_part() -> None:
    for role in TenantRole:
        callers = [name for name, tenant in TENANTS.items() if role.value in tenant.role_names]
        assert len(callers) >= (2 if callers[0] in EXCHANGING else 1), role


@pytest.mark.feature(id="E2")
@pytest.mark.parametrize("operation", ROWS)
def test_row(matrix: Matrix, operation: str) -> None:
    book = Book(matrix)
    found = {column: "|".join(_cells(book, operation, column)) for column in COLUMNS}
    assert found == ROWS[operation]
    assert book.leaks == []
    assert book.revealed == []


def _cells(book: Book, operation: str, column: str) -> list[str]:
    """What the callers of a column are answered; more than one group where they are answered otherwise."""
    callers = COLUMNS[column]
    if operation == "getToken":  # a secret costs a tenth of a second to prove
        callers = callers[:1]
    return sorted({book.cell(operation, caller).rstrip() for caller in callers})


@pytest.mark.parametrize("operation", ROWS)
def test_roles_are_those_of_the_permissions_and_of_the_contract(operation: str) -> None:
    row = {column: set(cell) != {"-"} for column, cell in ROWS[operation].items() if column != "nobody"}
    permitted = OPERATIONS[operation]
    for column, may in row.items():
        tenant = TENANTS[COLUMNS[column][0]]
        allowed = not permitted or bool(operations_of_roles(tenant.roles) & set(permitted))
        assert may is allowed, column
    if not permitted:
        assert "u" not in ROWS[operation]["nobody"] or operation == "getToken"
        return
    by_hand = {role.value for role in TenantRole if row[role.value]}
    assert by_hand == {role.value for each in permitted for role in PERMISSIONS[each].roles}
    (stated,) = re.findall(r"^Roles: (.*)\.$", CONTRACT[operation][2]["description"], re.MULTILINE)
    assert by_hand == set(stated.split(", "))
    assert set(ROWS[operation]["nobody"]) == {"u"}


def test_what_is_searched_for_is_found_by_whom_it_concerns(matrix: Matrix) -> None:
    """A search that finds nothing anywhere would prove nothing."""
    run, owner = matrix.runs[A.market], PLANTED[A.platform]
    merit_order = matrix.get(A.tso, f"/v1/runs/{run}/merit-order").text
    for text in (A.platform, owner.bid, str(owner.price), str(owner.quantity)):
        assert readable(text, merit_order)
        assert not readable(text[:-1], merit_order)
    number, _ = matrix.message(A.platform)
    assert readable(owner.code, matrix.get(A.platform, f"/v1/outbox/{number}").text)
    matrix.webhook(A.platform)
    assert readable(owner.webhook, matrix.get(A.platform, "/v1/webhook").text)
    merit_order_of_b = matrix.get(B.tso, f"/v1/runs/{matrix.runs[B.market]}/merit-order").text
    assert not readable(str(owner.price), merit_order_of_b)


def test_a_desk_can_neither_move_a_gate_nor_make_one_elsewhere(matrix: Matrix) -> None:
    terms = matrix.open_gate(A)
    path = f"/v1/gates/{terms['gate_id']}"
    before = matrix.get("desk-a", path).json()
    for market in (B.market, "gamma"):
        moved = matrix.request("desk-a", "PUT", path, json={**terms, "market": market})
        made = matrix.request("desk-a", "POST", "/v1/gates", json={**matrix.terms(A), "market": market})
        assert (moved.status_code, made.status_code) == (403, 403)
        assert (
            moved.json()["detail"] == made.json()["detail"] == f"your role does not operate market {market!r}"
        )
    assert matrix.get("desk-a", path).json() == before


@pytest.mark.parametrize("owner", TAKING_PART)
def test_no_notice_of_a_gate_names_what_its_receiver_may_not_know(matrix: Matrix, owner: str) -> None:
    """In one, a platform joins."""
    side = side_of(owner)
    terms = matrix.terms(side)
    alone = {**terms, "platforms": [side.platform]}
    path = f"/v1/gates/{terms['gate_id']}"
    assert matrix.request(OPERATOR, "POST", "/v1/gates", json=alone).is_success
    assert matrix.request(OPERATOR, "PUT", path, json={**terms, "window": "PT4M"}).is_success
    assert matrix.request(OPERATOR, "POST", f"{path}/cancel").is_success
    with matrix.local.world.stores.shared.reading() as shared:
        notices = [one.payload.decode() for one in gate_notices.pending(shared) if one.tenant == owner]
    assert len(notices) >= 2
    book = Book(matrix)
    book.search("a notice", About.GATE, owner, "".join(notices))
    assert book.leaks == []
