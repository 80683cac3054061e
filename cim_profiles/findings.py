"""What is wrong with a grid file, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the file (`set.zip!EQ.xml` inside a zip) and its line, 0 for the whole file."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class GridFileError(ValueError):
    """Grid files that cannot be used, with the place and the broken rule.

    Attributes:
        place: file and line.
        rule: the rule that is broken, in a few words.
        detail: what was found.
    """

    def __init__(self, place: Place, rule: str, detail: str) -> None:
        super().__init__(f"{place}: {detail} (rule: {rule})")
        self.place, self.rule, self.detail = place, rule, detail
