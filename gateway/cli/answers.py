"""Acknowledgements of documents that a gateway sent, as their receivers write them."""

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from gateway.domain.document import Acknowledgement, ReceivedDocument
    from gateway.domain.party import Role

_NEVER: Final = "an Acknowledgement is never acknowledged"


class UnanswerableError(ValueError):
    """No Acknowledgement of a document can be written; the text says where and why."""


class _Header(NamedTuple):
    """What an answer repeats of the document that it is of."""

    sender: "Role"
    receiver: "Role"
    received: "ReceivedDocument"


def answer_to(data: bytes, reject: str | None = None) -> "Acknowledgement":
    """An Acknowledgement of a document, XML or JSON, by its receiver: it accepts all of it, or rejects it for
    a reason.

    Raises:
        UnanswerableError: no document, one without the names that an answer needs, or an Acknowledgement.
    """
    from gateway.domain.document import (
        ACKNOWLEDGEMENT_VERSION,
        Acknowledgement,
        DocumentHeader,
        DocumentKind,
    )
    from gateway.domain.reason import Reason, ReasonCode

    header = _header_of_json(data) if data.lstrip()[:1] in (b"{", b"[") else _header_of_xml(data)
    reasons = [Reason(ReasonCode.ACCEPTED, "message fully accepted")]
    if reject is not None:
        reasons = [Reason(ReasonCode.REJECTED, "message fully rejected"), Reason(ReasonCode.OTHER, reject)]
    return Acknowledgement(
        DocumentHeader(
            kind=DocumentKind.ACKNOWLEDGEMENT,
            version=ACKNOWLEDGEMENT_VERSION,
            mrid=uuid.uuid4().hex,
            revision=1,
            type=None,
            process=None,
            sender=header.receiver,
            receiver=header.sender,
            created_at=datetime.now(UTC).replace(microsecond=0),
        ),
        header.received,
        tuple(reasons),
    )


def as_xml(answer: "Acknowledgement") -> bytes:
    """The answer as an XML document.

    Raises:
        UnanswerableError: a value of it does not fit into one.
    """
    from mappings import UnwritableError, write

    try:
        return write(answer).data
    except UnwritableError as error:
        raise UnanswerableError(f"no Acknowledgement of the document can be written: {error}") from None


def as_json(answer: "Acknowledgement") -> bytes:
    """The answer as canonical JSON, one member a line."""
    import msgspec

    from mappings import canonical_json

    return msgspec.json.format(canonical_json.dumps(answer), indent=1) + b"\n"


def _header_of_xml(data: bytes) -> _Header:
    from esmp import DocumentRefused
    from esmp.parsing import parse, root_tag
    from gateway.domain.document import DocumentKind
    from gateway.domain.party import Role
    from mappings.header_peek import header_peek

    try:
        name = root_tag(data).rpartition("}")[2]
        line = parse(data).sourceline
    except DocumentRefused as error:
        found = error.finding
        raise UnanswerableError(f"line {found.line or 1}: {found.message}") from None
    if name.startswith(DocumentKind.ACKNOWLEDGEMENT):
        raise UnanswerableError(f"line {line}: {_NEVER}")
    peek = header_peek(data)
    if peek.sender is None or peek.receiver is None or peek.received.mrid is None:
        needed = {"a sender": peek.sender, "a receiver": peek.receiver, "an mRID": peek.received.mrid}
        missing = " and ".join(one for one, value in needed.items() if value is None)
        raise UnanswerableError(f"line {line}: {name} lacks {missing}, so no Acknowledgement can name it")
    sender, receiver = Role(peek.sender, peek.sender_role), Role(peek.receiver, peek.receiver_role)
    return _Header(sender, receiver, peek.received)


def _header_of_json(data: bytes) -> _Header:
    from gateway.domain.document import DocumentKind, ReceivedDocument
    from gateway.domain.json_text import JsonTextError
    from mappings import canonical_json

    try:
        header = canonical_json.loads(data).header
    except JsonTextError as error:
        raise UnanswerableError(str(error)) from None
    if header.kind is DocumentKind.ACKNOWLEDGEMENT:
        raise UnanswerableError(f"/kind: {_NEVER}")
    received = ReceivedDocument(
        header.mrid, header.revision, header.type, header.process, created_at=header.created_at
    )
    return _Header(header.sender, header.receiver, received)
