"""What this gateway says of a document, as the kit asks: by its schema, and by settings that are in force."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import esmp
from contract_tests.offline import Fault, Judge, Judgement
from esmp.parsing import check_size
from gateway.cli.documents import content_type_of
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.intake.check.examination import XML_TYPES, Examination, examine, examine_validated
from gateway.intake.check.parties import party_findings, platforms_of
from mappings.reasons import finding_of

if TYPE_CHECKING:
    from gateway.domain.tenant import Tenant
    from gateway.settings import Settings


def judge_of(codes: str, catalogue: esmp.Catalogue | None) -> Judge:
    """The judge of a gateway with default settings."""
    return partial(_judged, partial(esmp.validate, codes=codes, catalogue=catalogue), None)


def judge_of_tenant(settings: "Settings", tenant: "Tenant", catalogue: esmp.Catalogue | None) -> Judge:
    """The judge of a configured gateway, for documents that a tenant of it hands in.

    What depends on gates, resources and documents that came before is known to a running gateway alone.
    """
    validate = partial(esmp.validate, codes=tenant.codes or esmp.DEFAULT_CODES, catalogue=catalogue)
    return partial(_judged, validate, (settings, tenant))


def _judged(
    validate: "partial[esmp.Report]", agreed: "tuple[Settings, Tenant] | None", file: Path
) -> Judgement:
    content_type = content_type_of(file.name)
    is_xml = content_type in XML_TYPES
    try:
        check_size(file.stat().st_size)
        data = file.read_bytes()
    except (OSError, esmp.DocumentRefused) as error:
        why = error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
        unread = [Fault(Stage.WELL_FORMED, ReasonCode.CANNOT_BE_PROCESSED, why)]
        return Judgement("unknown", unread, None)
    now = datetime.now(UTC)
    if not is_xml:
        examination = examine(data, content_type, now, validate)
        return Judgement(_name(examination), None, _faults(examination, agreed), examination.remarks)
    report = validate(data)
    conformance = [_fault(finding_of(found)) for found in report.findings]
    tolerances = () if agreed is None else agreed[1].tolerances
    if conformance and tolerances:
        report = validate(data, tolerances=tolerances)
    if report.findings:
        known = report.identity
        return Judgement("unknown" if known is None else f"{known.family} {known.version}", conformance, None)
    bounds = {} if agreed is None else {"bounds": agreed[1].bounds}
    examination = examine_validated(data, report, now, **bounds)
    return Judgement(_name(examination), conformance, _faults(examination, agreed), examination.remarks)


def _faults(examination: Examination, agreed: "tuple[Settings, Tenant] | None") -> list[Fault]:
    found = [*examination.findings]
    if agreed is not None:
        found += _of_parties(examination, *agreed)
    return [_fault(each) for each in examination.places.located(found)]


def _of_parties(examination: Examination, settings: "Settings", tenant: "Tenant") -> Iterable[Finding]:
    label, receiver = examination.label, examination.receiver
    if label is not None and label.sender not in tenant.parties:
        message = f"{label.sender.named} is not registered as a sender of {tenant.name}"
        yield Finding(Stage.PROCESS, ReasonCode.SENDER_INVALID, message, place=Place(Part.SENDER))
    if receiver is not None and receiver != settings.party.party and not settings.routes.routes:
        message = f"the document is for {receiver.named}, and there is no route to it"
        yield Finding(Stage.PROCESS, ReasonCode.RECEIVER_INCORRECT, message, place=Place(Part.RECEIVER))
    yield from party_findings(examination.document, tenant, platforms_of(settings.tenants), settings.party)


def _name(examination: Examination) -> str:
    label = examination.label
    if label is not None:
        return f"{label.family} {label.version}"
    return " ".join(filter(None, (examination.family, examination.version))) or "unknown"


def _fault(found: Finding) -> Fault:
    return Fault(found.stage, found.code, found.message, found.path, found.line, found.column)
