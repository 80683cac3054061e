"""Problems as files: PROBLEM.json, or a directory with problem.json and its large arrays in .npz files.

The fields are those of `schema`. Wherever an array of numbers stands, a directory may have a string
instead, `"file.npz#name"`, for an array in a file beside problem.json. Nothing is read outside the directory
and no pickled array is accepted.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gateway.domain.gate import DemandRule, ListObjective
from gateway.optimiser.files.schema import (
    FORMAT,
    Array,
    BidsFile,
    ConditionalFile,
    ConditionFile,
    GridFile,
    InjectionsFile,
    LinksFile,
    ListFile,
    Name,
    ProblemFile,
)
from gateway.optimiser.model.checks import FloatArray, IntArray, ProblemError
from gateway.optimiser.model.grid_arrays import GridArrays, Injections
from gateway.optimiser.model.links import Condition, ConditionalLink, Links, TechnicalRule
from gateway.optimiser.model.lists import DOWN, UP, Lists
from gateway.optimiser.model.problem import Bids, Problem


def read_problem(path: Path) -> Problem:
    """A problem from PROBLEM.json or a directory.

    Raises:
        ProblemError: unreadable or wrong, with the file and the place named.
    """
    file = path / "problem.json" if path.is_dir() else path
    try:
        content = _decoded(file.read_bytes())
        return _Reader(file.parent, content).problem()
    except OSError as error:
        raise ProblemError(f"{file}: {error.strerror}") from error
    except (msgspec.MsgspecError, ProblemError) as error:
        raise ProblemError(f"{file}: {error}") from error


def _decoded(data: bytes) -> ProblemFile:
    """The content; NaN and Infinity, which JSON has not, are let in to be refused at their place."""
    try:
        return msgspec.json.decode(data, type=ProblemFile)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            raise error from None
        return msgspec.convert(content, type=ProblemFile)


class _Reader:
    def __init__(self, folder: Path, content: ProblemFile) -> None:
        self._folder, self._content = folder, content
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
        """The lists told, or one up and one down with the demands of the file."""
        demands = content.demand_up_mw, content.demand_down_mw
        if content.lists is None:
            if None in demands:
                raise ProblemError("$: needs demand_up_mw and demand_down_mw, or lists")
            return Lists.of_directions(*(np.array(demand) for demand in demands))
        if demands != (None, None):
            raise ProblemError("$: has lists beside demand_up_mw or demand_down_mw")
        lengths = {len(one.demand_mw) for one in content.lists}
        if len(lengths) != 1:
            raise ProblemError("$.lists: demand_mw of different lengths, or no list")
        return Lists(
            names=tuple(one.name for one in content.lists),
            direction=np.array([1 if one.direction == "up" else -1 for one in content.lists], np.int64),
            demand_mw=np.array([one.demand_mw for one in content.lists]),
        )

    def _bids(self, file: BidsFile) -> Bids:
        names = [one.name for one in self._content.lists or ()]
        if self._content.lists is not None and file.listed is None:
            raise ProblemError("$.bids.list: says nothing, but the file has lists of its own")
        known = {name: number for number, name in enumerate(names)} or {UP: 0, DOWN: 1}
        terms: dict[str, Any] = {
            name: np.array(flags, np.bool_)
            for name in ("scheduled", "direct", "contracted")
            if (flags := getattr(file, name)) is not None
        }
        if file.listed is not None:
            terms["list_index"] = _named(file.listed, known, "bids.list")
        quantity = self._array(file.quantity_mw, "bids.quantity_mw")
        providers, provider = _index(file.provider)
        platforms, platform = _index(file.platform)
        minimum = file.minimum_mw
        whole = np.zeros(quantity.shape) if minimum is None else self._array(minimum, "bids.minimum_mw")
        return Bids(
            ids=tuple(file.ids),
            direction=np.array([1 if word == "up" else -1 for word in file.direction], np.int64),
            quantity_mw=quantity,
            price_eur_per_mwh=self._array(file.price_eur_per_mwh, "bids.price_eur_per_mwh"),
            minimum_mw=whole,
            divisible=np.array(file.divisible or [True] * len(file.ids), np.bool_),
            cap_mw=None if file.cap_mw is None else self._array(file.cap_mw, "bids.cap_mw"),
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
            return tuple(tuple(_named(group, self._bid, f"links.{kind}").tolist()) for group in named)

        def one(name: Name, place: str) -> int:
            return int(_named([name], self._bid, place)[0])

        return Links(
            exclusive=groups("exclusive"),
            multipart=groups("multipart"),
            inclusive=groups("inclusive"),
            technical=tuple(
                tuple((one(name, "links.technical"), mtu) for name, mtu in chain) for chain in file.technical
            ),
            conditional=tuple(
                ConditionalLink(
                    one(link.bid, "links.conditional"),
                    link.mtu,
                    tuple(
                        Condition(one(c.bid, "links.conditional.conditions"), c.mtu, c.activated)
                        for c in link.conditions
                    ),
                    link.any_of,
                )
                for link in file.conditional
            ),
            blocks=tuple(one(name, "links.blocks") for name in file.blocks),
            technical_rule=TechnicalRule(file.technical_rule),
            activated_before=frozenset((one(b, "links"), mtu) for b, mtu in file.activated_before),
        )

    def _array(self, given: Array, place: str) -> FloatArray:
        if isinstance(given, list):
            try:
                return np.array(given, np.float64)
            except (TypeError, ValueError) as error:
                raise ProblemError(f"$.{place}: not a rectangular array of numbers") from error
        name, _, key = given.partition("#")
        file = (self._folder / name).resolve()
        if not file.is_relative_to(self._folder.resolve()):
            raise ProblemError(f"$.{place}: {name} is outside the directory of the problem")
        try:
            with np.load(file, allow_pickle=False) as arrays:
                array: NDArray[Any] = arrays[key]
        except (OSError, KeyError, ValueError) as error:
            raise ProblemError(f"$.{place}: no array {key!r} can be read from {name}") from error
        return array.astype(np.float64)


def write_problem(problem: Problem, path: Path) -> None:
    """Write a problem: to a file if `path` ends in .json, otherwise to a directory with one .npz per grid."""
    folder = None if path.suffix == ".json" else path
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    content = _content(problem, folder)
    target = path if folder is None else path / "problem.json"
    target.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1 if folder is None else 0))


def _content(problem: Problem, folder: Path | None) -> ProblemFile:
    bids, links, name = problem.bids, problem.links, problem.bids.ids

    def store(file: str, **arrays: FloatArray) -> dict[str, Array]:
        if folder is None:
            return {key: array.tolist() for key, array in arrays.items()}
        np.savez_compressed(folder / file, **arrays)  # type: ignore[arg-type]
        return {key: f"{file}#{key}" for key in arrays}

    columns = {
        "quantity_mw": bids.quantity_mw,
        "price_eur_per_mwh": bids.price_eur_per_mwh,
        "minimum_mw": bids.minimum_mw,
    }
    stored = store("bids.npz", **columns, **({} if bids.cap_mw is None else {"cap_mw": bids.cap_mw}))
    grids = []
    for number, grid in enumerate(problem.grids):
        hung = grid.injections
        arrays = store(
            f"grid-{number}.npz",
            ptdf=grid.ptdf,
            base_mw=grid.base_mw,
            lower_mw=grid.lower_mw,
            upper_mw=grid.upper_mw,
            factor=hung.factor,
        )
        named = [name[b] for b in hung.bid], [grid.node_ids[n] for n in hung.node]
        grids.append(
            GridFile(
                grid_id=grid.grid_id,
                element_ids=list(grid.element_ids),
                node_ids=list(grid.node_ids),
                point_names=list(grid.point_names),
                injections=InjectionsFile(*named, arrays["factor"]),
                ptdf=arrays["ptdf"],
                base_mw=arrays["base_mw"],
                lower_mw=arrays["lower_mw"],
                upper_mw=arrays["upper_mw"],
                levels_mw=None if grid.levels_mw is None else grid.levels_mw.tolist(),
                emergency_lower_mw=_agreed(grid.emergency_lower_mw),
                emergency_upper_mw=_agreed(grid.emergency_upper_mw),
                of_element=_shared(grid.of_element),
                scale=grid.scale.tolist() if (grid.scale != 1).any() else None,
                accuracy=grid.accuracy.tolist() if grid.accuracy.any() else None,
                margin_mw=grid.margin_mw.tolist() if grid.margin_mw.any() else None,
                band_rows=grid.band_rows,
            )
        )
    return ProblemFile(
        format=FORMAT,
        mtu_hours=problem.mtu_hours,
        lists=[
            ListFile(one, "up" if way > 0 else "down", demand.tolist())
            for one, way, demand in zip(
                problem.lists.names, problem.lists.direction, problem.lists.demand_mw, strict=True
            )
        ],
        bids=BidsFile(
            ids=list(name),
            direction=["up" if d > 0 else "down" for d in bids.direction],
            divisible=bids.divisible.tolist(),
            listed=[problem.lists.names[number] for number in bids.list_index],
            scheduled=bids.scheduled.tolist(),
            direct=bids.direct.tolist(),
            contracted=bids.contracted.tolist(),
            provider=[bids.providers[p] for p in bids.provider],
            platform=[bids.platforms[p] for p in bids.platform],
            **stored,
        ),
        grids=grids,
        links=LinksFile(
            exclusive=[[name[b] for b in group] for group in links.exclusive],
            multipart=[[name[b] for b in group] for group in links.multipart],
            inclusive=[[name[b] for b in group] for group in links.inclusive],
            technical=[[(name[b], mtu) for b, mtu in chain] for chain in links.technical],
            conditional=[
                ConditionalFile(
                    name[link.bid],
                    link.mtu,
                    [ConditionFile(name[c.bid], c.mtu, c.activated) for c in link.conditions],
                    link.any_of,
                )
                for link in links.conditional
            ],
            blocks=[name[b] for b in links.blocks],
            technical_rule=links.technical_rule.value,
            activated_before=[(name[b], mtu) for b, mtu in sorted(links.activated_before)],
        ),
        surplus_mw=problem.surplus_mw,
        relief_share=problem.relief_share,
        rule=problem.rule.value,
        objective=problem.objective.value,
        one_buyer=problem.one_buyer,
    )


def _agreed(limits: FloatArray) -> list[float | None] | None:
    """Emergency limits, None for rows without one."""
    if np.isnan(limits).all():
        return None
    return [None if np.isnan(limit) else limit for limit in limits.tolist()]


def _shared(of_element: IntArray) -> list[Name] | None:
    """The elements of rows by name, None if every row has its own."""
    own = (of_element == np.arange(of_element.size)).all()
    return None if own else [f"element {number}" for number in of_element.tolist()]


def _index(names: list[Name] | None) -> tuple[tuple[Name, ...], IntArray]:
    if not names:
        return ("",), np.zeros(0, np.int64)
    distinct = list(dict.fromkeys(names))
    place = {name: number for number, name in enumerate(distinct)}
    return tuple(distinct), np.array([place[name] for name in names])


def _named(names: list[Name], known: dict[Name, int], place: str) -> IntArray:
    for number, name in enumerate(names):
        if name not in known:
            raise ProblemError(f"$.{place}[{number}]: {name!r} is unknown")
    return np.array([known[name] for name in names], np.int64)
