"""A request for an object of one party, and how its answer shows that object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from tests.web.matrix.parties import COLUMNS, EXCHANGING, Side, column_of, other, side_of
from tests.web.matrix.world import GRIDS, RESOURCES, Matrix

JSON: Final = {"Content-Type": "application/json"}
NOT_THERE: Final = "not-there"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose object is asked for.

    Attributes:
        side: where it is, or would be.
        owner: whose it is; empty: it is not there.
    """

    caller: str
    side: Side
    owner: str

    @property
    def is_own(self) -> bool:
        """Whether it is the caller's, who may have objects of this kind."""
        return self.owner == self.caller


@dataclass(frozen=True, slots=True)
class Ask:
    """A request.

    Attributes:
        more: arguments of the request, as httpx has them.
        shows: what its answer has where it is about the object; empty: it has no content.
        state: what it changes, as somebody sees it who may; None: it changes nothing.
    """

    path: Mapping[str, object] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    shows: str = ""
    state: Callable[[], object] | None = None


Builder = Callable[[Matrix, Wanted], Ask | None]
"""The request for an object; None: no such object can be asked for."""


class About(Enum):
    """What an operation is about, and so whose objects are own and whose foreign."""

    PARTY = "what one party sent and gets"
    GATE = "gates and runs, of all who take part"
    GRID = "grids, of one grid operator each"
    ASSIGNMENT = "assignments, of one TSO each"

    def own(self, caller: str) -> Wanted:
        """The caller's own object; who can have none is asked with that of somebody on its side."""
        side = side_of(caller)
        owners = {
            About.PARTY: EXCHANGING,
            About.GATE: (side.platform, side.dso, side.tso, *side.others),
            About.GRID: tuple(GRIDS.values()),
            About.ASSIGNMENT: tuple(RESOURCES),
        }[self]
        return Wanted(caller, side, caller if caller in owners else self._main(side))

    def foreign(self, caller: str) -> list[Wanted]:
        """Objects of the same role on the other side, and of another role on the same one."""
        side, own = side_of(caller), self.own(caller).owner
        elsewhere = other(side)
        same_role = [name for name in COLUMNS[column_of(own)] if side_of(name) is elsewhere]
        owners = same_role or [self._main(elsewhere)]
        if self is About.PARTY and caller in EXCHANGING:
            owners += [side.tso if own != side.tso else side.platform]
        if self is About.GRID and caller in GRIDS.values():
            owners += [side.tso if own != side.tso else side.dso]
        return [Wanted(caller, side_of(name), name) for name in owners]

    def missing(self, caller: str) -> Wanted:
        """An object that is not there."""
        return Wanted(caller, side_of(caller), "")

    def _main(self, side: Side) -> str:
        match self:
            case About.GRID:
                return side.dso
            case About.ASSIGNMENT:
                return side.tso
            case _:
                return side.platform


def seen(matrix: Matrix, by: str, path: str) -> Callable[[], object]:
    """What somebody sees now, each time it is asked for."""

    def state() -> object:
        answer = matrix.get(by, path)
        return answer.json() if answer.is_success else answer.status_code

    return state


def always(shows: str) -> Builder:
    """Of what is everybody's."""
    return lambda _, wanted: Ask(shows=shows) if wanted == About.PARTY.own(wanted.caller) else None


def listing(shows: Callable[[Matrix, Wanted], str], **query: object) -> Builder:
    """Of a list, in which an owner's object is, or is not."""

    def ask(matrix: Matrix, wanted: Wanted) -> Ask | None:
        return Ask(more={"params": query}, shows=shows(matrix, wanted)) if wanted.owner else None

    return ask
