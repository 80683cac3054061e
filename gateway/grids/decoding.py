"""From bytes to the typed document: strict JSON, with a pointer to whatever is not."""

import json
import math
from collections.abc import Iterator
from typing import Final

import msgspec

from gateway.domain import json_text
from gateway.domain.json_text import pointer
from gateway.grids.document import GridDocument
from gateway.grids.findings import GridFinding, GridModelError, capped

DECODER: Final = msgspec.json.Decoder(GridDocument)


def decode(data: bytes) -> GridDocument:
    """The document as written; whether its content makes sense is another question (`check`).

    Raises:
        GridModelError: not UTF-8, not JSON, NaN or Infinity, a number beyond a double, a member missing,
            unknown, of another type or given twice.
    """
    data = json_text.without_mark(data)
    try:
        document = DECODER.decode(data)
        json_text.check_members(data)
    except json_text.JsonTextError as error:
        raise GridModelError([GridFinding(fault.pointer, fault.message) for fault in error.faults]) from None
    except UnicodeDecodeError as error:
        raise GridModelError([GridFinding("", f"not UTF-8 at byte {error.start}")]) from None
    except msgspec.ValidationError as error:
        fault = json_text.located(error)
        raise GridModelError([GridFinding(fault.pointer, fault.message)]) from None
    except msgspec.DecodeError as error:
        findings = list(capped(_not_numbers(data)))
        raise GridModelError(findings or [GridFinding("", json_text.malformed(data, error))]) from None
    return document


def _not_numbers(data: bytes) -> Iterator[GridFinding]:
    """The places of NaN and Infinity, which some writers put into JSON though it has neither."""
    try:
        content = json.loads(data, parse_int=float)
    except (ValueError, RecursionError):
        return
    for node, value in json_text.walk(content):
        if isinstance(value, float) and not math.isfinite(value):
            yield GridFinding(pointer(*json_text.steps_of(node)), "is not a finite number")
