"""What the kit found: one outcome for each thing that it tried or looked at, in one form for every report."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

MOST_EVIDENCE: Final = 20_000
"""Characters of one text of evidence; longer ones are cut, and say so."""


class State(StrEnum):
    """How something came out."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SHOWN = "not shown"
    """It could not be tried; why is its reason. Never counted as passed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One text that shows what happened: what was sent, what came back, the lines around a fault."""

    title: str
    text: str

    @classmethod
    def of(cls, title: str, data: bytes | str) -> "Evidence":
        """Evidence of bytes that may be anything, cut where it is long."""
        text = data.decode("utf-8", errors="replace") if isinstance(data, bytes) else data
        if len(text) > MOST_EVIDENCE:
            text = f"{text[:MOST_EVIDENCE]}\n… and {len(text) - MOST_EVIDENCE:,} more characters"
        return cls(title, text)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one case, step or document.

    Attributes:
        name: by which it is found again: of a case, or a file.
        group: what it is counted with, such as `conformance` or a profile.
        says: what was expected, in one sentence.
        reasons: why it did not pass, each a sentence.
        source: standard and clause, or page, that the expectation comes from.
        seconds: how long it took.
    """

    name: str
    group: str
    state: State
    says: str
    reasons: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    source: str = ""
    seconds: float = 0.0

    def as_dict(self) -> Mapping[str, Any]:
        """As JSON has it."""
        return {
            "name": self.name,
            "group": self.group,
            "state": self.state.value,
            "says": self.says,
            "reasons": list(self.reasons),
            "source": self.source,
            "evidence": {each.title: each.text for each in self.evidence},
            "seconds": round(self.seconds, 3),
        }


def counts(outcomes: Iterable[Outcome]) -> Mapping[State, int]:
    """How many came out each way; every state is there."""
    found = Counter(outcome.state for outcome in outcomes)
    return {state: found[state] for state in State}
