"""Messages on wrong values of requests: what was expected, and what was found."""

import json
from collections.abc import Mapping
from typing import Any, Final

MOST_CHARACTERS: Final = 200
"""Of what was found, at most."""

_TIME = "a moment with its offset from UTC, such as 2026-03-01T23:00:00Z"
_DURATION = "a duration by ISO 8601, such as PT15M"

_WANTED: Final[Mapping[str, str]] = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "datetime": _TIME,
    "dict": "an object",
    "enum": "one of {expected}",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "list_type": "a list",
    "literal_error": "one of {expected}",
    "model": "an object",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "string_too_long": "a text of at most {max_length} characters",
    "string_too_short": "a text of at least {min_length} characters",
    "string_type": "a text",
    "time_delta": _DURATION,
    "timezone": _TIME,
    "too_long": "a list of at most {max_length} entries",
    "too_short": "a list of at least {min_length} entries",
    "tuple_type": "a list",
}
"""By the kinds of faults that pydantic reports, or by how their names begin."""


def fault_text(fault: Mapping[str, Any]) -> str:
    """A fault as the caller reads it.

    Args:
        fault: as pydantic reports it, with `type`, `input` and, where there are such, bounds in `ctx`.
    """
    kind, bounds = str(fault["type"]), fault.get("ctx") or {}
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "a member of this name is not accepted"
    if kind == "json_invalid":
        return f"wanted JSON: {bounds.get('error', 'it cannot be read')}"
    known = kind if kind in _WANTED else next((name for name in _WANTED if kind.startswith(f"{name}_")), None)
    wanted = "another value" if known is None else _WANTED[known].format_map(_Bounds(bounds))
    return f"wanted {wanted}; got {_shown(fault.get('input'))}"


class _Bounds(dict[str, Any]):
    """Bounds by name; one that is not given is left open."""

    def __missing__(self, name: str) -> str:
        return "…"

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        return str(value) if value is not None else "…"


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # no JSON, as bytes of a body that was not read
        text = str(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
