"""Documents for somebody else: checked, converted, carried over once, acknowledged both ways."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

import esmp
import mappings
from esmp.codes import code_set
from esmp.profiles import profiles
from esmp.sample_documents import specimen
from gateway.delivery import ForwardingJob, RouteBook
from gateway.domain.document import (
    Acknowledgement,
    DocumentHeader,
    DocumentKind,
    ReceivedDocument,
    ReserveBids,
)
from gateway.domain.grant import Grants
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Reason
from gateway.domain.role import TenantRole, held
from gateway.domain.route import LossPolicy, Route, Routes
from gateway.intake.apply.forwarding import Forwarder
from gateway.intake.service.handling import Handler
from gateway.ports import ConflictError
from gateway.processes.acknowledgements import RecordAcknowledgements
from gateway.records.messages import acknowledgements, documents, findings, forwardings, inbox, outbox
from gateway.records.messages.acknowledgements import AnswerState
from gateway.records.messages.forwardings import Loss
from gateway.records.messages.inbox import EnvelopeState
from gateway.records.messages.outbox import StoredMessage
from tests.intake.local_gateway import (
    GATEWAY_ROLE,
    NOW,
    Clock,
    Notebook,
    acknowledgement_in,
    codes_of,
    envelope,
    tenant,
)
from tests.specimens import GATEWAY, NORTH, RESERVE_BID_7_2, RESERVE_BID_7_4, SOUTH
from tests.stores import stores_in

AGE = timedelta(hours=20)
TENANTS = {"north": tenant("north", NORTH), "south": tenant("south", SOUTH, version="8.0")}
TO_SOUTH = Route("to-south", to="south", receiver=SOUTH)
FOR_SOUTH = RESERVE_BID_7_2.data.replace(
    b'receiver_MarketParticipant.mRID codingScheme="A01">' + GATEWAY.encode(),
    b'receiver_MarketParticipant.mRID codingScheme="A01">' + SOUTH.encode(),
)


def addressed(data: bytes, sender: str, receiver: str) -> bytes:
    root = etree.fromstring(data)
    for name, code in (("sender", sender), ("receiver", receiver)):
        element = root.find(f"{{*}}{name}_MarketParticipant.mRID")
        assert element is not None
        element.text = code
    created = root.find("{*}createdDateTime")
    assert created is not None
    created.text = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


LOSSY = addressed(RESERVE_BID_7_4.data, NORTH, SOUTH)
"""Says what 7.2 has no elements for."""


class LocalGateway:
    """Two tenants, a route, and everything between them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process = Notebook()
        self.count = 0
        self.stores = stores_in(directory, TENANTS)
        self.use(TO_SOUTH)

    def use(self, *routes: Route, max_age: timedelta | None = None, grants: Grants | None = None) -> None:
        self.routes = Routes(routes)
        self.handler = Handler(
            self.stores,
            TENANTS,
            {
                DocumentKind.RESERVE_BID: self.process,
                DocumentKind.ACKNOWLEDGEMENT: RecordAcknowledgements(TENANTS),
            },
            GATEWAY_ROLE,
            Clock(),
            forwarder=Forwarder(self.routes, TENANTS, GATEWAY_ROLE),
            grants=grants or Grants(),
        )
        self.forwarder = ForwardingJob(self.stores, TENANTS, self.routes, lambda _: max_age, Clock())

    def take(self, data: bytes, sender: str = "north", content_type: str = "application/xml") -> str:
        """Hand a document in and handle it; gives its envelope."""
        self.count += 1
        with self.stores.of(sender).writing() as uow:
            receipt = inbox.put(uow, envelope(data, sender, f"m{self.count}", content_type))
        self.handler.handle(sender, receipt.envelope_id)
        return receipt.envelope_id

    def forward(self) -> None:
        for name in TENANTS:
            self.forwarder.forward(name)

    def state(self, document: str, sender: str = "north") -> EnvelopeState:
        with self.stores.of(sender).reading() as uow:
            stored = inbox.find(uow, document)
        assert stored is not None
        return stored.state

    def findings(self, document: str, sender: str = "north") -> list[str]:
        with self.stores.of(sender).reading() as uow:
            return [finding.message for finding in findings.of(uow, document)]

    def outbox(self, name: str) -> list[tuple[StoredMessage, bytes]]:
        with self.stores.of(name).reading() as uow:
            found = outbox.after(uow, 0, 100)
            return [(message, outbox.payload_of(uow, message.id) or b"") for message in found]

    def sent(self, name: str) -> tuple[StoredMessage, bytes]:
        (found,) = self.outbox(name)
        return found


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalGateway]:
    built = LocalGateway(tmp_path)
    yield built
    built.stores.close()


def bids_in(data: bytes) -> ReserveBids:
    report = esmp.validate(data)
    assert report.identity is not None
    found = mappings.read(data, report.identity).document
    assert isinstance(found, ReserveBids)
    return found


def answer_of_south(*codes: str, mrid: str) -> bytes:
    header = DocumentHeader(
        DocumentKind.ACKNOWLEDGEMENT,
        "8.0",
        f"TEST-ACK-{'-'.join(codes)}",
        1,
        None,
        None,
        Role(CodedId(SOUTH), "A46"),
        Role(CodedId(NORTH), "A46"),
        NOW,
    )
    reasons = tuple(Reason(code) for code in codes)
    return mappings.write(Acknowledgement(header, ReceivedDocument(mrid, 1), reasons), "8.0").data


class TestForwarding:
    def test_in_its_own_version_a_document_goes_as_it_came(self, local: LocalGateway) -> None:
        document = local.take(FOR_SOUTH)
        local.forward()
        assert local.state(document) is EnvelopeState.ACCEPTED
        message, payload = local.sent("south")
        assert payload == FOR_SOUTH
        assert (message.kind, message.version, message.made_here) == ("ReserveBid", "7.2", False)
        (_, answer), *_ = local.outbox("north")
        stated = acknowledgement_in(answer)
        assert [(one.code, one.text) for one in stated.reasons] == [
            ("A01", "message fully accepted"),
            ("A95", "forwarded as ReserveBid 7.2"),
        ]
        assert local.process.calls == []

    def test_it_leaves_in_the_version_of_the_route(self, local: LocalGateway) -> None:
        local.use(replace(TO_SOUTH, kind="ReserveBid", version="7.4"))
        local.take(FOR_SOUTH)
        local.forward()
        message, payload = local.sent("south")
        report = esmp.validate(payload)
        assert report.findings == ()
        assert (message.version, report.identity and report.identity.version) == ("7.4", "7.4")
        assert bids_in(payload).bids.bid_id == bids_in(FOR_SOUTH).bids.bid_id
        assert bids_in(payload).header.mrid == bids_in(FOR_SOUTH).header.mrid

    def test_json_leaves_as_xml(self, local: LocalGateway) -> None:
        data = mappings.canonical_json.dumps(bids_in(FOR_SOUTH))
        document = local.take(data, content_type="application/json")
        local.forward()
        assert local.state(document) is EnvelopeState.ACCEPTED
        message, payload = local.sent("south")
        assert message.content_type == "application/xml"
        assert bids_in(payload).bids.bid_id == bids_in(FOR_SOUTH).bids.bid_id

    def test_what_is_for_the_gateway_is_not_forwarded(self, local: LocalGateway) -> None:
        local.use(Route("everything", to="south"))
        local.take(RESERVE_BID_7_2.data)
        local.forward()
        assert local.outbox("south") == []
        assert len(local.process.calls) == 1

    @pytest.mark.parametrize("routes", [(), (replace(TO_SOUTH, process="A51"),)], ids=["none", "other"])
    @pytest.mark.parametrize("receiver", [SOUTH, "11XTEST-STRANGE5"])
    def test_what_is_for_another_and_no_route_takes_is_refused(
        self, local: LocalGateway, routes: tuple[Route, ...], receiver: str
    ) -> None:
        local.use(*routes)
        document = local.take(FOR_SOUTH.replace(f">{SOUTH}<".encode(), f">{receiver}<".encode(), 1))
        assert local.state(document) is EnvelopeState.REFUSED
        assert local.process.calls == []
        (message,) = local.findings(document)
        assert receiver in message
        assert "no route" in message

    def test_an_invalid_document_is_not_forwarded(self, local: LocalGateway) -> None:
        document = local.take(FOR_SOUTH.replace(b"A47", b"A00"))
        local.forward()
        assert local.state(document) is EnvelopeState.REFUSED
        assert local.outbox("south") == []

    def test_a_series_at_fault_refuses_the_whole(self, local: LocalGateway) -> None:
        bids = bids_in(FOR_SOUTH)
        first = bids.bids.bid_id[0].encode()
        second = bids.bids.bid_id[1].encode()
        document = local.take(FOR_SOUTH.replace(b"<mRID>" + second, b"<mRID>" + first))
        local.forward()
        assert local.state(document) is EnvelopeState.REFUSED
        assert local.outbox("south") == []

    def test_of_an_unregistered_sender_nothing_is_forwarded(self, local: LocalGateway) -> None:
        document = local.take(FOR_SOUTH.replace(NORTH.encode(), b"11XTEST-STRANGE5"))
        local.forward()
        assert local.state(document) is EnvelopeState.REFUSED
        assert local.outbox("south") == []

    def test_back_to_its_sender_is_nowhere(self, local: LocalGateway) -> None:
        local.use(Route("back", to="north"))
        document = local.take(FOR_SOUTH)
        assert local.findings(document) == ["route back leads back to you"]


class TestLosses:
    def test_they_are_kept_by_path_and_reported_without_values(self, local: LocalGateway) -> None:
        local.use(replace(TO_SOUTH, kind="ReserveBid", version="7.2", loss=LossPolicy.REPORT))
        document = local.take(LOSSY)
        assert local.findings(document) == []
        with local.stores.of("north").reading() as uow:
            forwarded = forwardings.of_document(uow, document)
            assert forwarded is not None
            losses = forwardings.losses_of(uow, forwarded.number)
            stored = documents.find(uow, document)
        stated = "ReserveBid 7.2 has no element for it"
        assert set(losses) == {
            Loss("dropped", "Bid_TimeSeries/mktPSRType.psrType", stated),
            Loss("dropped", "Bid_TimeSeries/inclusiveBidsIdentification", stated, 2),
        }
        assert stored is not None
        assert stored.remarks == (
            "forwarded as ReserveBid 7.2",
            "3 values are not as they came",
        )
        (figures,) = RouteBook(local.stores, local.routes).figures()
        assert (figures.forwarded, figures.waiting) == (1, 1)
        assert sum(loss.times for loss in figures.losses) == sum(loss.times for loss in losses)

    def test_where_loss_is_forbidden_the_document_is_refused(self, local: LocalGateway) -> None:
        local.use(replace(TO_SOUTH, kind="ReserveBid", version="7.2"))
        document = local.take(LOSSY)
        local.forward()
        assert local.state(document) is EnvelopeState.REFUSED
        assert all(message.startswith("ReserveBid 7.2 cannot carry") for message in local.findings(document))
        assert local.outbox("south") == []
        ((_, answer),) = local.outbox("north")
        assert "A02" in codes_of(acknowledgement_in(answer))

    def test_without_loss_it_passes_where_loss_is_forbidden(self, local: LocalGateway) -> None:
        local.use(replace(TO_SOUTH, kind="ReserveBid", version="7.4"))
        document = local.take(FOR_SOUTH)
        assert local.state(document) is EnvelopeState.ACCEPTED


class TestUnmapped:
    """Families without a place in the canonical model."""

    @pytest.fixture
    def data(self) -> bytes:
        found = next(each for each in profiles() if (each.family, each.version) == ("Redispatch", "6.1"))
        root = specimen(found, code_set(), full=False, series=1)
        return addressed(etree.tostring(root, xml_declaration=True, encoding="UTF-8"), NORTH, SOUTH)

    def test_in_its_own_version_it_goes_as_it_came(self, local: LocalGateway, data: bytes) -> None:
        document = local.take(data)
        local.forward()
        assert local.findings(document) == []
        message, payload = local.sent("south")
        assert (message.kind, message.version, payload) == ("Redispatch", "6.1", data)

    def test_in_another_version_it_cannot_go(self, local: LocalGateway, data: bytes) -> None:
        local.use(replace(TO_SOUTH, kind="Redispatch", version="6.0"))
        document = local.take(data)
        local.forward()
        assert local.findings(document) == ["a Redispatch 6.1 cannot be made a Redispatch 6.0"]
        assert local.outbox("south") == []

    def test_without_a_route_it_is_refused(self, local: LocalGateway, data: bytes) -> None:
        local.use()
        document = local.take(data)
        assert local.state(document) is EnvelopeState.REFUSED
        (message,) = local.findings(document)
        assert "no route" in message


class TestTwice:
    def test_the_same_document_again_is_forwarded_once(self, local: LocalGateway) -> None:
        local.take(FOR_SOUTH)
        local.forward()
        local.take(FOR_SOUTH)
        local.forward()
        assert len(local.outbox("south")) == 1
        assert len(local.outbox("north")) == 2  # answered both times

    def test_other_content_under_the_same_mrid_is_a_conflict(self, local: LocalGateway) -> None:
        local.take(FOR_SOUTH)
        document = local.take(FOR_SOUTH.replace(b"</ReserveBid", b" </ReserveBid"))
        local.forward()
        assert local.state(document) is EnvelopeState.REFUSED
        assert "is known with other content and still holds" in local.findings(document)[0]
        assert len(local.outbox("south")) == 1

    def test_revisions_arrive_in_their_order_and_an_older_one_not_at_all(self, local: LocalGateway) -> None:
        second, third = (
            FOR_SOUTH.replace(b"<revisionNumber>1<", b"<revisionNumber>%d<" % number) for number in (2, 3)
        )
        assert second != FOR_SOUTH
        local.take(FOR_SOUTH)
        local.take(third)
        late = local.take(second)
        local.forward()
        assert local.state(late) is EnvelopeState.REFUSED
        assert [payload for _, payload in local.outbox("south")] == [FOR_SOUTH, third]

    def test_the_same_message_id_with_other_content_is_a_conflict(self, local: LocalGateway) -> None:
        local.take(FOR_SOUTH)
        again = envelope(FOR_SOUTH + b" ", "north", f"m{local.count}")
        with local.stores.of("north").writing() as uow, pytest.raises(ConflictError):
            inbox.put(uow, again)
        local.forward()
        assert len(local.outbox("south")) == 1

    def test_an_end_between_the_stores_carries_nothing_twice(
        self, local: LocalGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local.take(FOR_SOUTH)
        with monkeypatch.context() as broken:
            broken.setattr(forwardings, "note_forwarded", _die)
            with pytest.raises(SystemExit):
                local.forward()
        assert len(local.outbox("south")) == 1
        local.use(TO_SOUTH)  # the next process
        local.forward()
        assert len(local.outbox("south")) == 1
        with local.stores.of("north").reading() as uow:
            assert forwardings.waiting(uow, TENANTS, 10) == []

    def test_an_end_before_the_receivers_store_loses_nothing(
        self, local: LocalGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local.take(FOR_SOUTH)
        with monkeypatch.context() as broken:
            broken.setattr(forwardings, "note_origin", _die)
            with pytest.raises(SystemExit):
                local.forward()
        assert local.outbox("south") == []
        local.use(TO_SOUTH)
        local.forward()
        assert len(local.outbox("south")) == 1

    def test_the_receiver_sees_it_before_it_is_too_old(self, local: LocalGateway) -> None:
        local.use(TO_SOUTH, max_age=AGE)
        local.take(FOR_SOUTH)
        local.forward()
        message, _ = local.sent("south")
        assert message.not_after == bids_in(FOR_SOUTH).header.created_at + AGE


class TestAnswers:
    @pytest.mark.parametrize(
        ("codes", "state"), [(["A01"], AnswerState.ACCEPTED), (["A02"], AnswerState.REFUSED)]
    )
    def test_what_the_receiver_says_goes_back_to_the_sender(
        self, local: LocalGateway, codes: list[str], state: AnswerState
    ) -> None:
        document = local.take(FOR_SOUTH)
        local.forward()
        forwarded, _ = local.sent("south")
        with local.stores.of("south").reading() as uow:
            assert acknowledgements.of(uow, [forwarded.id])[forwarded.id].state is AnswerState.AWAITED
        answer = local.take(answer_of_south(*codes, mrid=bids_in(FOR_SOUTH).header.mrid), "south")
        assert local.findings(answer, "south") == []
        local.forward()
        with local.stores.of("south").reading() as uow:
            assert acknowledgements.of(uow, [forwarded.id])[forwarded.id].state is state
        ours, theirs = local.outbox("north")
        assert ours[0].answers == theirs[0].answers == document
        stated = acknowledgement_in(theirs[1])
        assert codes_of(stated) == codes
        assert (stated.header.version, stated.header.sender.party.code) == ("8.1", SOUTH)
        assert len(local.outbox("south")) == 1  # answers are not answered

    def test_an_answer_that_comes_again_goes_back_once(self, local: LocalGateway) -> None:
        local.take(FOR_SOUTH)
        local.forward()
        for _ in range(2):
            local.take(answer_of_south("A01", mrid=bids_in(FOR_SOUTH).header.mrid), "south")
            local.forward()
        assert len(local.outbox("north")) == 2

    def test_an_answer_to_nothing_goes_nowhere(self, local: LocalGateway) -> None:
        answer = local.take(answer_of_south("A01", mrid="TEST-UNKNOWN"), "south")
        local.forward()
        assert local.state(answer, "south") is EnvelopeState.REFUSED
        assert local.outbox("north") == []

    def test_only_its_receiver_says_what_becomes_of_a_document(self, local: LocalGateway) -> None:
        """South never got the document; a route for whatever it sends to north carries no verdict on it."""
        local.use(Route("all-to-north", to="north", receiver=NORTH))
        answer = local.take(answer_of_south("A02", mrid=bids_in(FOR_SOUTH).header.mrid), "south")
        local.forward()
        assert local.state(answer, "south") is EnvelopeState.REFUSED
        assert "was sent to you" in local.findings(answer, "south")[0]
        assert local.outbox("north") == []

    def test_a_sender_that_names_no_version_gets_all_answers_in_the_same(
        self, local: LocalGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(TENANTS, "north", replace(TENANTS["north"], versions={}))
        local.use(TO_SOUTH)
        local.take(FOR_SOUTH)
        local.forward()
        local.take(answer_of_south("A01", mrid=bids_in(FOR_SOUTH).header.mrid), "south")
        local.forward()
        versions = [acknowledgement_in(data).header.version for _, data in local.outbox("north")]
        assert versions == ["8.1", "8.1"]


@pytest.mark.parametrize("role", [TenantRole.DSO, TenantRole.PROVIDER, TenantRole.METER_OPERATOR])
def test_whoever_receives_a_document_answers_it(
    local: LocalGateway, monkeypatch: pytest.MonkeyPatch, role: TenantRole
) -> None:
    monkeypatch.setitem(TENANTS, "south", replace(TENANTS["south"], roles=held(role)))
    local.use(TO_SOUTH)
    local.take(FOR_SOUTH)
    local.forward()
    message, _ = local.sent("south")
    with local.stores.of("south").reading() as uow:
        assert acknowledgements.of(uow, [message.id])[message.id].state is AnswerState.AWAITED
    answer = local.take(answer_of_south("A01", mrid=bids_in(FOR_SOUTH).header.mrid), "south")
    assert local.findings(answer, "south") == []
    with local.stores.of("south").reading() as uow:
        assert acknowledgements.of(uow, [message.id])[message.id].state is AnswerState.ACCEPTED


def _die(*_: object, **__: object) -> None:
    raise SystemExit
