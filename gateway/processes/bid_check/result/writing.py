"""Results in a platform's version: what cannot be written of one bid keeps no other from being published."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.domain.document import BidAvailability, MeritOrderList
from gateway.domain.outgoing import Outgoing
from gateway.domain.packed import Packed

Result = BidAvailability | MeritOrderList
DocumentWriter = Callable[[Result, str], Iterable[bytes]]
"""Writes a canonical document in a version, piece by piece; ValueError: the version cannot express it."""


@dataclass(frozen=True, slots=True)
class MadeDocuments:
    """A platform's documents, those that cannot be written with the reason, and why a bid is in none."""

    outgoing: Sequence[Outgoing] = ()
    unwritable: Sequence[tuple[Outgoing, str]] = ()
    omitted: Mapping[str, str] = field(default_factory=dict)

    def with_more(self, other: "MadeDocuments", *, own: bool) -> "MadeDocuments":
        """Both together; reasons for omitted bids only of the tenant's `own` bids."""
        return MadeDocuments(
            (*self.outgoing, *other.outgoing),
            (*self.unwritable, *other.unwritable),
            {**self.omitted, **(other.omitted if own else {})},
        )


def written(document: Result, write: DocumentWriter) -> tuple[Packed | None, tuple[str, ...]]:
    """A document in its version without what cannot be written, and the ids of the bids that this is about.

    None instead of bytes: there is nothing left of it, or its header cannot be written.
    """
    version = document.header.version
    try:
        return Packed.of(write(document, version)), ()
    except ValueError:
        pass
    rest, left = _rest_of(document, write)
    if rest is None or not _fits(rest, write):
        return None, left
    return Packed.of(write(rest, version)), left


def _rest_of(document: Result, write: DocumentWriter) -> tuple[Result | None, tuple[str, ...]]:
    """A document without the bids of which a part cannot be written, and their ids; None: nothing is left."""
    if isinstance(document, MeritOrderList):
        left = {one.bid_id for one in document.series if not _fits(replace(document, series=(one,)), write)}
        series = tuple(one for one in document.series if one.bid_id not in left)
        return replace(document, series=series) if series else None, tuple(sorted(left))
    left = {one.bid_id for one in document.limits if not _fits(replace(document, limits=(one,)), write)}
    limits = tuple(one for one in document.limits if one.bid_id not in left)
    return replace(document, limits=limits) if limits else None, tuple(sorted(left))


def _fits(document: Result, write: DocumentWriter) -> bool:
    try:
        Packed.of(write(document, document.header.version))
    except ValueError:
        return False
    return True
