"""Streams say what `write` says, whatever is in a document and however its limits are kept."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import esmp
from gateway.domain.document import BidAvailability, LimitColumns, MeritOrderList
from gateway.domain.packed import Packed, unpacked
from mappings import DocumentStream, DocumentStreams, UnwritableError, read, streaming, write
from mappings.texts import number_text, number_texts
from tests.specimens import BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3

AVAILABILITY_VERSIONS = ("1.0", "1.1")
ORDER_VERSIONS = ("6.0", "7.1", "7.2", "7.3")
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.decimals(-10_000, 10_000, places=6).map(float),
    st.sampled_from([0.0, -0.0, 1e-7, 1e16, 123456789.123456]),
)


def streamed(document: BidAvailability | MeritOrderList, version: str) -> bytes:
    return b"".join(DocumentStream()(document, version))


def order(quantity: list[float], price: list[float]) -> MeritOrderList:
    """The specimen with other points, as many as are given."""
    document = read(MERIT_ORDER_LIST_7_3.data, esmp.identify(MERIT_ORDER_LIST_7_3.data)).document
    assert isinstance(document, MeritOrderList)
    series = document.series[0]
    mtu = (series.period.end - series.period.start) / len(series.quantity_mw)
    period = replace(series.period, end=series.period.start + len(quantity) * mtu)
    nothing = np.full(len(quantity), np.nan)
    one = replace(
        series,
        period=period,
        quantity_mw=np.array(quantity),
        energy_price=np.array(price),
        capacity_price=nothing,
        activated_mw=nothing,
        provider=series.provider or document.header.sender.party,
    )
    return replace(document, series=(one, replace(one, bid_id="another")))


@settings(deadline=None)
@given(st.lists(st.tuples(NUMBERS, st.one_of(NUMBERS, st.just(np.nan))), min_size=1, max_size=8))
def test_a_streamed_order_is_the_written_one_and_is_read_back(points: list[tuple[float, float]]) -> None:
    quantity, price = ([point[column] for point in points] for column in (0, 1))
    document = order(quantity, price)
    for version in ORDER_VERSIONS:
        try:
            data = write(document, version).data
        except UnwritableError:
            with pytest.raises(UnwritableError):
                streamed(document, version)
            continue
        assert streamed(document, version) == data
        report = esmp.validate(data)
        assert report.valid, report.findings
        assert report.identity is not None
        back = read(data, report.identity).document
        assert isinstance(back, MeritOrderList)
        for series in back.series:
            assert series.quantity_mw == pytest.approx(np.array(quantity), abs=1e-12)
            assert series.energy_price == pytest.approx(np.array(price), abs=1e-12, nan_ok=True)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), NUMBERS), min_size=1, max_size=10))
def test_limits_in_columns_are_written_as_limits_one_by_one(rows: list[tuple[int, float]]) -> None:
    document = read(BID_AVAILABILITY_1_1.data, esmp.identify(BID_AVAILABILITY_1_1.data)).document
    assert isinstance(document, BidAvailability)
    alike = [replace(document.limits[0], bid_id=name, available_mw=None) for name in ("a", "<b>", "c")]
    columns = LimitColumns(alike, np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))
    stream = DocumentStream()
    for version in (*AVAILABILITY_VERSIONS, *AVAILABILITY_VERSIONS):  # the second time from what is kept
        in_columns = replace(document, limits=columns)
        try:
            data = write(replace(document, limits=tuple(columns)), version).data
        except UnwritableError:
            with pytest.raises(UnwritableError):
                list(stream(in_columns, version))
            continue
        assert b"".join(stream(in_columns, version)) == data
    assert [limit.available_mw for limit in columns[1:]] == [row[1] for row in rows[1:]]


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1))
def test_many_numbers_are_written_as_each_alone(values: list[float]) -> None:
    texts = number_texts(values)
    if texts is not None:
        assert texts == [number_text(value) for value in values]
        assert [Decimal(text) for text in texts] == [Decimal(repr(value)) for value in values]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=5_000), max_size=20), st.integers(1, 200))
def test_what_is_packed_comes_out_again(pieces: list[bytes], times: int) -> None:
    packed = Packed.of(pieces * times)
    data = b"".join(unpacked(packed.data))
    assert data == b"".join(pieces * times)
    assert packed.size == len(data)


def test_streams_that_share_what_fits_write_what_one_alone_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    document = read(BID_AVAILABILITY_1_1.data, esmp.identify(BID_AVAILABILITY_1_1.data)).document
    assert isinstance(document, BidAvailability)
    streams, alone = DocumentStreams(), b"".join(DocumentStream()(document, "1.1"))
    assert [b"".join(streams()(document, "1.1")) for _ in range(2)] == [alone, alone]
    known = streams._known
    assert known
    monkeypatch.setattr(streaming, "MOST_KNOWN", len(known) - 1)
    assert b"".join(streams()(document, "1.1")) == alone
    assert streams._known is not known
