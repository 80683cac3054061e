"""Document schemas: compare built-in with published ones, and add further ones."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.run import CONFIG, ConfigFile
from gateway.cli.screen import FAILED, err, fail, out
from gateway.domain.counted import counted

if TYPE_CHECKING:
    from esmp.profiles import Profile

app = typer.Typer(
    no_args_is_help=True,
    help="Compare built-in schemas with published ones; add further documents without code.\n\n"
    "A gateway reads its sets when it starts: restart it after a change.",
)

Directory = Annotated[Path, typer.Argument(help="Where published schemas (.xsd) lie, at any depth.")]
StoreOption = Annotated[
    Path | None,
    typer.Option("--store", help="Directory of the sets; without it, the one of the configuration."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@app.command("json")
def canonical() -> None:
    """Print the JSON Schema of documents as JSON, of all kinds; a gateway serves it at /v1/schemas/canonical.

    flexgate schemas json >canonical.schema.json
    """
    from mappings.json_schema import published

    sys.stdout.write(published().decode())


@app.command()
def codes(
    name: Annotated[str, typer.Argument(help="An element (businessType), an attribute, or a code list.")],
    codes: Annotated[
        str | None, typer.Option(help="Code set; without it, the one in force by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the codes that an element or attribute may have, each with its title.

    flexgate schemas codes businessType
    """
    from esmp.codes import DEFAULT_CODES, UnknownCodeSet, code_set
    from esmp.profiles import profiles

    try:
        known = code_set(codes or DEFAULT_CODES)
    except UnknownCodeSet as error:
        fail(str(error))
    lists = {found for profile in profiles() for found in profile.code_lists_of(name)} | {name} & set(
        known.lists
    )
    if not lists:
        fail(f"no document has an element or attribute {name!r} that has codes; names are case-sensitive")
    titles = {
        each: {code: known.lists[each][code] for code in sorted(known.lists.get(each, ()))}
        for each in sorted(lists)
    }
    if as_json:
        _print_json({"code_set": known.name, "lists": titles, "open": sorted(known.open & lists)})
        return
    for each, those in titles.items():
        taken = "any token is taken" if each in known.open else f"{len(those)} codes"
        out.print(f"{each}, code set {known.name}: {taken}", markup=False)
        for code, title in those.items():
            out.print(f"  {code}  {title}", markup=False)


@app.command()
def verify(directory: Directory, as_json: AsJson = False) -> None:
    """Compare our schemas and code lists with published ones, element by element, and list every difference.

    Exit code 0: there is something to compare, and no difference.
    """
    from esmp.verification import verify as compared_with
    from esmp.xsd_reader import SchemaNotUnderstood

    try:
        done = compared_with(directory)
    except (OSError, SchemaNotUnderstood) as error:
        fail(str(error))
    if as_json:
        _print_json(done.as_json())
    else:
        for difference in done.differences:
            out.print(str(difference), markup=False)
        if done.not_found:
            out.print(f"not found there: {', '.join(done.not_found)}", markup=False)
        families = counted(len(done.families), "family", "families")
        out.print(
            f"{counted(len(done.versions), 'version')} of {families} and "
            f"{counted(len(done.code_sets), 'code set')} compared, "
            f"{counted(len(done.differences), 'difference')}"
        )
    if done.differences or not done.versions:
        raise typer.Exit(FAILED)


@app.command()
def add(
    directory: Directory,
    name: Annotated[str | None, typer.Option(help="Of the set; without it, the directory's.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in place of the set so named.")] = False,
    store: StoreOption = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Add the document schemas of a directory, all of them or none.

    Documents they define are identified, validated, acknowledged and recorded; nothing acts on their content.
    """
    from esmp.schema_sets import SchemaSetRefused
    from esmp.schema_sets import add as taken

    try:
        added = taken(_store(store, config), directory, name=name, replace=replace)
    except SchemaSetRefused as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    for document in added.documents:
        out.print(f"{added.name}: {_named(document.profile)}{_unused(document.in_use)}", markup=False)


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
    """Show every document we have a schema for, our own and those of added sets, and which are in use."""
    from esmp.catalogue import own_catalogue
    from esmp.profiles import profiles
    from esmp.schema_sets import SchemaSet, SchemaSetRefused, sets

    added: tuple[SchemaSet, ...] = ()
    if store is None and not config.exists():
        err.print(
            f"Added sets are not shown: there is no {config}. --store or --config states where they are."
        )
    else:
        try:
            added = sets(_store(store, config))
        except SchemaSetRefused as error:
            fail(str(error))
    used = own_catalogue().profiles()
    rows = [_row(None, profile, None, profile in used) for profile in profiles()]
    rows += [_row(known.name, d.profile, d.file, d.in_use) for known in added for d in known.documents]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        where = "built in" if row["set"] is None else f"{row['set']}/{row['file']}"
        out.print(f"{row['family']} {row['version']}: {where}{_unused(row['in_use'])}", markup=False)


def _store(store: Path | None, config: Path) -> Path:
    if store is not None:
        return store
    from gateway.settings import SettingsError, read_settings

    try:
        return read_settings(config).schemas
    except SettingsError as error:
        fail(f"which sets? name their directory with --store, or a configuration with --config\n{error}")


def _row(name: str | None, profile: "Profile", file: str | None, in_use: bool) -> dict[str, Any]:
    return {
        "set": name,
        "family": profile.family,
        "version": profile.version,
        "namespace": profile.namespace,
        "root": profile.root,
        "file": file,
        "in_use": in_use,
    }


def _named(profile: "Profile") -> str:
    return f"{profile.family} {profile.version}"


def _unused(in_use: bool) -> str:
    return "" if in_use else " (not in use: another schema defines the same document)"


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
