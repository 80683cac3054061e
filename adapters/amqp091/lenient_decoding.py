"""Properties of AMQP 0-9-1 messages that do not decode cost the connection nothing.

A broker forwards the properties of a message as bytes and checks hardly any. pamqp raises over one that is no
UTF-8, over a time beyond all calendars, over a header table it cannot read; aiormq then breaks the
connection, and the broker brings the same message again, for ever. This decoder returns such a text with its
bytes as surrogates (PEP 383), which every channel refuses where the text matters; a time or a table is not
there, for it is never read.
"""

import struct
from datetime import datetime
from typing import Any, Final

from pamqp import decode

_TIME_BYTES: Final = 8


def short_text(value: bytes) -> tuple[int, str]:
    """A short string (AMQP 0-9-1, 4.2.5.3), and the bytes it occupies.

    Raises:
        ValueError: it is cut short.
    """
    if not value or len(value) <= value[0]:
        raise ValueError("a short string is cut short")
    end = value[0] + 1
    return end, value[1:end].decode("utf-8", "surrogateescape")


def moment(value: bytes) -> tuple[int, datetime | None]:
    """A time (4.2.5.4); none where no calendar has it."""
    try:
        return decode.timestamp(value)
    except (ValueError, OverflowError, OSError):
        return _TIME_BYTES, None


def table(value: bytes) -> tuple[int, Any]:
    """A field table (4.2.5.5); an empty one where it cannot be read."""
    try:
        return decode.field_table(value)
    except (ValueError, OverflowError, RecursionError, ArithmeticError):
        (length,) = struct.unpack(">I", value[:4])
        return 4 + length, {}


def install() -> None:
    """Let pamqp decode so in this process; nothing else of the gateway uses it."""
    decode.METHODS.update({"shortstr": short_text, "timestamp": moment, "table": table})
    decode.TABLE_MAPPING[b"T"] = moment
