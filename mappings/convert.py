"""Any version → any other version of the same family, or canonical JSON, with every loss named.

A document is read into the canonical model and written again. The report names, by its path in the source,
each value that the target cannot hold or changes, and by its path in the target each value that had
to be added. The result is validated before it is handed out.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import esmp
from esmp.codes import DEFAULT_CODES
from esmp.profiles import Profile, profiles
from gateway.domain.document import CanonicalDocument
from gateway.domain.reason import Finding
from mappings import canonical_json
from mappings.element_plan import Plan
from mappings.families import added_plan, plan
from mappings.reading import read
from mappings.report import Fate, Report
from mappings.writing import write, write_added

JSON: Final = "json"
"""As a target version: canonical JSON."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A converted document and what became of its values.

    Attributes:
        left_out: contradictions within series of the source; those series are not in `data`.
    """

    data: bytes
    report: Report
    left_out: tuple[Finding, ...] = ()


class ConversionError(ValueError):
    """A document that cannot be converted; `findings` state what is wrong with it, where it is at fault."""

    def __init__(self, message: str, findings: tuple[esmp.SchemaFinding | Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


def convert(
    data: bytes,
    family: str,
    version: str,
    *,
    codes: str = DEFAULT_CODES,
    tolerances: Collection[str] = (),
    catalogue: esmp.Catalogue | None = None,
) -> Conversion:
    """Convert an ESMP document or canonical JSON to a version of its family, or to `json`.

    `codes` and `tolerances` are those under which the source is valid, see `esmp.validate`. `catalogue` knows
    further versions, those an operator added; what the canonical model has no place for in them is reported.

    Raises:
        ConversionError: the source is invalid, or of another family.
        UnwritableError: the target demands something of the document that the source does not state.
        JsonTextError: JSON that is no canonical document.
        UnmappedFamilyError, esmp.profiles.UnknownVersion: there is no such source or target.
    """
    document, report, source, left_out = _source(data, codes, tolerances, catalogue)
    kind = document.header.kind
    if kind != family:
        raise ConversionError(f"this is a {kind.value} document; it cannot become {family}")
    if version == JSON:
        return Conversion(canonical_json.dumps(document), report, left_out)
    added = _added(catalogue, kind, version)
    writing = (
        write(document, version, codes=codes) if added is None else write_added(document, added, codes=codes)
    )
    result = esmp.validate(writing.data, codes=codes, catalogue=catalogue)
    if not result.valid:
        raise ConversionError(f"no valid {family} {version} can be made of it", result.findings)
    target = plan(kind, version) if added is None else added_plan(added)
    for loss in writing.losses:
        home = target if loss.fate is Fate.ADDED or source is None else source
        report.changes.append(replace(loss, path=home.locate(loss.path)))
    report.unchanged -= sum(loss.fate is not Fate.ADDED for loss in writing.losses)
    return Conversion(writing.data, report, left_out)


def _source(
    data: bytes, codes: str, tolerances: Collection[str], catalogue: esmp.Catalogue | None
) -> tuple[CanonicalDocument, Report, Plan | None, tuple[Finding, ...]]:
    if data.lstrip()[:1] == b"{":
        return canonical_json.loads(data), Report(), None, ()
    checked = esmp.validate(data, codes=codes, tolerances=tolerances, catalogue=catalogue)
    if checked.identity is None or not checked.valid:
        raise ConversionError("the document is not valid", checked.findings)
    identity = checked.identity
    added = _added(catalogue, identity.family, identity.version)
    layout = None if added is None else added_plan(added)
    reading = read(data if checked.root is None else checked.root, identity, layout=layout)
    if reading.document is None:
        raise ConversionError("the document contradicts itself", reading.findings)
    for finding in reading.findings:
        reading.report.dropped(finding.path or "", finding.message, finding.series)
    source = layout or plan(reading.document.header.kind, identity.version)
    return reading.document, reading.report, source, reading.findings


def _added(catalogue: esmp.Catalogue | None, family: str, version: str) -> Profile | None:
    """The version of a family that an operator added, None for one of our tables."""
    if catalogue is None or any(own.family == family and own.version == version for own in profiles()):
        return None
    return next(
        (each for each in catalogue.profiles() if each.family == family and each.version == version), None
    )
