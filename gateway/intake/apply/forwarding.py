"""Documents for other receivers: their routes, and their conversion to the receiver's version."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import esmp
import mappings
from esmp.profiles import UnknownVersion
from gateway.domain.counted import counted
from gateway.domain.document import DocumentKind, DocumentLabel
from gateway.domain.party import Role
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.route import LossPolicy, Route, Routes, Traits
from gateway.domain.tenant import Tenant
from gateway.intake.check.examination import RECORDED, XML_TYPES, Examination
from gateway.ports import UnitOfWork
from gateway.records.messages import forwardings
from gateway.records.messages.forwardings import Forwarded, Loss
from gateway.records.messages.inbox import StoredEnvelope
from mappings import canonical_json

_XML: Final = "application/xml"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Forwarding:
    """A document as its receiver will get it.

    Attributes:
        losses: values that change or are lost, by path.
        payload: empty until it is converted.
        findings: why it cannot be forwarded; then there is no payload.
        odd: remarks on departures from its schema that were accepted.
    """

    route: Route
    label: DocumentLabel
    payload: bytes = field(default=b"", repr=False)
    content_type: str = _XML
    losses: tuple[Loss, ...] = ()
    findings: tuple[Finding, ...] = ()
    odd: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks for the sender."""
        forwarded = f"forwarded as {self.label.family} {self.label.version}"
        lost = sum(loss.times for loss in self.losses)
        changed = counted(lost, "value is not as it came", "values are not as they came")
        return (forwarded, *([changed] if lost else []), *self.odd)

    def put(self, uow: UnitOfWork, tenant: Tenant, stored: StoredEnvelope) -> None:
        """Let it leave for its receiver, in the open transaction of its sender's store."""
        document = Forwarded(
            stored.envelope_id, self.route.name, self.route.to, self.label, self.payload, self.content_type
        )
        forwardings.put(uow, tenant.tenant_id, document, self.losses, stored.received_at)


@dataclass(frozen=True, slots=True)
class _Source:
    """A document as it came; `kind` is None where the canonical model has no place for it."""

    label: DocumentLabel
    kind: DocumentKind | None
    payload: bytes = field(repr=False)
    content_type: str
    forgiven: bool
    described: bool

    @property
    def can_go_as_it_is(self) -> bool:
        """Whether it is of a described format, or a market document without departures from its schema."""
        return self.described or (self.content_type in XML_TYPES and not self.forgiven)


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Finds routes of documents for other receivers. Any number of threads may use it."""

    routes: Routes
    tenants: Mapping[str, Tenant]
    gateway: Role

    def routed(self, examination: Examination) -> Forwarding | None:
        """By which route a document leaves, not converted yet; None for one that no route forwards."""
        traits = self.traits_of(examination)
        route = None if traits is None else self.routes.of(traits)
        label = examination.label
        return None if route is None or label is None else Forwarding(route, label)

    def converted(
        self,
        forwarding: Forwarding,
        sender: Tenant,
        examination: Examination,
        payload: bytes,
        content_type: str,
    ) -> Forwarding:
        """A routed document in its receiver's version. Costly: ask first whether its sender may send it."""
        route, label = forwarding.route, forwarding.label
        if examination.findings:
            return forwarding
        if route.to == sender.tenant_id:
            return _impossible(route, label, f"route {route.name} leads back to you")
        if examination.document is not None and content_type not in XML_TYPES:  # canonical JSON, or a table
            payload, content_type = canonical_json.dumps(examination.document), _JSON
        is_described = examination.described is not None
        source = _Source(label, examination.kind, payload, content_type, examination.forgiven, is_described)
        made = _converted(route, source, sender, self.tenants[route.to])
        return replace(made, odd=tuple(each for each in examination.remarks if each != RECORDED))

    def traits_of(self, examination: Examination) -> Traits | None:
        """Properties by which routes match a document; None for one for the gateway, or with too few of
        them. A described format may have no place for a receiver; then routes know its documents by the
        rest."""
        label, receiver = examination.label, examination.receiver
        names_none = examination.described is not None and receiver is None
        if label is None or receiver == self.gateway.party or (receiver is None and not names_none):
            return None
        code = None if receiver is None else receiver.code
        return Traits(label.sender.code, code, label.family, examination.received.process)


def _converted(route: Route, source: _Source, sender: Tenant, receiver: Tenant) -> Forwarding:
    label, kind = source.label, source.kind
    wanted = None if kind is None else receiver.versions.get(kind)
    version = route.version or wanted or label.version
    if version == label.version and source.can_go_as_it_is:
        as_it_is = Forwarding(route, label, source.payload, source.content_type)
        return as_it_is if source.described else _checked(as_it_is, sender, receiver)
    if kind is None:
        message = f"a {label.family} {label.version} cannot be made a {label.family} {version}"
        return _impossible(route, label, message)
    try:
        made = mappings.convert(
            source.payload,
            label.family,
            version,
            codes=sender.codes or esmp.DEFAULT_CODES,
            tolerances=sender.tolerances,
        )
    except (mappings.ConversionError, mappings.UnwritableError, UnknownVersion) as error:
        return _impossible(route, label, f"it cannot be carried as {label.family} {version}: {error}")
    losses = forwardings.losses_in(made.report)
    target = replace(label, version=version)
    if route.loss is LossPolicy.REFUSE and (
        lost := [loss for loss in losses if loss.fate != mappings.Fate.ADDED]
    ):
        return _impossible(
            route,
            label,
            *(f"{label.family} {version} cannot carry {loss.path}: {loss.reason}" for loss in lost),
        )
    return _checked(Forwarding(route, target, made.data, _XML, losses), sender, receiver)


def _checked(forwarding: Forwarding, sender: Tenant, receiver: Tenant) -> Forwarding:
    """Held to the receiver's code set, where that is another than the sender's."""
    if receiver.codes is None or receiver.codes == sender.codes:
        return forwarding
    found = esmp.validate(forwarding.payload, codes=receiver.codes).findings
    messages = [f"the receiver does not accept it: {each.message} ({each.path})" for each in found]
    return _impossible(forwarding.route, forwarding.label, *messages) if messages else forwarding


def _impossible(route: Route, label: DocumentLabel, *messages: str) -> Forwarding:
    findings = tuple(
        Finding(Stage.PROCESS, ReasonCode.CANNOT_BE_PROCESSED, message) for message in messages[:20]
    )
    return Forwarding(route, label, findings=findings)
