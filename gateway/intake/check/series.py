"""Consequences of refused time series for the others of the same document.

Inclusive groups are accepted completely or not at all; a multipart group without one of its parts has another
meaning; a bid that depends on a refused bid has nothing to depend on. These go too. What is left of an
exclusive group means the same as before.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from gateway.domain.bid import BidTerm
from gateway.domain.bids import Bids
from gateway.domain.document import CanonicalDocument, ReserveBids
from gateway.domain.reason import Finding, ReasonCode, Stage
from mappings.places import Places

_WHOLE_GROUPS = (BidTerm.INCLUSIVE_GROUP, BidTerm.MULTIPART_GROUP)
"""Terms that name a group which is accepted completely or not at all; see `Places.groups`."""


def refused_series(findings: Iterable[Finding]) -> set[str]:
    """The time series that findings name."""
    return {finding.series for finding in findings if finding.series is not None}


def associated(
    document: CanonicalDocument, findings: Iterable[Finding], places: Places | None = None
) -> list[Finding]:
    """Findings for the series that go because others, named by `findings`, are refused.

    A series that could not be read is not in the document; `places` has the groups it belonged to.
    """
    refused = refused_series(findings)
    if not refused or not isinstance(document, ReserveBids):
        return []
    bids = document.bids
    dependants = _dependants(bids)
    found: list[Finding] = []
    reached = set(refused)
    open_ends = list(refused)
    while open_ends:
        mrid = open_ends.pop()
        for group in _groups_of(bids, mrid, places):
            for member in dependants[group] - reached:
                reached.add(member)
                open_ends.append(member)
                found.append(_finding(member, f"goes with {mrid}, which is refused"))
    return sorted(found, key=lambda finding: bids.position_of[finding.series or ""])


def without(document: CanonicalDocument, refused: set[str]) -> CanonicalDocument:
    """The document with the other series only."""
    if not refused or not isinstance(document, ReserveBids):
        return document
    bids = document.bids
    return replace(
        document,
        bids=bids.select(bid for bid, mrid in enumerate(bids.bid_id) if mrid not in refused),
    )


def _dependants(bids: Bids) -> dict[str, set[str]]:
    """Bids that require all of a group, or the bid or group they are linked to."""
    found: dict[str, set[str]] = defaultdict(set)
    for term in _WHOLE_GROUPS:
        for mrid, group in zip(bids.bid_id, bids.terms.get(term, ()), strict=False):
            if group is not None:
                found[group].add(mrid)
    for link in bids.conditional_links:
        found[link.target].add(bids.bid_id[link.bid])
    return found


def _groups_of(bids: Bids, mrid: str, places: Places | None) -> list[str]:
    """The names under which others may depend on a bid: its own, and those of its groups."""
    bid = bids.position_of.get(mrid)
    if bid is not None:
        groups = (bids.term(term, bid) for term in _WHOLE_GROUPS)
        return [mrid, *(group for group in groups if group is not None)]
    return [mrid] if places is None else [mrid, *places.groups.get(mrid, ())]


def _finding(mrid: str, message: str) -> Finding:
    return Finding(Stage.RULES, ReasonCode.LINKED_BID_REJECTED, message, series=mrid)
