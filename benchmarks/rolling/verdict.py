"""What each party should have been told of the gates, against the documents that came to it.

Nothing the gateway says of its gates and runs is used: what was asked of it, and what it sent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lxml import etree

from contract_tests.emulators.answers import read_bid_availability, read_merit_order

QUARTER = timedelta(minutes=15)
MERIT_ORDER, AVAILABILITY = "MeritOrderList", "BidAvailability"
TOLERANCE_MW = 1e-6
MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Gate:
    """What was asked of one gate of a quarter hour: `limits_mw` holds the line's limit by run and unit.

    All bids lie behind the one line and are demanded whole, alike in all units; `offered_mw` is by platform,
    the cheapest first.
    """

    name: str
    start: datetime
    offered_mw: dict[str, float] = field(default_factory=dict)
    limits_mw: list[tuple[float, ...]] = field(default_factory=list)

    def available_mw(self, platform: str, run: int) -> list[float]:
        """What of the platform's bid the line carries by the decision of a run, in each unit."""
        left = list(self.limits_mw[run])
        for name, offered in self.offered_mw.items():
            carried = [min(offered, most) for most in left]
            if name == platform:
                return carried
            left = [most - mw for most, mw in zip(left, carried, strict=True)]
        raise KeyError(platform)

    def revisions(self, platform: str, kind: str) -> list[int]:
        """Revisions that the platform must have, from 1: of its list every run's; of its limits those from
        the first run on in which it was limited."""
        runs = range(len(self.limits_mw))
        if kind == MERIT_ORDER:
            return [run + 1 for run in runs]
        offered = self.offered_mw[platform]
        cut = [min(self.available_mw(platform, run)) < offered for run in runs]
        return [run + 1 for run in runs if any(cut[: run + 1])]


@dataclass(frozen=True)
class Told:
    """A document that came to a platform, under the id of its message."""

    message_id: str
    payload: bytes


@dataclass(frozen=True)
class _Read:
    """A document: MW from when to when, of one bid."""

    kind: str
    mrid: str
    revision: int
    gate: datetime
    said: tuple[tuple[datetime, datetime, float], ...]


def faults(gates: Sequence[Gate], told: Mapping[str, Sequence[Told]]) -> list[str]:
    """Everything that is wrong, platform by platform and gate by gate."""
    found = []
    for platform, documents in told.items():
        by_gate: dict[datetime, list[_Read]] = {}
        once = {document.message_id: document for document in documents}
        for document in once.values():
            if (read := _read(document)) is not None:
                by_gate.setdefault(read.gate, []).append(read)
        for gate in gates:
            of_gate = by_gate.pop(gate.start, [])
            found += [f"{gate.name} to {platform}: {fault}" for fault in _of_gate(gate, platform, of_gate)]
        found += [f"{platform} was told of {start}, for which there is no gate" for start in by_gate]
        texts = Counter(document.message_id for document in set(documents))
        found += [f"{platform}: message {name} has two contents" for name, n in texts.items() if n > 1]
    return found


def _of_gate(gate: Gate, platform: str, documents: Sequence[_Read]) -> Iterator[str]:
    if platform not in gate.offered_mw or not gate.limits_mw:
        if documents:
            yield f"{len(documents)} documents of a gate that tells it nothing"
        return
    for kind in (MERIT_ORDER, AVAILABILITY):
        of_kind = [one for one in documents if one.kind == kind]
        misnumbered = list(_misnumbered(gate, platform, kind, of_kind))
        yield from misnumbered or _misread(gate, platform, kind, of_kind)


def _misnumbered(gate: Gate, platform: str, kind: str, documents: Sequence[_Read]) -> Iterator[str]:
    """Whether each document came in every revision once, and in none too many."""
    names = {one.mrid for one in documents}
    if kind == MERIT_ORDER and len(names) > 1:
        yield f"{kind} under {len(names)} names"
    for mrid in names:
        own = sorted(one.revision for one in documents if one.mrid == mrid)
        if own != list(range(own[0], own[0] + len(own))):
            yield f"{kind} {mrid} came in revisions {own}"
    expected = gate.revisions(platform, kind)
    if (came := sorted({one.revision for one in documents})) != expected:
        yield f"{kind} came in revisions {came}, not {expected}"


def _misread(gate: Gate, platform: str, kind: str, documents: Sequence[_Read]) -> Iterator[str]:
    """Where somebody who takes each document in its turn has something else in mind than a run decided."""
    length = QUARTER / len(gate.limits_mw[0])
    starts = [gate.start + unit * length for unit in range(len(gate.limits_mw[0]))]
    reads = [gate.offered_mw[platform]] * len(starts)
    for run in range(len(gate.limits_mw)):
        of_run = [one for one in documents if one.revision == run + 1]
        if kind == MERIT_ORDER:
            reads = [0.0] * len(starts)
        for start, end, mw in (said for one in of_run for said in one.said):
            for unit, moment in enumerate(starts):
                if start <= moment < end:
                    reads[unit] = reads[unit] + mw if kind == MERIT_ORDER else mw
        right = gate.available_mw(platform, run)
        if any(abs(mw - want) > TOLERANCE_MW for mw, want in zip(reads, right, strict=True)):
            yield f"{kind} {run + 1} says {reads} MW, not {right}"


def _read(document: Told) -> _Read | None:
    """A document of a run; None for any other."""
    root = etree.fromstring(document.payload)
    name = etree.QName(root).localname
    if name.startswith(MERIT_ORDER):
        kind, interval = MERIT_ORDER, "period.timeInterval"
        points = read_merit_order(document.payload)
        said = tuple((one.start, one.start + one.resolution, one.available_mw) for one in points)
    elif name.startswith(AVAILABILITY):
        kind, interval = AVAILABILITY, "time_Period.timeInterval"
        limits = read_bid_availability(document.payload)
        said = tuple((one.start, one.end, one.available_mw or 0.0) for one in limits)
    else:
        return None
    start = datetime.fromisoformat(root.findtext(f"{{*}}{interval}/{{*}}start") or "")
    return _Read(
        kind,
        root.findtext("{*}mRID") or "",
        int(root.findtext("{*}revisionNumber") or 0),
        start - (start - MIDNIGHT) % QUARTER,
        said,
    )
