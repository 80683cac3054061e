from datetime import date, timedelta

import numpy as np
import pytest

from gateway.domain.grid import ConstraintElement, OperatingPoint, ReducedGridModel, Reference
from gateway.domain.market_time import Interval, MtuGrid, local_day

DAY = local_day(date(2026, 3, 29))


def model(rows: int) -> ReducedGridModel:
    flows = np.arange(rows, dtype=float)[:, None] * [1.0, -1.0]
    point = OperatingPoint("as planned", flows, np.array([[0.5, 0.0, -0.5], [0.25, 0.0, 1.0]]), (-10.0, 10.0))
    return ReducedGridModel(
        grid_id="g",
        validity=DAY,
        elements=(ConstraintElement("line-1", -8.0, 10.0), ConstraintElement("line-2", -5.0, 5.0)),
        connection_points=("n1", "slack", "n2"),
        operating_points=(point, point),
        reference=Reference((("slack", 1.0),)),
    )


def test_limits_have_two_directions() -> None:
    lower, upper = model(1).limits_mw()
    assert lower.tolist() == [-8.0, -5.0]
    assert upper.tolist() == [10.0, 5.0]


@pytest.mark.parametrize(("rows", "expected_last"), [(1, 0), (23, 22), (92, 91)])
def test_coarser_base_flows_serve_every_unit_they_cover(rows: int, expected_last: int) -> None:
    flows = model(rows).base_flows_on(MtuGrid(DAY, timedelta(minutes=15)))
    assert flows.shape == (2, 92, 2)
    assert flows[0, 0, 0] == 0
    assert flows[0, -1].tolist() == [expected_last, -expected_last]


def test_a_gate_in_the_middle_of_the_validity_takes_its_own_hours() -> None:
    period = Interval(DAY.start + timedelta(hours=4), DAY.start + timedelta(hours=6))
    flows = model(23).base_flows_on(MtuGrid(period, timedelta(minutes=30)))
    assert flows[0, :, 0].tolist() == [4, 4, 5, 5]


def test_a_period_that_is_not_covered_is_refused() -> None:
    later = local_day(date(2026, 3, 30))
    with pytest.raises(ValueError, match="does not cover"):
        model(1).base_flows_on(MtuGrid(later, timedelta(minutes=15)))


def test_a_node_is_found_by_name_or_not_at_all() -> None:
    assert model(1).node_index("n2") == 2
    with pytest.raises(KeyError):
        model(1).node_index("n9")
    assert model(23).mtu_count == 23
    assert model(23).ptdf().shape == (2, 2, 3)
