"""Valid documents recognised without parsing: plain ones match an expression, without a tree.

The documents of one version have bounded depth, so the plainly written among them are a regular language,
and their profile gives the expression for it. A match proves a document well-formed and valid, in a fifth of
the time of parsing and validating. A document that does not match may be valid all the same (references,
comments, prefixes, letters beyond ASCII, unusual numbers): then the schema decides, with what is wrong and
where.

No expression backtracks over matched text, but within one text that a facet's pattern looks ahead at. So
time grows with the length of the document and no faster.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from esmp.codes import CodeSet, code_set
from esmp.parsing import plain_start
from esmp.profiles import DataType, Element, Profile

_BLANKS: Final = r"[ \t\r\n]*+"
_CHARACTER: Final = r"[ !-%'-;=?-~]"
"""Printable ASCII that needs no escape in a text or an attribute."""

_SAFE_PATTERN: Final = re.compile(r"(?:[\w|,?:/ -]|\\[-.]|[\[\](){}])+", re.ASCII)
"""Patterns with the same meaning in a schema and in Python; `-[` would subtract characters in a schema."""
_CLASS_IN_BRACKETS: Final = re.compile(r"\(\[[^][()]*\]\)")
_MANY_WAYS: Final = re.compile(r"\)[{?]|,\}")
"""A group that is repeated, or anything without end: one text could match in many combinations."""

_DATE: Final = (
    r"[12][0-9](?:[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:0[48]|[2468][048]|[13579][26])-02-29)"
)
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
_DIGITS: Final = 16
"""Digits of a decimal that every schema and processor accepts."""

_OCCURS: Final = {"?": "?+", "*": "*+", "+": "++"}


class _UnknownKindError(Exception):
    """A content for which there is no expression."""


@dataclass(frozen=True, slots=True)
class FastValidator:
    """Expressions of one version under one code set.

    Attributes:
        before, after: what is around the series. Without series, `before` is everything.
        series: one of them. They are looked at one by one, because no other thread goes on meanwhile.
        least: how many there must be.
    """

    before: re.Pattern[bytes]
    series: re.Pattern[bytes] | None
    after: re.Pattern[bytes]
    least: int

    def knows(self, data: bytes, start: int, most: int) -> bool:
        """Whether a document is valid beyond doubt whose root's start tag ends at `start`.

        Of one that has more than `most` bytes before, in or behind one of its series, that is not known.
        """
        match, count = self.before.match(data, start, start + most), 0
        if match is None:
            return False
        end = match.end()
        while self.series is not None and (match := self.series.match(data, end, end + most)):
            count, end = count + 1, match.end()
        behind = self.after.fullmatch(data, end, end + most)
        return count >= self.least and behind is not None and behind.end() == len(data)


def surely_valid(data: bytes, profile: Profile, codes: str, most: int) -> bool:
    """Whether a document is valid beyond doubt; if not, nothing is known of it.

    `most` bounds the bytes that are looked at in one go, see `FastValidator.knows`. Raises UnknownCodeSet.
    """
    start = plain_start(data)
    found = validator(profile, codes)
    try:
        return start is not None and found is not None and found.knows(data, start, most)
    except SystemError:  # CPython's matcher loses a group's place in rare documents; a tree decides
        return False


@cache
def validator(profile: Profile, codes: str) -> FastValidator | None:
    """Return the expressions of a profile; None where something every document must have has none.

    Raises UnknownCodeSet.
    """
    expressions = _Expressions(profile, code_set(codes))
    children = profile.classes[profile.root_class]
    end = rf"</{re.escape(profile.root)}>{_BLANKS}"
    bulk = profile.series
    try:
        if bulk is None:
            return FastValidator(_bytes(_BLANKS + expressions.of(children)), None, _bytes(end), 0)
        at = children.index(bulk)
        return FastValidator(
            _bytes(_BLANKS + expressions.of(children[:at])),
            _bytes(expressions.one(bulk)),
            _bytes(expressions.of(children[at + 1 :]) + end),
            int(bulk.required),
        )
    except _UnknownKindError:
        return None


class _Expressions:
    def __init__(self, profile: Profile, codes: CodeSet) -> None:
        self._profile = profile
        self._codes = codes

    def of(self, elements: tuple[Element, ...]) -> str:
        """Elements in their order, blanks behind each.

        Raises _UnknownKindError for a required one.
        """
        return "".join(map(self._occurring, elements))

    def one(self, element: Element) -> str:
        """An element that is there once."""
        name, children = re.escape(element.name), self._profile.classes.get(element.type)
        if children is not None:
            return rf"<{name}>{_BLANKS}{self.of(children)}</{name}>{_BLANKS}"
        kind = self._profile.types.get(element.type) or DataType(element.type, element.type)
        return rf"<{name}{self._attribute(kind)}>{self._content(kind)}</{name}>{_BLANKS}"

    def _occurring(self, element: Element) -> str:
        try:
            one = self.one(element)
        except _UnknownKindError:
            if element.required:
                raise
            return ""  # a document that has it does not match
        if element.cardinality == "1":
            return one
        least, _, most = element.cardinality.partition("..")
        return f"(?:{one})" + (f"{{{least},{most}}}+" if most else _OCCURS[least])

    def _attribute(self, kind: DataType) -> str:
        attribute = kind.attribute
        if attribute is None:
            return ""
        value = self._codes_of(attribute.code_list) if attribute.fixed is None else re.escape(attribute.fixed)
        written = f' {attribute.name}="{value}"'
        return written if attribute.required else f"(?:{written})?+"

    def _codes_of(self, code_list: str) -> str:
        if code_list in self._codes.open:
            return r"[A-Za-z0-9._:-]++"
        return f"(?:{'|'.join(map(re.escape, sorted(self._codes.lists[code_list])))})"

    def _content(self, kind: DataType) -> str:
        if kind.code_list is not None:
            if kind.facets:
                raise _UnknownKindError
            return self._codes_of(kind.code_list)
        facets = dict(kind.facets)
        pattern = facets.pop("pattern", None)
        content = _CONTENTS.get(kind.base)
        if content is None or len(facets) + (pattern is not None) < len(kind.facets):
            raise _UnknownKindError
        return _matching(pattern) + content(facets)


def _bytes(expression: str) -> re.Pattern[bytes]:
    return re.compile(expression.encode())


def _matching(pattern: str | None) -> str:
    """A look ahead at whether all of a text has the form that a facet requires."""
    if pattern is None:
        return ""
    means_the_same = _SAFE_PATTERN.fullmatch(pattern) and "-[" not in pattern
    if not means_the_same or _MANY_WAYS.search(_CLASS_IN_BRACKETS.sub("[]", pattern)):
        raise _UnknownKindError
    return f"(?=(?:{pattern})<)"


def _string(facets: Mapping[str, str]) -> str:
    known = {"minLength", "maxLength"}
    if not facets.keys() <= known:
        raise _UnknownKindError
    return f"{_CHARACTER}{{{facets.get('minLength', '0')},{facets.get('maxLength', '')}}}+"


def _decimal(facets: Mapping[str, str]) -> str:
    if not facets.keys() <= {"totalDigits"}:
        raise _UnknownKindError
    total = min(_DIGITS, int(facets.get("totalDigits", _DIGITS)))
    behind = total // 2
    fraction = rf"(?:\.[0-9]{{1,{behind}}}+)?+" if behind else ""
    return f"-?+[0-9]{{1,{total - behind}}}+{fraction}"


def _integer(facets: Mapping[str, str]) -> str:
    most = facets.get("maxInclusive", "9" * _DIGITS)
    if not facets.keys() <= {"minInclusive", "maxInclusive"} or set(most) != {"9"}:
        raise _UnknownKindError
    least = facets.get("minInclusive")
    if least == "1":
        return f"[1-9][0-9]{{0,{len(most) - 1}}}+"
    if least not in {None, "0"}:
        raise _UnknownKindError
    return f"{'' if least else '-?+'}[0-9]{{1,{len(most)}}}+"


def _only(expression: str) -> Callable[[Mapping[str, str]], str]:
    def content(facets: Mapping[str, str]) -> str:
        if facets:
            raise _UnknownKindError
        return expression

    return content


_CONTENTS: Final = {
    "xs:string": _string,
    "xs:decimal": _decimal,
    "xs:integer": _integer,
    "xs:dateTime": _only(f"{_DATE}T{_TIME}"),
    "xs:date": _only(_DATE),
    "xs:time": _only(_TIME),
    "xs:duration": _only("P(?:[0-9]{1,4}+[YMD]|T[0-9]{1,4}+[HMS])"),
}
