"""The profiles `dso` and `tso`: grid and system operators at the HTTP interface of a gateway."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contract_tests.profiles.rest_protocol import OF_EVERYBODY
from contract_tests.profiles.rest_session import RestSession, expect, problem
from contract_tests.run import Failed, Step

_DSO_PAGE: Final = "docs/connecting-a-dso/README.md"
_TSO_PAGE: Final = "docs/connecting-a-tso/README.md"
_JSON: Final = {"Content-Type": "application/json"}


def _model(grid: str) -> dict[str, Any]:
    """A reduced model with one element and one connection point, for the day after tomorrow."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = (midnight + timedelta(days=days) for days in (2, 3))
    return {
        "format": "flexgate-reduced-grid-model",
        "version": "1.0",
        "grid": grid,
        "validity": {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"},
        "limits_include_error": True,
        "elements": [{"id": "L1", "kind": "line", "forward_limit_mw": 8.0, "reverse_limit_mw": 8.0}],
        "connection_points": ["reference", "A"],
        "reference": [{"node": "reference", "weight": 1.0}],
        "operating_points": [
            {"name": "base", "activation_band_mw": [-5, 5], "base_flow_mw": [[-1.25]], "ptdf": [[0.0, -1.0]]}
        ],
    }


def _put(session: RestSession, model: Mapping[str, Any], *, other: bool = False) -> Any:
    path = f"/v1/grids/{model['grid']}/models"
    return session.ask("PUT", path, headers=_JSON, body=json.dumps(model).encode(), other=other)


def _takes_a_model(session: RestSession) -> None:
    model = _model(session.name())
    taken = expect(_put(session, model), 200, 201).json()
    if taken["unchanged"] or taken["grid_id"] != model["grid"]:
        raise Failed(f"a new model was answered as {taken}")
    if not expect(_put(session, model), 200, 201).json()["unchanged"]:
        raise Failed("the same model again counts as another")
    path = f"/v1/grids/{model['grid']}/models"
    listed = expect(session.ask("GET", path), 200)
    if len(listed.json()["models"]) != 1:
        raise Failed("the model that came twice is listed other than once")
    if b"1.25" in listed.body or b"forward_limit" in listed.body:
        raise Failed("the list has numbers of the model, which are never handed out")
    taken_id = listed.json()["models"][0]["model_id"]
    expect(session.ask("DELETE", f"{path}/{taken_id}"), 200, 204)


def _keeps_grids_apart(session: RestSession) -> None:
    session.proof(other=True)
    model = _model(session.name())
    expect(_put(session, model), 200, 201)
    problem(_put(session, model, other=True), 409, "conflict")
    path = f"/v1/grids/{model['grid']}/models"
    problem(session.ask("GET", path, other=True), 404, "not-found")
    if model["grid"].encode() in expect(session.ask("GET", "/v1/grids", other=True), 200).body:
        raise Failed("the grids of another operator are listed")


def _refuses(change: Callable[[dict[str, Any]], None], pointer: str) -> Callable[[RestSession], None]:
    def work(session: RestSession) -> None:
        model = deepcopy(_model(session.name()))
        change(model)
        _names(problem(_put(session, model), 422, "invalid"), pointer)

    return work


def _names(found: Mapping[str, Any], place: str) -> None:
    """Raise Failed unless a fault is at a place, or of the whole and names it."""
    faults = [(each.get("pointer") or "", str(each["detail"])) for each in found.get("errors", ())]
    if not any(at.startswith(place) or (not at and place.strip("/") in detail) for at, detail in faults):
        raise Failed(f"the faults are {faults}, and none is at {place}")


def _text_for_a_number(model: dict[str, Any]) -> None:
    model["elements"][0]["forward_limit_mw"] = "8"


def _unknown_reference(model: dict[str, Any]) -> None:
    model["reference"][0]["node"] = "nowhere"


def _row_too_many(model: dict[str, Any]) -> None:
    model["operating_points"][0]["ptdf"].append([0.0, 1.0])


def _unknown_member(model: dict[str, Any]) -> None:
    model["colour"] = "red"


def _forbids(method: str, path: str) -> Callable[[RestSession], None]:
    def work(session: RestSession) -> None:
        problem(session.ask(method, path, headers=_JSON, body=b"{}"), 403, "forbidden")

    return work


def _check(session: RestSession, assignment: Mapping[str, Any]) -> Any:
    body = json.dumps(assignment).encode()
    return session.ask("POST", "/v1/resources/check", headers=_JSON, body=body)


def _shows_its_assignment(session: RestSession) -> None:
    own = expect(session.ask("GET", "/v1/resources"), 200).json()
    checked = expect(_check(session, own), 200).json()
    if checked["dropped_units"]:
        raise Failed(f"to put what is there would drop {checked['dropped_units'][:3]}")


def _remarks_an_unknown_grid(session: RestSession) -> None:
    grid = session.name()
    assignment = {"connections": {"11WTEST-KIT-1--P": [{"grid_id": grid, "node": "A"}]}}
    remarks = expect(_check(session, assignment), 200).json()["remarks"]
    if not any(grid in each["detail"] and each["pointer"].startswith("/connections/") for each in remarks):
        raise Failed(f"an assignment to an unknown grid is remarked as {remarks}")


def _refuses_wrong_shares(session: RestSession) -> None:
    unit = "11WTEST-KIT-1--P"
    assignment = {
        "connections": {unit: [{"grid_id": session.name(), "node": "A"}]},
        "participation": {"POOL": {unit: 0.5}},
    }
    _names(problem(_check(session, assignment), 422, "invalid"), "/participation/POOL")


def _refuses_a_missing_node(session: RestSession) -> None:
    assignment = {"connections": {"11WTEST-KIT-1--P": [{"grid_id": "somewhere"}]}}
    _names(problem(_check(session, assignment), 422, "invalid"), "/connections/11WTEST-KIT-1--P")


DSO: Final = (
    *OF_EVERYBODY,
    Step(
        "model",
        "A model is taken once, listed without numbers, and withdrawn.",
        _DSO_PAGE,
        True,
        _takes_a_model,
    ),
    Step("grids-apart", "A grid belongs to its first operator alone.", _DSO_PAGE, True, _keeps_grids_apart),
    Step(
        "text-for-number",
        "A fault of form is refused at its place.",
        _DSO_PAGE,
        False,
        _refuses(_text_for_a_number, "/elements/0/forward_limit_mw"),
    ),
    Step(
        "unknown-reference",
        "The reference is among the connection points.",
        "docs/connecting-a-dso/checks.md",
        False,
        _refuses(_unknown_reference, "/reference/0"),
    ),
    Step(
        "shape",
        "Sensitivities have a row for each element.",
        "docs/connecting-a-dso/checks.md",
        False,
        _refuses(_row_too_many, "/operating_points/0"),
    ),
    Step(
        "unknown-member",
        "A member that the format does not have is refused.",
        "docs/connecting-a-dso/format.md",
        False,
        _refuses(_unknown_member, "/colour"),
    ),
    Step("no-gates", "A grid operator creates no gate.", _DSO_PAGE, False, _forbids("POST", "/v1/gates")),
    Step("no-units", "A grid operator assigns no units.", _DSO_PAGE, False, _forbids("PUT", "/v1/resources")),
)
TSO: Final = (
    *OF_EVERYBODY,
    Step(
        "assignment",
        "The assignment that is there can be put as it is.",
        _TSO_PAGE,
        False,
        _shows_its_assignment,
    ),
    Step(
        "unknown-grid",
        "A unit in an unknown grid is remarked at once.",
        _TSO_PAGE,
        False,
        _remarks_an_unknown_grid,
    ),
    Step("shares", "Shares of a resource sum to 1.", _TSO_PAGE, False, _refuses_wrong_shares),
    Step("missing-node", "A connection names grid and point.", _TSO_PAGE, False, _refuses_a_missing_node),
    Step("no-gates", "A system operator creates no gate.", _TSO_PAGE, False, _forbids("POST", "/v1/gates")),
)
