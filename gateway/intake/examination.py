"""Bytes → what they say and what is wrong with them. Touches no store; safe to run in any thread."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import esmp
import mappings
from gateway.domain.document import CanonicalDocument, DocumentKind, ReceivedDocument, ReserveBids
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.glimpse import glimpse
from gateway.intake.places import Places
from gateway.intake.reasons import finding_of
from gateway.intake.rules import bid_findings, header_findings, remarks
from gateway.intake.series import associated
from mappings import canonical_json

XML_TYPES: Final = frozenset({"application/xml", "text/xml"})


@dataclass(frozen=True)
class Examination:
    """What a payload says, and what is wrong with it.

    Attributes:
        document: what was read, without the series that findings name; None when it is refused as a whole.
        received: how an acknowledgement names it.
        kind: its family, if that much could be told.
        findings: of the document, or of single series when there is a document.
        remarks: what is odd but accepted.
        places: where things stand in the document, for findings that come later.
    """

    document: CanonicalDocument | None
    received: ReceivedDocument
    kind: DocumentKind | None
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    places: Places = field(default_factory=lambda: Places(None))


def examine(payload: bytes, content_type: str, received_at: datetime, codes: str | None) -> Examination:
    """Find out what a payload says. Anything wrong is an answer, never an exception.

    `codes` names the code set of the sender's market, None for the default.
    """
    if content_type in XML_TYPES or content_type.endswith("+xml"):
        return _examine_xml(payload, received_at, codes or esmp.DEFAULT_CODES)
    if content_type == "application/json" or content_type.endswith("+json"):
        return _examine_json(payload, received_at)
    return unreadable(f"content type {content_type!r} is neither XML nor JSON")


def unreadable(message: str, code: ReasonCode = ReasonCode.CANNOT_BE_PROCESSED) -> Examination:
    """The examination of a document that nobody looked into."""
    finding = Finding(Stage.WELL_FORMED, code, message)
    return Examination(None, ReceivedDocument(), None, (finding,))


def _examine_xml(payload: bytes, received_at: datetime, codes: str) -> Examination:
    report = esmp.validate(payload, codes=codes)
    kind = _kind_of(report.identity)
    if report.findings or report.identity is None:
        received = ReceivedDocument() if _has_doctype(report) else glimpse(payload)
        return Examination(None, received, kind, tuple(map(finding_of, report.findings)))
    try:
        reading = mappings.read(payload, report.identity, report.root)
    except mappings.UnmappedFamilyError as error:
        finding = Finding(Stage.IDENTIFIED, ReasonCode.CANNOT_BE_PROCESSED, str(error))
        return Examination(None, glimpse(payload), kind, (finding,))
    if reading.document is None or (reading.findings and report.root is None):
        # What a series left out of a very large document meant to others cannot be looked up any more.
        return Examination(None, glimpse(payload), kind, reading.findings)
    return _examine_document(reading.document, reading.findings, Places(report.root), received_at)


def _examine_json(payload: bytes, received_at: datetime) -> Examination:
    try:
        document = canonical_json.loads(payload)
    except canonical_json.CanonicalJsonError as error:
        findings = tuple(
            Finding(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, fault.message, path=fault.pointer or None)
            for fault in error.faults
        )
        return Examination(None, ReceivedDocument(), None, findings)
    return _examine_document(document, (), Places(None), received_at)


def _examine_document(
    document: CanonicalDocument, read_findings: tuple[Finding, ...], places: Places, received_at: datetime
) -> Examination:
    header = document.header
    received = ReceivedDocument(
        header.mrid, header.revision, header.type, header.process, created_at=header.created_at
    )
    findings = [*read_findings, *header_findings(header, received_at)]
    odd: tuple[str, ...] = ()
    if isinstance(document, ReserveBids):
        findings += bid_findings(document, places)
        findings += associated(document, findings, places)
        odd = remarks(document)
    return Examination(document, received, header.kind, tuple(findings), odd, places)


def _kind_of(identity: esmp.Identity | None) -> DocumentKind | None:
    known = {kind.value: kind for kind in DocumentKind}
    return None if identity is None else known.get(identity.family)


def _has_doctype(report: esmp.Report) -> bool:
    return any(finding.code == "doctype" for finding in report.findings)
