"""Validation of a document: without parsing, or well-formed → identified → schema and code lists."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

from lxml import etree

from esmp.catalogue import Catalogue, identity_of, own_catalogue
from esmp.codes import DEFAULT_CODES, code_set
from esmp.error_location import Offsets, schema_findings
from esmp.fast_validation import surely_valid
from esmp.findings import (
    DocumentLimits,
    DocumentRefused,
    Identity,
    Report,
    SchemaFinding,
    Stage,
    UnknownDocument,
)
from esmp.libxml2_errors import complaints
from esmp.parsing import (
    check_limits,
    check_tree_size,
    check_well_formed,
    parse,
    refused,
    root_tag,
)
from esmp.profiles import Profile
from esmp.schemas import compiled
from esmp.splitting import Cut, Lines, SeriesSlice, cut, flatten, is_flat
from esmp.tolerances import check_names, put_right


def validate(
    data: bytes,
    *,
    codes: str = DEFAULT_CODES,
    limits: DocumentLimits | None = None,
    catalogue: Catalogue | None = None,
    tolerances: Collection[str] = (),
) -> Report:
    """Return the verdict on a document, with every finding in place and, where one was made, its tree.

    `codes` names the code set in force; `catalogue` the documents known, where they are more than our tables.
    `tolerances` names known departures from a schema to be put right, see `esmp.tolerances`.
    A bad document is an answer, never an exception. Raises UnknownCodeSet, UnknownTolerance.
    """
    check_names(tolerances)
    bounds = limits or DocumentLimits()
    identity = _known_valid(data, codes, bounds, catalogue)
    if identity is not None:
        return Report(identity, ())
    findings: list[SchemaFinding] = []
    tolerated: list[SchemaFinding] = []
    report = Report(None, ())
    for report in stream(data, codes=codes, limits=bounds, catalogue=catalogue, tolerances=tolerances):
        findings += report.findings
        tolerated += report.tolerated
        if len(findings) >= bounds.findings:
            break
    complete = len(data) <= bounds.tree
    return Report(report.identity, tuple(findings), report.root if complete else None, tuple(tolerated))


def _known_valid(
    data: bytes, codes: str, limits: DocumentLimits, catalogue: Catalogue | None
) -> Identity | None:
    """Identity of a document that is valid without parsing; None where it has to be parsed."""
    try:
        profile = _profile(data, limits, catalogue)
    except DocumentRefused:
        return None
    return identity_of(profile) if surely_valid(data, profile, codes, limits.tree) else None


def stream(
    data: bytes,
    *,
    codes: str = DEFAULT_CODES,
    limits: DocumentLimits | None = None,
    catalogue: Catalogue | None = None,
    tolerances: Collection[str] = (),
) -> Iterator[Report]:
    """Yield the verdict on a document part by part: one up to `DocumentLimits.tree` bytes, several beyond.

    Each part is the document's header, some of its time series in order and its tail, as a tree of its own
    that may be dropped before the next is requested. All findings together are those of the document;
    those outside the series come with the first part. Raises UnknownCodeSet, UnknownTolerance.
    """
    code_set(codes)
    check_names(tolerances)
    bounds = limits or DocumentLimits()
    identity: Identity | None = None
    try:
        profile = _profile(data, bounds, catalogue)
        identity = identity_of(profile)
        if len(data) <= bounds.tree:
            yield _validated_at_once(data, profile, codes, bounds, tolerances)
        else:
            yield from _in_parts(data, profile, codes, bounds, tolerances)
    except UnknownDocument as unknown:
        yield Report(None, (_malformation(data) or unknown.finding,))
    except DocumentRefused as refusal:
        yield Report(identity, (refusal.finding,))


def _malformation(data: bytes) -> SchemaFinding | None:
    """Why a document of an unknown name is no XML at all, which is the greater fault of the two."""
    try:
        check_well_formed(data)
    except DocumentRefused as refusal:
        return refusal.finding
    return None


def _profile(data: bytes, limits: DocumentLimits, catalogue: Catalogue | None) -> Profile:
    """Claimed identity of a document, without reading further. Raises DocumentRefused."""
    check_limits(data, limits)
    return (catalogue or own_catalogue()).profile(root_tag(data))


def _validated_at_once(
    data: bytes, profile: Profile, codes: str, limits: DocumentLimits, tolerances: Collection[str]
) -> Report:
    root = parse(data)
    tolerated = put_right(root, profile, tolerances, Offsets())
    errors = complaints(compiled(profile, codes), root, None if tolerated else data, limits.findings)
    if not errors:
        return Report(identity_of(profile), (), root, tolerated)
    findings = schema_findings(errors, root, codes, limits.findings, Offsets(), data=data, profile=profile)
    return Report(identity_of(profile), findings, root, tolerated)


def _in_parts(
    data: bytes, profile: Profile, codes: str, limits: DocumentLimits, tolerances: Collection[str]
) -> Iterator[Report]:
    identity, series, schema = identity_of(profile), profile.series, compiled(profile, codes)
    pieces = None if series is None else _cut(data, series.name, limits.tree // 16)
    if series is None or pieces is None:
        raise refused(
            "part-too-large", f"{len(data):,} bytes without time series; up to {limits.tree:,} are allowed"
        )
    tag = f"{{{profile.namespace}}}{series.name}"
    check_tree_size(pieces.frame_size, limits)
    # The frame is read with every part: parts are no smaller than it, where they may be as large.
    most = max(pieces.part_bytes, min(pieces.frame_size, (limits.tree - pieces.frame_size) // 2))
    pieces = replace(pieces, part_bytes=most)
    frame = len(parse(pieces.frame()))
    places = _Places(pieces, tag)
    seen, budget = 0, limits.findings
    reported: set[SchemaFinding] = set()
    for part in pieces.parts():
        if (size := pieces.frame_size + part.end - part.start) > limits.tree:
            raise DocumentRefused(places.too_large(part, size, limits))
        document = pieces.document(part)
        try:
            root = parse(document)
        except DocumentRefused:
            check_well_formed(pieces.data)  # names the line in the document, or else the series are nested
            yield Report(identity, (places.astray(part),), first_series=seen)
            return
        findings: tuple[SchemaFinding, ...] = ()
        tolerated = put_right(root, profile, tolerances, places.offsets(part, seen)) if tolerances else ()
        if errors := complaints(schema, root, None if tolerated else document, max(budget, 1)):
            offsets = places.offsets(part, seen)
            findings = schema_findings(errors, root, codes, max(budget, 1), offsets, profile=profile)
        count = sum(1 for _ in root.iterchildren(tag))
        if (count == 0 or len(root) - count != frame) and not any(map(_misplaced, findings)):
            findings += (places.astray(part),)
        # Header and tail are in every part, and so are their findings: equal ones are reported once.
        fresh = tuple(finding for finding in findings if finding not in reported)
        reported.update(fresh)
        yield Report(identity, fresh, root, tolerated, seen)
        seen, budget = seen + count, budget - len(fresh)


_MRID: Final = re.compile(rb"<(?:[\w.-]+:)?(?:marketAgreement\.)?mRID>\s*([^<&]{1,60}?)\s*<")


class _Places:
    """The lines of the parts of a cut document in it; counted only once something is found."""

    def __init__(self, pieces: Cut, tag: str) -> None:
        self._pieces = pieces
        self._tag = tag
        self._lines = Lines(pieces.data)

    @cached_property
    def _frame(self) -> tuple[int, int]:
        lines = Lines(self._pieces.data)
        return lines.at(self._pieces.first), lines.at(self._pieces.last)

    def offsets(self, part: SeriesSlice, seen: int) -> Offsets:
        header_line, last_line = self._frame
        start, end = self._lines.at(part.start), self._lines.at(part.end)
        return Offsets(
            self._tag, seen, header_line, start - header_line, last_line - header_line - (end - start)
        )

    def too_large(self, part: SeriesSlice, size: int, limits: DocumentLimits) -> SchemaFinding:
        series = etree.QName(self._tag).localname
        message = f"{series}: about {size:,} bytes; one time series has up to {limits.tree:,}"
        # A part ends with the series that made it so large.
        start = self._pieces.data.rfind(self._pieces.end_tag.replace(b"</", b"<")[:-1], part.start, part.end)
        line = self._lines.at(max(start, part.start))
        mrid = _MRID.search(self._pieces.data, max(start, part.start), part.end)
        name = None if mrid is None else mrid[1].decode(errors="replace")
        return SchemaFinding(Stage.SCHEMA, "part-too-large", f"{message} ({name})" if name else message, line)

    def astray(self, part: SeriesSlice) -> SchemaFinding:
        series = etree.QName(self._tag).localname
        message = (
            f"at the latest at this line something other than {series} is among or around the time series"
        )
        return SchemaFinding(Stage.SCHEMA, "unexpected-element", message, self._lines.at(part.end))


def _cut(data: bytes, series: str, part_bytes: int) -> Cut | None:
    if not is_flat(data):
        check_well_formed(data)
        try:
            data = flatten(data)
        except (LookupError, UnicodeError):
            raise refused("not-well-formed", "an encoding not read at this size: send UTF-8") from None
    return cut(data, series, part_bytes)


def _misplaced(finding: SchemaFinding) -> bool:
    """Whether it is about a child of the root that is not allowed at its place."""
    return finding.code == "unexpected-element" and (finding.path or "").count("/") == 2
