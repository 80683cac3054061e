"""PlannedResourceSchedule documents: what units plan to deliver, which splits aggregated bids over them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.document import CanonicalDocument
from gateway.domain.gate import Gate, GateState
from gateway.domain.market_time import resolution_text
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage, concern_whole_document
from gateway.domain.schedule import PlannedSeries, ResourceSchedule
from gateway.domain.tenant import Tenant
from gateway.ports import UnitOfWork
from gateway.processes.bid_check.collecting.activation_series import Stretches, refused_sender, stretches
from gateway.processes.bid_check.collecting.bid_rules import (
    foreign_area,
    foreign_domain,
    foreign_scheme,
)
from gateway.processes.bid_check.collecting.gate_closure import why_late, why_none
from gateway.processes.market_codes import plan_business_types, titled
from gateway.processes.resources import Assigned, Resources
from gateway.records.engine.stores import Stores
from gateway.records.market import gates
from gateway.records.market import schedules as stored_schedules
from gateway.records.market.gates import GateStatus
from gateway.records.market.schedules import BOTH, StoredSchedule

Key = tuple[str, str, int]


class RecordSchedules:
    """The process for PlannedResourceSchedule documents.

    A series counts for those gates of its sender that have not closed, open yet or not; what it states of
    others is ignored, and a series for none but these is refused. A newer revision of a document
    replaces the older one completely; a newer schedule of a unit replaces the one before, per gate and
    direction.
    """

    def __init__(self, stores: Stores, resources: Resources) -> None:
        self._stores = stores
        self._resources = resources

    def apply(
        self,
        uow: UnitOfWork,
        tenant: Tenant,
        document: CanonicalDocument,
        document_id: str,  # noqa: ARG002 - a schedule is known by its unit
        received_at: datetime,
    ) -> Sequence[Finding]:
        """Store the valid schedules; return a finding for each of the others (`ports.DocumentApplier`)."""
        if not isinstance(document, ResourceSchedule):
            raise TypeError(f"schedules do not come in {type(document).__name__}")
        refused = refused_sender(tenant, "schedules are sent by the platform that sends the bids they split")
        if refused is not None:
            return [refused]
        with self._stores.shared.reading() as shared:
            own_gates = [
                status
                for status in gates.delivering_in(shared, document.period)
                if tenant.tenant_id in status.gate.platforms
            ]
        foreign = [foreign_domain(document.domain, status.gate) for status in own_gates]
        findings = [found for found in foreign[:1] if found is not None and all(foreign)]
        why = {status.gate.gate_id: _why_closed(uow, status, tenant, received_at) for status in own_gates}
        open_ids = [gate_id for gate_id, late in why.items() if late is None]
        ends = {status.gate.gate_id: status.gate.delivery.end for status in own_gates}
        if not open_ids:
            late = next(iter(why.values()), None) or why_none(self._stores, tenant, document.period)
            message = late or f"no gate collects your bids for {document.period}"
            findings.append(Finding(Stage.PROCESS, ReasonCode.GATE_NOT_OPEN, message))
            why = dict.fromkeys(why)  # one finding covers the document

        header = document.header
        assigned = self._resources.assigned(
            one.resource.code for one in document.planned if one.resource is not None
        )
        findings += _check_unavailable(document)
        by_key: dict[Key, list[tuple[PlannedSeries, Stretches]]] = defaultdict(list)
        for one in document.planned:
            parts, faults = _by_gate(one, own_gates, why)
            faults += _check_unit(one, assigned)
            findings += faults
            for key, part in parts if not faults else ():
                by_key[key].append((one, part))
        if concern_whole_document(findings):
            return findings
        stored_schedules.withdraw_document(uow, open_ids, header.sender.party.code, header.mrid)
        before = {one.key: one for one in stored_schedules.of_gates(uow, open_ids)}
        good = []
        for key, series in by_key.items():
            faults = [*_check_overlap(series), *_check_before(series, before.get(key), document)]
            findings.extend(faults)
            bad = {finding.series for finding in findings}
            if any(one.mrid in bad for one, _ in series):
                continue
            start, end, mw = np.concatenate([part for _, part in series]).T
            sender, names = header.sender.party.code, (header.mrid, header.created_at)
            until = ends[key[0]]
            columns = start.astype(np.int64), end.astype(np.int64), mw
            good.append(StoredSchedule(*key, sender, *names, until, *columns))
        stored_schedules.put(uow, good)
        return findings


def _why_closed(uow: UnitOfWork, status: GateStatus, tenant: Tenant, received_at: datetime) -> str | None:
    """Why a gate does not accept a schedule any more; schedules may be sent before bids."""
    early = status.state is GateState.OPEN and received_at < status.gate.opens_at
    return None if early else why_late(uow, status, tenant, received_at)


def _check_unavailable(document: ResourceSchedule) -> Iterator[Finding]:
    for one in document.unavailable:
        message = "unavailable reserves are not accepted; change the bids that cannot be delivered"
        yield Finding(Stage.PROCESS, ReasonCode.CANNOT_BE_PROCESSED, message, series=one.mrid)


def _check_unit(one: PlannedSeries, assigned: Assigned) -> Iterator[Finding]:
    if one.resource is None:
        message = "the series names no resource, so its unit is unknown"
        yield _finding(one, ReasonCode.RESOURCE_INVALID, message, BidTerm.RESOURCE)
        return
    unit = one.resource.code
    if (foreign := foreign_scheme(one.resource)) is not None:
        yield _finding(one, ReasonCode.RESOURCE_INVALID, foreign, BidTerm.RESOURCE)
        return
    units = set(assigned.registered.get(unit, ()))
    if units == {unit}:
        return
    if units or unit in assigned.composed:
        message = f"{unit} consists of several units; a schedule is of one unit"
    else:
        message = f"unit {unit} is not assigned to any connection point by a system operator"
    yield _finding(one, ReasonCode.RESOURCE_INVALID, message, BidTerm.RESOURCE)


def _by_gate(
    one: PlannedSeries, own_gates: Sequence[GateStatus], why: dict[str, str | None]
) -> tuple[list[tuple[Key, Stretches]], list[Finding]]:
    """Planned quantities of a series per gate that accepts it; findings if none does, or if it does not
    fit."""
    planned = np.concatenate([stretches(period, one.curve) for period in one.periods])
    unit = "" if one.resource is None else one.resource.code
    direction = one.direction if one.direction in (Direction.UP, Direction.DOWN) else BOTH
    late, parts = None, []
    faults: list[Finding] = []
    of_type = [each for each in own_gates if one.business_type in plan_business_types(each.gate.process)]
    for status in of_type:
        part = _within(planned, status.gate)
        if not len(part):
            continue
        if why[status.gate.gate_id] is not None:
            late = why[status.gate.gate_id]
            continue
        mtu_s = int(status.gate.mtu.total_seconds())
        offset = part[:, :2] - int(status.gate.delivery.start.timestamp())
        if (offset % mtu_s).any():
            unit_text = resolution_text(status.gate.mtu)
            message = f"points are not whole market time units ({unit_text}) of gate {status.gate.gate_id!r}"
            code = ReasonCode.RESOLUTION_INCONSISTENT
            faults.append(_finding(one, code, message, Part.RESOLUTION))
        faults += _check_areas(one, status.gate)
        parts.append(((status.gate.gate_id, unit, int(direction)), part))
    if late is not None and not parts:
        faults.append(_finding(one, ReasonCode.GATE_NOT_OPEN, late, Part.INTERVAL))
    elif own_gates and not of_type:
        message = f"business type {titled('BusinessTypeList', one.business_type)} is no plan for your gates"
        faults.append(_finding(one, ReasonCode.BUSINESS_TYPE_INVALID, message, BidTerm.BUSINESS_TYPE))
    elif own_gates and not parts and not faults:
        message = "the series does not overlap the delivery of your gates"
        faults.append(_finding(one, ReasonCode.TIME_INTERVAL_INCORRECT, message, Part.INTERVAL))
    return parts, faults


def _check_areas(one: PlannedSeries, gate: Gate) -> Iterator[Finding]:
    for side, area, accepted, term in (
        ("connecting", one.connecting_area, gate.zones, BidTerm.CONNECTING_AREA),
        ("acquiring", one.acquiring_area, gate.domains, BidTerm.ACQUIRING_AREA),
    ):
        if area is not None and (message := foreign_area(f"{side} area", area, accepted, gate)):
            yield _finding(one, ReasonCode.AREA_INVALID, message, term)


def _within(stretches: Stretches, gate: Gate) -> Stretches:
    """The part of stretches that lies in the delivery of a gate."""
    cut = stretches.copy()
    cut[:, :2] = np.clip(cut[:, :2], gate.delivery.start.timestamp(), gate.delivery.end.timestamp())
    return cut[cut[:, 0] < cut[:, 1]]


def _check_overlap(series: Sequence[tuple[PlannedSeries, Stretches]]) -> Iterator[Finding]:
    """Two schedules of one unit for one time, in any series."""
    owner = np.repeat(np.arange(len(series)), [len(part) for _, part in series])
    start, end, _ = np.concatenate([part for _, part in series]).T
    order = np.argsort(start, kind="stable")
    overlaps = order[1:][start[order[1:]] < end[order[:-1]]]
    for number in np.unique(owner[overlaps]).tolist():
        one = series[number][0]
        message = "its unit is planned twice for one time and direction"
        yield _finding(one, ReasonCode.SERIES_ID_CONFLICT, message, Part.INTERVAL)


def _check_before(
    series: Sequence[tuple[PlannedSeries, Stretches]],
    before: StoredSchedule | None,
    document: ResourceSchedule,
) -> Iterator[Finding]:
    if before is None:
        return
    header = document.header
    for one, _ in series:
        if before.sender != header.sender.party.code:
            message = f"another sender has scheduled unit {before.unit} in gate {before.gate_id!r}"
            yield _finding(one, ReasonCode.SERIES_ID_CONFLICT, message, BidTerm.RESOURCE)
        elif before.created_at > header.created_at:
            message = (
                f"document {before.document_mrid}, created {before.created_at:%Y-%m-%dT%H:%M:%SZ}, has a "
                f"newer schedule of unit {before.unit} in gate {before.gate_id!r}"
            )
            yield _finding(one, ReasonCode.SERIES_VERSION_CONFLICT, message, BidTerm.RESOURCE)


def _finding(one: PlannedSeries, code: ReasonCode, message: str, part: Part | BidTerm) -> Finding:
    return Finding(Stage.PROCESS, code, message, series=one.mrid, place=Place(part))
