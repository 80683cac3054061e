"""Telling every participant its part of a run, each in its own room and transaction, each exactly once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import structlog
from numpy.typing import NDArray

from gateway.domain.outgoing import Outgoing
from gateway.domain.party import Role
from gateway.domain.reason import Reason, ReasonCode
from gateway.domain.result import Availability, LimitingElement
from gateway.domain.tenant import Tenant, TenantRole
from gateway.ports import Clock, StoreUnavailableError
from gateway.processes.bid_check.decision import Decision
from gateway.processes.bid_check.documents import (
    VERSIONS,
    Limiting,
    PlatformResult,
    party_of,
    result_documents,
)
from gateway.processes.bid_check.offers import Offers
from gateway.processes.bid_check.reasons import ReasonTable
from gateway.processes.bid_check.writing import DocumentWriter, written
from gateway.processes.gates import sees_all
from gateway.records import grid_models, outbox, reports, results, runs
from gateway.records.outbox import DeathCause
from gateway.records.reports import FailingBidRow
from gateway.records.results import BidAvailabilityRow, ExplanationRow, MeritOrderRow
from gateway.records.store import Store

log = structlog.get_logger(__name__)

TOLD_AT_ONCE = 16
"""Participants told at the same time: while one waits for the disk, another's result is made."""


@dataclass(frozen=True, slots=True)
class _Documents:
    """A platform's documents, those that cannot be written with the reason, and why a bid stands in none."""

    outgoing: Sequence[Outgoing] = ()
    unwritable: Sequence[tuple[Outgoing, str]] = ()
    untold: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Result:
    """A run's result, ready to be told; `earlier` are the runs of the gate that it supersedes."""

    run_id: str
    number: int
    earlier: Sequence[str]
    offers: Offers
    decision: Decision
    availability: Availability
    why: ReasonTable
    owners: Mapping[str, str]


class Publisher:
    """Publishes runs. Publishing again tells nobody twice."""

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, Tenant],
        gateway_party: Role,
        clock: Clock,
        *,
        new_writer: Callable[[], DocumentWriter],
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._gateway = gateway_party
        self._clock = clock
        self._new_writer = new_writer

    def publish(self, run_id: str, offers: Offers, decision: Decision) -> Sequence[str]:
        """Tell platforms first, because they wait for the answer; then grid operators, TSOs, the operator.

        Each is told on its own: gives those whose stores cannot be written to now; everybody else is told.
        """
        with self._store.house.reading() as house:
            owners = grid_models.owners(house)
            numbers = {run.run_id: run.number for run in runs.of_gate(house, offers.gate.gate_id)}
        result = _Result(
            run_id,
            numbers[run_id],
            [name for name, number in numbers.items() if number < numbers[run_id]],
            offers,
            decision,
            decision.availability(offers),
            decision.why_of(offers),
            owners,
        )
        gate = offers.gate
        operators = [name for name, one in sorted(self._tenants.items()) if one.role is TenantRole.OPERATOR]
        names = list(
            dict.fromkeys((*gate.platforms, *gate.grid_operators, *gate.system_operators, *operators))
        )
        with ThreadPoolExecutor(TOLD_AT_ONCE, thread_name_prefix="tell") as threads:
            told = threads.map(lambda name: self._told(self._tenants[name], result), names)
            left = [name for name, done in zip(names, told, strict=True) if not done]
        for name in left:
            log.error("participant cannot be told", tenant=name, run=run_id)
        return left

    def _told(self, tenant: Tenant, result: _Result) -> bool:
        """Tell one participant; False where its store cannot be written to now."""
        try:
            try:
                self._tell(tenant, result, self._documents_of(tenant, result))
            except StoreUnavailableError:
                raise
            except (
                Exception
            ) as error:  # as when a document is larger than the store takes: it would fail again
                log.exception("result told without documents", tenant=tenant.tenant_id, run=result.run_id)
                self._tell(tenant, result, self._none_of(tenant, result, type(error).__name__))
        except StoreUnavailableError:  # the store says why
            return False
        return True

    def _documents_of(self, tenant: Tenant, result: _Result) -> _Documents:
        with self._store.room(tenant.tenant_id).reading() as connection:
            if results.published(connection, result.run_id):
                return _Documents()
        if not self._gets_documents(tenant, result):
            return _Documents()
        return self._documents(tenant, result, result.offers.of_platform(tenant.tenant_id))

    def _tell(self, tenant: Tenant, result: _Result, documents: _Documents) -> None:
        room = self._store.room(tenant.tenant_id)
        with room.reading() as connection:
            if results.published(connection, result.run_id):
                return
        gate, now = result.offers.gate, self._clock.now()
        everything = sees_all(tenant, gate)
        own_bids = result.offers.of_platform(tenant.tenant_id)
        with room.writing() as connection:
            results.publish(
                connection,
                result.run_id,
                gate.gate_id,
                now,
                units=len(gate.units),
                availability_rows=[_availability_row(result, bid, documents.untold) for bid in own_bids],
                explanation_rows=_explanation_rows(result, tenant.tenant_id),
                merit_order_rows=_merit_order_rows(result) if everything else (),
            )
            if everything:
                decision, failing = result.decision, _failing_bid_rows(result)
                reports.put(
                    connection, result.run_id, decision.shares, decision.withheld, decision.gaps, failing
                )
            for document in documents.outgoing:
                outbox.put(connection, document, now)
            for document, why in documents.unwritable:
                number = outbox.put(connection, document, now)
                outbox.give_up(connection, number, why, DeathCause.UNWRITABLE, at=now, failures=0)

    def _documents(self, tenant: Tenant, result: _Result, bids: Sequence[int]) -> _Documents:
        """A platform's documents in its versions, and what the platform is to know of bids they leave out.

        A bid that cannot be written is left out; its result still stands in the room, with this text, for the
        interface that needs no document.
        """
        part = PlatformResult(
            tenant=tenant,
            number=result.number,
            limited_before=self._limited_before(tenant, result, bids),
            gateway=self._gateway,
            gate=result.offers.gate,
            offers=result.offers,
            bids=bids,
            availability=result.availability,
            why=result.why,
            limiting=self._limiting(result),
        )
        now = self._clock.now()
        outgoing: list[Outgoing] = []
        unwritable: list[tuple[Outgoing, str]] = []
        write = self._new_writer()
        untold: dict[str, str] = {}
        for document in result_documents(part, now):
            payload, unwritten = written(document, write)
            name = f"{document.header.kind.value} {document.header.version}"
            for bid_id in unwritten:
                untold[bid_id] = f"this cannot be written in {name}, so your document leaves the bid out"
            if unwritten or payload is None:
                log.error(
                    "result cannot be written",
                    tenant=tenant.tenant_id,
                    run=result.run_id,
                    kind=document.header.kind.value,
                    bids=unwritten,
                    others_told=payload is not None,
                )
            message = Outgoing(
                kind=document.header.kind,
                version=document.header.version,
                payload=payload or b"",
                answers=result.run_id,
                not_after=max(part.gate.publish_by, part.gate.delivery.end),
                wants=None if payload is None else document.header.label,
                conversation=document.header.mrid,
            )
            if payload is None:
                unwritable.append((message, f"no bid of it can be written in {name}"))
            else:
                outgoing.append(message)
        return _Documents(outgoing, unwritable, untold)

    def _gets_documents(self, tenant: Tenant, result: _Result) -> bool:
        if tenant.tenant_id not in result.offers.gate.platforms:
            return False
        if not tenant.parties:
            log.error("platform has no party to address documents to", tenant=tenant.tenant_id)
        return bool(tenant.parties)

    def _none_of(self, tenant: Tenant, result: _Result, fault: str) -> _Documents:
        """Dead letters in place of the documents that a fault keeps from being made or stored."""
        if not self._gets_documents(tenant, result):
            return _Documents()
        dead = [
            Outgoing(kind, tenant.versions.get(kind, version), b"", answers=result.run_id)
            for kind, version in VERSIONS.items()
        ]
        return _Documents(
            unwritable=[(one, f"it can be neither written nor stored: {fault}") for one in dead]
        )

    def _limited_before(self, tenant: Tenant, result: _Result, bids: Sequence[int]) -> NDArray[np.bool_]:
        """Bids and market time units of which an earlier run has told that less is available than offered."""
        position = {result.offers.bids[bid].bid_id: bid for bid in bids}
        found = np.zeros(result.availability.offered_mw.shape, dtype=np.bool_)
        with self._store.room(tenant.tenant_id).reading() as room:
            for run_id in result.earlier:
                for row in results.availability_of(room, run_id):
                    if row.bid_id in position:
                        found[position[row.bid_id]] |= row.available_mw < row.offered_mw
        return found

    def _limiting(self, result: _Result) -> Mapping[tuple[int, int], Limiting]:
        """Of each limitation the element with the largest share: its kind, and its operator as a party."""
        largest: dict[tuple[int, int], LimitingElement] = {}
        for limit in result.decision.limits:
            key = limit.bid, limit.mtu
            if key not in largest or limit.share > largest[key].share:
                largest[key] = limit
        parties = {name: party_of(one) for name, one in self._tenants.items() if one.parties}
        return {
            key: Limiting(limit.kind, parties.get(result.owners.get(limit.grid_id, "")))
            for key, limit in largest.items()
        }


def _availability_row(result: _Result, bid: int, untold: Mapping[str, str]) -> BidAvailabilityRow:
    collected, availability = result.offers.bids[bid], result.availability
    return BidAvailabilityRow(
        bid_id=collected.bid_id,
        document=collected.document,
        direction=collected.direction,
        offered_mw=availability.offered_mw[bid],
        available_mw=availability.available_mw[bid],
        accepted_mw=None if availability.accepted_mw is None else availability.accepted_mw[bid],
        limited=availability.limited[bid],
        reason=_with(result.why.of(bid), untold.get(collected.bid_id)),
    )


def _with(reason: Reason | None, untold: str | None) -> Reason | None:
    """The reason of a bid, and that no document tells it."""
    if untold is None:
        return reason
    if reason is None:
        return Reason(ReasonCode.CANNOT_BE_PROCESSED, untold)
    return Reason(reason.code, untold if reason.text is None else f"{untold}; {reason.text}")


def _explanation_rows(result: _Result, tenant_id: str) -> Iterator[ExplanationRow]:
    """Why bids are limited by this operator's own elements."""
    cut = result.availability.offered_mw - result.availability.available_mw
    return (
        ExplanationRow(
            bid_id=result.offers.bids[limit.bid].bid_id,
            mtu=limit.mtu,
            cut_mw=float(cut[limit.bid, limit.mtu]),
            grid_id=limit.grid_id,
            element_id=limit.element_id,
            side=limit.side,
            operating_point=limit.operating_point,
            share=limit.share,
            margin_mw=limit.margin_mw,
            shadow_price=limit.shadow_price,
        )
        for limit in result.decision.limits
        if result.owners.get(limit.grid_id) == tenant_id
    )


def _failing_bid_rows(result: _Result) -> Sequence[FailingBidRow]:
    return [
        FailingBidRow(
            platform=result.offers.platform[one.bid],
            bid_id=result.offers.bids[one.bid].bid_id,
            units=one.units,
            mtu=one.mtu,
            grid_id=one.grid_id,
            element_id=one.element_id,
            side=one.side,
            operating_point=one.operating_point,
            overload_mw=one.overload_mw,
        )
        for one in result.decision.failing or ()
    ]


def _merit_order_rows(result: _Result) -> Sequence[MeritOrderRow]:
    availability = result.availability
    return [
        MeritOrderRow(
            platform=result.offers.platform[bid],
            bid_id=collected.bid_id,
            direction=collected.direction,
            energy_price=result.offers.energy_price[bid],
            offered_mw=availability.offered_mw[bid],
            available_mw=availability.available_mw[bid],
            accepted_mw=None if availability.accepted_mw is None else availability.accepted_mw[bid],
        )
        for bid, collected in enumerate(result.offers.bids)
    ]
