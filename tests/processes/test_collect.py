"""Taking bids: time, gate, identity, resources; each refusal with its code."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import SimpleBid, bids_from
from gateway.domain.document import DocumentKind
from gateway.domain.market_time import Interval
from gateway.domain.reason import ReasonCode
from gateway.domain.role import TenantRole
from gateway.records.market import bids as kept
from tests.placing import path_of
from tests.processes.world import CLOSES, DAY, OPENS, RESOURCES, TENANTS, World, bid, document, gate


def in_gate(world: World, platform: str = "east", gate_id: str = "g1") -> Mapping[str, list[float]]:
    with world.stores.of(platform).reading() as uow:
        return {one.bid_id: one.quantity_mw.tolist() for one in kept.of_gate(uow, gate_id)}


def test_a_good_bid_is_kept_minimised(ready: World) -> None:
    terms = {BidTerm.EXCLUSIVE_GROUP: "x", BidTerm.PRODUCTION_TYPE: "B19", BidTerm.PRIORITY: "3"}
    sent = document("east", [bid("a", "pool", [5, 6], [20, -3], minimum=1, terms=terms)])
    assert ready.submit("east", sent, "envelope-1") == []
    with ready.stores.of("east").reading() as uow:
        (one,) = kept.of_gate(uow, "g1")
    assert (one.bid_id, one.document_id, one.document.mrid) == ("a", "envelope-1", "doc-1")
    assert (one.direction, one.divisible) == (Direction.UP, True)
    assert one.quantity_mw.tolist() == [5, 6]
    assert one.minimum_mw.tolist() == [1, 1]
    assert one.energy_price.tolist() == [20, -3]
    assert one.unit_shares == {"u1": 0.25, "s1": 0.75}
    assert one.terms[BidTerm.EXCLUSIVE_GROUP] == "x"
    assert not {BidTerm.PRODUCTION_TYPE, BidTerm.PRIORITY} & one.terms.keys()


@pytest.mark.parametrize(
    ("wrong", "code", "text"),
    [
        (bid("b", "nobody", 5, 20), ReasonCode.RESOURCE_INVALID, "resource nobody is not assigned"),
        (bid("b", None, 5, 20), ReasonCode.RESOURCE_INVALID, "names no resource"),
        (
            bid("b", "u1", 5, 20, terms={BidTerm.CURRENCY: "SEK"}),
            ReasonCode.CURRENCY_INVALID,
            "currency SEK; gate 'g1' accepts EUR",
        ),
        (bid("b", "u1", 5, 20, start=1), ReasonCode.TIME_INTERVAL_INCORRECT, "delivery of one gate: g1"),
        *(
            (
                bid("b", "u1", 5, 20, terms={BidTerm.STATUS: status}),
                ReasonCode.LOCAL_MARKET_RULE,
                f"status {status}; a bid is offered with A06, A65, A66 or no status",
            )
            for status in ("A07", "A10", "A11", "A33", "A34")
        ),
    ],
)
def test_one_bad_bid_is_named_and_the_others_are_kept(
    ready: World, wrong: SimpleBid, code: ReasonCode, text: str
) -> None:
    findings = ready.submit("east", document("east", [bid("a", "u1", 5, 20), wrong]))
    assert [(finding.series, finding.code) for finding in findings] == [("b", code)]
    assert text in findings[0].message
    assert in_gate(ready).keys() == {"a"}


def test_a_closed_gate_hides_no_other_reason(ready: World) -> None:
    ready.clock.moment = CLOSES + timedelta(hours=1)
    wrong = replace(bid("b", "unheard", 5, 20), terms={BidTerm.RESOURCE: "unheard", BidTerm.CURRENCY: "USD"})
    findings = ready.submit("east", document("east", [bid("a", "u1", 5, 20), wrong]))
    assert {(one.series, one.code) for one in findings} == {
        (None, ReasonCode.GATE_NOT_OPEN),
        ("b", ReasonCode.RESOURCE_INVALID),
        ("b", ReasonCode.CURRENCY_INVALID),
    }
    assert in_gate(ready) == {}


def test_points_that_do_not_fit_the_market_time_unit_are_refused(world: World) -> None:
    world.gates.create(gate(units=8, mtu=timedelta(minutes=30)))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    short = bid("short", "u1", 5, 20)
    shifted = replace(bid("shifted", "u1", 5, 20, hours=True, units=1), start_s=int(DAY.timestamp()) + 900)
    fits = bid("fits", "u1", 5, 20, hours=True, units=2)
    findings = world.submit("east", document("east", [short, shifted, fits]))
    assert {(f.series, f.code) for f in findings} == {
        ("short", ReasonCode.RESOLUTION_INCONSISTENT),
        ("shifted", ReasonCode.TIME_INTERVAL_INCORRECT),
    }
    assert in_gate(world).keys() == {"fits"}


@pytest.mark.feature(id="A16")
def test_the_least_bid_is_a_matter_of_the_market(world: World) -> None:
    world.gates.create(gate("with", minimum_bid_mw=1.0))
    world.gates.create(gate("without", process="A51"))
    world.resources.replace(TENANTS["tso"], RESOURCES)
    small = [bid("small", "u1", [0.5, 0], 20)]
    findings = world.submit("east", document("east", small))
    assert [finding.code for finding in findings] == [ReasonCode.OUT_OF_RANGE]
    assert world.submit("east", document("east", small, process="A51", mrid="doc-2")) == []
    cancelling = [bid("none", "u1", 0, 20)]
    (remark,) = world.submit("east", document("east", cancelling, mrid="doc-3"))
    assert remark.code is ReasonCode.COMPLEMENTARY, "it is no bid that is too small"


@pytest.mark.parametrize(
    ("moment", "taken"),
    [
        (OPENS - timedelta(seconds=1), False),
        (OPENS, True),
        (CLOSES + timedelta(minutes=5) - timedelta(seconds=1), True),
        (CLOSES + timedelta(minutes=5), False),
    ],
)
def test_documents_outside_the_gate_are_refused_with_its_times(
    ready: World, moment: datetime, taken: bool
) -> None:
    ready.clock.moment = moment
    findings = ready.submit("east", document("east", [bid("a", "u1", 5, 20)]))
    if taken:
        assert findings == []
        return
    (finding,) = findings
    assert (finding.code, finding.series) == (ReasonCode.GATE_NOT_OPEN, None)
    until = CLOSES + timedelta(minutes=5)
    assert f"from {OPENS:%Y-%m-%dT%H:%M:%SZ} to {until:%Y-%m-%dT%H:%M:%SZ}" in finding.message
    assert in_gate(ready) == {}


def test_what_came_in_time_counts_even_if_it_is_read_after_closing(ready: World) -> None:
    received = ready.clock.now()
    ready.clock.moment += timedelta(seconds=1)
    ready.gates.close("g1", TENANTS["operator"])
    ready.clock.moment += timedelta(seconds=1)
    sent = document("east", [bid("a", "u1", 5, 20)])
    with ready.stores.of("east").writing() as uow:
        assert ready.collect.apply(uow, TENANTS["east"], sent, "d1", received) == []
        (late,) = ready.collect.apply(uow, TENANTS["east"], sent, "d2", ready.clock.now())
    assert late.code is ReasonCode.GATE_NOT_OPEN
    assert in_gate(ready) == {"a": [5, 5]}


def test_who_has_closed_sends_nothing_more(ready: World) -> None:
    ready.gates.close("g1", TENANTS["east"])
    (finding,) = ready.submit("east", document("east", [bid("a", "u1", 5, 20)]))
    assert finding.code is ReasonCode.GATE_NOT_OPEN
    assert "you closed gate 'g1'" in finding.message
    assert ready.submit("west", document("west", [bid("a", "u1", 5, 20)])) == []


def test_a_document_for_no_gate_or_another_process_says_so(ready: World) -> None:
    tomorrow = Interval(DAY + timedelta(days=1), DAY + timedelta(days=2))
    (finding,) = ready.submit("east", document("east", [], period=tomorrow))
    assert (finding.code, finding.series) == (ReasonCode.GATE_NOT_OPEN, None)
    (finding,) = ready.submit("east", document("east", [], process="A51"))
    assert finding.code is ReasonCode.PROCESS_INVALID
    assert "A47 (g1)" in finding.message
    (finding,) = ready.submit("late", document("late", [bid("a", "u1", 5, 20)]))
    assert finding.code is ReasonCode.GATE_NOT_OPEN


def test_a_document_without_a_process_is_for_the_gates_of_one_process_alone(ready: World) -> None:
    assert ready.submit("east", document("east", [bid("a", "u1", 5, 20)], process=None)) == []
    ready.gates.create(gate("g2", process="A51"))
    (finding,) = ready.submit("east", document("east", [bid("b", "u1", 5, 20)], process=None, mrid="doc-2"))
    assert (finding.code, path_of(finding, DocumentKind.RESERVE_BID), finding.series) == (
        ReasonCode.PROCESS_INVALID,
        "process.processType",
        None,
    )
    assert "A47 (g1), A51 (g2)" in finding.message
    assert in_gate(ready).keys() == {"a"}


def test_one_document_may_serve_several_gates(ready: World) -> None:
    second = Interval(DAY + timedelta(minutes=30), DAY + timedelta(minutes=60))
    ready.gates.create(gate("g2", delivery=second))
    ready.gates.close("g1", TENANTS["operator"])
    ready.clock.moment += timedelta(seconds=1)
    findings = ready.submit(
        "east", document("east", [bid("first", "u1", 5, 20), bid("second", "u1", 5, 20, start=2)])
    )
    assert [(f.series, f.code) for f in findings] == [("first", ReasonCode.GATE_NOT_OPEN)]
    assert in_gate(ready, gate_id="g2").keys() == {"second"}


def test_a_newer_revision_takes_the_place_of_the_older_as_a_whole(ready: World) -> None:
    ready.submit("east", document("east", [bid("a", "u1", 5, 20), bid("b", "u1", 5, 20)]))
    ready.submit("east", document("east", [bid("b", "u1", 6, 20), bid("c", "u1", 7, 20)], revision=2))
    assert in_gate(ready) == {"b": [6, 6], "c": [7, 7]}


def test_a_bid_in_a_newer_document_replaces_the_one_before_and_zero_cancels(ready: World) -> None:
    newer = OPENS + timedelta(minutes=1)
    ready.submit("east", document("east", [bid("a", "u1", 5, 20), bid("b", "u1", 5, 20)]))
    ready.submit("east", document("east", [bid("a", "u1", 0, 20)], mrid="doc-2", created_at=newer))
    assert in_gate(ready) == {"a": [0, 0], "b": [5, 5]}
    findings = ready.submit("east", document("east", [bid("a", "u1", 9, 20)], mrid="doc-3"))
    assert [finding.code for finding in findings] == [ReasonCode.SERIES_VERSION_CONFLICT]
    assert in_gate(ready)["a"] == [0, 0]
    run_id = ready.close_and_run()
    found = ready.availability(run_id, TENANTS["east"])["east"]
    assert [row.bid_id for row in found] == ["b"]


@pytest.mark.parametrize("status", ["A09", "A13"])
def test_a_status_of_cancelled_or_withdrawn_cancels_a_bid_whatever_its_quantity(
    ready: World, status: str
) -> None:
    newer = OPENS + timedelta(minutes=1)
    collected = [bid("b", "u1", 6, 20, terms={BidTerm.STATUS: code}) for code in ("A06", "A65", "A66")]
    collected = [replace(one, bid_id=f"b{number}") for number, one in enumerate(collected)]
    assert ready.submit("east", document("east", [bid("a", "u1", 5, 20), *collected])) == []
    cancelled = bid("a", "u1", 5, 20, minimum=5, terms={BidTerm.STATUS: status})
    other = bid("c", "u1", 7, 20)
    assert ready.submit("east", document("east", [cancelled, other], mrid="doc-2", created_at=newer)) == []
    kept_now = {"b0": [6, 6], "b1": [6, 6], "b2": [6, 6], "c": [7, 7]}
    assert in_gate(ready) == {"a": [0, 0], **kept_now}
    run_id = ready.close_and_run()
    found = ready.availability(run_id, TENANTS["east"])["east"]
    assert {row.bid_id for row in found} == kept_now.keys()


def test_no_sender_replaces_the_bid_of_another(ready: World) -> None:
    ready.submit("east", document("east", [bid("a", "u1", 5, 20)]))
    other = document("west", [bid("a", "u1", 9, 20)], mrid="doc-2", created_at=OPENS + timedelta(days=1))
    with ready.stores.of("east").writing() as uow:
        findings = ready.collect.apply(uow, TENANTS["east"], other, "d2", ready.clock.now())
    assert [finding.code for finding in findings] == [ReasonCode.SERIES_ID_CONFLICT]
    assert in_gate(ready) == {"a": [5, 5]}


def test_what_has_been_decided_is_not_touched_again(ready: World) -> None:
    ready.submit("east", document("east", [bid("a", "u1", 5, 20)]))
    ready.clock.moment = CLOSES - timedelta(minutes=1)
    in_time = ready.clock.now()
    ready.close_and_run()
    late = document("east", [bid("a", "u1", 9, 20)], revision=2)
    with ready.stores.of("east").writing() as uow:
        (finding,) = ready.collect.apply(uow, TENANTS["east"], late, "d2", in_time)
    assert finding.code is ReasonCode.GATE_NOT_OPEN
    assert "in time, but" in finding.message
    assert in_gate(ready) == {"a": [5, 5]}


def test_two_points_for_one_quarter_are_refused(ready: World) -> None:
    good = bids_from([bid("a", "u1", 5, 20)])
    start = good.point_start_s.copy()
    start[1] = start[0]
    end = good.point_end_s.copy()
    end[1] = end[0]
    findings = ready.submit("east", document("east", replace(good, point_start_s=start, point_end_s=end)))
    assert [finding.code for finding in findings] == [ReasonCode.POSITION_INCONSISTENT]


def test_every_platform_has_a_store_of_its_own(ready: World) -> None:
    assert all(TENANTS[name].is_a(TenantRole.PLATFORM) for name in ("east", "west"))
    ready.submit("east", document("east", [bid("a", "u1", 5, 20)]))
    ready.submit("west", document("west", [bid("a", "u1", 6, 20)]))
    assert (in_gate(ready, "east"), in_gate(ready, "west")) == ({"a": [5, 5]}, {"a": [6, 6]})
