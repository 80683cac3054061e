"""Problems written as files, to be read again by `problem_file`."""

from pathlib import Path

import msgspec
import numpy as np

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
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem


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
