"""What peers say of our documents: matched by mRID and revision, noted once, apart from the transport."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.document import (
    Acknowledgement,
    DocumentHeader,
    DocumentKind,
    DocumentLabel,
    ReceivedDocument,
    RejectedSeries,
)
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Finding, Reason
from gateway.processes.acknowledgements import RecordAcknowledgements, verdict_of
from gateway.records.messages import acknowledgements, outbox
from gateway.records.messages.acknowledgements import AnswerState, PeerAnswer
from gateway.records.messages.outbox import OutboxState
from tests.placing import path_of
from tests.processes.world import CLOSES, GATEWAY, TENANTS
from tests.stores import stores_in

EAST = TENANTS["east"]


def document(
    *codes: str, mrid: str | None = "TEST-1", revision: int | None = 1, series: int = 0, to: Role = GATEWAY
) -> Acknowledgement:
    header = DocumentHeader(
        DocumentKind.ACKNOWLEDGEMENT, "8.1", "TEST-ACK", 1, None, None, Role(EAST.parties[0]), to, CLOSES
    )
    return Acknowledgement(
        header,
        ReceivedDocument(mrid, revision),
        tuple(Reason(code) for code in codes),
        tuple(RejectedSeries(f"TEST-{number}", (Reason("A20"),)) for number in range(series)),
    )


@pytest.mark.parametrize(
    ("stated", "state"),
    [
        (document("A01"), AnswerState.ACCEPTED),
        (document("A01", series=1), AnswerState.PARTLY),
        (document("A03", "B70"), AnswerState.PARTLY),
        (document("A03", "A02"), AnswerState.REFUSED),
        (document("A02"), AnswerState.REFUSED),
        (document("A94"), AnswerState.REFUSED),
        (document(), AnswerState.REFUSED),
    ],
)
def test_verdicts(stated: Acknowledgement, state: AnswerState) -> None:
    assert verdict_of(stated) is state


class LocalGateway:
    def __init__(self, directory: Path) -> None:
        self.stores = stores_in(directory, TENANTS)
        self.process = RecordAcknowledgements(TENANTS)

    def send(self, mrid: str = "TEST-1", revision: int = 1, sender: str = GATEWAY.party.code) -> int:
        label = DocumentLabel("BidAvailability", "1.1", CodedId(sender), mrid, revision, CLOSES)
        with self.stores.of("east").writing() as uow:
            return outbox.put(uow, Outgoing("BidAvailability", "1.1", b"<a/>", wants=label), CLOSES)

    def take(self, stated: Acknowledgement) -> Sequence[Finding]:
        with self.stores.of("east").writing() as uow:
            return self.process.apply(uow, EAST, stated, "envelope-1", CLOSES)

    def answer(self, message: int) -> PeerAnswer:
        with self.stores.of("east").reading() as uow:
            return acknowledgements.of(uow, [message])[message]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalGateway]:
    built = LocalGateway(tmp_path)
    yield built
    built.stores.close()


def test_it_is_noted_apart_from_the_transport(local: LocalGateway) -> None:
    message = local.send()
    assert local.answer(message).state is AnswerState.AWAITED
    assert local.take(document("A03", "B70", series=1)) == []
    answer = local.answer(message)
    assert (answer.state, answer.codes, answer.answered_by) == (
        AnswerState.PARTLY,
        ("A03", "B70"),
        "envelope-1",
    )
    with local.stores.of("east").reading() as uow:
        assert outbox.find(uow, message).state is OutboxState.WAITING  # type: ignore[union-attr]


def test_the_revision_is_looked_at_and_may_be_missing(local: LocalGateway) -> None:
    first, second = local.send(revision=1), local.send(revision=2)
    assert local.take(document("A01", revision=1)) == []
    assert (local.answer(first).state, local.answer(second).state) == (
        AnswerState.ACCEPTED,
        AnswerState.AWAITED,
    )
    assert local.take(document("A02", revision=None)) == []
    assert local.answer(second).state is AnswerState.REFUSED


def test_two_senders_may_use_the_same_mrid(local: LocalGateway) -> None:
    ours, theirs = local.send(), local.send(sender="TEST-WEST")
    assert local.take(document("A01", to=Role(CodedId("TEST-WEST")))) == []
    assert local.answer(ours).state is AnswerState.AWAITED
    assert local.answer(theirs).state is AnswerState.ACCEPTED


def test_the_first_statement_stays(local: LocalGateway) -> None:
    message = local.send()
    local.take(document("A01"))
    assert local.take(replace(document("A01"), rejected_series=())) == []
    (finding,) = local.take(document("A02"))
    assert finding.message == "document TEST-1 was acknowledged before, as accepted"
    assert local.answer(message).state is AnswerState.ACCEPTED


@pytest.mark.parametrize("stated", [document("A01", mrid="TEST-2"), document("A01", mrid=None)])
def test_an_answer_to_nothing_is_refused(local: LocalGateway, stated: Acknowledgement) -> None:
    message = local.send()
    (finding,) = local.take(stated)
    assert "no document" in finding.message
    assert path_of(finding, DocumentKind.ACKNOWLEDGEMENT) == "received_MarketDocument.mRID"
    assert local.answer(message).state is AnswerState.AWAITED


def test_a_reference_to_an_unsent_revision_is_answered_with_the_sent_one(tmp_path: Path) -> None:
    local = LocalGateway(tmp_path)
    local.send(revision=1)
    local.send(revision=3)
    (found,) = local.take(document("A01", revision=2))
    assert found.message == "revision 2 of document 'TEST-1' was not sent to you, but 1, 3"
    local.stores.close()
