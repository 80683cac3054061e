"""Gates: who may see them, on which terms, when they close, what is demanded."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from esmp.codes import code_set
from gateway.domain.gate import Gate, GateState
from gateway.domain.role import TenantRole
from gateway.domain.tenant import Tenant
from gateway.ports import Clock, UnitOfWork
from gateway.processes.errors import (
    GateClosedError,
    GateInvalidError,
    GateTermsError,
    NotOfTheGateError,
    StaleGateError,
    UnknownGateError,
)
from gateway.processes.gate_conflicts import refuse_clash, refuse_taken_name
from gateway.processes.gate_notices import NoticeBook
from gateway.processes.gate_remarks import remarks_on
from gateway.processes.participants import GRID_OPERATORS, oversees, takes_part, viewer
from gateway.records.engine.stores import Stores
from gateway.records.market import gates, runs
from gateway.records.market.gates import GateStatus
from gateway.records.market.runs import RunRecord

log = structlog.get_logger(__name__)

MAX_UNITS = 10_000
"""Market time units of one gate; a year of hours, or a quarter of quarter hours."""

_LASTING = ("process", "delivery", "mtu", "currency", "minimum_bid_mw", "zones", "domains", "products")
"""Terms of a gate that never change: bids were sorted and checked by them."""

_CODES = (
    ("process", "ProcessTypeList", "process", "process types"),
    ("currency", "CurrencyTypeList", "currency", "currencies"),
    ("products", "MarketProductTypeList", "product", "market products"),
)
"""Terms that are codes, the code lists of documents for them, and readable names of both."""

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,34}"
"""Form of gate names, as a regular expression: they are part of URLs and of documents."""


class Gates:
    """All gates.

    Changes of a gate may name the versions that they apply to (`expected_versions`); None: any version.

    Args:
        deaf: see `NoticeBook`.
    """

    def __init__(
        self, stores: Stores, tenants: Mapping[str, Tenant], clock: Clock, *, deaf: Collection[str] = ()
    ) -> None:
        self._stores = stores
        self._tenants = tenants
        self._clock = clock
        self._book = NoticeBook(tenants, deaf)

    def create(self, gate: Gate, caller: Tenant | None = None) -> GateStatus:
        """Open a gate.

        Args:
            caller: texts name no other gate than those that it may see; None: one who may see every gate.

        Raises:
            GateExistsError, GateNameError: the name is taken.
            GateInvalidError: a participant is unknown or has another role, or the name cannot be part of an
                address.
            GateClashError: one of its platforms already has a gate for the same process and delivery.
        """
        self._check(gate)
        with self._stores.shared.writing() as shared:
            refuse_taken_name(shared, gate.gate_id, caller)
            refuse_clash(shared, gate, caller)
            gates.put(shared, gate)
        return GateStatus(gate, GateState.OPEN, {}, None)

    def amend(
        self, gate: Gate, expected_versions: Collection[int] | None = None, caller: Tenant | None = None
    ) -> GateStatus:
        """Put new terms in place of those of the open gate of the same name, and notify the participants
        concerned.

        Collected bids, stated demands and closings by platforms stay. Terms that bids were checked against
        cannot change (process, delivery, market time unit, currency, least bid, zones, domains, products);
        platforms can only join; one that is configured no longer can be removed. Only changed terms are
        checked; without a change nothing happens.

        Args:
            caller: see `create`.

        Raises:
            UnknownGateError: there is no such gate.
            StaleGateError: its version is not one of `expected_versions` any more.
            GateClosedError: it is not open any more.
            GateTermsError: terms that stay would change.
            GateInvalidError, GateClashError: see `create`.
        """
        with self._stores.shared.writing() as shared:
            status = _known(gates.find(shared, gate.gate_id), gate.gate_id)
            if gate == status.gate and status.state is GateState.OPEN:
                return status
            _must_be(status, expected_versions)
            self._check(gate, status.gate)
            if status.state is not GateState.OPEN:
                raise GateClosedError(
                    f"gate {gate.gate_id!r} is {status.state}; it can be amended while open"
                )
            if changed := [term for term in _LASTING if getattr(gate, term) != getattr(status.gate, term)]:
                raise GateTermsError(f"these terms of gate {gate.gate_id!r} stay: {', '.join(changed)}")
            present = self._stores.present(status.gate.platforms)
            if leaving := sorted(set(present) - set(gate.platforms)):
                raise GateTermsError(f"{', '.join(leaving)} cannot leave gate {gate.gate_id!r}; cancel it")
            refuse_clash(shared, gate, caller)
            now = self._clock.now()
            gates.amend(shared, status, gate, now)
            amended = _known(gates.find(shared, gate.gate_id), gate.gate_id)
            self._book.amended(shared, status.gate, amended, now)
        log.info("gate amended", gate=gate.gate_id, version=amended.version)
        return amended

    def cancel(self, gate_id: str, expected_versions: Collection[int] | None = None) -> GateStatus:
        """Cancel a gate while nothing is decided or published, and notify all participants.

        Bids and demands stay stored and do not count; the delivery is free for another gate.
        Cancelling what is cancelled changes nothing.

        Raises:
            UnknownGateError: there is no such gate.
            StaleGateError: its version is not one of `expected_versions` any more.
            GateClosedError: it is decided.
        """
        with self._stores.shared.writing() as shared:
            status = _known(gates.find(shared, gate_id), gate_id)
            if status.state is GateState.CANCELLED:
                return status
            _must_be(status, expected_versions)
            run = runs.find_of_gate(shared, gate_id)
            if run is not None and (run.figures is not None or run.number > 1):
                state, when = "decided and being published", " once it is"
                if status.state is GateState.PUBLISHED:
                    state, when = "published", ""
                raise GateClosedError(
                    f"gate {gate_id!r} is {state}, so it cannot be cancelled; run it again{when}, on what "
                    f"is known then: `flexgate gate rerun {gate_id}`, or POST /v1/gates/{gate_id}/runs"
                )
            if run is not None:
                runs.give_up(shared, run)
            now = self._clock.now()
            gates.cancel(shared, gate_id, now)
            status = _known(gates.find(shared, gate_id), gate_id)
            self._book.cancelled(shared, status, now)
        log.info("gate cancelled", gate=gate_id)
        return status

    def listed(self, caller: Tenant, after: str | None, limit: int) -> Sequence[GateStatus]:
        """Up to `limit` gates the caller participates in that follow one of them, latest delivery first; the
        operator sees all.

        Raises:
            UnknownGateError: there is no gate `after`, or the caller does not participate in it.
        """
        last = None if after is None else self.find(after, caller).gate
        found: list[GateStatus] = []
        with self._stores.shared.reading() as shared:
            while page := gates.listed(shared, last, limit):
                found += [status for status in page if takes_part(caller, status.gate)]
                if len(found) >= limit or len(page) < limit:
                    break
                last = page[-1].gate
        return found[:limit]

    def find(self, gate_id: str, caller: Tenant) -> GateStatus:
        """One gate.

        Raises:
            UnknownGateError: there is none, or the caller does not participate in it.
        """
        with self._stores.shared.reading() as shared:
            return self._of(shared, gate_id, caller)

    @staticmethod
    def _of(shared: UnitOfWork, gate_id: str, caller: Tenant) -> GateStatus:
        status = gates.find(shared, gate_id, viewer(caller))
        if status is None or not takes_part(caller, status.gate):
            raise UnknownGateError(gate_id)
        return status

    def close(
        self, gate_id: str, caller: Tenant, expected_versions: Collection[int] | None = None
    ) -> GateStatus:
        """A platform has sent everything (the gate closes with the last of them); the operator closes now.

        Closing what is closed changes nothing.

        Raises:
            UnknownGateError: see `find`.
            NotOfTheGateError: the caller takes part, but as a grid operator.
            StaleGateError: it is open, but its version is not one of `expected_versions` any more.
            GateClosedError: a platform closes before the gate opens, or the gate is cancelled.
        """
        now = self._clock.now()
        with self._stores.shared.writing() as shared:
            status = self._of(shared, gate_id, caller)
            if status.state is GateState.CANCELLED:
                raise GateClosedError(f"gate {gate_id!r} is cancelled")
            if status.state is GateState.OPEN:
                _must_be(status, expected_versions)
            if not oversees(caller, status.gate):
                if caller.tenant_id not in status.gate.platforms:
                    raise NotOfTheGateError(gate_id, "platforms")
                if now < (opens_at := status.gate.opens_at):
                    raise GateClosedError(f"gate {gate_id!r} opens at {opens_at:%Y-%m-%dT%H:%M:%SZ}")
                gates.close_platform(shared, gate_id, caller.tenant_id, now)
                missing = _known(gates.find(shared, gate_id), gate_id).missing
                everybody = not self._stores.present(missing)
            else:
                everybody = True
            if everybody:
                gates.close(shared, gate_id, now)
            return _known(gates.find(shared, gate_id), gate_id)

    def run_again(
        self, gate_id: str, expected_versions: Collection[int] | None = None, budget: timedelta | None = None
    ) -> RunRecord:
        """Let a published gate be decided again, on the models and assignments of now.

        Units that are in preparation before the run has to be published stay as they were decided (see
        `bid_check.problem.retained_decisions`). The new run supersedes those before; its documents have its
        number as revision.

        Args:
            budget: time of the optimiser in this run; None: the budget of the gate.

        Raises:
            UnknownGateError: there is no such gate.
            StaleGateError: its version is not one of `expected_versions` any more.
            GateClosedError: it is not published, or every market time unit is in preparation by then.
        """
        now = self._clock.now()
        with self._stores.shared.writing() as shared:
            status = _known(gates.find(shared, gate_id), gate_id)
            _must_be(status, expected_versions)
            if status.state is not GateState.PUBLISHED:
                raise GateClosedError(
                    f"gate {gate_id!r} is {status.state}; only published ones are run again"
                )
            gate, ready = status.gate, again(status.gate, now, budget)
            if gate.in_preparation(ready.publish_by) == len(gate.units):
                last = gate.delivery.end - gate.mtu - gate.preparation
                raise GateClosedError(
                    f"the last unit of gate {gate_id!r} is prepared from {last:%Y-%m-%dT%H:%M:%SZ} on; a run "
                    f"begun now has until {ready.publish_by:%Y-%m-%dT%H:%M:%SZ}"
                )
            run = runs.start_next(shared, gate_id, now, budget)
            gates.move(shared, gate_id, GateState.PUBLISHED, GateState.RUNNING)
        log.info("gate runs again", gate=gate_id, run=run.run_id, number=run.number)
        return run

    def remarks(self, status: GateStatus) -> Sequence[str]:
        """Remarks on an accepted gate, e.g. that its complete delivery lies in the past."""
        if status.state is not GateState.OPEN:
            return ()
        return tuple(remarks_on(status.gate, self._clock.now()))

    def _check(self, gate: Gate, before: Gate | None = None) -> None:
        """Check the terms of a gate; those that were the same `before` were checked then."""
        if re.fullmatch(NAME, gate.gate_id) is None:
            message = f"gate id {gate.gate_id!r}: up to 35 letters, digits, '.', '_', '-'"
            raise GateInvalidError(message, "/gate_id")
        _check_codes(gate, before)
        if before is None or gate.waits_until != before.waits_until:
            self._check_end(gate)
        if len(gate.units) > MAX_UNITS:
            raise GateInvalidError(f"{len(gate.units)} market time units; at most {MAX_UNITS}", "/mtu")
        for term, roles, what in (
            ("system_operators", (TenantRole.TSO,), "a TSO"),
            ("platforms", (TenantRole.PLATFORM,), "a platform"),
            ("grid_operators", GRID_OPERATORS, "a grid operator"),
        ):
            names = getattr(gate, term)
            former = () if before is None else getattr(before, term)
            if len(set(names)) != len(names):
                raise GateInvalidError(f"a participant is named twice: {', '.join(names)}", f"/{term}")
            for number, name in enumerate(names):
                if name in former:
                    continue
                if name not in self._tenants or not self._tenants[name].is_in(gate.market, *roles):
                    raise GateInvalidError(
                        f"{name!r} is not {what} in market {gate.market!r}", f"/{term}/{number}"
                    )

    def _check_end(self, gate: Gate) -> None:
        """A gate that is over would be published without a bid at once, and keep its delivery for itself."""
        now = self._clock.now()
        if gate.waits_until <= now:
            raise GateInvalidError(
                f"it would be over since {gate.waits_until:%Y-%m-%dT%H:%M:%SZ}, and it is "
                f"{now:%Y-%m-%dT%H:%M:%SZ}; an open gate is closed at once by `flexgate gate close` or POST "
                "/v1/gates/{gate_id}/close",
                "/closes_at",
            )


def _check_codes(gate: Gate, before: Gate | None) -> None:
    lists = code_set().lists
    for term, code_list, what, codes in _CODES:
        stated = getattr(gate, term)
        if before is not None and stated == getattr(before, term):
            continue
        for number, code in enumerate((stated,) if isinstance(stated, str) else stated):
            if code not in lists[code_list]:
                place = f"/{term}" if isinstance(stated, str) else f"/{term}/{number}"
                raise GateInvalidError(f"{what} {code!r} is not in the code list of {codes}", place)


def _known(status: GateStatus | None, gate_id: str) -> GateStatus:
    if status is None:
        raise UnknownGateError(gate_id)
    return status


def _must_be(status: GateStatus, versions: Collection[int] | None) -> None:
    """Return if the gate is still as the caller has seen it."""
    if versions is not None and status.version not in versions:
        raise StaleGateError(status.gate.gate_id, status.state, status.version)


def again(gate: Gate, at: datetime, budget: timedelta | None = None) -> Gate:
    """The gate as a further run begun at `at` decides it: on the models of then, within `budget` (None: that
    of the gate) and the time that it leaves outside its budget."""
    budget = gate.budget if budget is None else budget
    reserve = gate.publish_by - gate.waits_until - gate.budget
    publish_by = max(gate.publish_by, max(at, gate.waits_until) + budget + reserve)
    return replace(gate, grids_due_at=at, budget=budget, publish_by=publish_by)
