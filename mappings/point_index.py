"""Points by the positions of their tags: all tags of a stretch of plain XML at once, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mappings.decimals import Bytes, Decimals
from mappings.plain_xml import NotPlainError

Positions = NDArray[np.int64]

Found = dict[str, list[tuple[Positions, Positions, Positions]]]
"""By element: rows that have it, and where its text starts and ends."""

_OPEN, _CLOSE, _SLASH, _MARK, _QUESTION = (ord(sign) for sign in "<>/!?")
_POINT_TAG: Final = len("<Point>")


@dataclass(frozen=True, slots=True)
class Tags:
    """Every tag of a stretch of bytes.

    Attributes:
        at: where each tag's `<` stands, shape (N,).
        first, second: the two bytes after it, shape (N,).
    """

    buffer: Bytes
    at: Positions
    first: Bytes
    second: Bytes

    @property
    def closing(self) -> NDArray[np.bool_]:
        """Which tags are end tags."""
        ends: NDArray[np.bool_] = self.first == _SLASH
        return ends

    def starting(self, name: str) -> Positions:
        """Return the numbers of the start tags whose names begin with the same two letters."""
        first, second = name[:2].encode()
        return np.flatnonzero((self.first == first) & (self.second == second))


def tags_of(buffer: Bytes) -> Tags:
    """Index a stretch of XML that starts and ends with a tag.

    Raises:
        NotPlainError: comments, processing instructions or CDATA stand in it.
    """
    at = np.flatnonzero(buffer == _OPEN)
    first = buffer[at + 1]
    if ((first == _MARK) | (first == _QUESTION)).any():
        raise NotPlainError
    return Tags(buffer, at, first, buffer[at + 2])


@dataclass(frozen=True, slots=True)
class Points:
    """P points in order.

    Attributes:
        opening, closing: numbers of the tags that begin and end each point, shape (P,).
        columns: by element name: rows that have the element, and where its text starts and ends.
    """

    buffer: Bytes
    opening: Positions
    closing: Positions
    columns: dict[str, tuple[Positions, Positions, Positions]]

    def __len__(self) -> int:
        return len(self.opening)

    def decimals(self, name: str) -> Decimals:
        """Return the numbers of an element.

        Raises:
            NotPlainError: one is written with a reference.
        """
        rows, start, end = self.columns[name]
        try:
            return Decimals.at(self.buffer, start, end, rows, len(self))
        except ValueError:
            raise NotPlainError from None

    def texts(self, name: str) -> list[str | None]:
        """Return the texts of an element, None where a point has none."""
        texts: list[str | None] = [None] * len(self)
        for row, start, end in zip(*(column.tolist() for column in self.columns[name]), strict=True):
            texts[row] = self.buffer[start:end].tobytes().decode("ascii", "replace").strip()
        return texts


def points_of(tags: Tags, elements: Sequence[str]) -> Points:
    """Find all points and what each of them says in `elements`.

    In a valid document the names of a point's elements differ in their first letter or in their length, and
    follow each other in the order of `elements`; that tells which one a tag opens.

    Raises:
        NotPlainError: a tag is written otherwise, e.g. with blanks or attributes.
    """
    opening = tags.starting("Point")
    closes = tags.closing
    if (tags.buffer[tags.at[opening] + _POINT_TAG - 1] != _CLOSE).any():
        raise NotPlainError
    found: Found = {name: [] for name in elements}
    closing = np.zeros_like(opening)
    rows, tag, depth = np.arange(len(opening)), opening + 1, 0
    while len(rows):
        ended = closes[tag]
        closing[rows[ended]] = tag[ended]
        rows, tag = rows[~ended], tag[~ended]
        if len(rows) and not closes[tag + 1].all():
            raise NotPlainError
        _take(tags, rows, tag, elements[depth:], found)
        depth += 1
        tag = tag + 2
    nothing = np.zeros(0, dtype=np.int64)
    columns = {
        name: tuple(np.concatenate(part) for part in zip(*pieces, strict=True)) if pieces else (nothing,) * 3
        for name, pieces in found.items()
    }
    return Points(tags.buffer, opening, closing, columns)  # type: ignore[arg-type]  # tuples of three


def _take(tags: Tags, rows: Positions, tag: Positions, elements: Sequence[str], found: Found) -> None:
    """Tell which of the elements each tag opens, and note where its text stands."""
    for name in elements:
        start = tags.at[tag] + len(name) + 2
        mine = (tags.first[tag] == ord(name[0])) & (tags.buffer[start - 1] == _CLOSE)
        if mine.all():
            found[name].append((rows, start, tags.at[tag + 1]))
            return
        if mine.any():
            found[name].append((rows[mine], start[mine], tags.at[tag[mine] + 1]))
            rows, tag = rows[~mine], tag[~mine]
    if len(rows):
        raise NotPlainError
