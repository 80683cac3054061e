"""The List service: what is ready, after a code or within an interval."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from lxml import etree

from adapters.soap_504 import ServerOptions
from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.message_index import IndexEntry, MessageIndex
from adapters.soap_504.messages import Request, written
from adapters.soap_504.tables import MESSAGES
from gateway.ports import Clock, Letter, Mailbox

_PAGE: Final = 1000
_OPTIONS: Final = frozenset({"Code", "IntervalType", "MsgType", "Owner", "MessageIdentification"})
_DEFAULT: Final[Any] = {None: MESSAGES}
_APPLICATION: Final = "Application"
_SERVER: Final = "Server"


def options_of(request: Request, known: frozenset[str], twice: Code, unknown: Code) -> dict[str, str]:
    """The options of a request by name.

    Raises:
        FaultError: one comes twice, or is not known.
    """
    options = dict(request.options)
    if len(options) < len(request.options):
        raise FaultError(twice)
    if strange := sorted(options.keys() - known):
        raise FaultError(unknown, f"known here are {', '.join(sorted(known))}, not {strange[0]!r}"[:200])
    return options


class MessageLists:
    """Answers List requests of one tenant's peer.

    Args:
        owner: code of the party whose messages these are.
    """

    def __init__(self, options: ServerOptions, mailbox: Mailbox, clock: Clock, owner: str) -> None:
        self._options = options
        self._mailbox = mailbox
        self._clock = clock
        self._owner = owner
        self._index = MessageIndex(mailbox)

    def answer(self, request: Request) -> etree._Element:
        """The MessageList that was requested.

        Raises:
            FaultError: the request contradicts itself or is too large.
        """
        options = options_of(request, _OPTIONS, Code.LIST_TWICE, Code.LIST_UNKNOWN)
        find = self._after_code if "Code" in options else self._within
        listed = etree.Element(f"{{{MESSAGES}}}MessageList", nsmap=_DEFAULT)
        for letter, entry in find(request, options):
            self._add(listed, letter, entry)
        return listed

    def named(self, identification: str, version: int | None) -> Letter | None:
        """The message with a document of this name: of this version, or the highest there is."""
        found = [
            (entry.version or 1, letter.code, letter)
            for letter, entry in self._matching(0, {"MessageIdentification": identification})
            if version is None or (entry.version or 1) == version
        ]
        return max(found)[-1] if found else None

    def next_waiting(self) -> Letter | None:
        """The oldest message that was not fetched yet."""
        return next((letter for letter in self._letters(0) if letter.waits), None)

    def is_there(self, code: int) -> bool:
        """Whether a message with this code is among what may be listed."""
        following = self._mailbox.after(code - 1, 1)
        return any(letter.code == code and letter.created_at >= self._oldest() for letter in following)

    def _after_code(self, request: Request, options: Mapping[str, str]) -> list[tuple[Letter, IndexEntry]]:
        if request.start or request.end or "IntervalType" in options:
            raise FaultError(Code.LIST_CHOICE)
        code = options["Code"]
        if not (code.isascii() and code.isdigit() and len(code) < 19):
            raise FaultError(Code.LIST_CODE)
        found = []
        for each in self._matching(int(code), options):
            found.append(each)
            if len(found) == self._options.list_messages:
                break
        return found

    def _within(self, request: Request, options: Mapping[str, str]) -> list[tuple[Letter, IndexEntry]]:
        start, end = request.start, request.end
        if start is None or end is None:
            raise FaultError(Code.LIST_CHOICE)
        if end < start:
            raise FaultError(Code.LIST_ORDER)
        if end - start > timedelta(days=self._options.list_days):
            raise FaultError(Code.LIST_SPAN, f"{self._options.list_days} days are taken")
        kind = options.get("IntervalType", _APPLICATION)
        if kind not in (_APPLICATION, _SERVER):
            raise FaultError(Code.LIST_KIND)
        found = []
        for letter, entry in self._matching(0, options):
            came_within = start <= letter.created_at <= end
            if came_within if kind == _SERVER else _meets(entry, start, end):
                found.append((letter, entry))
            if len(found) > self._options.list_messages:
                raise FaultError(Code.LIST_TOO_MANY, f"{self._options.list_messages} are given at once")
        return found

    def _matching(self, code: int, options: Mapping[str, str]) -> Iterator[tuple[Letter, IndexEntry]]:
        if options.get("Owner", self._owner) != self._owner:
            return
        wanted_type = options.get("MsgType")
        wanted_name = options.get("MessageIdentification")
        for letter in self._letters(code):
            if wanted_type not in (None, letter.message_type):
                continue
            entry = self._index.of(letter)
            if entry is not None and wanted_name in (None, entry.identification):
                yield letter, entry

    def _letters(self, code: int) -> Iterator[Letter]:
        """Everything after a code that is not too old."""
        oldest = self._oldest()
        page = min(_PAGE, self._options.list_messages)
        while letters := self._mailbox.after(code, page):
            yield from (letter for letter in letters if letter.created_at >= oldest)
            if len(letters) < page:
                return
            code, page = letters[-1].code, _PAGE

    def _oldest(self) -> datetime:
        return self._clock.now() - timedelta(days=self._options.message_days)

    def _add(self, listed: etree._Element, letter: Letter, entry: IndexEntry) -> None:
        message = etree.SubElement(listed, f"{{{MESSAGES}}}Message")

        def add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
            element = etree.SubElement(parent, f"{{{MESSAGES}}}{name}")
            element.text = text
            return element

        add(message, "Code", str(letter.code))
        add(message, "MessageIdentification", entry.identification)
        if entry.version is not None:
            add(message, "MessageVersion", str(entry.version))
        add(message, "Status", "OK")
        interval = add(message, "ApplicationTimeInterval")
        add(interval, "start", written(entry.start))
        if entry.end is not None:
            add(interval, "end", written(entry.end))
        add(message, "ServerTimestamp", written(letter.created_at))
        add(message, "Type", letter.message_type)
        add(message, "Owner", self._owner)


def _meets(entry: IndexEntry, start: datetime, end: datetime) -> bool:
    """Whether the time a document is about and an interval have a moment in common."""
    return entry.start <= end and (entry.end or entry.start) >= start
