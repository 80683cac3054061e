"""What a gateway must make of documents over REST: acknowledgements, revisions, gates, results."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contract_tests.emulators.answers import read_bid_availability, read_merit_order
from contract_tests.profiles.judging import accepted, has_reason, has_values, refused, spelled
from contract_tests.profiles.rest_protocol import VERSION, bids, messages
from contract_tests.profiles.rest_session import RestSession, expect
from contract_tests.run import Failed, NotShown, Step
from contract_tests.sample_documents import Situation, sample, sample_document, written
from esmp.codes import code_set
from esmp.document_edits import put
from esmp.profiles import Family, profile

_PAGE: Final = "docs/connecting-a-platform/README.md"
_PROFILE: Final = profile(Family.RESERVE_BID, VERSION)
_OFFERED_MW: Final = 10.0
"""By each bid of a sample document."""
_PUBLISHED_S: Final = 60.0
_SERIES: Final = "Bid_TimeSeries"


def changed(session: RestSession, *edits: tuple[str, str], series: int = 1, **changes: Any) -> bytes:
    """Bids for the open gate with values put into them."""
    situation = session.situation(**changes)
    root = sample(_PROFILE, situation, series=series)
    for path, value in edits:
        put(root, _PROFILE, code_set(), path, situation.filled(value))
    return written(root)


def _is_accepted(session: RestSession) -> None:
    situation = session.situation()
    location = session.submitted(sample_document(_PROFILE, situation))
    acknowledgement = session.acknowledged(location)
    accepted(acknowledgement)
    me = session.participant
    expected = {
        "received mRID": (acknowledgement.received_mrid, situation.mrid),
        "received revision": (acknowledgement.received_revision, "1"),
        "sender": (acknowledgement.sender, me.gateway),
        "receiver": (acknowledgement.receiver, me.party),
    }
    if me.acknowledged_in is not None:
        expected["version"] = (acknowledgement.version, me.acknowledged_in)
    has_values(expected)
    held = _held(session)
    if f"{situation.mrid}-1" not in held:
        raise Failed("the accepted bid is not among the bids held for the gate")


def _held(session: RestSession) -> Mapping[str, Mapping[str, Any]]:
    """The participant's bids as the gate holds them, by id."""
    found: dict[str, Mapping[str, Any]] = {}
    after = ""
    for _ in range(1000):
        path = f"/v1/gates/{session.gate().gate_id}/bids?limit=1000&after={after}"
        page = expect(session.ask("GET", path), 200).json()
        found |= {row["bid_id"]: row for row in page["bids"]}
        if page.get("next") is None:
            return found
        after = page["next"]
    raise Failed("the list of held bids does not end")


def _again_has_no_second_effect(session: RestSession) -> None:
    document = bids(session)
    first = session.submitted(document, session.name())
    accepted(session.acknowledged(first))
    before = _held(session)
    again = session.submitted(document, session.name())
    if again == first:
        raise Failed("another key has the same Location")
    accepted(session.acknowledged(again))
    if _held(session) != before:
        raise Failed("the same document under another key had an effect of its own")


def _same_revision_with_other_content(session: RestSession) -> None:
    name = session.name()
    accepted(session.acknowledged(session.submitted(bids(session, mrid=name))))
    other = changed(session, (f"{_SERIES}/Period/Point/quantity.quantity", "7"), mrid=name)
    refused(session.acknowledged(session.submitted(other)), "A51", "revisionNumber")


def _newer_revision(session: RestSession) -> None:
    name = session.name()
    quantity = f"{_SERIES}/Period/Point/quantity.quantity"
    for revision, size in (("1", "5"), ("3", "8")):
        document = changed(session, ("revisionNumber", revision), (quantity, size), mrid=name)
        accepted(session.acknowledged(session.submitted(document)))
    points = _held(session)[f"{name}-1"]["points"]
    if [point["quantity_mw"] for point in points] != [8]:
        raise Failed(f"after revision 3 the gate holds {points}, not 8 MW")
    older = changed(session, ("revisionNumber", "2"), (quantity, "6"), mrid=name)
    refused(session.acknowledged(session.submitted(older)), "A51", "revisionNumber")
    if _held(session)[f"{name}-1"]["points"] != points:
        raise Failed("an older revision changed what the gate holds")


def _parts(session: RestSession) -> None:
    name = session.name()
    wrong = changed(session, (f"{_SERIES}[2]/Period/Point/quantity.quantity", "-1"), series=2, mrid=name)
    acknowledgement = session.acknowledged(session.submitted(wrong))
    codes = {code for code, _ in acknowledgement.reasons}
    held = _held(session)
    if "A02" in codes:
        if f"{name}-1" in held:
            raise Failed("a document was refused, and a bid of it is held")
        raise NotShown("this gateway refuses a document for one wrong series (accepts_parts)")
    if not {"A03", "B70"} <= codes:
        raise Failed(f"a document taken in part has no A03 and B70: {spelled(acknowledgement)}")
    if [*acknowledgement.rejected_series] != [f"{name}-2"]:
        raise Failed(f"the rejected series are {[*acknowledgement.rejected_series]}, not {name}-2")
    has_reason(acknowledgement, "A46", "quantity.quantity")
    if f"{name}-1" not in held or f"{name}-2" in held:
        raise Failed("the gate does not hold the right series alone")


def _cancelled(session: RestSession) -> None:
    name = session.name()
    accepted(session.acknowledged(session.submitted(bids(session, mrid=name))))
    quantity = f"{_SERIES}/Period/Point/quantity.quantity"
    nothing = changed(session, ("revisionNumber", "2"), (quantity, "0"), mrid=name)
    accepted(session.acknowledged(session.submitted(nothing)))
    if f"{name}-1" in _held(session):
        raise Failed("a bid with quantity 0 is still held")


def _unknown_is_a_remark(session: RestSession) -> None:
    document = changed(session, (f"{_SERIES}/Period/Point/quantity.quantity", "0"))
    acknowledgement = session.acknowledged(session.submitted(document))
    accepted(acknowledgement)
    has_reason(acknowledgement, "A95", None)


def _another_sender(session: RestSession) -> None:
    foreign = session.participant.other_party
    if foreign is None:
        raise NotShown("the participant's file names no second platform (other_party)")
    refused(session.acknowledged(session.submitted(bids(session, sender=foreign))), "A78")


def _another_receiver(session: RestSession) -> None:
    wrong = bids(session, receiver="11XTEST-NOBODY-G")
    refused(session.acknowledged(session.submitted(wrong)), "A53", "receiver_MarketParticipant.mRID")


def _no_gate(session: RestSession) -> None:
    gate = session.gate().situation
    length = gate.end - gate.start
    early = gate.start - timedelta(days=400)
    document = bids(session, start=early, end=early + length)
    refused(session.acknowledged(session.submitted(document)), "A57")


def _another_process(session: RestSession) -> None:
    refused(session.acknowledged(session.submitted(bids(session, process="A51"))), "A79", "processType")


def _minutes(session: RestSession) -> None:
    document = changed(
        session,
        (f"{_SERIES}/Period/timeInterval/end", "{start+10}"),
        (f"{_SERIES}/Period/resolution", "PT10M"),
    )
    refused(session.acknowledged(session.submitted(document)), "A41", "resolution")


_OF_THE_GATE: Final = (
    (
        "unknown-resource",
        "A64",
        f"{_SERIES}/registeredResource.mRID",
        "11WTEST-NOBODY-T",
        "A unit is assigned.",
    ),
    ("gate-currency", "A61", f"{_SERIES}/currency_Unit.name", "SEK", "A bid is in the currency of its gate."),
    (
        "gate-area",
        "A23",
        f"{_SERIES}/connecting_Domain.mRID",
        "10YTEST-OTHER--S",
        "A bid is of its gate's area.",
    ),
    ("gate-business", "A62", f"{_SERIES}/businessType", "A25", "A bid is of a business type of its process."),
    ("gate-status", "A59", f"{_SERIES}/status/value", "A55", "A bid is offered, or cancelled."),
    ("gate-domain", "A80", "domain.mRID", "10YTEST-OTHER--S", "A document is of a domain of its gate."),
    ("gate-type", "A94", "type", "A44", "Bids come in a document of their type."),
)
"""Name of the step, reason code, element, a value that the gate does not take, and the rule."""


def _of_the_gate(code: str, path: str, value: str) -> Callable[[RestSession], None]:
    def work(session: RestSession) -> None:
        acknowledgement = session.acknowledged(session.submitted(changed(session, (path, value))))
        refused(acknowledgement, code, path.rpartition("/")[2] if path.count("/") < 2 else None)

    return work


def _publishes(session: RestSession) -> None:
    gate = session.closing_gate()
    name = session.name()
    now = datetime.now(UTC).replace(microsecond=0)
    situation = replace(gate.situation, mrid=name, created=now)
    accepted(session.acknowledged(session.submitted(sample_document(_PROFILE, situation, series=2))))
    expect(session.ask("POST", f"/v1/gates/{gate.gate_id}/close"), 200, 202, 204)
    late = replace(situation, mrid=session.name())
    refused(session.acknowledged(session.submitted(sample_document(_PROFILE, late))), "A57")
    row = _merit_order_list(session, gate.gate_id)
    listed = read_merit_order(expect(session.ask("GET", f"/v1/outbox/{row['id']}"), 200).body)
    names = {point.bid_id for point in listed}
    if not {f"{name}-1", f"{name}-2"} <= names:
        raise Failed(f"the merit order list has {sorted(names)}, and not every accepted bid")
    beyond = [point for point in listed if point.bid_id.startswith(name) and point.available_mw > _OFFERED_MW]
    if beyond:
        raise Failed(f"the list has {beyond[0].available_mw:g} MW of {beyond[0].bid_id}, which offered less")
    for other in messages(session):
        if other["gate_id"] == gate.gate_id and other["kind"] == "BidAvailability":
            read_bid_availability(expect(session.ask("GET", f"/v1/outbox/{other['id']}"), 200).body)
    _acknowledge(session, row)


def _merit_order_list(session: RestSession, gate_id: str) -> Mapping[str, Any]:
    ends = time.monotonic() + _PUBLISHED_S
    while time.monotonic() < ends:
        for row in messages(session):
            if row["gate_id"] == gate_id and row["kind"] == "MeritOrderList":
                return row
        time.sleep(0.3)
    raise Failed(f"no MeritOrderList of gate {gate_id} came within {_PUBLISHED_S:g} s")


def _acknowledge(session: RestSession, row: Mapping[str, Any]) -> None:
    """Answer a result, and see that the gateway notes it."""
    me = session.participant
    answer = profile(Family.ACKNOWLEDGEMENT, "8.1")
    now = datetime.now(UTC).replace(microsecond=0)
    root = sample(answer, Situation(session.name(), sender=me.party, receiver=me.gateway, created=now))
    received = {"received_MarketDocument.mRID": row["mrid"]}
    if row["revision"] is not None:
        received["received_MarketDocument.revisionNumber"] = str(row["revision"])
    for path, value in received.items():
        put(root, answer, code_set(), path, str(value))
    session.settled(session.submitted(written(root)))
    (noted,) = [each for each in messages(session) if each["id"] == row["id"]]
    if (noted["acknowledgement"] or {}).get("state") != "accepted":
        raise Failed(f"the list was acknowledged with A01, and the gateway notes {noted['acknowledgement']}")


STEPS: Final[Sequence[Step[RestSession]]] = (
    Step(
        "accepted", "A valid document is stored, acknowledged with A01, and held.", _PAGE, True, _is_accepted
    ),
    Step(
        "once", "A document that comes again has no second effect.", _PAGE, True, _again_has_no_second_effect
    ),
    Step(
        "same-revision",
        "A revision cannot come with other content.",
        _PAGE,
        True,
        _same_revision_with_other_content,
    ),
    Step(
        "newer-revision",
        "A newer revision takes the place of the older, never the other way.",
        _PAGE,
        True,
        _newer_revision,
    ),
    Step("parts", "A wrong series is named, and the right ones are taken.", _PAGE, True, _parts),
    Step("cancelled", "A quantity of 0 cancels a bid.", _PAGE, True, _cancelled),
    Step("remark", "To cancel what is not there is remarked with A95.", _PAGE, True, _unknown_is_a_remark),
    Step("foreign-sender", "Nobody sends in the name of another platform.", _PAGE, False, _another_sender),
    Step("foreign-receiver", "A document for somebody unknown is refused.", _PAGE, False, _another_receiver),
    Step("no-gate", "Bids that no gate collects are refused.", _PAGE, False, _no_gate),
    Step(
        "gate-process", "Bids of another process than the gate's are refused.", _PAGE, False, _another_process
    ),
    *(
        Step(name, f"{says} Others are refused.", _PAGE, False, _of_the_gate(code, path, value))
        for name, code, path, value, says in _OF_THE_GATE
    ),
    Step("gate-units", "A point is a whole number of market time units.", _PAGE, False, _minutes),
)
RESULTS: Final = Step(
    "results",
    "A gate that has closed takes no more bids, and publishes a valid merit order list.",
    _PAGE,
    True,
    _publishes,
)
