"""The header that all market documents share, and other small structures that recur in every family."""

from collections.abc import Iterable
from typing import Final

from gateway.domain.document import DocumentHeader, DocumentKind
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Reason
from mappings.element_plan import Group, Record, Table
from mappings.texts import minute_text, moment, moment_text


def party_fields(field: str, *elements: str) -> dict[str, str]:
    """Return the table rows of a coded id: the code, and `…_scheme` for its coding scheme."""
    return {
        field: " ".join(elements),
        f"{field}_scheme": " ".join(f"{element}/@codingScheme" for element in elements),
    }


def interval_fields(*elements: str, prefix: str = "") -> dict[str, str]:
    """Return the table rows of a time interval: `start` and `end`."""
    return {
        f"{prefix}{end}": " ".join(f"{element}/{end}" for element in elements) for end in ("start", "end")
    }


HEADER: Final[Table] = {
    "mrid": "mRID",
    "revision": "revisionNumber",
    "type": "type",
    "process": "process.processType Process/processType",
    **party_fields("sender", "sender_MarketParticipant.mRID", "Sender_MarketParticipant/mRID"),
    "sender_role": "sender_MarketParticipant.marketRole.type Sender_MarketParticipant/MarketRole/type",
    **party_fields("receiver", "receiver_MarketParticipant.mRID", "Receiver_MarketParticipant/mRID"),
    "receiver_role": "receiver_MarketParticipant.marketRole.type Receiver_MarketParticipant/MarketRole/type",
    "created_at": "createdDateTime",
}

DOMAIN_AND_SUBJECT: Final[Table] = {
    **party_fields("domain", "domain.mRID"),
    **party_fields("subject", "subject_MarketParticipant.mRID"),
    "subject_role": "subject_MarketParticipant.marketRole.type",
}

REASONS: Final = Group("Reason", {"code": "code", "text": "text"})


def header_of(record: Record, kind: DocumentKind, version: str) -> DocumentHeader:
    """Read the header out of a document's record.

    Raises:
        MarketTimeError: no moment of creation.
        KeyError: a field that every version demands is missing.
    """
    return DocumentHeader(
        kind=kind,
        version=version,
        mrid=record["mrid"],
        revision=int(record.get("revision", 1)),
        type=record.get("type"),
        process=record.get("process"),
        sender=Role(CodedId(record["sender"], record["sender_scheme"]), record.get("sender_role")),
        receiver=Role(CodedId(record["receiver"], record["receiver_scheme"]), record.get("receiver_role")),
        created_at=moment(record["created_at"]),
    )


def header_record(header: DocumentHeader) -> Record:
    """Return the record of a header."""
    return {
        "mrid": header.mrid,
        "revision": str(header.revision),
        "type": header.type,
        "process": header.process,
        **role_record("sender", header.sender),
        **role_record("receiver", header.receiver),
        "created_at": moment_text(header.created_at),
    }


def frame_record(
    header: DocumentHeader, period: Interval, domain: CodedId | None = None, subject: Role | None = None
) -> Record:
    """Return the content around the series of most documents.

    Raises:
        MarketTimeError: an end of the period is no whole minute.
    """
    return {
        **header_record(header),
        **interval_record(period),
        **coded_record("domain", domain),
        **role_record("subject", subject),
    }


def coded(record: Record, field: str) -> CodedId | None:
    """Read a coded id, None where the record has none."""
    code = record.get(field)
    return None if code is None else CodedId(code, record.get(f"{field}_scheme", "A01"))


def coded_record(field: str, value: CodedId | None) -> Record:
    """Return the two fields of a coded id."""
    return {} if value is None else {field: value.code, f"{field}_scheme": value.scheme}


def role_of(record: Record, field: str) -> Role | None:
    """Read a party in its role, None where the record has no party."""
    party = coded(record, field)
    return None if party is None else Role(party, record.get(f"{field}_role"))


def role_record(field: str, role: Role | None) -> Record:
    """Return the three fields of a party in its role."""
    return {} if role is None else {**coded_record(field, role.party), f"{field}_role": role.role}


def interval_record(interval: Interval, prefix: str = "") -> Record:
    """Return the two fields of a time interval.

    Raises:
        MarketTimeError: an end is no whole minute.
    """
    return {f"{prefix}start": minute_text(interval.start), f"{prefix}end": minute_text(interval.end)}


def party_of(record: Record, field: str) -> CodedId:
    """Read a coded id that every version demands."""
    return CodedId(record[field], record[f"{field}_scheme"])


def reasons_of(record: Record) -> tuple[Reason, ...]:
    """Read the reasons of a record."""
    return tuple(Reason(row["code"], row.get("text")) for row in record.get("reasons", ()))


def reason_records(reasons: Iterable[Reason]) -> list[Record]:
    """Return the records of reasons."""
    return [{"code": str(reason.code), "text": reason.text} for reason in reasons]
