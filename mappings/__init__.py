"""Document ⇄ canonical model: one module per document family, what differs between versions stands in tables.

    from mappings import read, write, convert
    from mappings import canonical_json

    reading = read(report.root, report.identity)   # an lxml element or the bytes; what esmp.validate answered
    reading.document    the canonical document (gateway.domain), None when it cannot be one
    reading.findings    gateway.domain.reason.Finding: what schemas cannot see; a series with a finding is
                        left out of the document, and without a document a finding concerns the whole
    reading.report      what was not carried as it stood: dropped, altered, added, each with path and reason

    writing = write(document, "7.4")               # the version; the family is the document's own kind
    writing.data        the XML document, UTF-8
    writing.losses      what this version cannot carry

    conversion = convert(data, "ReserveBid", "7.2")    # any version to any other; .data, .report

    canonical_json.dumps(document) / canonical_json.loads(data) / canonical_json.canonical_hash(document)

`read` expects a document that `esmp.validate` found valid. Nothing here logs or stores anything.
"""

from mappings.convert import Conversion, ConversionError, convert
from mappings.families import UnmappedFamilyError, mapped_kinds
from mappings.reading import Reading, read
from mappings.report import Change, Fate, Report
from mappings.writing import Writing, write
from mappings.xml_writer import UnwritableError

__all__ = [
    "Change",
    "Conversion",
    "ConversionError",
    "Fate",
    "Reading",
    "Report",
    "UnmappedFamilyError",
    "UnwritableError",
    "Writing",
    "convert",
    "mapped_kinds",
    "read",
    "write",
]
