"""Every version on its way through the intake: added schema sets, tolerances, code sets, encodings."""

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from lxml import etree

import mappings
from esmp import Catalogue, validate
from esmp.codes import code_set
from esmp.profiles import Family, profile
from esmp.sample_documents import specimen
from esmp.schema_sets import add, catalogue
from esmp.schemas import schema_text
from gateway.domain.document import DocumentKind, ReserveBids
from gateway.domain.reason import ReasonCode
from gateway.formats import Formats
from gateway.intake.check.examination import RECORDED, examine
from gateway.intake.service.handling import Handler
from gateway.intake.service.service import IntakeService
from gateway.records.engine.stores import Stores
from gateway.records.messages import documents, findings, inbox
from gateway.records.messages.documents import StoredDocument
from gateway.records.messages.inbox import EnvelopeState
from tests.intake.local_gateway import (
    GATEWAY_ROLE,
    NOW,
    SETTLED,
    TENANTS,
    Clock,
    Notebook,
    answers,
    codes_of,
    envelope,
    hand_in,
    noted,
)
from tests.patience import eventually
from tests.shared import STANDARDS
from tests.specimens import GATEWAY, NORTH, RESERVE_BID_7_2, SOUTH, replaced
from tests.specimens.hydro_report import REPORT, REPORT_SCHEMA
from tests.stores import stores_in

TOLERANCE = "nbm-inclusive-after-divisible"
BIDS = RESERVE_BID_7_2.data


class Gateway:
    """A running intake: hands documents in and waits until they are settled."""

    def __init__(self, stores: Stores, known: Catalogue | None = None) -> None:
        self.stores = stores
        self.notebook = Notebook()
        tenants = {
            "north": TENANTS["north"],
            "south": replace(TENANTS["north"], tenant_id="south", codes="v94"),
            "strict": replace(TENANTS["north"], tenant_id="strict", tolerances=(TOLERANCE,)),
        }
        self.intake = IntakeService(
            Handler(
                stores,
                tenants,
                {DocumentKind.RESERVE_BID: self.notebook},
                GATEWAY_ROLE,
                Clock(),
                formats=Formats() if known is None else Formats(known),
            )
        )
        self._numbers = count()

    def settle(self, data: bytes, tenant: str = "north") -> tuple[str, EnvelopeState]:
        receipt = hand_in(self.intake, envelope(data, tenant, f"m{next(self._numbers)}"))
        eventually(lambda: self._state(receipt.envelope_id, tenant) in SETTLED)
        return receipt.envelope_id, self._state(receipt.envelope_id, tenant)

    def recorded(self, document_id: str, tenant: str = "north") -> StoredDocument | None:
        with self.stores.of(tenant).reading() as uow:
            return documents.find(uow, document_id)

    def says(self, document_id: str, tenant: str = "north") -> str:
        """All that was found wrong, in words with their places."""
        with self.stores.of(tenant).reading() as uow:
            return "; ".join(found.as_reason().text or "" for found in findings.of(uow, document_id))

    def _state(self, envelope_id: str, tenant: str) -> EnvelopeState:
        with self.stores.of(tenant).reading() as uow:
            stored = inbox.find(uow, envelope_id)
        assert stored is not None
        return stored.state


@pytest.fixture
def added(tmp_path: Path) -> Catalogue:
    """Two sets: a family without a mapping, and a version of ReserveBid that is not in our tables."""
    theirs = tmp_path / "published" / "hydro"
    theirs.mkdir(parents=True)
    (theirs / "report.xsd").write_text(REPORT_SCHEMA)
    newer = tmp_path / "published" / "newer"
    newer.mkdir()
    ours = profile(Family.RESERVE_BID, "7.2")
    text = schema_text(ours).replace(ours.namespace, ours.namespace.replace(":7:2", ":9:0"))
    (newer / "bids.xsd").write_text(text)
    for directory in (theirs, newer):
        add(tmp_path / "sets", directory)
    return catalogue(tmp_path / "sets")


@pytest.fixture
def gateway(stores: Stores, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    known = request.getfixturevalue("added") if "added" in request.fixturenames else None
    running = Gateway(stores, known)
    running.intake.start()
    yield running
    running.intake.stop()


def test_without_the_set_a_document_is_unknown(gateway: Gateway) -> None:
    document_id, state = gateway.settle(REPORT)
    assert state is EnvelopeState.REFUSED
    assert "HydroReport_MarketDocument" in gateway.says(document_id)
    assert "we know Acknowledgement" in gateway.says(document_id)


@pytest.mark.usefixtures("added")
class TestAddedSets:
    @pytest.mark.feature(id="B2")
    def test_a_document_is_validated_recorded_and_answered(self, gateway: Gateway) -> None:
        document_id, state = gateway.settle(REPORT)
        assert state is EnvelopeState.ACCEPTED
        recorded = gateway.recorded(document_id)
        assert recorded is not None
        assert (recorded.kind, recorded.version, recorded.sender) == ("HydroReport", "1.3", NORTH)
        assert (recorded.mrid, recorded.revision, recorded.remarks) == ("TEST-HYDRO-1", 1, (RECORDED,))
        (answer,) = answers(gateway.stores)
        assert codes_of(answer) == ["A01", "A95"]
        assert answer.reasons[1].text == RECORDED
        assert (answer.received.mrid, answer.received.type) == ("TEST-HYDRO-1", "A72")
        assert answer.header.receiver.party.code == NORTH
        assert gateway.notebook.calls == []
        with gateway.stores.of("north").reading() as uow:
            assert inbox.payload_of(uow, document_id) is None

    @pytest.mark.parametrize(
        ("change", "code", "says"),
        [
            (replaced("881.25", "high"), ReasonCode.CANNOT_BE_PROCESSED, "level, line 7"),
            (replaced(">A72<", ">Q72<"), ReasonCode.OTHER, "'Q72' is not in its code list"),
            (replaced("<mRID>TEST-HYDRO-1</mRID>", ""), ReasonCode.MANDATORY_MISSING, "Document/mRID"),
            (replaced(NORTH, SOUTH), ReasonCode.SENDER_INVALID, SOUTH),
            (replaced("2026-02-28", "2027-02-28"), ReasonCode.TIME_INTERVAL_INCORRECT, "created at 2027"),
        ],
        ids=["schema", "code list", "no name", "foreign sender", "from the future"],
    )
    def test_what_is_wrong_is_refused(
        self,
        gateway: Gateway,
        change: Callable[[bytes], bytes],
        code: ReasonCode,
        says: str,
    ) -> None:
        document_id, state = gateway.settle(change(REPORT))
        assert state is EnvelopeState.REFUSED
        assert gateway.recorded(document_id) is None
        assert says in gateway.says(document_id)
        (answer,) = answers(gateway.stores)
        assert codes_of(answer) == ["A02", code]

    def test_a_document_without_sender_is_of_no_known_party(self, gateway: Gateway) -> None:
        start, end = REPORT.index(b"  <sender"), REPORT.index(b"  <level")
        document_id, state = gateway.settle(REPORT[:start] + REPORT[end:])
        assert state is EnvelopeState.REFUSED
        assert "sender_MarketParticipant.mRID" in gateway.says(document_id)

    def test_again_is_the_same_answer_and_changed_is_a_conflict(self, gateway: Gateway) -> None:
        gateway.settle(REPORT)
        again, state = gateway.settle(REPORT)
        assert state is EnvelopeState.ACCEPTED
        assert gateway.recorded(again) is None
        first, second = answers(gateway.stores)
        assert first == second
        _, state = gateway.settle(REPORT.replace(b"881.25", b"881.5"))
        assert state is EnvelopeState.REFUSED
        assert codes_of(answers(gateway.stores)[2]) == ["A02", "A51"]

    def test_a_newer_version_of_a_family_we_map_is_recorded_too(self, gateway: Gateway) -> None:
        document_id, state = gateway.settle(BIDS.replace(b"document:7:2", b"document:9:0"))
        assert state is EnvelopeState.ACCEPTED
        recorded = gateway.recorded(document_id)
        assert recorded is not None
        assert (recorded.kind, recorded.version, recorded.mrid) == ("ReserveBid", "9.0", "TEST-DOC-72")
        assert noted(gateway.stores) == []
        # It is the same document as one of a version that is mapped: the other content is a conflict.
        _, state = gateway.settle(BIDS)
        assert state is EnvelopeState.REFUSED

    def test_a_large_one_is_taken_in_parts(self, gateway: Gateway) -> None:
        head, tail = BIDS.index(b"  <Bid_TimeSeries>"), BIDS.rindex(b"</ReserveBid")
        large = (BIDS[:head] + BIDS[head:tail] * 1000 + BIDS[tail:]).replace(b"document:7:2", b"document:9:0")
        assert len(large) > 8 * 2**20
        assert gateway.settle(large)[1] is EnvelopeState.ACCEPTED


@pytest.mark.shared
def test_every_published_document_we_have_no_table_for_is_recorded(tmp_path: Path) -> None:
    stored = add(tmp_path / "sets", STANDARDS / "esmp" / "xsd", name="library").documents
    known = catalogue(tmp_path / "sets")
    stores = stores_in(tmp_path / "data", TENANTS)
    gateway = Gateway(stores, known)
    recorded = set()
    for document in (each.profile for each in stored if each.in_use):
        root = specimen(document, code_set("regional"), full=True)
        stated = {
            "mRID": f"TEST-{len(recorded)}",
            "createdDateTime": "2026-02-28T10:15:30Z",
            "sender_MarketParticipant.mRID": NORTH,
            "receiver_MarketParticipant.mRID": GATEWAY,
        }
        for name, text in stated.items():
            element = root.find(f"{{*}}{name}")
            assert element is not None
            element.text = text
        element.set("codingScheme", "A01")
        data = etree.tostring(root)
        if not validate(data, catalogue=known).valid:
            continue  # a pattern that our specimens do not know to fill
        document_id, state = gateway.settle(data)
        assert state is EnvelopeState.ACCEPTED, gateway.says(document_id)
        row = gateway.recorded(document_id)
        assert row is not None
        assert (row.kind, row.version) == (document.family, document.version)
        recorded.add(document_id)
    gateway.intake.stop()
    stores.close()
    assert len(recorded) > 100


def copied(bids: str, number: int) -> str:
    """The same bids under other names, in groups of their own."""
    renamed = bids.replace("<mRID>TEST-BID", f"<mRID>TEST-{number}")
    return re.sub(r"(<\w+Identification>)", rf"\g<1>{number}-", renamed)


class TestTolerances:
    @staticmethod
    def misplaced(times: int = 1) -> bytes:
        """Bids of the Nordic version whose inclusive group is where its senders write it."""
        data = mappings.convert(BIDS, "ReserveBid", "NBM-7.2").data
        head, tail = data.index(b"  <Bid_TimeSeries>"), data.rindex(b"</ReserveBid")
        bids = data[head:tail].replace(
            b"<divisible>A01</divisible>",
            b"<divisible>A01</divisible><inclusiveBidsIdentification>TEST-INC</inclusiveBidsIdentification>",
            2,
        )
        bids = b"TEST-ALSO".join(bids.rsplit(b"TEST-INC", 1))
        more = b"".join(copied(bids.decode(), number).encode() for number in range(1, times))
        return data[:head] + bids + more + data[tail:]

    def test_forgiven_only_where_agreed_and_reported_in_the_answer(self, gateway: Gateway) -> None:
        refused, state = gateway.settle(self.misplaced(), "north")
        assert state is EnvelopeState.REFUSED
        assert "inclusiveBidsIdentification" in gateway.says(refused)
        taken, state = gateway.settle(self.misplaced(), "strict")
        assert state is EnvelopeState.ACCEPTED
        recorded = gateway.recorded(taken, "strict")
        assert recorded is not None
        (remark,) = recorded.remarks
        assert remark.endswith(f"accepted by tolerance {TOLERANCE}: 2 times, first in line 24")
        (answer,) = answers(gateway.stores, "strict")
        assert codes_of(answer) == ["A01", "A95"]
        assert answer.reasons[1].text == remark

    def test_what_was_put_right_is_read_as_if_it_had_been_right(self, gateway: Gateway) -> None:
        for times in (1, 8, 600):
            data = self.misplaced(times)
            document_id, state = gateway.settle(
                data.replace(b"TEST-DOC-72", b"TEST-DOC-%d" % times), "strict"
            )
            assert state is EnvelopeState.ACCEPTED, gateway.says(document_id, "strict")
            recorded = gateway.recorded(document_id, "strict")
            assert recorded is not None
            assert f": {2 * times:,} times" in recorded.remarks[0]
            assert len(gateway.notebook.calls[-1]) == 8 * times
        assert len(data) > 4 * 2**20

    @pytest.mark.shared
    def test_published_inclusive_samples(self, gateway: Gateway) -> None:
        samples = sorted(STANDARDS.rglob("*Complex_Inclusive_ReserveBid*.xml"))
        assert len(samples) == 2
        for sample in samples:
            # Both say they are the same document, between parties who are not ours.
            name = sample.stem[:60].encode()
            data = re.sub(rb"<mRID>[^<]+", b"<mRID>" + name, sample.read_bytes(), count=1)
            for party, code in (("sender", NORTH), ("receiver", GATEWAY)):
                element = f"<{party}_MarketParticipant.mRID ".encode()
                data = re.sub(element + rb"[^<]+", element + f'codingScheme="A01">{code}'.encode(), data)
            assert gateway.settle(data, "north")[1] is EnvelopeState.REFUSED
            document_id, state = gateway.settle(data, "strict")
            assert state is EnvelopeState.ACCEPTED, gateway.says(document_id, "strict")
            recorded = gateway.recorded(document_id, "strict")
            assert recorded is not None
            assert TOLERANCE in recorded.remarks[0]


@pytest.mark.feature(id="B5")
def test_a_national_code_is_good_for_one_tenant_and_not_for_another(gateway: Gateway) -> None:
    nordic = BIDS.replace(b">A07</standard_MarketProduct", b">Z02</standard_MarketProduct")
    assert nordic != BIDS
    assert gateway.settle(nordic, "north")[1] is EnvelopeState.ACCEPTED
    document_id, state = gateway.settle(nordic, "south")
    assert state is EnvelopeState.REFUSED
    stated = gateway.says(document_id, "south")
    assert "'Z02' is not in its code list: A01, " in stated
    assert "(code set v94)" in stated
    assert gateway.settle(BIDS, "south")[1] is EnvelopeState.ACCEPTED


def test_of_an_unknown_version_the_answer_names_those_we_know(gateway: Gateway) -> None:
    gateway.settle(BIDS.replace(b"document:7:2", b"document:7:9"))
    (answer,) = answers(gateway.stores)
    stated = " ".join(reason.text or "" for reason in answer.reasons)
    assert codes_of(answer) == ["A02", "A94"]
    assert all(version in stated for version in ("7:9", "6.0", "7.2", "7.6", "NBM-7.2"))


@pytest.mark.parametrize("encoding", ["UTF-16", "ISO-8859-1"])
@pytest.mark.parametrize("times", [1, 700], ids=["small", "large"])
def test_other_encodings_say_the_same(gateway: Gateway, encoding: str, times: int) -> None:
    group = "ÜBERSCHUSS"
    text = BIDS.decode().replace("TEST-LINK-1", group).replace('encoding="UTF-8"', f'encoding="{encoding}"')
    head, tail = text.index("  <Bid_TimeSeries>"), text.rindex("</ReserveBid")
    more = "".join(copied(text[head:tail], number) for number in range(1, times))
    data = (text[:tail] + more + text[tail:]).encode(encoding)
    assert group in text
    document = examine(data, "application/xml", NOW).document
    assert isinstance(document, ReserveBids)
    assert group in {link for column in document.bids.terms.values() for link in column}
    assert gateway.settle(data)[1] is EnvelopeState.ACCEPTED
    assert len(noted(gateway.stores)) == 8 * times


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (gzip.compress(BIDS), "this is gzip data"),
        (gzip.compress(b"\0" * 50_000_000), "this is gzip data"),
        (BIDS.replace(b"TEST-LINK-1", b"x" * 50_000_000, 1), "a tag or text of more than"),
        (BIDS.replace(b'encoding="UTF-8"', b'encoding="UTF-16"', 1), ""),
        (BIDS.replace(b"TEST-LINK-1", "ÜBER".encode("latin-1"), 1), "line "),
    ],
    ids=["gzip", "gzip bomb", "endless text", "not in UTF-16", "not in UTF-8"],
)
def test_what_cannot_be_read_is_answered_all_the_same(gateway: Gateway, data: bytes, says: str) -> None:
    document_id, state = gateway.settle(data)
    assert state is EnvelopeState.REFUSED
    assert says in gateway.says(document_id)
    assert codes_of(answers(gateway.stores)[0]) == ["A02", "A94"]
