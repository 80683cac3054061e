"""Published sample documents: the valid ones are accepted, the others refused by element and line."""

import hashlib
from pathlib import Path

import pytest
from lxml import etree

import esmp
from gateway.domain.document import DocumentKind
from gateway.domain.party import CodedId, Role
from gateway.domain.role import TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.intake.check.examination import Examination, examine
from gateway.intake.service.handling import Handler
from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox, outbox
from gateway.records.messages.inbox import EnvelopeState
from tests.intake.local_gateway import GATEWAY_ROLE, NOW, Clock, Notebook, acknowledgement_in, envelope
from tests.shared import STANDARDS

pytestmark = pytest.mark.shared

SAMPLES = STANDARDS / "esmp" / "samples"
SCHEMAS = STANDARDS / "esmp" / "xsd"
CODE_LISTS = STANDARDS / "esmp" / "codelists" / "v91"


class CodeLists(etree.Resolver):
    """Finds the code lists, which are in a folder of their own, beside each schema."""

    def resolve(self, url: str, _pubid: str, context: object) -> object:  # type: ignore[override]
        name = Path(url).name
        return (
            self.resolve_filename(str(CODE_LISTS / name), context)
            if "codelists" in name or "local" in name
            else None
        )


def published_schema(name: str) -> etree.XMLSchema:
    parser = etree.XMLParser()
    parser.resolvers.add(CodeLists())
    return etree.XMLSchema(etree.parse(SCHEMAS / name, parser))


def reserve_bids_7_2() -> list[Path]:
    """In the IEC namespace and in the Nordic one, which the published IEC schema refuses."""
    namespace = b"reservebiddocument:7:2"
    return [file for file in sorted(SAMPLES.rglob("*.xml")) if namespace in file.read_bytes()[:2000]]


def settle(directory: Path, data: bytes, examination: Examination) -> tuple[EnvelopeState, bytes]:
    """Handle a sample in a store of its own, whose tenant is its sender, as the party it is addressed to.

    Of its own, because some samples have the same mRID and revision as others, which rightly is a conflict.
    """
    header = None if examination.document is None else examination.document.header
    party = CodedId("11XTEST-NORTH--J") if header is None else header.sender.party
    tenant = Tenant("north", held(TenantRole.PLATFORM), "north", parties=(party,), party_role="A46")
    stores = Stores(directory / hashlib.sha256(data).hexdigest(), ["north"])
    gateway = GATEWAY_ROLE if header is None else Role(header.receiver.party, GATEWAY_ROLE.role)
    handler = Handler(stores, {"north": tenant}, {DocumentKind.RESERVE_BID: Notebook()}, gateway, Clock())
    with stores.of("north").writing() as uow:
        receipt = inbox.put(uow, envelope(data))
    handler.handle("north", receipt.envelope_id)
    with stores.of("north").reading() as uow:
        stored = inbox.find(uow, receipt.envelope_id)
        (message,) = outbox.answering(uow, receipt.envelope_id)
        payload = outbox.payload_of(uow, message.id)
    stores.close()
    assert stored is not None
    assert payload is not None
    return stored.state, payload


def reasons_in(payload: bytes) -> str:
    """Every reason text of an acknowledgement, at whatever element."""
    return "\n".join(
        etree.fromstring(payload).xpath("//*[local-name()='Reason']/*[local-name()='text']/text()")
    )


def test_samples_are_settled_as_the_published_schema_judges_them(tmp_path: Path) -> None:
    schema = published_schema("iec62325-451-7-reservebiddocument_v7_2.xsd")
    acknowledgements = published_schema("iec62325-451-1-acknowledgement_v8_1.xsd")
    verdicts = {}
    for file in reserve_bids_7_2():
        data = file.read_bytes()
        valid = schema.validate(etree.fromstring(data))
        examination = examine(data, "application/xml", NOW)
        state, answer = settle(tmp_path, data, examination)
        verdicts[file.name] = (valid, state)
        assert acknowledgements.validate(etree.fromstring(answer)), acknowledgements.error_log
        if not valid:
            assert "inclusiveBidsIdentification, line " in reasons_in(answer)
    assert len(verdicts) >= 10
    assert {state for valid, state in verdicts.values() if valid} == {EnvelopeState.ACCEPTED}
    assert {state for valid, state in verdicts.values() if not valid} == {EnvelopeState.REFUSED}


def test_every_sample_is_answered_whatever_it_is(tmp_path: Path) -> None:
    acknowledgements = published_schema("iec62325-451-1-acknowledgement_v8_1.xsd")
    refused = 0
    for file in sorted((SAMPLES / "Fingrid__reservimarkkinat").rglob("*.xml")):
        data = file.read_bytes()
        if b"Acknowledgement_MarketDocument" in data[:2000]:
            continue
        examination = examine(data, "application/xml", NOW)
        state, answer = settle(tmp_path, data, examination)
        assert acknowledgements.validate(etree.fromstring(answer)), acknowledgements.error_log
        if not esmp.validate(data).valid:
            assert state is EnvelopeState.REFUSED
            refused += 1
    assert refused >= 4


def test_senders_learn_which_document_could_not_be_read(tmp_path: Path) -> None:
    """A published sample with a wrong end tag still says its name."""
    data = (SAMPLES / "Fingrid__reservimarkkinat" / "FCR" / "document_structure.example1.xml").read_bytes()
    state, answer = settle(tmp_path, data, examine(data, "application/xml", NOW))
    assert state is EnvelopeState.REFUSED
    assert acknowledgement_in(answer).received.mrid is not None
    assert acknowledgement_in(answer).header.receiver == Role(CodedId("11XTEST-NORTH--J"), "A46")
