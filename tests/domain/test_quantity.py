from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.quantity import UnknownUnitError, decimal_text, mw_per, mwh_per


@pytest.mark.feature(id="B9")
def test_units_are_exact() -> None:
    assert mw_per("KWT") * 1500 == Decimal("1.5")
    assert mw_per("A90") == 1000
    assert mwh_per("KWH") == Decimal("0.001")


@pytest.mark.parametrize(
    ("lookup", "unit"), [(mw_per, "MWH"), (mwh_per, "MAW"), (mw_per, "maw"), (mw_per, "")]
)
def test_a_unit_of_another_quantity_is_refused_by_name(lookup: object, unit: str) -> None:
    with pytest.raises(UnknownUnitError, match=repr(unit)):
        lookup(unit)  # type: ignore[operator]


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False))
def test_decimal_text_says_the_same_number_without_exponent(value: Decimal) -> None:
    text = decimal_text(value)
    assert Decimal(text) == value
    assert "E" not in text.upper()
    assert not text.startswith("-0") or "." in text


@given(st.integers(min_value=-(10**14), max_value=10**14), st.integers(min_value=0, max_value=6))
def test_what_came_in_with_up_to_15_digits_leaves_unchanged(digits: int, places: int) -> None:
    written = decimal_text(Decimal(digits).scaleb(-places))
    assert decimal_text(float(written)) == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        decimal_text(value)


def test_too_many_digits_are_refused_rather_than_cut() -> None:
    with pytest.raises(ValueError, match="more than 17 digits"):
        decimal_text(Decimal("123456789012345678"))


def test_tiny_and_huge_floats_are_written_in_full() -> None:
    assert decimal_text(1e-7) == "0.0000001"
    assert decimal_text(1e15) == "1000000000000000"
    assert decimal_text(-0.0) == "0"
