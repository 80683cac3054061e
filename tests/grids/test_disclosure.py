"""What the operator reads that a model discloses is what the grid really looks like."""

import networkx as nx
import pandapower as pp
import pytest

from gateway.domain.grid import Band
from gateway.grids.build import OperatingPointSpec, build_model
from gateway.grids.disclosure import conclusions, disclosure
from gateway.grids.element_labels import labels
from tests.grids.networks import network
from tests.grids.test_build import DAY, built, sunny


def test_the_tree_of_a_radial_grid_is_the_grids_own() -> None:
    """Line for line, by networkx on the network itself: what lies below each element."""
    net = network("case33bw")
    net.line["max_i_ka"] = 0.5
    model = build_model(net, "g", DAY, [OperatingPointSpec("a", [1.0], [1.0])], Band(-0.5, 0.5, 0.5)).model
    found = disclosure(model)
    assert found.meshed == ()
    assert sum(len(branch.elements) for branch in found.branches) == len(model.elements)
    graph = pp.topology.create_nxgraph(net, multi=False)
    bus_of = {name: index for (_, index), name in labels(net, ["bus"]).items()}
    below = [set(branch.points) for branch in found.branches]
    for number in reversed(range(len(below))):
        parent = found.branches[number].parent
        if parent is not None:
            below[parent] |= below[number]
    for branch, points in zip(found.branches, below, strict=True):
        for row in branch.elements:
            line = net.line.loc[int(model.elements[row].element_id.split()[1])]
            cut = graph.copy()
            cut.remove_edge(int(line.from_bus), int(line.to_bus))
            apart = set(cut) - nx.node_connected_component(cut, int(net.ext_grid.bus.iloc[0]))
            assert {bus_of[model.connection_points[point]] for point in points} == apart & {
                bus_of[name] for name in model.connection_points
            }


def test_a_ring_tells_shares_and_no_order() -> None:
    found = disclosure(built("oberrhein ring").model)
    assert len(found.meshed) > 10
    assert disclosure(built("oberrhein").model).meshed == ()


def test_the_words_name_everything_and_use_the_operators_names() -> None:
    model = built("oberrhein").model
    found = disclosure(model)
    text = "\n".join(conclusions(model, found, lambda name: f"<{name}>"))
    assert f"{len(model.elements)} of {len(model.elements)} elements form a tree" in text
    assert all(f"<{element.element_id}>" in text for element in model.elements)
    assert all(f"<{name}>" in text for name in model.connection_points[1:])
    assert f"{found.strongest:.3f}" in text


def test_points_with_a_single_load_are_named() -> None:
    model = built("oberrhein").model
    found = disclosure(model)
    (line,) = (one for one in conclusions(model, found) if "single customer" in one)
    assert f"at {len(found.single_points)} of {len(model.connection_points)} connection points" in line
    assert line.split(": ")[1].split(", ") == [model.connection_points[at] for at in found.single_points]


def test_a_lossless_model_tells_no_distances() -> None:
    model = built("oberrhein").model
    assert disclosure(model).strongest > 1
    flat = build_model(
        sunny("oberrhein"), "g", DAY, [OperatingPointSpec("night", [0.01], [0.0])], Band(-0.1, 0.1, 0.1)
    ).model
    assert disclosure(flat).strongest == pytest.approx(1.0, abs=0.01)
