"""The kit over channels: ours passes, and what cannot be used or does not answer is said."""

from dataclasses import replace
from pathlib import Path

import pytest

from contract_tests.outcomes import State, counts
from contract_tests.profiles.exchange import opening, run_exchange, steps
from contract_tests.profiles.participant import Participant, read_participant
from gateway.cli.emulated_gateway import EmulatedGateway
from gateway.demo.gateway_process import free_port

WHO = Participant("http://127.0.0.1:1", "platform-north", "secret")


@pytest.fixture(name="who")
def _who(emulated: EmulatedGateway) -> Participant:
    return read_participant(emulated.participant_file, None)


@pytest.mark.slow
def test_our_gateway_passes_over_a_folder(who: Participant) -> None:
    found = list(run_exchange("folder", who, who.channel or "", with_cases=False, effects=True, budget_s=600))
    assert counts(found) == {State.PASSED: len(steps(with_cases=False)), State.FAILED: 0, State.NOT_SHOWN: 0}


@pytest.mark.slow
def test_a_wrong_expectation_is_noticed(who: Participant) -> None:
    """A gateway that answers as somebody else, and as if to somebody else, fails."""
    other = replace(who, gateway="11XTEST-OTHER--V", start=None)
    run = run_exchange("folder", other, who.channel or "", with_cases=False, effects=True, budget_s=600)
    found = {one.name: one for one in run}
    assert found["accepted"].state is State.NOT_SHOWN
    assert found["no-gate"].state is State.FAILED
    assert "A53" in found["no-gate"].reasons[0]


def test_a_channel_without_a_gateway_gives_no_answer(tmp_path: Path) -> None:
    run = run_exchange(
        "folder", WHO, str(tmp_path), with_cases=False, effects=True, budget_s=600, patience_s=0.1
    )
    (only,) = run
    assert (only.name, only.state) == ("connected", State.FAILED)
    (tmp_path / "inbox").mkdir()
    found = list(
        run_exchange(
            "folder", WHO, str(tmp_path), with_cases=False, effects=True, budget_s=600, patience_s=0.1
        )
    )
    (no_gate,) = (one for one in found if one.name == "no-gate")
    assert "in vain for the answer" in no_gate.reasons[0]
    assert counts(found)[State.PASSED] == 0


@pytest.mark.parametrize("group", ["mqtt", "amqp091"])
def test_an_unreachable_broker_is_reported(group: str) -> None:
    scheme = {"mqtt": "mqtt", "amqp091": "amqp"}[group]
    address = f"{scheme}://127.0.0.1:{free_port()}/a/b"
    (only,) = run_exchange(group, WHO, address, with_cases=False, effects=True, budget_s=600)
    assert (only.name, only.state) == ("connected", State.FAILED)
    assert address in only.reasons[0]


@pytest.mark.parametrize(
    ("group", "address"),
    [
        ("mqtt", "amqp://host/a/b"),
        ("mqtt", "mqtt://host/a"),
        ("mqtt", "mqtt://me:x@host/a/b"),
        ("amqp091", "amqp://host"),
    ],
)
def test_an_address_that_is_none(group: str, address: str) -> None:
    with pytest.raises(ValueError, match=r"is no address|names no prefix"):
        opening(group, address)
