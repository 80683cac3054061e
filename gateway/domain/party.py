"""Who and where: parties, areas and resources, each with the scheme its code belongs to.

Coding schemes: A01 EIC, A10 GS1, national ones such as NSE or NNO (ENTSO-E `CodingSchemeTypeList`).
"""

from dataclasses import dataclass
from typing import Final

EIC_SCHEME: Final = "A01"
GS1_SCHEME: Final = "A10"
_GS1_DIGITS: Final = (13, 18)
"""Of a location number (GLN), which parties have, and of a service relation number (GSRN)."""
_EIC_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"


@dataclass(frozen=True, slots=True, order=True)
class CodedId:
    """A code and the scheme it belongs to."""

    code: str
    scheme: str = EIC_SCHEME

    def __str__(self) -> str:
        return self.code

    @property
    def named(self) -> str:
        """The code, with its scheme where that is not EIC."""
        return self.code if self.scheme == EIC_SCHEME else f"{self.code} (coding scheme {self.scheme})"


@dataclass(frozen=True, slots=True)
class Role:
    """A party in the role it plays in one document (ENTSO-E `RoleTypeList`, e.g. A04 system operator)."""

    party: CodedId
    role: str | None = None


def eic_check_character(first_fifteen: str) -> str:
    """The 16th character of an Energy Identification Code.

    Source: ENTSO-E, The Energy Identification Coding Scheme reference manual, check character algorithm:
    the weighted sum (weights 16 to 2) of the character values, taken modulo 37.

    Raises:
        ValueError: not fifteen characters of the EIC alphabet.
    """
    if len(first_fifteen) != 15 or any(character not in _EIC_ALPHABET for character in first_fifteen):
        raise ValueError(f"{first_fifteen!r} is not fifteen characters of 0-9, A-Z and -")
    total = sum(
        _EIC_ALPHABET.index(character) * weight
        for character, weight in zip(first_fifteen, range(16, 1, -1), strict=True)
    )
    return _EIC_ALPHABET[36 - (total - 1) % 37]


def has_eic_form(code: str) -> bool:
    """Whether `code` is sixteen characters of the EIC alphabet, whatever the last of them."""
    return len(code) == 16 and all(character in _EIC_ALPHABET for character in code)


def fault_of_form(party: CodedId) -> str | None:
    """Why a code is none of its coding scheme; None: it may be one.

    EIC and GS1 define the form of a code; a national scheme may use any visible characters.
    """
    code = party.code
    if party.scheme == EIC_SCHEME and not has_eic_form(code):
        return f"{code!r} is no EIC (coding scheme {EIC_SCHEME}: 16 of 0-9, A-Z and -)"
    if party.scheme == GS1_SCHEME and not (code.isascii() and code.isdigit() and len(code) in _GS1_DIGITS):
        return f"{code!r} is no GS1 number (coding scheme {GS1_SCHEME}: 13 or 18 digits)"
    return None if code.isprintable() else f"{code!r} has invisible characters"


def is_known_by_code(party: CodedId) -> bool:
    """Whether a code identifies an object by itself: a code in the form of an EIC does."""
    return party.scheme == EIC_SCHEME or not has_eic_form(party.code)


def is_eic(code: str) -> bool:
    """Whether `code` is a well-formed EIC with the right check character (a final `-` is never issued)."""
    if not has_eic_form(code):
        return False
    return code[15] != "-" and eic_check_character(code[:15]) == code[15]
