"""Which grid models a gate counts on, and how its bids meet them. One bad grid never stops the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.gate import Gate, StaleModel, UseOfLists
from gateway.domain.grid import ElementKind, Floats, ReducedGridModel, Unit, UsedModel
from gateway.domain.limiting import LimitingRow
from gateway.domain.market_time import Interval, MtuGrid
from gateway.domain.result import GridGap, GridGapCause
from gateway.grids import exchange
from gateway.grids.remarks import accuracy_remarks
from gateway.optimiser.model.band import crowded, hung, with_band, without_idle_columns
from gateway.optimiser.model.checks import InvalidProblemError
from gateway.optimiser.model.grid_arrays import GridArrays, Injections
from gateway.optimiser.model.levels import beyond_levels
from gateway.processes.bid_check.collecting.products import may_be
from gateway.processes.bid_check.problem.agreements import Agreements
from gateway.processes.bid_check.problem.bid_splitting import SplitBids
from gateway.processes.bid_check.problem.collected_bids import CollectedBids
from gateway.processes.bid_check.problem.committed import Committed, with_committed
from gateway.processes.bid_check.problem.missing_models import gaps_of
from gateway.records.engine.stores import Stores
from gateway.records.market import grid_models


@dataclass(frozen=True, eq=False)
class GridsInUse:
    """The grids of a gate.

    Attributes:
        grids: one per usable model, by grid; their injections number the pieces of the decided bids.
        owner: grid operator of each of them, by grid. kinds, units: of their rows, by grid.
        models: which of its models each of them is, by grid.
        gaps: grids looked at with an old model or not at all, and operators without any model.
        notes: what is wrong with a grid or an assignment, for the operator of the gateway.
        unlimited: bids that some grid should limit but cannot, by position in the offers, with the reason.
        withheld: pieces that are not available for this; the others are passed on unchecked.
        uncheckable: of withheld pieces, the grids that cannot check them.
    """

    grids: tuple[GridArrays, ...]
    owner: Mapping[str, str]
    kinds: Mapping[str, tuple[ElementKind, ...]]
    units: Mapping[str, tuple[Unit, ...]]
    gaps: tuple[GridGap, ...]
    notes: tuple[str, ...]
    unlimited: Mapping[int, str]
    withheld: frozenset[int] = frozenset()
    uncheckable: Mapping[int, Sequence[LimitingRow]] = field(default_factory=dict)
    models: tuple[UsedModel, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Operators without any model, and grids of units that were bid without a usable one."""
        whole = {gap.name for gap in self.gaps if gap.cause in _MISSING}
        return tuple(sorted(whole))

    @property
    def stale(self) -> tuple[str, ...]:
        """Grids whose model is older than the gate wants."""
        return tuple(gap.name for gap in self.gaps if gap.cause is GridGapCause.OUTDATED)


_MISSING = (GridGapCause.NO_MODEL, GridGapCause.WITHDRAWN, GridGapCause.UNUSABLE)


@dataclass(frozen=True, eq=False)
class _Offered:
    """Offers of the R pieces of the decided bids.

    Attributes:
        direction: (R,). quantity_mw: (R, T).
        delivering_mw: (R, T + 1) the most that each may deliver: what is activated directly in one unit
            delivers in the next one, too.
    """

    direction: NDArray[np.int64]
    quantity_mw: Floats
    delivering_mw: Floats

    @staticmethod
    def of(collected: CollectedBids, split_bids: SplitBids) -> "_Offered":
        decided = [collected.decided[bid] for bid in split_bids.bid.tolist()]
        direction = np.array([collected.bids[bid].direction for bid in decided], dtype=np.int64)
        quantity = split_bids.cut(collected.quantity_mw[collected.decided])
        direct = np.array([may_be(collected.bids[bid].terms)[1] for bid in decided], dtype=np.bool_)
        delivering = np.pad(quantity, ((0, 0), (0, 1)))
        if collected.gate.use is UseOfLists.PREFIX:
            delivering[:, 1:] += quantity * direct[:, None]
        return _Offered(direction, quantity, delivering)


@dataclass
class _Findings:
    """Causes by grid or operator, and what is wrong with single bids, by piece."""

    causes: dict[str, GridGapCause] = field(default_factory=dict)
    models: dict[str, UsedModel] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    unlimited: dict[int, list[str]] = field(default_factory=dict)
    withheld: set[int] = field(default_factory=set)
    uncheckable: dict[int, dict[LimitingRow, None]] = field(default_factory=dict)
    unknown: dict[str, set[int]] = field(default_factory=dict)

    def set_aside(self, grid_id: str, why: str) -> None:
        self.causes[grid_id] = GridGapCause.UNUSABLE
        self.notes.append(f"the model of grid {grid_id} cannot be used: {why}")

    def unlimit(self, piece: int, why: str, *, agreed: bool) -> None:
        """A piece that a grid cannot limit; every reason stays, withheld is who is withheld by any."""
        self.unlimited.setdefault(piece, []).append(why)
        if not agreed:
            self.withheld.add(piece)

    def cannot_ask(self, row: LimitingRow, piece: int, *, agreed: bool = False) -> None:
        """Note that a grid cannot check a piece."""
        self.unlimit(piece, row.why_uncheckable, agreed=agreed)
        if not agreed:
            self.uncheckable.setdefault(piece, {})[row] = None


def grids_in_use(
    stores: Stores,
    collected: CollectedBids,
    split_bids: SplitBids,
    agreements: Agreements,
    *,
    committed: Committed,
    one_more: bool = False,
) -> GridsInUse:
    """Of every grid operator of the gate, what was in use at its DSO gate and covers the delivery.

    With `one_more`, grids cover the unit after the delivery, too. What other gates have published
    counts as used. Bids on a grid without a usable model are withheld unless its operator agreed.
    """
    gate, findings = collected.gate, _Findings()
    models = _models(stores, gate, findings)
    offered = _Offered.of(collected, split_bids)
    hangs_on = _hanging(collected, split_bids, agreements, findings)
    built: dict[str, GridArrays] = {}
    owner = {grid_id: operator for grid_id, (operator, _) in models.items()}
    kinds: dict[str, tuple[ElementKind, ...]] = {}
    units: dict[str, tuple[Unit, ...]] = {}
    for grid_id in sorted(models):
        _, model = models.pop(grid_id)  # a large market has hundreds of megabytes of them
        findings.notes.extend(accuracy_remarks(model))
        triples = _known_nodes(model, hangs_on.get(grid_id, []), findings)
        try:
            used = committed.nodes(grid_id, agreements.connections)
            grid = _arrays(gate, model, triples, offered, used, one_more=one_more)
            grid, notes = with_committed(grid, committed, agreements.connections)
            findings.notes.extend(notes)
            built[grid_id] = without_idle_columns(_within_levels(grid, offered, findings))
            kinds[grid_id] = _kinds(model, built[grid_id])
            bounds = (Unit.MW,) * built[grid_id].band_rows
            units[grid_id] = (*(one.unit for one in model.elements), *bounds)
        except (InvalidProblemError, ValueError) as error:
            findings.set_aside(grid_id, str(error))
    for grid_id in sorted(hangs_on.keys() - built.keys()):
        if findings.causes.get(grid_id, GridGapCause.NO_MODEL) is GridGapCause.NO_MODEL:
            gone = grid_id in findings.withdrawn
            findings.causes[grid_id] = GridGapCause.WITHDRAWN if gone else GridGapCause.NO_MODEL
        row, agreed = LimitingRow.uncheckable(grid_id, findings.causes[grid_id]), agreements.passes(grid_id)
        for piece, _, _ in hangs_on[grid_id]:
            findings.cannot_ask(row, piece, agreed=agreed)
    behind = {name: {piece for piece, _, _ in hung} for name, hung in hangs_on.items()}
    causes = [(name, cause, behind.get(name, set())) for name, cause in findings.causes.items()]
    causes += [(name, GridGapCause.UNKNOWN_CONNECTION_POINT, own) for name, own in findings.unknown.items()]
    return GridsInUse(
        grids=tuple(built.values()),
        owner={grid_id: owner[grid_id] for grid_id in built},
        kinds=kinds,
        units=units,
        gaps=gaps_of(collected, split_bids, causes, agreements, in_use=built.keys()),
        notes=tuple(dict.fromkeys(findings.notes)),
        unlimited=_of_bids(findings.unlimited, lambda piece: collected.decided[split_bids.bid[piece]]),
        withheld=frozenset(findings.withheld),
        uncheckable={piece: tuple(rows) for piece, rows in findings.uncheckable.items()},
        models=tuple(findings.models[grid_id] for grid_id in built),
    )


def _of_bids(whys: Mapping[int, Sequence[str]], bid_of: Callable[[int], int]) -> Mapping[int, str]:
    """Every reason of a bid, of whichever piece, once."""
    found: dict[int, dict[str, None]] = {}
    for piece, texts in whys.items():
        found.setdefault(bid_of(piece), {}).update(dict.fromkeys(texts))
    return {bid: "; ".join(texts) for bid, texts in found.items()}


def _models(stores: Stores, gate: Gate, findings: _Findings) -> dict[str, tuple[str, ReducedGridModel]]:
    """Operator and model of each grid, by grid."""
    found: dict[str, tuple[str, ReducedGridModel]] = {}
    for operator in stores.present(gate.grid_operators):
        with stores.of(operator).reading() as uow:
            counting = grid_models.counting(uow, gate.delivery, gate.grids_due_at)
            findings.withdrawn |= grid_models.withdrawn(uow, gate.delivery, gate.grids_due_at)
            if not counting:
                findings.causes[operator] = GridGapCause.NO_MODEL
            for stored in counting:
                age, most = gate.grids_due_at - stored.taken_at, gate.max_model_age
                if old := most is not None and age > most:
                    findings.causes[stored.grid_id] = GridGapCause.OUTDATED
                if old and gate.stale_model is StaleModel.SET_ASIDE:
                    continue
                used = UsedModel(stored.grid_id, stored.model_id, stored.taken_at)
                findings.models[stored.grid_id] = used
                payload = grid_models.payload_of(uow, stored.grid_id, stored.model_id)
                try:
                    found[stored.grid_id] = (operator, exchange.read_stored(payload or b"", stored.sha256))
                except exchange.GridModelError as error:
                    findings.set_aside(stored.grid_id, str(error))
    return dict(sorted(found.items()))


def _hanging(
    collected: CollectedBids,
    split_bids: SplitBids,
    agreements: Agreements,
    findings: _Findings,
) -> dict[str, list[tuple[int, str, float]]]:
    """Per grid the triples (piece, node, MW at the node per MW of the piece): unit share × factor."""
    hangs_on: dict[str, list[tuple[int, str, float]]] = {}
    for piece, shares in enumerate(split_bids.shares):
        for unit, share in shares.items():
            points = agreements.connections.get(unit, ())
            if not points:
                why = f"unit {unit} is not assigned to a connection point any more"
                findings.unlimit(piece, why, agreed=False)
                findings.notes.append(
                    f"bid {collected.name(collected.decided[split_bids.bid[piece]])}: {why}"
                )
            for point in points:
                hangs_on.setdefault(point.grid_id, []).append((piece, point.node, share * point.factor))
    return hangs_on


def _known_nodes(
    model: ReducedGridModel,
    triples: Sequence[tuple[int, str, float]],
    findings: _Findings,
) -> list[tuple[int, int, float]]:
    """Of the triples those whose node the model has, with its number. The others are withheld whatever was
    agreed: where there is a model, an unknown node is a mistake in the assignment, and none of the grid's."""
    known, unknown = [], set()
    for bid, node, factor in triples:
        try:
            known.append((bid, model.node_index(node), factor))
        except KeyError:
            unknown.add(node)
            findings.unknown.setdefault(model.grid_id, set()).add(bid)
            findings.cannot_ask(
                LimitingRow.uncheckable(model.grid_id, GridGapCause.UNKNOWN_CONNECTION_POINT, node), bid
            )
    findings.notes.extend(
        f"units are assigned to {node}, which the model of grid {model.grid_id} does not have"
        for node in sorted(unknown)
    )
    return known


def _within_levels(grid: GridArrays, offered: _Offered, findings: _Findings) -> GridArrays:
    """The grid; without its activation levels where offers could leave them: then every point counts."""
    beyond = beyond_levels(grid, offered.direction, offered.quantity_mw)
    if beyond is None:
        return grid
    findings.notes.append(
        f"bids can bring grid {grid.grid_id} to an activation level of {beyond[1]:g} MW, beyond those of its "
        "model: all its operating points count"
    )
    return replace(grid, levels_mw=None)


def _kinds(model: ReducedGridModel, grid: GridArrays) -> tuple[ElementKind, ...]:
    """The element of each row of the grid; the last ones are its band."""
    return (*(one.kind for one in model.elements), *(ElementKind.OTHER,) * grid.band_rows)


def _arrays(
    gate: Gate,
    model: ReducedGridModel,
    triples: Sequence[tuple[int, int, float]],
    offered: _Offered,
    used: set[str],
    *,
    one_more: bool,
) -> GridArrays:
    """The model with its band and these bids; other gates have bids at the nodes `used`."""
    lower, upper = model.limits_mw()
    bid, node, factor = zip(*triples, strict=True) if triples else ((), (), ())
    nodes, band = len(model.connection_points), model.band()
    hanging = hung(
        nodes,
        offered.direction,
        np.array(bid, dtype=np.int64),
        np.array(node, dtype=np.int64),
        np.array(factor, dtype=np.float64),
    )
    shared = {own for own in node if model.connection_points[own] in used}
    many = crowded(hanging, nodes, offered.delivering_mw, band.point_mw)
    if np.isfinite(band.point_mw):
        many = np.union1d(many, np.array(sorted(shared), dtype=np.int64))
    accuracy, margin = model.reserved()
    emergency_lower, emergency_upper = model.emergency_limits_mw()
    grid = GridArrays(
        grid_id=model.grid_id,
        element_ids=tuple(element.element_id for element in model.elements),
        node_ids=model.connection_points,
        point_names=tuple(point.name for point in model.operating_points),
        ptdf=model.ptdf(),
        base_mw=_base_flows(gate, model, one_more=one_more),
        lower_mw=np.maximum(lower, -NO_LIMIT),
        upper_mw=np.minimum(upper, NO_LIMIT),
        levels_mw=model.levels_mw(),
        injections=Injections(hanging.bid[:0], hanging.node[:0], hanging.factor[:0]),
        emergency_lower_mw=emergency_lower,
        emergency_upper_mw=emergency_upper,
        of_element=model.of_element(),
        scale=model.scale(),
        accuracy=accuracy,
        margin_mw=margin,
    )
    return replace(with_band(grid, band, many), injections=hanging)


NO_LIMIT: Final = 1e9
"""On the side on which a row has none: beyond what any activation brings."""


def _base_flows(gate: Gate, model: ReducedGridModel, *, one_more: bool) -> Floats:
    """(K, T, L) base flows of the delivery and of the unit after it: the last ones again if none are
    stated."""
    base = model.base_flows_on(gate.units)
    if not one_more:
        return base
    after = Interval(gate.delivery.end, gate.delivery.end + gate.mtu)
    known = model.validity.contains(after)
    return np.concatenate(
        [base, model.base_flows_on(MtuGrid(after, gate.mtu)) if known else base[:, -1:]], axis=1
    )
