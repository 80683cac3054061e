"""The form in which a document is fetched: as it is pushed, or JSON or a table if only that is accepted."""

from typing import Any, Final

from fastapi import Request

import esmp
import mappings
from adapters.kit.http.body import CSV, JSON, XML
from mappings import canonical_json

CONTENT: Final[dict[str, Any]] = {media_type: {"schema": {"type": "string"}} for media_type in (XML, CSV)} | {
    JSON: {"schema": {"type": "object"}}
}
"""As OpenAPI states it."""


def in_accepted_form(request: Request, payload: bytes, content_type: str) -> tuple[bytes, str]:
    """The bytes to answer with, and their media type.

    Only who accepts `application/json` or `text/csv` and nothing else gets that, and only of documents that
    have such a form.
    """
    wanted = only_form(request)
    if wanted is None:
        return payload, content_type
    body = _in_form(payload, wanted)
    return (payload, content_type) if body is None else (body, wanted)


def only_form(request: Request) -> str | None:
    """The form, JSON or a table, that the caller accepts and nothing else; None: it accepts any form."""
    accept = request.headers.get("accept", "")
    accepted = {each.partition(";")[0].strip().lower() for each in accept.split(",")}
    return next((form for form in (JSON, CSV) if accepted == {form}), None)


def _in_form(payload: bytes, form: str) -> bytes | None:
    report = esmp.validate(payload)
    if report.identity is None or not report.valid:
        return None
    try:
        document = mappings.read(payload, report.identity, report.root).document
    except mappings.UnmappedFamilyError:
        return None
    if document is None:
        return None
    return canonical_json.dumps(document) if form == JSON else mappings.result_csv(document)
