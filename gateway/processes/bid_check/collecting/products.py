"""Products of bids: which share a list, and how each may be activated."""

from collections.abc import Mapping

from gateway.domain.bid import BidTerm

STANDARD, SCHEDULED, DIRECT, BOTH_WAYS = "A01", "A05", "A06", "A07"
"""Product codes: the standard product, and it as offered for scheduled or direct activation, or both."""

WAYS_OF_STANDARD = frozenset({SCHEDULED, DIRECT, BOTH_WAYS})
"""Products that share the list of the standard one."""


def product_of(terms: Mapping[BidTerm, str]) -> str:
    """The product whose list a bid is in; a bid that names none offers the standard one."""
    return product_named(terms.get(BidTerm.PRODUCT, STANDARD))


def product_named(code: str) -> str:
    """The product that a code means, however it may be activated."""
    return STANDARD if code in WAYS_OF_STANDARD else code


def may_be(terms: Mapping[BidTerm, str]) -> tuple[bool, bool]:
    """Whether a bid may be activated by schedule, and directly."""
    named = terms.get(BidTerm.PRODUCT)
    return named != DIRECT, named in (DIRECT, BOTH_WAYS)
