"""The business answer to a document: from findings to an Acknowledgement in the sender's version."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import mappings
from gateway.domain.document import (
    ACKNOWLEDGEMENT_VERSION,
    Acknowledgement,
    DocumentHeader,
    DocumentKind,
    PeriodErrors,
    RejectedSeries,
)
from gateway.domain.market_time import Interval
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import Role
from gateway.domain.reason import Finding, Reason, ReasonCode, Stage
from gateway.domain.tenant import Tenant
from gateway.intake.apply.apply import ApplyOutcome
from gateway.intake.check.examination import Examination
from gateway.intake.check.series import refused_series
from gateway.records.messages.inbox import EnvelopeState, StoredEnvelope

_UNREAD: Final = frozenset({Stage.WELL_FORMED, Stage.IDENTIFIED, Stage.SCHEMA, Stage.CODES})


def acknowledgement(
    examination: Examination,
    outcome: ApplyOutcome,
    gateway: Role,
    tenant: Tenant,
    *,
    answered: StoredEnvelope,
    now: datetime,
) -> Outgoing:
    """The answer to one document, ready to send in the version of its sender."""
    version = tenant.versions.get(DocumentKind.ACKNOWLEDGEMENT, ACKNOWLEDGEMENT_VERSION)
    document = Acknowledgement(
        header=DocumentHeader(
            kind=DocumentKind.ACKNOWLEDGEMENT,
            version=version,
            mrid=uuid.uuid4().hex,
            revision=1,
            type=None,
            process=None,
            sender=gateway,
            receiver=_receiver(examination, tenant, gateway),
            created_at=now.replace(microsecond=0),
        ),
        received=examination.received,
        reasons=_document_reasons(outcome),
        rejected_series=_rejected_series(outcome.findings),
    )
    data = mappings.write(document, version).data
    return Outgoing(
        DocumentKind.ACKNOWLEDGEMENT,
        version,
        data,
        answers=answered.envelope_id,
        receiver=answered.reply_to,
    )


def _receiver(examination: Examination, tenant: Tenant, gateway: Role) -> Role:
    """Who sent it, if it is one of the tenant's own parties; else the tenant's first."""
    if examination.document is not None and examination.document.header.sender.party in tenant.parties:
        return examination.document.header.sender
    if examination.label is not None and examination.label.sender in tenant.parties:
        return Role(examination.label.sender, tenant.party_role)
    party = tenant.parties[0] if tenant.parties else gateway.party
    return Role(party, tenant.party_role)


def _document_reasons(outcome: ApplyOutcome) -> tuple[Reason, ...]:
    """Reasons for the outcome of the document, one sentence each; remarks are separate reasons."""
    findings = outcome.findings
    remarks = tuple(Reason(ReasonCode.COMPLEMENTARY, remark) for remark in outcome.remarks)
    series = len(refused_series(findings))
    if outcome.state is EnvelopeState.ACCEPTED:
        return (Reason(ReasonCode.ACCEPTED, "message fully accepted"), *remarks)
    in_series = Reason(ReasonCode.ERRORS_IN_SERIES, f"{series} time series in error")
    if outcome.state is EnvelopeState.PARTLY:
        partly = Reason(ReasonCode.PARTLY_ACCEPTED, "message accepted but for the time series named")
        return (in_series, partly, *remarks)
    reasons = [finding.as_reason() for finding in findings if finding.series is None]
    if not reasons and any(finding.stage in _UNREAD for finding in findings):
        reasons = [Reason(ReasonCode.CANNOT_BE_PROCESSED, "the document is not valid")]
    rejected = Reason(ReasonCode.REJECTED, "message fully rejected")
    return (rejected, in_series, *reasons) if series else (rejected, *reasons)


def _rejected_series(findings: Iterable[Finding]) -> tuple[RejectedSeries, ...]:
    by_series: dict[str, dict[Interval | None, list[Reason]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        if finding.series is not None:
            by_series[finding.series][_nameable(finding.period)].append(finding.as_reason())
    rejected = (Reason(ReasonCode.SERIES_REJECTED, "time series rejected"),)
    return tuple(
        RejectedSeries(
            mrid,
            reasons=tuple(by_period.get(None, rejected)),
            periods=tuple(
                PeriodErrors(period, tuple(reasons)) for period, reasons in by_period.items() if period
            ),
        )
        for mrid, by_period in by_series.items()
    )


def _nameable(period: Interval | None) -> Interval | None:
    """Only whole minutes can be written into an acknowledgement."""
    if period is None or period.start.second or period.end.second:
        return None
    return period
