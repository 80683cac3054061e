"""Checks of documents in another form than XML: those of the XML that they represent."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import esmp
import mappings
from gateway.domain.bid import BidTerm
from gateway.domain.document import CanonicalDocument
from gateway.domain.reason import Finding, ReasonCode, Stage
from mappings.curves import WRITTEN_OUT
from mappings.families import plan, versions_with
from mappings.places import OwnPlaces
from mappings.places.canonical import Step, fields_of, steps_in
from mappings.reasons import finding_of

_MISSING: Final = re.compile(r"\S+: (.*) (?:is|are) missing in it")


def schema_findings(
    document: CanonicalDocument, validate: Callable[[bytes], esmp.Report], places: OwnPlaces
) -> list[Finding]:
    """Findings by schema and code lists of its version on a document, at places of its own form."""
    try:
        writing = mappings.write_unchecked(document)
    except (mappings.UnwritableError, LookupError) as error:
        fault = Finding(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, str(error))
        return [_at((), fault, places)]
    lost = [_at(steps_in(change.path), _lost(change, document), places) for change in writing.losses]
    found = map(finding_of, validate(writing.data).findings)
    return [*lost, *(own for one in found for own in _in_own_form(one, document, places))]


def _in_own_form(found: Finding, document: CanonicalDocument, places: OwnPlaces) -> Iterator[Finding]:
    """The same finding for the form that the document came in; one for each missing element."""
    layout = plan(document.header.kind, document.header.version)
    elements = steps_in(found.path or "")[1:]
    missing = _MISSING.fullmatch(found.message)
    if missing is None:
        yield _at(fields_of(layout, elements), found, places)
        return
    for name in missing[1].replace(" and ", ", ").split(", "):
        steps = fields_of(layout, [*elements, (name, None)])
        yield _at(steps, replace(found, message=f"{places.name_of(steps)} is missing"), places)


def _at(steps: Sequence[Step], found: Finding, places: OwnPlaces) -> Finding:
    where = places.at(steps)
    return replace(found, path=where.path, line=where.line, column=None)


def _lost(change: mappings.Change, document: CanonicalDocument) -> Finding:
    """Finding on content that the version cannot express, or requires and the document lacks."""
    if change.reason == WRITTEN_OUT:
        header = document.header
        known = versions_with(header.kind, BidTerm.CURVE)
        message = (
            f"points are left out, and {header.kind} {header.version} has no curve type for that: "
            "write every point"
            f"{f', or use version {_either(known)}' if known else ''}"
        )
        return Finding(Stage.SCHEMA, ReasonCode.POSITION_INCONSISTENT, message)
    missing = change.fate is mappings.Fate.ADDED
    code = ReasonCode.MANDATORY_MISSING if missing else ReasonCode.CANNOT_BE_PROCESSED
    return Finding(Stage.SCHEMA, code, change.reason)


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
