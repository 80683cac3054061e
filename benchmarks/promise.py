"""Whether published lists are safe as they are used: random congested gates, read back from their documents.

`gates` counts gates without a base overload and with limits that hold; `apart` those with a base overload,
and those in which demand may exceed limits. A gate is congested if what is offered, used in the same way,
would violate a row. `volume_left` of `volume_offered` MW are published in congested gates.

`pairs` are gates of two markets on the same grids, that deliver at the same time or one after the other:
decided in any order and run again, their documents are read back together.
"""

import argparse
import json
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import structlog

from benchmarks.promising.gates import EXACT, MEET_DEMAND, PREFIX, RandomGate, draw, draw_pair
from benchmarks.promising.market import Decided, Market
from benchmarks.promising.optimum import small_enough, volume_ratio
from benchmarks.promising.reader import Verdict, judge, judge_together, read
from gateway.domain.result import Rung

GATES = 1_000
COMPARED = 200
PAIRS = 250
MOST_DRAWN = 20
ORDERS = ((0, 1), (1, 0), (0, 1, 0), (1, 0, 1))
"""In which the gates of a pair are decided; a third time is a further run."""
USES = (EXACT, PREFIX)


@dataclass
class Count:
    """What was found so far."""

    gates: int = 0
    congested: int = 0
    violations: int = 0
    worst_mw: float = 0.0
    unchecked: int = 0
    not_assessed: int = 0
    contradictions: int = 0
    volume_left: float = 0.0
    volume_offered: float = 0.0
    by_use: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(
        self, gate: RandomGate, decided: Decided, verdict: Verdict, listed: float, said: list[str]
    ) -> None:
        """A congested gate."""
        self.congested += 1
        self.by_use[gate.use] += 1
        self.violations += verdict.violations
        self.worst_mw = max(self.worst_mw, verdict.worst_mw)
        self.unchecked += decided.run.partly_unchecked
        self.not_assessed += decided.run.rung is Rung.NOT_ASSESSED
        self.contradictions += len(said)
        self.volume_left += listed
        self.volume_offered += sum(sum(offer.quantity) for offer in gate.offers)
        if verdict.violations or said:
            self.faults.append(f"seed {gate.seed} ({gate.use}): {verdict.worst_mw:.4f} MW {said[:1]}")


def count(
    directory: Path, gates: int, compared: int, first_seed: int = 0, uses: Collection[str] = USES
) -> dict[str, Any]:
    """Draw gates until so many are congested, and compare so many with an independent optimum."""
    market = Market(directory)
    found, over, met = Count(), Count(), Count()
    ratios: list[tuple[float, int]] = []
    left, most = 0.0, 0.0
    for number in range(MOST_DRAWN * gates):
        if found.congested >= gates and len(ratios) >= compared:
            break
        gate = draw(first_seed + number)
        if gate.use not in uses:
            continue
        part = met if gate.rule == MEET_DEMAND else over if gate.base_overloaded else found
        part.gates += 1
        offered = {(o.platform, o.name): np.array(o.quantity) for o in gate.offers}
        if judge(gate, offered).violations == 0:
            continue
        decided = market.decide(gate, number)
        published = read(gate, decided.start, decided.documents)
        verdict = judge(gate, published.listed)
        if part is met:
            verdict = _unnamed(verdict, decided)
        listed = float(sum(mw.sum() for mw in published.listed.values()))
        part.add(gate, decided, verdict, listed, published.contradictions)
        if part is found and len(ratios) < compared and small_enough(gate):
            kept, best = volume_ratio(gate, published.listed)
            left, most = left + kept, most + best
            ratios.append((kept / best if best > 0 else 1.0, gate.seed))
    market.stores.close()
    ratios.sort()
    return {
        **{
            name: getattr(found, name)
            for name in (
                *("gates", "congested", "violations", "worst_mw", "unchecked", "not_assessed"),
                "contradictions",
            )
        },
        "volume_left": round(found.volume_left, 3),
        "volume_offered": round(found.volume_offered, 3),
        "by_use": dict(found.by_use),
        "optimum": {
            "gates": len(ratios),
            "volume_of_optimum": left / most if most else None,
            "worst_gates": ratios[:3],
        },
        "apart": {
            name: {"congested": one.congested, "violations": one.violations, "worst_mw": one.worst_mw}
            for name, one in (("base_overload", over), ("meet_demand", met))
        },
        "faults": (found.faults + over.faults + met.faults)[:10],
    }


@dataclass
class PairCount:
    """What was found so far of pairs."""

    congested: int = 0
    violations: int = 0
    worst_mw: float = 0.0
    not_assessed: int = 0
    contradictions: int = 0
    volume_left: float = 0.0
    volume_offered: float = 0.0
    faults: list[str] = field(default_factory=list)


def count_pairs(directory: Path, pairs: int, first_seed: int = 0) -> dict[str, Any]:
    """Draw pairs until so many are congested."""
    market, found = Market(directory), PairCount()
    for number in range(MOST_DRAWN * pairs):
        if found.congested >= pairs:
            break
        first, second, later = draw_pair(first_seed + number)
        gates = ((first, 0), (second, later))
        offered = [{(o.platform, o.name): np.array(o.quantity) for o in gate.offers} for gate, _ in gates]
        together = [(gate, mw, at) for (gate, at), mw in zip(gates, offered, strict=True)]
        if judge_together(together).violations == 0:
            continue
        decided = market.decide_pair((first, second), later, number, ORDERS[number % len(ORDERS)])
        published = [
            read(gate, one.start, one.documents) for (gate, _), one in zip(gates, decided, strict=True)
        ]
        verdict = judge_together(
            [(gate, one.listed, at) for (gate, at), one in zip(gates, published, strict=True)]
        )
        said = [text for one in published for text in one.contradictions]
        found.congested += 1
        found.violations += verdict.violations
        found.worst_mw = max(found.worst_mw, verdict.worst_mw)
        found.not_assessed += sum(one.run.rung is Rung.NOT_ASSESSED for one in decided)
        found.contradictions += len(said)
        found.volume_left += float(sum(mw.sum() for one in published for mw in one.listed.values()))
        found.volume_offered += float(sum(mw.sum() for one in offered for mw in one.values()))
        if verdict.violations or said:
            uses = f"{first.use} and {second.use}, {later} later"
            found.faults.append(f"seed {first.seed} ({uses}): {verdict.worst_mw:.4f} MW {said[:1]}")
    market.stores.close()
    return {**asdict(found), "faults": found.faults[:10]}


def _unnamed(verdict: Verdict, decided: Decided) -> Verdict:
    """What goes beyond the overloads that the run names."""
    named = {(grid, int(element.removeprefix("element-"))): mw for grid, element, mw in decided.run.overloads}
    return Verdict({row: max(mw - named.get(row, 0.0), 0.0) for row, mw in verdict.excess.items()})


def main() -> int:
    """Print what was found; 1 where the promise does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--gates", type=int, default=GATES, help="congested gates")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="congested pairs of gates")
    parser.add_argument("--compared", type=int, default=COMPARED, help="gates compared with an optimum")
    parser.add_argument("--use", choices=USES, action="append", help="of the lists; left out: both")
    parser.add_argument("--seed", type=int, default=0, help="of the first gate")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    started = perf_counter()
    with tempfile.TemporaryDirectory(prefix="flexgate-promise-") as name:
        result = count(Path(name), options.gates, options.compared, options.seed, options.use or USES)
    with tempfile.TemporaryDirectory(prefix="flexgate-promise-") as name:
        result["pairs"] = count_pairs(Path(name), options.pairs, options.seed)
    result = {"name": "promise", **result, "seconds": round(perf_counter() - started, 1)}
    print(json.dumps(result) if options.json else json.dumps(result, indent=1))
    optimum = result["optimum"]["volume_of_optimum"]
    wrong = ("violations", "contradictions", "not_assessed", "faults")
    held = not any(one[name] for one in (result, result["pairs"]) for name in wrong)
    return 0 if held and (optimum is None or optimum >= 0.99) else 1


if __name__ == "__main__":
    sys.exit(main())
