"""The demo's grids: whole, honest, and stressed by activation rather than by themselves."""

from datetime import date
from functools import cache

import numpy as np
from pandapower import networks
from pandas.testing import assert_frame_equal

from gateway.demo.grids import BAND, DemoGrid, demo_grids
from gateway.grids import exchange

DAY = date(2026, 6, 17)


@cache
def grids() -> tuple[DemoGrid, ...]:
    return demo_grids(DAY)


def test_the_network_needs_no_conversion() -> None:
    as_it_is, converted = (
        networks.mv_oberrhein(convert=convert, separation_by_sub=True) for convert in (False, True)
    )
    for ours, theirs in zip(as_it_is, converted, strict=True):
        for table in ("bus", "line", "trafo", "switch", "load", "sgen", "ext_grid"):
            assert_frame_equal(ours[table], theirs[table][ours[table].columns], check_dtype=False)
            added = theirs[table].drop(columns=ours[table].columns)
            assert (added.isna() | added.isin([False])).to_numpy().all()


def test_two_areas_three_operating_points_96_units() -> None:
    assert [grid.model.grid_id for grid in grids()] == ["mv-oberrhein-east", "mv-oberrhein-west"]
    for grid in grids():
        assert [len(point.base_flow_mw) for point in grid.model.operating_points] == [96] * 3
        assert exchange.sha256(exchange.read(exchange.write(grid.model))) == exchange.sha256(grid.model)
    assert sum(len(grid.coordinates) for grid in grids()) == 179


def test_at_least_241_units_hang_on_known_nodes() -> None:
    units = [unit for grid in grids() for unit in grid.units]
    assert len({unit.unit_id for unit in units}) == len(units) >= 241
    for grid in grids():
        assert {unit.node for unit in grid.units} <= set(grid.model.connection_points)
        assert all(unit.max_up_mw >= 0 and unit.max_down_mw > 0 for unit in grid.units)


def test_everything_has_a_place_on_the_map() -> None:
    for grid in grids():
        assert set(grid.model.connection_points) <= set(grid.coordinates)
        assert {element.element_id for element in grid.model.elements} <= set(grid.segments)
        for places in (grid.coordinates.values(), *grid.segments.values()):
            for longitude, latitude in places:
                assert 7.5 < longitude < 8.2
                assert 48.2 < latitude < 48.7


def test_without_activation_every_element_is_within_its_limits() -> None:
    for grid in grids():
        lower, upper = grid.model.limits_mw()
        for point in grid.model.operating_points:
            assert (point.base_flow_mw < 0.95 * upper).all()
            assert (point.base_flow_mw > 0.95 * lower).all()


def test_activating_the_plants_of_one_feeder_overloads_it() -> None:
    """Within the band and with less than the units offer: the stress is where they are, not how many."""
    for grid in grids():
        lower, upper = grid.model.limits_mw()
        bright = grid.model.operating_points[1]
        activation = np.zeros(len(grid.model.connection_points))
        for unit in grid.units:
            if unit.technology in ("biogas", "hydro"):
                activation[grid.model.node_index(unit.node)] += unit.max_up_mw
        activation *= min(1.0, BAND.highest_mw / activation.sum())
        flow = bright.base_flow_mw + bright.ptdf @ activation
        assert ((flow < lower) | (flow > upper)).any()


def test_a_day_on_which_the_clock_changes_has_its_own_length() -> None:
    for grid in demo_grids(date(2026, 3, 29)):
        assert grid.model.mtu_count == 92


def test_the_same_day_gives_the_same_grids() -> None:
    again = demo_grids(DAY)
    assert [exchange.sha256(grid.model) for grid in again] == [exchange.sha256(g.model) for g in grids()]
    assert [grid.units for grid in again] == [grid.units for grid in grids()]
