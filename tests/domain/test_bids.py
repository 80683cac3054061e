import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.bid import BidTerm, ConditionalLink, Direction, Relation
from gateway.domain.bids import Bids, SimpleBid, bids_from
from gateway.domain.party import CodedId
from gateway.domain.reason import Reason

QUARTER = 900


def three_bids() -> Bids:
    simple = bids_from(
        [
            SimpleBid("A", Direction.UP, True, 0, QUARTER, "PT15M", [(5, 0, 60.0), (6, 1, 61.0)]),
            SimpleBid("B", Direction.DOWN, False, QUARTER, QUARTER, "PT15M", [(7, None, None)]),
            SimpleBid(
                "C", Direction.UP, True, 0, 3600, "PT60M", [(9, 2, 70.0)], {BidTerm.RESOURCE: "unit-c"}
            ),
        ]
    )
    return Bids(
        **{
            **{name: getattr(simple, name) for name in simple.__dataclass_fields__},
            "conditional_links": (ConditionalLink(2, "A", "A55"),),
            "reasons": ((1, Reason("Z64")),),
            "areas": ((2, CodedId("10YTEST--------1")),),
            "parties": ((0, Relation.SHARED_WITH, CodedId("TEST")),),
            "measurements": ((0, "p/q", "3"),),
        }
    )


def test_columns_follow_the_bids() -> None:
    bids = three_bids()
    assert len(bids) == 3
    assert bids.point_bid.tolist() == [0, 0, 1, 2]
    assert bids.point_start_s.tolist() == [0, QUARTER, QUARTER, 0]
    assert bids.point_end_s.tolist() == [QUARTER, 2 * QUARTER, 2 * QUARTER, 3600]
    assert bids.period_end_s.tolist() == [2 * QUARTER, 2 * QUARTER, 3600]
    assert np.isnan(bids.minimum_mw[2])
    assert bids.term(BidTerm.RESOURCE, 2) == "unit-c"
    assert bids.term(BidTerm.RESOURCE, 0) is None
    assert bids.term(BidTerm.AUCTION, 0) is None
    assert bids.position_of["B"] == 1


def test_selection_takes_every_row_of_a_bid_along_and_renumbers_it() -> None:
    bids = three_bids().select([2, 0])
    assert bids.bid_id == ["C", "A"]
    assert bids.point_bid.tolist() == [0, 1, 1]
    assert bids.quantity_mw.tolist() == [9, 5, 6]
    assert bids.conditional_links == (ConditionalLink(0, "A", "A55"),)
    assert bids.reasons == ()
    assert bids.areas == ((0, CodedId("10YTEST--------1")),)
    assert bids.parties == ((1, Relation.SHARED_WITH, CodedId("TEST")),)
    assert bids.measurements == ((1, "p/q", "3"),)


def test_a_term_no_bid_has_any_more_is_absent() -> None:
    assert BidTerm.RESOURCE not in three_bids().select([0, 1]).terms


def test_no_bids_are_bids_too() -> None:
    assert len(bids_from([])) == 0
    nothing = three_bids().select([])
    assert len(nothing) == 0
    assert len(nothing.quantity_mw) == 0


counts = st.lists(st.integers(1, 4), min_size=1, max_size=8)


@given(counts, st.data())
def test_selecting_keeps_each_bids_points_together_and_in_order(
    sizes: list[int], data: st.DataObject
) -> None:
    bids = bids_from(
        [
            SimpleBid(
                f"b{i}",
                Direction.UP,
                True,
                0,
                QUARTER,
                "PT15M",
                [(100 * i + j, None, None) for j in range(n)],
            )
            for i, n in enumerate(sizes)
        ]
    )
    wanted = data.draw(st.lists(st.integers(0, len(sizes) - 1), unique=True))
    chosen = bids.select(wanted)
    assert chosen.bid_id == [f"b{i}" for i in wanted]
    assert chosen.quantity_mw.tolist() == [100 * i + j for i in wanted for j in range(sizes[i])]
    assert chosen.point_bid.tolist() == [k for k, i in enumerate(wanted) for _ in range(sizes[i])]
