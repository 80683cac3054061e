"""Publication of a run to every participant, each in its own store and transaction, each exactly once."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import numpy as np
import structlog
from numpy.typing import NDArray

from gateway.domain.outgoing import Outgoing
from gateway.domain.party import Role
from gateway.domain.role import TenantRole
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, StoreUnavailableError, UnitOfWork
from gateway.processes.bid_check.helper_process import MANY_PLATFORMS
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.processes.bid_check.problem.decision import Decision
from gateway.processes.bid_check.result.documents import (
    VERSIONS,
    PlatformResult,
    party_of,
    result_documents,
)
from gateway.processes.bid_check.result.parallel_publication import PlatformPublisher, publish_in_parallel
from gateway.processes.bid_check.result.publish_together import publish_together
from gateway.processes.bid_check.result.result_rows import (
    Result,
    availability_row,
    explained,
    failing_bid_rows,
    first_bids,
    limited_by,
    merit_order_rows,
)
from gateway.processes.bid_check.result.writing import DocumentWriter, MadeDocuments, written
from gateway.processes.participants import oversees, sees_all
from gateway.records.engine.stores import Stores
from gateway.records.market import explanations, grid_models, reports, results, runs
from gateway.records.messages import gate_notices, outbox
from gateway.records.messages.gate_notices import PendingNotice
from gateway.records.messages.outbox import DeathCause

log = structlog.get_logger(__name__)

PUBLISHED_AT_ONCE = 32
"""Participants published to at the same time: while some wait for the disk, the results of others are
made."""

WORKING_AT_ONCE = 2
"""Of these, those that do not wait for the disk: documents of a large market need memory, and threads that
compute take the interpreter from each other at every statement."""


class Publisher:
    """Publishes runs. Publishing again sends nothing twice."""

    def __init__(
        self,
        stores: Stores,
        tenants: Mapping[str, Tenant],
        gateway_party: Role,
        clock: Clock,
        *,
        new_writer: Callable[[], DocumentWriter],
        helper: PlatformPublisher | None = None,
    ) -> None:
        self._stores = stores
        self._tenants = tenants
        self._gateway = gateway_party
        self._clock = clock
        self._new_writer = new_writer
        self._helper = helper
        self._working = threading.Semaphore(WORKING_AT_ONCE)
        self._parties = {name: party_of(one) for name, one in tenants.items() if one.parties}

    def publish(
        self, run_id: str, collected: CollectedBids, decision: Decision, *, first_time: bool = False
    ) -> Sequence[str]:
        """Publish to platforms first, because they wait for the answer; then grid operators, TSOs, the
        operator.

        Each has its own transaction: returns those whose stores cannot be written to now; all others have
            their part. If many are published to for the `first_time`, platforms share few transactions (see
            `publish_to_platforms`).
        """
        if not first_time:
            self._stores.announce_pending()  # perhaps it was interrupted before that
        with self._stores.shared.reading() as shared:
            owners = grid_models.owners(shared)
            numbers = {run.run_id: run.number for run in runs.of_gate(shared, collected.gate.gate_id)}
            notices: dict[str, list[PendingNotice]] = {}
            for one in gate_notices.pending(shared, collected.gate.gate_id):
                notices.setdefault(one.tenant, []).append(one)
        result = Result(
            run_id,
            numbers[run_id],
            [name for name, number in numbers.items() if number < numbers[run_id]],
            collected,
            decision,
            decision.availability(collected),
            decision.why_of(),
            owners,
            self._parties,
            notices,
            first_time,
        )
        left = self._publish_to_all(result)
        for name in left:
            log.error("participant cannot be published to", tenant=name, run=run_id)
        return left

    def _publish_to_all(self, result: Result) -> Sequence[str]:
        """Publish to all participants; return those whose stores cannot be written to now."""
        gate = result.collected.gate
        overseers = [name for name, one in sorted(self._tenants.items()) if oversees(one, gate)]
        full = dict.fromkeys(self._stores.present((*gate.grid_operators, *gate.system_operators, *overseers)))
        names = dict.fromkeys(self._stores.present(gate.platforms))
        platforms = [name for name in names if name not in full]
        if len(platforms) < MANY_PLATFORMS:
            return self.publish_to(result, (*platforms, *full))
        publish_full = partial(self.publish_to, result, full)
        return publish_in_parallel(result, platforms, publish_full, self.publish_to_platforms, self._helper)

    def publish_to_platforms(self, result: Result, names: Iterable[str]) -> Sequence[str]:
        """As `publish_to`, for many platforms: small results are published together, by transactions of the
        shared store, and move from there."""
        if not result.first_time:
            return self.publish_to(result, names)
        return publish_together(
            self._stores,
            result.run_id,
            names,
            partial(self._inserts_for, result),
            partial(self.publish_to, result),
        )

    def _inserts_for(self, result: Result, name: str) -> bytes | None:
        """What is to be inserted into a platform's store; None where more than inserts are needed."""
        tenant = self._tenants[name]
        if name in result.notices:
            return None
        try:
            made = self._documents_of(tenant, result)
            if made.unwritable:
                return None
            recorded = self._stores.recorded()
            self._put(UnitOfWork(recorded), tenant, result, made)
            return recorded.encoded()
        except Exception:  # it is tried alone next, which answers for the participant
            log.exception("result not published together", tenant=name, run=result.run_id)
            return None

    def publish_to(self, result: Result, names: Iterable[str]) -> Sequence[str]:
        """Publish to participants, in this order; return those whose stores cannot be written to now."""
        left: list[str] = []
        turn, rest = threading.Lock(), iter(names)

        def publish_next(_: int) -> None:
            while (name := _next(turn, rest)) is not None:
                if not self._publish_or_report(self._tenants[name], result):
                    left.append(name)

        with ThreadPoolExecutor(PUBLISHED_AT_ONCE, thread_name_prefix="publish") as threads:
            list(threads.map(publish_next, range(PUBLISHED_AT_ONCE)))
        return left

    def _publish_or_report(self, tenant: Tenant, result: Result) -> bool:
        """Publish to one participant; False where its store cannot be written to now."""
        try:
            try:
                self._publish_to(tenant, result, partial(self._documents_of, tenant, result))
            except StoreUnavailableError:
                raise
            except (
                Exception
            ) as error:  # e.g. a document is larger than the store accepts: it would fail again
                log.exception(
                    "result published without documents", tenant=tenant.tenant_id, run=result.run_id
                )
                fault = type(error).__name__
                self._publish_to(tenant, result, partial(self._none_of, tenant, result, fault))
        except StoreUnavailableError:  # the store logs why
            return False
        return True

    def _documents_of(self, tenant: Tenant, result: Result) -> MadeDocuments:
        made = MadeDocuments()
        for part in self._parts_for(tenant, result):
            made = made.with_more(self._documents(part, result), own=part.platform == tenant.tenant_id)
        return made

    def _parts_for(self, tenant: Tenant, result: Result) -> Iterator[PlatformResult]:
        """The parts of a result that a participant receives, platform by platform."""
        gate = result.collected.gate
        if not tenant.parties:
            if tenant.tenant_id in gate.platforms:
                log.error("platform has no party to address documents to", tenant=tenant.tenant_id)
            return
        if tenant.tenant_id in gate.platforms:
            yield self._part(tenant, TenantRole.PLATFORM, tenant.tenant_id, result)
        others = [platform for platform in gate.platforms if platform != tenant.tenant_id]
        if tenant.tenant_id in gate.system_operators and tenant.takes_lists(TenantRole.TSO):
            yield from (self._part(tenant, TenantRole.TSO, platform, result) for platform in others)
        if tenant.tenant_id in gate.grid_operators and tenant.is_in(gate.market, TenantRole.DSO):
            own = limited_by(result, tenant.tenant_id)
            yield from (self._part(tenant, TenantRole.DSO, platform, own) for platform in others)

    def _publish_to(self, tenant: Tenant, result: Result, documents: Callable[[], MadeDocuments]) -> None:
        """Publish to one participant, in one transaction, unless that was done before."""
        store = self._stores.of(tenant.tenant_id)
        with store.reading() as uow:  # opened now, while many wait for the disk at the same time
            if results.published(uow, result.run_id):
                return
        with ExitStack() as transaction, self._working:
            made = documents()
            uow = transaction.enter_context(store.writing())
            if not results.published(uow, result.run_id):
                self._put(uow, tenant, result, made)
            # From now on it waits, outside the semaphore, until all is durable.

    def _put(self, uow: UnitOfWork, tenant: Tenant, result: Result, documents: MadeDocuments) -> None:
        gate, now = result.collected.gate, self._clock.now()
        everything = sees_all(tenant, gate)
        own_bids = result.collected.of_platform(tenant.tenant_id)
        # Notices of earlier changes of the gate go before its result.
        gate_notices.queue(uow, result.notices.get(tenant.tenant_id, ()), now)
        results.publish(
            uow,
            result.run_id,
            gate.gate_id,
            now,
            units=len(gate.units),
            delivery_end=gate.delivery.end,
            availability_rows=(availability_row(result, bid, documents.omitted) for bid in own_bids),
            merit_order_rows=merit_order_rows(result) if everything else (),
        )
        explained_here = explained(result, tenant.tenant_id, everything=everything)
        platforms = first_bids(result) if everything else {}
        explanations.put(uow, result.run_id, result.decision.limits.rows, explained_here, platforms)
        if everything:
            decision, failing = result.decision, failing_bid_rows(result)
            reports.put(uow, result.run_id, decision.shares, decision.withheld, decision.gaps, failing)
        for document in documents.outgoing:
            outbox.put(uow, document, now)
        for document, why in documents.unwritable:
            number = outbox.put(uow, document, now)
            outbox.give_up(uow, number, why, DeathCause.UNWRITABLE, at=now, failures=0)

    def _part(self, tenant: Tenant, role: TenantRole, platform: str, result: Result) -> PlatformResult:
        bids = result.collected.of_platform(platform)
        return PlatformResult(
            tenant=tenant,
            role=role,
            platform=platform,
            number=result.number,
            first_run=next(iter(result.earlier), result.run_id),
            limited_before=self._limited_before(tenant, result, bids),
            gateway=self._gateway,
            gate=result.collected.gate,
            collected=result.collected,
            bids=bids,
            availability=result.availability,
            why=result.why,
            limiting=result.limiting,
        )

    def _documents(self, part: PlatformResult, result: Result) -> MadeDocuments:
        """Documents of a platform's bids in the versions of the receiver, and a text for each bid they leave
        out.

        A bid that cannot be written is left out; its result is still in the store, with this text, for the
        interface that needs no document.
        """
        now = self._clock.now()
        outgoing: list[Outgoing] = []
        unwritable: list[tuple[Outgoing, str]] = []
        write = self._new_writer()
        omitted: dict[str, str] = {}
        for document in result_documents(part, now):
            payload, unwritten = written(document, write)
            name = f"{document.header.kind.value} {document.header.version}"
            for bid_id in unwritten:
                omitted[bid_id] = f"this cannot be written in {name}, so your document leaves the bid out"
            if unwritten or payload is None:
                log.error(
                    "result cannot be written",
                    tenant=part.tenant.tenant_id,
                    run=result.run_id,
                    kind=document.header.kind.value,
                    bids=unwritten,
                    others_published=payload is not None,
                )
            message = Outgoing(
                kind=document.header.kind,
                version=document.header.version,
                payload=payload or b"",
                answers=result.run_id,
                not_after=max(part.gate.publish_by, part.gate.delivery.end),
                wants=None if payload is None else document.header.label,
                conversation=document.header.mrid,
                gate_id=part.gate.gate_id,
            )
            if payload is None:
                unwritable.append((message, f"no bid of it can be written in {name}"))
            else:
                outgoing.append(message)
        return MadeDocuments(outgoing, unwritable, omitted)

    def _none_of(self, tenant: Tenant, result: Result, fault: str) -> MadeDocuments:
        """Dead letters in place of the documents that cannot be made or stored because of a fault."""
        gate = result.collected.gate
        if not tenant.parties or tenant.tenant_id not in gate.platforms:
            return MadeDocuments()
        dead = [
            Outgoing(kind, tenant.versions.get(kind, version), b"", result.run_id, gate_id=gate.gate_id)
            for kind, version in VERSIONS.items()
        ]
        return MadeDocuments(
            unwritable=[(one, f"it can be neither written nor stored: {fault}") for one in dead]
        )

    def _limited_before(self, tenant: Tenant, result: Result, bids: Sequence[int]) -> NDArray[np.bool_]:
        """Of which of these bids, and in which units, an earlier run has published that less is available
        than offered; shape (`bids`, T)."""
        found = np.zeros((len(bids), result.availability.offered_mw.shape[1]), dtype=np.bool_)
        if not result.earlier:
            return found
        position = {result.collected.bids[bid].bid_id: row for row, bid in enumerate(bids)}
        with self._stores.of(tenant.tenant_id).reading() as uow:
            for run_id in result.earlier:
                for row in results.availability_of(uow, run_id):
                    if row.bid_id in position:
                        found[position[row.bid_id]] |= row.available_mw < row.offered_mw
                for bid_id, units in explanations.units_of(uow, run_id):
                    if bid_id in position:
                        found[position[bid_id], units] = True
        return found


def _next(turn: threading.Lock, names: Iterator[str]) -> str | None:
    with turn:
        return next(names, None)
