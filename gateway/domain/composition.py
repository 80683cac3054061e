"""Which resources a market resource consists of, as a ResourceMapping document states it."""

from dataclasses import dataclass

from gateway.domain.header import DocumentHeader
from gateway.domain.party import CodedId


@dataclass(frozen=True, slots=True)
class NamedResource:
    """A resource with what people call it."""

    resource: CodedId
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """The resources behind one market resource, from one day to another.

    Dates and times are texts of the document (`YYYY-MM-DD`, `hh:mm:ss…`): their zone is not part of it.
    """

    mrid: str
    market_resource: NamedResource
    resources: tuple[NamedResource, ...]
    start_date: str
    start_time: str | None = None
    end_date: str | None = None
    end_time: str | None = None
    description: str | None = None
    cancelled: bool | None = None


@dataclass(frozen=True, slots=True)
class ResourceCompositions:
    """A ResourceMapping document."""

    header: DocumentHeader
    compositions: tuple[Composition, ...]
