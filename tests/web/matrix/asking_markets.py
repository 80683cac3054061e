"""Requests for gates, runs, grids and assignments."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from gateway.domain.resource import ResourceMap
from gateway.grids import exchange
from gateway.processes.resource_files import write_json
from tests.processes.world import connected, model
from tests.web.matrix.asking import JSON, NOT_THERE, About, Ask, Builder, Wanted, listing, seen
from tests.web.matrix.parties import COLUMNS, OPERATOR, PLANTED, side_of
from tests.web.matrix.world import GRIDS, RESOURCES, UNITS, Matrix

Shown = Callable[[Matrix, Wanted], str]


def _created(matrix: Matrix, wanted: Wanted) -> Ask | None:
    if not wanted.owner:
        return None
    terms = matrix.terms(wanted.side)
    state = seen(matrix, OPERATOR, f"/v1/gates/{terms['gate_id']}")
    return Ask(more={"json": terms}, shows=terms["gate_id"], state=state)


def _changed_gate(change: str, matrix: Matrix, wanted: Wanted) -> Ask:
    """Of a new open gate."""
    terms = matrix.open_gate(wanted.side) if wanted.owner else matrix.terms(wanted.side)
    more = {
        "amend": {"json": {**terms, "budget": "PT10S"}},
        "demand": {"json": {"up_mw": [0.5] * UNITS, "down_mw": [0] * UNITS}},
    }.get(change, {})
    path = f"/v1/gates/{terms['gate_id']}"
    demand = change in ("demand", "no demand")
    state = seen(matrix, OPERATOR, f"{path}/demand" if demand else path)
    shows = "" if change == "no demand" else terms["gate_id"]
    return Ask({"gate_id": terms["gate_id"]}, more, shows, state)


def _of_gate(shown: Shown, matrix: Matrix, wanted: Wanted) -> Ask:
    name = wanted.side.gate_id if wanted.owner else NOT_THERE
    return Ask({"gate_id": name}, shows=shown(matrix, wanted))


def _run_again(matrix: Matrix, wanted: Wanted) -> Ask:
    matrix.finish_runs(wanted.side)
    state = seen(matrix, OPERATOR, f"/v1/gates/{wanted.side.gate_id}/runs")
    ask = _of_gate(_gate_id, matrix, wanted)
    return Ask(ask.path, shows=ask.shows, state=state)


def _of_run(shown: Shown, matrix: Matrix, wanted: Wanted) -> Ask:
    run = _run_id(matrix, wanted) if wanted.owner else NOT_THERE
    return Ask({"run_id": run}, shows=shown(matrix, wanted))


def _gate_id(_: Matrix, wanted: Wanted) -> str:
    return wanted.side.gate_id


def _run_id(matrix: Matrix, wanted: Wanted) -> str:
    return matrix.runs[wanted.side.market]


def _bid(_: Matrix, wanted: Wanted) -> str:
    """Of the caller, if it is a platform, or else of the platform of the side."""
    return PLANTED[_platform(wanted)].bid


def _price(_: Matrix, wanted: Wanted) -> str:
    return str(PLANTED[_platform(wanted)].price)


def _platform(wanted: Wanted) -> str:
    return wanted.owner if wanted.owner in COLUMNS["platform"] else wanted.side.platform


def _platform_name(_: Matrix, wanted: Wanted) -> str:
    return f'"{wanted.side.platform}"'


def _demanded(_: Matrix, wanted: Wanted) -> str:
    """By the caller, if it is a TSO, or else by the TSO of the side."""
    tso = wanted.owner if wanted.owner in COLUMNS["tso"] else wanted.side.tso
    return str(PLANTED[tso].quantity)


def _element(_: Matrix, wanted: Wanted) -> str:
    """Of the caller's grid, if it is a DSO, or else of that of the DSO of the side."""
    owns = wanted.owner in (*COLUMNS["dso"], *COLUMNS["both"])
    return f"{_grid_of(wanted.owner if owns else wanted.side.dso)}-line"


def _grid_of(owner: str) -> str:
    return next((grid for grid, has in GRIDS.items() if has == owner), NOT_THERE)


def _of_grid(shown: Shown, matrix: Matrix, wanted: Wanted) -> Ask:
    return Ask({"grid_id": _grid_of(wanted.owner)}, shows=shown(matrix, wanted))


def _grid_name(_: Matrix, wanted: Wanted) -> str:
    return f'"{_grid_of(wanted.owner)}"'


def _lost_unit(_: Matrix, wanted: Wanted) -> str:
    """At a connection point that its grid does not have."""
    grid = _grid_of(wanted.owner)
    return next(
        (
            unit
            for assignment in RESOURCES.values()
            for unit, points in assignment.connections.items()
            if any((point.grid_id, point.node) == (grid, "gone") for point in points)
        ),
        NOT_THERE,
    )


def _model_put(matrix: Matrix, wanted: Wanted) -> Ask:
    number = next(matrix.numbers)
    grid = _grid_of(wanted.owner) if wanted.owner else f"new{number}"
    more = {"content": exchange.write(model(grid, 100.0 + number)), "headers": JSON}
    state = seen(matrix, wanted.owner, "/v1/grids") if wanted.owner else None
    return Ask({"grid_id": grid}, more, grid, state)


def _model_withdrawn(matrix: Matrix, wanted: Wanted) -> Ask:
    grid = _grid_of(wanted.owner)
    if not wanted.owner:
        return Ask({"grid_id": grid, "model_id": 1})
    matrix.local.world.put(wanted.owner, model(grid, 200.0 + next(matrix.numbers)))
    newest = matrix.get(wanted.owner, f"/v1/grids/{grid}/models").json()["models"][0]
    path = {"grid_id": grid, "model_id": newest["model_id"]}
    return Ask(path, shows=grid, state=seen(matrix, wanted.owner, "/v1/grids"))


def _assigned(change: str, matrix: Matrix, wanted: Wanted) -> Ask | None:
    """The units of the owner, and one more."""
    if not wanted.owner:
        return None
    unit, more = f"more{next(matrix.numbers)}", RESOURCES[wanted.owner].connections
    assignment = ResourceMap({**more, **connected(**{unit: (("copper", "n1"),)})})
    body = {"content": write_json(assignment), "headers": JSON}
    state = None if change == "check" else seen(matrix, wanted.owner, "/v1/resources")
    return Ask(more=body, shows=unit, state=state)


def _unit(_: Matrix, wanted: Wanted) -> str:
    return next(iter(RESOURCES[wanted.owner].connections))


def _lost_of(_: Matrix, wanted: Wanted) -> str:
    return next(unit for unit in RESOURCES[wanted.owner].connections if unit.startswith("lost"))


def _point_grid(_: Matrix, wanted: Wanted) -> str:
    return f'"{_grid_of(side_of(wanted.owner).dso)}"'


REQUESTS: Final[Mapping[str, tuple[About, Builder]]] = {
    "createGate": (About.GATE, _created),
    "listGates": (About.GATE, listing(_gate_id, limit=1000)),
    "amendGate": (About.GATE, partial(_changed_gate, "amend")),
    "getGate": (About.GATE, partial(_of_gate, _gate_id)),
    "cancelGate": (About.GATE, partial(_changed_gate, "cancel")),
    "closeGate": (About.GATE, partial(_changed_gate, "close")),
    "putDemand": (About.GATE, partial(_changed_gate, "demand")),
    "takeBackDemand": (About.GATE, partial(_changed_gate, "no demand")),
    "getDemand": (About.GATE, partial(_of_gate, _demanded)),
    "listHeldBids": (About.GATE, partial(_of_gate, _bid)),
    "listRuns": (About.GATE, partial(_of_gate, _run_id)),
    "runAgain": (About.GATE, _run_again),
    "listActivations": (About.GATE, partial(_of_gate, _bid)),
    "getRun": (About.GATE, partial(_of_run, _gate_id)),
    "getMeritOrder": (About.GATE, partial(_of_run, _price)),
    "getAvailability": (About.GATE, partial(_of_run, _bid)),
    "getChanges": (About.GATE, partial(_of_run, _bid)),
    "getExplanations": (About.GATE, partial(_of_run, _element)),
    "getFairness": (About.GATE, partial(_of_run, _platform_name)),
    "getNonDelivery": (About.GATE, partial(_of_run, _gate_id)),
    "putGridModel": (About.GRID, _model_put),
    "listGridModels": (About.GRID, partial(_of_grid, _grid_name)),
    "listGrids": (About.GRID, listing(_grid_name)),
    "listUnitsOfGrid": (About.GRID, partial(_of_grid, _lost_unit)),
    "listAssignmentRemarks": (About.GRID, partial(_of_grid, _lost_unit)),
    "withdrawGridModel": (About.GRID, _model_withdrawn),
    "getResources": (About.ASSIGNMENT, listing(_unit)),
    "putResources": (About.ASSIGNMENT, partial(_assigned, "put")),
    "changeResources": (About.ASSIGNMENT, partial(_assigned, "change")),
    "checkResources": (About.ASSIGNMENT, partial(_assigned, "check")),
    "listResourceRemarks": (About.ASSIGNMENT, listing(_lost_of)),
    "listConnectionPoints": (About.ASSIGNMENT, listing(_point_grid)),
}
