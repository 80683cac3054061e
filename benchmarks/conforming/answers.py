"""Faults of a gateway in what it answers to documents."""

from typing import Final

from benchmarks.conforming.faulty_target import (
    ACKNOWLEDGED,
    ACKNOWLEDGEMENT,
    Fault,
    answers,
    at,
    header,
    in_json,
    other_code,
    status,
    text,
)

ANSWERS: Final = (
    other_code("A51", "A59", "same-revision", "newer-revision"),
    other_code("A78", "A05", "foreign-sender"),
    other_code("A53", "A94", "foreign-receiver"),
    other_code("A57", "A59", "no-gate"),
    other_code("A64", "A69", "unknown-resource"),
    other_code("A61", "A42", "gate-currency"),
    other_code("A23", "A80", "gate-area"),
    other_code("A80", "A23", "gate-domain"),
    other_code("A62", "A59", "gate-business"),
    other_code("A41", "A42", "gate-units"),
    other_code("A79", "A94", "gate-process"),
    other_code("A46", "A42", "parts"),
    other_code("A95", "A94", "remark"),
    other_code("B70", "A95", "parts"),
    other_code("A01", "A02", "accepted", "once"),
    Fault(
        "names another document",
        False,
        ("accepted",),
        answers(ACKNOWLEDGEMENT, text("(<received_MarketDocument.mRID>)", r"\1X")),
    ),
    Fault(
        "names another revision",
        False,
        ("accepted",),
        answers(ACKNOWLEDGEMENT, text("(<received_MarketDocument.revisionNumber>)1", r"\g<1>2")),
    ),
    Fault(
        "answers as somebody else",
        False,
        ("accepted",),
        answers(ACKNOWLEDGEMENT, text("11XTEST-GATE---C", "11XTEST-OTHER--V")),
    ),
    Fault(
        "answers to somebody else",
        False,
        ("accepted",),
        answers(ACKNOWLEDGEMENT, text("11XTEST-NORTH--J", "11XTEST-OTHER--V")),
    ),
    Fault(
        "answers in another version",
        False,
        ("accepted",),
        answers(ACKNOWLEDGEMENT, text("acknowledgementdocument:8:1", "acknowledgementdocument:8:0")),
    ),
    Fault(
        "answers with an invalid document",
        False,
        ("accepted", "once"),
        answers(ACKNOWLEDGEMENT, text("createdDateTime", "createdDate")),
    ),
    Fault(
        "gives reasons without places",
        False,
        ("gate-currency", "foreign-receiver", "same-revision"),
        answers(ACKNOWLEDGEMENT, text(r" \(/[^)<]*\)", "")),
    ),
    Fault(
        "never settles a document",
        False,
        ("accepted", "same-key"),
        answers(at(r"^/v1/documents/[^/]+$", "GET", 200), in_json(lambda v: {**v, "state": "received"})),
    ),
    Fault(
        "has no acknowledgement", False, ("accepted", "once"), answers(at(ACKNOWLEDGED.pattern), status(404))
    ),
    Fault(
        "names no address of a document",
        False,
        ("same-key", "accepted"),
        answers(at(r"^/v1/documents$", "POST", 202), header("location", None)),
    ),
    Fault(
        "answers 200 to a submission",
        False,
        ("same-key", "accepted"),
        answers(at(r"^/v1/documents$", "POST", 202), status(200)),
    ),
)
