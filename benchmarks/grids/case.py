"""What every case of the grids' benchmark reports."""

import resource
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One measured case; None where a figure has no meaning.

    Attributes:
        seconds: of ours. baseline_seconds: of what it is compared with, in the same run; ratio: of the two.
        memory_mb: the most the process has had.
        worst_pct: by how much the worst row is beyond its limit, in % of it; negative where none is.
        volume_share: what the model allows over what an AC bisection allows.
        violations: rows beyond what is promised.
        note: what else must be known to read the figures.
    """

    name: str
    seconds: float
    baseline_seconds: float | None = None
    ratio: float | None = None
    memory_mb: float | None = None
    worst_pct: float | None = None
    volume_share: float | None = None
    violations: int | None = None
    note: str = ""


def memory_mb() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
