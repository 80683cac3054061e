"""The served world of the matrix: a published and any number of open gates on each side, and of each party
documents, messages, a dead letter and a webhook."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from httpx2 import ASGITransport, AsyncClient, Response

from gateway.domain.gate import GateState
from gateway.domain.outgoing import Outgoing
from gateway.domain.resource import ResourceMap
from gateway.domain.route import Route, Routes
from gateway.ports import ChannelHealth, ChannelState
from gateway.records.market import activations
from gateway.records.market.activations import StoredActivation
from gateway.records.messages import outbox, webhooks
from gateway.records.messages.outbox import DeathCause
from tests.patience import eventually
from tests.processes.world import CLOSES, DAY, bid, connected, document, gate, model
from tests.specimens import GATEWAY, NORTH, RESERVE_BID_7_2
from tests.web.local_gateway import URL, LocalGateway, served
from tests.web.matrix.parties import ALL, EXCHANGING, OPERATOR, PLANTED, SIDES, TENANTS, Side, code, side_of

GRIDS: Final = {
    "copper": "dso-a",
    "iron": "dso-b",
    "zinc": "both-a",
    "salt": "tso-a",
    "sand": "tso-b",
    "gold": "tso-c",
}
"""Grids by name, with their owners."""

RESOURCES: Final = {
    "tso-a": ResourceMap(
        connected(
            unit1=(("copper", "n1"),),
            unit3=(("zinc", "n1"),),
            lost1=(("copper", "gone"),),
            lost3=(("zinc", "gone"),),
            lost4=(("salt", "gone"),),
        )
    ),
    "tso-c": ResourceMap(connected(unit4=(("gold", "n1"),), lost6=(("gold", "gone"),))),
    "tso-b": ResourceMap(
        connected(unit2=(("iron", "n1"),), lost2=(("iron", "gone"),), lost5=(("sand", "gone"),))
    ),
}
"""Assignments: a unit of each platform, and one at a connection point that is not there in each grid."""

UNITS: Final = 2
"""Market time units of each gate."""
XML: Final = {"Content-Type": "application/xml"}
UNIT: Final = {"platform-a": "unit1", "platform-b": "unit2", "platform-c": "unit3"}
ROUTES: Final = Routes(
    tuple(
        Route(f"to-{side.market}", to=side.platform, receiver=code(number), kind="ReserveBid")
        for number, side in enumerate(SIDES, 50)
    )
)


@dataclass
class Matrix:
    """The world, and what of it each party has.

    Attributes:
        documents, waiting, dead: of each party the id of a document, of a message that waits and of a dead
            letter.
        open_gates: by market, the terms of a gate that nobody has changed yet.
        runs: by market, the second run of its published gate.
    """

    local: LocalGateway
    http: AsyncClient
    runner: asyncio.Runner
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    documents: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    dead: dict[str, str] = field(default_factory=dict)
    open_gates: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.local.world.clock.now()

    def request(self, caller: str, method: str, path: str, **more: Any) -> Response:
        """By a caller, with its token if it has one."""
        headers = dict(more.pop("headers", {}))
        if caller:
            token = self.tokens.get(caller) or self.tokens.setdefault(caller, self.local.token(caller))
            headers.setdefault("Authorization", f"Bearer {token}")
        return self.runner.run(self.http.request(method, path, headers=headers, **more))

    def get(self, caller: str, path: str) -> Response:
        return self.request(caller, "GET", path)

    def terms(self, side: Side) -> dict[str, Any]:
        """A gate that is not there yet, as `createGate` takes it."""
        number = next(self.numbers)
        later = timedelta(days=number)
        return {
            "gate_id": f"{side.market}-{number}",
            "market": side.market,
            "process": "A47",
            "delivery": {"start": f"{DAY + later:%Y-%m-%dT%H:%MZ}", "end": f"{DAY + later:%Y-%m-%dT23:30Z}"},
            "mtu": "PT15M",
            "currency": "EUR",
            "platforms": _of(side, "platform"),
            "system_operators": _of(side, "tso"),
            "grid_operators": [*_of(side, "dso"), *_of(side, "both")],
            "opens_at": f"{DAY - timedelta(days=2):%Y-%m-%dT%H:%MZ}",
            "closes_at": f"{CLOSES + later:%Y-%m-%dT%H:%MZ}",
            "grids_due_at": f"{CLOSES + later:%Y-%m-%dT%H:%MZ}",
            "window": "PT5M",
            "budget": "PT20S",
            "publish_by": f"{CLOSES + later + timedelta(minutes=10):%Y-%m-%dT%H:%MZ}",
            "use": "exact",
            "netting_platform": False,
        }

    def open_gate(self, side: Side) -> dict[str, Any]:
        """A gate of a side that is as it was made, with a demand."""
        if side.market not in self.open_gates:
            terms = self.open_gates[side.market] = self.terms(side)
            made = self.request(OPERATOR, "POST", "/v1/gates", json=terms)
            assert made.status_code == 201, made.text
            self.demand(terms["gate_id"], side)
        return self.open_gates[side.market]

    def demand(self, gate_id: str, side: Side) -> None:
        for name in _of(side, "tso"):
            self.local.world.demand(gate_id, PLANTED[name].quantity, by=name)

    def finish_runs(self, side: Side) -> None:
        """Publish what runs again."""
        world = self.local.world
        if world.gates.find(side.gate_id, TENANTS[OPERATOR]).state is GateState.RUNNING:
            world.bid_check.run(side.gate_id)

    def message(self, owner: str, *, dead: bool = False) -> tuple[int, str]:
        """Number and id of a new message to a tenant."""
        text = f"<message>{PLANTED[owner].code} {PLANTED[owner].price}</message>"
        with self.local.world.stores.of(owner).writing() as uow:
            number = outbox.put(uow, Outgoing("BidAvailability", "1.1", text.encode(), "run-1"), self.now)
            if dead:
                outbox.give_up(uow, number, "it is gone", DeathCause.ATTEMPTS, at=self.now, failures=2)
            found = outbox.find(uow, number)
        assert found is not None
        return number, found.message_id

    def message_beyond(self, owner: str, caller: str) -> int:
        """Number of a message to a tenant which no message to the caller has: each counts its own."""
        last, found = (self._last_message(name) for name in (caller, owner))
        while found <= last:
            found, _ = self.message(owner)
        return found

    def _last_message(self, owner: str) -> int:
        with self.local.world.stores.of(owner).reading() as uow:
            return max((one.id for one in outbox.after(uow, 0, 10_000)), default=0)

    def webhook(self, owner: str, *, end: str = "") -> None:
        with self.local.world.stores.of(owner).writing() as uow:
            webhooks.put(uow, PLANTED[owner].webhook + end, self.now)


def document_of(owner: str, number: int, *, price: str = "") -> bytes:
    """Bids of a party to the platform on the other side, with its price, or another text for it."""
    mrid = RESERVE_BID_7_2.data.split(b"<mRID>")[1].split(b"</mRID>")[0].decode()
    data = RESERVE_BID_7_2.data.decode()
    for old, new in (
        (NORTH, PLANTED[owner].code),
        (GATEWAY, next(one.receiver for one in ROUTES.routes if one.to != side_of(owner).platform)),
        (f"<mRID>{mrid}</mRID>", f"<mRID>{mrid_of(owner, number)}</mRID>"),
        (">45.5<", f">{price or PLANTED[owner].price}<"),
    ):
        assert old in data
        data = data.replace(old, new)
    return data.encode()


def mrid_of(owner: str, number: int) -> str:
    return f"DOC{ALL.index(owner)}N{number}"


def _of(side: Side, word: str) -> list[str]:
    parties = (side.platform, side.dso, side.tso, *side.others)
    return [name for name in parties if name.startswith(word)]


@contextmanager
def built(directory: Path) -> Iterator[Matrix]:
    """The world, with both gates run twice."""
    with served(directory, tenants=TENANTS, routes=ROUTES) as local, asyncio.Runner() as runner:
        app = local.anonymous.app
        up = ChannelHealth(ChannelState.UP, local.world.clock.now())
        app.state.web = replace(app.state.web, webhooks=lambda: dict.fromkeys(EXCHANGING, up))
        # In one loop: a test client hands each request through several threads.
        http = AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url=URL)
        matrix = Matrix(local, http, runner)
        for owner in EXCHANGING:
            _plant_messages(matrix, owner)
        _plant_grids(matrix)
        for side in SIDES:
            _publish(matrix, side)
        matrix.tokens.clear()  # the tokens of the hour before are over
        yield matrix


def _plant_messages(matrix: Matrix, owner: str) -> None:
    data = document_of(owner, 0, price=f"{PLANTED[owner].price} EUR")  # refused, naming the price
    answer = matrix.request(owner, "POST", "/v1/documents", content=data, headers=XML)
    address = answer.headers["Location"]
    eventually(lambda: matrix.get(owner, address).json()["state"] != "received", "the verdict")
    matrix.documents[owner] = answer.json()["document_id"]
    _, matrix.waiting[owner] = matrix.message(owner)
    _, matrix.dead[owner] = matrix.message(owner, dead=True)
    matrix.webhook(owner)


def _plant_grids(matrix: Matrix) -> None:
    world = matrix.local.world
    for grid, owner in GRIDS.items():
        world.put(owner, model(grid, 3.0))
    for owner, assignment in RESOURCES.items():
        world.resources.replace(TENANTS[owner], assignment)


def _publish(matrix: Matrix, side: Side) -> None:
    world = matrix.local.world
    world.clock.moment = CLOSES - timedelta(hours=1)
    platforms = _of(side, "platform")
    world.gates.create(
        gate(
            side.gate_id,
            market=side.market,
            platforms=tuple(platforms),
            system_operators=tuple(_of(side, "tso")),
            grid_operators=(*_of(side, "dso"), *_of(side, "both")),
        )
    )
    matrix.demand(side.gate_id, side)
    for name in platforms:
        mine = PLANTED[name]
        bids = [bid(mine.bid, UNIT[name], mine.quantity, mine.price)]
        world.submit(name, document(name, bids, tenants=TENANTS))
        start_s = int(DAY.timestamp())
        reported = StoredActivation(
            mine.bid, start_s, start_s + 900, False, mine.quantity, CLOSES, CLOSES, "o"
        )
        with world.stores.of(name).writing() as uow:
            activations.put(uow, [reported], (start_s, start_s + 1800), CLOSES)
    world.close_and_run(side.gate_id, OPERATOR)
    for grid, owner in GRIDS.items():
        if side_of(owner) is side:
            world.put(owner, model(grid, 4.0))
    world.gates.run_again(side.gate_id)
    matrix.runs[side.market] = world.bid_check.run(side.gate_id).run_id
