"""Specimen documents of every version, from their bytes to valid answers, by the solver's own process."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np
import pytest

from esmp import validate
from gateway.domain.document import BidAvailability, DocumentKind, MeritOrderList, ReserveBids
from gateway.domain.market_time import Interval
from gateway.domain.resource import ConnectionPoint, ResourceMap
from gateway.domain.result import Rung
from gateway.optimiser.deadline.demand import solve_with_deadline
from gateway.records.messages import outbox
from mappings import DocumentStream, read
from tests.processes.world import CLOSES, TENANTS, World, gate, model
from tests.specimens import POOL, RESERVE_BIDS, UNITS, Specimen

START, END = datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 1, 23, tzinfo=UTC)
UNITS_OF_DAY = 96
RESOURCES = ResourceMap(
    {unit: (ConnectionPoint("north", "n1"),) for unit in UNITS}, {POOL: {UNITS[0]: 0.5, UNITS[1]: 0.5}}
)
Document = TypeVar("Document")


def canonical(data: bytes, kind: type[Document]) -> Document:
    report = validate(data)
    assert report.valid, report.findings
    assert report.identity is not None
    reading = read(data, report.identity)
    assert reading.findings == ()
    assert isinstance(reading.document, kind)
    return reading.document


@pytest.mark.parametrize("specimen", RESERVE_BIDS, ids=lambda specimen: specimen.name)
def test_every_specimen_is_taken_decided_and_answered(world: World, specimen: Specimen) -> None:
    north = model("north", 6.0, units=UNITS_OF_DAY)
    day = Interval(START, END)
    world.clock.moment = datetime(2026, 2, 28, 12, tzinfo=UTC)
    closes = datetime(2026, 2, 28, 14, tzinfo=UTC)
    shift = CLOSES - closes
    base = gate(units=UNITS_OF_DAY)
    world.gates.create(
        gate(
            delivery=day,
            platforms=("east",),
            opens_at=base.opens_at - shift,
            closes_at=closes,
            grids_due_at=closes,
            publish_by=base.publish_by - shift,
        )
    )
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", replace(north, validity=day))
    world.demand("g1", up=5.0, down=1.0, units=UNITS_OF_DAY)

    bids = canonical(specimen.data, ReserveBids)
    assert world.submit("east", bids) == []
    world.gates.close("g1", TENANTS["operator"])
    world.publisher._new_writer = DocumentStream
    figures = world.check_with(solve_with_deadline).run("g1")
    assert figures.bids == specimen.series
    assert figures.rung is Rung.OPTIMAL
    assert figures.verification.violations == 0

    with world.stores.of("east").reading() as uow:
        sent = {m.kind: outbox.payload_of(uow, m.id) for m in outbox.answering(uow, figures.run_id)}
    order = canonical(sent[DocumentKind.MERIT_ORDER_LIST] or b"", MeritOrderList)
    assert {series.bid_id for series in order.series} <= set(bids.bids.bid_id)
    for series in order.series:
        taken, available = np.nan_to_num(series.activated_mw), np.nan_to_num(series.quantity_mw)
        assert (taken <= available).all()
    for payload in (sent[kind] for kind in sent if kind is DocumentKind.BID_AVAILABILITY):
        canonical(payload or b"", BidAvailability)
