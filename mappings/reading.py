"""A valid document → the canonical model."""

from dataclasses import dataclass, replace

from lxml import etree

from esmp import Identity
from esmp.parsing import parse
from gateway.domain.document import CanonicalDocument, DocumentKind
from gateway.domain.reason import Finding
from mappings.families import mapping_of, plan
from mappings.passage import Incoming
from mappings.record_reader import record_of, without_comments
from mappings.report import Report


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document says.

    Attributes:
        document: None when what it says cannot be expressed at all; `findings` say why.
        report: values that were not carried as they stood; paths are those of the document.
        findings: contradictions schemas cannot see; a series with one is not in the document.
    """

    document: CanonicalDocument | None
    report: Report
    findings: tuple[Finding, ...]


def read(document: bytes | etree._Element, identity: Identity) -> Reading:
    """Read a document that `esmp.validate` found valid. Comments are removed from a tree that is given.

    Raises:
        UnmappedFamilyError: the family has no place in the canonical model.
    """
    mapping = mapping_of(identity.family)
    incoming = Incoming(
        DocumentKind(identity.family),
        identity.version,
        identity.root,
        plan(mapping.kind, identity.version),
        Report(),
    )
    root = parse(document) if isinstance(document, bytes) else document
    record = record_of(without_comments(root), incoming.plan, incoming.report)
    canonical = mapping.document_of(record, incoming)
    incoming.report.changes[:] = [
        replace(change, path=incoming.plan.locate(change.path)) for change in incoming.report
    ]
    return Reading(canonical, incoming.report, tuple(incoming.findings))
