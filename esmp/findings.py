"""Findings in a document, their places, and the bounds of documents that are read at all."""

from dataclasses import dataclass
from enum import StrEnum

from lxml import etree


class Stage(StrEnum):
    """How far a document came: each stage presumes the ones before it."""

    WELL_FORMED = "well-formed"
    IDENTIFIED = "identified"
    SCHEMA = "schema"
    CODES = "codes"


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """How much of a document we are ready to look at.

    Depth has no separate limit: the parser refuses elements nested more than 256 deep.
    """

    bytes: int = 256 * 2**20
    tree: int = 4 * 2**20
    """Bytes held as one tree, which bounds its nodes too: no tag or attribute is shorter than four bytes.
    Larger documents are looked at in parts, which may not exceed it either."""
    text: int = 2**20
    """Bytes of one tag or one text between two tags."""
    findings: int = 1_000
    """Findings reported; a document with more is invalid all the same."""


@dataclass(frozen=True, slots=True)
class SchemaFinding:
    """One fault: the stage it belongs to, a stable code, a sentence, and its place as far as it can be known.

    `message` may quote a value of the document, so it goes to the sender and never to a log.
    """

    stage: Stage
    code: str
    message: str
    line: int | None = None
    path: str | None = None
    """Element names from the root, numbered where siblings share a name: `/…/Bid_TimeSeries[2]/Period/…`."""
    series: str | None = None
    """mRID of the time series it is in."""
    period: str | None = None
    """`start/end` of the Period it is in, as the document writes them."""
    column: int | None = None
    """Where on the line its element begins, from 1; where lines are too long to locate it, and of what is not
    well-formed: where the parser stopped."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which document this is: family and version by our tables, namespace and root as in the document."""

    family: str
    version: str
    namespace: str
    root: str


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on a document, or on a part of one that is too large for one tree.

    `root` is the parsed tree for the next step; it is None when the document was valid without parsing, not
    well-formed or not identified, and in the verdict on a document that was examined in parts.
    """

    identity: Identity | None
    findings: tuple[SchemaFinding, ...]
    root: etree._Element | None = None
    tolerated: tuple[SchemaFinding, ...] = ()
    """Departures from the schema that were corrected in `root`, by a requested tolerance."""
    first_series: int = 0
    """How many time series of the document are before the first one of this part."""

    @property
    def valid(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class DocumentRefused(ValueError):  # noqa: N818  (what happened, not what kind of class it is)
    """A document that cannot be read on; `finding` states why."""

    def __init__(self, finding: SchemaFinding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class UnknownDocument(DocumentRefused):
    """Well-formed so far, but of a family or version we do not know; the message names those we do."""
