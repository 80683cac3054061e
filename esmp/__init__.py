"""European style market documents: profiles (tables) → schemas → bindings; identify and validate.

    from esmp import identify, validate
    from esmp.profiles import Family, profile

    identify(data) -> Identity(family, version, namespace, root)    raises UnknownDocument, DocumentRefused
    validate(data, codes="regional", limits=DocumentLimits()) -> Report(identity, findings, root), .valid
    stream(data, ...)  -> the same Report part by part, each a tree of its own, for documents of any size
    profile(Family.RESERVE_BID, "7.4").children("Bid_TimeSeries") -> the elements in document order

`Report.findings` are `SchemaFinding(stage, code, message, line, path, series, period)`; `stage` is one of
well-formed, identified, schema, codes, and `code` one of

    empty compressed too-large part-too-large text-too-long prolog-too-long doctype not-xml
    not-well-formed parser-limit unknown-document unknown-version missing-element unexpected-element
    missing-attribute unexpected-attribute unexpected-content invalid-value unknown-code

and, in `Report.tolerated`, only `tolerated`. `Report.root` is the tree, where one had to be made: a document
that is valid without parsing has none.

Further: `esmp.schema_sets` adds published schema sets (`add`, `remove`, `sets`, `catalogue`), and
`identify`, `validate` and `stream` take such a `catalogue`; `esmp.verification.verify` compares built-in
schemas with published ones; `esmp.tolerances` names what may be forgiven; `esmp.sample_documents.specimen`
writes valid documents; `esmp.schemas.schema_text` writes the XML Schema of a profile.

Versions are written as their tables write them: "7.2", and for editions outside the main line "NBM-7.2",
"TERRE-7.0", "RESERVATION-6.0", "FIRST-1.0".
"""

from esmp.catalogue import Catalogue, identify
from esmp.codes import DEFAULT_CODES, UnknownCodeSet, code_set_names
from esmp.findings import (
    DocumentLimits,
    DocumentRefused,
    Identity,
    Report,
    SchemaFinding,
    Stage,
    UnknownDocument,
)
from esmp.profiles import Family
from esmp.validation import stream, validate

__all__ = [
    "DEFAULT_CODES",
    "Catalogue",
    "DocumentLimits",
    "DocumentRefused",
    "Family",
    "Identity",
    "Report",
    "SchemaFinding",
    "Stage",
    "UnknownCodeSet",
    "UnknownDocument",
    "code_set_names",
    "identify",
    "stream",
    "validate",
]
