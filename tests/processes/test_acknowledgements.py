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
from gateway.processes.acknowledgements import TakeAcknowledgements, verdict_of
from gateway.records.engine.store import Store
from gateway.records.messages import acknowledgements, outbox
from gateway.records.messages.acknowledgements import Answer, AnswerState
from gateway.records.messages.outbox import OutboxState
from tests.placing import path_of
from tests.processes.world import CLOSES, GATEWAY, TENANTS

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
    ("said", "state"),
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
def test_verdicts(said: Acknowledgement, state: AnswerState) -> None:
    assert verdict_of(said) is state


class House:
    def __init__(self, directory: Path) -> None:
        self.store = Store(directory, TENANTS)
        self.process = TakeAcknowledgements(TENANTS)

    def send(self, mrid: str = "TEST-1", revision: int = 1, sender: str = GATEWAY.party.code) -> int:
        label = DocumentLabel("BidAvailability", "1.1", CodedId(sender), mrid, revision, CLOSES)
        with self.store.room("east").writing() as room:
            return outbox.put(room, Outgoing("BidAvailability", "1.1", b"<a/>", wants=label), CLOSES)

    def take(self, said: Acknowledgement) -> Sequence[Finding]:
        with self.store.room("east").writing() as room:
            return self.process.take(room, EAST, said, "envelope-1", CLOSES)

    def answer(self, message: int) -> Answer:
        with self.store.room("east").reading() as room:
            return acknowledgements.of(room, [message])[message]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path)
    yield built
    built.store.close()


def test_it_is_noted_apart_from_the_transport(house: House) -> None:
    message = house.send()
    assert house.answer(message).state is AnswerState.AWAITED
    assert house.take(document("A03", "B70", series=1)) == []
    answer = house.answer(message)
    assert (answer.state, answer.codes, answer.answered_by) == (
        AnswerState.PARTLY,
        ("A03", "B70"),
        "envelope-1",
    )
    with house.store.room("east").reading() as room:
        assert outbox.find(room, message).state is OutboxState.WAITING  # type: ignore[union-attr]


def test_the_revision_is_looked_at_and_may_be_missing(house: House) -> None:
    first, second = house.send(revision=1), house.send(revision=2)
    assert house.take(document("A01", revision=1)) == []
    assert (house.answer(first).state, house.answer(second).state) == (
        AnswerState.ACCEPTED,
        AnswerState.AWAITED,
    )
    assert house.take(document("A02", revision=None)) == []
    assert house.answer(second).state is AnswerState.REFUSED


def test_two_senders_may_use_the_same_mrid(house: House) -> None:
    ours, theirs = house.send(), house.send(sender="TEST-WEST")
    assert house.take(document("A01", to=Role(CodedId("TEST-WEST")))) == []
    assert house.answer(ours).state is AnswerState.AWAITED
    assert house.answer(theirs).state is AnswerState.ACCEPTED


def test_what_was_said_first_stays(house: House) -> None:
    message = house.send()
    house.take(document("A01"))
    assert house.take(replace(document("A01"), rejected_series=())) == []
    (finding,) = house.take(document("A02"))
    assert finding.message == "document TEST-1 was acknowledged before, as accepted"
    assert house.answer(message).state is AnswerState.ACCEPTED


@pytest.mark.parametrize("said", [document("A01", mrid="TEST-2"), document("A01", mrid=None)])
def test_an_answer_to_nothing_is_refused(house: House, said: Acknowledgement) -> None:
    message = house.send()
    (finding,) = house.take(said)
    assert "no document" in finding.message
    assert path_of(finding, DocumentKind.ACKNOWLEDGEMENT) == "received_MarketDocument.mRID"
    assert house.answer(message).state is AnswerState.AWAITED


def test_another_revision_than_was_sent_is_told_which_was(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.send(revision=1)
    house.send(revision=3)
    (found,) = house.take(document("A01", revision=2))
    assert found.message == "revision 2 of document 'TEST-1' was not sent to you, but 1, 3"
    house.store.close()
