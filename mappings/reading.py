"""A valid document → the canonical model."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from lxml import etree

from esmp import DocumentLimits, Identity
from esmp.elements import spots
from esmp.parsing import parse
from esmp.profiles import Family, profile
from gateway.domain.document import CanonicalDocument, DocumentKind
from gateway.domain.market_time import MarketTimeError
from gateway.domain.reason import Finding, ReasonCode
from mappings.element_plan import Plan
from mappings.families import mapping_of, plan
from mappings.mapping_context import ReadingContext
from mappings.plain_xml import NotPlainError
from mappings.record_reader import record_of, without_comments
from mappings.report import Report


@dataclass(frozen=True, slots=True)
class Reading:
    """The content of a document.

    Attributes:
        document: None when its content cannot be expressed at all; `findings` state why.
        report: values that were changed or dropped; paths are those of the document.
        findings: contradictions schemas cannot see; a series with one is not in the document.
    """

    document: CanonicalDocument | None
    report: Report
    findings: tuple[Finding, ...]


def read(
    document: bytes | etree._Element,
    identity: Identity,
    root: etree._Element | None = None,
    *,
    layout: Plan | None = None,
) -> Reading:
    """Read a document that `esmp.validate` found valid.

    Best give its bytes, from which bids are read several times faster, and the tree, where there is one, as
    `root`, for what needs one; comments in it are removed. `layout` is the plan of a version that is none of
    our tables.

    Raises:
        UnmappedFamilyError: the family has no place in the canonical model.
    """
    mapping = mapping_of(identity.family)
    of_bytes = mapping.document_of_bytes
    if isinstance(document, bytes) and of_bytes is not None and layout is None:
        incoming = _incoming(mapping.kind, identity)
        try:
            version = profile(Family(identity.family), identity.version)
            return _located(_reading(incoming, lambda: of_bytes(document, version, incoming)), document, root)
        except NotPlainError:
            pass
    incoming = _incoming(mapping.kind, identity, layout)
    if root is None:
        root = parse(document) if isinstance(document, bytes) else document
    record = record_of(without_comments(root), incoming.plan, incoming.report)
    return _located(_reading(incoming, lambda: mapping.document_of(record, incoming)), document, root)


def _located(reading: Reading, document: bytes | etree._Element, root: etree._Element | None) -> Reading:
    """The same with line, and on long lines column, of the element that each finding is about."""
    if not reading.findings:
        return reading
    data = document if isinstance(document, bytes) else None
    if root is None and data is not None and len(data) <= DocumentLimits().tree:
        root = parse(data)
    places = spots([finding.path or "" for finding in reading.findings], data, root)
    findings = tuple(
        replace(finding, line=spot.line, column=spot.column)
        for finding, spot in zip(reading.findings, places, strict=True)
    )
    return replace(reading, findings=findings)


def _incoming(kind: DocumentKind, identity: Identity, layout: Plan | None = None) -> ReadingContext:
    known = layout or plan(kind, identity.version)
    return ReadingContext(kind, identity.version, identity.root, known, Report())


def _reading(incoming: ReadingContext, document_of: Callable[[], CanonicalDocument | None]) -> Reading:
    try:
        document = document_of()
    except MarketTimeError as error:  # a time outside the calendar, in a place that no series owns
        document = None
        incoming.find(ReasonCode.TIME_INTERVAL_INCORRECT, str(error), "created_at")
    report = incoming.report
    report.changes[:] = [replace(change, path=incoming.plan.locate(change.path)) for change in report]
    return Reading(document, report, tuple(incoming.findings))
