"""Makes a text fit the data type that a version gives its element, or says why it cannot.

Ids are limited to 35 characters in older versions, and a hyphenated UUID has 36: it is written as its 32
digits. Any other id that is too long keeps its beginning and ends in a digest, so that the same id always
becomes the same shorter one and references inside a document still meet.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from esmp.codes import DEFAULT_CODES, code_set
from esmp.profiles import DataType

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID_DIGITS: Final = 32
_DIGEST_DIGITS: Final = 10
_SHORTENED: Final = frozenset({"ID_String", "ReasonText_String", "PayloadId_String"})


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text that fits, or None; where it is not what was given, why."""

    text: str | None
    reason: str | None = None


def shorter_id(text: str, limit: int) -> str:
    """Return an id of at most `limit` characters that stands for a longer one."""
    if _UUID.fullmatch(text) and limit >= _UUID_DIGITS:
        return text.replace("-", "")
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_DIGITS]
    return f"{text[: limit - _DIGEST_DIGITS - 1]}-{digest}"


@lru_cache(maxsize=65536)
def fit(text: str, data_type: DataType, codes: str = DEFAULT_CODES) -> Fitted:
    """Return `text` as `data_type` takes it.

    Too long ids and reason texts are shortened; a code that the code set `codes` does not know, a text too
    long for anything else and one that breaks the type's pattern do not fit.
    """
    if data_type.code_list is not None:
        if code_set(codes).accepts(data_type.code_list, text):
            return Fitted(text)
        return Fitted(None, f"{text!r} is no code of {data_type.code_list} in the code set {codes}")
    for facet, value in data_type.facets:
        if facet == "maxLength" and len(text) > int(value):
            if data_type.name not in _SHORTENED:
                return Fitted(None, f"{len(text)} characters, where this version takes at most {value}")
            return Fitted(
                _shortened(text, data_type, int(value)), f"this version takes at most {value} characters"
            )
        if facet == "pattern" and not _pattern(value).fullmatch(text):
            return Fitted(None, f"{text!r} is not of the form this element takes")
    return Fitted(text)


def _shortened(text: str, data_type: DataType, limit: int) -> str:
    return shorter_id(text, limit) if data_type.name == "ID_String" else text[: limit - 1] + "…"


@lru_cache(maxsize=64)
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression)
