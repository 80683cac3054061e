"""The Data sections of an AMQP 1.0 message, from its bytes: a body may have several, proton returns the last.

Encodings: OASIS AMQP 1.0, part 1 (1.2) and part 3 (3.2).
"""

from typing import Final

_DESCRIBED: Final = 0x00
_DATA: Final = (b"\x53\x75", b"\x80" + (0x75).to_bytes(8, "big"), b"\xa3\x10amqp:data:binary")
_FIXED: Final = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
"""Bytes of a value by the upper half of its constructor; others are preceded by their size."""
_SIZED: Final = {0xA: 1, 0xB: 4, 0xC: 1, 0xD: 4, 0xE: 1, 0xF: 4}
"""Bytes of that size."""


def joined_data(message: bytes) -> bytes | None:
    """The content of all Data sections of a message, one after the other; None if it has none.

    Raises:
        ValueError: these are no sections of AMQP 1.0.
    """
    found: list[bytes] = []
    at = 0
    while at < len(message):
        if message[at] != _DESCRIBED:
            raise ValueError("a section is a described type")
        _, value = _span(message, at + 1)
        begins, ends = _span(message, value)
        if message[at + 1 : value] in _DATA:
            found.append(message[begins:ends])
        at = ends
    return b"".join(found) if found else None


def _span(message: bytes, at: int) -> tuple[int, int]:
    """Where the bytes of a primitive value begin and end; `at` is its constructor."""
    if at >= len(message):
        raise ValueError("it ends too early")
    form = message[at] >> 4
    if form in _FIXED:
        begins, size = at + 1, _FIXED[form]
    elif form in _SIZED:
        begins = at + 1 + _SIZED[form]
        size = int.from_bytes(message[at + 1 : begins], "big")
    else:
        raise ValueError("a constructor that is not known")
    if begins + size > len(message):
        raise ValueError("it ends too early")
    return begins, begins + size
