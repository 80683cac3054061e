"""Findings get the places at which their sender has what they are about."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.domain.place import Place
from gateway.domain.reason import Finding
from mappings.places.canonical import Step, header_element

MOST_PLACES: Final = 1000
"""Findings whose element and line are looked up; further ones name series, period and place only."""


@dataclass(frozen=True, slots=True)
class Position:
    """A time series and a place in it.

    Attributes:
        occurrence: counts, from 0, series of the same mRID.
        place: None: the series itself.
    """

    series: str
    occurrence: int = 0
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """Where a document has something, as far as it can be found; all None: nowhere.

    Attributes:
        column: only where lines are too long to be a place.
    """

    path: str | None = None
    line: int | None = None
    column: int | None = None


class Places:
    """A document in which nothing can be found again: of no family with a table, or not readable."""

    def of(self, positions: Sequence[Position]) -> list[Where]:
        """Find places in time series."""
        return [Where()] * len(positions)

    def of_document(self, places: Sequence[Place]) -> list[Where]:
        """Find places of the document itself."""
        return [Where()] * len(places)

    def named(self, place: Place, *, in_series: bool) -> str:  # noqa: ARG002  (used by subclasses)
        """Name a place that was not looked up, or is not there."""
        return header_element(place.part)

    @property
    def groups(self) -> Mapping[str, frozenset[str]]:
        """Names of groups that are accepted or refused completely, by the mRID of each series that names
        any."""
        return {}

    def located(self, findings: Sequence[Finding]) -> list[Finding]:
        """Add the place in the document to findings that name a series or a canonical place only."""
        located = list(findings)
        unplaced = [index for index, found in enumerate(findings) if _is_unplaced(found)]
        looked_up = [index for index in unplaced if index < MOST_PLACES]
        of_series = [index for index in looked_up if findings[index].series is not None]
        positions = [_position(findings[index]) for index in of_series]
        for index, where in zip(of_series, self.of(positions), strict=True):
            if where.path is not None or findings[index].place is not None:
                located[index] = _at(where, findings[index])
        of_document = [
            (index, place)
            for index in looked_up
            if findings[index].series is None and (place := findings[index].place) is not None
        ]
        places = [place for _, place in of_document]
        for (index, _), where in zip(of_document, self.of_document(places), strict=True):
            located[index] = _at(where, findings[index])
        for index in unplaced:
            found = located[index]
            if found.path is None and found.place is not None:
                name = self.named(found.place, in_series=found.series is not None)
                located[index] = replace(found, path=name)
        return located


class OwnPlaces(Places):
    """A document in another form than XML, which is checked as the XML that it represents."""

    @abstractmethod
    def at(self, steps: Sequence[Step]) -> Where:
        """The place in this form of the end of a path of fields from the document on."""

    @abstractmethod
    def name_of(self, steps: Sequence[Step]) -> str:
        """The name in this form of the field at the end of fields from the document on."""


def _is_unplaced(found: Finding) -> bool:
    return found.path is None and found.line is None and not (found.series is None and found.place is None)


def _position(finding: Finding) -> Position:
    return Position(finding.series or "", finding.occurrence, finding.place)


def _at(where: Where, finding: Finding) -> Finding:
    return replace(finding, path=where.path, line=where.line, column=where.column)
