"""Expected documents of each party on the gates, compared with the documents that it received.

Nothing the gateway says of its gates and runs is used: what was asked of it, and what it sent. A platform
receives what concerns its own bids: the list of what is available, and what is limited. The system operator
receives the list of every platform, the grid operator what its line limits of every platform's bids. Before
that all are notified how the gate was amended, as far as it concerns them, or that it was cancelled.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lxml import etree

from contract_tests.emulators.answers import read_bid_availability, read_merit_order

QUARTER = timedelta(minutes=15)
MERIT_ORDER, AVAILABILITY = "MeritOrderList", "BidAvailability"
TOLERANCE_MW = 1e-6
MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)
HEARS_OF_ALL: Final = {"tso": (MERIT_ORDER,), "dso": (AVAILABILITY,)}
"""Parties that get documents on every platform's bids, and their kinds."""


@dataclass
class Gate:
    """What was asked of one gate of a quarter hour: `limits_mw` holds the line's limit by run and unit.

    All bids lie behind the one line and are demanded whole, alike in all units; `offered_mw` is by platform,
    the cheapest first. `notices` holds by party the events that it must be notified of, with the new terms.
    """

    name: str
    start: datetime
    offered_mw: dict[str, float] = field(default_factory=dict)
    limits_mw: list[tuple[float, ...]] = field(default_factory=list)
    notices: dict[str, list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)

    def note(self, party: str, event: str, **changed: Any) -> None:
        """The party must be notified of this next."""
        self.notices.setdefault(party, []).append((event, changed))

    def available_mw(self, platform: str, run: int) -> list[float]:
        """What of the platform's bid the line carries by the decision of a run, in each unit."""
        left = list(self.limits_mw[run])
        for name, offered in self.offered_mw.items():
            carried = [min(offered, most) for most in left]
            if name == platform:
                return carried
            left = [most - mw for most, mw in zip(left, carried, strict=True)]
        raise KeyError(platform)

    def bids_of(self, platform: str) -> str:
        """The name of the platform's document, and of its bid."""
        return f"{self.name}-{platform}"

    def owed_to(self, party: str) -> list[tuple[str, str]]:
        """Platforms whose bids the party must get documents on, and their kinds."""
        if not self.limits_mw:
            return []
        if party in HEARS_OF_ALL:
            return [(platform, kind) for platform in self.offered_mw for kind in HEARS_OF_ALL[party]]
        return [(party, kind) for kind in (MERIT_ORDER, AVAILABILITY) if party in self.offered_mw]

    def revisions(self, platform: str, kind: str) -> list[int]:
        """Revisions of what is sent about a platform's bids, from 1: of its list every run's; of its limits
        those from the first run on in which it was limited."""
        runs = range(len(self.limits_mw))
        if kind == MERIT_ORDER:
            return [run + 1 for run in runs]
        offered = self.offered_mw[platform]
        cut = [min(self.available_mw(platform, run)) < offered for run in runs]
        return [run + 1 for run in runs if any(cut[: run + 1])]


@dataclass(frozen=True)
class ReceivedDocument:
    """A document that came to a party, under the id of its message."""

    message_id: str
    payload: bytes


@dataclass(frozen=True)
class _Read:
    """A document: MW from when to when, of the bid of one bid document."""

    kind: str
    mrid: str
    revision: int
    gate: datetime
    bids: str
    stated: tuple[tuple[datetime, datetime, float], ...]


@dataclass(frozen=True)
class _Notice:
    """What happened to a gate, and its new terms."""

    gate: datetime
    version: int
    event: str
    changed: dict[str, Any]


def faults(gates: Sequence[Gate], received: Mapping[str, Sequence[ReceivedDocument]]) -> list[str]:
    """Everything that is wrong, party by party and gate by gate, of what came in the order it came in."""
    found = []
    for party, messages in received.items():
        by_gate: dict[datetime, list[_Read | _Notice]] = {}
        once = {message.message_id: message for message in messages}
        for message in once.values():
            if (read := _read(message)) is not None:
                by_gate.setdefault(read.gate, []).append(read)
        for gate in gates:
            of_gate = by_gate.pop(gate.start, [])
            found += [f"{gate.name} to {party}: {fault}" for fault in _of_gate(gate, party, of_gate)]
        found += [f"{party} received documents of {start}, for which there is no gate" for start in by_gate]
        texts = Counter(message.message_id for message in set(messages))
        found += [f"{party}: message {name} has two contents" for name, n in texts.items() if n > 1]
    return found


def _of_gate(gate: Gate, party: str, messages: Sequence[_Read | _Notice]) -> Iterator[str]:
    documents = [one for one in messages if isinstance(one, _Read)]
    notices = [one for one in messages if isinstance(one, _Notice)]
    heard, right = [(one.event, one.changed) for one in notices], gate.notices.get(party, [])
    if heard != right:
        yield f"it heard {heard}, not {right}"
    versions = [one.version for one in notices]
    if versions != sorted(set(versions)):
        yield f"its notices are of versions {versions}"
    if notices != list(messages[: len(notices)]):
        yield "a notice came after a result"
    left = list(documents)
    for platform, kind in gate.owed_to(party):
        about = [one for one in documents if (one.kind, one.bids) == (kind, gate.bids_of(platform))]
        left = [one for one in left if one not in about]
        misnumbered = list(_misnumbered(gate, platform, kind, about))
        for fault in misnumbered or _misread(gate, platform, kind, about):
            yield f"{kind} of {platform} {fault}"
    if left:
        yield f"{len(left)} documents that are not for it: {', '.join(one.kind for one in left)}"


def _misnumbered(gate: Gate, platform: str, kind: str, documents: Sequence[_Read]) -> Iterator[str]:
    """Whether each document came in every revision once, one after the other, and in none too many."""
    names = list(dict.fromkeys(one.mrid for one in documents))
    if kind == MERIT_ORDER and len(names) > 1:
        yield f"came under {len(names)} names"
    for mrid in names:
        own = [one.revision for one in documents if one.mrid == mrid]
        if own != list(range(own[0], own[0] + len(own))):
            yield f"{mrid} came in revisions {own}"
    expected = gate.revisions(platform, kind)
    if (came := sorted({one.revision for one in documents})) != expected:
        yield f"came in revisions {came}, not {expected}"


def _misread(gate: Gate, platform: str, kind: str, documents: Sequence[_Read]) -> Iterator[str]:
    """Where somebody who takes each document in its turn has something else in mind than a run decided."""
    length = QUARTER / len(gate.limits_mw[0])
    starts = [gate.start + unit * length for unit in range(len(gate.limits_mw[0]))]
    reads = [gate.offered_mw[platform]] * len(starts)
    for run in range(len(gate.limits_mw)):
        of_run = [one for one in documents if one.revision == run + 1]
        if kind == MERIT_ORDER:
            reads = [0.0] * len(starts)
        for start, end, mw in (said for one in of_run for said in one.stated):
            for unit, moment in enumerate(starts):
                if start <= moment < end:
                    reads[unit] = reads[unit] + mw if kind == MERIT_ORDER else mw
        right = gate.available_mw(platform, run)
        if any(abs(mw - want) > TOLERANCE_MW for mw, want in zip(reads, right, strict=True)):
            yield f"{run + 1} says {reads} MW, not {right}"


def _read(document: ReceivedDocument) -> _Read | _Notice | None:
    """A document of a run, or a notice; None for any other."""
    if document.payload.startswith(b"{"):
        stated = json.loads(document.payload)
        start = datetime.fromisoformat(stated["delivery"]["start"])
        return _Notice(start, stated["version"], stated["event"], stated["changed"])
    root = etree.fromstring(document.payload)
    name = etree.QName(root).localname
    if name.startswith(MERIT_ORDER):
        kind, interval, bids = MERIT_ORDER, "period.timeInterval", "relatedReserveBid_MarketDocument.mRID"
        points = read_merit_order(document.payload)
        spans = tuple((one.start, one.start + one.resolution, one.available_mw) for one in points)
    elif name.startswith(AVAILABILITY):
        kind, interval, bids = AVAILABILITY, "time_Period.timeInterval", "bidDocument_MarketDocument.mRID"
        limits = read_bid_availability(document.payload)
        spans = tuple((one.start, one.end, one.available_mw or 0.0) for one in limits)
    else:
        return None
    start = datetime.fromisoformat(root.findtext(f"{{*}}{interval}/{{*}}start") or "")
    return _Read(
        kind,
        root.findtext("{*}mRID") or "",
        int(root.findtext("{*}revisionNumber") or 0),
        start - (start - MIDNIGHT) % QUARTER,
        ", ".join(dict.fromkeys(one.text or "" for one in root.iter(f"{{*}}{bids}"))),
        spans,
    )
