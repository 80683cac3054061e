"""Codes whose meaning the canonical model has its own values for."""

from collections.abc import Mapping
from typing import Final

from gateway.domain.bid import Direction

DIRECTIONS: Final[Mapping[str, Direction]] = {
    "A01": Direction.UP,
    "A02": Direction.DOWN,
    "A03": Direction.BOTH,
    "A04": Direction.STABLE,
}
"""ENTSO-E `DirectionTypeList`."""

YES_NO: Final[Mapping[str, bool]] = {"A01": True, "A02": False}
"""ENTSO-E `IndicatorTypeList`."""

_DIRECTION_CODES: Final = {direction: code for code, direction in DIRECTIONS.items()}
_INDICATORS: Final = {value: code for code, value in YES_NO.items()}


class UnknownCodeError(ValueError):
    """A code that the canonical model has no value for; open code sets let any token pass."""

    def __init__(self, code: str | None, known: Mapping[str, object]) -> None:
        super().__init__(f"{code!r} is none of {', '.join(known)}")


def direction_of(code: str) -> Direction:
    """Return the direction of a code.

    Raises:
        UnknownCodeError: there is none.
    """
    try:
        return DIRECTIONS[code]
    except KeyError:
        raise UnknownCodeError(code, DIRECTIONS) from None


def direction_code(direction: int) -> str:
    """Return the code of a direction."""
    return _DIRECTION_CODES[Direction(direction)]


def yes_no_of(code: str) -> bool:
    """Return the value of an indicator.

    Raises:
        UnknownCodeError: neither yes nor no.
    """
    try:
        return YES_NO[code]
    except KeyError:
        raise UnknownCodeError(code, YES_NO) from None


def yes_no_code(value: bool) -> str:
    """Return the indicator of a truth value."""
    return _INDICATORS[value]
