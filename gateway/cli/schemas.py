"""Document schemas: compare built-in with published ones, print codes and the canonical form."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.screen import FAILED, fail, out
from gateway.domain.counted import counted

app = typer.Typer(
    no_args_is_help=True,
    help="Compare built-in schemas with published ones; print codes and the schema of documents as JSON.",
)

Directory = Annotated[Path, typer.Argument(help="Where published schemas (.xsd) lie, at any depth.")]
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


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
