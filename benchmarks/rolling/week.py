"""Quarter hours in a row: gates made, amended, cancelled, run, run again; the gateway killed meanwhile."""

import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from benchmarks.rolling.clock import ClockHand
from benchmarks.rolling.peers import Peer, UnexpectedError
from benchmarks.rolling.verdict import QUARTER, Gate, ReceivedDocument
from contract_tests.emulators.bid_document import Collection, Parties, reserve_bid
from contract_tests.emulators.market_bid import MarketBid
from tests.e2e.running import SECRET, Member, Running
from tests.specimens import AREA, GATEWAY, NORTH, SOUTH, UNITS

PARTIES: Final = {"north": NORTH, "south": SOUTH}
MEMBERS: Final = (
    *(Member(name, "platform", ((code, "A01"),)) for name, code in PARTIES.items()),
    Member("dso", "dso", (("11XTEST-DSO----F", "A01"),)),
    Member("tso", "tso", (("11XTEST-TSO----Z", "A01"),), "merit_order_lists = true"),
    Member("operator", "operator"),
)
GRID: Final = "line"
BIDS_UNTIL, RUN_AT = timedelta(minutes=25), timedelta(minutes=10)
"""Before each quarter hour. The run of one gate is the end of the bids for the next."""
UNIT: Final = timedelta(minutes=5)
UNITS_OF_GATE: Final = QUARTER // UNIT
PREPARED: Final = timedelta(minutes=1)
UNSURE: Final = timedelta(seconds=30)
"""So near to the preparation of a unit no gate is run again: who comes first is chance."""
WITHIN: Final = timedelta(minutes=1)
MADE_AHEAD: Final = 3
MOST_RUNS: Final = 4
AMENDED, TIGHTENED, CANCELLED, CHANGED, DONE_EARLY = 0.5, 0.2, 0.1, 0.3, 0.3
AGAIN, LATER, KILLED = 0.35, 0.5, 0.15
"""How likely each is, of a gate; a kill, of each of its two halves."""
LONGEST_UNTIL_KILL_S: Final = 0.8


class Week:
    """The life of gates, and the documents that every party received."""

    def __init__(self, gateway: Running, clock: ClockHand, seed: int) -> None:
        self._gateway = gateway
        self._clock = clock
        self._dice = random.Random(seed)
        self._peers = {one.name: Peer(gateway.url, one.name, SECRET) for one in MEMBERS}
        self._killer: threading.Thread | None = None
        self._disturbed = False
        day = datetime.fromtimestamp(clock.now(), UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._first = day + timedelta(days=1)
        self.gates: list[Gate] = []
        self.received: dict[str, list[ReceivedDocument]] = {one.name: [] for one in MEMBERS if one.parties}
        self.seconds: list[float] = []
        """From the end of each gate's time to its result in hand, where nothing was killed."""
        self.counts = dict.fromkeys(("amended", "cancelled", "run_again", "by_unit", "kills", "changed"), 0)

    def play(self, number: int) -> Iterator[int]:
        """So many gates, one after the other; gives how many are through."""
        self._clock.turn_to(self._first - BIDS_UNTIL - QUARTER)
        self._assign()
        for step in range(-MADE_AHEAD, number):
            if 0 <= step + MADE_AHEAD < number:
                self._make(step + MADE_AHEAD)
            if 0 <= step + 1 < number:
                self._collect(self.gates[step + 1])
            if step >= 0:
                self._decide(self.gates[step])
            if step >= -1:
                yield step + 1
        self._wait_for_killer()
        self._pull(again=True)

    def close(self) -> None:
        """Let go of everything."""
        self._wait_for_killer()
        for peer in self._peers.values():
            peer.close()

    def _assign(self) -> None:
        units = {unit: [{"grid_id": GRID, "node": "n1"}] for unit in UNITS}
        self._peers["tso"].call("PUT", "/v1/resources", json={"connections": units, "participation": {}})

    def _make(self, number: int) -> None:
        """Create a gate with one platform or both; often the second joins later."""
        gate = Gate(f"q{number}", self._first + number * QUARTER)
        self.gates.append(gate)
        platforms = ["north"] if self._dice.random() < AMENDED else ["north", "south"]
        operator = self._peers["operator"]
        operator.call("POST", "/v1/gates", 409, json=self._terms(gate, platforms))
        if len(platforms) == 1 and self._dice.random() < AMENDED:
            platforms.append("south")
            operator.call("PUT", f"/v1/gates/{gate.name}", json=self._terms(gate, platforms))
            gate.note("south", "amended", platforms=["south"])
            gate.note("tso", "amended", platforms=platforms)
            self.counts["amended"] += 1
        gate.offered_mw = dict.fromkeys(platforms, 0.0)

    def _tighten(self, gate: Gate) -> None:
        """Leave the optimiser of a gate less time, which concerns everybody."""
        budget = f"PT{self._dice.randint(10, 19)}S"
        terms = self._terms(gate, list(gate.offered_mw)) | {"budget": budget}
        self._peers["operator"].call("PUT", f"/v1/gates/{gate.name}", json=terms)
        self._note_to_all(gate, "amended", budget=budget)
        self.counts["amended"] += 1

    @staticmethod
    def _note_to_all(gate: Gate, event: str, **changed: Any) -> None:
        for party in (*gate.offered_mw, "tso", "dso"):
            gate.note(party, event, **changed)

    def _terms(self, gate: Gate, platforms: list[str]) -> dict[str, Any]:
        closes, run = gate.start - BIDS_UNTIL, gate.start - RUN_AT
        return {
            "gate_id": gate.name,
            "market": "TEST market",
            "process": "A47",
            "delivery": {"start": gate.start.isoformat(), "end": (gate.start + QUARTER).isoformat()},
            "mtu": "PT5M",
            "currency": "EUR",
            "platforms": platforms,
            "system_operators": ["tso"],
            "grid_operators": ["dso"],
            "opens_at": (gate.start - timedelta(days=1)).isoformat(),
            "closes_at": closes.isoformat(),
            "grids_due_at": run.isoformat(),
            "window": "PT15M",
            "budget": "PT20S",
            "publish_by": (run + WITHIN).isoformat(),
            "preparation": "PT1M",
            "use": "exact",
            "netting_platform": False,
        }

    def _collect(self, gate: Gate) -> None:
        """Bids, some of them changed afterwards, the demand, the grid; some gates are called off."""
        with self._perhaps_killed() as self._disturbed:
            for platform in gate.offered_mw:
                for revision in (1, 2) if self._dice.random() < CHANGED else (1,):
                    self._offer(gate, platform, revision)
            need = sum(gate.offered_mw.values())
            demand = {"up_mw": [need] * UNITS_OF_GATE, "down_mw": [0.0] * UNITS_OF_GATE}
            self._peers["tso"].call("PUT", f"/v1/gates/{gate.name}/demand", json=demand)
            self._put_model(gate)
            if self._dice.random() < TIGHTENED:
                self._tighten(gate)
            if self._dice.random() < CANCELLED:
                self._peers["operator"].call("POST", f"/v1/gates/{gate.name}/cancel")
                self._note_to_all(gate, "cancelled")
                gate.limits_mw = []
                self.counts["cancelled"] += 1

    def _offer(self, gate: Gate, platform: str, revision: int) -> None:
        mw = float(self._dice.randint(1, 12))
        bid = MarketBid(
            bid_id=gate.bids_of(platform),
            provider="11XTEST-SELLER-G",
            resource=UNITS[list(PARTIES).index(platform)],
            resource_scheme="A01",
            up=True,
            divisible=True,
            minimum_mw=0.0,
            start=gate.start,
            resolution=UNIT,
            quantity_mw=np.full(UNITS_OF_GATE, mw),
            energy_price=np.full(UNITS_OF_GATE, 20.0 if platform == "north" else 30.0),
        )
        name = gate.bids_of(platform)
        document = reserve_bid(
            [bid],
            version="7.4",
            mrid=name,
            created_at=datetime.fromtimestamp(self._clock.now(), UTC),
            parties=Parties(PARTIES[platform], "A46", GATEWAY, "A34", AREA, AREA),
            collection=Collection("A47", "TEST_AUCTION", gate.start, gate.start + QUARTER, "EUR"),
        ).replace(b"<revisionNumber>1<", b"<revisionNumber>%d<" % revision)
        headers = {"Content-Type": "application/xml", "Idempotency-Key": f"{name}-{revision}"}
        peer = self._peers[platform]
        # The same bytes in each attempt, whatever was killed between them: one document.
        location = peer.call("POST", "/v1/documents", content=document, headers=headers).headers["location"]
        seen = peer.wait(location, lambda status: status["state"] != "received")
        if seen["state"] != "accepted":
            raise UnexpectedError(f"{name} revision {revision} is {seen}")
        gate.offered_mw[platform] = mw
        self.counts["changed"] += revision > 1

    def _put_model(self, gate: Gate, first: int = 0) -> None:
        """A new model of the grid, of which the gate's next run knows, which decides from unit `first` on."""
        limit = float(self._dice.randint(1, 30))
        model = {
            "format": "flexgate-reduced-grid-model",
            "version": "1.0",
            "grid": GRID,
            "validity": {
                "start": f"{gate.start:%Y-%m-%dT%H:%M:%SZ}",
                "end": f"{gate.start + QUARTER:%Y-%m-%dT%H:%M:%SZ}",
            },
            "elements": [
                {"id": "line-1", "forward_limit_mw": limit, "reverse_limit_mw": limit, "kind": "line"}
            ],
            "connection_points": ["n1", "far", "ref"],
            "reference": [{"node": "ref", "weight": 1.0}],
            "operating_points": [
                {
                    "name": "normal",
                    "activation_band_mw": [-100.0, 100.0],
                    "base_flow_mw": [[0.0]],
                    "ptdf": [[1.0, -0.5, 0.0]],
                }
            ],
        }
        self._peers["dso"].call("PUT", f"/v1/grids/{GRID}/models", json=model)
        kept = gate.limits_mw[-1][:first] if first else ()
        gate.limits_mw.append((*kept, *(limit,) * (UNITS_OF_GATE - first)))

    def _decide(self, gate: Gate) -> None:
        """Bids end; the window ends, or all are done before; the run, and often further ones."""
        self._clock.turn_to(gate.start - BIDS_UNTIL)
        early = self._dice.random() < DONE_EARLY
        with self._perhaps_killed() as killed:
            if early and gate.limits_mw:
                for platform in gate.offered_mw:
                    self._peers[platform].call("POST", f"/v1/gates/{gate.name}/close")
            else:
                self._clock.turn_to(gate.start - RUN_AT)
            begun = time.monotonic()
            if gate.limits_mw:
                self._await_runs(gate)
                if not (killed or self._disturbed):
                    self.seconds.append(time.monotonic() - begun)
                while len(gate.limits_mw) < MOST_RUNS and self._dice.random() < AGAIN:
                    self._run_again(gate)
            self._run_later()
            self._pull()

    def _run_later(self) -> None:
        """Run gates again that deliver meanwhile."""
        for gate in self.gates:
            if gate.limits_mw and self._in_preparation(gate) and self._dice.random() < LATER:
                self._run_again(gate)
                self.counts["by_unit"] += 1

    def _in_preparation(self, gate: Gate) -> int | None:
        """How many units of a gate are in preparation when a run begun now has to be published; none if all
        are, or if it is too near to tell."""
        ready = datetime.fromtimestamp(self._clock.now(), UTC) + WITHIN - (gate.start - PREPARED)
        if any(abs(ready - unit * UNIT) < UNSURE for unit in range(UNITS_OF_GATE)):
            return None
        first = max(-(-ready // UNIT), 0)
        return first if first < UNITS_OF_GATE else None

    def _run_again(self, gate: Gate) -> None:
        """Ask for one more run on a new model; a gateway that was killed may have heard or not."""
        first = self._in_preparation(gate)
        if first is None:
            return
        self._put_model(gate, first)
        operator = self._peers["operator"]
        answer = operator.call("POST", f"/v1/gates/{gate.name}/runs", 409)
        if answer.status_code == 409 and len(self._runs(gate, "operator")) != len(gate.limits_mw):
            raise UnexpectedError(f"{gate.name} does not run again: {answer.text}")
        self.counts["run_again"] += 1
        self._await_runs(gate)

    def _await_runs(self, gate: Gate) -> None:
        """Until every run asked for is published; each party must see them all, none else."""
        path = f"/v1/gates/{gate.name}"
        self._peers["operator"].wait(path, lambda seen: seen["state"] == "published")
        for name in ("operator", "tso", "dso", *gate.offered_mw):
            seen = [(run["number"], run["published_at"] is not None) for run in self._runs(gate, name)]
            if seen != [(number, True) for number in range(1, len(gate.limits_mw) + 1)]:
                raise UnexpectedError(f"{name} sees runs {seen} of {gate.name}, not {len(gate.limits_mw)}")
        run_id = self._runs(gate, "tso")[-1]["run_id"]
        steps = self._peers["tso"].call("GET", f"/v1/runs/{run_id}/merit-order").json()["steps"]
        listed = {(step["platform"], step["mtu"]): step["available_mw"] for step in steps}
        right = {
            (name, unit): mw
            for name in gate.offered_mw
            for unit, mw in enumerate(gate.available_mw(name, -1))
            if mw > 0
        }
        if listed != right:
            raise UnexpectedError(f"the TSO's list of {gate.name} is {listed}, not {right}")

    def _runs(self, gate: Gate, name: str) -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = (
            self._peers[name].call("GET", f"/v1/gates/{gate.name}/runs").json()["runs"]
        )
        return runs

    def _pull(self, *, again: bool = False) -> None:
        for name in self.received:
            self.received[name] += self._peers[name].pull(again=again)

    @contextmanager
    def _perhaps_killed(self) -> Iterator[bool]:
        """Often the gateway is killed at some moment from here on, and started again at once."""
        killed = self._dice.random() < KILLED
        delay = self._dice.uniform(0, LONGEST_UNTIL_KILL_S)
        if killed:
            self._wait_for_killer()
            self._killer = threading.Thread(target=self._kill, args=(delay,))
            self._killer.start()
        yield killed

    def _kill(self, delay: float) -> None:
        time.sleep(delay)
        self._gateway.end(signal.SIGKILL)
        self._gateway.spawn()
        self.counts["kills"] += 1

    def _wait_for_killer(self) -> None:
        if self._killer is not None:
            self._killer.join()
            self._killer = None
            self._gateway.until(self._gateway.is_ready, "the gateway to start again")
