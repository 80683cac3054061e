"""Problems as files: PROBLEM.json, or a directory with problem.json and its large arrays in .npz files.

The fields are those of `schema`. In place of an array of numbers, a directory may have a string
instead, `"file.npz#name"`, for an array in a file next to problem.json. Nothing is read outside the directory
and no pickled array is accepted.
"""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from gateway.domain.gate import DemandRule, ListObjective
from gateway.optimiser.files.content import array_of, decoded
from gateway.optimiser.files.schema import (
    Array,
    BidsFile,
    GridFile,
    LinksFile,
    Name,
    ProblemFile,
)
from gateway.optimiser.model.checks import FloatArray, IntArray, InvalidProblemError
from gateway.optimiser.model.grid_arrays import GridArrays, Injections
from gateway.optimiser.model.links import Condition, ConditionalLink, Links, TechnicalRule
from gateway.optimiser.model.lists import DOWN, UP, Lists
from gateway.optimiser.model.problem import OfferColumns, Problem


def read_problem(path: Path, *, apart: bool = False) -> Problem:
    """A problem from PROBLEM.json or a directory.

    Args:
        path: the file or directory.
        apart: where the file names platforms but no lists, each platform has lists of its own, without
            demands, unless there is one buyer: for prefix lists, which platforms activate on their own.

    Raises:
        InvalidProblemError: unreadable or wrong, with the file and the place named.
    """
    file = path / "problem.json" if path.is_dir() else path
    try:
        content = decoded(file.read_bytes())
        return _Reader(file.parent, content, apart=apart).problem()
    except OSError as error:
        raise InvalidProblemError(f"{file}: {error.strerror}") from error
    except (msgspec.MsgspecError, InvalidProblemError) as error:
        raise InvalidProblemError(f"{file}: {error}") from error


class _Reader:
    def __init__(self, folder: Path, content: ProblemFile, *, apart: bool) -> None:
        self._folder, self._content = folder, content
        platforms = content.bids.platform or []
        self._apart = apart and content.lists is None and not content.one_buyer and len(set(platforms)) > 1
        self._bid = {name: number for number, name in enumerate(content.bids.ids)}

    def problem(self) -> Problem:
        content = self._content
        return Problem(
            bids=self._bids(content.bids),
            grids=tuple(self._grid(grid, f"grids[{n}]") for n, grid in enumerate(content.grids)),
            lists=self._lists(content),
            mtu_hours=content.mtu_hours,
            surplus_mw=content.surplus_mw,
            relief_share=content.relief_share,
            links=self._links(content.links),
            rule=DemandRule(content.rule),
            objective=ListObjective(content.objective),
            one_buyer=content.one_buyer,
        )

    def _lists(self, content: ProblemFile) -> Lists:
        """The lists of the file, or one up and one down with the demands of the file."""
        demands = content.demand_up_mw, content.demand_down_mw
        if content.lists is None:
            if None in demands:
                raise InvalidProblemError("$: needs demand_up_mw and demand_down_mw, or lists")
            lists = Lists.of_directions(*(np.array(demand) for demand in demands))
            if not self._apart:
                return lists
            names = self._lists_apart()
            directions = [1 if name.startswith(UP) else -1 for name in names]
            return Lists.without_demand(names, directions, lists.demand_mw.shape[1])
        if demands != (None, None):
            raise InvalidProblemError("$: has both lists and demand_up_mw or demand_down_mw")
        lengths = {len(one.demand_mw) for one in content.lists}
        if len(lengths) != 1:
            raise InvalidProblemError("$.lists: demand_mw of different lengths, or no list")
        return Lists(
            names=tuple(one.name for one in content.lists),
            direction=np.array([1 if one.direction == "up" else -1 for one in content.lists], np.int64),
            demand_mw=np.array([one.demand_mw for one in content.lists]),
        )

    def _lists_apart(self) -> list[Name]:
        """The lists of platforms that activate on their own."""
        platforms = dict.fromkeys(self._content.bids.platform or [])
        return [f"{direction} of {name}" for name in platforms for direction in (UP, DOWN)]

    def _bids(self, file: BidsFile) -> OfferColumns:
        names = [one.name for one in self._content.lists or ()]
        if self._content.lists is not None and file.listed is None:
            raise InvalidProblemError("$.bids.list: is missing, but the file has lists of its own")
        known = {name: number for number, name in enumerate(names)} or {UP: 0, DOWN: 1}
        terms: dict[str, Any] = {
            name: np.array(flags, np.bool_)
            for name in ("scheduled", "direct", "contracted")
            if (flags := getattr(file, name)) is not None
        }
        for name in ("platform", "provider", "listed"):
            column = getattr(file, name)
            if column is not None and len(column) != len(file.ids):
                field = "list" if name == "listed" else name
                raise InvalidProblemError(f"$.bids.{field}: {len(column)} names for {len(file.ids)} bids")
        if file.listed is not None:
            terms["list_index"] = _named(file.listed, known, "bids.list")
        elif self._apart:
            listed = [
                f"{direction} of {name}"
                for direction, name in zip(file.direction, file.platform or (), strict=True)
            ]
            terms["list_index"] = _named(listed, _numbered(self._lists_apart()), "bids.platform")
        quantity = self._array(file.quantity_mw, "bids.quantity_mw")
        providers, provider = _index(file.provider)
        platforms, platform = _index(file.platform)
        minimum = file.minimum_mw
        minimum_mw = np.zeros(quantity.shape) if minimum is None else self._array(minimum, "bids.minimum_mw")
        cap = None if file.cap_mw is None else self._array(file.cap_mw, "bids.cap_mw")
        if cap is not None and cap.shape == quantity.shape and (cap > quantity).any():
            bid, mtu = np.argwhere(cap > quantity)[0].tolist()
            raise InvalidProblemError("cap_mw is above the quantity", bid_id=file.ids[bid], mtu=mtu)
        return OfferColumns(
            ids=tuple(file.ids),
            direction=np.array([1 if direction == UP else -1 for direction in file.direction], np.int64),
            quantity_mw=quantity,
            price_eur_per_mwh=self._array(file.price_eur_per_mwh, "bids.price_eur_per_mwh"),
            minimum_mw=minimum_mw,
            divisible=np.array(file.divisible or [True] * len(file.ids), np.bool_),
            cap_mw=cap,
            **terms,
            provider=provider,
            platform=platform,
            providers=providers,
            platforms=platforms,
        )

    def _grid(self, file: GridFile, place: str) -> GridArrays:
        node = {name: number for number, name in enumerate(file.node_ids)}
        hung = file.injections
        terms: dict[str, Any] = {
            name: self._array(given, f"{place}.{name}")
            for name in ("scale", "accuracy", "margin_mw")
            if (given := getattr(file, name)) is not None
        }
        for name in ("emergency_lower_mw", "emergency_upper_mw"):
            if (agreed := getattr(file, name)) is not None:
                terms[name] = np.array([np.nan if mw is None else mw for mw in agreed])
        if file.of_element is not None:
            terms["of_element"] = _index(file.of_element)[1]
        return GridArrays(
            grid_id=file.grid_id,
            element_ids=tuple(file.element_ids),
            node_ids=tuple(file.node_ids),
            point_names=tuple(file.point_names),
            ptdf=self._array(file.ptdf, f"{place}.ptdf"),
            base_mw=self._array(file.base_mw, f"{place}.base_mw"),
            lower_mw=self._array(file.lower_mw, f"{place}.lower_mw"),
            upper_mw=self._array(file.upper_mw, f"{place}.upper_mw"),
            levels_mw=None if file.levels_mw is None else np.array(file.levels_mw),
            band_rows=file.band_rows,
            **terms,
            injections=Injections(
                bid=_named(hung.bid, self._bid, f"{place}.injections.bid"),
                node=_named(hung.node, node, f"{place}.injections.node"),
                factor=self._array(hung.factor, f"{place}.injections.factor"),
            ),
        )

    def _links(self, file: LinksFile) -> Links:
        def groups(kind: str) -> tuple[tuple[int, ...], ...]:
            named: list[list[Name]] = getattr(file, kind)
            return tuple(
                tuple(_named(group, self._bid, f"links.{kind}[{n}]").tolist())
                for n, group in enumerate(named)
            )

        def one(name: Name, place: str) -> int:
            if name not in self._bid:
                raise InvalidProblemError(f"$.{place}: {name!r} is unknown")
            return self._bid[name]

        return Links(
            exclusive=groups("exclusive"),
            multipart=groups("multipart"),
            inclusive=groups("inclusive"),
            technical=tuple(
                tuple((one(name, f"links.technical[{n}][{m}]"), mtu) for m, (name, mtu) in enumerate(chain))
                for n, chain in enumerate(file.technical)
            ),
            conditional=tuple(
                ConditionalLink(
                    one(link.bid, f"links.conditional[{n}].bid"),
                    link.mtu,
                    tuple(
                        Condition(
                            one(c.bid, f"links.conditional[{n}].conditions[{m}].bid"), c.mtu, c.activated
                        )
                        for m, c in enumerate(link.conditions)
                    ),
                    link.any_of,
                )
                for n, link in enumerate(file.conditional)
            ),
            blocks=tuple(one(name, f"links.blocks[{n}]") for n, name in enumerate(file.blocks)),
            technical_rule=TechnicalRule(file.technical_rule),
            activated_before=frozenset(
                (one(b, f"links.activated_before[{n}]"), mtu)
                for n, (b, mtu) in enumerate(file.activated_before)
            ),
        )

    def _array(self, given: Array, place: str) -> FloatArray:
        return array_of(given, f"$.{place}", self._folder)


def _index(names: list[Name] | None) -> tuple[tuple[Name, ...], IntArray]:
    if not names:
        return ("",), np.zeros(0, np.int64)
    distinct = list(dict.fromkeys(names))
    place = {name: number for number, name in enumerate(distinct)}
    return tuple(distinct), np.array([place[name] for name in names])


def _numbered(names: list[Name]) -> dict[Name, int]:
    return {name: number for number, name in enumerate(names)}


def _named(names: list[Name], known: dict[Name, int], place: str) -> IntArray:
    for number, name in enumerate(names):
        if name not in known:
            raise InvalidProblemError(f"$.{place}[{number}]: {name!r} is unknown")
    return np.array([known[name] for name in names], np.int64)
