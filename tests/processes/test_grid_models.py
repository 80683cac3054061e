"""Grid models: taken, replaced, withdrawn; a grid has one owner."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain.bounds import NumberBounds
from gateway.domain.gate import StaleModel
from gateway.domain.grid import UsedModel
from gateway.domain.market_time import Interval
from gateway.grids import exchange
from gateway.grids.findings import GridModelError
from gateway.processes.errors import GridMismatchError, GridOwnedError, UnknownGridError, UnknownModelError
from gateway.records.market import grid_models
from gateway.records.privacy.retention import forget
from tests.processes.world import CLOSES, DAY, TENANTS, World, bid, document, gate, model

NORTH, SOUTH = TENANTS["north"], TENANTS["south"]


def take(world: World, grid: object) -> grid_models.StoredModel:
    return world.grid_models.add(NORTH, "north", exchange.write(grid)).model  # type: ignore[arg-type]


def counting(world: World) -> list[int]:
    with world.stores.of("north").reading() as uow:
        return [m.model_id for m in grid_models.counting(uow, gate().delivery, CLOSES)]


def test_flows_and_limits_keep_the_bound_agreed_with_the_operator(world: World) -> None:
    bounded = replace(NORTH, bounds=NumberBounds(flow_mw=3.0))
    with pytest.raises(GridModelError) as refused:
        world.grid_models.add(bounded, "north", exchange.write(model("north", 4.0)))
    places = {finding.pointer: finding.message for finding in refused.value.findings}
    assert places["/elements/0/forward_limit_mw"] == "4 MW is not between 0 and 3 MW; limits have no sign"
    take(world, model("north", 4.0))


@pytest.mark.feature(id="A1")
def test_the_newest_model_counts_and_the_same_again_is_the_same(world: World) -> None:
    first = take(world, model("north", 4.0))
    assert take(world, model("north", 4.0)) == first
    second = take(world, model("north", 5.0))
    assert counting(world) == [second.model_id]
    back = take(world, model("north", 4.0))
    assert back.model_id not in (first.model_id, second.model_id)
    assert counting(world) == [back.model_id]
    assert [m.model_id for m in world.grid_models.listed(NORTH, "north")] == [
        back.model_id,
        second.model_id,
        first.model_id,
    ]
    assert (first.operating_points, first.elements, first.nodes) == (1, 1, 3)


def test_a_model_counts_only_if_it_covers_the_delivery_and_was_there_in_time(world: World) -> None:
    short = replace(model("north", 4.0, units=1))
    take(world, short)
    assert counting(world) == []
    in_time = take(world, model("north", 4.0))
    world.clock.moment = CLOSES + timedelta(seconds=1)
    take(world, model("north", 3.0))
    assert counting(world) == [in_time.model_id]


def test_a_grid_belongs_to_who_came_first(world: World) -> None:
    take(world, model("north", 4.0))
    with pytest.raises(GridOwnedError):
        world.grid_models.add(SOUTH, "north", exchange.write(model("north", 900.0)))
    with pytest.raises(UnknownGridError):
        world.grid_models.listed(SOUTH, "north")
    with pytest.raises(UnknownModelError):
        world.grid_models.withdraw(SOUTH, "north", 1)


def test_a_model_put_to_another_grid_is_refused(world: World) -> None:
    with pytest.raises(GridMismatchError, match="of grid 'north', but was put to grid 'south'"):
        world.grid_models.add(NORTH, "south", exchange.write(model("north", 4.0)))


def test_a_withdrawn_model_loses_its_numbers(world: World) -> None:
    first, second = take(world, model("north", 5.0)), take(world, model("north", 4.0))
    world.clock.moment += timedelta(minutes=1)
    gone = world.grid_models.withdraw(NORTH, "north", second.model_id)
    assert (gone.model.withdrawn_at, gone.unchanged) == (world.clock.moment, False)
    with world.stores.of("north").reading() as uow:
        assert grid_models.payload_of(uow, "north", second.model_id) is None
    assert counting(world) == [first.model_id]


def test_a_model_withdrawn_twice_is_withdrawn_since_the_first_time(world: World) -> None:
    model_id = take(world, model("north", 5.0)).model_id
    first = world.grid_models.withdraw(NORTH, "north", model_id)
    world.clock.moment += timedelta(minutes=1)
    again = world.grid_models.withdraw(NORTH, "north", model_id)
    assert (first.unchanged, again.unchanged) == (False, True)
    assert again.model == first.model


def test_a_gate_past_its_dso_gate_keeps_what_it_counts_on(ready: World) -> None:
    (used,) = ready.grid_models.listed(NORTH, "north")
    ready.submit("east", document("east", [bid("a", "u1", 10, 20)]))
    ready.demand("g1", up=10)
    ready.clock.moment = CLOSES + timedelta(seconds=1)
    ready.grid_models.withdraw(NORTH, "north", used.model_id)
    ready.gates.close("g1", TENANTS["operator"])
    figures = ready.bid_check.run("g1")
    assert figures.missing_grids == ()
    assert figures.max_loading_before_pct == pytest.approx(250)


def test_an_old_model_is_used_and_reported(world: World) -> None:
    world.gates.create(gate(max_model_age=timedelta(minutes=30)))
    take(world, model("north", 4.0))
    run_id = world.close_and_run()
    figures = world.results.run(run_id, TENANTS["operator"]).figures
    assert figures is not None
    assert (figures.stale_grids, figures.missing_grids) == (("north",), ("south",))


def test_a_model_for_a_longer_period_serves_a_gate_within_it(world: World) -> None:
    long = replace(model("north", 4.0, units=4), validity=Interval(DAY, DAY + timedelta(hours=1)))
    take(world, long)
    assert len(counting(world)) == 1


def test_a_run_names_the_models_it_was_decided_with(ready: World) -> None:
    first_at = ready.clock.moment
    ready.clock.moment += timedelta(minutes=1)
    ready.put("north", model("north", 5.0))
    second_at = ready.clock.moment
    run_id = ready.close_and_run()
    north, south = UsedModel("north", 2, second_at), UsedModel("south", 1, first_at)
    for name, seen in (
        ("tso", (north, south)),
        ("operator", (north, south)),
        ("north", (north,)),
        ("south", (south,)),
        ("east", ()),
    ):
        figures = ready.results.run(run_id, TENANTS[name]).figures
        assert figures is not None
        assert figures.models == seen


def test_a_model_that_is_set_aside_is_not_among_those_that_a_run_was_decided_with(world: World) -> None:
    world.put("north", model("north", 4.0))
    world.clock.moment += timedelta(minutes=1)
    world.gates.create(gate(max_model_age=timedelta(seconds=1), stale_model=StaleModel.SET_ASIDE))
    figures = world.results.run(world.close_and_run(), TENANTS["operator"]).figures
    assert figures is not None
    assert (figures.stale_grids, figures.models) == (("north",), ())


def test_a_base_flow_beyond_its_limit_is_remarked_to_the_operator_of_the_grid_alone(ready: World) -> None:
    full = exchange.write(model("north", 4.0, base_mw=5.0))
    (remark,) = ready.grid_models.add(NORTH, "north", full).remarks
    assert remark.startswith("base flow beyond its limit: north-line 125.0 % at point normal")
    ready.submit("east", document("east", [bid("a", "u1", 10, 20)]))
    ready.demand("g1", up=10)
    reported = ready.results.run(ready.close_and_run(), TENANTS["operator"]).figures
    assert reported is not None
    assert not [note for note in reported.notes if "base flow" in note]


@pytest.mark.parametrize(("error", "remarked"), [(None, 0), (29.9, 0), (60.0, 1)])
def test_a_coarse_model_is_remarked_when_it_is_taken_and_in_each_run(
    ready: World, error: float | None, remarked: int
) -> None:
    coarse = exchange.write(replace(model("north", 4.0), error_band_pct=error))
    remarks = ready.grid_models.add(NORTH, "north", coarse).remarks
    assert len(remarks) == remarked
    assert all("states an error of 60 %; each row reserves it" in text for text in remarks)
    ready.submit("east", document("east", [bid("a", "u1", 10, 20)]))
    ready.demand("g1", up=10)
    for run_id in (ready.close_and_run(), ready.gates.run_again("g1") and ready.bid_check.run("g1").run_id):
        reported = ready.results.run(run_id, TENANTS["operator"]).figures
        assert reported is not None
        assert [note for note in reported.notes if "error" in note] == list(remarks)


def test_each_grid_numbers_its_own_models_and_gives_no_number_twice(world: World) -> None:
    short = model("more", 1.0)
    assert take(world, model("north", 4.0)).model_id == 1
    for number, limit in enumerate((1.0, 2.0), start=1):
        sent = exchange.write(model("more", limit))
        assert world.grid_models.add(NORTH, "more", sent).model.model_id == number
    assert take(world, model("north", 5.0)).model_id == 2
    assert [(one.grid_id, one.model_id) for one in world.grid_models.all_listed(NORTH)] == [
        ("more", 2),
        ("more", 1),
        ("north", 2),
        ("north", 1),
    ]
    world.grid_models.withdraw(NORTH, "more", 2)
    in_use = {
        (one.grid_id, one.model_id): one.withdrawn_at is None for one in world.grid_models.all_listed(NORTH)
    }
    assert in_use == {("more", 2): False, ("more", 1): True, ("north", 2): True, ("north", 1): True}
    with world.stores.of("north").reading() as uow:
        assert grid_models.payload_of(uow, "more", 2) is None
        assert grid_models.payload_of(uow, "north", 2) == exchange.write(model("north", 5.0))
    forget(world.stores, short.validity.end + timedelta(days=10_000))
    assert world.grid_models.all_listed(NORTH) == []
    assert take(world, model("north", 4.0)).model_id == 3
