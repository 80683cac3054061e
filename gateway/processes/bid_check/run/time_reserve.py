"""How long a run takes beside its search: so much of the time until publication the optimiser leaves, and so
much earlier than its budget a gate must begin."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from gateway.domain.gate import Gate
from gateway.ports import UnitOfWork
from gateway.records.engine.stores import Stores
from gateway.records.market import bids, gates, runs

BEFORE: Final = frozenset({"assemble"})
AFTER: Final = frozenset({"explain", "publish"})
"""Stages of a run before and after the search."""

LEAST_S: Final = 1.0
"""The least reserve, however little there is to publish."""

CELL_S: Final = 20e-6
"""For a bid in a market time unit, before any run has shown how long it takes here."""

CAUTION: Final = 1.5
LAST: Final = 10
"""How many of the last runs are looked at; the slowest counts."""

MOST: Final = 0.5
"""Part of the time left that is kept at most: an answer must be found, too."""

_MEASURABLE: Final = 10_000
"""Bids times market time units from which on a run's duration is used as a measure of one of them."""


def must_begin(stores: Stores, gate: Gate, now: datetime) -> bool:
    """Whether a gate would be late if it waited any longer: its bids are counted once that may be so."""
    left = gate.publish_by - now
    if left * (1 - MOST) > gate.budget:
        return False
    cells = 0
    for platform in gate.platforms:
        with stores.of(platform).reading() as uow:
            cells += bids.count_of_gate(uow, gate.gate_id) * len(gate.units)
    with stores.shared.reading() as shared:
        reserved_s = reserve_s(shared, cells, left / timedelta(seconds=1), BEFORE | AFTER)
    return left <= gate.budget + timedelta(seconds=reserved_s)


def reserve_s(shared: UnitOfWork, cells: int, left_s: float, stages: Collection[str] = AFTER) -> float:
    """Seconds to keep for stages of a run with so many bids times market time units, of `left_s` for all."""
    rates = []
    for run in runs.published_last(shared, LAST):
        figures, status = run.figures, gates.find(shared, run.gate_id)
        if figures is None or status is None or "publish" not in figures.stage_seconds:
            continue
        size = (figures.bids or 0) * len(status.gate.units)
        if size >= _MEASURABLE:
            rates.append(sum(figures.stage_seconds.get(stage, 0.0) for stage in stages) / size)
    estimate = LEAST_S + CAUTION * max(rates, default=CELL_S) * cells
    return max(min(estimate, MOST * left_s), 0.0)
