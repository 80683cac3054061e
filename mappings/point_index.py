"""Points by the positions of their tags: all tags of a stretch of plain XML together, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mappings.decimals import Bytes, Decimals, Texts
from mappings.plain_xml import NotPlainError

Positions = NDArray[np.int64]

_OPEN, _CLOSE, _SLASH, _MARK, _QUESTION = (ord(sign) for sign in "<>/!?")
_WORD: Final = 4


@dataclass(frozen=True, slots=True)
class Tags:
    """Every tag of a stretch of bytes.

    Attributes:
        at: offset of each tag's `<`, shape (N,).
        word: the four bytes after it, read as one number, shape (N,).
        closing: which are end tags, shape (N,).
    """

    buffer: Bytes
    at: Positions
    word: NDArray[np.uint32]
    closing: NDArray[np.bool_]

    def starting(self, name: str) -> Positions:
        """Return the numbers of the tags whose names begin with the same four letters."""
        found: Positions = (self.word == word_of(name)).nonzero()[0]
        return found


@cache
def word_of(name: str) -> int:
    """Return the beginning of a tag, the bytes after its `<`, as `Tags.word` has it."""
    return int.from_bytes(f"{name}>   "[:_WORD].encode(), "little")


def tags_of(buffer: Bytes) -> Tags:
    """Index a stretch of XML that starts and ends with a tag.

    Raises:
        NotPlainError: comments, processing instructions or CDATA are in it.
    """
    at = (buffer == _OPEN).nonzero()[0]
    words: NDArray[np.uint32] = np.ndarray(len(buffer) - _WORD + 1, "<u4", buffer, strides=(1,))
    word = words[at + 1]
    first = word.astype(np.uint8)
    if np.count_nonzero(first == _MARK) or np.count_nonzero(first == _QUESTION):
        raise NotPlainError
    return Tags(buffer, at, word, first == _SLASH)


@dataclass(frozen=True, slots=True)
class Points:
    """P points in order.

    Attributes:
        opening, closing: numbers of the tags that begin and end each point, shape (P,).
        columns: of each element that occurs: rows that have it, and where its text starts and ends.
    """

    buffer: Bytes
    opening: Positions
    closing: Positions
    columns: dict[str, Texts]

    def __len__(self) -> int:
        return len(self.opening)

    def decimals(self, names: Sequence[str]) -> list[Decimals]:
        """Return the numbers of some elements that occur.

        Raises:
            NotPlainError: one is written with a reference.
        """
        try:
            return Decimals.columns(self.buffer, [self.columns[name] for name in names], len(self))
        except ValueError:
            raise NotPlainError from None

    def texts(self, name: str) -> list[str | None]:
        """Return the texts of an element that occurs, None where a point has none."""
        texts: list[str | None] = [None] * len(self)
        for row, start, end in zip(*(column.tolist() for column in self.columns[name]), strict=True):
            texts[row] = self.buffer[start:end].tobytes().decode("ascii", "replace").strip()
        return texts


def points_of(tags: Tags, elements: Sequence[str]) -> Points:
    """Find all points and the values of their `elements`.

    In a valid document a point holds elements without children only, so from its start tag to its end tag
    every other tag opens one. The names of a point's elements differ in their first four letters.

    Raises:
        NotPlainError: a tag is written otherwise, e.g. with blanks or attributes.
    """
    opening, closing = tags.starting("Point"), tags.starting("/Point")
    if len(opening) != len(closing):
        raise NotPlainError
    _check_plain(tags.buffer, tags.at[opening] + len("<Point>"))
    count = (closing - opening) // 2
    rows = np.arange(len(opening)).repeat(count)
    leaf = 2 * np.arange(len(rows)) + (opening + 1 - 2 * (count.cumsum() - count)).repeat(count)
    ends = leaf + 1
    if np.count_nonzero(tags.closing[ends]) < len(ends):
        raise NotPlainError
    word, start, end = tags.word[leaf], tags.at[leaf], tags.at[ends]
    columns: dict[str, Texts] = {}
    for name in elements:
        mine = (word == word_of(name)).nonzero()[0]
        if len(mine):
            text = start[mine] + len(name) + 2
            _check_plain(tags.buffer, text)
            columns[name] = rows[mine], text, end[mine]
    if sum(len(column[0]) for column in columns.values()) != len(leaf):
        raise NotPlainError
    return Points(tags.buffer, opening, closing, columns)


def _check_plain(buffer: Bytes, behind: Positions) -> None:
    """Names end where their tags do."""
    if np.count_nonzero(buffer[behind - 1] != _CLOSE):
        raise NotPlainError
