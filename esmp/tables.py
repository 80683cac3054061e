"""Plain-text tables: lines, indented rows and version ranges, each fault named by file and line."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable


class TableError(ValueError):
    """A table of ours cannot be read; the message starts with `file:line`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line with content: its place, whether it is indented, and its text without comment."""

    file: str
    number: int
    indented: bool
    text: str

    @property
    def words(self) -> list[str]:
        """The text cut at blanks."""
        return self.text.split()

    def error(self, message: str) -> TableError:
        """Return `message` with this line's place in front of it."""
        return TableError(f"{self.file}:{self.number}: {message}")


def lines(source: Traversable) -> Iterator[Line]:
    """Yield the lines of a table that are neither empty nor a comment (`#` in the first column)."""
    for number, raw in enumerate(source.read_text(encoding="utf-8").splitlines(), start=1):
        if raw.strip() and not raw.startswith("#"):
            yield Line(source.name, number, raw[0].isspace(), raw.strip())


def versions_in(ranges: str, order: tuple[str, ...], where: Line) -> frozenset[str]:
    """Return the versions meant by e.g. `7.1..7.3 NBM-7.2`; nothing means all of `order`.

    A range runs along `order`: `7.2..` is 7.2 and everything after it, `..7.1` everything up to 7.1.
    """
    if not ranges:
        return frozenset(order)
    chosen: set[str] = set()
    for item in ranges.split():
        first, dots, last = item.partition("..")
        if not dots:
            last = first
        for bound in filter(None, (first, last)):
            if bound not in order:
                raise where.error(f"version {bound!r} is none of {', '.join(order)}")
        start = order.index(first) if first else 0
        stop = order.index(last) if last else len(order) - 1
        if start > stop:
            raise where.error(f"range {item!r} runs backwards")
        chosen.update(order[start : stop + 1])
    return frozenset(chosen)


def split_ranges(text: str, where: Line) -> tuple[str, str]:
    """Cut `name  [ranges]` into name and ranges; without brackets the ranges are empty."""
    if not text.endswith("]"):
        return text, ""
    name, bracket, ranges = text[:-1].rpartition("[")
    if not bracket:
        raise where.error("a ']' without its '['")
    return name.rstrip(), ranges.strip()
