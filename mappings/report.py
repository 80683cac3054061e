"""Report on the values of a document in its conversion through the canonical model."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    """Change of a value that was not converted unchanged."""

    DROPPED = "dropped"
    ALTERED = "altered"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Change:
    """One value that was not converted unchanged.

    Attributes:
        path: place in the document, e.g. `Bid_TimeSeries[2]/mRID`; of a value that was added, in the new one.
        reason: why, in a sentence for the sender.
        before, after: the value before and after; such a pair of ids belongs in the id map.
    """

    fate: Fate
    path: str
    reason: str
    before: str | None = None
    after: str | None = None


@dataclass(slots=True)
class Report:
    """How many values were converted unchanged, and every one that was not."""

    unchanged: int = 0
    changes: list[Change] = field(default_factory=list)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    @property
    def lossless(self) -> bool:
        """Whether every value was converted unchanged and none was added."""
        return not self.changes

    def dropped(self, path: str, reason: str, before: str | None = None) -> None:
        """Note a value that went no further."""
        self.changes.append(Change(Fate.DROPPED, path, reason, before))

    def altered(self, path: str, reason: str, before: str | None, after: str | None) -> None:
        """Record a value that was changed."""
        self.changes.append(Change(Fate.ALTERED, path, reason, before, after))

    def added(self, path: str, reason: str, after: str) -> None:
        """Record a value that was not stated and the version requires."""
        self.changes.append(Change(Fate.ADDED, path, reason, None, after))

    def as_dict(self) -> dict[str, object]:
        """Return the report as plain values, for JSON."""
        return {"carried": self.unchanged, "changes": [asdict(change) for change in self.changes]}
