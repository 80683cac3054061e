"""Units of measure: the one place where a number changes its unit.

Codes are those of the ENTSO-E code list `UnitOfMeasureTypeList` (UN/ECE Recommendation 20).
"""

from decimal import Decimal
from typing import Final

_MW_PER_UNIT: Final = {
    "MAW": Decimal(1),
    "KWT": Decimal("0.001"),
    "WTT": Decimal("0.000001"),
    "A90": Decimal(1000),
}
_MWH_PER_UNIT: Final = {
    "MWH": Decimal(1),
    "KWH": Decimal("0.001"),
    "GWH": Decimal(1000),
    "WHR": Decimal("0.000001"),
}

POWER_UNITS: Final = frozenset(_MW_PER_UNIT)
ENERGY_UNITS: Final = frozenset(_MWH_PER_UNIT)


class UnknownUnitError(ValueError):
    """A unit of measure that is no unit of the quantity at hand."""


def mw_per(unit: str) -> Decimal:
    """MW in one `unit` of power, exactly.

    Raises:
        UnknownUnitError: `unit` is not a code for power.
    """
    try:
        return _MW_PER_UNIT[unit]
    except KeyError:
        raise UnknownUnitError(
            f"{unit!r} is not a unit of power; known: {', '.join(sorted(POWER_UNITS))}"
        ) from None


def mwh_per(unit: str) -> Decimal:
    """MWh in one `unit` of energy, exactly.

    Raises:
        UnknownUnitError: `unit` is not a code for energy.
    """
    try:
        return _MWH_PER_UNIT[unit]
    except KeyError:
        raise UnknownUnitError(
            f"{unit!r} is not a unit of energy; known: {', '.join(sorted(ENERGY_UNITS))}"
        ) from None


def readable_number(value: float) -> str:
    """Format a number for people, with every digit that distinguishes it from a bound: `100,000.4`."""
    return f"{value:,.15g}"


def decimal_text(value: float | Decimal, max_digits: int = 17) -> str:
    """Write a number the way `A01_Decimal`/`Amount_Decimal` want it: no exponent, no needless zeros.

    `repr` of a float is the shortest text that reads back as the same float, so what came in with up to
    15 digits leaves unchanged.

    Raises:
        ValueError: not finite, or more than `max_digits` digits, leading zeros not counted.
    """
    number = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not number.is_finite():
        raise ValueError(f"{value} is not a finite number")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", ""):
        text = "0"
    whole, _, fraction = text.lstrip("-").partition(".")
    if len(whole.lstrip("0")) + len(fraction) > max_digits:
        raise ValueError(f"{text} has more than {max_digits} digits")
    return text
