"""Check routes before they are in use, print the route of a document, show traffic of routes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from gateway.cli.api_client import AsJson, CredentialsFile, Url, connected, print_json
from gateway.cli.screen import fail, out, print_table
from gateway.domain.counted import counted

if TYPE_CHECKING:
    from gateway.domain.document import DocumentLabel
    from gateway.domain.tenant import Tenant
    from gateway.intake.apply.forwarding import Forwarder, Forwarding
    from gateway.intake.check.examination import Examination
    from gateway.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Routes of documents for other receivers.")

ConfigFile = Annotated[
    Path,
    typer.Option(
        "--config", envvar="FLEXGATE_CONFIG", help="The configuration.", dir_okay=False, exists=True
    ),
]


@app.command()
def check(config: ConfigFile) -> None:
    """Check a configuration, and list its routes, the most specific first.

    Unknown tenants and versions, routes that match no document, that lead back to their sender, or that leave
    open which of two gets a document are faults.
    """
    settings = settings_of(config)
    routes = sorted(settings.routes.routes, key=lambda route: len(route.wanted), reverse=True)
    table = Table("route", "sender", "receiver", "kind", "process", "to", "version", "loss")
    for route in routes:
        wanted = (route.sender, route.receiver, route.kind, route.process)
        table.add_row(
            route.name, *(value or "any" for value in wanted), route.to, route.version or "theirs", route.loss
        )
    print_table(table)
    counts = counted(len(settings.tenants), "organisation"), counted(len(routes), "route")
    out.print(f"the whole file is read: {', '.join(counts)}, no fault", markup=False)


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="A document.", dir_okay=False, exists=True)],
    config: ConfigFile,
    tenant: Annotated[
        str | None,
        typer.Option("--from", help="The tenant that hands it in; else whose party its sender is."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the route of a document, the version in which it would leave, and what would be lost."""
    from gateway.intake.apply.forwarding import Forwarder

    settings = settings_of(config)
    forwarder = Forwarder(settings.routes, settings.tenants, settings.party)
    explanation = _explained(file, settings, forwarder, tenant)
    if as_json:
        print_json(explanation)
        return
    table = Table(show_header=False)
    for name, value in explanation.items():
        table.add_row(name, "\n".join(value) if isinstance(value, list) else str(value))
    print_table(table)
    if explanation["refused"]:
        raise typer.Exit(1)


@app.command("list")
def listed(credentials: CredentialsFile, url: Url = None, as_json: AsJson = False) -> None:
    """List the routes of a running gateway, what went by them, and what their versions could not carry."""
    with connected(url, credentials) as call:
        answer = call("GET", "/v1/routes")
    if as_json:
        print_json(answer)
        return
    table = Table("route", "to", "version", "forwarded", "waiting", "losses")
    for route in answer["routes"]:
        losses = [
            f"{each['fate']} {each['path']}: {each['reason']} ({each['times']})" for each in route["losses"]
        ]
        numbers = str(route["forwarded"]), str(route["waiting"])
        table.add_row(route["name"], route["to"], route.get("version") or "", *numbers, "\n".join(losses))
    print_table(table)


def settings_of(config: Path) -> "Settings":
    """The settings of a configuration; its faults end the command."""
    from gateway.settings import SettingsError, read_settings

    try:
        return read_settings(config)
    except SettingsError as error:
        fail(str(error))


def _explained(
    file: Path, settings: "Settings", forwarder: "Forwarder", tenant: str | None
) -> dict[str, str | list[str]]:
    from datetime import UTC, datetime
    from functools import partial

    import esmp
    from gateway.intake.check.described import examine_any
    from gateway.intake.check.grants import grant_finding

    payload, formats = file.read_bytes(), settings.formats
    content_type = _content_type_of(file, payload)
    validate = partial(esmp.validate, catalogue=formats.esmp)
    named = settings.tenants.get(tenant or "")
    party = None if named is None else next(iter(named.parties), None)
    at_all = examine_any(payload, content_type, datetime.now(UTC), validate, formats=formats, sender=party)
    sender = _tenant_of(at_all, settings, tenant)
    codes = sender.codes or esmp.DEFAULT_CODES
    validate = partial(validate, codes=codes, tolerances=sender.tolerances)
    examination = examine_any(
        payload, content_type, datetime.now(UTC), validate, formats=formats, sender=party
    )
    traits = forwarder.traits_of(examination)
    forwarding = forwarder.routed(examination)
    if forwarding is not None:
        forwarding = forwarder.converted(forwarding, sender, examination, payload, content_type)
    candidates = [] if traits is None else forwarder.routes.candidates(traits)
    found = [*examination.findings, *(() if forwarding is None else forwarding.findings)]
    if forwarding is not None or traits is None:
        route = None if forwarding is None else forwarding.route
        receiver, market = (None, None) if route is None else (settings.tenants[route.to], route.market)
        not_granted = grant_finding(settings.grants, examination, sender, receiver, market)
        found += [] if not_granted is None else [not_granted]
    losses = () if forwarding is None else forwarding.losses
    return {
        "document": _named(examination.label),
        "from": sender.tenant_id,
        "route": _route_text(forwarding, is_for_others=traits is not None),
        "other candidates": [route.name for route in candidates[1:]],
        "leaves as": _named(None if forwarding is None or found else forwarding.label),
        "losses": [f"{loss.fate} {loss.path}: {loss.reason} ({loss.times})" for loss in losses],
        "refused": [finding.message for finding in found],
    }


def _content_type_of(file: Path, payload: bytes) -> str:
    """As the ending of its name says, or else its first character."""
    from gateway.cli.documents import OTHER_FORMS

    by_content = "application/json" if payload.lstrip()[:1] == b"{" else "application/xml"
    return OTHER_FORMS.get(file.suffix.lower(), by_content)


def _tenant_of(examination: "Examination", settings: "Settings", named: str | None) -> "Tenant":
    """Who hands a document in: the tenant that was named, else the one whose party its sender is."""
    label = examination.label
    owners = [
        tenant
        for name, tenant in settings.tenants.items()
        if name == named or (named is None and label is not None and label.sender in tenant.parties)
    ]
    if not owners:
        fail("the sender of the document is no party of any tenant; name one with --from")
    return owners[0]


def _named(label: "DocumentLabel | None") -> str:
    return "" if label is None else f"{label.family} {label.version}"


def _route_text(forwarding: "Forwarding | None", *, is_for_others: bool) -> str:
    if forwarding is not None:
        return f"{forwarding.route.name}, to {forwarding.route.to}"
    return (
        "none: it is for another party, and refused with A53"
        if is_for_others
        else "none: it is for the gateway itself, or names too little"
    )
