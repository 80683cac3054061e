"""libxml2's error messages as text a sender can act on: the form that is wanted, and what was found.

A complaint quotes expressions of hundreds of characters and names in Clark notation. This module reads both,
and nothing is cut out of them: the expressions of our types have a text, any other is quoted unchanged.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, NamedTuple

from esmp.profiles import profiles

LONGEST: Final = 200
"""Characters of a message."""

_QUOTED: Final = 48
"""Characters of a value that are quoted."""

_NAMESPACE: Final = re.compile(r"\{[^{}'\s]*[:/][^{}'\s]*\}")
_SUBJECT: Final = re.compile(r"Element '([^']*)'(?:, attribute '([^']*)')?: (.*)", re.DOTALL)
_EXPECTED: Final = re.compile(r"Expected is (?:one of )?\( (.*) \)\.")
_CODE: Final = re.compile(r"'([^']*)'")

_TYPE_TEXTS: Final = {
    "YMDHM_DateTime": "YYYY-MM-DDThh:mmZ (UTC, no seconds, hours from 00 to 23)",
    "ESMP_DateTime": "YYYY-MM-DDThh:mm:ssZ (UTC)",
    "ESMPVersion_String": "a whole number from 1 to 999",
    "ESMP_Float": "digits with at most one point, like 12.5",
    "ESMP_Float/pointed": "digits with a point, like 12.5",
    "xs:decimal": "a number like 12 or -3.5",
    "xs:float": "a number like 12 or -3.5",
    "xs:integer": "a whole number",
    "xs:duration": "a duration like PT15M",
    "xs:dateTime": "YYYY-MM-DDThh:mm:ssZ (UTC)",
    "xs:date": "YYYY-MM-DD",
    "xs:time": "hh:mm:ssZ (UTC)",
    "xs:boolean": "true or false",
}
"""Forms of types, by name; those of tables that have a pattern are known by their pattern too."""

FORMS: Final = frozenset(_TYPE_TEXTS.values())
"""How messages state what is wanted; no part of them comes from a document."""


class _Place(NamedTuple):
    """The element or attribute that a complaint is about, and the code set in force."""

    name: str
    codes: str


def worded(complaint: str, codes: str) -> str:
    """Return a complaint about an element or attribute in at most `LONGEST` characters."""
    plain = _SUBJECT.fullmatch(complaint)
    if plain is None:
        return clipped(_NAMESPACE.sub("", complaint))
    element, attribute, fault = plain.groups()
    name = _local(element) if attribute is None else f"{_local(element)}/@{_local(attribute)}"
    if (strange := _elsewhere(element, fault)) is not None:
        return clipped(f"{name}: {strange}")
    for form, render in _FORMS:
        if found := form.fullmatch(fault):
            return clipped(f"{name}: {render(found, _Place(name, codes))}")
    return clipped(f"{name}: {_NAMESPACE.sub('', fault)}")


def clipped(text: str) -> str:
    """Return a text in at most `LONGEST` characters."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def quoted(value: str) -> str:
    """Return a value as it is quoted; of a long one the beginning, and how long it is.

    Quotation marks in it are escaped, so that masking of values finds its end.
    """
    escaped = value[:_QUOTED].replace("\\", r"\\").replace("'", r"\'")
    return f"'{escaped}'" if len(value) <= _QUOTED else f"'{escaped}…' ({len(value)} characters)"


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _pattern(found: re.Match[str], _: _Place) -> str:
    value = quoted(found[1])
    return f"found {value}, wanted {_pattern_texts().get(found[2], f'the form {found[2]}')}"


@cache
def _pattern_texts() -> dict[str, str]:
    """Requirements of the patterns of types."""
    known: dict[str, str] = {}
    for profile in profiles():
        for data_type in profile.types.values():
            pattern = dict(data_type.facets).get("pattern")
            text = _TYPE_TEXTS.get(data_type.name)
            if pattern is not None and text is not None:
                known[pattern] = text
    return known


@cache
def _type_text(name: str) -> str:
    if name in _TYPE_TEXTS:
        return _TYPE_TEXTS[name]
    for profile in profiles():
        if (data_type := profile.types.get(name)) is not None:
            facets = dict(data_type.facets)
            text = _TYPE_TEXTS.get(data_type.base, f"a value of type {name}")
            least, most = facets.get("minInclusive"), facets.get("maxInclusive")
            return text if least is None or most is None else f"{text} from {least} to {most}"
    return f"a value of type {name}"


def _type(found: re.Match[str], place: _Place) -> str:
    if found[2] == "union":
        return f"{quoted(found[1])} is no code of {_local(found[3])} (code set {place.codes})"
    return f"found {quoted(found[1])}, wanted {_type_text(_local(found[3]))}"


def _enumeration(found: re.Match[str], place: _Place) -> str:
    """Name the codes that are taken; of a long list as many as fit, the most similar first, and how to see
    all."""
    choices = sorted(_CODE.findall(found[2]))
    start, end = f"{quoted(found[1])} is not in its code list: ", f" (code set {place.codes})"
    listed = ", ".join(choices)
    if len(place.name) + len(start) + len(listed) + len(end) + 2 <= LONGEST:
        return f"{start}{listed}{end}"
    where = f"all: flexgate schemas codes {place.name.rpartition('/@')[2]} --codes {place.codes}"
    store = LONGEST - len(place.name) - len(start) - len(where) - len("; ()… and 9999 more, ")
    letters = set(found[1][:_QUOTED])  # the value may be as long as a document
    alike = sorted(choices, key=lambda code: -len(letters & set(code)))
    shown = ", ".join(alike)[: max(store, 0)].rpartition(", ")[0]
    count = shown.count(", ") + 1 if shown else 0
    return f"{start}{shown} … and {len(choices) - count} more ({where})"


def _length(found: re.Match[str], _: _Place) -> str:
    return (
        f"{found[1]} characters, {'at most' if 'exceeds' in found[2] else 'at least'} {found[3]} are allowed"
    )


def _bound(found: re.Match[str], _: _Place) -> str:
    return f"{quoted(found[1])} is {'below' if found[2] == 'less' else 'above'} {found[3]}"


def _digits(found: re.Match[str], _: _Place) -> str:
    return f"{quoted(found[1])} has more than {found[2]} digits"


def _missing(found: re.Match[str], _: _Place) -> str:
    return f"{_choices(found[0])} is missing in it"


def _unexpected(found: re.Match[str], _: _Place) -> str:
    wanted = _choices(found[0])
    return f"does not belong here{f', wanted {wanted}' if wanted else ''}"


def _elsewhere(element: str, fault: str) -> str | None:
    """State that an element is expected, but of another namespace."""
    expected = _EXPECTED.search(fault)
    if not fault.startswith("This element is not expected") or expected is None:
        return None
    for wanted in expected[1].split(", "):
        namespace = wanted.rpartition("}")[0].lstrip("{")
        if wanted != element and _local(wanted) == _local(element) and namespace:
            found = element.rpartition("}")[0].lstrip("{")
            return f"is in {f'namespace {found}' if found else 'no namespace'}, wanted in {namespace}"
    return None


def missing(names: Sequence[str], parent: str) -> str:
    """State which elements are missing in their parent, as many as fit."""
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return clipped(f"{parent}: {listed} {'is' if len(names) == 1 else 'are'} missing in it")


def repeated(name: str, times: int, parent: str) -> str:
    """State that an element is too often in its parent."""
    return clipped(
        f"{name}: occurs {'twice' if times == 2 else f'{times} times'} in {parent}, at most once is right"
    )


def expected_names(complaint: str) -> Sequence[str]:
    """Return the names of the elements that libxml2 expected."""
    found = _EXPECTED.search(complaint)
    return () if found is None else [_local(name) for name in found[1].split(", ")]


def _choices(text: str) -> str:
    found = _EXPECTED.search(text)
    return "" if found is None else " or ".join(map(_local, found[1].split(", ")))


def _attribute(found: re.Match[str], _: _Place) -> str:
    return f"the attribute {found[1]} is missing"


def _fixed(text: str) -> Callable[[re.Match[str], _Place], str]:
    return lambda _, __: text


_VALUE: Final = r"\[facet '\w+'\] The value '(.*)'"
_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Place], str]], ...]] = tuple(
    (re.compile(form, re.DOTALL), render)
    for form, render in (
        (rf"{_VALUE} is not accepted by the pattern '(.*)'\.", _pattern),
        (rf"{_VALUE} is not an element of the set \{{(.*)\}}\.", _enumeration),
        (r"'(.*)' is not a valid value of the (?:local )?(atomic|union|list) type '(.*)'\.", _type),
        (r"\[facet '\w+'\] The value has a length of '(\d+)'; this (.*) length of '(\d+)'\.", _length),
        (
            r"\[facet '\w+'\] The value '(.*)' is (less|greater) than the \w+ value allowed \('(.*)'\)\.",
            _bound,
        ),
        (
            r"\[facet '\w+'\] The value '(.*)' has more (?:fractional )?digits than are allowed \('(.*)'\)\.",
            _digits,
        ),
        (r"Missing child element\(s\)\..*", _missing),
        (r"This element is not expected\..*", _unexpected),
        (r"The attribute '.*' is not allowed\.", _fixed("the attribute does not belong here")),
        (
            r"The attribute '(.*)' is required but missing\.",
            lambda found, _: f"the attribute {found[1]} is missing",
        ),
        (r"Character content.*", _fixed("text where only elements are allowed")),
        (r"Element content is not allowed.*", _fixed("elements where only text is allowed")),
    )
)
"""Complaints, and what is made of them; the first that matches counts."""
