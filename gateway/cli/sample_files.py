"""Write samples to try a gateway with, and sample documents of every family and version."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.documents import OTHER_FORMS, content_type_of, indented
from gateway.cli.samples import Kind
from gateway.cli.screen import fail
from gateway.domain.market_time import local_day

if TYPE_CHECKING:
    from esmp.profiles import Profile


def sample(
    output: Annotated[Path, typer.Argument(help="Where the file goes.", dir_okay=False)],
    kind: Annotated[
        Kind,
        typer.Option(
            help="bids of a platform (ReserveBid 7.4), or the same as a table (csv); its word that it "
            "has sent everything (done), and what was activated of a bid (activation); the terms of a gate "
            "that collects them; the resources behind them, as `tso` assigns them; a grid model of "
            "`dso-east`; the acknowledgement of a document that you received."
        ),
    ] = Kind.BIDS,
    day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The market day (CET/CEST) it is for.", show_default="tomorrow"
        ),
    ] = None,
    platform: Annotated[
        list[str] | None,
        typer.Option(
            help="Whose bids or documents: platform-north or platform-south. Of a gate: who takes part; once "
            "for each.",
            show_default="platform-north",
        ),
    ] = None,
    faulty: Annotated[
        bool, typer.Option("--faulty", help="Bids with a fault, to see how they are refused (bids, csv).")
    ] = False,
    of: Annotated[
        Path | None,
        typer.Option(
            help="The document that is acknowledged, XML or JSON (acknowledgement). The answer is JSON where "
            "its own name ends in `.json`.",
            dir_okay=False,
        ),
    ] = None,
    reject: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Reject it, for this reason (acknowledgement).")
    ] = None,
    document: Annotated[
        str | None,
        typer.Option(
            metavar="FAMILY/VERSION", help="A document of any family and version, such as ReserveBid/7.6."
        ),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(
            metavar="CASE",
            help="The document of a case of the kit (`flexgate conformance list`), which may break its rule.",
        ),
    ] = None,
) -> None:
    """Write a sample to try a gateway with, for the participants that `flexgate init` configures."""
    from gateway.cli import samples

    now = datetime.now(UTC)
    if document is not None or case is not None:
        if kind is not Kind.BIDS or faulty or of is not None or reject is not None:
            raise typer.BadParameter(
                "goes with --day and --platform alone", param_hint="--document and --case"
            )
        chosen = samples.tomorrow(now) if day is None else day.date()
        _write(output, _of_family(document, case, chosen, now, _platforms(kind, platform)[0]))
        return
    if kind is Kind.ACKNOWLEDGEMENT:
        if day is not None:
            raise typer.BadParameter(f"a sample of kind {kind} is of no day", param_hint="--day")
        if of is None:
            raise typer.BadParameter("name the document that is acknowledged", param_hint="--of")
    elif of is not None or reject is not None:
        hint = "--reject" if of is None else "--of"
        raise typer.BadParameter(f"a sample of kind {kind} acknowledges nothing", param_hint=hint)
    if faulty and kind not in samples.FAULTY:
        raise typer.BadParameter(f"there is no faulty sample of kind {kind}", param_hint="--faulty")
    chosen_day = samples.tomorrow(now) if day is None else day.date()
    platforms = _platforms(kind, platform)
    if of is None:
        text = samples.sample(kind, chosen_day, now, faulty=faulty, platforms=platforms)
    else:
        text = _acknowledgement(of, reject, content_type_of(output.name))
    _write(output, text.encode())


def _write(output: Path, data: bytes) -> None:
    try:
        with output.open("xb") as out_file:
            out_file.write(data)
    except FileExistsError:
        fail(f"{output} is there already; nothing is overwritten")
    except OSError as error:
        fail(f"{output}: {error.strerror}")


def _of_family(document: str | None, case: str | None, day: date, now: datetime, platform: str) -> bytes:
    """A sample of a family and version, as it is or as a case changes it."""
    from contract_tests.cases import case_named
    from contract_tests.sample_documents import Situation, sample_document
    from gateway.cli.first_configuration import PLATFORMS

    # The delivery of a sample gate of the day.
    start = local_day(day).start + timedelta(hours=7)
    situation = Situation(
        mrid=f"SAMPLE-{day:%Y%m%d}-{now:%m%d%H%M%S}",
        sender=PLATFORMS[platform],
        start=start,
        end=start + timedelta(hours=2),
        created=now,
    )
    try:
        wanted = None if document is None else _profile(document)
    except LookupError as error:
        raise typer.BadParameter(str(error), param_hint="--document") from None
    if case is None and wanted is not None:
        return sample_document(wanted, situation)
    try:
        chosen = case_named(case or "")
        of = wanted or next(chosen.versions())
        if chosen.family == of.family:
            return chosen.document(of, situation)
        message = f"case {chosen.name} is of {chosen.family} documents"
    except LookupError as error:
        message = str(error)
    raise typer.BadParameter(message, param_hint="--case")


def _profile(named: str) -> "Profile":
    from esmp.profiles import Family, profile

    family, _, version = named.partition("/")
    if family not in [*Family]:
        raise LookupError(f"write it as FAMILY/VERSION; there are {', '.join(Family)}")
    return profile(Family(family), version)


def _acknowledgement(of: Path, reject: str | None, content_type: str) -> str:
    from gateway.cli.answers import UnanswerableError, answer_to, as_json, as_xml

    try:
        answer = answer_to(of.read_bytes(), reject)
        is_json = content_type == OTHER_FORMS[".json"]
        return (as_json(answer) if is_json else indented(as_xml(answer))).decode()
    except UnanswerableError as error:
        fail(f"{of}: {error}")
    except OSError as error:
        fail(f"{of}: {error.strerror}")


def _platforms(kind: Kind, named: Sequence[str] | None) -> Sequence[str]:
    from gateway.cli import samples
    from gateway.cli.first_configuration import PLATFORMS

    if not named:
        return list(PLATFORMS)[:1]
    if unknown := [name for name in named if name not in PLATFORMS]:
        message = f"there is no platform {unknown[0]}, but {', '.join(PLATFORMS)}"
        raise typer.BadParameter(message, param_hint="--platform")
    if kind not in samples.OF_ONE_PLATFORM | samples.OF_GATE:
        raise typer.BadParameter(f"a sample of kind {kind} is of no platform", param_hint="--platform")
    if kind in samples.OF_ONE_PLATFORM and len(named) > 1:
        raise typer.BadParameter(f"a sample of kind {kind} is of one platform", param_hint="--platform")
    return list(dict.fromkeys(named))
