"""From bytes to the typed document: strict JSON, with a pointer to whatever is not."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from gateway.grids.document import GridDocument
from gateway.grids.findings import GridFinding, GridModelError, capped, pointer

_DECODER: Final = msgspec.json.Decoder(GridDocument)
_PATH: Final = re.compile(r"^(?P<message>.*?)(?: - at `(?P<path>\$.*)`)?$", re.DOTALL)
_PATH_PART: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def decode(data: bytes) -> GridDocument:
    """The document as written; whether its content makes sense is another question (`check`).

    Raises:
        GridModelError: not UTF-8, not JSON, NaN or Infinity, a number beyond a double, a member missing,
            unknown, of another type or given twice.
    """
    try:
        document = _DECODER.decode(data)
    except UnicodeDecodeError as error:
        raise GridModelError([GridFinding("", f"not UTF-8 at byte {error.start}")]) from None
    except msgspec.ValidationError as error:
        raise GridModelError([_located(str(error))]) from None
    except msgspec.DecodeError as error:
        findings = list(capped(_not_numbers(data)))
        raise GridModelError(findings or [GridFinding("", str(error))]) from None
    repeated = list(capped(_repeated_members(data)))
    if repeated:
        raise GridModelError(repeated)
    return document


def _located(text: str) -> GridFinding:
    """A finding from the decoder's message, its `$.a[0].b` turned into a JSON pointer."""
    match = _PATH.match(text)
    message, path = (match["message"], match["path"] or "") if match else (text, "")
    parts = [name or int(index) for name, index in _PATH_PART.findall(path)]
    return GridFinding(pointer(*parts), message)


class _Repeating(dict[str, Any]):
    """A JSON object that names members more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        count = Counter(name for name, _ in pairs)
        self.repeated = tuple(name for name in self if count[name] > 1)


def _repeated_members(data: bytes) -> Iterator[GridFinding]:
    """Where an object names a member twice: the decoder keeps the last in silence, others keep the first."""
    found = False

    def take(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        content = dict(pairs)
        if len(content) == len(pairs):
            return content
        found = True
        return _Repeating(pairs)

    content = json.loads(data, object_pairs_hook=take, parse_int=float)
    if found:
        for place, value in _walk(content, ()):
            if isinstance(value, _Repeating):
                for name in value.repeated:
                    yield GridFinding(pointer(*place, name), "is given more than once")


def _not_numbers(data: bytes) -> Iterator[GridFinding]:
    """Where NaN or Infinity stand, which some writers put into JSON though it has neither."""
    try:
        values = list(_walk(json.loads(data, parse_int=float), ()))
    except (ValueError, RecursionError):
        return
    for place, value in values:
        if isinstance(value, float) and not math.isfinite(value):
            yield GridFinding(pointer(*place), "is not a finite number")


def _walk(content: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value of JSON content with its place."""
    yield place, content
    members: Iterable[tuple[str | int, Any]] = ()
    if isinstance(content, dict):
        members = content.items()
    elif isinstance(content, list):
        members = enumerate(content)
    for key, value in members:
        yield from _walk(value, (*place, key))
