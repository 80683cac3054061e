"""Reduced grid models of grid operators: taken into use, listed, replaced, withdrawn."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.domain.gate import GateState
from gateway.domain.grid import ReducedGridModel
from gateway.domain.tenant import Tenant
from gateway.grids import exchange
from gateway.grids.remarks import remarks
from gateway.ports import Clock
from gateway.processes.errors import GridMismatchError, GridOwnedError, UnknownGridError, UnknownModelError
from gateway.records.engine.stores import Stores
from gateway.records.market import gates, grid_models
from gateway.records.market.grid_models import StoredModel

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """A model in use: `unchanged` if it counted already; `remarks` state what to check in it."""

    model: StoredModel
    unchanged: bool
    remarks: Sequence[str]


@dataclass(frozen=True, slots=True)
class WithdrawnModel:
    """A model out of use: `unchanged` if it was so already."""

    model: StoredModel
    unchanged: bool


class GridModels:
    """Grid models of all operators, each in its own store."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock

    def add(self, caller: Tenant, grid_id: str, data: bytes) -> ModelInUse:
        """Put a model into use, and return remarks on it.

        For its period it replaces older ones; the same model again changes nothing. The first operator who
        puts a model to a grid owns the grid.

        Raises:
            GridModelError: the model has faults; all are listed, with their places.
            GridMismatchError: the model is of another grid.
            GridOwnedError: the grid belongs to another operator.
        """
        model = exchange.read(data, caller.bounds.flow_mw)
        if model.grid_id != grid_id:
            raise GridMismatchError(model.grid_id, grid_id)
        payload = exchange.write(model)
        shape = (len(model.operating_points), len(model.elements), len(model.connection_points))
        with self._stores.shared.writing() as shared:
            owner = grid_models.owner(shared, grid_id)
            if owner is None:
                grid_models.register(shared, grid_id, caller.tenant_id, model.area)
            elif owner != caller.tenant_id:
                raise GridOwnedError(grid_id)
        with self._stores.of(caller.tenant_id).writing() as uow:
            newest = next(iter(grid_models.listed(uow, grid_id)), None)
            stored = grid_models.put(
                uow,
                grid_id,
                model.validity,
                payload,
                sha256=hashlib.sha256(payload).hexdigest(),
                shape=shape,
                now=self._clock.now(),
            )
        found = (*remarks(model), *_out_of_date(model, self._clock.now()))
        if found:  # their text, with flows and limits, is for the grid's operator only
            log.warning(
                "grid model in use with remarks", grid=grid_id, model=stored.model_id, remarks=len(found)
            )
        return ModelInUse(stored, newest is not None and stored.model_id <= newest.model_id, found)

    def all_listed(self, caller: Tenant) -> Sequence[StoredModel]:
        """Models of all the caller's grids, by grid, newest first, withdrawn ones too."""
        with self._stores.of(caller.tenant_id).reading() as uow:
            return grid_models.listed(uow)

    def listed(self, caller: Tenant, grid_id: str) -> Sequence[StoredModel]:
        """Models of one of the caller's grids, newest first, withdrawn ones too.

        Raises:
            UnknownGridError: the caller has no such grid.
        """
        with self._stores.shared.reading() as shared:
            if grid_models.owner(shared, grid_id) != caller.tenant_id:
                raise UnknownGridError(grid_id)
        with self._stores.of(caller.tenant_id).reading() as uow:
            return grid_models.listed(uow, grid_id)

    def withdraw(self, caller: Tenant, grid_id: str, model_id: int) -> WithdrawnModel:
        """Withdraw a model from every gate whose DSO gate is still to come; once more changes nothing.

        Its numbers are deleted at once, or, where a gate past its DSO gate still counts on them, when the
        retention period ends.

        Raises:
            UnknownModelError: the caller has no such model.
        """
        now = self._clock.now()
        with self._stores.of(caller.tenant_id).reading() as uow:
            model = grid_models.find(uow, grid_id, model_id)
        if model is None:
            raise UnknownModelError(grid_id, model_id)
        with self._stores.shared.reading() as shared:
            needed = any(
                status.state is not GateState.PUBLISHED
                and caller.tenant_id in status.gate.grid_operators
                and status.gate.grids_due_at <= now
                for status in gates.delivering_in(shared, model.validity)
            )
        with self._stores.of(caller.tenant_id).writing() as uow:
            grid_models.withdraw(uow, grid_id, model_id, now, keep_payload=needed)
            gone = grid_models.find(uow, grid_id, model_id) or model
            return WithdrawnModel(gone, model.withdrawn_at is not None)


def _out_of_date(model: ReducedGridModel, now: datetime) -> Iterator[str]:
    """That the model is for a time that has passed, and when it is deleted."""
    if model.validity.end <= now:
        yield (
            f"its validity ended at {model.validity.end:%Y-%m-%dT%H:%MZ}: no gate to come uses it, and it is "
            "deleted when its retention ends"
        )
