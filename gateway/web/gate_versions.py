"""Versions of gates as entity tags (RFC 9110, 8.8.3 and 13.1.1): no client overwrites changes it has not
read."""

import re
from typing import Annotated

from fastapi import Header, Response

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="ETag of the gate as you saw it: 412 if it has changed since. Left out: whatever it is "
        "now.",
        examples=['"3"'],
    ),
]


_OURS = re.compile(r'"([0-9]{1,18})"')


def etag_of(version: int) -> str:
    """The tag of a version."""
    return f'"{version}"'


def versions_of(if_match: str | None) -> frozenset[int] | None:
    """The versions that a caller means; None: any. A tag that is none of ours, or weak, is of no version."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(int(tag[1]) for each in if_match.split(",") if (tag := _OURS.fullmatch(each.strip())))


def tag(response: Response, version: int) -> None:
    """Set the entity tag of the version that an answer shows."""
    response.headers["ETag"] = etag_of(version)


TAGGED = {
    "headers": {
        "ETag": {
            "description": "The gate's `version`, for If-Match: another after each change of its terms or "
            "its state. Who has closed, and remarks, change without.",
            "schema": {"type": "string"},
            "example": '"3"',
        }
    }
}
"""An answer with a tag, in OpenAPI."""
