"""Unit shares in time, and bids cut where they change: nothing is lost, and shares always sum to the bid."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.bid import Direction
from gateway.domain.document import DocumentRef
from gateway.optimiser.model.links import Condition, ConditionalLink, Links
from gateway.processes.bid_check.problem.bid_splitting import SplitBids, pieces_of
from gateway.processes.bid_check.problem.unit_shares import SharesInTime, shares_in_time
from gateway.records.market.bids import CollectedBid

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NONE = np.zeros(0)
UNITS = 4
MW = st.sampled_from([float("nan"), 0.0, 1.0, 2.0, 3.0]) | st.floats(0, 1e6)


def behind(shares: Mapping[str, float]) -> CollectedBid:
    return CollectedBid(
        gate_id="g",
        bid_id="b",
        document_id="d",
        document=DocumentRef("d"),
        document_created_at=NOON,
        delivery_end=NOON,
        sender="s",
        direction=Direction.UP,
        divisible=True,
        start_s=NONE.astype(np.int64),
        end_s=NONE.astype(np.int64),
        quantity_mw=NONE,
        minimum_mw=NONE,
        energy_price=NONE,
        unit_shares=shares,
    )


@st.composite
def bids_in_time(draw: st.DrawFn) -> tuple[SharesInTime, np.ndarray]:
    """A bid of up to three units, some of them planned, and where it is offered."""
    names = ["a", "b", "c"][: draw(st.integers(1, 3))]
    weights = [draw(st.integers(1, 9)) for _ in names]
    bid = behind({name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)})
    row = st.lists(MW, min_size=UNITS, max_size=UNITS).map(np.array)
    ways = st.tuples(st.sampled_from(["a", "b", "c", "other"]), st.sampled_from([-1, 0, 1]))
    plans = draw(st.dictionaries(ways, row, max_size=8))
    offered = np.array(draw(st.lists(st.booleans(), min_size=UNITS, max_size=UNITS)))
    return shares_in_time(bid, offered, plans), offered


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[SharesInTime], np.ndarray, Links]:
    drawn = draw(st.lists(bids_in_time(), min_size=2, max_size=6))
    members = draw(st.integers(0, len(drawn)))
    group = (tuple(range(members)),) if members > 1 else ()
    return (
        [shares for shares, _ in drawn],
        np.array([offered for _, offered in drawn]),
        Links(inclusive=group),
    )


@pytest.mark.feature(id="A3")
@given(cases())
def test_shares_sum_to_the_bid_and_each_piece_has_those_of_its_time(
    case: tuple[list[SharesInTime], np.ndarray, Links],
) -> None:
    shares, offered, links = case
    split_bids = pieces_of(shares, offered, links)
    for piece in split_bids.shares:
        assert sum(piece.values()) == pytest.approx(1.0, abs=1e-9)
        assert min(piece.values()) > 0
    for bid, unit in np.argwhere(offered).tolist():
        piece = split_bids.at[bid, unit]
        assert split_bids.bid[piece] == bid
        assert split_bids.shares[piece] == shares[bid].patterns[shares[bid].at[unit]]


@given(cases())
def test_cut_and_joined_give_the_same_again(case: tuple[list[SharesInTime], np.ndarray, Links]) -> None:
    shares, offered, links = case
    split_bids = pieces_of(shares, offered, links)
    values = np.arange(1.0, offered.size + 1).reshape(offered.shape)
    cut = split_bids.cut(values)
    assert np.array_equal(split_bids.joined(cut), values)
    assert cut.sum() == values.sum()
    assert (np.bincount(split_bids.bid) > 0).all()


@given(cases())
def test_in_every_unit_a_group_is_the_group_of_the_pieces_there(
    case: tuple[list[SharesInTime], np.ndarray, Links],
) -> None:
    shares, offered, links = case
    split_bids = pieces_of(shares, offered, links)
    groups = set(split_bids.links(links).inclusive)
    for group in links.inclusive:
        for unit in range(UNITS):
            assert tuple(split_bids.at[list(group), unit].tolist()) in groups
    assert len({member for group in groups for member in group}) == sum(map(len, groups))


def cut_in_two() -> SplitBids:
    """The second of three bids changes its shares after the first unit."""
    one = SharesInTime(({"u": 1.0},), np.zeros(2, np.intp))
    two = SharesInTime(({"u": 1.0}, {"v": 1.0}), np.array([0, 1]))
    return pieces_of([one, two, one], np.ones((3, 2), np.bool_), Links())


def test_links_in_time_name_the_piece_of_their_unit() -> None:
    split_bids = cut_in_two()
    assert [split_bids.number(piece) for piece in range(4)] == [None, 1, 2, None]
    links = Links(
        technical=(((0, 0), (1, 1)),),
        conditional=(ConditionalLink(2, 1, (Condition(1, 0, True),)),),
        blocks=(2,),
    )
    assert split_bids.links(links) == Links(
        technical=(((0, 0), (2, 1)),),
        conditional=(ConditionalLink(3, 1, (Condition(1, 0, True),)),),
        blocks=(3,),
    )


def test_a_share_of_nothing_is_no_share() -> None:
    """A unit that plans no delivery is not behind the bid then; zeros alone tell nothing."""
    bid = behind({"a": 0.5, "b": 0.5})
    plans = {("a", 0): np.array([0.0, 0.0]), ("b", 0): np.array([2.0, 0.0])}
    found = shares_in_time(bid, np.ones(2, np.bool_), plans)
    assert [found.patterns[at] for at in found.at] == [{"b": 1.0}, {"a": 0.5, "b": 0.5}]
    assert (found.scheduled, found.partly) == (False, True)
