"""Schema sets that an operator adds: further published documents, identified and validated without code.

A set is a folder of document schemas below the store's folder. Its code lists are ours, so that the code set
in force holds for its documents too.
"""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from esmp.catalogue import Catalogue, own_catalogue
from esmp.codes import DEFAULT_CODES, code_set
from esmp.profiles import Profile
from esmp.schemas import compile_schema
from esmp.xsd_reader import SchemaNotUnderstood, profile_of, schema_files

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class SchemaSetRefused(ValueError):  # noqa: N818  (what happened, not what kind of class it is)
    """A directory cannot be taken into use as a schema set; the message states which file and why."""


class UnknownSchemaSet(LookupError):  # noqa: N818
    """The store has no set of this name; the message lists those it has."""


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document defined by a set: what it is, by which file, and whether that definition is in use.

    It is not where our own tables, an earlier set or a later file of the same set define the same name.
    """

    profile: Profile
    file: str
    in_use: bool


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """A set in the store, with its documents in the order of their files."""

    name: str
    documents: tuple[StoredDocument, ...]


def add(store: Path, directory: Path, *, name: str | None = None, replace: bool = False) -> SchemaSet:
    """Add the document schemas below `directory` as a set, by default under the directory's name.

    All of them or none: raises SchemaSetRefused for a schema that does not compile with our code lists or
    uses more of XML Schema than market documents do, for a set without any, for a bad name, and for a name
    already in use unless `replace` is given.
    """
    name = name or directory.resolve().name
    if not _NAME.fullmatch(name):
        raise SchemaSetRefused(
            f"{name!r} cannot be the name of a set: letters, digits, dot, dash, underscore"
        )
    target = store / name
    if target.exists() and not replace:
        raise SchemaSetRefused(f"there is a set {name!r} already: remove or replace it")
    files = []
    for path, profile in _read(directory):
        _prove(path, profile)
        files.append(path)
    if not files:
        raise SchemaSetRefused(f"no document schema below {directory}")
    if len({path.name for path in files}) != len(files):
        raise SchemaSetRefused(f"two schemas below {directory} have one file name")
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".") as work:
        fresh = Path(work) / name
        fresh.mkdir()
        for path in files:
            shutil.copyfile(path, fresh / path.name)
        if target.exists():
            target.rename(Path(work) / "replaced")
        fresh.rename(target)
    return next(known for known in sets(store) if known.name == name)


def remove(store: Path, name: str) -> None:
    """Put a set out of use.

    Raises UnknownSchemaSet.
    """
    known = _folders(store)
    if name not in known:
        raise UnknownSchemaSet(f"no schema set {name!r}; there are {', '.join(known) or 'none'}")
    shutil.rmtree(known[name])


def sets(store: Path) -> tuple[SchemaSet, ...]:
    """Return the sets of a store by name; a store that does not exist has none."""
    taken: set[tuple[str, str]] = set()
    found: list[SchemaSet] = []
    for name, folder in _folders(store).items():
        if any(folder.glob("*.toml")):
            continue  # what its schemas are, descriptions say
        read = _read(folder)
        last = {(profile.namespace, profile.root): path for path, profile in read}
        documents = []
        for path, profile in read:
            key = (profile.namespace, profile.root)
            in_use = last[key] == path and key not in taken and not own_catalogue().knows(*key)
            documents.append(StoredDocument(profile, path.name, in_use))
        taken.update(last)
        found.append(SchemaSet(name, tuple(documents)))
    return tuple(found)


def catalogue(store: Path) -> Catalogue:
    """Return the catalogue of our own tables and all sets of a store."""
    return Catalogue(d.profile for known in sets(store) for d in known.documents if d.in_use)


def _folders(store: Path) -> dict[str, Path]:
    if not store.is_dir():
        return {}
    return {p.name: p for p in sorted(store.iterdir()) if p.is_dir() and _NAME.fullmatch(p.name)}


def _read(directory: Path) -> list[tuple[Path, Profile]]:
    """Every document schema below a directory as a profile."""
    if not directory.is_dir():
        raise SchemaSetRefused(f"{directory} is not a directory")
    found = []
    for path, schema in _schemas(directory):
        try:
            found.append((path, profile_of(schema)))
        except SchemaNotUnderstood as error:
            raise SchemaSetRefused(f"{path.name}: {error}") from None
    return found


def _schemas(directory: Path) -> list[tuple[Path, etree._Element]]:
    try:
        return list(schema_files(directory))
    except SchemaNotUnderstood as error:
        raise SchemaSetRefused(str(error)) from None


def _prove(path: Path, profile: Profile) -> None:
    """Refuse a schema that does not compile with our code lists."""
    unknown = sorted(profile.code_lists() - set(code_set(DEFAULT_CODES).lists))
    if unknown:
        raise SchemaSetRefused(f"{path.name}: there is no code list or type {', '.join(unknown)}")
    try:
        compile_schema(profile, DEFAULT_CODES)
    except etree.XMLSchemaParseError as error:
        raise SchemaSetRefused(f"{path.name}: {error}") from None
