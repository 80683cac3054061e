"""One behaviour on every protocol: written once, run against each peer, the REST interface included."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog
from structlog.testing import capture_logs

import esmp
import mappings
from gateway.domain.document import Acknowledgement
from gateway.intake.service import handling
from gateway.records.messages.outbox import OutboxState
from mappings import bid_csv, canonical_json
from tests.adapters.local_gateway import LARGEST_BYTES, LocalGateway, Peer, stays
from tests.adapters.peers import parameters
from tests.adapters.peers.folder import folder_peer
from tests.intake.local_gateway import NOW, acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import (
    ACKNOWLEDGEMENT_8_1,
    GATEWAY,
    NORTH,
    RESERVE_BID_7_2,
    RESERVE_BID_TABLE,
    UNFIT,
    replaced,
)

pytestmark = pytest.mark.parametrize("peer", parameters(), indirect=True)

GOOD = RESERVE_BID_7_2.data
OTHER = replaced("<energy_Price.amount>45.5<", "<energy_Price.amount>45.9<")(GOOD)
"""The same document by its own id and revision, with another price."""
FATAL_MRID = "TEST-POISON"
FATAL = GOOD.replace(b"TEST-DOC-72", FATAL_MRID.encode(), 1)
"""A good document, but the gateway fails over it, every time."""
WITHIN_S = 4.0
"""Until a neighbour is answered; less than the five seconds that channels here wait for a silent peer."""

OF_NOTHING_SENT = (
    ACKNOWLEDGEMENT_8_1.data.replace(b"11XTEST-GATE---C", b"?")
    .replace(b"11XTEST-NORTH--J", b"11XTEST-GATE---C")
    .replace(b"?</sender", b"11XTEST-NORTH--J</sender")
    .rstrip()
)
"""An acknowledgement by the platform of a document that it never received."""


def sent_everything(gate: str) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<StatusRequest_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-5:statusrequestdocument:4:1">
  <mRID>TEST-DONE-{gate}</mRID>
  <type>A59</type>
  <sender_MarketParticipant.mRID codingScheme="A01">{NORTH}</sender_MarketParticipant.mRID>
  <sender_MarketParticipant.marketRole.type>A46</sender_MarketParticipant.marketRole.type>
  <receiver_MarketParticipant.mRID codingScheme="A01">{GATEWAY}</receiver_MarketParticipant.mRID>
  <receiver_MarketParticipant.marketRole.type>A34</receiver_MarketParticipant.marketRole.type>
  <createdDateTime>2026-02-28T10:15:30Z</createdDateTime>
  <AttributeInstanceComponent>
    <attribute>flexgate.sent-everything</attribute>
    <attributeValue>{gate}</attributeValue>
  </AttributeInstanceComponent>
</StatusRequest_MarketDocument>
""".encode()


SCHEMA_FAULT = next(unfit for unfit in UNFIT if unfit.name == "missing-element").data


def acknowledgements(peer: Peer) -> list[Acknowledgement]:
    return [acknowledgement_in(each.payload) for each in peer.received()]


def answered(peer: Peer, count: int = 1) -> list[Acknowledgement]:
    eventually(lambda: len(peer.received()) >= count, f"{count} answers")
    return acknowledgements(peer)


def test_a_document_takes_effect_and_is_answered(local: LocalGateway, peer: Peer) -> None:
    local.start()
    peer.send(GOOD, "message-1")
    (answer,) = answered(peer)
    assert codes_of(answer) == ["A01"]
    assert len(local.noted()) == RESERVE_BID_7_2.series
    (received,) = peer.received()
    assert received.message_id
    assert "message-1" in (received.answers or ""), "the answer names the message it answers"


@pytest.mark.parametrize("bad", [SCHEMA_FAULT, b"bid;10 MW;45.50\n", b"", b"\x00\xff\xfe"])
def test_a_bad_document_is_answered_with_reasons_and_has_no_effect(
    local: LocalGateway, peer: Peer, bad: bytes
) -> None:
    local.start()
    peer.send(bad, "message-1")
    (answer,) = answered(peer)
    assert codes_of(answer)[0] == "A02"
    assert len(codes_of(answer)) > 1
    assert local.noted() == []
    peer.send(GOOD, "message-2")
    assert codes_of(answered(peer, 2)[1]) == ["A01"]


def test_a_refused_acknowledgement_is_not_answered_but_shown(
    local: LocalGateway, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers to answers would go to and fro for ever, so the operator is notified, not the sender."""
    # Another test of this process may have left a logger that is configured otherwise.
    monkeypatch.setattr(handling, "_log", structlog.get_logger())
    local.start()
    with capture_logs() as logs:
        peer.send(OF_NOTHING_SENT, "message-1")
        eventually(lambda: any(one["event"] == "acknowledgement refused" for one in logs), "the warning")
    peer.send(GOOD, "message-2")
    (answer,) = answered(peer)
    assert (codes_of(answer), answer.received.mrid) == (["A01"], "TEST-DOC-72")
    assert stays(lambda: len(peer.received()) == 1)
    assert local.quarantined() == [OF_NOTHING_SENT]
    assert peer.refusals() == []


@pytest.mark.feature(id="C9")
@pytest.mark.parametrize("document", [GOOD, SCHEMA_FAULT], ids=["accepted", "refused"])
def test_a_repeated_message_has_one_effect_and_its_old_answer(
    local: LocalGateway, peer: Peer, document: bytes
) -> None:
    local.start()
    for count in range(1, 4):
        peer.send(document, "message-1")
        answered(peer, count if peer.is_answered_again else 1)
    expected = 3 if peer.is_answered_again else 1
    assert stays(lambda: len(peer.received()) == expected)
    assert len({answer.header.mrid for answer in acknowledgements(peer)}) == 1, "the old answer"
    assert len({each.message_id for each in peer.received()}) == expected
    assert all("message-1" in (each.answers or "") for each in peer.received())
    assert len(local.noted()) == (RESERVE_BID_7_2.series if document is GOOD else 0)
    assert len(local.quarantined()) == (0 if document is GOOD else 1)
    assert peer.refusals() == []


def test_other_content_under_a_used_id_changes_nothing_and_is_reported(
    local: LocalGateway, peer: Peer
) -> None:
    local.start()
    peer.send(GOOD, "message-1")
    answered(peer)
    peer.send(OTHER, "message-1")
    if peer.names_messages:
        eventually(peer.refusals, "the refusal")
        assert peer.refusals() == ["urn:flexgate:problem:idempotency-key-reused"]
        assert local.envelopes() == 1
    else:  # then the document's own id and revision tell
        assert codes_of(answered(peer, 2)[1])[0] == "A02"
    assert len(local.noted()) == RESERVE_BID_7_2.series, "of the first alone"


def test_a_message_that_is_too_large_is_refused_and_delays_no_other(local: LocalGateway, peer: Peer) -> None:
    local.start()
    peer.send(GOOD + b" " * LARGEST_BYTES, "large")
    peer.send(GOOD, "good")
    assert codes_of(answered(peer)[0]) == ["A01"]
    eventually(peer.refusals, "the refusal")
    assert peer.refusals() == ["urn:flexgate:problem:too-large"]
    assert local.envelopes() == 1


def test_a_type_that_is_not_taken_is_refused(local: LocalGateway, peer: Peer) -> None:
    if not peer.types_messages:
        pytest.skip("files and MADES messages have no content type; what they are is seen from their bytes")
    local.start()
    peer.send(b"bid;10 MW;45.50\n", "table", "text/plain")
    eventually(peer.refusals, "the refusal")
    assert peer.refusals() == ["urn:flexgate:problem:unsupported-media-type"]
    assert local.envelopes() == 0


def test_bids_as_a_table_are_bids(local: LocalGateway, peer: Peer) -> None:
    if not peer.types_messages:
        pytest.skip(
            "a table is known by its content type; of files by their name, which has a test of its own"
        )
    local.start()
    peer.send(RESERVE_BID_TABLE, "message-1", "text/csv")
    assert codes_of(answered(peer)[0]) == ["A01"]
    document = bid_csv.loads(RESERVE_BID_TABLE).document
    assert local.process.hashes == [canonical_json.canonical_hash(document)]


@pytest.mark.feature(id="C14")
def test_a_platform_says_that_it_has_sent_everything(local: LocalGateway, peer: Peer) -> None:
    local.open_gates("g1", "g2")
    local.start()
    peer.send(sent_everything("g1"), "message-1")
    assert codes_of(answered(peer)[0]) == ["A01"]
    assert set(local.sent_everything()) == {"g1"}
    peer.send(sent_everything("g3"), "message-2")
    assert codes_of(answered(peer, 2)[1])[0] == "A02"
    assert set(local.sent_everything()) == {"g1"}
    if peer.types_messages:
        data = sent_everything("g2")
        document = mappings.read(data, esmp.validate(data).identity).document
        peer.send(canonical_json.dumps(document), "message-3", "application/json")
        assert codes_of(answered(peer, 3)[2]) == ["A01"]
        assert set(local.sent_everything()) == {"g1", "g2"}


def test_a_busy_gateway_takes_the_message_later_and_once(local: LocalGateway, peer: Peer) -> None:
    local.start()
    local.intake.busy = 3
    peer.send(GOOD, "message-1")
    assert codes_of(answered(peer)[0]) == ["A01"]
    assert local.envelopes() == 1
    assert peer.refusals() == []


def test_a_fault_between_storing_and_confirming_loses_nothing(local: LocalGateway, peer: Peer) -> None:
    local.start()
    local.intake.failing = 1000
    peer.send(GOOD, "message-1")
    answered(peer)
    local.restart()
    if not peer.keeps_messages:
        peer.send(GOOD, "message-1")
    peer.send(SCHEMA_FAULT, "message-2")
    eventually(lambda: len({answer.header.mrid for answer in acknowledgements(peer)}) == 2)
    # What was not confirmed may come again, and is then answered again as it was.
    codes = {answer.header.mrid: codes_of(answer)[0] for answer in acknowledgements(peer)}
    assert list(codes.values()) == ["A01", "A02"]
    assert len(local.process.hashes) == 1


def test_what_came_while_the_gateway_was_away_is_taken_by_the_next_start(
    local: LocalGateway, peer: Peer
) -> None:
    if not peer.keeps_messages:
        pytest.skip("no broker keeps a request that is not answered; its sender sends it again")
    local.start()
    local.stop()
    peer.send(GOOD, "message-1")
    local.open_stores()
    local.start()
    assert codes_of(answered(peer)[0]) == ["A01"]


def test_messages_arrive_in_order_with_ids_of_their_own(local: LocalGateway, peer: Peer) -> None:
    local.start()
    numbers = [local.put(f"<m{number}/>".encode()) for number in range(5)]
    eventually(lambda: local.state_of(numbers[-1]) is OutboxState.DELIVERED)
    eventually(lambda: len(peer.received()) == 5)
    assert [each.payload for each in peer.received()] == [b"<m0/>", b"<m1/>", b"<m2/>", b"<m3/>", b"<m4/>"]
    assert len({each.message_id for each in peer.received()}) == 5


def test_a_peer_out_of_reach_gets_everything_later(local: LocalGateway, peer: Peer) -> None:
    local.start()
    peer.unplug()
    local.until_health("down")
    numbers = [local.put(f"<m{number}/>".encode()) for number in range(3)]
    assert stays(lambda: all(local.state_of(number) is OutboxState.WAITING for number in numbers))
    peer.plug()
    local.until_health("up")
    eventually(lambda: all(local.state_of(number) is OutboxState.DELIVERED for number in numbers))
    eventually(lambda: len({each.payload for each in peer.received()}) == 3)
    peer.send(GOOD, "message-1")
    eventually(lambda: len(local.noted()) == RESERVE_BID_7_2.series, "documents to come in again")


def test_a_peer_that_is_not_there_at_the_start_is_found_later(local: LocalGateway, peer: Peer) -> None:
    if peer.channel() is None:
        pytest.skip("the REST interface opens no connection at its start")
    peer.unplug()
    local.start(wait=False)
    local.until_health("down")
    peer.plug()
    local.until_health("up")
    peer.send(GOOD, "message-1")
    assert codes_of(answered(peer)[0]) == ["A01"]


@pytest.mark.feature(id="C9")
def test_what_is_late_never_leaves(local: LocalGateway, peer: Peer) -> None:
    local.start()
    late, in_time = local.put(b"<late/>", not_after=NOW), local.put(b"<in-time/>")
    eventually(lambda: local.state_of(in_time) is OutboxState.DELIVERED)
    assert local.state_of(late) is OutboxState.DEAD
    eventually(peer.received)
    assert [each.payload for each in peer.received()] == [b"<in-time/>"]


def test_a_slow_peer_gets_everything_once_and_in_order(local: LocalGateway, peer: Peer) -> None:
    local.start()
    peer.slow_down(0.05)
    numbers = [local.put(f"<m{number}/>".encode()) for number in range(3)]
    peer.send(GOOD, "message-1")
    eventually(lambda: all(local.state_of(number) is OutboxState.DELIVERED for number in numbers))
    eventually(lambda: len(peer.received()) == 4)
    assert stays(lambda: len(peer.received()) == 4)
    results = [each.payload for each in peer.received() if each.payload.startswith(b"<m")]
    assert results == [b"<m0/>", b"<m1/>", b"<m2/>"]
    local.until_health("up")


@pytest.mark.parametrize("poison", [FATAL, b"\x00\xff\xfe"], ids=["fatal", "unreadable"])
def test_poison_is_quarantined_and_refused_to_its_sender_and_delays_no_other_message(
    local: LocalGateway, peer: Peer, poison: bytes
) -> None:
    local.process.fatal = FATAL_MRID
    local.start()
    peer.send(poison, "poison")
    peer.send(GOOD, "good")
    refusal, acceptance = sorted(answered(peer, 2), key=codes_of, reverse=True)
    assert codes_of(refusal)[0] == "A02"
    assert codes_of(acceptance) == ["A01"]
    assert stays(lambda: len(peer.received()) == 2)
    # SOAP carries an element, to which the line end after it does not belong.
    assert [kept.strip() for kept in local.quarantined()] == [poison.strip()]
    assert len(local.noted()) == RESERVE_BID_7_2.series
    assert peer.refusals() == [], "it was a message; what it says is refused, not that it came"
    local.until_health("up")


@pytest.mark.parametrize("death", ["unplug", "hang"])
def test_a_dead_peer_delays_no_other(street: LocalGateway, peer: Peer, neighbour: Peer, death: str) -> None:
    street.start()
    getattr(peer, death)()
    waiting = [street.put(f"<m{number}/>".encode()) for number in range(3)]
    for count, document in enumerate((GOOD, SCHEMA_FAULT), start=1):
        neighbour.send(document, f"message-{count}")
        eventually(lambda count=count: len(neighbour.received()) == count, "the answer", WITHIN_S)
    assert {street.state_of(number) for number in waiting} == {OutboxState.WAITING}
    peer.plug()
    eventually(lambda: all(street.state_of(number) is OutboxState.DELIVERED for number in waiting))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Acknowledgement]]:
    """The answers to both documents over the simplest channel."""
    directory = tmp_path_factory.mktemp("expected")
    with folder_peer(directory) as simplest:
        local = LocalGateway(directory, simplest).start()
        simplest.send(GOOD)
        answered(simplest)
        simplest.send(SCHEMA_FAULT)
        yield [without_ids(answer) for answer in answered(simplest, 2)]
        local.stop()


@pytest.mark.feature(id="C8")
def test_the_same_document_means_the_same_on_every_channel(
    local: LocalGateway, peer: Peer, expected: list[Acknowledgement]
) -> None:
    local.start()
    peer.send(GOOD, "message-1")
    answered(peer)
    peer.send(SCHEMA_FAULT, "message-2")
    assert [without_ids(answer) for answer in answered(peer, 2)] == expected
    identity = esmp.validate(GOOD).identity
    assert identity is not None
    document = mappings.read(GOOD, identity).document
    assert local.process.hashes == [canonical_json.canonical_hash(document)]


def without_ids(answer: Acknowledgement) -> Acknowledgement:
    """What an answer says, without its own name and time."""
    return replace(answer, header=replace(answer.header, mrid="", created_at=NOW))
