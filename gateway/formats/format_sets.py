"""Sets of formats in the store: a folder each, of market documents (their schemas alone) or of descriptions.

A set is taken into use completely or not at all, and checked before: whatever can be known without a document
is refused here, with its file and place.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import esmp.schema_sets
from esmp.catalogue import Catalogue
from gateway.domain.document import DocumentKind
from gateway.formats.answers import answer_faults
from gateway.formats.described import Format
from gateway.formats.descriptions import read_descriptions
from gateway.formats.faults import FormatsRefused
from gateway.formats.recognition import contradictions

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_FILES: Final = ("*.toml", "*.xsd", "*.json")


def is_described(directory: Path) -> bool:
    """Whether a directory has descriptions of formats, and not market documents alone."""
    return any(directory.glob("*.toml"))


def check(store: Path, directory: Path, *, besides: str | None = None) -> Sequence[Format]:
    """The formats that a directory describes, checked as `add` checks them, and nothing changed.

    Args:
        besides: name of the set that they would replace.

    Raises:
        FormatsRefused: with every fault.
        SchemaSetRefused: a schema set in the store cannot be read.
    """
    found = _described(directory)
    if not found:
        raise FormatsRefused([f"no description (.toml) in {directory}"])
    faults = [fault for each in found for fault in each.faults()]
    if not faults:
        there = [each for each in described_in(store).values() if each.set_name != besides]
        market = esmp.schema_sets.catalogue(store)
        faults += [fault for _, fault in _taken(found, {each.kind: each for each in there}, market)]
        marks = {each.kind: each.marks for each in (*there, *found)}
        names = {each.kind: each for each in found}
        faults += [
            f"{names[kind].file}: formats.{kind}.recognise: {fault}" if kind in names else f"{kind}: {fault}"
            for kind, fault in contradictions(marks)
        ]
        known = {each.kind: each for each in (*there, *found)}
        faults += [
            f"{each.file}: formats.{each.kind}.{fault}"
            for each in found
            for fault in answer_faults(each, known)
        ]
    if faults:
        raise FormatsRefused(list(dict.fromkeys(faults)))
    return found


def add(store: Path, directory: Path, *, name: str | None = None, replace: bool = False) -> Sequence[Format]:
    """Take the formats that a directory describes into use as a set, by default under the directory's name.

    Raises:
        FormatsRefused: with every fault; nothing is taken then.
        SchemaSetRefused: a schema set in the store cannot be read.
    """
    name = name or directory.resolve().name
    if not _NAME.fullmatch(name):
        raise FormatsRefused(
            [f"{name!r} cannot be the name of a set: letters, digits, dot, dash, underscore"]
        )
    target = store / name
    if target.exists() and not replace:
        raise FormatsRefused([f"there is a set {name!r} already: remove or replace it"])
    check(store, directory, besides=name)
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".") as work:
        fresh = Path(work) / name
        for pattern in _FILES:
            for path in directory.rglob(pattern):
                copy = fresh / path.relative_to(directory)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
        if target.exists():
            target.rename(Path(work) / "replaced")
        fresh.rename(target)
    return _described(target)


def described_in(store: Path, market: Catalogue | None = None) -> Mapping[str, Format]:
    """The described formats of a store, by kind; a store that does not exist has none.

    Args:
        market: the market documents that are known, which no description may define; None: not asked.

    Raises:
        FormatsRefused: a description cannot be read, or defines what is defined already.
    """
    folders = sorted(store.iterdir()) if store.is_dir() else []
    sets = [each for each in folders if each.is_dir() and _NAME.fullmatch(each.name) and is_described(each)]
    found = [each for folder in sets for each in _described(folder)]
    faults = [f"{each.set_name}/{fault}" for each, fault in _taken(found, {}, market)]
    if faults:
        raise FormatsRefused(faults)
    return {each.kind: each for each in found}


def _described(directory: Path) -> list[Format]:
    if not directory.is_dir():
        raise FormatsRefused([f"{directory} is not a directory"])
    found: list[Format] = []
    faults: list[str] = []
    for file in sorted(directory.glob("*.toml")):
        try:
            found += [Format.of(kind, file, table) for kind, table in read_descriptions(file).items()]
        except FormatsRefused as refused:
            faults += refused.faults
    if faults:
        raise FormatsRefused(faults)
    return found


def _taken(
    found: Sequence[Format], others: Mapping[str, Format], market: Catalogue | None
) -> Iterator[tuple[Format, str]]:
    """Formats whose kind there is already, or whose root is that of a market document, and why."""
    profiles = () if market is None else market.profiles()
    families = {str(profile.family) for profile in profiles} | set(DocumentKind)
    seen: dict[str, Format] = dict(others)
    for each in found:
        place, recognise = f"{each.file}: formats.{each.kind}", each.table.recognise
        if each.kind in families:
            yield each, f"{place}: {each.kind} is a market document; a format needs a name of its own"
        elif each.kind in seen:
            yield each, f"{place}: the set {seen[each.kind].set_name!r} has this kind already"
        elif market is not None and market.knows(recognise.namespace, recognise.root or ""):
            yield each, f"{place}.recognise.root: a market document has this root and namespace"
        seen[each.kind] = each
