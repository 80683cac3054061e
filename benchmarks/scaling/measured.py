"""What a case measured by itself, where its process is not the one that works."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """Seconds, peak memory in MB, and further figures by their name."""

    seconds: float
    memory_mb: float
    others: Mapping[str, float] = field(default_factory=dict)
