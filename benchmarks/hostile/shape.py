"""What a shape is: a function of a size in bytes; what it gives is about as long."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

XML: Final = "application/xml"
JSON: Final = "application/json"
CSV: Final = "text/csv"


@dataclass(frozen=True)
class Shape:
    """One kind of input.

    Attributes:
        entry: where it is read: `documents`, `assignments` (of units to grids) or `models` (of grids).
        media_type: what the sender calls it.
        make: about so many bytes of it.
    """

    entry: str
    media_type: str
    make: Callable[[int], bytes]


def filled(size: int, before: str, after: str, piece: Callable[[int], str], between: str = "") -> bytes:
    """Pieces, numbered from 1, between a beginning and an end, about `size` bytes."""
    pieces: list[str] = []
    store = size - len(before) - len(after)
    for number in count(1):
        pieces.append(piece(number))
        store -= len(pieces[-1]) + len(between)
        if store < 0:
            return (before + between.join(pieces) + after).encode()
    raise AssertionError


def twice(size: int) -> bytes:
    """An object that names every member twice."""
    names = filled(size // 2, "", "", lambda number: f'"TEST-{number}":1', ",").decode()
    return f"{{{names},{names}}}".encode()
