"""Work on documents without a gateway."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from gateway.cli.screen import FAILED, err, fail, out

if TYPE_CHECKING:
    import esmp
    from gateway.domain.reason import Finding
    from gateway.formats import Formats
    from gateway.intake.check.examination import Examination

STANDARD_INPUT = "-"
_XML = "application/xml"
OTHER_FORMS = {".json": "application/json", ".csv": "text/csv"}


def validate(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Documents; `-` reads a list of names from stdin.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array instead of text.")] = False,
    schema_only: Annotated[
        bool, typer.Option("--schema-only", help="Schema and code lists, without business rules.")
    ] = False,
    codes: Annotated[
        str | None, typer.Option(metavar="SET", help="Code set to check against; a wrong name lists all.")
    ] = None,
    schemas: Annotated[
        Path | None, typer.Option(metavar="STORE", help="Know the documents of these added sets too.")
    ] = None,
) -> None:
    """Check market documents: well-formed, known, schema of their version, code lists, business rules.

    The rules are those of a gateway that do not depend on its data; its remarks are printed, too. JSON and
    CSV (by the ending of the name) are checked as a gateway accepts them.

    Exit code 0: all are valid; 1: not all are, or one cannot be read; 2: wrong use.
    """
    import esmp

    chosen = codes or esmp.DEFAULT_CODES
    if chosen not in esmp.code_set_names():
        raise typer.BadParameter(f"there are {', '.join(esmp.code_set_names())}", param_hint="--codes")
    formats = formats_of(schemas)
    check = partial(esmp.validate, codes=chosen, catalogue=formats.esmp)
    verdicts = [_verdict(name, check, schema_only, formats) for name in _named(files)]
    if as_json:
        sys.stdout.write(json.dumps(verdicts, ensure_ascii=False, indent=1) + "\n")
    else:
        for verdict in verdicts:
            _print_verdict(verdict)
    if not all(verdict["valid"] for verdict in verdicts):
        raise typer.Exit(FAILED)


def formats_of(schemas: Path | None) -> "Formats":
    """The formats of added sets in addition to built-in ones."""
    from esmp.schema_sets import SchemaSetRefused
    from gateway.formats import Formats, FormatsRefused

    if schemas is None:
        return Formats()
    if not schemas.is_dir():
        raise typer.BadParameter(f"{schemas} is not a directory", param_hint="--schemas")
    try:
        return Formats.read(schemas)
    except (FormatsRefused, SchemaSetRefused) as error:
        fail(str(error))


def content_type_of(name: str) -> str:
    """The content type by the ending of a file's name; without one, XML."""
    return OTHER_FORMS.get(Path(name).suffix.lower(), _XML)


def _named(files: Sequence[str]) -> Iterator[str]:
    for name in files:
        if name == STANDARD_INPUT:
            yield from (line.strip() for line in sys.stdin if line.strip())
        else:
            yield name


def _verdict(
    name: str, check: Callable[[bytes], "esmp.Report"], schema_only: bool, formats: "Formats"
) -> dict[str, Any]:
    import esmp
    from esmp.parsing import check_size
    from gateway.domain.party import CodedId
    from gateway.intake.check.described import examine_any
    from gateway.intake.check.examination import examine, examine_validated, is_mapped

    try:
        check_size(Path(name).stat().st_size)
        data = Path(name).read_bytes()
    except OSError as error:
        unreadable = esmp.SchemaFinding(
            esmp.Stage.WELL_FORMED, "unreadable", error.strerror or "cannot be read"
        )
        return _row(name, None, [unreadable])
    except esmp.DocumentRefused as refused:
        return _row(name, None, [refused.finding])
    now = datetime.now(UTC)
    content_type = content_type_of(name)
    if formats.candidates(data, content_type):
        nobody = CodedId("-")
        return _examined(name, examine_any(data, content_type, now, formats=formats, sender=nobody))
    if content_type != _XML:
        return _examined(name, examine(data, content_type, now, check))
    report = check(data)
    identity = report.identity
    if schema_only or not report.valid or identity is None or not is_mapped(identity):
        return _row(name, identity, report.findings)
    return _examined(name, examine_validated(data, report, now), identity)


def _examined(
    name: str, examination: "Examination", identity: "esmp.Identity | None" = None
) -> dict[str, Any]:
    """The verdict of the gateway on a document before it looks at gates, parties and earlier documents."""
    row = _row(name, identity, examination.places.located(examination.findings), examination.remarks)
    label = examination.label
    if identity is None and label is not None:
        row |= {"family": label.family, "version": label.version}
    elif examination.described is not None:
        row |= {"family": examination.family, "version": examination.version}
    return row


def _row(
    name: str,
    identity: "esmp.Identity | None",
    findings: Sequence["esmp.SchemaFinding | Finding"],
    remarks: Sequence[str] = (),
) -> dict[str, Any]:
    return {
        "file": name,
        "valid": not findings,
        "family": None if identity is None else identity.family,
        "version": None if identity is None else identity.version,
        "errors": [_error(found) for found in findings],
        "remarks": list(remarks),
    }


def _error(found: "esmp.SchemaFinding | Finding") -> dict[str, Any]:
    return {
        "stage": found.stage.value,
        "code": str(found.code),
        "line": found.line,
        "column": found.column,
        "path": found.path,
        "message": found.message,
    }


def _print_verdict(verdict: dict[str, Any]) -> None:
    kind = " ".join(filter(None, (verdict["family"], verdict["version"]))) or "unknown document"
    result = "[green]valid[/green]" if verdict["valid"] else "[red]not valid[/red]"
    out.print(f"{escape(verdict['file'])}: {result} ({kind})")
    for error in verdict["errors"]:
        column = f", column {error['column']}" if error["column"] else ""
        line = f"line {error['line']}{column}: " if error["line"] else ""
        out.print(f"  {line}{error['stage']}/{error['code']}: {error['message']}", markup=False)
        if error["path"]:
            out.print(f"    {error['path']}", markup=False)
    for remark in verdict["remarks"]:
        out.print(f"  remark: {remark}", markup=False)


def convert(
    file: Annotated[Path, typer.Argument(help="A document: XML, or canonical JSON.", dir_okay=False)],
    to: Annotated[str, typer.Option(metavar="FAMILY/VERSION", help="ReserveBid/7.4, or ReserveBid/json.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to; without it, stdout.", dir_okay=False)
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write what was not carried as it stood as JSON.", dir_okay=False)
    ] = None,
    codes: Annotated[str | None, typer.Option(metavar="SET", help="Code set the receiver knows.")] = None,
    schemas: Annotated[
        Path | None, typer.Option(metavar="STORE", help="Know the versions of these added sets too.")
    ] = None,
) -> None:
    """Turn a document into another version of its family, or into canonical JSON and back.

    Whatever the target cannot carry is named, value by value: in the report, and in short on stderr.
    A series that contradicts itself is left out, and the others are converted all the same.

    Exit code 0: every series is in the result; 1: some were left out, or nothing can be made of the document;
    2: wrong use.
    """
    import esmp
    import mappings
    from esmp.profiles import UnknownVersion
    from gateway.domain.json_text import JsonTextError
    from mappings.convert import ConversionError
    from mappings.convert import convert as converted

    family, slash, version = to.partition("/")
    if not slash:
        raise typer.BadParameter("write it as FAMILY/VERSION", param_hint="--to")
    try:
        made = converted(
            file.read_bytes(),
            family,
            version,
            codes=codes or esmp.DEFAULT_CODES,
            catalogue=formats_of(schemas).esmp,
        )
    except ConversionError as error:
        fail("\n".join([f"{file}: {error}", *(f"  {found.message}" for found in error.findings)]))
    except (JsonTextError, mappings.UnwritableError, LookupError, UnknownVersion) as error:
        fail(f"{file}: {error}")
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    if report is not None:
        report.write_text(json.dumps(made.report.as_dict(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    for change in made.report:
        err.print(f"{change.fate.value}: {change.path}: {change.reason}", markup=False)
    data = indented(made.data)
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        output.write_bytes(data)
    if made.left_out:
        count = len({(found.series, found.line) for found in made.left_out})
        fail(f"{file}: {count} series left out, because they contradict themselves; the result lacks them")


def indented(data: bytes) -> bytes:
    """A document with one element a line; what goes to peers has many on one."""
    from lxml import etree

    from esmp.parsing import parse

    if data.lstrip()[:1] != b"<":
        return data
    tree = parse(data).getroottree()
    etree.indent(tree)
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True) + b"\n"
