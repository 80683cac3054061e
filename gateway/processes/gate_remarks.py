"""Remarks on terms of an open gate that is accepted but can serve its purpose only in part."""

from collections.abc import Iterator
from datetime import datetime

from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.party import is_eic

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def remarks_on(gate: Gate, now: datetime) -> Iterator[str]:
    """Yield what the gate can achieve only in part, or not at all, by the clock and by its terms."""
    start, end = gate.delivery.start, gate.delivery.end
    if end <= now:
        yield f"its delivery ended at {end:%Y-%m-%dT%H:%MZ}: nothing of it can be activated"
        return
    if gate.waits_until <= now:
        yield f"it has accepted no bids since {gate.waits_until:{_TIME}}"
    if gate.publish_by >= end:
        yield (
            f"it is published until {gate.publish_by:{_TIME}}, when its delivery has ended ({end:{_TIME}}): "
            "nothing of it may be left to be activated"
        )
    elif gate.publish_by > start:
        yield (
            f"it is published until {gate.publish_by:{_TIME}}, when its delivery has begun "
            f"({start:{_TIME}}): what lies before may come too late to be activated"
        )
    if gate.closes_at >= end:
        yield f"it accepts bids until {gate.closes_at:{_TIME}}, when its delivery has ended ({end:{_TIME}})"
    if gate.use is UseOfLists.EXACT and not gate.system_operators:
        yield "its lists are exact, and it has no system operator to state a demand: nothing is accepted"
    for term, codes in (("zone", gate.zones), ("domain", gate.domains)):
        for code in codes:
            if not is_eic(code):
                yield f"{term} {code!r} is no EIC: only codes of another coding scheme can be it"
