"""JSON as everybody reads it: UTF-8, no NaN, no member twice; every fault at its JSON pointer (RFC 6901).

RFC 8259 leaves open what a member means that is given twice; readers silently use the last, or the first.
This parser reports it as a fault.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final

import msgspec

MOST_FAULTS: Final = 20
LONGEST: Final = 200
"""Characters of a message."""

LARGE_BYTES: Final = 2**17

UNCARRIED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that no XML 1.0 document can contain (section 2.2): answers and converted documents would have
another text, and two ids could become one."""

_MAYBE_UNCARRIED: Final = re.compile(rb"\\(?:[bf]|u00[01]|u[fF]{3}[eEfF]|u[dD][89a-fA-F])|\xef\xbf[\xbe\xbf]")
"""Matches in every JSON text that has such a character, and in few others."""

_MAYBE_ALTERED: Final = re.compile(rb"[:,\[\s]-?(?=[\d.]{17})\d+\.\d|\d[eE]-\d")
"""Matches in every JSON text with a fraction that a double may not hold, and in few others."""

_LONG: Final = b"0" * 17
_AS_DIGITS: Final = bytes.maketrans(b"123456789.", b"0" * 10)

_MARK: Final = b"\xef\xbb\xbf"
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_AT_BYTE: Final = re.compile(r"JSON is malformed: (.*) \(byte (\d+)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class JsonFault:
    """One thing wrong with a JSON text; the empty pointer means all of it."""

    pointer: str
    message: str

    def __post_init__(self) -> None:
        if len(self.message) > LONGEST:
            object.__setattr__(self, "message", f"{self.message[: LONGEST - 1]}…")


class JsonTextError(ValueError):
    """A text that is not the JSON it should be; `faults` state where and why."""

    def __init__(self, faults: Sequence[JsonFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.pointer or '/'}: {fault.message}" for fault in faults))


def decode(data: bytes, outline: Any = None) -> Any:
    """Read JSON, with or without a byte-order mark.

    Args:
        outline: the type of the document for msgspec; a large text that has another is read no further
            than that shows: a million unknown members cost nothing.

    Raises:
        JsonTextError: not UTF-8, not JSON, nested too deeply, a number beyond a double, a member given twice,
            a text that no XML document can contain, not of that outline.
    """
    data = without_mark(data)
    try:
        if outline is not None and len(data) > LARGE_BYTES:
            msgspec.json.decode(data, type=outline)
        content = msgspec.json.decode(data)
        check_members(data)
    except UnicodeDecodeError as error:
        raise JsonTextError([JsonFault("", f"not UTF-8 at byte {error.start}")]) from None
    except RecursionError:
        raise JsonTextError([JsonFault("", "nested too deeply")]) from None
    except msgspec.ValidationError as error:
        raise JsonTextError(_beyond_double(data) or [located(error)]) from None
    except msgspec.DecodeError as error:
        raise JsonTextError([JsonFault("", malformed(data, error))]) from None
    if _has_long_number(data) and _MAYBE_ALTERED.search(data) and (faults := _altered(data)):
        raise JsonTextError(faults)
    if _MAYBE_UNCARRIED.search(data) and (faults := list(islice(_uncarried_texts(content), MOST_FAULTS))):
        raise JsonTextError(faults)
    return content


def _has_long_number(data: bytes) -> bool:
    """Whether a text has anything that `_MAYBE_ALTERED` could match, in a tenth of its time."""
    return b"e-" in data or b"E-" in data or _LONG in data.translate(_AS_DIGITS)


def uncarried(text: str) -> str | None:
    """Return which character of a text no XML document can contain; None: it can contain all."""
    found = UNCARRIED.search(text)
    return None if found is None else f"character U+{ord(found[0]):04X}, which no XML document can carry"


def _uncarried_texts(content: Any) -> Iterator[JsonFault]:
    for node, value in walk(content):
        if isinstance(value, str) and (fault := uncarried(value)):
            yield JsonFault(pointer(*map(_shown, steps_of(node))), fault)
        elif isinstance(value, dict):
            for name in value:
                if fault := uncarried(name):
                    yield JsonFault(pointer(*map(_shown, steps_of(node))), f"a member's name has {fault}")


def _shown(step: str | int) -> str | int:
    return UNCARRIED.sub("\ufffd", step) if isinstance(step, str) else step


def _beyond_double(data: bytes) -> list[JsonFault]:
    """The places of numbers that no double holds; a parser that stops at the first has no more. Nothing where
    the text stops being JSON further on."""
    try:
        content = json.loads(data, parse_int=float, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return []
    beyond = (
        JsonFault(pointer(*steps_of(node)), "number out of range: at most 1.8e308 can be computed with")
        for node, value in walk(content)
        if isinstance(value, float) and not math.isfinite(value)
    )
    return list(islice(beyond, MOST_FAULTS))


def altered(text: str) -> bool:
    """Whether a decimal is another number once a double holds it, beyond what writing it again shows."""
    try:
        return Decimal(text) != Decimal(repr(float(text)))
    except InvalidOperation:
        return False  # no number at all, or one that no double is near


def _altered(data: bytes) -> list[JsonFault]:
    """The places of numbers that a double changes: of more digits than it has, or next to 0."""
    content = json.loads(data, parse_int=str, parse_float=_Number)
    found = (
        JsonFault(
            pointer(*steps_of(node)), f"{value[:40]} cannot be stored exactly: at most 15 digits are allowed"
        )
        for node, value in walk(content)
        if isinstance(value, _Number) and altered(value)
    )
    return list(islice(found, MOST_FAULTS))


class _Number(str):
    """A number as a text writes it."""

    __slots__ = ()


def _no_number(name: str) -> float:
    raise ValueError(name)


def without_mark(data: bytes) -> bytes:
    """Return a text without its byte-order mark, if it has one."""
    return data.removeprefix(_MARK)


def malformed(data: bytes, error: msgspec.DecodeError) -> str:
    """Return where a text stops being JSON, by line and column."""
    found = _AT_BYTE.fullmatch(str(error))
    if found is None:
        return f"not JSON: {error}"
    place = int(found[2])
    line = data.count(b"\n", 0, place) + 1
    column = place - data.rfind(b"\n", 0, place)
    return f"not JSON: {found[1]} in line {line}, column {column}"


def check_members(data: bytes) -> None:
    """Refuse a text, known to be JSON, in which an object names a member twice.

    Raises:
        JsonTextError: see there.
    """
    found = False

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        content = dict(pairs)
        if len(content) == len(pairs):
            return content
        found = True
        return _Repeating(content, pairs)

    content = json.loads(data, object_pairs_hook=collect, parse_int=float)
    if found:
        repeated = (
            JsonFault(pointer(*steps_of(node), name), "given more than once")
            for node, value in walk(content, leaves=False)
            if isinstance(value, _Repeating)
            for name in value.repeated
        )
        raise JsonTextError(list(islice(repeated, MOST_FAULTS)))


class _Repeating(dict[str, Any]):
    """An object that names members more than once."""

    def __init__(self, content: dict[str, Any], pairs: list[tuple[str, Any]]) -> None:
        super().__init__(content)
        self.repeated = tuple(islice(_given_again(pairs), MOST_FAULTS))


def _given_again(pairs: list[tuple[str, Any]]) -> Iterator[str]:
    """The names that are there more than once, each with its first repetition."""
    times: dict[str, int] = {}
    for name, _ in pairs:
        times[name] = times.get(name, 0) + 1
        if times[name] == 2:
            yield name


Node = tuple["Node", str | int] | None
"""A value's place: that of its container, and its name or number there; None: the document."""


def walk(content: Any, *, leaves: bool = True) -> Iterator[tuple[Node, Any]]:
    """Every value of JSON content with its place, in order; without leaves only objects and lists."""
    waiting: list[tuple[Node, Any]] = [(None, content)]
    while waiting:
        node, value = waiting.pop()
        yield node, value
        if isinstance(value, dict):
            waiting += reversed(
                [((node, name), each) for name, each in value.items() if leaves or _holds(each)]
            )
        elif isinstance(value, list):
            waiting += reversed(
                [((node, number), each) for number, each in enumerate(value) if leaves or _holds(each)]
            )


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list)


def steps_of(node: Node) -> tuple[str | int, ...]:
    """The steps to a place."""
    steps: list[str | int] = []
    while node is not None:
        node, step = node
        steps.append(step)
    return tuple(reversed(steps))


def pointer(*steps: str | int) -> str:
    """A JSON pointer from its steps, escaped as RFC 6901 wants."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def located(error: msgspec.ValidationError) -> JsonFault:
    """The fault that msgspec reports, its `$.a[0].b` as a pointer as far as it names members."""
    text, _, place = str(error).partition(" - at `")
    path = place.rpartition("$")[2].rstrip("`").partition("[...]")[0]
    steps = (name or int(number) for name, number in _STEP.findall(path))
    return JsonFault(pointer(*steps), as_text(text))


_TYPE_NAMES: Final = {
    "float": "a number",
    "int": "a whole number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "a time like 2026-03-01T06:00:00Z",
    "null": "null",
}
_EXPECTED: Final = re.compile(r"Expected `([\w |]+)`, got `([\w ]+)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_LEAST: Final = re.compile(r"Expected `(\w+)` (>=|<=|>|<) (.*)")
_BOUNDS: Final = {">=": "at least", "<=": "at most", ">": "above", "<": "below"}
_FORM: Final = re.compile(r"Expected `str` matching regex '(.*)'", re.DOTALL)
_FORMS: Final = {
    r"^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:00)?(Z|[+-]\\d\\d:\\d\\d)$": "a time like 2026-03-01T06:00Z",
    r"^(areas|measurements)\\[\\d{1,4}\\]/\\w+$": "a place like measurements[1]/value",
}
"""Forms of texts that our types require, as msgspec quotes them."""

FORMS: Final = frozenset((*_TYPE_NAMES.values(), *_FORMS.values()))
"""How messages state what is wanted; no part of them comes from a document."""
_REQUIRED: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)


def _wanted(text: str) -> str | None:
    if found := _LEAST.fullmatch(text):
        return f"{_TYPE_NAMES.get(found[1], found[1])}, {_BOUNDS[found[2]]} {found[3]}"
    if found := _FORM.fullmatch(text):
        return _FORMS.get(found[1], f"a text of the form {found[1]}")
    return _TYPE_NAMES["datetime"] if text == "Invalid RFC3339 encoded datetime" else None


def as_text(text: str) -> str:
    """Rewrite a message of msgspec without the names of types of a programming language."""
    if found := _EXPECTED.fullmatch(text):
        wanted = " or ".join(_TYPE_NAMES.get(kind, kind) for kind in found[1].split(" | "))
        return f"found {_TYPE_NAMES.get(found[2], found[2])}, wanted {wanted}"
    if form := _wanted(text):
        return f"wanted {form}"
    if found := _UNKNOWN.fullmatch(text):
        return f"there is no member {found[1]!r} here"
    if found := _REQUIRED.fullmatch(text):
        return f"the member {found[1]!r} is missing"
    return text
