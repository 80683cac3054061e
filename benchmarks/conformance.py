"""`python -m benchmarks.conformance [--json] [--faults N] [--valid N]`: does the kit find what is wrong?

Faults of a gateway lie between the kit and an emulated gateway that is right (`conforming/losses.py`,
`answers.py`, `protocol.py`); the others are of documents (`conforming/document_faults.py`). `caught`: a step
or verdict that names the right rule failed; `wrong_case`: only another did. `false_alarms`: verdicts that
failed on valid documents (ours, and the published samples that lxml finds valid, where they are there), and
steps that failed without a fault.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import esmp
from benchmarks.conforming.document_faults import Faulty, faulty_documents, valid_documents
from benchmarks.conforming.faulty_target import Fault, FaultyTarget
from benchmarks.conforming.gateway_faults import FAULTS
from benchmarks.verdicts import accepted, published
from contract_tests.offline import Judge, outcomes_of
from contract_tests.outcomes import Outcome, State
from contract_tests.profiles.participant import Participant, read_participant
from contract_tests.profiles.rest import steps
from contract_tests.profiles.rest_session import RestSession
from contract_tests.run import run
from esmp import DocumentRefused, identify
from gateway.cli.emulated_gateway import EmulatedGateway
from gateway.cli.judging import judge_of
from gateway.demo.gateway_process import free_port
from tests.shared import STANDARDS

SEED = 20
_CLOSING = "results"
"""The step that closes a gate, of which each of its faults gets one of its own."""


@dataclass(slots=True)
class Tally:
    faults: int = 0
    caught: int = 0
    worst: int = 0
    worst_caught: int = 0
    missed: list[str] = field(default_factory=list)
    wrong_case: list[str] = field(default_factory=list)

    def count(self, name: str, worst: bool, caught: bool, other: Sequence[str]) -> None:
        self.faults += 1
        self.worst += worst
        self.caught += caught
        self.worst_caught += worst and caught
        if not caught:
            (self.wrong_case if other else self.missed).append(f"{name}: {', '.join(other[:3])}".rstrip(": "))


def _tried(who: Participant, names: Sequence[str], fault: Fault | None) -> list[Outcome]:
    """The steps of these names."""
    change = None if fault is None else fault.make()
    chosen = [each for each in steps(with_cases=False) if each.name in names]
    with FaultyTarget(who.target, change or (lambda m, p, h, b, forward: forward(m, p, h, b))) as target:
        return list(run(chosen, RestSession(target, who), "rest", effects=True, budget_s=600))


def gateway_faults(tally: Tally, gateway: EmulatedGateway) -> list[str]:
    """Count them; returns steps that failed without any fault."""
    who = read_participant(gateway.participant_file, None)
    every = [each.name for each in steps(with_cases=False) if each.name != _CLOSING]
    alarms = _failed(_tried(who, every, None))
    for fault in FAULTS:
        if _CLOSING in fault.steps:
            who = replace(who, closing_gate=gateway.open_closing_gate())
        failed = _failed(_tried(who, fault.steps, fault))
        if not failed:  # some show only after other requests
            failed = _failed(_tried(who, every, fault))
        tally.count(fault.name, fault.worst, not {*fault.steps}.isdisjoint(failed), failed)
    return alarms


def _failed(outcomes: Sequence[Outcome]) -> list[str]:
    return [one.name for one in outcomes if one.state is State.FAILED]


def document_faults(tally: Tally, count: int, judge: Judge) -> None:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "document.xml")
        for faulty in faulty_documents(count, SEED):
            file.write_bytes(faulty.data)
            found = {one.group: one for one in outcomes_of(file, judge)}
            named = f"{faulty.slip.name} ({faulty.version.family} {faulty.version.version})"
            tally.count(
                named,
                False,
                _is_named(faulty, found[faulty.slip.verdict]),
                [reason for one in found.values() if one.state is State.FAILED for reason in one.reasons],
            )


def _is_named(faulty: Faulty, outcome: Outcome) -> bool:
    """Whether the verdict failed with one of the codes, at the element."""
    if outcome.state is not State.FAILED:
        return False
    return any(
        reason.split(" ", 1)[0] in faulty.slip.codes and (faulty.element is None or faulty.element in reason)
        for reason in outcome.reasons
    )


def false_alarms(count: int, judge: Judge) -> tuple[int, list[str]]:
    """How many valid documents were judged, and which of them were refused."""
    judged, alarms = 0, []
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "document.xml")
        for name, data in _valid(count):
            file.write_bytes(data)
            judged += 1
            failed = [one for one in outcomes_of(file, judge) if one.state is State.FAILED]
            alarms += [f"{name}: {one.group}: {one.reasons[0]}" for one in failed]
    return judged, alarms


def _valid(count: int) -> Iterator[tuple[str, bytes]]:
    for version, data in valid_documents(count, SEED):
        yield f"{version.family} {version.version}", data
    folder = STANDARDS / "esmp"
    schemas = published(folder, "v94") if folder.is_dir() else {}
    for file in sorted(folder.rglob("samples/**/*.xml")) if schemas else ():
        data = file.read_bytes()
        try:
            identity = identify(data)
        except DocumentRefused:
            continue
        if accepted(schemas[identity.namespace, identity.root], data):
            yield file.name, data


def measure(faults: int, valid: int) -> dict[str, Any]:
    begun = time.perf_counter()
    tally, judge = Tally(), judge_of(esmp.DEFAULT_CODES, None)
    with (
        tempfile.TemporaryDirectory() as place,
        EmulatedGateway(Path(place, "gateway"), free_port()) as gateway,
    ):
        on_the_wire = gateway_faults(tally, gateway)
    document_faults(tally, max(faults - tally.faults, 0), judge)
    looked_at = time.perf_counter()
    judged, alarms = false_alarms(valid, judge)
    return {
        "faults": tally.faults,
        "caught": tally.caught,
        "wrong_case": len(tally.wrong_case),
        "false_alarms": len(alarms) + len(on_the_wire),
        "valid_documents": judged,
        "seconds": round(time.perf_counter() - begun, 1),
        "worst": tally.worst,
        "worst_caught": tally.worst_caught,
        "valid_seconds": round(time.perf_counter() - looked_at, 1),
        "of_gateways": len(FAULTS),
        "missed": tally.missed,
        "wrong": tally.wrong_case,
        "alarms": [*on_the_wire, *alarms],
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--valid", type=int, default=1000)
    options = parser.parse_args()
    found = measure(options.faults, options.valid)
    if options.json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        for name, value in found.items():
            print(f"{name:16} {value}")
    good = found["caught"] >= 0.95 * found["faults"] and found["worst"] == found["worst_caught"]
    return int(not good or found["false_alarms"] > 0)


if __name__ == "__main__":
    sys.exit(main())
