"""What each party should have been told of the gates, against the documents that came to it.

Nothing the gateway says of its gates and runs is used: what was asked of it, and what it sent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree

from contract_tests.emulators.answers import read_bid_availability, read_merit_order

QUARTER = timedelta(minutes=15)
MERIT_ORDER, AVAILABILITY = "MeritOrderList", "BidAvailability"
TOLERANCE_MW = 1e-6


@dataclass
class Gate:
    """What was asked of one gate of a quarter hour: `limits_mw` holds the line's limit in each run.

    All bids lie behind the one line and are demanded whole; `offered_mw` is by platform, the cheapest first.
    """

    name: str
    start: datetime
    offered_mw: dict[str, float] = field(default_factory=dict)
    limits_mw: list[float] = field(default_factory=list)

    def available_mw(self, platform: str, run: int) -> float:
        """What of the platform's bid the line carries in a run."""
        left = self.limits_mw[run]
        for name, offered in self.offered_mw.items():
            carried = min(offered, left)
            if name == platform:
                return carried
            left -= carried
        raise KeyError(platform)

    def revisions(self, platform: str, kind: str) -> list[int]:
        """Revisions that the platform must have, from 1: of its list every run's; of its limits those from
        the first run on in which it was limited."""
        runs = range(len(self.limits_mw))
        if kind == MERIT_ORDER:
            return [run + 1 for run in runs]
        cut = [self.available_mw(platform, run) < self.offered_mw[platform] for run in runs]
        return [run + 1 for run in runs if any(cut[: run + 1])]


@dataclass(frozen=True)
class Told:
    """A document that came to a platform, under the id of its message."""

    message_id: str
    payload: bytes


@dataclass(frozen=True)
class _Read:
    message_id: str
    kind: str
    mrid: str
    revision: int
    start: datetime
    available_mw: float


def faults(gates: Sequence[Gate], told: Mapping[str, Sequence[Told]]) -> list[str]:
    """Everything that is wrong, platform by platform and gate by gate."""
    found = []
    for platform, documents in told.items():
        by_gate: dict[datetime, list[_Read]] = {}
        once = {document.message_id: document for document in documents}
        for document in once.values():
            if (read := _read(document)) is not None:
                by_gate.setdefault(read.start, []).append(read)
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
        of_kind = sorted((one for one in documents if one.kind == kind), key=lambda one: one.revision)
        if len({one.mrid for one in of_kind}) > 1:
            yield f"{kind} under {len({one.mrid for one in of_kind})} names"
        expected = gate.revisions(platform, kind)
        if (came := [one.revision for one in of_kind]) != expected:
            yield f"{kind} came in revisions {came}, not {expected}"
        for one in of_kind:
            if one.revision <= len(gate.limits_mw):
                right = gate.available_mw(platform, one.revision - 1)
                if abs(one.available_mw - right) > TOLERANCE_MW:
                    yield f"{kind} {one.revision} says {one.available_mw:g} MW, not {right:g}"


def _read(document: Told) -> _Read | None:
    """A document of a run; None for any other."""
    root = etree.fromstring(document.payload)
    name = etree.QName(root).localname
    if name.startswith(MERIT_ORDER):
        kind, interval = MERIT_ORDER, "period.timeInterval"
        mw = sum(point.available_mw for point in read_merit_order(document.payload))
    elif name.startswith(AVAILABILITY):
        kind, interval = AVAILABILITY, "time_Period.timeInterval"
        mw = sum(limit.available_mw or 0.0 for limit in read_bid_availability(document.payload))
    else:
        return None
    return _Read(
        document.message_id,
        kind,
        root.findtext("{*}mRID") or "",
        int(root.findtext("{*}revisionNumber") or 0),
        datetime.fromisoformat(root.findtext(f"{{*}}{interval}/{{*}}start") or ""),
        mw,
    )
