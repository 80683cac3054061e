"""What documents say of links, and what becomes of it in the optimiser's question."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.bid import BidTerm, Direction
from gateway.domain.document import DocumentRef
from gateway.domain.gate import TechnicalLink, UseOfLists
from gateway.optimiser.model.links import Condition, ConditionalLink, Links
from gateway.processes.bid_check.problem.links import LinkedBids, links_of, undecided_links
from gateway.records.market.bids import CollectedBid

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NONE = np.zeros(0)


def one(
    name: str,
    *links: tuple[str, str | None],
    direction: Direction = Direction.UP,
    **terms: str,
) -> CollectedBid:
    return CollectedBid(
        gate_id="g",
        bid_id=name,
        document_id="d",
        document=DocumentRef("d"),
        document_created_at=NOON,
        delivery_end=NOON,
        sender="s",
        direction=direction,
        divisible=True,
        start_s=NONE.astype(np.int64),
        end_s=NONE.astype(np.int64),
        quantity_mw=NONE,
        minimum_mw=NONE,
        energy_price=NONE,
        unit_shares={"u": 1.0},
        terms={BidTerm(term): text for term, text in terms.items()},
        links=links,
    )


def linked(
    *bids: CollectedBid, units: Mapping[str, list[int]] | None = None, cost: object = 20.0
) -> LinkedBids:
    """Bids over three market time units; offered in the first unless said otherwise."""
    quantity = np.zeros((len(bids), 3))
    for number, bid in enumerate(bids):
        quantity[number, (units or {}).get(bid.bid_id, [0])] = 5.0
    costs = np.broadcast_to(np.asarray(cost, float).reshape(-1, 1), quantity.shape)
    return LinkedBids(["east"] * len(bids), bids, quantity, costs)


def decide(these: LinkedBids, before: Mapping[int, str] | None = None) -> tuple[Links, dict[int, str]]:
    undecided = undecided_links(these, before or {})
    decided = [number for number in range(len(these.bids)) if number not in undecided]
    return links_of(these, decided), undecided


def test_groups_become_groups_of_decided_bids() -> None:
    these = linked(
        one("a", exclusive_group="x"),
        one("b", exclusive_group="x"),
        one("c", inclusive_group="y"),
        one("d", inclusive_group="y"),
        one("e", multipart_group="z"),
        one("f", multipart_group="z"),
        one("g", exclusive_group="alone"),
        cost=[1, 2, 3, 4, 9, 6, 7],
    )
    links, undecided = decide(these)
    assert undecided == {}
    assert links == Links(exclusive=((0, 1),), inclusive=((2, 3),), multipart=((5, 4),))


def test_a_down_group_begins_with_who_pays_most() -> None:
    these = linked(
        one("pays-10", direction=Direction.DOWN, multipart_group="z"),
        one("pays-50", direction=Direction.DOWN, multipart_group="z"),
        cost=[-10, -50],
    )
    assert decide(these)[0].multipart == ((1, 0),)


def test_the_same_group_name_on_two_platforms_is_two_groups() -> None:
    these = linked(one("a", exclusive_group="x"), one("b", exclusive_group="x"))
    apart = LinkedBids(["east", "west"], these.bids, these.quantity_mw, these.cost)
    assert decide(apart) == (Links(), {})


def test_a_technical_link_runs_through_consecutive_units_only() -> None:
    these = linked(
        one("t0", technical_link="t"),
        one("t1", technical_link="t"),
        one("u0", technical_link="u"),
        one("u2", technical_link="u"),
        units={"t1": [1], "u2": [2]},
    )
    links, undecided = decide(replace(these, use=UseOfLists.PREFIX))
    assert (links.technical, undecided) == ((((0, 0), (1, 1)),), {})


@pytest.mark.parametrize("use", UseOfLists)
@pytest.mark.parametrize("meaning", TechnicalLink)
def test_what_a_technical_link_means_is_the_markets(use: UseOfLists, meaning: TechnicalLink) -> None:
    """Acceptances are scheduled, so that nothing blocks the next unit; only direct activation does."""
    these = linked(one("a", technical_link="t"), one("b", technical_link="t"), units={"b": [1]})
    links, undecided = decide(replace(these, use=use, technical=meaning))
    matters = {
        UseOfLists.PREFIX: {TechnicalLink.DIRECT_BLOCKS, TechnicalLink.MAY_NOT_FOLLOW},
        UseOfLists.EXACT: {TechnicalLink.MAY_NOT_FOLLOW, TechnicalLink.MUST_FOLLOW},
    }
    assert (len(links.technical), undecided) == (meaning in matters[use], {})
    assert meaning.value == links.technical_rule.value or meaning is TechnicalLink.NONE


def test_a_technical_link_of_a_whole_group_is_not_decided() -> None:
    these = linked(one("a", technical_link="t"), one("b", technical_link="t"), one("c"))
    assert decide(these)[1].keys() == {0, 1}


@pytest.mark.parametrize(
    ("status", "activated", "any_of"),
    [
        ("A55", False, False),
        ("A56", True, False),
        ("A59", False, False),
        ("A67", True, True),
        ("A68", False, True),
        ("A69", True, True),
    ],
)
def test_a_conditional_link_says_what_must_have_happened(status: str, activated: bool, any_of: bool) -> None:
    these = linked(
        one("earlier"),
        one("member-1", inclusive_group="group"),
        one("member-2", inclusive_group="group"),
        one("later", ("earlier", status), ("group", status)),
        units={"member-1": [1], "member-2": [1], "later": [2]},
    )
    links, undecided = decide(these)
    assert undecided == {}
    conditions = (Condition(0, 0, activated), Condition(1, 1, activated))
    assert links.conditional == (ConditionalLink(3, 2, conditions, any_of),)


@pytest.mark.parametrize("status", ["A57", "A58", "A60"])
def test_conditions_on_direct_activation_do_not_matter_to_acceptances(status: str) -> None:
    these = linked(one("earlier"), one("later", ("earlier", status)), units={"later": [1]})
    assert decide(these) == (Links(), {})


@pytest.mark.parametrize("status", ["A55", "A57", "A60", "A67", "A70", "A72"])
def test_in_prefix_lists_a_conditionally_linked_bid_may_be_passed_over(status: str) -> None:
    these = linked(one("earlier"), one("later", ("earlier", status)), units={"later": [1]})
    assert decide(replace(these, use=UseOfLists.PREFIX)) == (Links(skippable=(1,)), {})


@pytest.mark.parametrize(
    ("target", "why"),
    [("nobody", "is unknown"), ("later", "not one of an earlier"), ("next", "not one of an")],
)
def test_in_prefix_lists_a_link_that_no_platform_can_honour_is_not_decided(target: str, why: str) -> None:
    bids = one("earlier"), one("later", (target, "A55")), one("next")
    these = linked(*bids, units={"later": [1], "next": [2]})
    links, undecided = decide(replace(these, use=UseOfLists.PREFIX))
    assert links.skippable == ()
    assert list(undecided) == [1]
    assert why in undecided[1]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        *((("earlier", status), "requires direct activation") for status in ("A70", "A71", "A72")),
        (("earlier", None), "status None is not one"),
        (("earlier", "A06"), "status A06 is not one"),
        (("nobody", "A55"), "is unknown"),
        (("same", "A55"), "not one of an earlier"),
        (("long", "A55"), "not one of an earlier"),
    ],
)
def test_a_conditional_link_that_cannot_be_honoured_is_reported(
    link: tuple[str, str | None], reason: str
) -> None:
    these = linked(
        one("earlier"),
        one("same"),
        one("long"),
        one("later", link),
        units={"same": [1], "long": [0, 1], "later": [1]},
    )
    links, undecided = decide(these)
    assert links == Links()
    assert undecided.keys() == {3}
    assert undecided[3].startswith(f"conditional link to {link[0]}: "), "as the document names it"
    assert reason in undecided[3]


def test_the_two_kinds_of_condition_do_not_mix() -> None:
    these = linked(one("x"), one("y"), one("z", ("x", "A55"), ("y", "A67")), units={"z": [1]})
    assert "both available and unavailable" in decide(these)[1][2]


def test_groups_that_contradict_themselves_are_not_decided() -> None:
    these = linked(
        one("up", inclusive_group="y"),
        one("down", direction=Direction.DOWN, inclusive_group="y"),
        one("two", exclusive_group="x", inclusive_group="w"),
        one("w", inclusive_group="w"),
        one("x", exclusive_group="x"),
        one("free"),
    )
    assert decide(these)[1].keys() == {0, 1, 2, 3, 4}


def test_parts_whose_prices_change_places_are_not_decided() -> None:
    these = linked(
        one("a", multipart_group="z"), one("b", multipart_group="z"), units={"a": [0, 1], "b": [0, 1]}
    )
    crossing = LinkedBids(these.platform, these.bids, these.quantity_mw, np.array([[1, 9, 0], [2, 3, 0]]))
    assert decide(crossing)[1].keys() == {0, 1}


def test_what_is_tied_to_an_undecided_bid_is_undecided_too() -> None:
    """first → group → dependent: one bid without a price takes all with it, but not the bid it looks at."""
    these = linked(
        one("base"),
        one("first", ("base", "A55"), inclusive_group="y"),
        one("second", inclusive_group="y"),
        one("dependent", ("y", "A56")),
        units={"first": [1], "second": [1], "dependent": [2]},
    )
    links, undecided = decide(these, {2: "no energy price"})
    assert undecided.keys() == {1, 2, 3}
    assert undecided[2] == "no energy price"
    assert links == Links()


def test_blocks_are_named() -> None:
    these = linked(one("a", block="A01"), one("b", block="A02"))
    assert decide(these)[0].blocks == (0,)


TERMS = ("exclusive_group", "multipart_group", "inclusive_group", "technical_link", "block")
SAID = st.dictionaries(st.sampled_from(TERMS), st.sampled_from(("A01", "p", "q")), max_size=2)
LINKS = st.lists(
    st.tuples(st.sampled_from(("b0", "b1", "p")), st.sampled_from(("A55", "A67", "A57"))), max_size=2
)
ANY_BID = st.tuples(SAID, LINKS, st.sampled_from((Direction.UP, Direction.DOWN)))


@given(st.lists(ANY_BID, min_size=1, max_size=7), st.data())
def test_every_valid_input_gives_a_problem(stated: list, data: st.DataObject) -> None:  # type: ignore[type-arg]
    bids = [
        one(f"b{number}", *links, direction=direction, **terms)
        for number, (terms, links, direction) in enumerate(stated)
    ]
    units = {bid.bid_id: sorted(data.draw(st.sets(st.integers(0, 2), min_size=1))) for bid in bids}
    these = linked(*bids, units=units)
    undecided = undecided_links(these, {})
    decided = [number for number in range(len(bids)) if number not in undecided]
    links = links_of(these, decided)
    names = tuple(bids[number].bid_id for number in decided)
    links.check(names, tuple(int(bids[number].direction) for number in decided), 3)
    if not any(bid.terms or bid.links for bid in bids):
        assert undecided == {}
