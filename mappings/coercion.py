"""Coercion of a text to the data type that a version gives its element, or the reason why not.

Ids are limited to 35 characters in older versions, and a hyphenated UUID has 36: it is written as its 32
digits. Any other id that is too long is cut and ends in a digest, so that the same id always
becomes the same shorter one and references inside a document still meet.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from esmp.codes import DEFAULT_CODES, code_set
from esmp.profiles import DataType

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UUID_DIGITS: Final = 32
_DIGEST_DIGITS: Final = 10
_FORMS: Final = {
    "xs:decimal": re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"),
    "xs:integer": re.compile(r"[+-]?[0-9]+"),
    "xs:float": re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"),
    "xs:duration": re.compile(
        r"-?P(?=[0-9T])([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?"
    ),
    "xs:date": re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9](Z|[+-][0-9]{2}:[0-9]{2})?"),
    "xs:time": re.compile(r"[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"),
}
_SHORTENED: Final = frozenset({"ID_String", "ReasonText_String", "PayloadId_String"})


@dataclass(frozen=True, slots=True)
class Coerced:
    """A text that fits, or None; where it is not what was given, why."""

    text: str | None
    reason: str | None = None


def shorter_id(text: str, limit: int) -> str:
    """Return an id of at most `limit` characters that replaces a longer one."""
    if _UUID.fullmatch(text) and limit >= _UUID_DIGITS:
        return text.replace("-", "")
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_DIGITS]
    return f"{text[: limit - _DIGEST_DIGITS - 1]}-{digest}"


def fit(text: str, data_type: DataType, codes: str = DEFAULT_CODES) -> Coerced:
    """Return `text` in the form of `data_type`.

    Too long ids and reason texts are shortened; a code that the code set `codes` does not know, a text too
    long for anything else and one that breaks the type's form do not fit.
    """
    reason = _mismatch(text, data_type, codes)
    if reason is None:
        return Coerced(text)
    limit = next((int(value) for facet, value in data_type.facets if facet == "maxLength"), None)
    if limit is not None and data_type.name in _SHORTENED:
        return Coerced(_shortened(text, data_type, limit), reason)
    return Coerced(None, reason)


def _mismatch(text: str, data_type: DataType, codes: str) -> str | None:
    """Return why a text is no value of a data type."""
    code_list = data_type.code_list
    if code_list is not None:
        if code_set(codes).accepts(code_list, text):
            return None
        return f"{text!r} is no code of {code_list} in the code set {codes}"
    form = _FORMS.get(data_type.base)
    if form is not None and not form.fullmatch(text):
        return f"{text!r} is no {data_type.base}"
    for facet, value in data_type.facets:
        check = _FACETS.get(facet)
        if check is not None and not check[0](text, value):
            return check[1].format(text=text, value=value)
    return None


def _shortened(text: str, data_type: DataType, limit: int) -> str:
    return shorter_id(text, limit) if data_type.name == "ID_String" else text[: limit - 1] + "…"


@lru_cache(maxsize=64)
def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


_FACETS: Final[dict[str, tuple[Callable[[str, str], bool], str]]] = {
    "maxLength": (
        lambda text, value: len(text) <= int(value),
        "this version takes at most {value} characters",
    ),
    "pattern": (
        lambda text, value: _pattern(value).fullmatch(text) is not None,
        "{text!r} is not of the form this element takes",
    ),
    "minInclusive": (lambda text, value: float(text) >= float(value), "{text} is below {value}"),
    "maxInclusive": (lambda text, value: float(text) <= float(value), "{text} is above {value}"),
}
"""By facet: whether a text satisfies it, and the message where it does not."""
