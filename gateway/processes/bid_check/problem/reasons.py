"""Why each bid is what it is, in every market time unit: numbers into one table of reasons."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.domain.reason import Reason

WITHHELD = "; nothing of it is available"
"""Text after a reason for which nothing is available."""

NOT_NEEDED = "not needed"
"""How the text begins of a bid that no demand takes; where one takes a part, the rest is so."""


@dataclass(frozen=True, slots=True, eq=False)
class ReasonTable:
    """Reasons of B bids in T market time units.

    Attributes:
        why: (B, T) number of the reason in `reasons`, from 1; 0: none.
        reasons: the weightiest first: the first one stays.
    """

    why: NDArray[np.int32]
    reasons: list[Reason]

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> "ReasonTable":
        """No reasons, (B, T)."""
        return cls(np.zeros(shape, dtype=np.int32), [])

    def add(self, reason: Reason, cells: NDArray[np.bool_]) -> None:
        """Set this reason in these cells (B, T), as far as they have none."""
        open_cells = cells & (self.why == 0)
        if open_cells.any():
            self.why[open_cells] = self._number(reason)

    def add_by_part(self, reason: Reason, cells: NDArray[np.bool_], partly_taken: NDArray[np.bool_]) -> None:
        """As `add`; of a bid that is not needed, where a part of it is taken (B, T), of the rest."""
        if reason.text is not None and reason.text.startswith(NOT_NEEDED):
            self.add(Reason(reason.code, f"the rest is {reason.text}"), cells & partly_taken)
        self.add(reason, cells)

    def add_to(self, bid: int, reason: Reason, units: NDArray[np.bool_]) -> None:
        """Set this reason of one bid in these market time units (T,), as far as it has none there."""
        open_units = units & (self.why[bid] == 0)
        if open_units.any():
            self.why[bid, open_units] = self._number(reason)

    def at(self, bid: int, mtu: int) -> Reason | None:
        """Why, in one market time unit."""
        number = int(self.why[bid, mtu])
        return self.reasons[number - 1] if number else None

    def of(self, bid: int) -> tuple[Reason, ...]:
        """Every reason of a bid once, in whatever market time units, the weightiest first."""
        return tuple(self.reasons[number - 1] for number in np.unique(self.why[bid]).tolist() if number)

    def _number(self, reason: Reason) -> int:
        if not self.reasons or self.reasons[-1] != reason:
            self.reasons.append(reason)
        return len(self.reasons)
