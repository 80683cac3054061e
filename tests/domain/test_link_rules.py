"""Groups and links that contradict themselves are found at their bids; those in order are not."""

from dataclasses import replace

import pytest

from gateway.domain.bid import BidTerm, ConditionalLink, Direction
from gateway.domain.bids import Bids, SimpleBid, bids_from
from gateway.domain.link_rules import broken_links

GROUPS = [BidTerm.EXCLUSIVE_GROUP, BidTerm.MULTIPART_GROUP, BidTerm.INCLUSIVE_GROUP]


def bid(name: str, price: float = 40.0, **more: object) -> SimpleBid:
    reported: dict[str, object] = {
        "direction": Direction.UP,
        "start_s": 0,
        "terms": {BidTerm.CONNECTING_AREA: "TEST-AREA", BidTerm.PRODUCT: "A01"},
        **more,
    }
    return SimpleBid(
        bid_id=name,
        divisible=True,
        resolution_s=900,
        resolution="PT15M",
        points=[(5.0, 0.0, price)],
        **reported,  # type: ignore[arg-type]
    )


def grouped(term: BidTerm, *simple: SimpleBid) -> Bids:
    return bids_from([replace(one, terms={**one.terms, term: "TEST-GROUP"}) for one in simple])


def found(bids: Bids) -> list[tuple[str, list[str]]]:
    return [
        (broken.message, [bids.bid_id[at] for at in broken.bids.nonzero()[0]])
        for broken in broken_links(bids)
        if broken.bids.any()
    ]


@pytest.mark.parametrize("term", GROUPS)
def test_groups_in_order_are_not_found_fault_with(term: BidTerm) -> None:
    second = 41.0 if term is BidTerm.MULTIPART_GROUP else 40.0
    assert found(grouped(term, bid("a"), bid("b", second))) == []
    assert found(grouped(term, bid("alone"))) == []


@pytest.mark.parametrize("term", GROUPS)
@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"start_s": 900}, "time"),
        ({"terms": {BidTerm.CONNECTING_AREA: "TEST-ELSEWHERE", BidTerm.PRODUCT: "A01"}}, "connecting area"),
        ({"terms": {BidTerm.CONNECTING_AREA: "TEST-AREA", BidTerm.PRODUCT: "A05"}}, "product"),
    ],
)
def test_members_of_a_group_agree(term: BidTerm, other: dict[str, object], what: str) -> None:
    second = 41.0 if term is BidTerm.MULTIPART_GROUP else 40.0
    bids = grouped(term, bid("a"), bid("b", second, **other))
    assert found(bids) == [(f"the bids of the group differ in {what}", ["a", "b"])]


def test_an_exclusive_group_may_offer_both_directions() -> None:
    assert found(grouped(BidTerm.EXCLUSIVE_GROUP, bid("a"), bid("b", direction=Direction.DOWN))) == []


def test_parts_differ_in_price_and_inclusive_bids_do_not() -> None:
    parts = grouped(BidTerm.MULTIPART_GROUP, bid("a"), bid("b"))
    assert found(parts) == [("two parts of the bid have the same price", ["a", "b"])]
    whole = grouped(BidTerm.INCLUSIVE_GROUP, bid("a"), bid("b", 41.0))
    assert found(whole) == [("the bids of the group differ in price", ["a", "b"])]


def test_a_technical_link_has_one_bid_at_a_time() -> None:
    assert found(grouped(BidTerm.TECHNICAL_LINK, bid("a"), bid("b", start_s=900))) == []
    assert found(grouped(BidTerm.TECHNICAL_LINK, bid("a"), bid("b"))) == [
        ("technically linked bids are of the same time", ["a", "b"])
    ]


def test_symmetric_reserves_number_their_bids_in_the_field_of_the_link() -> None:
    both = [bid(name, direction=Direction.BOTH) for name in "ab"]
    assert found(grouped(BidTerm.TECHNICAL_LINK, *both)) == []


def test_a_bid_is_in_groups_of_one_kind() -> None:
    terms = {BidTerm.EXCLUSIVE_GROUP: "TEST-X", BidTerm.INCLUSIVE_GROUP: "TEST-I"}
    bids = bids_from([bid("a", terms=terms), bid("b")])
    assert found(bids) == [("the bid is in groups of more than one kind", ["a"])]


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ([("x", "A55"), ("y", "A56")], None),
        ([("x", "A55"), ("x", "A56")], "two conditional links to the same bid"),
        ([("x", "A55"), ("y", "A67")], "links that make it available and links that make it unavailable"),
        ([(f"t{i}", "A67") for i in range(7)], "more than 6 conditional links"),
    ],
)
def test_conditional_links(links: list[tuple[str, str]], message: str | None) -> None:
    reported = tuple(ConditionalLink(0, target, status) for target, status in links)
    bids = replace(bids_from([bid("a"), bid("b")]), conditional_links=reported)
    assert found(bids) == ([] if message is None else [(message, ["a"])])


def conditional(links: list[tuple[int, str, str]], *simple: SimpleBid) -> Bids:
    rows = tuple(ConditionalLink(bid, target, status) for bid, target, status in links)
    return replace(bids_from(simple), conditional_links=rows)


NOT_BEFORE = "a link to a bid that does not begin before it: itself, at the same time or after it"


@pytest.mark.parametrize(
    ("links", "wrong"),
    [
        ([(0, "a", "A55")], ["a"]),
        ([(0, "b", "A55"), (1, "a", "A55")], ["a"]),
        ([(0, "beside", "A68")], ["a"]),
        ([(1, "a", "A55")], []),
        ([(1, "not here", "A55")], []),
    ],
    ids=["itself", "circle", "beside", "earlier", "unknown"],
)
def test_a_conditional_link_looks_back(links: list[tuple[int, str, str]], wrong: list[str]) -> None:
    bids = conditional(links, bid("a"), bid("b", start_s=900), bid("beside"))
    assert found(bids) == ([(NOT_BEFORE, wrong)] if wrong else [])


def test_a_link_to_the_own_inclusive_group_is_a_link_to_itself() -> None:
    group = grouped(BidTerm.INCLUSIVE_GROUP, bid("a"), bid("b"))
    linked = replace(group, conditional_links=(ConditionalLink(0, "TEST-GROUP", "A55"),))
    assert found(linked) == [(NOT_BEFORE, ["a"])]


@pytest.mark.parametrize(
    ("status", "link", "fits"),
    [
        ("A65", "A55", True),
        ("A65", "A67", False),
        ("A66", "A67", True),
        ("A66", "A60", False),
        ("A06", "A67", True),
        (None, "A55", True),
    ],
)
def test_a_status_and_its_links_say_the_same(status: str | None, link: str, fits: bool) -> None:
    terms = {BidTerm.CONNECTING_AREA: "TEST-AREA", **({} if status is None else {BidTerm.STATUS: status})}
    bids = conditional([(1, "a", link)], bid("a"), bid("b", start_s=900, terms=terms))
    message = "links that contradict its status: A65 goes with A55 to A60, A66 with A67 to A72"
    assert found(bids) == ([] if fits else [(message, ["b"])])
