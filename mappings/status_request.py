"""StatusRequest documents: named attributes (IEC 62325-451-5)."""

from typing import Final

from gateway.domain.header import DocumentKind
from gateway.domain.status_request import Attribute, StatusRequest
from mappings.element_plan import Group, Record, Table
from mappings.header import HEADER, header_of, header_record
from mappings.mapping_context import ReadingContext, WritingContext

KIND: Final = DocumentKind.STATUS_REQUEST

TABLE: Final[Table] = {
    **HEADER,
    "attributes": Group(
        "AttributeInstanceComponent",
        {"attribute": "attribute", "value": "attributeValue", "value_scheme": "attributeValue/@codingScheme"},
    ),
}


def document_of(record: Record, incoming: ReadingContext) -> StatusRequest:
    """Return the attributes of a document's record."""
    header = header_of(record, KIND, incoming.version)
    attributes = tuple(
        Attribute(each["attribute"], each["value"], each.get("value_scheme")) for each in record["attributes"]
    )
    return StatusRequest(header, attributes)


def record_of(document: StatusRequest, _: WritingContext) -> Record:
    """Return the record of a document; no version has an element for the revision, which is the first."""
    header = header_record(document.header)
    revision = None if header["revision"] == "1" else header["revision"]
    attributes = [
        {"attribute": each.attribute, "value": each.value, "value_scheme": each.scheme}
        for each in document.attributes
    ]
    return {**header, "revision": revision, "attributes": attributes}
