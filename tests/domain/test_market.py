"""Gates, resources, reasons, envelopes and the merit order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.bid import Direction
from gateway.domain.envelope import Envelope
from gateway.domain.gate import Gate, UseOfLists
from gateway.domain.market_time import local_day
from gateway.domain.reason import MAX_REASON_TEXT, Finding, Reason, ReasonCode, Stage, concern_whole_document
from gateway.domain.resource import ConnectionPoint, ResourceMap, UnknownResourceError
from gateway.domain.result import merit_order

DAY = local_day(date(2026, 3, 1))


def gate() -> Gate:
    closes = DAY.start - timedelta(hours=1)
    return Gate(
        gate_id="g",
        market="mFRR",
        process="A47",
        delivery=DAY,
        mtu=timedelta(minutes=15),
        currency="EUR",
        platforms=("north", "south"),
        system_operators=("tso",),
        grid_operators=("dso",),
        opens_at=closes - timedelta(days=1),
        closes_at=closes,
        grids_due_at=closes - timedelta(minutes=30),
        window=timedelta(minutes=1),
        budget=timedelta(minutes=5),
        publish_by=closes + timedelta(minutes=10),
        use=UseOfLists.PREFIX,
    )


def test_a_gate_takes_documents_until_the_end_of_its_window() -> None:
    here = gate()
    assert len(here.units) == 96
    assert here.takes_at(here.opens_at)
    assert here.takes_at(here.closes_at + timedelta(seconds=59))
    assert not here.takes_at(here.waits_until)
    assert not here.takes_at(here.opens_at - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"opens_at": DAY.start}, "closes at or before it opens"),
        ({"budget": timedelta(hours=1)}, "after the publication deadline"),
        ({"platforms": ()}, "no platform"),
    ],
)
def test_a_gate_that_cannot_work_is_not_made(change: dict[str, object], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        replace(gate(), **change)  # type: ignore[arg-type]


def test_units_behind_a_resource_are_known_or_it_is_refused() -> None:
    here = ConnectionPoint("grid", "node")
    mapping = ResourceMap({"u1": (here,), "u2": (here,)}, {"pool": {"u1": 0.25, "u2": 0.75}})
    assert mapping.units_of("u1") == {"u1": 1.0}
    assert mapping.units_of("pool") == {"u1": 0.25, "u2": 0.75}
    with pytest.raises(UnknownResourceError, match="u9 is not mapped") as error:
        mapping.units_of("u9")
    assert error.value.resource == "u9"


def test_shares_must_sum_to_the_bid_and_name_known_units() -> None:
    here = (ConnectionPoint("grid", "node"),)
    with pytest.raises(ValueError, match=r"sum to 0\.9"):
        ResourceMap({"u1": here}, {"pool": {"u1": 0.9}})
    with pytest.raises(UnknownResourceError, match="u2 of resource pool"):
        ResourceMap({"u1": here}, {"pool": {"u1": 0.5, "u2": 0.5}})


def test_reasons_fit_the_document_and_name_the_place() -> None:
    assert len(Reason("A02", "x" * 600).text or "") == 512
    finding = Finding(Stage.SCHEMA, ReasonCode.CANNOT_BE_PROCESSED, "unexpected element", 7, "/Doc/mRID")
    assert finding.as_reason() == Reason("A94", "unexpected element (/Doc/mRID, line 7)")
    assert Finding(Stage.RULES, ReasonCode.OTHER, "why").as_reason() == Reason("999", "why")
    assert concern_whole_document([finding])
    assert not concern_whole_document([replace(finding, series="ts-1")])


def test_a_long_message_does_not_push_out_the_place() -> None:
    text = Finding(Stage.SCHEMA, ReasonCode.OTHER, "x" * 600, line=7, path="/Doc/mRID").as_reason().text
    assert text is not None
    assert len(text) == MAX_REASON_TEXT
    assert text.endswith("x… (/Doc/mRID, line 7)")


def test_an_envelope_hides_its_payload_and_knows_its_hash() -> None:
    envelope = Envelope(
        "north", "rest", "1", "application/xml", datetime(2026, 1, 1, tzinfo=UTC), b"secret price"
    )
    assert "secret" not in repr(envelope)
    assert (
        envelope.sha256
        == Envelope(
            "south", "mqtt", "2", "text/xml", datetime(2026, 1, 2, tzinfo=UTC), b"secret price"
        ).sha256
    )


priced = st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 9)), max_size=12)


@given(priced, st.sampled_from([Direction.UP, Direction.DOWN]))
def test_the_merit_order_is_sorted_complete_and_the_same_whatever_the_order_of_arrival(
    bids: list[tuple[int, int]], direction: Direction
) -> None:
    names = [f"bid-{i:02}" for i in range(len(bids))]
    prices = np.array([price for price, _ in bids], dtype=float)
    volumes = np.array([volume for _, volume in bids], dtype=float)
    order = merit_order(direction, prices, volumes, names)
    assert set(order) == {i for i, volume in enumerate(volumes) if volume > 0}
    assert np.all(np.diff(prices[order]) * direction >= 0)
    backwards = merit_order(direction, prices[::-1], volumes[::-1], names[::-1])
    assert [names[i] for i in order] == [names[::-1][i] for i in backwards]
