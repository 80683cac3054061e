"""ResourceMapping documents: a TSO states which technical units a market resource consists of, and when.

Such a document has no shares. Shares that the TSO registered for the same units win; schedules win over both;
without either the units share equally, and a note of the run states this.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gateway.domain.composition import Composition, ResourceCompositions
from gateway.domain.document import CanonicalDocument
from gateway.domain.market_time import MARKET_ZONE
from gateway.domain.party import is_known_by_code
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.resource import ResourceMap
from gateway.domain.role import TenantRole
from gateway.domain.tenant import Tenant
from gateway.ports import UnitOfWork
from gateway.processes.resources import Resources
from gateway.records.market import compositions as stored_compositions
from gateway.records.market import resources as registered
from gateway.records.market.compositions import StoredComposition


class MapResources:
    """The process for ResourceMapping documents.

    A newer revision replaces the older one completely; a time series that comes again in another, newer
    document replaces the one before; a cancelled one is removed. Collected bids keep the units they were
    collected with.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def apply(
        self,
        uow: UnitOfWork,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,  # noqa: ARG002 - a mapping is known by its time series
        received_at: datetime,  # noqa: ARG002 - and counts from the day it names
    ) -> Sequence[Finding]:
        """Store the valid compositions; return a finding for each of the others (`ports.DocumentApplier`)."""
        if not isinstance(document, ResourceCompositions):
            raise TypeError(f"compositions do not come in {type(document).__name__}")
        if not tenant.is_a(TenantRole.TSO):
            message = "units behind market resources are reported by the system operator that assigns them"
            return [Finding(Stage.PROCESS, ReasonCode.SENDER_INVALID, message, place=Place(Part.SENDER))]
        sender, header = document.header.sender.party.code, document.header
        stored_compositions.withdraw_document(uow, sender, header.mrid)
        series = [one.mrid for one in document.compositions]
        facts = _Facts(
            registered.units_of(uow, _names(document)),
            self._resources.assigned_by_others(tenant, _names(document)),
            stored_compositions.created_at(uow, sender, series),
            {mrid for mrid in series if series.count(mrid) > 1},
        )
        findings = [
            finding for one in document.compositions for finding in _check(one, facts, header.created_at)
        ]
        bad = {finding.series for finding in findings}
        good = [one for one in document.compositions if one.mrid not in bad]
        stored_compositions.withdraw(uow, sender, [one.mrid for one in good])
        accepted = [
            StoredComposition(
                sender,
                one.mrid,
                one.market_resource.resource.code,
                tuple(sorted({unit.resource.code for unit in one.resources})),
                header.mrid,
                header.created_at,
                *_validity(one),
            )
            for one in good
            if not one.cancelled
        ]
        return [*findings, *_store(uow, accepted), *self._remarks(uow, good)]

    def _remarks(self, uow: UnitOfWork, compositions: Sequence[Composition]) -> Iterator[Finding]:
        """Units at connection points that no grid model has, as in the answer to an assignment: their bids
        are withheld until that is mended."""
        connections = registered.find(uow).connections
        for one in compositions:
            units = {unit.resource.code for unit in one.resources} & connections.keys()
            if one.cancelled or not units:
                continue
            named = ResourceMap({unit: connections[unit] for unit in sorted(units)}, {})
            places: dict[str, list[str]] = {}
            for fault in self._resources.remarks(named):
                places.setdefault(fault.message, []).append(fault.place.split("/")[2])
            for message, where in places.items():
                text = f"{', '.join(dict.fromkeys(where))}: {message}; bids behind it are withheld"
                yield _finding(one, ReasonCode.COMPLEMENTARY, text, Part.UNIT)


@dataclass(frozen=True, slots=True)
class _Facts:
    """Stored data that the compositions of a document are checked against.

    Attributes:
        registered: units and shares of resources in the TSO's own assignment; a unit represents itself.
        foreign: names that other TSOs have assigned.
        created_at: of time series that are stored already.
        repeated: time series that occur more than once in the document.
    """

    registered: Mapping[str, Mapping[str, float]]
    foreign: set[str]
    created_at: Mapping[str, datetime]
    repeated: set[str]


def _names(document: ResourceCompositions) -> list[str]:
    resources = {one.market_resource.resource.code for one in document.compositions}
    units = {unit.resource.code for one in document.compositions for unit in one.resources}
    return sorted(resources | units)


def _check(one: Composition, facts: _Facts, created_at: datetime) -> Iterator[Finding]:
    if one.mrid in facts.repeated:
        yield _finding(one, ReasonCode.SERIES_ID_CONFLICT, "the mRID occurs more than once", Part.MRID)
    known = facts.created_at.get(one.mrid)
    if known is not None and known > created_at:
        message = f"a document created {known:%Y-%m-%dT%H:%M:%SZ} has a newer version of the time series"
        yield _finding(one, ReasonCode.SERIES_VERSION_CONFLICT, message, Part.MRID)
    if one.cancelled:
        return
    try:
        start, end = _validity(one)
    except (ValueError, OverflowError) as error:
        yield _finding(one, ReasonCode.TIME_INTERVAL_INCORRECT, str(error), Part.START_DATE)
    else:
        if end is not None and end <= start:
            message = "ends at or before its start"
            yield _finding(one, ReasonCode.TIME_INTERVAL_INCORRECT, message, Part.END_DATE)
    yield from _check_resource(one, facts)
    for unit in one.resources:
        code = unit.resource.code
        if not is_known_by_code(unit.resource):
            message = f"unit {unit.resource.named} is no EIC; {code} is assigned as one"
            yield _finding(one, ReasonCode.RESOURCE_INVALID, message, Part.UNIT)
        elif facts.registered.get(code, {}).keys() != {code}:
            message = f"unit {code} is not assigned to any connection point by you"
            yield _finding(one, ReasonCode.RESOURCE_INVALID, message, Part.UNIT)


def _check_resource(one: Composition, facts: _Facts) -> Iterator[Finding]:
    resource = one.market_resource.resource.code
    own = facts.registered.get(resource)
    if not is_known_by_code(one.market_resource.resource):
        message = f"{one.market_resource.resource.named} is no EIC, but has the form of one"
    elif resource in facts.foreign:
        message = f"{resource} is assigned by another system operator"
    elif own is not None and own.keys() == {resource}:
        message = f"{resource} is itself a technical unit"
    elif own is not None and own.keys() != {unit.resource.code for unit in one.resources}:
        message = f"shares of {resource} are registered for other units, and would win; change them first"
    else:
        return
    yield _finding(one, ReasonCode.RESOURCE_INVALID, message, Part.MARKET_RESOURCE)


def _store(uow: UnitOfWork, accepted: Sequence[StoredComposition]) -> Iterator[Finding]:
    """Store compositions, unless one would hold at the same time as another of its resource."""
    others: dict[str, list[StoredComposition]] = {}
    for one in stored_compositions.of_resources(uow, [one.resource for one in accepted]):
        others.setdefault(one.resource, []).append(one)
    good = []
    for one in accepted:
        clash = next((other for other in others.get(one.resource, ()) if one.overlaps(other)), None)
        if clash is None:
            others.setdefault(one.resource, []).append(one)
            good.append(one)
            continue
        message = f"time series {clash.series} names other units of {one.resource} for the same time"
        place = Place(Part.START_DATE)
        yield Finding(
            Stage.PROCESS, ReasonCode.TIME_INTERVAL_INCORRECT, message, series=one.series, place=place
        )
    stored_compositions.put(uow, good)


def _validity(one: Composition) -> tuple[datetime, datetime | None]:
    """From when (in) to when (out) a composition holds; a last day without a time belongs to it.

    Raises:
        ValueError: a date or time that cannot be read.
        OverflowError: outside the calendar.
    """
    start = _moment(one.start_date, one.start_time)
    if one.end_date is None:
        return start, None
    if one.end_time is not None:
        return start, _moment(one.end_date, one.end_time)
    return start, _moment((date.fromisoformat(one.end_date) + timedelta(days=1)).isoformat(), None)


def _moment(day: str, clock: str | None) -> datetime:
    """Without a zone of its own a time is on the clock of market days."""
    of_day = time() if clock is None else time.fromisoformat(clock)
    return datetime.combine(date.fromisoformat(day), of_day, of_day.tzinfo or MARKET_ZONE)


def _finding(one: Composition, code: ReasonCode, message: str, part: Part) -> Finding:
    return Finding(Stage.PROCESS, code, message, series=one.mrid, place=Place(part))
