"""How long publishing a run will take: so much of the time until publication the optimiser leaves."""

from typing import Final

from sqlalchemy import Connection

from gateway.records import gates, runs

LEAST_S: Final = 1.0
"""What publishing may take however little there is to tell."""

CELL_S: Final = 10e-6
"""For a bid in a market time unit, before any run has told how long it takes here."""

CAUTION: Final = 1.5
LAST: Final = 10
"""How many of the last runs are looked at; the slowest counts."""

MOST: Final = 0.5
"""Part of the time left that is kept for publishing at most: an answer must be found, too."""

_TELLING: Final = 10_000
"""Bids times market time units from which on a run says how long one of them takes."""


def reserve_s(house: Connection, cells: int, left_s: float) -> float:
    """Seconds to keep for publishing so many bids times market time units when `left_s` are left for all."""
    rates = []
    for run in runs.published_last(house, LAST):
        figures, status = run.figures, gates.find(house, run.gate_id)
        if figures is None or status is None or "publish" not in figures.stage_seconds:
            continue
        size = (figures.bids or 0) * len(status.gate.units)
        if size >= _TELLING:
            rates.append(figures.stage_seconds["publish"] / size)
    estimate = LEAST_S + CAUTION * max(rates, default=CELL_S) * cells
    return max(min(estimate, MOST * left_s), 0.0)
