"""Examination of documents of described formats, and which documents these are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import esmp
from gateway.domain.bounds import DEFAULT_BOUNDS, NumberBounds
from gateway.domain.document import DocumentLabel, ReceivedDocument
from gateway.domain.party import CodedId
from gateway.domain.place import Part, Place
from gateway.formats import Format, Formats, Header
from gateway.intake.check.examination import RECORDED, Examination, Validate, examine, unreadable
from gateway.intake.check.rules import created_findings
from mappings.places import Places
from mappings.places.places import Where
from mappings.reasons import finding_of

_KEYS: Final = {
    Part.MRID: "id",
    Part.REVISION: "revision",
    Part.PROCESS: "process",
    Part.CREATED_AT: "created",
    Part.SENDER: "sender",
    Part.RECEIVER: "receiver",
}
_LARGEST_REVISION: Final = 999
"""What an Acknowledgement can repeat."""


def examine_any(
    payload: bytes,
    content_type: str,
    received_at: datetime,
    validate: Validate = esmp.validate,
    bounds: NumberBounds = DEFAULT_BOUNDS,
    *,
    formats: Formats,
    sender: CodedId | None,
) -> Examination:
    """Examine a payload of any format. Every fault becomes a finding, never an exception.

    Args:
        sender: whose document it is where its format describes no sender: the first party of the tenant that
            hands it in; None: it has none, and such a document cannot be recorded.
    """
    candidates = formats.candidates(payload, content_type)
    if not candidates:
        examined = examine(payload, content_type, received_at, validate, bounds)
        other = formats.of_other_version(payload, content_type) if examined.family is None else None
        return examined if other is None else unreadable(other)
    if len(candidates) > 1:
        names = " and ".join(each.kind for each in candidates)
        return unreadable(f"it has the marks of {names}, and which of them it is nothing says")
    return _examined(candidates[0], payload, received_at, sender)


def _examined(described: Format, payload: bytes, received_at: datetime, own: CodedId | None) -> Examination:
    reading = described.read(payload)
    header = reading.header
    in_answer = header.revision is not None and 1 <= header.revision <= _LARGEST_REVISION
    created = None if header.created is None else header.created.replace(microsecond=0)
    received = ReceivedDocument(
        mrid=header.id,
        revision=header.revision if in_answer else None,
        process=header.process,
        created_at=created,
    )
    places = HeaderPlaces(header)
    findings = [finding_of(found) for found in reading.findings]
    sender = header.sender or (own if described.table.header.sender is None else None)
    label = None
    if not findings and header.id is not None and sender is not None:
        at = created or received_at.replace(microsecond=0)
        revision = 1 if header.revision is None else header.revision
        label = DocumentLabel(described.kind, described.version, sender, header.id, revision, at)
        findings += places.located(created_findings(at, received_at))
    return Examination(
        label,
        None,
        received,
        described.kind,
        tuple(findings),
        (RECORDED,) if label is not None else (),
        places,
        header.receiver,
        version=described.version,
        described=described,
        market=header.market,
    )


@dataclass(frozen=True, slots=True)
class HeaderPlaces(Places):
    """Where a document of a described format has the parts of its header."""

    header: Header

    def of_document(self, places: Sequence[Place]) -> list[Where]:
        """See `Places`."""
        values = [self.header.places.get(_KEYS.get(Part(place.part), "")) for place in places]
        return [Where() if value is None else Where(value.path, value.line) for value in values]

    def named(self, place: Place, *, in_series: bool) -> str:  # noqa: ARG002  (as `Places` has it)
        """See `Places`; a part that its format does not describe goes by its own name."""
        return str(place.part)
