"""The rows of all grids side by side: flow changes follow the accepted bids, however few of them move."""

import numpy as np
import pytest

from gateway.optimiser.rows.all_rows import FEW, AllRows
from gateway.optimiser.rows.flows import GridFlows
from tests.optimiser.cases import bids, grid, random_problem, two_bids_behind_one_line


@pytest.mark.parametrize("relief_share", [1.0, 0.5])
def test_changes_follow_the_accepted_bids(relief_share: float) -> None:
    draw, nodes = np.random.default_rng(3), 2 * FEW + 5
    where = draw.integers(-1, nodes, (2, 150))
    large = [
        grid(draw.uniform(-1, 1, (2, 7, nodes)), np.zeros((2, 1, 7)), 9.0, where[number], f"L{number}")
        for number in range(2)
    ]
    problem = two_bids_behind_one_line(
        bids=bids(np.full(150, 5.0), 20.0, draw.choice([1, -1], 150)),
        grids=(*large, random_problem(1, mtus=1).grids[0]),
        relief_share=relief_share,
    )
    flows = GridFlows.of(problem)
    rows, accepted = AllRows(flows), draw.uniform(0, 5, 150)
    for moved in (150, 1, 2, 0, 40, 1, 3):
        accepted = accepted.copy()
        accepted[draw.permutation(150)[:moved]] = draw.uniform(0, 5, moved)
        rows.follow(accepted)
        expected = [np.stack(flow.changes(accepted[:, None])).reshape(2, -1) for flow in flows]
        assert rows.change == pytest.approx(np.concatenate(expected, axis=1), abs=1e-12)


def test_positions_and_keys_of_rows_undo_each_other() -> None:
    rows = AllRows(GridFlows.of(random_problem(5, grid_count=3)))
    side, row = np.nonzero(np.ones(rows.change.shape))
    keys = rows.keys(side, row)
    assert [*map(tuple, rows.positions(keys))] == [tuple(side), tuple(row)]
    assert set(keys.side.tolist()) == {1, -1}
    assert set(keys.grid.tolist()) == {0, 1, 2}
