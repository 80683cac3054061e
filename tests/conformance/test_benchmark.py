"""The benchmark of the kit: its faults are faults, found by the steps that it names; what is right is not."""

from dataclasses import replace

import pytest

import esmp
from benchmarks.conformance import Tally, document_faults, false_alarms, gateway_faults
from benchmarks.conforming.document_faults import SLIPS
from benchmarks.conforming.gateway_faults import FAULTS
from contract_tests.profiles.rest import steps
from gateway.cli.emulated_gateway import EmulatedGateway
from gateway.cli.judging import judge_of

JUDGE = judge_of(esmp.DEFAULT_CODES, None)
CHOSEN = ("takes an older revision", "lists documents of another platform", "answers A59 for A51")


def test_every_fault_names_steps_that_there_are() -> None:
    known = {each.name for each in steps(with_cases=False)}
    assert {name for fault in FAULTS for name in fault.steps} <= known
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert sum(fault.worst for fault in FAULTS) == 30


def test_each_kind_of_slip_is_found_and_nothing_else() -> None:
    tally = Tally()
    document_faults(tally, 2 * len(SLIPS), JUDGE)
    assert (tally.caught, tally.missed, tally.wrong_case) == (tally.faults, [], [])
    assert false_alarms(60, JUDGE)[1] == []


@pytest.mark.slow
def test_faults_of_a_gateway_are_found(emulated: EmulatedGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [fault for fault in FAULTS if fault.name in CHOSEN]
    # One that no step may name is not counted as caught.
    chosen.append(replace(chosen[0], name="misnamed", steps=("ready",)))
    monkeypatch.setattr("benchmarks.conformance.FAULTS", chosen)
    tally = Tally()
    assert gateway_faults(tally, emulated) == []
    assert (tally.faults, tally.caught) == (len(chosen), len(CHOSEN))
    assert [each.split(":")[0] for each in tally.wrong_case] == ["misnamed"]
