"""Findings on a reduced grid model, with their places."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

MAX_PER_RULE: Final = 20
MAX_MESSAGE: Final = 400


@dataclass(frozen=True, slots=True)
class GridFinding:
    """One fault of a model.

    `pointer` is a JSON pointer (RFC 6901) into the file; the empty pointer means the complete file.
    """

    pointer: str
    message: str

    def __post_init__(self) -> None:
        if len(self.message) > MAX_MESSAGE:
            object.__setattr__(self, "message", self.message[: MAX_MESSAGE - 1] + "…")

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"


class GridModelError(ValueError):
    """A reduced grid model that is not taken; `findings` has everything that is wrong with it."""

    def __init__(self, findings: Sequence[GridFinding]) -> None:
        self.findings = tuple(findings)
        more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
        super().__init__(f"{self.findings[0]}{more}")


def capped(findings: Iterable[GridFinding]) -> Iterator[GridFinding]:
    """The first findings of one rule and a count of the rest: a matrix full of faults fills no screen."""
    iterator = iter(findings)
    yield from islice(iterator, MAX_PER_RULE)
    last = next(iterator, None)
    if last is not None:
        yield GridFinding(last.pointer, f"{last.message} (and {sum(1 for _ in iterator)} more of this kind)")
