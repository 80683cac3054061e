"""Metadata of a message in headers: CloudEvents 1.0, HTTP binding, binary mode."""

from datetime import datetime


def event_headers(
    *, source: str, message_id: str, kind: str, at: datetime, answers: str | None, gate_id: str | None
) -> dict[str, str]:
    """The attributes as headers; all are plain ASCII, so nothing needs to be percent-encoded.

    Args:
        source: URI of this gateway.
        kind: document family, e.g. `Acknowledgement`.
        answers: id of the document or run it answers; becomes the subject.
        gate_id: of a result, its gate; becomes the extension attribute `gate`.
    """
    headers = {
        "ce-specversion": "1.0",
        "ce-id": message_id,
        "ce-source": source,
        "ce-type": f"eu.flexgate.{kind}.v1",
        "ce-time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    if answers is not None:
        headers["ce-subject"] = answers
    if gate_id is not None:
        headers["ce-gate"] = gate_id
    return headers
