"""Many operators at one gate of a real gateway at once: of changes of one version exactly one is made."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from tests.e2e.running import Running, json_of
from tests.e2e.world import END, MEMBERS, gate

CALLERS = 8
ROUNDS = 10


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory: Path = tmp_path_factory.mktemp("races")
    with Running(directory, MEMBERS, "[limits]\ndocument_processes = 1") as running:
        yield running


@pytest.fixture(scope="module")
def operators(gateway: Running) -> Iterator[list[httpx2.Client]]:
    """One for each thread."""
    clients = [gateway.as_("operator") for _ in range(CALLERS)]
    yield clients
    for client in clients:
        client.close()


def all_at_once(
    operators: Sequence[httpx2.Client], ask: Callable[[int, httpx2.Client], httpx2.Response]
) -> list[httpx2.Response]:
    """The answer that each got."""
    together, answers = threading.Barrier(len(operators)), [httpx2.Response(0)] * len(operators)

    def call(number: int, client: httpx2.Client) -> None:
        together.wait()
        answers[number] = ask(number, client)

    threads = [threading.Thread(target=call, args=pair) for pair in enumerate(operators)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def notices(gateway: Running, tenant: str, gate_id: str) -> list[tuple[str, int]]:
    """Event and version of every notice of a gate, once as many are there as its version says."""
    with gateway.as_("operator") as operator, gateway.as_(tenant) as client:
        version = json_of(operator.get(f"/v1/gates/{gate_id}"))["version"]

        def look() -> list[tuple[str, int]] | None:
            messages = json_of(client.get("/v1/outbox", params={"limit": 1000}))["messages"]
            reported = [
                json_of(client.get(f"/v1/outbox/{one['id']}"))
                for one in messages
                if one["kind"] == "GateNotice"
            ]
            own = [(one["event"], one["version"]) for one in reported if one["gate_id"] == gate_id]
            return own if len(own) >= version - 1 else None

        found = gateway.until(look, "every notice")
    assert found is not None
    return found


def test_of_amendments_of_one_version_one_wins_and_all_are_reported(
    gateway: Running, operators: list[httpx2.Client]
) -> None:
    terms = gate("amended")
    json_of(operators[0].post("/v1/gates", json=terms), 201)
    for version in range(1, ROUNDS + 1):

        def amend(number: int, client: httpx2.Client, version: int = version) -> httpx2.Response:
            changed = terms | {"market": f"TEST market {version}.{number}"}
            return client.put("/v1/gates/amended", json=changed, headers={"If-Match": f'"{version}"'})

        answers = all_at_once(operators, amend)
        assert Counter(one.status_code for one in answers) == {200: 1, 412: CALLERS - 1}
        (winner,) = (number for number, one in enumerate(answers) if one.status_code == 200)
        seen = operators[0].get("/v1/gates/amended")
        assert (seen.headers["etag"], json_of(seen)["market"]) == (
            f'"{version + 1}"',
            f"TEST market {version}.{winner}",
        )
    right = [("amended", version) for version in range(2, ROUNDS + 2)]
    for tenant in ("north", "south", "dso", "tso"):
        assert notices(gateway, tenant, "amended") == right
    assert operators[0].post("/v1/gates/amended/cancel").is_success


@pytest.mark.parametrize("attempt", range(ROUNDS))
def test_amended_cancelled_and_closed_at_once_a_gate_has_one_fate(
    operators: list[httpx2.Client], attempt: int
) -> None:
    name, begins = f"fate-{attempt}", END + attempt * timedelta(hours=1)
    delivery = {"start": begins.isoformat(), "end": (begins + timedelta(hours=1)).isoformat()}
    terms = gate(name, delivery=delivery)
    json_of(operators[0].post("/v1/gates", json=terms), 201)
    match = {"If-Match": '"1"'}

    def change(number: int, client: httpx2.Client) -> httpx2.Response:
        match number % 4:
            case 0:
                return client.put(
                    f"/v1/gates/{name}", json=terms | {"market": f"TEST {number}"}, headers=match
                )
            case 1:
                return client.post(f"/v1/gates/{name}/cancel", headers=match)
            case 2:
                return client.post(f"/v1/gates/{name}/close", headers=match)
            case _:
                return client.post(f"/v1/gates/{name}/runs", headers=match)

    answers = all_at_once(operators, change)
    made = {number % 4 for number, one in enumerate(answers) if one.is_success}
    assert len(made) == 1, [one.status_code for one in answers]
    assert {one.status_code for one in answers if not one.is_success} <= {409, 412}


def test_without_a_version_the_state_decides(gateway: Running, operators: list[httpx2.Client]) -> None:
    json_of(operators[0].post("/v1/gates", json=gate("stateful")), 201)
    answers = all_at_once(
        operators,
        lambda number, client: client.post(f"/v1/gates/stateful/{'cancel' if number % 2 else 'runs'}"),
    )
    assert [one.status_code for one in answers] == [409, 200] * (CALLERS // 2)
    assert notices(gateway, "north", "stateful") == [("cancelled", 2)]
    amended = operators[0].put("/v1/gates/stateful", json=gate("stateful"))
    assert "is cancelled" in json_of(amended, 409)["detail"]
