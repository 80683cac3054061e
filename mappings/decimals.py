"""Columns of decimals, read exactly and all at once.

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
_LONGEST: Final = 17  # fifteen digits, a sign and a point
_POWERS: Final = np.array([float(f"1e{power}") for power in range(23)])
_DOT, _MINUS, _ZERO = (ord(sign) for sign in ".-0")


@dataclass(slots=True)
class Decimals:
    """N decimals.

    Attributes:
        integer: digits without the point, NaN where nothing is said, shape (N,).
        places: decimal places, shape (N,).
        odd: texts of the rows that are written unusually or have more than 15 digits.
    """

    integer: Floats
    places: NDArray[np.int8]
    odd: dict[int, str]

    def __len__(self) -> int:
        return len(self.integer)

    def values(self, exponent: int | NDArray[np.int8] = 0) -> Floats:
        """Return the numbers times ten to the power of `exponent` (one, or one per row)."""
        power = (exponent - self.places).astype(np.int8)
        numbers = self.integer.copy()
        for each in np.unique(power).tolist():
            if each > 0:
                numbers[power == each] *= _POWERS[each]
            elif each < 0:
                numbers[power == each] /= _POWERS[-each]
        for row, text in self.odd.items():
            numbers[row] = float(Decimal(text).scaleb(int(np.broadcast_to(exponent, len(self))[row])))
        return numbers

    @classmethod
    def of_texts(cls, texts: Sequence[str | None]) -> "Decimals":
        """Read a column of texts; None and the empty text say nothing.

        Raises:
            ValueError: a text is no decimal.
        """
        said = [row for row, text in enumerate(texts) if text]
        encoded = [texts[row].encode() for row in said]  # type: ignore[union-attr]
        lengths = np.array([len(text) for text in encoded], dtype=np.int64)
        ends = np.cumsum(lengths)
        buffer = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return cls.at(buffer, ends - lengths, ends, np.array(said, dtype=np.int64), len(texts))

    @classmethod
    def at(cls, buffer: Bytes, start: Positions, end: Positions, rows: Positions, count: int) -> "Decimals":
        """Read the decimals that stand at `buffer[start:end]` into `rows` of a column of `count`.

        Raises:
            ValueError: what stands there is no decimal.
        """
        integer = np.full(count, np.nan)
        places = np.zeros(count, dtype=np.int8)
        odd: dict[int, str] = {}
        length = end - start
        for size in np.unique(length).tolist():
            chosen = np.flatnonzero(length == size)
            if 0 < size <= _LONGEST:
                plain, value, scale = _parse(buffer[start[chosen] + np.arange(size)[:, None]])
                integer[rows[chosen[plain]]] = value[plain]
                places[rows[chosen[plain]]] = scale[plain]
                chosen = chosen[~plain]
            for each in chosen.tolist():
                text = buffer[start[each] : end[each]].tobytes().decode("latin-1").strip()
                try:
                    odd[int(rows[each])] = format(Decimal(text), "f")
                except InvalidOperation:
                    raise ValueError(f"{text!r} is no decimal") from None
        return cls(integer, places, odd)

    @classmethod
    def nothing(cls, count: int) -> "Decimals":
        """Return a column of which no row says anything."""
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


def _parse(characters: Bytes) -> tuple[NDArray[np.bool_], Floats, NDArray[np.int8]]:
    """Read texts of one length, shape (length, n): which of them are plain, their digits, their places."""
    value = np.zeros(characters.shape[1])
    digits, dots, places = (np.zeros(characters.shape[1], dtype=np.int8) for _ in range(3))
    for column in characters:
        digit = column - _ZERO  # below "0" wraps to above 9
        is_digit = digit <= 9
        if is_digit.all():
            value = value * 10 + digit
        else:
            value = np.where(is_digit, value * 10 + digit, value)
            dots += column == _DOT
        digits += is_digit
        places += is_digit & (dots > 0)
    negative = characters[0] == _MINUS
    expected = len(characters) - negative - dots
    plain = (digits == expected) & (dots <= 1) & (digits >= 1) & (digits <= _DIGITS)
    return plain, np.where(negative, -value, value), places
