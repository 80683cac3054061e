"""One reduced grid model as arrays, and how bids meet it."""

from dataclasses import dataclass, field

import numpy as np

from gateway.domain.bounds import LOOSEST
from gateway.optimiser.model.checks import (
    BoolArray,
    FloatArray,
    IntArray,
    InvalidProblemError,
    first,
    flags,
    floats,
    indices,
    unique,
)


@dataclass(frozen=True, slots=True, eq=False)
class Injections:
    """How bids hang on the nodes of one grid, as sorted triples (sparse B × N).

    `factor[i]` is the change of injection at node `node[i]`, in MW, per MW of bid `bid[i]` **in the
    direction of the bid**: unit share × connection-point factor, normally ≥ 0. The sign of a down bid is
    applied by the problem. Triples of the same bid and node are summed.

    Attributes:
        bid, node: (I,) indices into the bids of the problem and the nodes of the grid.
        factor: (I,) MW per MW.
    """

    bid: IntArray
    node: IntArray
    factor: FloatArray

    def __post_init__(self) -> None:
        bid = indices(self.bid, (None,), "injection bids")
        node = indices(self.node, bid.shape, "injection nodes")
        factor = floats(self.factor, bid.shape, "injection factors")
        if bid.size and (bid.min() < 0 or node.min() < 0):
            raise InvalidProblemError("negative index among the injections")
        if bid.size and max(bid.max(), node.max()) >= 2**31:
            raise InvalidProblemError("index beyond 2^31 among the injections")
        width = int(node.max(initial=0)) + 1
        key, place = np.unique(bid * width + node, return_inverse=True)
        summed = np.bincount(place, weights=factor, minlength=key.size)
        object.__setattr__(self, "bid", indices(key // width, (None,), "injection bids"))
        object.__setattr__(self, "node", indices(key % width, (None,), "injection nodes"))
        object.__setattr__(self, "factor", floats(summed, (None,), "injection factors"))


@dataclass(frozen=True, slots=True, eq=False)
class GridArrays:
    """A reduced grid model over the MTUs of a problem.

    K operating points, L constraint elements, N nodes, T MTUs. Flow of element l at point k and MTU t:
    `base_mw[k, t, l] + Σ_n ptdf[k, l, n] · ΔP_n`, with ΔP > 0 for more generation or less load.
    Construction accepts any array-like and raises InvalidProblemError on wrong shapes, numbers that are not
    finite, crossed limits, duplicate ids or injections at unknown nodes.

    Attributes:
        grid_id: unique within the problem.
        element_ids: L. node_ids: N. point_names: K.
        ptdf: (K, L, N) signed, MW per MW.
        base_mw: (K, T, L) signed flow before any bid; T = 1 holds for every MTU.
        lower_mw, upper_mw: (L,) signed limits; lower ≤ upper, otherwise any sign.
        injections: how bids hang on the nodes.
        levels_mw: (K,) ascending, around 0: the activation level of each operating point (see `levels`); None
            where every point holds at every level.
        emergency_lower_mw, emergency_upper_mw: (L,) how far a row may go where its operator agreed that
            a demand comes first; NaN where it did not. Left out: nowhere.
        of_element: (L,) number of the physical element each row describes: several contingencies or parts of
            one element overload it once. Left out: every row its own.
        scale: (L,) > 0, what an excess over a row is divided by before it is compared with that over rows
            of other kinds; 1 for MW. Left out: 1.
        accuracy: (L,) 0 to 1, share of its change that each row reserves, as sensitivities err. Left out: 0.
        margin_mw: (L,) ≥ 0, reserved in addition, because base values err. Left out: 0.
        counted: (K, T) points whose limits count, chosen by a search; None for all of them.
        band_rows: how many rows, the last ones, are no elements but bound the activations for which the model
            is valid (see `band`). They have no loading.
    """

    grid_id: str
    element_ids: tuple[str, ...]
    node_ids: tuple[str, ...]
    ptdf: FloatArray
    base_mw: FloatArray
    lower_mw: FloatArray
    upper_mw: FloatArray
    injections: Injections
    point_names: tuple[str, ...] = field(default=("base",))
    levels_mw: FloatArray | None = None
    counted: BoolArray | None = None
    emergency_lower_mw: FloatArray = field(default_factory=lambda: np.zeros(0))
    emergency_upper_mw: FloatArray = field(default_factory=lambda: np.zeros(0))
    of_element: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    scale: FloatArray = field(default_factory=lambda: np.zeros(0))
    accuracy: FloatArray = field(default_factory=lambda: np.zeros(0))
    margin_mw: FloatArray = field(default_factory=lambda: np.zeros(0))
    band_rows: int = 0

    def __post_init__(self) -> None:
        grid_id = self.grid_id
        if not grid_id:
            raise InvalidProblemError("a grid without id")
        elements = unique(self.element_ids, "element", grid_id)
        nodes = unique(self.node_ids, "node", grid_id)
        points = unique(self.point_names, "operating point", grid_id)
        if not (elements and nodes and points):
            raise InvalidProblemError(
                "needs at least one element, one node and one operating point", grid_id=grid_id
            )
        shape = (len(points), len(elements), len(nodes))
        ptdf = floats(self.ptdf, shape, "ptdf", grid_id)
        base = floats(self.base_mw, (len(points), None, len(elements)), "base_mw", grid_id)
        lower = floats(self.lower_mw, (len(elements),), "lower_mw", grid_id)
        upper = floats(self.upper_mw, (len(elements),), "upper_mw", grid_id)
        self._finite(ptdf, base, lower, upper)
        if base.shape[1] == 0:
            raise InvalidProblemError("base_mw has no MTU", grid_id=grid_id)
        if self.injections.node.size and int(self.injections.node.max()) >= len(nodes):
            unknown = int(self.injections.node.max())
            raise InvalidProblemError(f"injection at node number {unknown} of {len(nodes)}", grid_id=grid_id)
        if not np.isfinite(self.injections.factor).all():
            raise InvalidProblemError("an injection factor is not finite", grid_id=grid_id)
        for name, value in (
            ("element_ids", elements),
            ("node_ids", nodes),
            ("point_names", points),
            ("ptdf", ptdf),
            ("base_mw", base),
            ("lower_mw", lower),
            ("upper_mw", upper),
        ):
            object.__setattr__(self, name, value)
        if self.levels_mw is not None:
            levels = floats(self.levels_mw, (len(points),), "levels_mw", grid_id)
            ascending = levels.size > 1 and bool((np.diff(levels) > 0).all())
            if not (ascending and np.isfinite(levels).all() and levels[0] <= 0 <= levels[-1]):
                raise InvalidProblemError(
                    "levels_mw do not ascend from 0 or less to 0 or more", grid_id=grid_id
                )
            if (base != base[:1]).any():
                raise InvalidProblemError(
                    "base_mw differs between levels, but 0 MW are 0 MW at each", grid_id=grid_id
                )
            object.__setattr__(self, "levels_mw", levels)
        self._check_terms()
        if not 0 <= self.band_rows <= len(elements):
            raise InvalidProblemError(f"band_rows is not within 0 and {len(elements)}", grid_id=grid_id)
        if self.counted is not None:
            object.__setattr__(self, "counted", flags(self.counted, (len(points), None), "counted"))

    def _check_terms(self) -> None:
        """The other columns of each row; omitted ones have their defaults."""
        count, grid_id = len(self.element_ids), self.grid_id
        usual = {
            "emergency_lower_mw": np.nan,
            "emergency_upper_mw": np.nan,
            "scale": 1.0,
            "accuracy": 0.0,
            "margin_mw": 0.0,
        }
        for name, value in usual.items():
            given = np.asarray(getattr(self, name))
            column = floats(given if given.size else np.full(count, value), (count,), name, grid_id)
            least, most = np.full(count, -np.inf), 1.0 if name == "accuracy" else np.inf
            if not name.startswith("emergency"):
                least[:] = 0.0 if value == 0 else np.nextafter(0, 1)
                self._refuse_row(
                    ~np.isfinite(column) | (column < least) | (column > most),
                    f"{name} is not a number in its range",
                )
            object.__setattr__(self, name, column)
        self._refuse_row(self.emergency_upper_mw < self.upper_mw, "emergency_upper_mw is below upper_mw")
        self._refuse_row(self.emergency_lower_mw > self.lower_mw, "emergency_lower_mw is above lower_mw")
        given = np.asarray(self.of_element)
        of_element = indices(given if given.size else np.arange(count), (count,), "of_element", grid_id)
        object.__setattr__(self, "of_element", of_element)

    def _refuse_row(self, bad: BoolArray, why: str) -> None:
        if bad.any():
            raise InvalidProblemError(why, grid_id=self.grid_id, element_id=self.element_ids[first(bad)[0]])

    def _beyond(self, what: str, values: FloatArray, most: float) -> InvalidProblemError:
        place = first(np.abs(values) > most)
        return InvalidProblemError(
            f"{what} is beyond {most:,.0f}, more than can be computed with",
            grid_id=self.grid_id,
            element_id=self.element_ids[place[1 if what == "ptdf" else 2]],
        )

    def _finite(self, ptdf: FloatArray, base: FloatArray, lower: FloatArray, upper: FloatArray) -> None:
        """One sum finds NaN and infinity without a boolean copy of the matrix."""
        if not np.isfinite(ptdf.sum()):
            bad = ~np.isfinite(ptdf)
            if bad.any():
                _, element, node = first(bad)
                raise InvalidProblemError(
                    f"ptdf at node {self.node_ids[node]!r} is not finite",
                    grid_id=self.grid_id,
                    element_id=self.element_ids[element],
                )
        for what, values in (("base_mw", base), ("lower_mw", lower), ("upper_mw", upper)):
            bad = ~np.isfinite(values)
            if bad.any():
                place = first(bad)
                raise InvalidProblemError(
                    f"{what} is not finite",
                    grid_id=self.grid_id,
                    element_id=self.element_ids[place[-1]],
                    mtu=place[1] if values.ndim == 3 else None,
                )
        for what, values, most in (
            ("base_mw", base, LOOSEST.power_mw),
            ("ptdf", ptdf, LOOSEST.power_mw),
        ):
            if max(values.max(), -values.min()) > most:
                raise self._beyond(what, values, most)
        crossed = lower > upper
        if crossed.any():
            (element,) = first(crossed)
            raise InvalidProblemError(
                f"lower limit {lower[element]} is above upper limit {upper[element]}",
                grid_id=self.grid_id,
                element_id=self.element_ids[element],
            )
