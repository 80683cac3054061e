"""Times and numbers as market documents write them.

Source: IEC 62325-351 (European style market profile): moments `YYYY-MM-DDThh:mm:ssZ`, interval ends
`YYYY-MM-DDThh:mmZ`, decimals without exponent.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation, localcontext
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.market_time import MarketTimeError, utc
from gateway.domain.quantity import decimal_text

Floats = NDArray[np.float64]

SAFE_LENGTH: Final = 16
"""A decimal of up to 15 digits, with point or sign, always survives as float64."""


@lru_cache(maxsize=8192)
def moment(text: str) -> datetime:
    """Read a moment or interval end, UTC.

    Raises:
        MarketTimeError: not a time with its zone.
    """
    try:
        return utc(datetime.fromisoformat(text))
    except MarketTimeError:
        raise
    except ValueError:
        raise MarketTimeError(f"{text[:40]!r} is not a time of the form YYYY-MM-DDThh:mm[:ss]Z") from None


@lru_cache(maxsize=8192)
def seconds(text: str) -> int:
    """Read an interval end as seconds since 1970.

    Raises:
        MarketTimeError: not a time with its zone.
    """
    return int(moment(text).timestamp())


@lru_cache(maxsize=8192)
def moment_text(value: datetime) -> str:
    """Write a moment: to the second, UTC, a final Z."""
    return utc(value).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=8192)
def minute_text(value: datetime) -> str:
    """Write an interval end: to the minute, UTC, a final Z.

    Raises:
        MarketTimeError: the moment is no whole minute; rounding would move the interval.
    """
    if value.second or value.microsecond:
        raise MarketTimeError(f"{value.isoformat()} is no whole minute")
    return utc(value).strftime("%Y-%m-%dT%H:%MZ")


@lru_cache(maxsize=8192)
def minute_text_of(seconds_since_1970: int) -> str:
    """Write seconds since 1970 as an interval end."""
    return minute_text(datetime.fromtimestamp(seconds_since_1970, UTC))


def number(text: str, factor: Decimal = Decimal(1)) -> float:
    """Read a decimal and bring it into the canonical unit: exact multiplication, then one rounding."""
    return float(text) if factor == 1 else float(Decimal(text.strip()) * factor)


def survives(text: str, value: float, factor: Decimal = Decimal(1)) -> bool:
    """Whether a decimal can be written again exactly from the float it became."""
    if len(text) <= SAFE_LENGTH:
        return True
    try:
        return Decimal(text.strip()) == Decimal(repr(value)) / factor
    except InvalidOperation:
        return False


def number_text(value: float, factor: Decimal = Decimal(1)) -> str:
    """Write a canonical number in the unit that `factor` leads from: no exponent, no needless zeros.

    Raises:
        ValueError: not finite, or more digits than a document may have.
    """
    if factor == 1:
        text = repr(value)
        if "e" not in text and "n" not in text and len(text) <= SAFE_LENGTH:
            text = text.removesuffix(".0")
            return "0" if text == "-0" else text
        return decimal_text(value)
    return decimal_text(Decimal(repr(value)) / factor)


def number_texts(values: Sequence[float]) -> list[str] | None:
    """Write many numbers together, as `number_text` writes each; None if one of them is no usual number."""
    text = f"{repr(list(values))[1:-1]}, ".replace(".0, ", ", ")
    if "e" in text or "n" in text or "-0, " in text:
        return None
    texts = text[:-2].split(", ")
    return texts if max(map(len, texts)) <= SAFE_LENGTH else None


def floats(texts: Sequence[str | None], factor: Decimal = Decimal(1)) -> Floats:
    """Read a column of decimals; an empty text is NaN."""
    if factor == 1:
        if all(texts):
            return np.fromiter(map(float, texts), np.float64, len(texts))  # type: ignore[arg-type]
        return np.array([float(text) if text else np.nan for text in texts], dtype=np.float64)
    return np.array([number(text, factor) if text else np.nan for text in texts], dtype=np.float64)


def rounded_text(value: float, factor: Decimal = Decimal(1)) -> str:
    """Write a number that has too many digits, rounded to twelve decimals.

    Raises:
        ValueError: not finite, or too large for any document.
    """
    with localcontext() as context:
        context.prec = 400  # more than any float has digits before the point
        return decimal_text(round(Decimal(repr(value)) / factor, 12))
