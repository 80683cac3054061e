"""Which codes of a document fit a process, where published market guides agree; a market may vary the rest.

Sources: the ENTSO-E code lists for the meaning of each code; for their use the Nordic guides for mFRR and
aFRR energy, FCR and FFR. A process without an entry accepts all codes of reserve markets.
"""

from collections.abc import Mapping
from typing import Final

from esmp.codes import code_set

BID_DOCUMENTS: Final = frozenset({"A24", "A37"})
"""Types of documents of bids: bid document, reserve tender document."""

_BID_DOCUMENTS_OF: Final[Mapping[str, frozenset[str]]] = {
    process: frozenset({"A37"}) for process in ("A46", "A47", "A51", "A60", "A61", "A67", "A68")
}
"""Energy of replacement and frequency restoration reserves is tendered."""

ACTIVATION_DOCUMENTS: Final = frozenset({"A36", "A39", "A40", "A41", "A96", "Z37", "Z38", "Z39", "Z40"})
"""Types of documents about activation: deactivation, scheduled and direct activation, the response,
redispatch, and the Nordic ones for faster, slower and shifted activation."""

_OFFERS: Final = frozenset(
    {"A46", "A85", "B03", "B74", "B90", "B95", "C83", "C84", "C85", "Z28", "Z29", "Z35", "Z36", "Z37"}
)
"""Business types of what is offered, of whatever reserve: redispatch, counter trade, offer, flexible need,
procured capacity, faster and slower activation, and Nordic names of the same."""

_RESERVES: Final[Mapping[str, frozenset[str]]] = {
    "A46": frozenset({"A98"}),
    "A47": frozenset({"A10", "A97", "Z73"}),
    "A51": frozenset({"A12", "A96"}),
    "A52": frozenset({"A11", "A95", "C26", "C27", "Z12"}),
    "Z14": frozenset({"Z85"}),
}
"""Business types that name one reserve, by the process of its market."""

_ANY_RESERVE: Final = _OFFERS.union(*_RESERVES.values())


_PLANS: Final = frozenset(
    {"A01", "A04", "A07", "A13", "A38", "A45", "A60", "A61", "A67", "A72", "A76", "A77", "A78", "A79", "A80"}
    | {"A93", "A94", "B11", "B17", "C24", "C89"}
)
"""Business types of plans of units: production, consumption, both, least and most, dispatchable or not, by
wind and sun, and reserves."""


def bid_documents(process: str) -> frozenset[str]:
    """Types of documents that bring bids of a process."""
    return _BID_DOCUMENTS_OF.get(process, BID_DOCUMENTS)


def business_types(process: str) -> frozenset[str]:
    """Business types of bids of a process."""
    own = _RESERVES.get(process)
    return _ANY_RESERVE if own is None else _OFFERS | own


def plan_business_types(process: str) -> frozenset[str]:
    """Business types of plans of units whose bids are of a process: any plan, and the types of its bids."""
    return business_types(process) | _PLANS


def titled(code_list: str, code: str | None) -> str:
    """A code with its title, for people."""
    title = code_set().lists[code_list].get(code or "", "")
    return f"{code} ({title})" if title else str(code)
