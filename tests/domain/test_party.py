import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.party import eic_check_character, is_eic

PUBLIC_AREA_CODES = [
    "10YFI-1--------U",
    "10YNO-0--------C",
    "10YSE-1--------K",
    "10YCB-GERMANY--8",
    "10Y1001A1001A83F",
]


@pytest.mark.parametrize("code", PUBLIC_AREA_CODES)
def test_issued_codes_have_the_right_check_character(code: str) -> None:
    assert is_eic(code)
    assert eic_check_character(code[:15]) == code[15]


@given(st.sampled_from(PUBLIC_AREA_CODES), st.integers(0, 14), st.sampled_from("0123456789ABCDEFGHIJ-"))
def test_one_wrong_character_is_found(code: str, position: int, character: str) -> None:
    wrong = code[:position] + character + code[position + 1 :]
    assert is_eic(wrong) == (wrong == code)


@pytest.mark.parametrize(
    "code", ["", "10YFI-1--------", "10YFI-1--------UX", "10yfi-1--------U", "10YFI 1--------U"]
)
def test_what_has_not_the_form_is_no_eic(code: str) -> None:
    assert not is_eic(code)


def test_a_check_character_needs_fifteen_characters() -> None:
    with pytest.raises(ValueError, match="fifteen"):
        eic_check_character("10YFI")
