"""Columns of decimals, read exactly and together.

A decimal of up to 15 digits is an integer below 2^53 and a power of ten, both exact in float64; dividing one
by the other rounds once, as reading the text would. So a column keeps integer and power, and units, which are
powers of ten, change the power only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Positions = NDArray[np.int64]

_DIGITS: Final = 15
_WORD: Final = 8
_LONGEST: Final = 2 * _WORD  # fifteen digits and a sign or a point
_POWERS: Final = np.array([float(f"1e{power}") for power in range(23)])
_WHOLE_POWERS: Final = 10 ** np.arange(_LONGEST + 2, dtype=np.int64)
_DOT, _MINUS, _ZERO = (ord(sign) for sign in ".-0")

Texts = tuple[Positions, Positions, Positions]
"""Rows of a column with a value, and where the text of each starts and ends."""


@dataclass(slots=True)
class Decimals:
    """N decimals.

    Attributes:
        integer: digits without the point, NaN where no value is stated, shape (N,).
        places: decimal places, shape (N,).
        odd: texts of the rows that are written unusually or have more than 15 digits.
    """

    integer: Floats
    places: NDArray[np.int8]
    odd: dict[int, str]

    def __len__(self) -> int:
        return len(self.integer)

    def values(self, exponent: NDArray[np.int8] | None = None) -> Floats:
        """Return the numbers, times ten to the power of `exponent` (one per row) where there is one."""
        if exponent is None:
            numbers: Floats = self.integer / _POWERS.take(self.places)
        else:
            power = exponent - self.places
            up, down = _POWERS.take(np.maximum(power, 0)), _POWERS.take(np.maximum(-power, 0))
            numbers = self.integer * up / down  # one of the two powers is 1, so nothing is rounded twice
        for row, text in self.odd.items():
            numbers[row] = float(Decimal(text).scaleb(0 if exponent is None else int(exponent[row])))
        return numbers

    @classmethod
    def of_texts(cls, texts: Sequence[str | None]) -> "Decimals":
        """Read a column of texts; None and the empty text mean no value.

        Raises:
            ValueError: a text is no decimal.
        """
        filled = [row for row, text in enumerate(texts) if text]
        encoded = [texts[row].encode() for row in filled]  # type: ignore[union-attr]
        lengths = np.array([len(text) for text in encoded], dtype=np.int64)
        ends = _LONGEST + np.cumsum(lengths)
        buffer = np.frombuffer(b"".join([bytes(_LONGEST), *encoded]), dtype=np.uint8)
        rows = np.array(filled, dtype=np.int64)
        return cls.columns(buffer, [(rows, ends - lengths, ends)], len(texts))[0]

    @classmethod
    def columns(cls, buffer: Bytes, columns: Sequence[Texts], count: int) -> "list[Decimals]":
        """Read columns of `count` rows from the offsets of their texts, at byte 16 or later, together.

        Rows of a column ascend.

        Raises:
            ValueError: a text is no decimal.
        """
        start, end = (np.concatenate([column[side] for column in columns]) for side in (1, 2))
        plain, integer, places = _parse(buffer, start, end)
        odd = {
            each: _without_exponent(buffer[start[each] : end[each]].tobytes())
            for each in (~plain).nonzero()[0].tolist()
        }
        integer[list(odd)], places[list(odd)] = np.nan, 0
        found, before = [], 0
        for rows, *_ in columns:
            behind = before + len(rows)
            column = cls(integer[before:behind], places[before:behind], {})
            if len(rows) < count:
                column = cls.nothing(count)
                column.integer[rows], column.places[rows] = integer[before:behind], places[before:behind]
            column.odd |= {int(rows[at - before]): text for at, text in odd.items() if before <= at < behind}
            found.append(column)
            before = behind
        return found

    @classmethod
    def nothing(cls, count: int) -> "Decimals":
        """Return a column of which no row has a value."""
        return cls(np.full(count, np.nan), np.zeros(count, dtype=np.int8), {})

    @classmethod
    def joined(cls, parts: Sequence["Decimals"]) -> "Decimals":
        """Put columns one after the other."""
        odd: dict[int, str] = {}
        offset = 0
        for part in parts:
            odd |= {offset + row: text for row, text in part.odd.items()}
            offset += len(part)
        return cls(
            np.concatenate([part.integer for part in parts]),
            np.concatenate([part.places for part in parts]),
            odd,
        )


def _without_exponent(text: bytes) -> str:
    try:
        return format(Decimal(text.decode("latin-1").strip()), "f")
    except InvalidOperation:
        raise ValueError(f"{text!r} is no decimal") from None


def _parse(
    buffer: Bytes, start: Positions, end: Positions
) -> tuple[NDArray[np.bool_], Floats, NDArray[np.int8]]:
    """Read texts: which of them are plain, their digits as one number, their decimal places.

    The texts are below each other in columns, their last characters in one row; what is left of a shorter
    one does not count. A point is read as the digit 0 and taken out of the number afterwards.
    """
    length = end - start
    words: NDArray[np.uint64] = np.ndarray(len(buffer) - _WORD + 1, "<u8", buffer, strides=(1,))
    width = _WORD if length.max(initial=0) <= _WORD else _LONGEST
    lasts = np.stack([words[end - back] for back in range(width, 0, -_WORD)], axis=1)
    characters = np.ascontiguousarray(lasts.view(np.uint8).T)
    place = np.arange(width - 1, -1, -1, dtype=np.int8)
    inside = place[:, None] < length.astype(np.int8)  # lengths that do not fit are found out below
    digit = characters - _ZERO  # below "0" wraps to above 9
    is_digit = (digit <= 9) & inside
    is_dot = (characters == _DOT) & inside
    number = np.einsum("i,ij->j", _WHOLE_POWERS.take(place), digit * is_digit)
    places = (is_dot * place[:, None]).max(axis=0)
    dots, digits = (signs.sum(axis=0, dtype=np.int8) for signs in (is_dot, is_digit))
    behind = _WHOLE_POWERS.take(places + (dots > 0))
    number -= number // behind * (behind - _WHOLE_POWERS.take(places))
    negative = buffer[start] == _MINUS
    plain = (digits == length - negative - dots) & (dots <= 1) & (digits >= 1) & (digits <= _DIGITS)
    return plain, np.where(negative, -number, number).astype(np.float64), places
