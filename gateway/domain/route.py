"""Routes: to whom a document goes whose receiver is not the gateway. Configuration, never code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

TRAITS: Final = ("sender", "receiver", "kind", "process")
"""By what a route knows a document; one that a route leaves out may be anything."""


class LossPolicy(StrEnum):
    """What becomes of a document of which the receiver's version cannot carry everything.

    A link between bids that is lost changes what the bids mean, so REFUSE is the default.
    """

    REPORT = "report"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Traits:
    """Properties of a document that routes match: codes of parties, family, process type.

    Attributes:
        receiver: None: the document names none.
    """

    sender: str
    receiver: str | None
    kind: str
    process: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """Where documents with these traits go.

    Attributes:
        to: the tenant that gets them.
        version: in which it gets them; None: the tenant's version of this kind, else as it came.
        market: name of the market that they belong to, for grants; None: none.
    """

    name: str
    to: str
    sender: str | None = None
    receiver: str | None = None
    kind: str | None = None
    process: str | None = None
    version: str | None = None
    loss: LossPolicy = LossPolicy.REFUSE
    market: str | None = None

    @property
    def wanted(self) -> dict[str, str]:
        """The traits that it requires."""
        wanted = {trait: getattr(self, trait) for trait in TRAITS}
        return {trait: value for trait, value in wanted.items() if value is not None}

    def matches(self, traits: Traits) -> bool:
        """Whether a document with these traits matches this route, if no more specific one does."""
        return all(getattr(traits, trait) == value for trait, value in self.wanted.items())


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes of a gateway."""

    routes: Sequence[Route] = ()

    def candidates(self, traits: Traits) -> Sequence[Route]:
        """Every route that matches, the most specific first."""
        found = [route for route in self.routes if route.matches(traits)]
        return sorted(found, key=lambda route: len(route.wanted), reverse=True)

    def of(self, traits: Traits) -> Route | None:
        """The most specific route that matches; None without one."""
        return next(iter(self.candidates(traits)), None)

    def ambiguities(self) -> Iterator[tuple[Route, Route]]:
        """Pairs of which neither is more specific, for documents that no third route knows better."""
        for one, other in combinations(self.routes, 2):
            if len(one.wanted) != len(other.wanted) or not _can_meet(one, other):
                continue
            meeting = one.wanted | other.wanted
            if not any(
                len(third.wanted) > len(one.wanted) and third.wanted.items() <= meeting.items()
                for third in self.routes
            ):
                yield one, other


def _can_meet(one: Route, other: Route) -> bool:
    """Whether any document matches both."""
    shared = one.wanted.keys() & other.wanted.keys()
    return all(one.wanted[trait] == other.wanted[trait] for trait in shared)
