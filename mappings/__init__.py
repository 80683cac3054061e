"""Document ⇄ canonical model: one module per document family, what differs between versions is in tables.

    from mappings import read, write, convert
    from mappings import canonical_json

    report = esmp.validate(data)
    reading = read(data, report.identity, report.root)   # bytes (fast for bids), or only the tree
    reading.document    the canonical document (gateway.domain), None when it cannot be one
    reading.findings    gateway.domain.reason.Finding: what schemas cannot see; a series with a finding is
                        left out of the document, and without a document a finding concerns all of it
    reading.report      what was not carried as it stood: dropped, altered, added, each with path and reason

    writing = write(document, "7.4")               # the version; the family is the document's own kind
    writing.data        the XML document, UTF-8
    writing.losses      what this version cannot carry, by canonical place

    DocumentStream()(document, "7.3")   # pieces of bytes, for large documents of one run
    DocumentStreams()()                 # such a stream; many of them share what they learn

    conversion = convert(data, "ReserveBid", "7.2")    # any version to any other; .data, .report

    canonical_json.dumps(document) / canonical_json.loads(data) / canonical_json.canonical_hash(document)

    bid_csv.loads(data)            # bids as a flat table; .document, .lines
    result_csv(document)           # an answer as a flat table

    places.XmlPlaces(data, kind, version).located(findings)   # canonical places as the sender writes them
    header_peek.header_peek(data)          # the header of any document, however broken it is

`read` expects a document that `esmp.validate` found valid. This package neither logs nor stores anything.

A family is a module with a table (`TABLE`: canonical field → elements of any version) and two functions
between a record, texts by field, and its document; `layout` turns table and profile into a version's plan.
"""

from mappings.convert import Conversion, ConversionError, convert
from mappings.families import UnmappedFamilyError, mapped_kinds
from mappings.reading import Reading, read
from mappings.report import Change, Fate, Report
from mappings.result_csv import result_csv
from mappings.streaming import DocumentStream, DocumentStreams
from mappings.writing import Writing, write, write_unchecked
from mappings.xml_writer import UnwritableError

__all__ = [
    "Change",
    "Conversion",
    "ConversionError",
    "DocumentStream",
    "DocumentStreams",
    "Fate",
    "Reading",
    "Report",
    "UnmappedFamilyError",
    "UnwritableError",
    "Writing",
    "convert",
    "mapped_kinds",
    "read",
    "result_csv",
    "write",
    "write_unchecked",
]
