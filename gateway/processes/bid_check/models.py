"""Which grid models a gate counts on, and how its bids meet them. One bad grid never stops the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gateway.domain.gate import Gate
from gateway.domain.grid import ReducedGridModel
from gateway.domain.resource import ConnectionPoint
from gateway.grids import exchange
from gateway.optimiser.checks import ProblemError
from gateway.optimiser.grid_arrays import GridArrays, Injections
from gateway.processes.bid_check.offers import Offers
from gateway.processes.bid_check.pieces import Pieces
from gateway.records import grid_models
from gateway.records.store import Store


@dataclass(frozen=True, eq=False)
class GridsInUse:
    """The grids of a gate.

    Attributes:
        grids: one per usable model, by grid; their injections number the pieces of the decided bids.
        owner: grid operator of each of them, by grid.
        missing: operators without any model, and grids of units that were bid without one.
        stale: grids whose model is older than the gate wants.
        notes: what is wrong with a grid or an assignment, for the operator of the gateway.
        unlimited: bids that some grid should limit but cannot, by position in the offers, with the reason.
    """

    grids: tuple[GridArrays, ...]
    owner: Mapping[str, str]
    missing: tuple[str, ...]
    stale: tuple[str, ...]
    notes: tuple[str, ...]
    unlimited: Mapping[int, str]


@dataclass
class _Findings:
    missing: set[str] = field(default_factory=set)
    stale: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    unlimited: dict[int, str] = field(default_factory=dict)


def grids_in_use(
    store: Store,
    gate: Gate,
    offers: Offers,
    pieces: Pieces,
    connections: Mapping[str, tuple[ConnectionPoint, ...]],
) -> GridsInUse:
    """Of every grid operator of the gate, what was in use at its DSO gate and covers the delivery.

    Agreed default: a grid without a usable model limits nothing, and the run says so.
    """
    findings = _Findings()
    models = _models(store, gate, findings)
    hangs_on = _hanging(offers, pieces, connections, findings)
    built: dict[str, GridArrays] = {}
    for grid_id, (_, model) in models.items():
        triples = _known_nodes(model, hangs_on.get(grid_id, []), findings)
        try:
            built[grid_id] = _arrays(gate, model, triples)
        except (ProblemError, ValueError) as error:
            _set_aside(grid_id, str(error), findings)
    for grid_id in sorted(hangs_on.keys() - built.keys()):
        findings.missing.add(grid_id)
        for piece, _, _ in hangs_on[grid_id]:
            findings.unlimited.setdefault(piece, f"grid {grid_id} has no usable model and does not limit it")
    return GridsInUse(
        tuple(built.values()),
        {grid_id: models[grid_id][0] for grid_id in built},
        tuple(sorted(findings.missing)),
        tuple(sorted(findings.stale)),
        tuple(dict.fromkeys(findings.notes)),
        {offers.decided[pieces.bid[piece]]: reason for piece, reason in findings.unlimited.items()},
    )


def _models(store: Store, gate: Gate, findings: _Findings) -> dict[str, tuple[str, ReducedGridModel]]:
    """Operator and model of each grid, by grid."""
    found: dict[str, tuple[str, ReducedGridModel]] = {}
    for operator in gate.grid_operators:
        with store.room(operator).reading() as room:
            counting = grid_models.counting(room, gate.delivery, gate.grids_due_at)
            payloads = [grid_models.payload_of(room, model.model_id) for model in counting]
        if not counting:
            findings.missing.add(operator)
        for stored, payload in zip(counting, payloads, strict=True):
            if gate.max_model_age is not None and gate.grids_due_at - stored.taken_at > gate.max_model_age:
                findings.stale.add(stored.grid_id)
            try:
                found[stored.grid_id] = (operator, exchange.read(payload or b""))
            except exchange.GridModelError as error:
                _set_aside(stored.grid_id, str(error), findings)
    return dict(sorted(found.items()))


def _set_aside(grid_id: str, why: str, findings: _Findings) -> None:
    findings.missing.add(grid_id)
    findings.notes.append(f"the model of grid {grid_id} cannot be used: {why}")


def _hanging(
    offers: Offers,
    pieces: Pieces,
    connections: Mapping[str, tuple[ConnectionPoint, ...]],
    findings: _Findings,
) -> dict[str, list[tuple[int, str, float]]]:
    """Per grid the triples (piece, node, MW at the node per MW of the piece): unit share × factor."""
    hangs_on: dict[str, list[tuple[int, str, float]]] = {}
    for piece, shares in enumerate(pieces.shares):
        for unit, share in shares.items():
            if unit not in connections:
                findings.unlimited[piece] = f"unit {unit} is not assigned to a connection point any more"
                name = offers.name(offers.decided[pieces.bid[piece]])
                findings.notes.append(f"bid {name}: {findings.unlimited[piece]}")
            for point in connections.get(unit, ()):
                hangs_on.setdefault(point.grid_id, []).append((piece, point.node, share * point.factor))
    return hangs_on


def _known_nodes(
    model: ReducedGridModel, triples: Sequence[tuple[int, str, float]], findings: _Findings
) -> list[tuple[int, int, float]]:
    known, unknown = [], set()
    for bid, node, factor in triples:
        try:
            known.append((bid, model.node_index(node), factor))
        except KeyError:
            unknown.add(node)
            findings.unlimited.setdefault(
                bid, f"grid {model.grid_id} has no connection point {node} in its model and does not limit it"
            )
    findings.notes.extend(
        f"units are assigned to {node}, which the model of grid {model.grid_id} does not have"
        for node in sorted(unknown)
    )
    return known


def _arrays(gate: Gate, model: ReducedGridModel, triples: Sequence[tuple[int, int, float]]) -> GridArrays:
    lower, upper = model.limits_mw()
    bid, node, factor = zip(*triples, strict=True) if triples else ((), (), ())
    return GridArrays(
        grid_id=model.grid_id,
        element_ids=tuple(element.element_id for element in model.elements),
        node_ids=model.connection_points,
        point_names=tuple(point.name for point in model.operating_points),
        ptdf=model.ptdf(),
        base_mw=model.base_flows_on(gate.units),
        lower_mw=lower,
        upper_mw=upper,
        injections=Injections(
            np.array(bid, dtype=np.int64), np.array(node, dtype=np.int64), np.array(factor, dtype=np.float64)
        ),
    )
