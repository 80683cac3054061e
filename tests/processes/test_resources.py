"""One assignment of units across all markets, and its two file forms."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.resource import ConnectionPoint, ResourceMap
from gateway.processes.errors import ResourceOwnedError, ResourcesInvalidError, UnknownGridError
from gateway.processes.resource_files import (
    point_lines,
    read_changes,
    read_csv,
    read_csv_changes,
    read_json,
    write_json,
)
from gateway.processes.resources import UnitOnGrid, counted_beyond_all_power
from tests.processes.world import RESOURCES, TENANTS, World, model

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)


@st.composite
def assignments(draw: st.DrawFn) -> ResourceMap:
    units = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    points = st.builds(ConnectionPoint, NAMES, NAMES, st.floats(0.01, 2))
    hangs_on = st.lists(points, min_size=1, max_size=3, unique_by=lambda point: (point.grid_id, point.node))
    connections = {unit: tuple(sorted(draw(hangs_on))) for unit in units}
    participation: dict[str, Mapping[str, float]] = {}
    for resource in draw(st.lists(NAMES.filter(lambda name: name not in units), max_size=3, unique=True)):
        behind = draw(st.lists(st.sampled_from(units), min_size=1, max_size=6, unique=True))
        weights = draw(st.lists(st.integers(1, 100), min_size=len(behind), max_size=len(behind)))
        participation[resource] = {u: w / sum(weights) for u, w in zip(behind, weights, strict=True)}
    return ResourceMap(connections, participation)


@given(assignments())
def test_json_keeps_every_assignment(assignment: ResourceMap) -> None:
    assert read_json(write_json(assignment)) == assignment


def test_stores_keep_every_assignment_and_the_newest_counts(world: World) -> None:
    tso = TENANTS["tso"]
    world.resources.replace(tso, ResourceMap({"old": (ConnectionPoint("north", "n1"),)}))
    world.resources.replace(tso, RESOURCES)
    assert world.resources.find(tso) == RESOURCES
    assert world.resources.assigned(["pool", "u1", "old", "nobody"]).registered == {
        "pool": {"u1": 0.25, "s1": 0.75},
        "u1": {"u1": 1.0},
    }


@given(assignments())
def test_units_behind_a_resource_always_sum_to_the_bid(assignment: ResourceMap) -> None:
    for resource in (*assignment.connections, *assignment.participation):
        assert sum(assignment.units_of(resource).values()) == pytest.approx(1.0, abs=1e-9)


def test_a_unit_is_assigned_by_one_tso_only(world: World) -> None:
    world.resources.replace(TENANTS["tso"], RESOURCES)
    own = ResourceMap({"x": (ConnectionPoint("south", "n1"),)})
    world.resources.replace(TENANTS["tso2"], own)
    taken = ResourceMap({"u1": (ConnectionPoint("south", "n1"),)}, {"pool": {"u1": 1.0}})
    with pytest.raises(ResourceOwnedError) as error:
        world.resources.replace(TENANTS["tso2"], taken)
    assert error.value.resources == ("pool", "u1")
    assert world.resources.find(TENANTS["tso2"]) == own
    assert set(world.resources.connections()) == {"x", *RESOURCES.connections}


def test_csv_says_connections_and_shares_in_one_table() -> None:
    read = read_csv(
        b"\xef\xbb\xbfunit;grid_id;node;factor;resource;share\r\n"
        b"u1;north;n1;;pool;0.25\r\n"
        b"s1;south;n1;0.9;pool;0.75\r\n"
        b"s1;north;n4;1;;\r\n"
    )
    assert read == ResourceMap(
        {
            "u1": (ConnectionPoint("north", "n1"),),
            "s1": (ConnectionPoint("south", "n1", 0.9), ConnectionPoint("north", "n4")),
        },
        {"pool": {"u1": 0.25, "s1": 0.75}},
    )


HEADER = "unit,grid_id,node,factor,resource,share\n"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("unit,grid\nu,g\n", "line 1", "there is no column 'grid'"),
        ("grid_id,node\n", "line 1", "the column unit is missing"),
        (HEADER + "u1,north,n1,1,,\nu2,north,,1,,\n", "line 3", "both grid_id and node"),
        (HEADER + "u1,north,n1,much,,\n", "line 2", "factor: 'much' is no number"),
        (HEADER + "u1,north,n1,nan,,\n", "line 2", "factor: 'nan' is no number"),
        (HEADER + "u1,north,n1,-1,,\n", "line 2", "factor -1.0 is not above 0"),
        (HEADER + "u1,,,,,\n", "line 2", "names neither"),
        (HEADER + ",north,n1,1,,\n", "line 2", "names no unit"),
        (HEADER + "u1,north,n1\n", "line 2", "3 cells where there are 6 columns"),
        (HEADER + "u1,north,n1,1,pool,0.9\n", "line 2", "sum to 0.9, not 1"),
        (HEADER + "u1,north,n1,1,pool,\n", "line 2", "both resource and share"),
        (HEADER + "u1,north,n1,1,,\nu1,north,n1,0.5,,\n", "line 2", "twice on the same node"),
        (HEADER + "u1,north,n1,1,u1,1\n", "line 2", "both a unit and a resource"),
        (HEADER + "u1,,,,pool,1\n", "line 2", "has no connection point"),
        (HEADER + "u\x00,north,n1,1,,\n", "line 2", "no XML document can carry"),
    ],
)
def test_a_faulty_csv_names_the_line(text: str, place: str, message: str) -> None:
    with pytest.raises(ResourcesInvalidError, match=message) as error:
        read_csv(text.encode())
    assert error.value.faults[0].place == place


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ResourcesInvalidError, match="line 1: not UTF-8"):
        read_csv(b"unit\xff")


POINT = {"grid_id": "north", "node": "n1"}


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        ("{", "", "not JSON"),
        ("[]", "", "wanted an object"),
        ('{"connections": {"u": [], "u": []}}', "/connections/u", "given more than once"),
        ('{"connections": {"u": [{"grid_id": "n", "node": "1", "factor": NaN}]}}', "", "column 64"),
        ({"connections": {"u": [{"grid_id": "n"}]}}, "/connections/u/0", "node"),
        ({"connections": {"u": [POINT | {"volts": 1}]}}, "/connections/u/0", "volts"),
        (
            {"connections": {"u": [POINT]}, "participation": {"p": {"u": "1"}}},
            "/participation/p",
            "found a text, wanted a number",
        ),
        ({"connections": {"u": []}}, "/connections/u", "no connection point"),
        ({"connections": {"u\x00": [POINT]}}, "/connections", "no XML document can carry"),
        (
            {"connections": {"u": [POINT | {"node": "n\x01"}]}},
            "/connections/u/0/node",
            "no XML document can carry",
        ),
        ({"connections": {"u/1": [POINT, POINT]}}, "/connections/u~11", "twice"),
        ({"connections": {"u": [POINT | {"factor": 2.5}]}}, "/connections/u", "factor 2.5"),
        (
            {"connections": {"u": [POINT]}, "participation": {"p": {"u": 0.5}}},
            "/participation/p",
            "sum to 0.5",
        ),
        ({"connections": {"u": [POINT]}, "participation": {"p": {"x": 1}}}, "/participation/p", "unit 'x'"),
        ('{"connections": ' + "[" * 100_000, "", "nested too deeply"),
    ],
)
def test_faulty_json_names_the_place(content: object, place: str, message: str) -> None:
    data = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(ResourcesInvalidError) as error:
        read_json(data.encode())
    assert message in error.value.faults[0].message
    assert error.value.faults[0].place == place


@given(assignments(), assignments())
def test_changes_replace_what_they_name_and_leave_the_rest(before: ResourceMap, new: ResourceMap) -> None:
    changes = json.loads(write_json(new))
    gone = set(before.connections) - set(new.connections)
    kept = [name for name in before.participation if not gone & before.participation[name].keys()]
    removed = {name: None for name in before.participation if name not in (*kept, *new.participation)}
    clash = (set(before.connections) | set(new.connections)) & (
        set(before.participation) | set(new.participation)
    )
    assume(not clash)
    changes["connections"] |= dict.fromkeys(gone)
    changes["participation"] |= removed
    after = read_changes(json.dumps(changes).encode())(before)
    assert after.connections == new.connections
    assert after.participation == {
        **{name: before.participation[name] for name in kept},
        **new.participation,
    }
    assert read_changes(b"{}")(before) == before


def test_changes_that_would_leave_something_unsound_change_nothing(world: World) -> None:
    tso = TENANTS["tso"]
    world.resources.replace(tso, RESOURCES)
    with pytest.raises(ResourcesInvalidError, match="'s1' of resource 'pool' has no connection point"):
        world.resources.change(tso, read_changes(b'{"connections": {"s1": null}}'))
    with pytest.raises(ResourcesInvalidError):
        read_changes(b'{"units": {}}')
    assert world.resources.find(tso) == RESOURCES
    _, moved = world.resources.change(tso, read_changes(b'{"connections": {"u2": null}}'))
    assert moved.connections == {name: at for name, at in RESOURCES.connections.items() if name != "u2"}
    assert world.resources.find(tso) == moved


def test_the_grid_operator_sees_what_its_model_lacks(world: World) -> None:
    north, tso = TENANTS["north"], TENANTS["tso"]
    world.put("north", model("north", 10.0))
    points = {"u1": (ConnectionPoint("north", "n1"),), "typo": (ConnectionPoint("north", "n11"),)}
    world.resources.replace(tso, ResourceMap({**points, "else": (ConnectionPoint("nroth", "n1"),)}))
    assert world.resources.remarks_on_grid(north, "north") == [
        ("typo", "the model of grid 'north' has no connection point 'n11'")
    ]
    for caller, grid in ((TENANTS["south"], "north"), (north, "nroth")):
        with pytest.raises(UnknownGridError):
            world.resources.remarks_on_grid(caller, grid)


def test_the_grid_operator_sees_every_unit_on_its_grid(world: World) -> None:
    north, tso = TENANTS["north"], TENANTS["tso"]
    world.put("north", model("north", 10.0))
    both = (
        ConnectionPoint("north", "n11"),
        ConnectionPoint("north", "n1", 0.5),
        ConnectionPoint("south", "n1"),
    )
    world.resources.replace(tso, ResourceMap({"u2": (ConnectionPoint("south", "n1"),), "u1": both}))
    why = "the model of grid 'north' has no connection point 'n11'"
    assert world.resources.units_on_grid(north, "north") == [
        UnitOnGrid("u1", "n1", 0.5, None),
        UnitOnGrid("u1", "n11", 1.0, why),
    ]
    with pytest.raises(UnknownGridError):
        world.resources.units_on_grid(TENANTS["south"], "north")


@given(assignments(), assignments())
def test_rows_of_a_csv_change_what_they_name_and_nothing_else(before: ResourceMap, new: ResourceMap) -> None:
    for one, other in ((before, new), (new, before)):
        assume(not one.connections.keys() & other.participation.keys())
    header = "unit,grid_id,node,factor,resource,share"
    points = [
        f"{_cell(unit)},{_cell(at.grid_id)},{_cell(at.node)},{at.factor!r},,"
        for unit, hangs_on in new.connections.items()
        for at in hangs_on
    ]
    shares = [
        f"{_cell(unit)},,,,{_cell(resource)},{share!r}"
        for resource, units in new.participation.items()
        for unit, share in units.items()
    ]
    try:
        read = read_csv("\n".join([header, *points, *shares]).encode())
    except ResourcesInvalidError:
        assume(False)  # a name that no CSV cell or document can carry
    assume(read == new)
    after = read_csv_changes("\n".join([header, *points, *shares]).encode())(before)
    assert after.connections == {**before.connections, **new.connections}
    assert after.participation == {**before.participation, **new.participation}


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def test_every_point_of_a_csv_has_its_line() -> None:
    rows = "u1,north,n1,1,,\nu2,north,n1,1,pool,1\nu1,south,n1,1,,\nu1,north,n1,1,,\n"
    assert point_lines((HEADER + rows).encode()) == {
        "/connections/u1/0": 2,
        "/connections/u2/0": 3,
        "/connections/u1/1": 4,
    }


def test_a_grid_whose_only_model_is_withdrawn_is_remarked_to_both_sides(world: World) -> None:
    north, tso = TENANTS["north"], TENANTS["tso"]
    world.put("north", model("north", 10.0))
    (kept,) = world.grid_models.listed(north, "north")
    assignment = ResourceMap({"u1": (ConnectionPoint("north", "n1"),)})
    world.resources.replace(tso, assignment)
    assert world.resources.remarks(assignment) == []
    world.grid_models.withdraw(north, "north", kept.model_id)
    why = "grid 'north' has no model in use now or later"
    assert world.resources.remarks_on_grid(north, "north") == [("u1", why)]
    assert [fault.message for fault in world.resources.remarks(assignment)] == [why]


def test_a_model_whose_validity_has_ended_places_no_unit(world: World) -> None:
    north, tso = TENANTS["north"], TENANTS["tso"]
    world.put("north", model("north", 10.0))
    (kept,) = world.grid_models.listed(north, "north")
    assignment = ResourceMap({"u1": (ConnectionPoint("north", "n1"),)})
    world.resources.replace(tso, assignment)
    world.clock.moment = kept.validity.end - timedelta(seconds=1)
    assert world.resources.remarks(assignment) == []
    assert "north" in world.resources.models_in_use()
    world.clock.moment = kept.validity.end
    why = "grid 'north' has no model in use now or later"
    assert [fault.message for fault in world.resources.remarks(assignment)] == [why]
    assert [one.remark for one in world.resources.units_on_grid(north, "north")] == [why]
    assert world.resources.models_in_use() == {}


def test_a_unit_that_counts_for_more_than_all_of_its_power_is_remarked() -> None:
    points = {
        "twice": (
            ConnectionPoint("north", "n1"),
            ConnectionPoint("south", "n1"),
            ConnectionPoint("north", "far"),
        ),
        "split": (ConnectionPoint("north", "n1", 0.3), ConnectionPoint("north", "far", 0.7)),
        "once": (ConnectionPoint("north", "n1", 1.2),),
    }
    (fault,) = counted_beyond_all_power(ResourceMap(points))
    assert fault.place == "/connections/twice/2/factor"
    assert "'twice' hangs on n1, far of grid 'north' with factors that sum to 2" in fault.message
