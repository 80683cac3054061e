"""A bid that is kept back by several causes is reported with all of them, by document as by interface."""

import numpy as np

from gateway.domain.document import BidAvailability
from gateway.domain.reason import Reason
from gateway.processes.bid_check.problem.reasons import ReasonTable
from tests.processes.world import RESOURCES, TENANTS, World, bid, document, gate, model


def test_a_bid_has_every_reason_of_its_market_time_units_once_the_weightiest_first() -> None:
    table = ReasonTable.empty((2, 3))
    heavy, light = Reason("B46", "grid"), Reason("B16", "price")
    table.add(heavy, np.array([[False, False, True], [False] * 3]))
    table.add(light, np.array([[True, True, True], [False] * 3]))
    assert table.of(0) == (heavy, light)
    assert table.of(1) == ()


def test_every_grid_that_cannot_be_asked_is_named(world: World) -> None:
    world.gates.create(gate())
    world.resources.replace(TENANTS["tso"], RESOURCES)
    for operator in ("north", "south"):
        world.put(operator, model(operator, 100.0))
        world.grid_models.withdraw(TENANTS[operator], operator, 1)
    world.demand("g1", up=5)
    assert not world.submit("east", document("east", [bid("b1", "both", 6.0, 10.0)]))
    run_id = world.close_and_run()
    (row,) = world.availability(run_id, TENANTS["east"])["east"]
    (reason,) = row.reasons
    assert reason.text is not None
    assert "grid north has no usable model, so it cannot check the bid; grid south has no" in reason.text
    for operator in ("north", "south"):
        explained = list(world.results.explanations(run_id, TENANTS[operator]))
        assert {(one.grid_id, one.share, one.cut_mw) for one in explained} == {(operator, 0.5, 6.0)}
        (limits,) = (
            one
            for one in world.written
            if isinstance(one, BidAvailability) and one.header.receiver.party == TENANTS[operator].parties[0]
        )
        text = f"grid {operator} has no usable model, so it cannot check the bid; nothing of it is available"
        assert [[one.text for one in limit.reasons] for limit in limits.limits] == [[text]]
        assert {limit.available_mw for limit in limits.limits} == {0.0}
