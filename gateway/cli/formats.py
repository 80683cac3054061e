"""Formats of documents: add, list, check and remove them, without code."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from gateway.cli.run import CONFIG, ConfigFile
from gateway.cli.screen import err, fail, out

if TYPE_CHECKING:
    from esmp.schema_sets import SchemaSet
    from gateway.formats import Format

app = typer.Typer(
    no_args_is_help=True,
    help="Add further formats of documents without code: by a description (.toml) and its schemas, or market "
    "documents by their published schemas alone.\n\n"
    "A gateway reads its formats when it starts: restart it after a change.",
)

Directory = Annotated[Path, typer.Argument(help="Where descriptions and schemas lie.")]
StoreOption = Annotated[
    Path | None,
    typer.Option("--store", help="Directory of the sets; without it, the one of the configuration."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@app.command()
def add(
    directory: Directory,
    name: Annotated[str | None, typer.Option(help="Of the set; without it, the directory's.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in place of the set so named.")] = False,
    store: StoreOption = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Add the formats of a directory, all of them or none.

    Their documents are identified, validated, answered, recorded, and routed by the name of their format;
    nothing acts on their content. Whatever is wrong with a description or a schema is refused here, with its
    file and place.
    """
    from esmp.schema_sets import SchemaSetRefused
    from esmp.schema_sets import add as added_market_documents
    from esmp.schema_sets import remove as remove_set
    from gateway.formats import Formats, FormatsRefused
    from gateway.formats.format_sets import add as added_formats
    from gateway.formats.format_sets import is_described

    try:
        where = _store(store, config)
        if is_described(directory):
            for each in added_formats(where, directory, name=name, replace=replace):
                out.print(f"{each.set_name}: {each.kind} {each.version}", markup=False)
            return
        added = added_market_documents(where, directory, name=name, replace=replace)
        try:
            Formats.read(where)
        except FormatsRefused:
            remove_set(where, added.name)
            raise
    except (FormatsRefused, SchemaSetRefused) as error:
        _refused(error)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    for document in added.documents:
        unused = _unused(document.in_use)
        out.print(f"{added.name}: {document.profile.family} {document.profile.version}{unused}", markup=False)


@app.command()
def check(
    directory: Annotated[
        Path | None, typer.Argument(help="Where descriptions and schemas lie; without it, every set added.")
    ] = None,
    store: StoreOption = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Check formats as `add` does, and change nothing.

    Exit code 0: they can be added, or, of those added, used.
    """
    import tempfile

    from esmp.schema_sets import SchemaSetRefused, sets
    from esmp.schema_sets import add as added_market_documents
    from gateway.formats.faults import FormatsRefused
    from gateway.formats.format_sets import check as checked
    from gateway.formats.format_sets import described_in, is_described

    try:
        alone = directory is not None and store is None and not config.exists()
        where = Path("no-store") if alone else _store(store, config)
        if directory is None:
            names = {each.set_name for each in described_in(where).values()}
            found = [each for one in sorted(names) for each in checked(where, where / one, besides=one)]
            count = len(found) + sum(len(each.documents) for each in sets(where))
        elif is_described(directory):
            count = len(checked(where, directory, besides=directory.resolve().name))
        else:
            with tempfile.TemporaryDirectory() as elsewhere:
                count = len(added_market_documents(Path(elsewhere), directory, name="set").documents)
    except (FormatsRefused, SchemaSetRefused) as error:
        _refused(error)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    out.print(f"{count} formats, no fault", markup=False)


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="Of the set.")],
    store: StoreOption = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Put a set out of use and delete its files."""
    from esmp.schema_sets import UnknownSchemaSet
    from esmp.schema_sets import remove as remove_set

    try:
        remove_set(_store(store, config), name)
    except UnknownSchemaSet as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


@app.command("list")
def list_(as_json: AsJson = False, store: StoreOption = None, config: ConfigFile = CONFIG) -> None:
    """Show every format there is: our own market documents, added ones, and described formats."""
    from esmp.catalogue import own_catalogue
    from esmp.profiles import profiles
    from esmp.schema_sets import SchemaSet, SchemaSetRefused, sets
    from gateway.formats.faults import FormatsRefused
    from gateway.formats.format_sets import described_in

    added: tuple[SchemaSet, ...] = ()
    described: list[Format] = []
    if store is None and not config.exists():
        err.print(
            f"Added sets are not shown: there is no {config}. --store or --config states where they are."
        )
    else:
        try:
            where = _store(store, config)
            added, described = sets(where), list(described_in(where).values())
        except (FormatsRefused, SchemaSetRefused) as error:
            fail(str(error))
    rows = _rows(added, described)
    used = own_catalogue().profiles()
    rows = [
        _row(None, str(one.family), one.version, one.namespace, one.root, None, one in used)
        for one in profiles()
    ] + rows
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return
    for row in rows:
        lies = "built in" if row["set"] is None else f"{row['set']}/{row['file']}"
        out.print(f"{row['family']} {row['version']}: {lies}{_unused(row['in_use'])}", markup=False)


def _rows(added: "tuple[SchemaSet, ...]", described: "list[Format]") -> list[dict[str, Any]]:
    rows = [
        _row(
            known.name,
            str(one.profile.family),
            one.profile.version,
            one.profile.namespace,
            one.profile.root,
            one.file,
            one.in_use,
        )
        for known in added
        for one in known.documents
    ]
    for each in described:
        recognise = each.table.recognise
        name, file = each.set_name, each.file
        rows.append(
            _row(name, each.kind, each.version, recognise.namespace, recognise.root, file, in_use=True)
        )
    return rows


def _row(
    set_name: str | None,
    family: str,
    version: str,
    namespace: str,
    root: str | None,
    file: str | None,
    in_use: bool,
) -> dict[str, Any]:
    return {
        "set": set_name,
        "family": family,
        "version": version,
        "namespace": namespace,
        "root": root,
        "file": file,
        "in_use": in_use,
    }


def _store(store: Path | None, config: Path) -> Path:
    if store is not None:
        return store
    from gateway.settings import SettingsError, read_settings

    try:
        return read_settings(config).schemas
    except SettingsError as error:
        fail(f"which sets? name their directory with --store, or a configuration with --config\n{error}")


def _refused(error: Exception) -> NoReturn:
    from esmp.schema_sets import SchemaSetRefused

    hint = "\nSchemas of other documents than market documents need a description (.toml) beside them."
    fail(f"{error}{hint if isinstance(error, SchemaSetRefused) else ''}")


def _unused(in_use: bool) -> str:
    return "" if in_use else " (not in use: another schema defines the same document)"
