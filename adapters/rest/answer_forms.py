"""The form in which a document of ours is fetched: as it is pushed, or a table if only that is accepted."""

from typing import Any, Final

from fastapi import Request

import esmp
import mappings
from adapters.http.body import CSV, XML

CONTENT: Final[dict[str, Any]] = {media_type: {"schema": {"type": "string"}} for media_type in (XML, CSV)}
"""As OpenAPI says it."""


def in_accepted_form(request: Request, payload: bytes, content_type: str) -> tuple[bytes, str]:
    """The bytes to answer with, and their media type.

    Only who accepts `text/csv` and nothing else gets a table, and only of documents that have one.
    """
    if not only_table(request):
        return payload, content_type
    table = _table(payload)
    return (payload, content_type) if table is None else (table, CSV)


def only_table(request: Request) -> bool:
    """Whether the caller accepts tables and nothing else."""
    accept = request.headers.get("accept", "")
    return {each.partition(";")[0].strip().lower() for each in accept.split(",")} == {CSV}


def _table(payload: bytes) -> bytes | None:
    report = esmp.validate(payload)
    if report.identity is None or not report.valid:
        return None
    try:
        document = mappings.read(payload, report.identity, report.root).document
    except mappings.UnmappedFamilyError:
        return None
    return None if document is None else mappings.result_csv(document)
