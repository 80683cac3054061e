"""The main job as a user runs it: one command, a real gateway process, figures that hold."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.demo.protocols import REST
from tests.demo.test_exchanges import PROTOCOLS, are_there


@pytest.mark.feature(id="F3")
@pytest.mark.slow
def test_the_demo_end_to_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway.cli", "demo", "--json", "--report", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == 1
    figures = json.loads(run.stdout)
    assert figures["bids"] >= 241
    assert figures["units"] >= 241
    assert figures["grids"] == 2
    assert figures["mtus"] == 96
    assert 0 < figures["limited_bids"] < figures["bids"]
    assert figures["max_loading_before_pct"] > 100
    assert figures["max_loading_after_pct"] <= 100.001
    assert figures["violations_after"] == 0
    assert figures["shortage_mwh"] == 0
    assert figures["cost_eur"] > figures["cost_unconstrained_eur"]
    assert figures["rung"] == "optimal"
    assert 0 < figures["list_available_mwh"] < figures["list_offered_mwh"]
    assert figures["list_loading_pct"] <= 100.001 < figures["list_loading_offered_pct"]
    assert figures["list_rung"] == "optimal"
    assert 0 < figures["seconds_optimiser"] < figures["seconds_total"]
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "grid-checked" in page
    assert "any amount in price order" in page


@pytest.mark.feature(id="F3")
@pytest.mark.slow
@pytest.mark.services
def test_the_demo_over_other_protocols_ends_as_over_rest() -> None:
    """One run with every protocol that is there; the command itself compares it with a run over REST."""
    protocols = [name for name in PROTOCOLS if are_there(name)]
    command = [sys.executable, "-m", "gateway.cli", "demo", "--json", "--protocols", ",".join(protocols)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert run.returncode == 0, run.stderr
    figures = json.loads(run.stdout)
    assert figures["protocols"] == protocols
    assert figures["compared_with_rest"] > figures["bids"], "availabilities of bids in market time units"
    assert REST not in protocols
    assert figures["violations_after"] == 0
    assert figures["cost_eur"] > figures["cost_unconstrained_eur"]
