"""Random canonical bids that any newer ReserveBid version can say."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st

from gateway.domain.bid import BidTerm, ConditionalLink, Direction, Relation
from gateway.domain.bids import Bids
from gateway.domain.document import DocumentHeader, DocumentKind, ReserveBids
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import Reason

START = datetime(2026, 3, 28, 23, tzinfo=UTC)
DAY = Interval(START, START + timedelta(days=1))
STEP_S = 900

words = st.text(
    st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=("Cc", "Cs")),
    min_size=1,
    max_size=35,
).filter(lambda text: "\ufffe" not in text and "\uffff" not in text)
ids = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789-_", min_size=1, max_size=32)
decimals = st.integers(-(10**9), 10**9).map(lambda value: value / 1000)
quantities = st.integers(0, 10**9).map(lambda value: value / 1000)
parties = st.builds(
    CodedId, st.text("ABC0123456789-", min_size=1, max_size=16), st.sampled_from(["A01", "A10", "NNO"])
)

TERMS = {
    BidTerm.AUCTION: ids,
    BidTerm.CURRENCY: st.sampled_from(["EUR", "NOK"]),
    BidTerm.ENERGY_PRICE_UNIT: st.just("MWH"),
    BidTerm.CAPACITY_PRICE_UNIT: st.just("MAW"),
    BidTerm.STATUS: st.sampled_from(["A06", "A65", "A66"]),
    BidTerm.PRIORITY: st.integers(1, 99).map(str),
    BidTerm.BLOCK: st.sampled_from(["A01", "A02"]),
    BidTerm.PRODUCT: st.sampled_from(["A01", "A05", "A07"]),
    BidTerm.EXCLUSIVE_GROUP: ids,
    BidTerm.MULTIPART_GROUP: ids,
    BidTerm.TECHNICAL_LINK: ids,
    BidTerm.MAXIMUM_DURATION: st.sampled_from(["PT15M", "PT1H"]),
    BidTerm.STEP_QUANTITY: st.sampled_from(["1", "0.5"]),
}


@st.composite
def bid_columns(draw: st.DrawFn, *, max_bids: int = 4) -> Bids:
    count = draw(st.integers(0, max_bids))
    periods = [draw(st.integers(1, 2)) for _ in range(count)]
    points = [draw(st.integers(1, 4)) for _ in range(sum(periods))]
    total = sum(points)
    period_bid = np.repeat(np.arange(count, dtype=np.int32), periods)
    point_period = np.repeat(np.arange(len(points), dtype=np.int32), points)
    position = np.concatenate(
        [np.arange(1, each + 1, dtype=np.int32) for each in points] or [np.zeros(0, np.int32)]
    )
    first = int(START.timestamp())
    within = np.concatenate([np.arange(each) for each in periods] or [np.zeros(0, int)])
    start = (first + 3600 * within).astype(np.int64)
    point_start = start[point_period] + STEP_S * (position - 1).astype(np.int64)

    def maybe(values: st.SearchStrategy[float]) -> np.ndarray:
        stated = draw(st.sampled_from(["none", "some", "all"]))
        strategy = {"none": st.just(np.nan), "some": st.one_of(st.just(np.nan), values), "all": values}[
            stated
        ]
        return np.array(draw(st.lists(strategy, min_size=total, max_size=total)), dtype=float)

    terms = {
        BidTerm.BUSINESS_TYPE: ["B74"] * count,
        BidTerm.ACQUIRING_AREA: ["TEST-AREA"] * count,
        BidTerm.ACQUIRING_AREA_SCHEME: ["A01"] * count,
        BidTerm.CONNECTING_AREA: ["TEST-AREA"] * count,
        BidTerm.CONNECTING_AREA_SCHEME: ["A01"] * count,
        BidTerm.QUANTITY_UNIT: [draw(st.sampled_from(["MAW", "KWT"])) for _ in range(count)],
    }
    for term in draw(st.sets(st.sampled_from(list(TERMS)))):
        column = [draw(st.none() | TERMS[term]) for _ in range(count)]
        if any(text is not None for text in column):
            terms[term] = column
    bid = st.integers(0, count - 1) if count else st.nothing()

    def rows(row: st.SearchStrategy) -> list:
        return sorted(draw(st.lists(row, max_size=3 if count else 0)), key=lambda each: each[0])

    return Bids(
        bid_id=draw(st.lists(ids, min_size=count, max_size=count, unique=True)),
        direction=np.array([draw(st.sampled_from(list(Direction))) for _ in range(count)], dtype=np.int8),
        divisible=np.array([draw(st.booleans()) for _ in range(count)], dtype=np.bool_),
        period_bid=period_bid,
        period_start_s=start,
        period_end_s=start + STEP_S * np.array(points, dtype=np.int64),
        period_resolution=["PT15M"] * len(points),
        point_period=point_period,
        point_position=position,
        point_start_s=point_start,
        point_end_s=point_start + STEP_S,
        quantity_mw=np.array(draw(st.lists(quantities, min_size=total, max_size=total)), dtype=float),
        minimum_mw=maybe(quantities),
        energy_price=maybe(decimals),
        capacity_price=maybe(decimals),
        terms={term: terms[term] for term in BidTerm if term in terms and count},
        conditional_links=tuple(
            ConditionalLink(*row) for row in rows(st.tuples(bid, ids, st.sampled_from([None, "A55", "A67"])))
        ),
        reasons=tuple(
            (row[0], Reason(row[1], row[2]))
            for row in rows(st.tuples(bid, st.sampled_from(["A95", "999"]), st.none() | words))
        ),
        areas=tuple(rows(st.tuples(bid, parties))),
        parties=tuple(rows(st.tuples(bid, st.just(Relation.SHARED_WITH), parties))),
    )


@st.composite
def bid_documents(draw: st.DrawFn, *, max_bids: int = 4) -> ReserveBids:
    role = st.builds(Role, parties, st.sampled_from(["A46", "A34"]))
    header = DocumentHeader(
        DocumentKind.RESERVE_BID,
        "7.4",
        draw(ids),
        draw(st.integers(1, 999)),
        "A37",
        draw(st.sampled_from([None, "A47"])),
        draw(role),
        draw(role),
        draw(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1))).replace(microsecond=0, tzinfo=UTC),  # noqa: DTZ001
    )
    return ReserveBids(
        header, DAY, draw(parties), draw(st.none() | role), draw(bid_columns(max_bids=max_bids))
    )
