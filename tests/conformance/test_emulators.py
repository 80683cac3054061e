"""Emulated services as commands: they answer, have faults by name, and send the same bids each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

import esmp
from contract_tests.emulators.running import SERVICES, FaultError, RunningService, bid_documents, set_faults
from contract_tests.sample_documents import Situation, sample_document
from esmp.profiles import Family, profile
from gateway.cli import emulate
from tests.cli.test_commands import flexgate

BIDS = sample_document(profile(Family.RESERVE_BID, "7.4"), Situation())


@contextmanager
def running(name: str, *faults: str) -> Iterator[RunningService]:
    service = SERVICES[name](0)
    try:
        set_faults(service.faults, faults)
        yield service
    finally:
        service.stop()


def posted(address: str, body: bytes) -> int:
    return httpx2.post(address, content=body, timeout=60).status_code


@pytest.mark.feature(id="F3")
def test_a_webhook_receiver_keeps_what_it_took() -> None:
    with running("webhook", "refusing=1") as service:
        assert [posted(service.address, BIDS) for _ in range(3)] == [503, 204, 204]
        assert service.received() == [BIDS, BIDS]
    with running("webhook", "status=410") as service:
        assert posted(service.address, b"x") == 410
    with running("webhook", "cutting=1") as service:
        with pytest.raises(httpx2.TransportError):
            posted(service.address, b"x")
        assert service.received() == []


def test_a_pull_service_offers_documents() -> None:
    with running("pull") as service:
        assert service.deliver is not None
        service.deliver(BIDS, "one")
        assert "one" in httpx2.get(f"{service.address}/list", timeout=60).text


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "ecp"])
def test_what_is_no_fault_is_refused_with_those_that_there_are(name: str) -> None:
    with running(name) as service:
        for wrong in ("colour=red", "slow_s", "slow_s=soon"):
            with pytest.raises(FaultError, match="slow_s"):
                set_faults(service.faults, [wrong])
        set_faults(service.faults, ["slow_s=0.5", "cutting=2"])
        assert (service.faults.slow_s, service.faults.cutting) == (0.5, 2)


def test_bids_of_a_seed_are_the_same_and_valid() -> None:
    first = bid_documents(3, 7)
    assert first == bid_documents(3, 7)
    assert [body for _, body in first] != [body for _, body in bid_documents(3, 8)]
    assert all(esmp.validate(body).valid for _, body in first)


def test_what_comes_is_shown_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    emulate._watch(lambda: [BIDS, b"no document"], tmp_path, 0)
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("bytes, ReserveBid 7.4, valid")
    assert "no known document, not valid" in second
    assert (tmp_path / "00001.xml").read_bytes() == BIDS


def test_wrong_use_is_refused() -> None:
    assert flexgate("emulate", "webhook", "--fault", "colour=red", "--seconds", 0).exit_code == 2
    assert flexgate("emulate", "webhook", "--documents", 1, "--seconds", 0).exit_code == 2
