"""Any version → any other version of the same family, or canonical JSON, with every loss named.

A document is read into the canonical model and written again. The report names, by its path in the source,
each value that the target cannot carry or takes otherwise, and by its path in the target each value that had
to be added. The result is validated before it is handed out.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import esmp
from esmp.codes import DEFAULT_CODES
from gateway.domain.document import CanonicalDocument
from gateway.domain.reason import Finding
from mappings import canonical_json
from mappings.families import plan
from mappings.layout import Plan
from mappings.reading import read
from mappings.report import Fate, Report
from mappings.writing import write

JSON: Final = "json"
"""As a target version: canonical JSON."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A converted document and what became of its values."""

    data: bytes
    report: Report


class ConversionError(ValueError):
    """A document that cannot be converted; `findings` say what is wrong with it, where it is at fault."""

    def __init__(self, message: str, findings: tuple[esmp.Finding | Finding, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


def convert(
    data: bytes,
    family: str,
    version: str,
    *,
    codes: str = DEFAULT_CODES,
    tolerances: Collection[str] = (),
) -> Conversion:
    """Convert an ESMP document or canonical JSON to a version of its family, or to `json`.

    `codes` and `tolerances` are those under which the source is valid, see `esmp.validate`.

    Raises:
        ConversionError: the source is invalid, or of another family.
        UnwritableError: the target demands something of the document that the source does not say.
        JsonTextError: JSON that is no canonical document.
        UnmappedFamilyError, esmp.profiles.UnknownVersion: there is no such source or target.
    """
    document, report, source = _source(data, codes, tolerances)
    kind = document.header.kind
    if kind != family:
        raise ConversionError(f"this is a {kind.value} document; it cannot become {family}")
    if version == JSON:
        return Conversion(canonical_json.dumps(document), report)
    writing = write(document, version, codes=codes)
    result = esmp.validate(writing.data, codes=codes)
    if not result.valid:
        raise ConversionError(f"no valid {family} {version} can be made of it", result.findings)
    target = plan(kind, version)
    for loss in writing.losses:
        home = target if loss.fate is Fate.ADDED or source is None else source
        report.changes.append(replace(loss, path=home.locate(loss.path)))
    report.carried -= sum(loss.fate is not Fate.ADDED for loss in writing.losses)
    return Conversion(writing.data, report)


def _source(
    data: bytes, codes: str, tolerances: Collection[str]
) -> tuple[CanonicalDocument, Report, Plan | None]:
    if data.lstrip()[:1] == b"{":
        return canonical_json.loads(data), Report(), None
    checked = esmp.validate(data, codes=codes, tolerances=tolerances)
    if checked.identity is None or not checked.valid:
        raise ConversionError("the document is not valid", checked.findings)
    reading = read(data if checked.root is None else checked.root, checked.identity)
    if reading.document is None:
        raise ConversionError("the document contradicts itself", reading.findings)
    for finding in reading.findings:
        reading.report.dropped(finding.path or "", finding.message, finding.series)
    return reading.document, reading.report, plan(reading.document.header.kind, checked.identity.version)
