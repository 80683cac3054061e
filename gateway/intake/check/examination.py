"""Examination of payloads: content and findings. Touches no store; safe to run in any thread."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import esmp
import mappings
from esmp.catalogue import own_catalogue
from gateway.domain.bounds import DEFAULT_BOUNDS, NumberBounds
from gateway.domain.counted import counted
from gateway.domain.document import (
    CanonicalDocument,
    DocumentKind,
    DocumentLabel,
    ReceivedDocument,
    ReserveBids,
)
from gateway.domain.json_text import JsonTextError
from gateway.domain.party import CodedId
from gateway.domain.place import Part
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.formats import Format
from gateway.intake.check.bounds import bound_findings, clipped_to_bounds
from gateway.intake.check.rules import (
    bid_findings,
    blank_findings,
    created_findings,
    name_findings,
    remarks,
)
from gateway.intake.check.series import associated
from gateway.intake.check.series_rules import series_findings
from gateway.intake.read.claims import Claims, claims_in_json, claims_in_table
from gateway.intake.read.non_xml import schema_findings
from gateway.intake.read.tables import CSV, read_table
from mappings import canonical_json
from mappings.header_peek import header_peek
from mappings.places import JsonPlaces, Places, XmlPlaces
from mappings.places.canonical import header_element
from mappings.reasons import code_of_json, finding_of

XML_TYPES: Final = frozenset({"application/xml", "text/xml"})
RECORDED: Final = "validated and recorded, not acted upon"

_KINDS: Final[dict[str, DocumentKind]] = {kind.value: kind for kind in DocumentKind}

Validate = Callable[[bytes], esmp.Report]
"""`esmp.validate` under what is agreed with the sender: code set, tolerances, known documents."""


@dataclass(frozen=True)
class Examination:
    """Content of a payload, and findings on it.

    Attributes:
        label: identifies the document; None when it is refused completely.
        document: what was read, without the series that findings name. None when it is refused, or of a
            family or version that has no place in the canonical model.
        received: how an acknowledgement names it.
        family: its family, if known.
        receiver: to whom it is addressed.
        not_for_us: why it is refused unless it is forwarded: it has no place in the canonical model, is for
            another party, or no grant lets its sender send it.
        version: claimed, of a document without a label.
        forgiven: it departs from its schema, in ways that are forgiven.
        findings: of the document, or of single series when there is a document.
        remarks: what is odd but accepted.
        places: positions in the document, for findings that come later.
        described: the format that it follows, if a description defines that.
        market: the market that it states, if its format describes where.
    """

    label: DocumentLabel | None
    document: CanonicalDocument | None
    received: ReceivedDocument
    family: str | None
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    places: Places = field(default_factory=Places)
    receiver: CodedId | None = None
    not_for_us: Finding | None = None
    forgiven: bool = False
    version: str | None = None
    described: Format | None = None
    market: str | None = None

    @property
    def kind(self) -> DocumentKind | None:
        """Its family, if that has a place in the canonical model."""
        return None if self.family is None else _KINDS.get(self.family)


def examine(
    payload: bytes,
    content_type: str,
    received_at: datetime,
    validate: Validate = esmp.validate,
    bounds: NumberBounds = DEFAULT_BOUNDS,
) -> Examination:
    """Examine a payload. Every fault becomes a finding, never an exception."""
    if content_type in XML_TYPES or content_type.endswith("+xml"):
        return examine_validated(payload, validate(payload), received_at, bounds)
    if content_type == "application/json" or content_type.endswith("+json"):
        return _examine_json(payload, received_at, validate, bounds)
    if content_type == CSV:
        return _examine_table(payload, received_at, validate, bounds)
    return unreadable(f"content type {content_type!r} is neither XML, JSON nor CSV")


def unreadable(message: str, code: ReasonCode = ReasonCode.CANNOT_BE_PROCESSED) -> Examination:
    """The examination of a document that was not examined."""
    return _refused(ReceivedDocument(), None, Finding(Stage.WELL_FORMED, code, message))


def examine_validated(
    payload: bytes, report: esmp.Report, received_at: datetime, bounds: NumberBounds = DEFAULT_BOUNDS
) -> Examination:
    """Go on where `esmp.validate` ended."""
    identity = report.identity
    family, version = (None, None) if identity is None else (str(identity.family), identity.version)
    if report.findings or identity is None:
        received = ReceivedDocument() if _has_doctype(report) else header_peek(payload).received
        return _refused(received, family, *map(finding_of, report.findings), version=version)
    if not own_catalogue().knows(identity.namespace, identity.root):
        return _examine_unmapped(payload, identity, received_at)
    try:
        # Values corrected by a tolerance are correct in the tree only.
        source = report.root if report.tolerated and report.root is not None else payload
        reading = mappings.read(source, identity, report.root)
    except mappings.UnmappedFamilyError as error:
        finding = Finding(Stage.IDENTIFIED, ReasonCode.CANNOT_BE_PROCESSED, str(error))
        return _examine_unmapped(payload, identity, received_at, finding)
    # A tolerance may have moved elements, so that those of the tree are no longer in the order of the bytes.
    is_changed = bool(report.tolerated) and report.root is not None
    if reading.document is None:
        return _refused(header_peek(payload).received, family, *reading.findings, version=version)
    places = XmlPlaces(
        None if is_changed else payload, reading.document.header.kind, identity.version, report.root
    )
    forgiven = tuple(_forgiven(report.tolerated)) if report.tolerated else ()
    rounded = tuple(_rounded(reading.report)) if reading.report.changes else ()
    return _examine_document(
        reading.document, reading.findings, places, received_at, bounds, forgiven=forgiven, odd=rounded
    )


def is_mapped(identity: esmp.Identity) -> bool:
    """Whether documents of this identity have a place in the canonical model."""
    return (
        own_catalogue().knows(identity.namespace, identity.root)
        and identity.family in mappings.mapped_kinds()
    )


def _examine_unmapped(
    payload: bytes, identity: esmp.Identity, received_at: datetime, not_for_us: Finding | None = None
) -> Examination:
    """A valid document that the canonical model has no place for: only its header is looked at."""
    seen = header_peek(payload)
    received = seen.received
    why = "without it the document cannot be recorded"
    missing = [
        Finding(Stage.RULES, code, why, path=f"/{identity.root}/{header_element(part)}")
        for value, code, part in (
            (received.mrid, ReasonCode.MANDATORY_MISSING, Part.MRID),
            (received.created_at, ReasonCode.MANDATORY_MISSING, Part.CREATED_AT),
            (seen.sender, ReasonCode.SENDER_INVALID, Part.SENDER),
        )
        if value is None
    ]
    if received.mrid is None or received.created_at is None or seen.sender is None:
        findings = [not_for_us] if not_for_us else missing
        return _refused(received, str(identity.family), *findings, version=identity.version)
    label = DocumentLabel(
        str(identity.family),
        identity.version,
        seen.sender,
        received.mrid,
        received.revision or 1,
        received.created_at,
    )
    odd = tuple(created_findings(label.created_at, received_at))
    return Examination(
        label, None, received, label.family, odd, (RECORDED,), receiver=seen.receiver, not_for_us=not_for_us
    )


def _examine_json(
    payload: bytes, received_at: datetime, validate: Validate, bounds: NumberBounds
) -> Examination:
    try:
        document = canonical_json.loads(payload)
    except JsonTextError as error:
        findings = (
            Finding(Stage.SCHEMA, code_of_json(fault), fault.message, path=fault.pointer or None)
            for fault in error.faults
        )
        return _refused_as_claimed(claims_in_json(payload), findings)
    places = JsonPlaces(document)
    clipped = clipped_to_bounds(document, bounds)  # what is beyond refuses its series, not the document
    if faults := schema_findings(clipped, validate, places):
        beyond = bound_findings(document, bounds, places)
        return _refused_as_named(document, [*places.located(beyond), *faults])
    return _examine_document(document, (), places, received_at, bounds)


def _examine_table(
    payload: bytes, received_at: datetime, validate: Validate, bounds: NumberBounds
) -> Examination:
    table = read_table(payload, validate)
    if table.document is None:
        return _refused_as_claimed(claims_in_table(payload), table.findings)
    if table.findings:
        return _refused_as_named(table.document, table.findings)
    return _examine_document(table.document, (), table.places, received_at, bounds)


def _examine_document(
    document: CanonicalDocument,
    read_findings: tuple[Finding, ...],
    places: Places,
    received_at: datetime,
    bounds: NumberBounds,
    *,
    forgiven: tuple[str, ...] = (),
    odd: tuple[str, ...] = (),
) -> Examination:
    header = document.header
    findings = [*read_findings, *name_findings(header.mrid)]
    findings += created_findings(header.created_at, received_at)
    findings += bound_findings(document, bounds, places)
    odd = (*forgiven, *odd)
    if isinstance(document, ReserveBids):
        findings += blank_findings(document.domain, document.subject)
        findings += bid_findings(document)
        findings += associated(document, findings, places)
        odd += remarks(document)
    else:
        findings += series_findings(document)
    return Examination(
        header.label,
        document,
        _as_named(document),
        header.kind.value,
        tuple(places.located(findings)) if findings else (),
        odd,
        places,
        header.receiver.party,
        forgiven=bool(forgiven),
    )


def _as_named(document: CanonicalDocument) -> ReceivedDocument:
    header = document.header
    return ReceivedDocument(
        header.mrid, header.revision, header.type, header.process, created_at=header.created_at
    )


def _refused_as_named(document: CanonicalDocument, findings: Iterable[Finding]) -> Examination:
    label = document.header.label
    return _refused(_as_named(document), label.family, *findings, version=label.version)


def _refused_as_claimed(claims: Claims, findings: Iterable[Finding]) -> Examination:
    return _refused(claims.received, claims.family, *findings, version=claims.version)


def _refused(
    received: ReceivedDocument, family: str | None, *findings: Finding, version: str | None = None
) -> Examination:
    return Examination(None, None, received, family, findings, version=version)


def _forgiven(tolerated: tuple[esmp.SchemaFinding, ...]) -> Iterator[str]:
    """Tolerated departures, once for each kind, with the place of the first."""
    times = Counter(found.message for found in tolerated)
    first = {found.message: found for found in reversed(tolerated)}
    for message, count in times.items():
        yield f"{message}: {counted(count, 'time')}, first in line {first[message].line}"


def _rounded(report: mappings.Report) -> Iterator[str]:
    """Numbers that are stored rounded, the first of each kind."""
    changes = [change for change in report if change.fate is mappings.Fate.ALTERED]
    times = Counter(change.reason for change in changes)
    first = {change.reason: change for change in reversed(changes)}
    for reason, count in times.items():
        yield f"{reason}: {counted(count, 'time')}, first {first[reason].path}"


def _has_doctype(report: esmp.Report) -> bool:
    return any(finding.code == "doctype" for finding in report.findings)
