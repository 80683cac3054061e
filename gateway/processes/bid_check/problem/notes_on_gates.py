"""Notes of a run on what other gates have decided, with and without the names of these.

Who may see everything of a gate need not see the others that load the same grids: it reads that there is one.
"""

import re
from collections.abc import Callable
from typing import Final

_PUBLISHED: Final = "what {} has published counts as used"
_REPORTED: Final = "what was reported as activated of bids of {} counts as used"
_ANOTHER: Final = "another gate"
_NAMES_A_GATE: Final = re.compile(
    "|".join(form.format(r"gate (\S+)") for form in (_PUBLISHED, _REPORTED)) + "(?:; .*)?"
)
_OTHERWISE: Final = (
    "; of {} it is more than was published, or with another activation type than the lists are used"
)


def on_published(gate_id: str) -> str:
    """That the lists of a gate count."""
    return _PUBLISHED.format(f"gate {gate_id}")


def on_reported(gate_id: str, otherwise: str = "") -> str:
    """That reported activations of a gate count.

    Args:
        otherwise: names of its bids that were not activated as they were published.
    """
    return _REPORTED.format(f"gate {gate_id}") + (_OTHERWISE.format(otherwise) if otherwise else "")


def as_seen(note: str, may_see: Callable[[str], bool]) -> str:
    """A note of a run for who may see just some gates: of the others neither a name nor a bid.

    Args:
        note: any note of a run; those that name no other gate stay as they are.
        may_see: whether the reader may see the gate of this name.
    """
    named = _NAMES_A_GATE.fullmatch(note)
    if named is None or may_see(named[1] or named[2]):
        return note
    if named[1]:
        return _PUBLISHED.format(_ANOTHER)
    return _REPORTED.format(_ANOTHER) + (_OTHERWISE.format("some") if "; " in note else "")
