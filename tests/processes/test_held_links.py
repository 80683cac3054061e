"""Groups and chains hold over all bids held for the market, whichever documents and gates they came in."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import SimpleBid
from gateway.domain.market_time import Interval
from gateway.domain.reason import Finding, ReasonCode
from gateway.records.market import bids as kept
from tests.processes.world import DAY, World, bid, document, gate

LINK = {BidTerm.TECHNICAL_LINK: "chain"}


def send(world: World, mrid: str, *bids: SimpleBid) -> Sequence[Finding]:
    return revise(world, mrid, 1, *bids)


def revise(world: World, mrid: str, revision: int, *bids: SimpleBid) -> Sequence[Finding]:
    world.clock.moment += timedelta(seconds=1)
    sent = document("east", bids, mrid=mrid, revision=revision, created_at=world.clock.moment)
    return world.submit("east", sent, f"{mrid}-{revision}")


def withdrawn(findings: Sequence[Finding]) -> str:
    """The one remark of a revision that was taken and leaves bids out."""
    (remark,) = findings
    assert (remark.code, remark.series) == (ReasonCode.COMPLEMENTARY, None)
    return remark.message


def held(world: World, gate_id: str = "g1") -> set[str]:
    with world.stores.of("east").reading() as uow:
        return {one.bid_id for one in kept.of_gate(uow, gate_id)}


@pytest.mark.feature(id="A12")
def test_two_bids_of_one_chain_in_one_unit_come_in_two_documents(ready: World) -> None:
    assert send(ready, "one", bid("a", "u1", 5, 20, units=1, terms=LINK)) == []
    (finding,) = send(ready, "two", bid("b", "u1", 5, 20, units=1, terms=LINK))
    assert (finding.series, finding.code) == ("b", ReasonCode.LOCAL_MARKET_RULE)
    assert "technically linked bids are of the same time, with bids of earlier documents" in finding.message
    assert held(ready) == {"a"}
    assert send(ready, "three", bid("b", "u1", 5, 20, units=1, start=1, terms=LINK)) == []


def test_a_chain_crosses_gates(ready: World) -> None:
    later = Interval(DAY + timedelta(minutes=30), DAY + timedelta(minutes=60))
    ready.gates.create(gate("g2", delivery=later))
    assert send(ready, "one", bid("a", "u1", 5, 20, units=1, start=1, terms=LINK)) == []
    assert send(ready, "two", bid("b", "u1", 5, 20, units=1, start=2, terms=LINK)) == []
    (finding,) = send(ready, "three", bid("c", "u1", 5, 20, units=1, start=2, terms=LINK))
    assert (finding.series, held(ready, "g2")) == ("c", {"b"})


@pytest.mark.feature(id="A12")
def test_an_update_that_turns_a_member_of_a_group_around_is_refused(ready: World) -> None:
    terms = {BidTerm.MULTIPART_GROUP: "M"}
    parts = [bid("a", "u1", 5, 20, terms=terms), bid("b", "u1", 5, 30, terms=terms)]
    assert send(ready, "one", *parts) == []
    (finding,) = send(ready, "two", bid("a", "u1", 5, 20, direction=Direction.DOWN, terms=terms))
    assert (finding.series, finding.code) == ("a", ReasonCode.LOCAL_MARKET_RULE)
    assert "differ in direction" in finding.message
    with ready.stores.of("east").reading() as uow:
        assert {one.direction for one in kept.of_gate(uow, "g1")} == {Direction.UP}
    both = [
        bid(name, "u1", 5, price, direction=Direction.DOWN, terms=terms)
        for name, price in (("a", 20), ("b", 9))
    ]
    assert send(ready, "three", *both) == []


@pytest.mark.parametrize("term", [BidTerm.EXCLUSIVE_GROUP, BidTerm.MULTIPART_GROUP, BidTerm.INCLUSIVE_GROUP])
def test_a_group_is_cancelled_whole(ready: World, term: BidTerm) -> None:
    terms, second = {term: "x"}, 30 if term is BidTerm.MULTIPART_GROUP else 20
    assert (
        send(ready, "one", bid("a", "u1", 5, 20, terms=terms), bid("b", "u1", 5, second, terms=terms)) == []
    )
    (finding,) = send(ready, "two", bid("a", "u1", 0, 20, terms=terms))
    assert "cancelled completely" in finding.message
    assert send(ready, "three", bid("a", "u1", 0, 20, terms=terms), bid("b", "u1", 0, 20, terms=terms)) == []


def test_a_price_of_an_inclusive_group_changes_for_all_or_none(ready: World) -> None:
    terms = {BidTerm.INCLUSIVE_GROUP: "x"}
    assert send(ready, "one", bid("a", "u1", 5, 20, terms=terms), bid("b", "s1", 5, 20, terms=terms)) == []
    (finding,) = send(ready, "two", bid("a", "u1", 5, 21, terms=terms))
    assert "differ in price" in finding.message
    assert send(ready, "three", bid("a", "u1", 6, 20, terms=terms)) == []


def test_equal_names_in_other_gates_are_other_groups(ready: World) -> None:
    later = Interval(DAY + timedelta(minutes=30), DAY + timedelta(minutes=60))
    ready.gates.create(gate("g2", delivery=later))
    terms = {BidTerm.INCLUSIVE_GROUP: "x"}
    assert send(ready, "one", bid("a", "u1", 5, 20, terms=terms)) == []
    assert send(ready, "two", bid("b", "u1", 5, 90, start=2, terms=terms)) == []


@pytest.mark.parametrize("term", [BidTerm.EXCLUSIVE_GROUP, BidTerm.MULTIPART_GROUP, BidTerm.INCLUSIVE_GROUP])
@pytest.mark.parametrize(
    "leaver",
    [
        bid("a", "u1", 0, 20),
        bid("a", "u1", 5, 20),
        bid("a", "u1", 5, 20, direction=Direction.DOWN),
        bid("a", "u1", 5, 20, terms={BidTerm.INCLUSIVE_GROUP: "other"}),
    ],
)
def test_no_bid_leaves_its_group_alone(ready: World, term: BidTerm, leaver: SimpleBid) -> None:
    terms, second = {term: "x"}, 30 if term is BidTerm.MULTIPART_GROUP else 20
    a, b = bid("a", "u1", 5, 20, terms=terms), bid("b", "u1", 5, second, terms=terms)
    assert send(ready, "one", a, b) == []
    alone = bid("c", "u1", 5, 20)
    (finding,) = send(ready, "two", leaver, alone)
    assert (finding.series, finding.code) == ("a", ReasonCode.LOCAL_MARKET_RULE)
    assert "cancelled completely" in finding.message
    findings = send(ready, "three", leaver, b)
    assert [one.series for one in findings] == ["b", "a"]
    with ready.stores.of("east").reading() as uow:
        assert {one.bid_id: one.group for one in kept.of_gate(uow, "g1")} == {"a": "x", "b": "x", "c": None}
    assert send(ready, "four", leaver, bid("b", "u1", 0, 20)) == []


def test_a_revision_that_leaves_out_part_of_a_group_is_refused_as_a_whole(ready: World) -> None:
    terms = {BidTerm.INCLUSIVE_GROUP: "x"}
    a, b, c = (bid(name, "u1", 5, 20, terms=terms) for name in "abc")
    alone = bid("d", "u1", 5, 20)
    assert send(ready, "one", a, b, alone) == []
    assert send(ready, "two", c) == []
    for rest in ([a, alone], [alone], [a, bid("b", "u1", 5, 20), alone]):
        (finding,) = revise(ready, "one", 2, *rest)
        assert (finding.series, finding.code) == (None, ReasonCode.LOCAL_MARKET_RULE)
        assert "the revision would break groups" in finding.message
        assert held(ready) == {"a", "b", "c", "d"}
    assert (
        withdrawn(revise(ready, "one", 3, a, b))
        == "withdrawn, as revision 3 leaves them out or has them with a fault: d"
    )
    assert held(ready) == {"a", "b", "c"}


def test_a_revision_may_leave_out_a_whole_group(ready: World) -> None:
    terms = {BidTerm.INCLUSIVE_GROUP: "x"}
    a, b = (bid(name, "u1", 5, 20, terms=terms) for name in "ab")
    assert send(ready, "one", a, b, bid("d", "u1", 5, 20)) == []
    rest = bid("d", "u1", 6, 20)
    assert (
        withdrawn(revise(ready, "one", 2, rest))
        == "withdrawn, as revision 2 leaves them out or has them with a fault: a, b"
    )
    assert held(ready) == {"d"}
