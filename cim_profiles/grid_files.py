"""Read a set of CIM grid files: `read([path, …])` gives typed tables of all its models."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar, cast

import numpy as np

from cim_profiles.bindings import SvInjection, SvVoltage
from cim_profiles.collecting import Collector
from cim_profiles.columns import Numbers, Table
from cim_profiles.differences import apply_difference, read_difference
from cim_profiles.findings import GridFileError, Place
from cim_profiles.headers import Header, NotCimError, read_header
from cim_profiles.names import UNREAD
from cim_profiles.reading import read_file
from cim_profiles.sources import Source, sources

T = TypeVar("T", bound=Table)


@dataclass(frozen=True, eq=False)
class GridFiles:
    """All models of a set, merged.

    Attributes:
        edition: edition of CGMES.
        models: headers of the models that are read, in the order of the paths.
        ids: what the numbers of references stand for: `ids[number]` is an id without `_` or `#`.
        tables: typed tables by class; one for each class, also where it is empty.
        counts: objects per class as they stand in the files, with classes that are not read.
        skipped: files that are not read, and why.
        remarks: what is unusual.
    """

    edition: str
    models: tuple[Header, ...]
    ids: tuple[str, ...]
    tables: dict[type[Table], Table]
    counts: dict[str, int]
    skipped: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    _rows: dict[type[Table], Numbers] = field(default_factory=dict)

    def table(self, kind: type[T]) -> T:
        """The objects of exactly this class."""
        return cast("T", self.tables[kind])

    def below(self, kind: type[T]) -> Iterator[T]:
        """The tables of a class and of those derived from it that have objects."""
        for known, table in self.tables.items():
            if issubclass(known, kind) and len(table):
                yield cast("T", table)

    def rows(self, kind: type[Table], references: Numbers) -> Numbers:
        """Rows of the objects of exactly this class that references mean, -1 for none."""
        row_of = self._rows.get(kind)
        if row_of is None:
            row_of = np.full(len(self.ids) + 1, -1, dtype=np.int64)  # the last one for the reference -1
            row_of[self.tables[kind].ids] = np.arange(len(self.tables[kind]))
            self._rows[kind] = row_of
        return row_of[references]


def read(paths: Sequence[Path]) -> GridFiles:
    """Read files, folders and zips of CGMES 2.4.15 or 3.0, and merge their models.

    A model of a later path replaces the same model of an earlier path, and a full model the one that it
    supersedes; difference models are applied in the order in which they build on each other.

    Args:
        paths: files, folders, zips, in any mixture.

    Raises:
        GridFileError: the first thing that is wrong, with file, line and rule. Nothing is read by halves.
    """
    chosen, skipped = _chosen(sources(paths))
    edition = _edition(chosen)
    collector = Collector()
    interned: dict[str, str] = {}
    for header in chosen:
        if not header.difference:
            read_file(header.source, collector, interned)
    models = _with_differences(chosen, collector)
    known = {header.model for header in models} | {old for header in models for old, _ in header.supersedes}
    missing = [each for header in models for each in header.depends_on if each[0] not in known]
    tables = collector.tables()
    remarks = _dangling(tables, collector, missing)
    return GridFiles(
        edition, models, tuple(collector.ids), tables, collector.counts, tuple(skipped), tuple(remarks)
    )


def _chosen(found: Iterable[Source]) -> tuple[list[Header], list[tuple[str, str]]]:
    chosen: dict[str, Header] = {}
    skipped: list[tuple[str, str]] = []
    for source in found:
        try:
            header = read_header(source)
        except NotCimError as error:
            if source.direct:
                raise
            skipped.append((source.name, error.detail))
            continue
        if header.profiles and UNREAD.issuperset(header.profiles):
            skipped.append((source.name, f"profile {', '.join(header.profiles)} is not read"))
            continue
        key = header.model or source.name
        before = chosen.get(key)
        if before is not None and before.source.argument == source.argument:
            raise GridFileError(
                header.place, "a model is there once", f"model {key} is in {before.source.name} too"
            )
        if before is not None:
            skipped.append((before.source.name, f"the same model {key} is in {source.name}, given later"))
            del chosen[key]
        chosen[key] = header
    full = [header for header in chosen.values() if not header.difference]
    for newer in full:
        for old, _ in newer.supersedes:
            if old in chosen and old != newer.model:
                skipped.append((chosen[old].source.name, f"{newer.source.name} supersedes it"))
                del chosen[old]
    return list(chosen.values()), skipped


def _edition(headers: Sequence[Header]) -> str:
    first = headers[0].edition
    for header in headers:
        if header.edition.split()[0] != first.split()[0]:
            raise GridFileError(
                header.place,
                "one edition of CGMES",
                f"this is {header.edition}, {headers[0].source.name} is {first}",
            )
    return first


def _with_differences(chosen: Sequence[Header], collector: Collector) -> tuple[Header, ...]:
    """The models that count after all difference models are applied, each to the model that it names."""
    models = {header.model: header for header in chosen if not header.difference}
    waiting = [header for header in chosen if header.difference]
    while waiting:
        ready = [header for header in waiting if any(base in models for base, _ in header.supersedes)]
        if not ready:
            named = ", ".join(base for base, _ in waiting[0].supersedes) or "none"
            raise GridFileError(
                waiting[0].place,
                "a difference model has its base",
                f"it changes model {named}, which is not among the files",
            )
        for header in ready:
            apply_difference(read_difference(header.source), collector)
            for base, _ in header.supersedes:
                models.pop(base, None)
            models[header.model] = header
            waiting.remove(header)
    return tuple(models.values())


_NEEDED: Final = ("BaseVoltage", "TopologicalNode", "ConnectivityNode", "TransformerEnd", "PowerTransformer")
"""References without whose objects there is no network."""


def _dangling(
    tables: dict[type[Table], Table], collector: Collector, missing: Sequence[tuple[str, Place]]
) -> list[str]:
    """What adds to, or refers to, objects that no file has: refused if a model is missing, else a remark."""
    known = np.zeros(len(collector.ids) + 1, dtype=np.bool_)
    known[-1] = True  # the reference -1: there is none
    for table in tables.values():
        known[table.ids[table.defined]] = True
    absent = ", ".join(dict.fromkeys(f"model {model} ({place} needs it)" for model, place in missing))
    remarks = []
    for name, kind, references in _pointers(tables):
        table = tables[kind]
        alone = np.flatnonzero(~known[references])
        if not len(alone):
            continue
        row = int(alone[0])
        number = int(references[row])
        wanted = next(key for key, known_number in collector.ids.items() if known_number == number)
        detail = f"{len(alone)} {kind.__name__}{name} without a definition, such as {wanted}"
        if missing:
            raise GridFileError(table.place(row), "header dependency", f"{detail}; missing: {absent}")
        remarks.append(f"{table.place(row)}: {detail}")
    return remarks + ([f"missing, and not needed: {absent}"] if missing else [])


def _pointers(tables: dict[type[Table], Table]) -> Iterator[tuple[str, type[Table], Numbers]]:
    for kind, table in tables.items():
        yield "", kind, table.ids
        for name in _NEEDED:
            if hasattr(table, name) and kind is not SvVoltage and kind is not SvInjection:
                yield f".{name}", kind, getattr(table, name)
