"""Ask, judge the answer in a letter, and search it for what the caller may not know."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from httpx2 import Response

from tests.patience import eventually
from tests.web.matrix import asking_markets, asking_messages
from tests.web.matrix.asking import About, Ask, Wanted
from tests.web.matrix.parties import (
    ALL,
    AUDITOR,
    COLUMNS,
    EVERYWHERE,
    EXCHANGING,
    OPERATOR,
    PLANTED,
    Side,
    side_of,
)
from tests.web.matrix.world import Matrix
from tests.web.test_contract import CONTRACT as DOCUMENT

REQUESTS: Final = asking_messages.REQUESTS | asking_markets.REQUESTS
CONTRACT: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
"""Method, path and description by operation, of the committed contract."""

_REFUSED: Final = {401: "u", 403: "-", 404: ".", 409: "c", 422: "v"}
_OF_ONE_REQUEST: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass
class Book:
    """What was found besides the letters.

    Attributes:
        leaks: answers that name what their caller may not know.
        revealed: foreign objects that are answered otherwise than missing ones.
    """

    matrix: Matrix
    leaks: list[str] = field(default_factory=list)
    revealed: list[str] = field(default_factory=list)

    def cell(self, operation: str, caller: str) -> str:
        """Three letters: own, foreign and missing. Where foreign ones differ, all of theirs in brackets."""
        about, _ = REQUESTS[operation]
        foreign = [self._asked(operation, wanted) for wanted in about.foreign(caller)]
        own, missing = (
            self._asked(operation, wanted) for wanted in (about.own(caller), about.missing(caller))
        )
        letters = sorted({letter for letter, _ in foreign})
        unknown = {text for letter, text in (*foreign, missing) if letter == "."}
        if len(unknown) > 1:
            self.revealed.append(f"{operation} by {caller}: {sorted(unknown)}")
        return own[0] + (letters[0] if len(letters) == 1 else f"[{''.join(letters)}]") + missing[0]

    def _asked(self, operation: str, wanted: Wanted) -> tuple[str, str]:
        """The letter, and the answer without what differs from one request to the next."""
        about, build = REQUESTS[operation]
        ask = build(self.matrix, wanted)
        if ask is None:
            return " ", ""
        method, template, _ = CONTRACT[operation]
        before = None if ask.state is None else ask.state()
        answer = self.matrix.request(wanted.caller, method, template.format(**ask.path), **ask.more)
        changed = ask.state is not None and ask.state() != before
        found = f"{answer.text} {list(answer.headers.items())}"
        self.search(operation, about, wanted.caller, found, f"{answer.request.url} {ask.more}")
        letter = _letter(ask, answer, changed=changed)
        if operation == "submitDocument" and letter == "y":
            letter = self._verdict(wanted.caller, answer.headers["Location"])
        if changed:
            self.matrix.open_gates.pop(wanted.side.market, None)
        return letter, _without_names(ask, answer)

    def _verdict(self, caller: str, address: str) -> str:
        def state() -> str:
            return str(self.matrix.get(caller, address).json()["state"])

        eventually(lambda: state() != "received", "the verdict")
        return "r" if state() == "refused" else "y"

    def search(self, operation: str, about: About, caller: str, found: str, sent: str = "") -> None:
        """Note what a caller reads in an answer and may not know, unless it sent that itself."""
        for owner, what, value in _secrets(operation, about, caller):
            if value not in sent and readable(value, found):
                self.leaks.append(f"{operation}: {caller or 'nobody'} reads the {what} of {owner}")


def readable(value: str, text: str) -> bool:
    """Whether a text has a value, not as a part of a longer one."""
    return value in text and re.search(rf"(?<![\w.-]){re.escape(value)}(?![\w-])", text) is not None


def _letter(ask: Ask, answer: Response, *, changed: bool) -> str:
    if answer.is_success:
        shown = not ask.shows or ask.shows in answer.text
        return "y" if shown and (ask.state is None or changed) else "e" if not changed else "!"
    return "!" if changed else _REFUSED.get(answer.status_code, f"({answer.status_code})")


def _without_names(ask: Ask, answer: Response) -> str:
    """Body and headers without what differs from one request to the next, and the name that was asked for."""
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    text = _OF_ONE_REQUEST.sub("ID", f"{answer.text} {headers}")
    for name in ask.path.values():
        text = re.sub(rf"\b{re.escape(str(name))}\b", "NAME", text)
    return text


def _secrets(operation: str, about: About, caller: str) -> Iterator[tuple[str, str, str]]:
    """Owner, kind and text of what a caller may not read in the answers of an operation."""
    for owner in ALL:
        if owner == caller:
            continue
        planted = PLANTED[owner]
        known = _known(operation, about, caller, owner)
        for what, value in (
            ("name", owner),
            ("code", planted.code),
            ("bid", planted.bid),
            ("price", str(planted.price)),
            ("quantity", str(planted.quantity)),
            ("webhook", planted.webhook),
        ):
            if what not in known and (owner in EXCHANGING or what == "name"):
                yield owner, what, value


def _known(operation: str, about: About, caller: str, owner: str) -> frozenset[str]:
    """What a caller may read of another party."""
    if about is About.PARTY:
        return frozenset({"name"} if caller in EVERYWHERE else ())  # whose it is, never its content
    everything = frozenset({"name", "bid", "price", "quantity"})
    if about is About.ASSIGNMENT:
        return frozenset({"name"} if caller in (OPERATOR, AUDITOR) else ())
    if about is About.GRID:
        return frozenset()
    side: Side = side_of(caller)
    takes_part = owner in (side.platform, side.dso, side.tso, *side.others)
    if caller in (OPERATOR, AUDITOR):
        return everything
    if takes_part and caller in COLUMNS["tso"]:
        return frozenset() if operation == "getDemand" else everything
    if takes_part and caller in (*COLUMNS["desk"], *COLUMNS["desk-auditor"]):
        return everything
    if takes_part and operation == "getExplanations" and caller in (*COLUMNS["dso"], *COLUMNS["both"]):
        return frozenset({"bid", "quantity"})  # what its own elements took of which bid
    return frozenset()
