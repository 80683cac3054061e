"""A gateway that is killed at any moment after it confirmed loses nothing and does nothing twice."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.domain.document import DocumentKind
from gateway.intake.service.handling import Handler
from gateway.intake.service.service import IntakeService
from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox
from gateway.records.messages.inbox import EnvelopeState
from tests.intake.local_gateway import (
    GATEWAY_ROLE,
    TENANTS,
    Clock,
    Notebook,
    answers,
    codes_of,
    envelope,
    hand_in,
    noted,
)
from tests.patience import PATIENCE_S, eventually
from tests.specimens import RESERVE_BID_7_2

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.feature(id="C9")
@pytest.mark.parametrize("when", ["confirmed", "examined", "applied", "committing", "settled"])
def test_after_a_kill_the_acknowledgement_leaves_once(tmp_path: Path, when: str) -> None:
    child = subprocess.run(
        [sys.executable, "-m", "tests.intake.kill_child", str(tmp_path), when],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    stores = Stores(tmp_path, TENANTS)
    with stores.of("north").reading() as uow:
        (left,) = inbox.unsettled(uow) or [None]
    assert (left is None) == (when == "settled")
    if left is not None:
        assert answers(stores) == []
        assert noted(stores) == []

    handler = Handler(stores, TENANTS, {DocumentKind.RESERVE_BID: Notebook()}, GATEWAY_ROLE, Clock())
    intake = IntakeService(handler)
    intake.start()
    receipt = hand_in(intake, envelope(RESERVE_BID_7_2.data))  # the peer saw no answer and sends again
    assert receipt.repeated

    def settled() -> bool:
        with stores.of("north").reading() as uow:
            stored = inbox.find(uow, receipt.envelope_id)
        return stored is not None and stored.state is EnvelopeState.ACCEPTED

    eventually(settled)
    intake.stop()
    assert left in (None, receipt.envelope_id)
    assert [codes_of(answer) for answer in answers(stores)] == [["A01"]]
    assert len(noted(stores)) == RESERVE_BID_7_2.series
    stores.close()
