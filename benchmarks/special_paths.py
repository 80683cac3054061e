"""`python -m benchmarks.special_paths [--json]`: what each special path of intake buys for a bid document.

Documents of ten bids of sixteen points (50 kB) are examined, stored with their effects and answered, in this
process and in batches of four, as a process of the pool does it under load. For each path the same is done
without it, in turns: a machine whose speed changes is then as fast for both. `without_ratio` is the processor
time of a document without the path over that with it, the median of the turns.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from time import process_time
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import bindparam
from sqlalchemy.types import UserDefinedType

from benchmarks.scaling.records import TENANTS, open_gate, opened
from benchmarks.serving.world import Documents, day
from gateway.domain.envelope import Envelope
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.resource import ConnectionPoint, ResourceMap
from gateway.intake.service.handling import Handler
from gateway.intake_process import SystemClock, document_appliers
from gateway.ports import Receipt, UnitOfWork
from gateway.processes.gates import Gates
from gateway.processes.resources import Resources
from gateway.records.engine.group_commit import GroupCommit
from gateway.records.engine.prepared import PreparedInsert, PreparedListSelect, PreparedSelect
from gateway.records.engine.unit_of_work import sql
from mappings.plain_xml import NotPlainError

SHAPE: Final = (10, 16)
BATCH: Final = 4
BLOCK: Final = 40
"""Documents handled one after the other with a path, and then as many without it."""

Handling = Callable[[int], float]
"""Handles so many new documents; seconds of processor time of each."""


def handling() -> Handling:
    """Of documents of a platform with an open gate and assigned units, one store for all."""
    stores, clock, now = opened(), SystemClock(), datetime.now(UTC)
    resources = Resources(stores, TENANTS, clock)
    units = {f"TEST-UNIT-{unit:05}": (ConnectionPoint("grid", "n1"),) for unit in range(1000)}
    resources.replace(TENANTS["tso"], ResourceMap(units, {}))
    closes = now + timedelta(hours=6)
    gate = replace(
        open_gate(),
        delivery=Interval(day(), day() + timedelta(days=1)),
        opens_at=now - timedelta(days=1),
        closes_at=closes,
        grids_due_at=closes,
        publish_by=closes + timedelta(hours=1),
    )
    Gates(stores, TENANTS, clock).create(gate)
    party = Role(CodedId("10XTEST-RECEIVEX"), "A34")
    handler = Handler(stores, TENANTS, document_appliers(stores, TENANTS, resources), party, clock)
    documents, numbers = Documents(*SHAPE), count()

    def handle(number: int) -> float:
        envelopes = [_envelope(documents.numbered(next(numbers))) for _ in range(number)]
        begun = process_time()
        for first in range(0, number, BATCH):
            some = envelopes[first : first + BATCH]
            receipts = handler.handle_all([(one, handler.prepare(one)) for one in some])
            if not all(isinstance(one, Receipt) for one in receipts):
                raise AssertionError(receipts)
        return (process_time() - begun) / number

    return handle


def _envelope(data: bytes) -> Envelope:
    sha256 = hashlib.sha256(data).hexdigest()
    return Envelope("north", "benchmark", sha256, "application/xml", datetime.now(UTC), data, sha256=sha256)


def _not_plain(*_: object) -> Any:
    raise NotPlainError


class _AsItIs(UserDefinedType[Any]):
    """Of values that are in the form of the driver already."""

    cache_ok = True


def _put_one(self: PreparedInsert, uow: UnitOfWork, row: list[Any]) -> int:
    done = sql(uow).execute(_insert(self), dict(zip(_names(self), row, strict=True)))
    return int(done.lastrowid)


def _put(self: PreparedInsert, uow: UnitOfWork, rows: Sequence[list[Any]]) -> None:
    if rows:
        sql(uow).execute(_insert(self), [dict(zip(_names(self), row, strict=True)) for row in rows])


def _insert(prepared: PreparedInsert) -> Any:
    table, bound = prepared._table, prepared._bound  # noqa: SLF001
    raw = {name: bindparam(name, type_=_AsItIs()) for name in bound}
    return table.insert().values(
        {column.name: raw.get(column.name, bindparam(column.name)) for column in table.c}
    )


def _names(prepared: PreparedInsert) -> list[str]:
    return [column.name for column in prepared._table.c]  # noqa: SLF001


def _rows(self: PreparedSelect, uow: UnitOfWork, **values: object) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in sql(uow).execute(self._statement, values)]


def _listed(self: PreparedListSelect, uow: UnitOfWork, listed: Sequence[object], **values: object) -> Any:
    if not listed:
        return []
    named: Any = bindparam("listed", listed, expanding=True)
    return [tuple(row) for row in sql(uow).execute(self._of(named), values)]


def _each_alone(self: GroupCommit, works: Sequence[Callable[[UnitOfWork], Any]]) -> Sequence[Any]:
    done = []
    for work in works:
        with self._writing() as uow:
            done.append(work(uow))
    return done


PATHS: Final[Mapping[str, Sequence[AbstractContextManager[Any]]]] = {
    "esmp.fast_validation": (patch("esmp.validation.surely_valid", lambda *_: False),),
    "mappings.bid_scanner": (patch("mappings.reserve_bid.frame", _not_plain),),
    "both of these": (
        patch("esmp.validation.surely_valid", lambda *_: False),
        patch("mappings.reserve_bid.frame", _not_plain),
    ),
    "records.engine.prepared": (
        patch.object(PreparedInsert, "put", _put),
        patch.object(PreparedInsert, "put_one", _put_one),
        patch.object(PreparedSelect, "rows", _rows),
        patch.object(PreparedListSelect, "rows", _listed),
    ),
    "records.engine.group_commit": (patch.object(GroupCommit, "all", _each_alone),),
}


@contextmanager
def without(path: str) -> Iterator[None]:
    """Do without a special path meanwhile."""
    with ExitStack() as patched:
        for one in PATHS[path]:
            patched.enter_context(one)
        yield


def compared(handle: Handling, path: str, turns: int) -> dict[str, Any]:
    """Processor milliseconds of a document with a path and without it."""
    pairs = []
    for _ in range(turns):
        own = handle(BLOCK)
        with without(path):
            pairs.append((own, handle(BLOCK)))
    return {
        "path": path,
        "with_ms": round(1000 * median(own for own, _ in pairs), 3),
        "without_ms": round(1000 * median(other for _, other in pairs), 3),
        "without_ratio": round(median(other / own for own, other in pairs), 3),
        "turns": turns,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.special_paths", description=__doc__)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="one line for each path")
    options = parser.parse_args()
    handle = handling()
    handle(BLOCK)
    for path in PATHS:
        result = compared(handle, path, options.turns)
        sys.stdout.write(json.dumps(result, indent=None if options.json else 2) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
