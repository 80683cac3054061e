"""One document at a time: what takes effect, what is answered, and what stays in quarantine."""

import re
from datetime import timedelta

import pytest

from adapters.rest.document_views import latest
from gateway.domain.document import DocumentKind, RejectedSeries
from gateway.domain.party import CodedId
from gateway.domain.reason import MAX_REASON_TEXT, Finding, Reason, ReasonCode, Stage
from gateway.intake.apply.repeating import answer_message_again
from gateway.intake.check.examination import examine
from gateway.intake.service.handling import Handler
from gateway.records.engine.stores import Stores
from gateway.records.messages import documents, findings, inbox, outbox
from gateway.records.messages.inbox import EnvelopeState
from mappings import canonical_json
from tests.intake.local_gateway import (
    GATEWAY_ROLE,
    NOW,
    TENANTS,
    Clock,
    Notebook,
    acknowledgement_in,
    answers,
    codes_of,
    envelope,
    noted,
    refusing,
    tenant,
)
from tests.specimens import (
    ACKNOWLEDGEMENT_8_1,
    BID_AVAILABILITY_1_1,
    GATEWAY,
    NORTH,
    RESERVE_BID_7_2,
    RESERVE_BID_7_4,
    RESERVE_BID_7_6,
    SOUTH,
    UNFIT,
    Specimen,
    Unfit,
    replaced,
)

ALL = [f"TEST-BID-{number}" for number in range(1, 9)]


class Desk:
    """Puts documents into stores and handles them, one after the other."""

    def __init__(self, stores: Stores, notebook: Notebook) -> None:
        self.stores = stores
        self.notebook = notebook
        self.handler = Handler(stores, TENANTS, {DocumentKind.RESERVE_BID: notebook}, GATEWAY_ROLE, Clock())
        self._messages = 0

    def handle(
        self, data: bytes, tenant: str = "north", content_type: str = "application/xml"
    ) -> tuple[str, EnvelopeState]:
        self._messages += 1
        with self.stores.of(tenant).writing() as uow:
            receipt = inbox.put(uow, envelope(data, tenant, f"m{self._messages}", content_type))
        self.handler.handle(tenant, receipt.envelope_id)
        return receipt.envelope_id, self.state(receipt.envelope_id, tenant)

    def state(self, envelope_id: str, tenant: str = "north") -> EnvelopeState:
        with self.stores.of(tenant).reading() as uow:
            stored = inbox.find(uow, envelope_id)
        assert stored is not None
        return stored.state

    def findings(self, envelope_id: str, tenant: str = "north") -> list[Finding]:
        with self.stores.of(tenant).reading() as uow:
            return findings.of(uow, envelope_id)

    def payload(self, envelope_id: str, tenant: str = "north") -> bytes | None:
        with self.stores.of(tenant).reading() as uow:
            return inbox.payload_of(uow, envelope_id)


@pytest.fixture
def desk(stores: Stores) -> Desk:
    return Desk(stores, Notebook())


@pytest.mark.parametrize(
    ("specimen", "tenant", "party"),
    [(RESERVE_BID_7_2, "north", NORTH), (RESERVE_BID_7_4, "south", SOUTH), (RESERVE_BID_7_6, "south", SOUTH)],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_document_in_order_takes_effect_and_is_answered(
    desk: Desk, specimen: Specimen, tenant: str, party: str
) -> None:
    document_id, state = desk.handle(specimen.data, tenant)
    assert state is EnvelopeState.ACCEPTED
    assert len(noted(desk.stores, tenant)) == specimen.series
    assert desk.notebook.reported == [(tenant, document_id, NOW)]
    (answer,) = answers(desk.stores, tenant)
    assert codes_of(answer) == ["A01"]
    assert answer.rejected_series == ()
    assert answer.header.receiver.party == CodedId(party)
    assert answer.header.sender == GATEWAY_ROLE
    assert (answer.received.mrid, answer.received.type) == (specimen_mrid(specimen), "A37")
    assert desk.payload(document_id, tenant) is None
    with desk.stores.of(tenant).reading() as uow:
        kept = documents.find(uow, document_id)
    assert kept is not None
    assert (kept.mrid, kept.version, kept.size) == (
        specimen_mrid(specimen),
        specimen.version,
        len(specimen.data),
    )


def specimen_mrid(specimen: Specimen) -> str:
    return f"TEST-DOC-{specimen.version.replace('.', '')}"


@pytest.mark.parametrize("unfit", UNFIT, ids=lambda unfit: unfit.name)
def test_an_unreadable_document_is_answered_and_kept(desk: Desk, unfit: Unfit) -> None:
    document_id, state = desk.handle(unfit.data)
    assert state is EnvelopeState.REFUSED
    assert desk.payload(document_id) == unfit.data
    assert noted(desk.stores) == []
    (answer,) = answers(desk.stores)
    reasons = [
        *answer.reasons,
        *(reason for series in answer.rejected_series for reason in every_reason(series)),
    ]
    assert reasons[0].code == "A02"
    assert any(unfit.names in (reason.text or "") for reason in reasons)
    assert {finding.stage for finding in desk.findings(document_id)} >= {Stage(unfit.stage)}
    if unfit.stage in ("schema", "codes"):
        assert answer.received.mrid == "TEST-DOC-72"
        assert any("line " in (reason.text or "") for reason in reasons)


def every_reason(series: RejectedSeries) -> list[Reason]:
    return [*series.reasons, *(reason for period in series.periods for reason in period.reasons)]


def test_a_transport_that_brings_no_known_type_is_answered(desk: Desk) -> None:
    document_id, state = desk.handle(RESERVE_BID_7_2.data, content_type="text/plain")
    assert state is EnvelopeState.REFUSED
    assert desk.findings(document_id)[0].code is ReasonCode.CANNOT_BE_PROCESSED
    assert "text/plain" in (answers(desk.stores)[0].reasons[1].text or "")


@pytest.mark.feature(id="C1")
def test_json_is_taken_like_xml(desk: Desk, stores: Stores) -> None:
    document = examine(RESERVE_BID_7_2.data, "application/xml", NOW).document
    assert document is not None
    _, state = desk.handle(canonical_json.dumps(document), content_type="application/json")
    assert state is EnvelopeState.ACCEPTED
    assert noted(stores) == ALL


@pytest.mark.parametrize(
    ("stated", "instead", "element"),
    [
        ('"currency":"EUR"', '"currency":"EURO"', "/bids/0/terms/currency"),
        ('"process":"A47"', '"process":"Q99"', "/process"),
        ('"version":"7.2"', '"version":"9.9"', None),
        ('"TEST-DOC-72"', f'"{"x" * 99}"', "/mrid"),
    ],
)
def test_json_is_held_to_schema_and_code_lists_like_xml(
    desk: Desk, stores: Stores, stated: str, instead: str, element: str | None
) -> None:
    document = examine(RESERVE_BID_7_2.data, "application/xml", NOW).document
    assert document is not None
    text = canonical_json.dumps(document).decode()
    assert stated in text
    document_id, state = desk.handle(
        text.replace(stated, instead, 1).encode(), content_type="application/json"
    )
    assert state is EnvelopeState.REFUSED
    found = desk.findings(document_id)
    assert found[0].stage in (Stage.SCHEMA, Stage.CODES)
    assert element is None or element in {each.path for each in found}
    assert noted(stores) == []


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"null", b'{"kind": "ReserveBid", "mrid": 7}', b"[" * 100_000, b'{"kind": NaN}'],
)
def test_json_that_is_no_document_is_answered(desk: Desk, data: bytes) -> None:
    document_id, state = desk.handle(data, content_type="application/json")
    assert state is EnvelopeState.REFUSED
    found = {(finding.stage, finding.code) for finding in desk.findings(document_id)}
    assert found == {(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED)}
    assert set(codes_of(answers(desk.stores)[0])) == {"A02", "A94"}


def test_foreign_senders_are_refused(desk: Desk) -> None:
    document_id, state = desk.handle(RESERVE_BID_7_4.data, "north")
    assert state is EnvelopeState.REFUSED
    (answer,) = answers(desk.stores)
    assert codes_of(answer) == ["A02", "A78"]
    assert answer.header.receiver.party == CodedId(NORTH)
    finding = desk.findings(document_id)[0]
    assert finding.path == "/ReserveBid_MarketDocument/sender_MarketParticipant.mRID"
    assert finding.line == 7


def test_kinds_without_a_receiver_are_refused(desk: Desk) -> None:
    change = replaced(f">{NORTH}<", f">{GATEWAY}<")
    data = change(BID_AVAILABILITY_1_1.data.replace(b">11XTEST-GATE---C<", f">{SOUTH}<".encode(), 1))
    data = data.replace(f">{SOUTH}<".encode(), f">{NORTH}<".encode())
    data = data.replace(b"2026-03-01T07:10:00Z", b"2026-02-28T07:10:00Z")
    _, state = desk.handle(data)
    assert state is EnvelopeState.REFUSED
    assert codes_of(answers(desk.stores)[0]) == ["A02", "A94"]


@pytest.mark.parametrize(
    ("whose", "stated"),
    [
        ("sender", f"{NORTH} (coding scheme A10) is registered under coding scheme A01"),
        ("receiver", f"{GATEWAY} (coding scheme A10) is registered under coding scheme A01"),
    ],
)
def test_a_right_code_under_another_scheme_is_refused_with_the_scheme_it_is_registered_under(
    desk: Desk, whose: str, stated: str
) -> None:
    element = f'<{whose}_MarketParticipant.mRID codingScheme="A01">'
    sent = replaced(element, element.replace("A01", "A10"))(RESERVE_BID_7_2.data)
    assert sent != RESERVE_BID_7_2.data
    document_id, state = desk.handle(sent)
    assert state is EnvelopeState.REFUSED
    assert stated in [one.message for one in desk.findings(document_id)]
    (answer,) = answers(desk.stores)
    assert any(stated in (reason.text or "") for reason in answer.reasons)


def test_acknowledgements_are_not_acknowledged(desk: Desk) -> None:
    document_id, state = desk.handle(ACKNOWLEDGEMENT_8_1.data)
    assert state is EnvelopeState.REFUSED
    assert answers(desk.stores) == []
    assert desk.findings(document_id) != []


def test_the_same_document_again_is_the_same_answer_and_no_second_effect(desk: Desk) -> None:
    first, _ = desk.handle(RESERVE_BID_7_2.data)
    again, state = desk.handle(RESERVE_BID_7_2.data)
    assert state is EnvelopeState.ACCEPTED
    assert noted(desk.stores) == ALL
    with desk.stores.of("north").reading() as uow:
        messages = outbox.after(uow, 0, 10)
    assert [message.answers for message in messages] == [first, again]
    assert messages[0].sha256 == messages[1].sha256
    assert messages[0].message_id != messages[1].message_id
    assert desk.payload(again) is None


def test_a_repeated_revision_is_answered_that_a_newer_one_holds(desk: Desk) -> None:
    number = "<revisionNumber>1<"
    desk.handle(RESERVE_BID_7_2.data)
    desk.handle(replaced(number, number.replace("1", "2"))(RESERVE_BID_7_2.data))
    taken = noted(desk.stores)
    _, state = desk.handle(RESERVE_BID_7_2.data)
    assert state is EnvelopeState.ACCEPTED
    assert noted(desk.stores) == taken
    *_, second, third = answers(desk.stores)
    assert codes_of(second) == ["A01"]
    assert [(reason.code, reason.text) for reason in third.reasons[1:]] == [
        ("A95", f"no second effect: revision 2 of {specimen_mrid(RESERVE_BID_7_2)} holds")
    ]


@pytest.mark.parametrize("refused", [False, True])
def test_what_comes_again_names_itself_and_what_it_repeats(desk: Desk, refused: bool) -> None:
    if refused:
        desk.notebook.refuses = refusing(*ALL)
    first, _ = desk.handle(RESERVE_BID_7_2.data)
    if not refused:
        desk.handle(RESERVE_BID_7_2.data)  # under another message id
    with desk.stores.of("north").writing() as uow:
        answer_message_again(uow, envelope(RESERVE_BID_7_2.data, "north", "m1"), first, NOW)
    shown = latest(desk.stores.of("north"), 10, None)
    assert sorted(one.repeats or "" for one in shown) == ["", *[first] * (len(shown) - 1)]
    assert len(shown) == (2 if refused else 3)
    assert {(one.kind, one.version, one.mrid, one.revision) for one in shown} == {
        ("ReserveBid", "7.2", specimen_mrid(RESERVE_BID_7_2), 1)
    }


def test_a_partly_taken_document_again_is_the_same_answer(desk: Desk) -> None:
    desk.notebook.refuses = refusing("TEST-BID-1")
    first, _ = desk.handle(RESERVE_BID_7_2.data)
    again, state = desk.handle(RESERVE_BID_7_2.data)
    assert state is EnvelopeState.PARTLY
    assert desk.findings(again) == desk.findings(first) != []
    assert noted(desk.stores) == ALL[1:]


def test_other_content_under_the_same_revision_is_a_conflict(desk: Desk) -> None:
    desk.handle(RESERVE_BID_7_2.data)
    _, state = desk.handle(replaced(">45.5<", ">46.5<")(RESERVE_BID_7_2.data))
    assert state is EnvelopeState.REFUSED
    answer = answers(desk.stores)[1]
    assert codes_of(answer) == ["A02", "A51"]
    assert "revisionNumber" in (answer.reasons[1].text or "")
    assert "and still holds" in (answer.reasons[1].text or "")


def test_a_conflict_of_versions_hides_no_other_reason(desk: Desk) -> None:
    desk.handle(RESERVE_BID_7_2.data)
    kept = noted(desk.stores)
    desk.notebook.refuses = refusing("TEST-BID-1")
    later = (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ahead = re.sub("<createdDateTime>[^<]*<", f"<createdDateTime>{later}<", RESERVE_BID_7_2.data.decode())
    again, state = desk.handle(ahead.encode())
    assert state is EnvelopeState.REFUSED
    found = {(finding.code, finding.path, finding.series) for finding in desk.findings(again)}
    reported = {code for code, *_ in found}
    assert {ReasonCode.MESSAGE_VERSION_CONFLICT, ReasonCode.TIME_INTERVAL_INCORRECT} <= reported
    assert "TEST-BID-1" in {series for *_, series in found}
    assert noted(desk.stores) == kept


def test_only_higher_revisions_follow(desk: Desk) -> None:
    def revision(number: int) -> bytes:
        return replaced("<revisionNumber>1<", f"<revisionNumber>{number}<")(RESERVE_BID_7_2.data)

    states = [desk.handle(revision(number))[1] for number in (2, 3, 1, 3, 2)]
    accepted, refused = EnvelopeState.ACCEPTED, EnvelopeState.REFUSED
    # 1 is older than what is in force; 3 and 2 are repetitions of what was taken.
    assert states == [accepted, accepted, refused, accepted, accepted]
    assert noted(desk.stores) == sorted(2 * ALL)


def test_a_refused_document_may_come_corrected_under_its_own_name(desk: Desk) -> None:
    broken = replaced("<businessType>B74</businessType>", "")(RESERVE_BID_7_2.data)
    assert desk.handle(broken)[1] is EnvelopeState.REFUSED
    assert desk.handle(RESERVE_BID_7_2.data)[1] is EnvelopeState.ACCEPTED


@pytest.mark.feature(id="B6")
def test_series_are_refused_alone_where_parts_are_taken(desk: Desk) -> None:
    data = replaced("<quantity.quantity>12<", "<quantity.quantity>-12<")(RESERVE_BID_7_2.data)
    document_id, state = desk.handle(data)
    assert state is EnvelopeState.PARTLY
    assert noted(desk.stores) == ALL[1:]
    assert desk.payload(document_id) == data
    (answer,) = answers(desk.stores)
    assert codes_of(answer) == ["A03", "B70"]
    (series,) = answer.rejected_series
    assert series.mrid == "TEST-BID-1"
    assert [reason.code for reason in series.reasons] == ["A20"]
    (period,) = series.periods
    assert [reason.code for reason in period.reasons] == ["A46"]
    assert "/Bid_TimeSeries[1]/Period/Point/quantity.quantity, line 44" in (period.reasons[0].text or "")


def test_series_refuse_the_document_where_parts_are_not_taken(desk: Desk) -> None:
    desk.notebook.refuses = refusing("TEST-BID-2")
    data = replaced("<quantity.quantity>12<", "<quantity.quantity>-12<")(RESERVE_BID_7_2.data)
    _, state = desk.handle(data, "strict")
    assert state is EnvelopeState.REFUSED
    assert noted(desk.stores, "strict") == []
    (answer,) = answers(desk.stores, "strict")
    assert codes_of(answer) == ["A02", "A03"]
    # Everything is said at once: what the rules found and what the process found.
    assert [series.mrid for series in answer.rejected_series] == ["TEST-BID-1", "TEST-BID-2"]


def test_refused_series_take_their_group_along(desk: Desk) -> None:
    desk.notebook.refuses = refusing("TEST-BID-5", "TEST-BID-8")
    document_id, state = desk.handle(RESERVE_BID_7_2.data)
    assert state is EnvelopeState.PARTLY
    # 6 is the other part of 5's multipart group, 7 depends on 8; 3 and 4 only exclude each other.
    assert noted(desk.stores) == ["TEST-BID-1", "TEST-BID-2", "TEST-BID-3", "TEST-BID-4"]
    by_series = {finding.series: finding for finding in desk.findings(document_id)}
    assert by_series["TEST-BID-6"].code is ReasonCode.LINKED_BID_REJECTED
    assert by_series["TEST-BID-7"].code is ReasonCode.LINKED_BID_REJECTED
    assert by_series["TEST-BID-5"].code is ReasonCode.RESOURCE_INVALID
    assert all(finding.line for finding in by_series.values())


def test_a_series_that_cannot_be_read_takes_its_group_along(desk: Desk) -> None:
    unreadable = replaced(
        "<inclusiveBidsIdentification>TEST-ALL-1<",
        "<!-- no time fits --><inclusiveBidsIdentification>TEST-ALL-1<",
    )(RESERVE_BID_7_4.data)
    start, _, rest = unreadable.partition(b"TEST-BID-13")
    rest = rest.replace(b"<resolution>PT15M<", b"<resolution>PT7M<", 1)
    document_id, state = desk.handle(start + b"TEST-BID-13" + rest, "south")
    assert state is EnvelopeState.PARTLY
    assert noted(desk.stores, "south") == ["TEST-BID-11", "TEST-BID-12"]
    assert {finding.series: finding.code for finding in desk.findings(document_id, "south")} == {
        "TEST-BID-13": ReasonCode.RESOLUTION_INCONSISTENT,
        "TEST-BID-14": ReasonCode.LINKED_BID_REJECTED,
    }


def test_without_any_good_series_the_document_is_refused(desk: Desk) -> None:
    desk.notebook.refuses = refusing(*ALL)
    _, state = desk.handle(RESERVE_BID_7_2.data)
    assert state is EnvelopeState.REFUSED
    assert noted(desk.stores) == []


def test_what_a_process_says_of_the_document_refuses_it(desk: Desk) -> None:
    late = Finding(Stage.PROCESS, ReasonCode.GATE_NOT_OPEN, "the gate closed at 10:00")
    desk.notebook.refuses = lambda _: [late]
    _, state = desk.handle(RESERVE_BID_7_2.data)
    assert state is EnvelopeState.REFUSED
    assert noted(desk.stores) == []
    assert codes_of(answers(desk.stores)[0]) == ["A02", "A57"]


def test_a_wrong_eic_is_remarked_and_accepted(desk: Desk) -> None:
    _, state = desk.handle(replaced("11WTEST-UNIT-1-U", "11WTEST-UNIT-1-V")(RESERVE_BID_7_2.data))
    assert state is EnvelopeState.ACCEPTED
    accepted, remark = answers(desk.stores)[0].reasons
    assert (accepted.code, accepted.text) == ("A01", "message fully accepted")
    assert (remark.code, remark.text) == ("A95", "EIC with a wrong check character: 11WTEST-UNIT-1-V")


def test_what_is_taken_and_each_remark_are_reasons_of_their_own(desk: Desk) -> None:
    changed = replaced("11WTEST-UNIT-1-U", "11WTEST-UNIT-1-V")
    data = replaced("<quantity.quantity>12<", "<quantity.quantity>-12<")(changed(RESERVE_BID_7_2.data))
    _, state = desk.handle(data)
    assert state is EnvelopeState.PARTLY
    assert [(one.code, one.text) for one in answers(desk.stores)[0].reasons] == [
        ("A03", "1 time series in error"),
        ("B70", "message accepted but for the time series named"),
        ("A95", "EIC with a wrong check character: 11WTEST-UNIT-1-V"),
    ]


def test_handling_twice_is_handling_once(desk: Desk) -> None:
    document_id, _ = desk.handle(RESERVE_BID_7_2.data)
    desk.handler.handle("north", document_id)
    desk.handler.refuse("north", document_id, "too late for that")
    assert noted(desk.stores) == ALL
    assert len(answers(desk.stores)) == 1
    assert desk.state(document_id) is EnvelopeState.ACCEPTED


@pytest.mark.parametrize("version", ["7.0", "8.0", "8.1"])
def test_answers_leave_in_the_version_the_tenant_takes(stores: Stores, version: str) -> None:
    handler = Handler(stores, {"north": tenant("north", NORTH, version=version)}, {}, GATEWAY_ROLE, Clock())
    long_id = "0f8fad5b-d9cb-469f-a165-70867728950e"
    data = replaced("TEST-BID-1<", f"{long_id}<")(RESERVE_BID_7_2.data)
    data = replaced("<quantity.quantity>12<", "<quantity.quantity>-12<")(data)
    with stores.of("north").writing() as uow:
        receipt = inbox.put(uow, envelope(data))
    handler.handle("north", receipt.envelope_id)
    with stores.of("north").reading() as uow:
        (message,) = outbox.answering(uow, receipt.envelope_id)
        payload = outbox.payload_of(uow, message.id)
    assert message.version == version
    answer = acknowledgement_in(payload or b"")
    assert answer.header.version == version
    assert answer.rejected_series[0].mrid in (long_id, long_id.replace("-", ""))
    assert all(len(reason.text or "") <= MAX_REASON_TEXT for reason in answer.reasons)
