"""The body of a request as bytes, of an accepted type."""

from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Depends, Request
from starlette.datastructures import Headers

from adapters.kit.charset import charset_fault
from adapters.kit.http.problems import ProblemResponse, ProblemType

JSON: Final = "application/json"
XML: Final = "application/xml"
CSV: Final = "text/csv"


@dataclass(frozen=True, slots=True)
class Body:
    """A received body, and the type that its sender declares (media type in small letters, without
    parameters)."""

    content_type: str
    data: bytes = field(repr=False)


def body_of_type(is_accepted: Callable[[str], bool], accepted: Collection[str]) -> Any:
    """The dependency that reads a body, see `read_body`; put it after the permission."""

    async def body(request: Request) -> Body:
        return await read_body(request, is_accepted, accepted)

    read: Callable[[Request], Coroutine[Any, Any, Body]] = body
    return Depends(read)


async def read_body(request: Request, is_accepted: Callable[[str], bool], accepted: Collection[str]) -> Body:
    """The body, of a type for which `is_accepted`; `accepted` names the types for people.

    Compressed bodies are refused: their size cannot be bounded before they are opened.

    Raises:
        ProblemResponse: it is of another type, compressed, or in another encoding than declared.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not is_accepted(content_type):
        named = content_type or "a body without Content-Type"
        raise ProblemResponse(
            ProblemType.UNSUPPORTED_MEDIA_TYPE, f"{named} is not accepted; send {' or '.join(accepted)}"
        )
    if (encoding := content_encoding(request.headers)) != "identity":
        raise ProblemResponse(
            ProblemType.UNSUPPORTED_MEDIA_TYPE,
            f"content encoding {encoding} is not taken; send the body as it is",
            headers={"Accept-Encoding": "identity"},
        )
    data = await request.body()
    if fault := charset_fault(request.headers.get("content-type", ""), data):
        raise ProblemResponse(ProblemType.UNSUPPORTED_MEDIA_TYPE, fault)
    return Body(content_type, data)


def content_encoding(headers: Headers) -> str:
    """Every coding that is named, in small letters; `identity` where there is none."""
    named = ",".join(headers.getlist("content-encoding")).lower()
    codings = [coding.strip() for coding in named.split(",")]
    return ", ".join(coding for coding in codings if coding not in ("", "identity")) or "identity"


def request_body(
    *types: str,
    description: str,
    examples: dict[str, Any] | None = None,
    named: dict[str, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """How OpenAPI describes a body that is read as bytes; with one example of a type, or several by name."""
    content: dict[str, Any] = {media_type: {"schema": {}} for media_type in types}
    for media_type, example in (examples or {}).items():
        content[media_type]["example"] = example
    for media_type, each in (named or {}).items():
        content[media_type]["examples"] = {name: {"value": value} for name, value in each.items()}
    return {"requestBody": {"required": True, "description": description, "content": content}}
