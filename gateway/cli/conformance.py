"""The kit for integrators: its cases, verdicts on documents, runs against a gateway."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.api_client import AsJson
from gateway.cli.documents import formats_of
from gateway.cli.screen import FAILED, err, fail, out, print_rows

if TYPE_CHECKING:
    from contract_tests.cases import Case
    from contract_tests.offline import Judge
    from contract_tests.outcomes import Outcome

app = typer.Typer(
    no_args_is_help=True,
    help="Will your documents and your software work? Cases with reasons, offline and on the wire.",
)

JunitFile = Annotated[
    Path | None, typer.Option("--junit", help="Write the outcomes as JUnit XML.", dir_okay=False)
]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", help="Write one page with the evidence.", dir_okay=False)
]


@app.command("list")
def listed(
    as_json: AsJson = False,
    family: Annotated[str | None, typer.Option(help="Cases of documents of this family only.")] = None,
) -> None:
    """List the rules that cases are of: reason code, families, and each rule in one sentence.

    Every rule has two cases in each of its families, FAMILY.RULE.wrong and FAMILY.RULE.right.
    """
    from contract_tests.cases import cases, rules

    if as_json:
        found = [_as_dict(case) for case in cases() if family in (None, case.family)]
        _print_json(found)
        return
    print_rows(
        ("rule", "verdict", "code", "families", "says"),
        [
            (rule.name, rule.verdict, rule.code, ", ".join(rule.families), rule.says)
            for rule in rules()
            if family in (None, *rule.families)
        ],
        wrapped={"families": 30, "says": 60},
    )


@app.command()
def explain(
    case: Annotated[str, typer.Argument(metavar="CASE", help="FAMILY.RULE.wrong or FAMILY.RULE.right.")],
    as_json: AsJson = False,
) -> None:
    """Explain a case: its rule and where that comes from, the answer to expect, and what keeps the rule."""
    from contract_tests.cases import Case, Side, case_named
    from contract_tests.sample_documents import Situation

    try:
        chosen = case_named(case)
    except LookupError as error:
        fail(str(error))
    if as_json:
        _print_json(_as_dict(chosen))
        return
    rule, newest = chosen.rule, next(chosen.versions())
    other = {
        side: Case(rule, chosen.family, side).document(newest, Situation()).decode().splitlines()
        for side in Side
    }
    refused = f"refused ({rule.verdict}) with {_titled(rule.code)}, at {rule.place or 'the document'}"
    facts = {
        "rule": rule.says,
        "source": rule.source,
        "versions": ", ".join(version.version for version in reversed([*chosen.versions()])),
        "expected": refused if chosen.side is Side.WRONG else "taken",
        "document": f"flexgate sample FILE --case {chosen.name} --document {chosen.family}/{newest.version}",
    }
    for name, text in facts.items():
        out.print(f"{name:9} {text}", markup=False)
    out.print("\nfrom the document that breaks the rule (-) to the one that keeps it (+):", markup=False)
    for line in [*unified_diff(other[Side.WRONG], other[Side.RIGHT], n=2, lineterm="")][2:]:
        out.print(line, markup=False)


@app.command()
def offline(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="Documents: XML, JSON, CSV.", exists=True)],
    strict: Annotated[bool, typer.Option("--strict", help="What is odd but taken fails, too.")] = False,
    codes: Annotated[
        str | None, typer.Option(metavar="SET", help="Code set to check against; a wrong name lists all.")
    ] = None,
    schemas: Annotated[
        Path | None, typer.Option(metavar="STORE", help="Know the documents of these added sets too.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The configuration of a gateway, with --tenant.", dir_okay=False)
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose documents they are, in --config.")] = None,
    junit: JunitFile = None,
    html: HtmlFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge documents without any gateway: by their published schemas, and by this gateway's rules.

    The two verdicts are apart. Conformance: the schema and code lists of the document's version take it,
    whoever reads it. Compatibility: a gateway takes it, with default settings or those of --config. What
    depends on gates and resources is known to a running gateway alone.

    Exit code 0: no verdict failed; 1: one did; 2: wrong use.
    """
    from contract_tests.offline import TooManyFilesError, documents_in, outcomes_of

    judge = _judge(codes, schemas, config, tenant)
    try:
        total = len(documents_in(place))
        found = with_progress(outcomes_of(place, judge, strict=strict), 2 * total)
    except TooManyFilesError as error:
        fail(str(error))
    if not found:
        fail(f"{place}: there is no document in it (names end in .xml, .json or .csv)")
    settings = (
        f"settings: {config} for {tenant}" if config else f"settings: default, code set {codes or 'default'}"
    )
    report(found, f"Documents in {place.name or place}", [settings], junit, html, as_json=as_json)


def report(
    found: Sequence["Outcome"],
    title: str,
    facts: Sequence[str],
    junit: Path | None,
    html: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write outcomes wherever they are wanted; ends with exit code 1 where one failed."""
    from contract_tests import reports
    from contract_tests.outcomes import State, counts

    tally = counts(found)
    _write(junit, lambda: reports.junit(found, title))
    _write(html, lambda: reports.html(found, title, facts).encode())
    if as_json:
        numbers = {state.value: count for state, count in tally.items()}
        _print_json({"title": title, **numbers, "outcomes": [one.as_dict() for one in found]})
    else:
        colours = {State.PASSED: "green", State.FAILED: "red", State.NOT_SHOWN: "yellow"}
        for one in found:
            if one.state is State.PASSED and not one.reasons:
                continue
            out.print(f"[{colours[one.state]}]{one.state}[/]  ", end="")
            out.print(f"{one.group}: {one.name}", markup=False)
            for reason in one.reasons:
                out.print(f"    {reason}", markup=False)
        out.print(", ".join(f"{count:,} {state}" for state, count in tally.items()), markup=False)
    if tally[State.FAILED]:
        raise typer.Exit(FAILED)


def _judge(codes: str | None, schemas: Path | None, config: Path | None, tenant: str | None) -> "Judge":
    import esmp
    from gateway.cli.judging import judge_of, judge_of_tenant
    from gateway.settings import SettingsError, read_settings

    if (config is None) != (tenant is None):
        raise typer.BadParameter("--config and --tenant go together", param_hint="--config")
    if config is None or tenant is None:
        chosen = codes or esmp.DEFAULT_CODES
        if chosen not in esmp.code_set_names():
            raise typer.BadParameter(f"there are {', '.join(esmp.code_set_names())}", param_hint="--codes")
        return judge_of(chosen, formats_of(schemas).esmp)
    if codes is not None:
        raise typer.BadParameter("the configuration says which code set is in force", param_hint="--codes")
    try:
        settings = read_settings(config)
    except SettingsError as error:
        fail(str(error))
    if tenant not in settings.tenants:
        known = ", ".join(settings.tenants)
        raise typer.BadParameter(f"there is no tenant {tenant}, but {known}", param_hint="--tenant")
    store = schemas or (settings.schemas if settings.schemas.is_dir() else None)
    return judge_of_tenant(settings, settings.tenants[tenant], formats_of(store).esmp)


def with_progress(outcomes: Iterable["Outcome"], total: int) -> list["Outcome"]:
    """All outcomes, with a bar on a terminal while they come."""
    from rich.progress import track

    return list(track(outcomes, "checking", total, console=err, transient=True, disable=not err.is_terminal))


def _as_dict(case: "Case") -> dict[str, object]:
    rule = case.rule
    return {
        "case": case.name,
        "family": case.family,
        "versions": [version.version for version in reversed([*case.versions()])],
        "side": case.side,
        "verdict": rule.verdict,
        "stage": rule.stage,
        "code": rule.code,
        "place": rule.place,
        "says": rule.says,
        "source": rule.source,
    }


def _titled(code: str) -> str:
    from esmp.codes import code_set

    title = code_set().lists["ReasonCodeTypeList"].get(code)
    return code if title is None else f"{code} ({title})"


def _write(file: Path | None, made: Callable[[], bytes]) -> None:
    if file is None:
        return
    try:
        file.write_bytes(made())
    except OSError as error:
        fail(f"{file}: {error.strerror}")


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
