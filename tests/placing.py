"""How documents name the places of findings that were not looked up in one."""

from gateway.domain.document import DocumentKind
from gateway.domain.reason import Finding
from mappings.places import XmlPlaces

VERSIONS = {
    DocumentKind.RESERVE_BID: "7.4",
    DocumentKind.ACTIVATION: "6.5",
    DocumentKind.PLANNED_RESOURCE_SCHEDULE: "6.3",
    DocumentKind.RESOURCE_MAPPING: "1.1",
    DocumentKind.ACKNOWLEDGEMENT: "8.1",
}


def path_of(finding: Finding, kind: DocumentKind) -> str | None:
    """The elements from the series of a finding on, or the one of its document."""
    (named,) = XmlPlaces(None, kind, VERSIONS[kind]).located([finding])
    return named.path
