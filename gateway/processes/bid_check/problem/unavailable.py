"""Bids that activations in earlier gates exclude, or have activated already."""

from collections.abc import Iterator

from gateway.domain.bid import BidTerm
from gateway.domain.gate import TechnicalLink, UseOfLists
from gateway.processes.bid_check.collecting.products import may_be
from gateway.processes.bid_check.problem.earlier import UNTIL, ActivationType, ActivationTypes, holds
from gateway.processes.bid_check.problem.links import LinkedBids, dependent, link_of


def unavailable(linked: LinkedBids) -> dict[tuple[int, int], str]:
    """Bids and units that activations in earlier gates exclude, each with the reason."""
    found: dict[tuple[int, int], str] = {}
    for number in dependent(linked):
        own = linked.units(number)
        if len(own) == 1 and not _allowed(linked, number):
            found[number, own[0]] = (
                f"{link_of(linked, number)}: does not hold after what was activated before"
            )
    for number, types in _followed(linked):
        chain = linked.bids[number].terms[BidTerm.TECHNICAL_LINK]
        if linked.technical is TechnicalLink.MUST_FOLLOW:
            found[number, 0] = (
                f"it follows the bid before it in its technical link {chain}, which was activated"
            )
        elif ActivationType.DIRECT in types or linked.technical is TechnicalLink.MAY_NOT_FOLLOW:
            found[number, 0] = f"the bid before it in its technical link {chain} was activated"
    return found


def following(linked: LinkedBids) -> list[int]:
    """Bids that are activated in the first unit, because the one before them was."""
    if linked.technical is not TechnicalLink.MUST_FOLLOW:
        return []
    return [number for number, _ in _followed(linked)]


def _followed(linked: LinkedBids) -> Iterator[tuple[int, ActivationTypes]]:
    """Bids of the first unit whose technical link was activated in the unit before, and how."""
    if linked.technical is TechnicalLink.NONE:
        return
    for number, bid in enumerate(linked.bids):
        chain = bid.terms.get(BidTerm.TECHNICAL_LINK)
        types = linked.earlier.before.get((linked.platform[number], chain or ""), frozenset())
        if types and linked.units(number)[:1] == [0]:
            yield number, types


def _allowed(linked: LinkedBids, number: int) -> bool:
    """Whether earlier gates leave some activation type in which a bid may be activated."""
    facts = [(status or "", reported) for status, reported in linked.facts(number)]
    if not facts:
        return True
    others = any(status not in UNTIL for status, _ in linked.targets(number))
    scheduled, direct = may_be(linked.bids[number].terms)
    exact = linked.use is UseOfLists.EXACT
    for activation_type, offered in (
        (ActivationType.SCHEDULED, scheduled or exact),
        (ActivationType.DIRECT, direct and not exact),
    ):
        # What depends on missing reports is for the platform to honour, or the bid is not decided.
        allowed = [
            (status in UNTIL, holds(status, reported, activation_type) is not False)
            for status, reported in facts
        ]
        some = [held for until, held in allowed if not until]
        if offered and all(held for until, held in allowed if until) and (not some or any(some) or others):
            return True
    return False
