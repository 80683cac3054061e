"""Mapping and schedule documents on their whole way: XML of every version, effect, acknowledgement."""

from dataclasses import replace

import pytest

import mappings
from esmp.profiles import Family, versions
from gateway.domain.document import Acknowledgement, CanonicalDocument, DocumentHeader, DocumentKind
from gateway.domain.envelope import Envelope
from gateway.domain.party import Role
from gateway.domain.reason import Reason, ReasonCode
from gateway.domain.status_request import Attribute, StatusRequest
from gateway.intake.check.examination import examine
from gateway.intake.service.handling import Handler
from gateway.intake_process import document_appliers
from gateway.records.market import activations
from gateway.records.messages import findings, inbox, outbox
from gateway.records.messages.inbox import EnvelopeState
from tests.processes.test_earlier import activation
from tests.processes.test_resource_mappings import composition, mapping, shares
from tests.processes.test_schedules import plans, schedule, series
from tests.processes.world import DAY, GATEWAY, TENANTS, World, bid, document


def handed_in(
    world: World, tenant: str, sent: CanonicalDocument, version: str
) -> tuple[EnvelopeState, Acknowledgement]:
    """What became of a document, written in a version, and how it was answered."""
    header = replace(sent.header, version=version, type=_TYPES[sent.header.kind])
    data = mappings.write(replace(sent, header=header), version).data
    processes = document_appliers(world.stores, TENANTS, world.resources)
    handler = Handler(world.stores, TENANTS, processes, GATEWAY, world.clock)
    message = Envelope(tenant, "rest", f"{header.mrid}-{version}", "application/xml", world.clock.now(), data)
    with world.stores.of(tenant).writing() as uow:
        stored = inbox.put(uow, message).envelope_id
    handler.handle(tenant, stored)
    with world.stores.of(tenant).reading() as uow:
        settled = inbox.find(uow, stored)
        (answer,) = outbox.answering(uow, stored)
        payload = outbox.payload_of(uow, answer.id)
    assert settled is not None
    assert payload is not None
    answered = examine(payload, "application/xml", world.clock.now()).document
    assert isinstance(answered, Acknowledgement)
    return settled.state, answered


_TYPES = {
    DocumentKind.RESOURCE_MAPPING: "A95",
    DocumentKind.PLANNED_RESOURCE_SCHEDULE: "A26",
    DocumentKind.ACTIVATION: "A39",
    DocumentKind.STATUS_REQUEST: "A59",
}

_ACCEPTED = (Reason(ReasonCode.ACCEPTED, "message fully accepted"),)


@pytest.mark.parametrize("version", versions(Family.RESOURCE_MAPPING))
def test_mappings_of_every_version_take_effect(ready: World, version: str) -> None:
    state, answer = handed_in(ready, "tso", mapping(composition("mix", "u1", "s1")), version)
    assert (state, answer.reasons, answer.rejected_series) == (EnvelopeState.ACCEPTED, _ACCEPTED, ())
    assert shares(ready) == {"u1": 0.5, "s1": 0.5}


@pytest.mark.parametrize("version", versions(Family.PLANNED_RESOURCE_SCHEDULE))
def test_schedules_of_every_version_take_effect(ready: World, version: str) -> None:
    state, answer = handed_in(ready, "east", schedule(series("u1", 3, 2), series("s1", 1, 2)), version)
    assert (state, answer.reasons, answer.rejected_series) == (EnvelopeState.ACCEPTED, _ACCEPTED, ())
    assert plans(ready) == {("u1", 0): [3, 2], ("s1", 0): [1, 2]}


@pytest.mark.feature(id="B10")
@pytest.mark.parametrize("version", versions(Family.ACTIVATION))
def test_activations_of_every_version_take_effect(ready: World, version: str) -> None:
    ready.submit("east", document("east", [bid("a", "u1", 4, 20)]))
    state, answer = handed_in(ready, "east", activation("a"), version)
    assert (state, answer.reasons, answer.rejected_series) == (EnvelopeState.ACCEPTED, _ACCEPTED, ())
    with ready.stores.of("east").reading() as uow:
        (kept,) = activations.of_bids(uow, ["a"])
        assert activations.is_reported(uow, int(DAY.timestamp()), int(DAY.timestamp()) + 900)
    assert (kept.start_s, kept.direct, kept.quantity_mw) == (int(DAY.timestamp()), False, 4.0)


@pytest.mark.feature(id="A2")
@pytest.mark.parametrize(
    ("tenant", "sent", "version"),
    [
        ("tso", mapping(composition("mix", "u1", mrid="good"), composition("two", "nobody")), "1.1"),
        ("east", schedule(series("u1", 3, 2, mrid="good"), series("nobody", 1, mrid="s1")), "6.3"),
    ],
)
def test_an_unknown_unit_is_named_at_its_series_and_nothing_takes_effect(
    ready: World, tenant: str, sent: CanonicalDocument, version: str
) -> None:
    state, answer = handed_in(ready, tenant, sent, version)
    (rejected,) = answer.rejected_series
    (reason,) = rejected.reasons
    assert (state, rejected.mrid, reason.code) == (EnvelopeState.REFUSED, "s1", ReasonCode.RESOURCE_INVALID)
    assert "nobody" in (reason.text or "")
    assert (shares(ready), plans(ready)) == (None, {})


def test_a_document_without_revisions_needs_another_name(ready: World) -> None:
    kind, east = DocumentKind.STATUS_REQUEST, Role(TENANTS["east"].parties[0], "A46")
    header = DocumentHeader(kind, "4.1", "word-1", 1, "A59", None, east, GATEWAY, ready.clock.now())
    states = []
    for gate in ("g1", "g2"):
        sent = StatusRequest(header, (Attribute("some.word", gate),))
        processes = document_appliers(ready.stores, TENANTS, ready.resources)
        handler = Handler(ready.stores, TENANTS, processes, GATEWAY, ready.clock)
        data = mappings.write(sent, "4.1").data
        message = Envelope("east", "rest", gate, "application/xml", ready.clock.now(), data)
        with ready.stores.of("east").writing() as uow:
            stored = inbox.put(uow, message).envelope_id
        handler.handle("east", stored)
        with ready.stores.of("east").reading() as uow:
            states.append(inbox.find(uow, stored).state)  # type: ignore[union-attr]
            reported = findings.of(uow, stored)
    assert states == [EnvelopeState.ACCEPTED, EnvelopeState.REFUSED]
    (finding,) = reported
    assert finding.code == ReasonCode.MESSAGE_VERSION_CONFLICT
    assert finding.path == "/StatusRequest_MarketDocument/mRID"
    assert finding.line == 3
    assert "still holds; another document needs another mRID" in finding.message
