"""What was activated in earlier gates, as platforms tell it, decides over bids that are linked to it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from gateway.domain.activation import ActivatedSeries, Activation
from gateway.domain.bid import BidTerm, ConditionalLink, Direction
from gateway.domain.bids import SimpleBid, bids_from
from gateway.domain.document import DocumentHeader, DocumentKind
from gateway.domain.gate import Gate, TechnicalLink, UseOfLists
from gateway.domain.header import DocumentRef
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Finding, ReasonCode
from gateway.domain.series import SeriesPeriod
from gateway.processes.activated import Activated, GateActivations
from gateway.processes.bid_check.collecting.activations import RecordActivations
from gateway.processes.errors import NotOfTheGateError, UnknownGateError
from gateway.records.market import activations
from tests.placing import path_of
from tests.processes.test_committed import reported
from tests.processes.world import (
    AREA,
    CLOSES,
    DAY,
    GATEWAY,
    OPENS,
    RESOURCES,
    TENANTS,
    World,
    bid,
    document,
    gate,
    model,
)

ACTIVATION = DocumentKind.ACTIVATION

QUARTER = timedelta(minutes=15)
SCHEDULED, DIRECT, RESPONSE = "A39", "A40", "A41"


def quarter(number: int, use: UseOfLists, technical: TechnicalLink = TechnicalLink.DIRECT_BLOCKS) -> Gate:
    delivery = Interval(DAY + number * QUARTER, DAY + (number + 1) * QUARTER)
    known = gate(f"q{number}", use=use, platforms=("east",), system_operators=("tso",))
    return replace(known, delivery=delivery, technical_link=technical)


@pytest.fixture
def grids(world: World) -> World:
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.put("north", model("north", 10.0, units=4))
    world.put("south", model("south", 10.0, units=4))
    return world


def opened(world: World, use: UseOfLists, technical: TechnicalLink = TechnicalLink.DIRECT_BLOCKS) -> None:
    for number in range(3):
        world.gates.create(quarter(number, use, technical))


Linked = tuple[SimpleBid, tuple[tuple[str, str], ...]]


def linked(name: str, number: int, *links: tuple[str, str], mw: float = 4.0, **terms: str) -> Linked:
    """A bid for a quarter hour with its conditional links: to what, and their status."""
    stated = {BidTerm(term): text for term, text in terms.items()}
    return bid(name, "u1", mw, 20, units=1, start=number, terms={BidTerm.PRODUCT: "A07", **stated}), links


def send(world: World, number: int, *bids: Linked) -> None:
    world.clock.moment = CLOSES - timedelta(hours=1)
    links = [
        ConditionalLink(place, target, status)
        for place, (_, own) in enumerate(bids)
        for target, status in own
    ]
    columns = replace(bids_from([one for one, _ in bids]), conditional_links=tuple(links))
    assert world.submit("east", document("east", columns, mrid=f"doc-{number}"), f"d{number}") == []


def activation(
    *names: str,
    kind: str = SCHEDULED,
    number: int = 0,
    status: str = "A10",
    mw: float = 4.0,
    units: int = 1,
    tenant: str = "east",
    created_at: datetime = OPENS,
    direction: Direction = Direction.UP,
) -> Activation:
    """What was activated of bids in a quarter hour, and that nothing else was."""
    period = Interval(DAY + number * QUARTER, DAY + (number + units) * QUARTER)
    sender = Role(TENANTS[tenant].parties[0], "A04")
    header = DocumentHeader(
        DocumentKind.ACTIVATION, "6.2", "order", 1, kind, "A47", sender, GATEWAY, created_at
    )
    values = SeriesPeriod(period, f"PT{15 * units}M", np.array([1], np.int32), np.array([mw]))
    series = [
        ActivatedSeries(
            name,
            CodedId("11XTEST-BSP----P", "A01"),
            "A97",
            CodedId(AREA),
            CodedId(AREA),
            direction,
            status,
            (values,),
        )
        for name in names
    ]
    return Activation(header, period, CodedId(AREA), None, None, tuple(series))


def activate(world: World, *names: str, tenant: str = "east", **stated: Any) -> Sequence[Finding]:
    sent = activation(*names, tenant=tenant, **stated)
    with world.stores.of(tenant).writing() as uow:
        return RecordActivations(world.stores).apply(uow, TENANTS[tenant], sent, "a1", world.clock.now())


def decided(world: World, number: int) -> dict[str, tuple[float, str | None]]:
    """What is available of each bid of a quarter hour, and the reason if it is less than offered."""
    name = f"q{number}"
    world.clock.moment = CLOSES - timedelta(hours=1)
    if world.gates.find(name, TENANTS["operator"]).gate.use is UseOfLists.EXACT:
        world.demands.state(name, TENANTS["tso"], [100.0], [0.0])
    rows = world.availability(world.close_and_run(name), TENANTS["operator"])["east"]
    return {
        row.bid_id: (round(float(row.available_mw[0]), 5), None if row.reason is None else row.reason.code)
        for row in rows
    }


ALL, NOTHING = (4.0, None), (0.0, ReasonCode.LINKED_BID_REJECTED)
UNREPORTED = (0.0, ReasonCode.OPERATIONAL_SECURITY)


@pytest.mark.feature(id="A12")
@pytest.mark.feature(id="A29")
@pytest.mark.parametrize(
    ("status", "after_nothing", "after_scheduled", "after_direct"),
    [
        ("A55", ALL, NOTHING, NOTHING),
        ("A56", NOTHING, ALL, ALL),
        ("A57", ALL, ALL, ALL),
        ("A58", ALL, ALL, ALL),
        ("A59", ALL, NOTHING, ALL),
        ("A60", ALL, ALL, NOTHING),
        ("A67", NOTHING, ALL, ALL),
        ("A68", ALL, NOTHING, NOTHING),
        ("A69", NOTHING, ALL, NOTHING),
        ("A70", NOTHING, NOTHING, ALL),
        ("A71", NOTHING, NOTHING, NOTHING),
        ("A72", NOTHING, NOTHING, NOTHING),
    ],
)
def test_conditional_links_of_acceptances_look_at_what_was_activated(
    grids: World,
    status: str,
    after_nothing: tuple[float, str | None],
    after_scheduled: tuple[float, str | None],
    after_direct: tuple[float, str | None],
) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, *(linked(name, 0) for name in ("none", "scheduled", "direct")))
    assert activate(grids, "scheduled") == []
    (remark,) = activate(grids, "direct", kind=DIRECT, units=2)
    assert remark.code is ReasonCode.COMPLEMENTARY
    before = {"none": after_nothing, "scheduled": after_scheduled, "direct": after_direct}
    send(grids, 1, *(linked(f"after-{name}", 1, (name, status), mw=4.0) for name in before))
    grids.clock.moment = CLOSES - timedelta(minutes=30)
    grids.put("north", model("north", 100.0, units=4))
    assert decided(grids, 1) == {f"after-{name}": expected for name, expected in before.items()}


def test_in_prefix_lists_a_bid_stays_while_some_way_of_activation_is_left(grids: World) -> None:
    opened(grids, UseOfLists.PREFIX)
    send(grids, 0, linked("before", 0, mw=1.0))
    assert activate(grids, "before", kind=DIRECT, units=2, mw=1.0) == []
    kinds = {"A57": ALL, "A60": NOTHING, "A70": ALL, "A71": ALL, "A72": NOTHING}
    grids.clock.moment = CLOSES - timedelta(minutes=30)
    grids.put("north", model("north", 100.0, units=4))
    send(grids, 1, *(linked(status, 1, ("before", status)) for status in kinds))
    assert decided(grids, 1) == kinds


def test_what_was_not_stated_is_not_guessed(grids: World) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("before", 0))
    send(grids, 1, linked("after", 1, ("before", "A55")), linked("lost", 1, ("nobody", "A55")))
    assert decided(grids, 1) == dict.fromkeys(("after", "lost"), (0.0, ReasonCode.OPERATIONAL_SECURITY))
    why = dict(reported(grids, "q1").undecided)
    assert "it is not reported whether the linked bid" in why["east/after"]
    assert "the linked bid is unknown" in why["east/lost"]


@pytest.mark.parametrize(
    ("status", "after_scheduled", "after_direct", "after_nothing"),
    [
        ("A55", NOTHING, NOTHING, UNREPORTED),
        ("A56", ALL, ALL, UNREPORTED),
        ("A59", NOTHING, UNREPORTED, UNREPORTED),
        ("A60", UNREPORTED, NOTHING, UNREPORTED),
        ("A67", ALL, ALL, UNREPORTED),
        ("A68", NOTHING, NOTHING, UNREPORTED),
        ("A69", ALL, UNREPORTED, UNREPORTED),
    ],
)
def test_one_activation_settles_what_it_can_of_a_bid_that_is_reported_in_part(
    grids: World,
    status: str,
    after_scheduled: tuple[float, str | None],
    after_direct: tuple[float, str | None],
    after_nothing: tuple[float, str | None],
) -> None:
    """Of a bid of two quarter hours the last one is reported."""
    half = Interval(DAY, DAY + 2 * QUARTER)
    grids.gates.create(replace(quarter(0, UseOfLists.EXACT), delivery=half))
    grids.gates.create(quarter(2, UseOfLists.EXACT))
    names = ("scheduled", "direct", "nothing")
    send(
        grids, 0, *((bid(name, "u1", 4.0, 20, units=2, terms={BidTerm.PRODUCT: "A07"}), ()) for name in names)
    )
    activate(grids, "scheduled", number=1)
    activate(grids, "direct", number=1, kind=DIRECT)
    send(grids, 2, *(linked(f"after-{name}", 2, (name, status)) for name in names))
    grids.clock.moment = CLOSES - timedelta(minutes=30)
    grids.put("north", model("north", 100.0, units=4))
    expected = (after_scheduled, after_direct, after_nothing)
    assert decided(grids, 2) == {f"after-{name}": one for name, one in zip(names, expected, strict=True)}


def test_a_newer_document_about_a_part_leaves_what_was_reported_of_the_rest(grids: World) -> None:
    start_s, quarter_s = int(DAY.timestamp()), int(QUARTER.total_seconds())
    first = activations.StoredActivation("x", start_s, start_s + 4 * quarter_s, False, 4.0, OPENS, OPENS, "o")
    newer = replace(
        first,
        start_s=start_s + quarter_s,
        end_s=start_s + 2 * quarter_s,
        quantity_mw=0.0,
        created_at=OPENS + QUARTER,
    )
    with grids.stores.of("east").writing() as uow:
        activations.put(uow, [first], (start_s, start_s + 4 * quarter_s), OPENS)
        activations.put(uow, [newer], (start_s, start_s + 4 * quarter_s), OPENS)
        activations.put(uow, [replace(first, quantity_mw=9.0)], (start_s, start_s + 1), OPENS)
        kept = activations.of_bids(uow, ["x"])
    assert [
        ((one.start_s - start_s) // quarter_s, (one.end_s - start_s) // quarter_s, one.quantity_mw)
        for one in kept
    ] == [
        (0, 1, 4.0),
        (1, 2, 0.0),
        (2, 4, 4.0),
    ]


def test_a_document_without_series_says_that_nothing_was_activated(grids: World) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("before", 0))
    assert activate(grids) == []
    send(grids, 1, linked("after", 1, ("before", "A55")))
    assert decided(grids, 1) == {"after": ALL}


@pytest.mark.parametrize("use", UseOfLists)
@pytest.mark.parametrize(
    ("rule", "after_scheduled", "after_direct"),
    [
        (TechnicalLink.NONE, ALL, ALL),
        (TechnicalLink.DIRECT_BLOCKS, ALL, NOTHING),
        (TechnicalLink.MAY_NOT_FOLLOW, NOTHING, NOTHING),
        (TechnicalLink.MUST_FOLLOW, NOTHING, NOTHING),
    ],
)
def test_technical_links_reach_over_gates(
    grids: World,
    use: UseOfLists,
    rule: TechnicalLink,
    after_scheduled: tuple[float, str | None],
    after_direct: tuple[float, str | None],
) -> None:
    opened(grids, use, rule)
    grids.clock.moment = CLOSES - timedelta(minutes=30)
    grids.put("north", model("north", 100.0, units=4))
    send(grids, 0, *(linked(f"{name}-0", 0, technical_link=name) for name in ("s", "d", "n")))
    activate(grids, "s-0")
    activate(grids, "d-0", kind=DIRECT, units=2)
    send(grids, 1, *(linked(f"{name}-1", 1, technical_link=name) for name in ("s", "d", "n")))
    assert decided(grids, 1) == {"s-1": after_scheduled, "d-1": after_direct, "n-1": ALL}


def test_what_must_follow_is_delivered_and_counts_as_used(grids: World) -> None:
    opened(grids, UseOfLists.PREFIX, TechnicalLink.MUST_FOLLOW)
    send(grids, 0, linked("first", 0, technical_link="chain"))
    activate(grids, "first")
    send(grids, 1, linked("second", 1, technical_link="chain"), linked("other", 1, mw=20.0))
    assert decided(grids, 1) == {"second": NOTHING, "other": (6.0, ReasonCode.INTERNAL_CONGESTION)}
    assert reported(grids, "q1").notes == ("what follows activations of earlier gates counts as used",)


@pytest.mark.parametrize("status", ["A11", "A09", "A13"])
def test_the_newest_document_about_a_bid_counts(grids: World, status: str) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("before", 0), linked("still", 0))
    later = OPENS + timedelta(minutes=1)
    activate(grids, "before", kind=RESPONSE, status=status, created_at=later)
    activate(grids, "before", "still")
    activate(grids, "still", kind=RESPONSE, status="A07", created_at=later)
    send(grids, 1, linked("a", 1, ("before", "A55")), linked("b", 1, ("still", "A55")))
    assert decided(grids, 1) == {"a": ALL, "b": NOTHING}


def kept_of(world: World, name: str) -> list[tuple[bool, float]]:
    """Of a bid, what is reported as activated: whether directly, and MW."""
    with world.stores.of("east").reading() as uow:
        return [(one.direct, one.quantity_mw) for one in activations.of_bids(uow, [name])]


@pytest.mark.parametrize("kind", [SCHEDULED, DIRECT])
@pytest.mark.parametrize(("status", "mw"), [("A07", 3.0), ("A11", 0.0)])
def test_a_response_answers_the_order_of_its_bid_and_time(
    grids: World, kind: str, status: str, mw: float
) -> None:
    opened(grids, UseOfLists.PREFIX)
    send(grids, 0, linked("before", 0))
    activate(grids, "before", kind=kind, mw=3.0)
    for minute, stated in enumerate(("A07", status), start=1):
        later = OPENS + timedelta(minutes=minute)
        assert activate(grids, "before", kind=RESPONSE, status=stated, mw=3.0, created_at=later) == []
        now = mw if stated == status else 3.0
        assert kept_of(grids, "before") == [(kind == DIRECT, now)]


def test_of_two_orders_a_response_answers_the_one_of_its_quantity_or_the_last(grids: World) -> None:
    opened(grids, UseOfLists.PREFIX)
    send(grids, 0, linked("before", 0))
    first, second, third = (OPENS + timedelta(minutes=minute) for minute in range(3))
    activate(grids, "before", mw=3.0, created_at=first)
    activate(grids, "before", kind=DIRECT, mw=1.0, created_at=second)
    activate(grids, "before", kind=RESPONSE, status="A07", mw=3.0, created_at=third)
    assert kept_of(grids, "before") == [(False, 3.0), (True, 1.0)]
    activate(grids, "before", kind=RESPONSE, status="A11", mw=0.0, created_at=third)
    assert kept_of(grids, "before") == [(False, 0.0), (True, 1.0)]


def test_of_two_orders_a_response_answers_the_one_that_it_names(grids: World) -> None:
    opened(grids, UseOfLists.PREFIX)
    send(grids, 0, linked("before", 0))
    for minute, (kind, mw, order) in enumerate([(SCHEDULED, 3.0, "first"), (DIRECT, 1.0, "second")]):
        at = OPENS + timedelta(minutes=minute)
        sent = activation("before", kind=kind, mw=mw, created_at=at)
        hand_in(grids, replace(sent, order=DocumentRef(order, 1)))
    for minute, (status, left) in enumerate([("A07", 2.0), ("A11", 0.0)], start=2):
        at = OPENS + timedelta(minutes=minute)
        sent = activation("before", kind=RESPONSE, status=status, mw=2.0, created_at=at)
        assert hand_in(grids, replace(sent, order=DocumentRef("first", 1))) == []
        assert kept_of(grids, "before") == [(False, left), (True, 1.0)]


def test_a_response_to_no_order_is_a_remark(grids: World) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("before", 0))
    (remark,) = activate(grids, "before", kind=RESPONSE, status="A07")
    assert remark.code is ReasonCode.COMPLEMENTARY
    assert remark.message == (
        "bid before: no order is reported that this response answers; it counts as one to "
        "scheduled activation"
    )


def test_both_ways_of_activation_together_are_held_to_the_offer(grids: World) -> None:
    opened(grids, UseOfLists.PREFIX)
    send(grids, 0, linked("before", 0))
    assert activate(grids, "before", mw=3.0) == []
    (beyond,) = activate(grids, "before", kind=DIRECT, mw=1.5)
    assert (beyond.code, beyond.series) == (ReasonCode.QUANTITY_INCONSISTENT, "before")
    assert path_of(beyond, ACTIVATION) == "Period[1]/Point[1]/quantity"
    assert beyond.message == (
        "3 MW of scheduled and 1.5 MW of direct activation of a bid that offers 4 MW then"
    )
    later = OPENS + timedelta(minutes=1)
    assert activate(grids, "before", kind=DIRECT, mw=1.0, created_at=later) == []
    assert activate(grids, "before", mw=3.0, created_at=later) == []  # reported again is no more


def test_what_newer_documents_changed_is_answered(grids: World) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("before", 0), linked("still", 0))
    activate(grids, "before", mw=3.0, created_at=OPENS + timedelta(minutes=1))
    (older,) = activate(grids, "before", mw=4.0)
    assert (older.code, older.series, path_of(older, ACTIVATION)) == (
        ReasonCode.SERIES_VERSION_CONFLICT,
        "before",
        "mRID",
    )
    assert older.message == (
        f"a document created {OPENS + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ} has a newer version of what "
        "was activated of bid before"
    )
    (part,) = activate(grids, "before", "still", mw=4.0)
    assert part.code is ReasonCode.COMPLEMENTARY
    assert part.message == older.message
    assert kept_of(grids, "before") == [(False, 3.0)]
    assert kept_of(grids, "still") == [(False, 4.0)]


def test_a_response_that_reaches_into_the_next_unit_is_of_direct_activation(grids: World) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("before", 0))
    activate(grids, "before", kind=RESPONSE, status="A07", units=2)
    send(grids, 1, linked("a", 1, ("before", "A59")), linked("b", 1, ("before", "A60")))
    assert decided(grids, 1) == {"a": ALL, "b": NOTHING}


def test_what_cannot_be_taken_is_answered(grids: World) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("before", 0))
    (unknown,) = activate(grids, "who")
    assert (unknown.code, unknown.series, path_of(unknown, ACTIVATION)) == (
        ReasonCode.SERIES_ID_CONFLICT,
        "who",
        "mRID",
    )
    (other_way,) = activate(grids, "before", direction=Direction.DOWN)
    assert "other direction" in other_way.message
    (negative,) = activate(grids, "before", mw=-1.0)
    assert negative.code is ReasonCode.QUANTITY_INCONSISTENT
    (sender,) = activate(grids, "before", tenant="north")
    assert sender.code is ReasonCode.SENDER_INVALID


def changed(sent: Activation, **changes: Any) -> Activation:
    """With other values in its header and its series."""
    header = {name: changes.pop(name) for name in ("type", "process") if name in changes}
    series = tuple(replace(one, **changes) for one in sent.series)
    return replace(sent, header=replace(sent.header, **header), series=series)


def hand_in(world: World, sent: Activation) -> Sequence[Finding]:
    with world.stores.of("east").writing() as uow:
        return RecordActivations(world.stores).apply(uow, TENANTS["east"], sent, "a1", world.clock.now())


@pytest.mark.parametrize(
    ("sent", "code", "path", "text"),
    [
        (
            activation("x", mw=9999.0),
            ReasonCode.QUANTITY_INCONSISTENT,
            "Period[1]/Point[1]/quantity",
            "9,999 MW",
        ),
        (
            activation("x", mw=4.01),
            ReasonCode.QUANTITY_INCONSISTENT,
            "Period[1]/Point[1]/quantity",
            "offers 4 MW",
        ),
        (
            activation("x", number=1),
            ReasonCode.TIME_INTERVAL_INCORRECT,
            "Period[1]/timeInterval",
            "begin within",
        ),
        (activation("x", units=3), ReasonCode.TIME_INTERVAL_INCORRECT, "Period[1]/timeInterval", "more than"),
        (
            changed(activation("x"), connecting_area=CodedId("10YTEST-ELSE---9")),
            ReasonCode.AREA_INVALID,
            "connecting_Domain.mRID",
            f"in area {AREA}, not 10YTEST-ELSE---9",
        ),
        (
            changed(activation("x"), resource=CodedId("u2")),
            ReasonCode.RESOURCE_INVALID,
            "registeredResource.mRID",
            "of resource u1, not u2",
        ),
    ],
)
def test_an_activation_that_contradicts_its_bid_is_named(
    grids: World, sent: Activation, code: ReasonCode, path: str, text: str
) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("x", 0), linked("y", 0))
    whole = Interval(DAY, DAY + 3 * QUARTER)
    both = replace(sent, period=whole, series=(*activation("y").series, *sent.series))
    (found,) = hand_in(grids, both)
    assert (found.series, found.code, path_of(found, ACTIVATION)) == ("x", code, path)
    assert text in found.message
    with grids.stores.of("east").reading() as uow:
        assert [one.bid_id for one in activations.of_bids(uow, ["x", "y"])] == ["y"]


@pytest.mark.parametrize(
    ("changes", "code", "path", "text"),
    [
        ({"type": "A37"}, ReasonCode.CANNOT_BE_PROCESSED, "type", "A37 (Reserve tender document)"),
        ({"type": "A43"}, ReasonCode.CANNOT_BE_PROCESSED, "type", "does not report activations"),
        ({"process": "A51"}, ReasonCode.PROCESS_INVALID, "process.processType", "are of A47 (q0)"),
    ],
)
def test_a_document_that_is_no_activation_of_a_gate_is_refused(
    grids: World, changes: dict[str, str], code: ReasonCode, path: str, text: str
) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("x", 0))
    (found,) = hand_in(grids, changed(activation("x"), **changes))
    assert (found.series, found.code, path_of(found, ACTIVATION)) == (None, code, path)
    assert text in found.message


TERMS = {
    BidTerm.ACQUIRING_AREA: AREA,
    BidTerm.ACQUIRING_AREA_SCHEME: "A01",
    BidTerm.RESOURCE_SCHEME: "A01",
    BidTerm.PROVIDER: "11XTEST-BSP----P",
    BidTerm.PROVIDER_SCHEME: "A01",
    BidTerm.AUCTION: "MARKET",
    BidTerm.BUSINESS_TYPE: "B74",
}


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"acquiring_area": CodedId("10YTEST-ELSE---9")}, ReasonCode.AREA_INVALID, "acquiring_Domain.mRID"),
        ({"acquiring_area": CodedId(AREA, "NNO")}, ReasonCode.AREA_INVALID, "acquiring_Domain.mRID"),
        ({"connecting_area": CodedId(AREA, "NNO")}, ReasonCode.AREA_INVALID, "connecting_Domain.mRID"),
        ({"resource": CodedId("u1", "NNO")}, ReasonCode.RESOURCE_INVALID, "registeredResource.mRID"),
        (
            {"provider": CodedId("any text")},
            ReasonCode.SENDER_WITHOUT_CONTRACT,
            "resourceProvider_MarketParticipant.mRID",
        ),
        ({"auction": "OTHER"}, ReasonCode.LOCAL_MARKET_RULE, "auction.mRID"),
        ({"business_type": "A95"}, ReasonCode.BUSINESS_TYPE_INVALID, "businessType"),
        ({"business_type": "A53"}, ReasonCode.BUSINESS_TYPE_INVALID, "businessType"),
        ({"business_type": "B74"}, None, None),
        ({"business_type": "A97", "auction": "MARKET", "resource": CodedId("u1")}, None, None),
    ],
)
def test_an_activation_says_what_its_bid_says(
    grids: World, changes: dict[str, Any], code: ReasonCode | None, path: str | None
) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("x", 0, **{term.value: text for term, text in TERMS.items()}))
    found = hand_in(grids, changed(activation("x"), **changes))
    assert [(one.code, path_of(one, ACTIVATION)) for one in found] == ([] if code is None else [(code, path)])


@pytest.mark.parametrize(
    ("subject", "right"),
    [("11XTEST-BSP----P", True), (TENANTS["east"].parties[0].code, True), ("somebody", False)],
)
def test_an_activation_is_on_behalf_of_who_provides_its_bids(grids: World, subject: str, right: bool) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("x", 0, **{term.value: text for term, text in TERMS.items()}))
    sent = replace(activation("x"), subject=Role(CodedId(subject), "A46"))
    found = [(one.code, path_of(one, ACTIVATION)) for one in hand_in(grids, sent)]
    wrong = (ReasonCode.SENDER_WITHOUT_CONTRACT, "subject_MarketParticipant.mRID")
    assert found == ([] if right else [wrong])


def test_all_that_is_wrong_with_an_activation_is_reported(grids: World) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("x", 0))
    wrong = changed(activation("x", mw=-1.0), type="A43", business_type="A53")
    codes = {one.code for one in hand_in(grids, wrong)}
    assert codes == {
        ReasonCode.CANNOT_BE_PROCESSED,
        ReasonCode.QUANTITY_INCONSISTENT,
        ReasonCode.BUSINESS_TYPE_INVALID,
    }


def test_what_is_not_activated_has_no_quantity_to_be_held_to(grids: World) -> None:
    opened(grids, UseOfLists.EXACT)
    send(grids, 0, linked("x", 0))
    assert activate(grids, "x", status="A11", mw=9999.0) == []


def test_an_indivisible_bid_activated_in_part_is_a_remark(grids: World) -> None:
    opened(grids, UseOfLists.EXACT)
    whole, links = linked("x", 0)
    send(grids, 0, (replace(whole, divisible=False, points=[(4.0, None, 20.0)]), links))
    (remark,) = activate(grids, "x", mw=3.0)
    assert remark.code is ReasonCode.COMPLEMENTARY
    assert remark.message == "bid x is indivisible; 3 MW of 4 MW are reported of it"
    with grids.stores.of("east").reading() as uow:
        assert [one.quantity_mw for one in activations.of_bids(uow, ["x"])] == [3.0]


@pytest.mark.parametrize(
    ("links", "text"),
    [((("nobody", "A55"),), "the linked bid is unknown"), ((("beside", "A67"),), "not one of an earlier")],
)
def test_a_link_that_leads_nowhere_is_answered_at_closure(
    grids: World, links: tuple[tuple[str, str], ...], text: str
) -> None:
    """While the gate is open the linked bid may still come; then no platform can honour the link."""
    opened(grids, UseOfLists.PREFIX)
    send(grids, 1, linked("beside", 1))
    send(grids, 2, linked("a", 1, *links))
    grids.clock.moment = CLOSES - timedelta(hours=1)
    rows = grids.availability(grids.close_and_run("q1"), TENANTS["operator"])["east"]
    ((mw, reason),) = [(row.available_mw[0], row.reason) for row in rows if row.bid_id == "a"]
    assert mw == 0
    assert reason is not None
    assert text in (reason.text or "")


def test_what_was_activated_is_shown_to_whom_it_concerns(world: World) -> None:
    world.resources.replace(TENANTS["tso"], RESOURCES)
    world.gates.create(gate("q0", units=1))
    world.gates.create(gate("q1", units=1, delivery=Interval(DAY + QUARTER, DAY + 2 * QUARTER)))
    send(world, 0, linked("a", 0), linked("b", 0))
    assert world.results.activations("q0", TENANTS["tso"]) == GateActivations(["east", "west"], [])
    activate(world, "a", kind=DIRECT, mw=3.0)
    activate(world, "b", mw=0.0)
    reports = [
        Activated("east", "a", Direction.UP, DAY, DAY + QUARTER, True, 3.0, OPENS),
        Activated("east", "b", Direction.UP, DAY, DAY + QUARTER, False, 0.0, OPENS),
    ]
    for name in ("tso", "operator"):
        found = world.results.activations("q0", TENANTS[name])
        assert (found.unreported, found.reported) == (["west"], reports)
    assert world.results.activations("q0", TENANTS["east"]) == GateActivations([], reports)
    assert world.results.activations("q0", TENANTS["west"]) == GateActivations(["west"], [])
    assert world.results.activations("q1", TENANTS["tso"]) == GateActivations(["east", "west"], [])
    with pytest.raises(NotOfTheGateError):
        world.results.activations("q0", TENANTS["north"])
    with pytest.raises(UnknownGateError):
        world.results.activations("q0", TENANTS["late"])
