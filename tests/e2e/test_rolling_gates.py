"""The benchmark of rolling gates in short, and whether its verdict sees what it has to see."""

from datetime import UTC, datetime

import pytest

from benchmarks import rolling_gates
from benchmarks.rolling.verdict import Gate, Told, faults
from tests.specimens import BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3

LISTED_MW, LIMIT_MW = 19.25, 7.25
"""In the two specimens."""
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def gate(*limits_mw: float, offered_mw: float = 30.0) -> Gate:
    return Gate("q0", START, {"north": offered_mw}, list(limits_mw))


def listed(revision: int, mw: float = LISTED_MW, name: str = "", mrid: str = "TEST-MOL-1") -> Told:
    data = MERIT_ORDER_LIST_7_3.data.replace(b"TEST-MOL-1", mrid.encode())
    data = data.replace(b"<revisionNumber>1<", b"<revisionNumber>%d<" % revision, 1)
    data = data.replace(b"<quantity.quantity>12<", b"<quantity.quantity>%g<" % (mw - LISTED_MW + 12))
    return Told(name or f"list-{revision}", data)


def limited(revision: int, mw: float = LISTED_MW) -> Told:
    data = BID_AVAILABILITY_1_1.data.replace(b">7.25<", b">%g<" % mw)
    data = data.replace(b"<revisionNumber>1<", b"<revisionNumber>%d<" % revision, 1)
    return Told(f"limit-{revision}", data)


RIGHT = (listed(1), listed(2, 20.0), limited(1), limited(2, 20.0))


def test_what_is_as_it_must_be_has_no_fault() -> None:
    assert faults([gate(LISTED_MW, 20.0)], {"north": RIGHT}) == []
    assert faults([gate(LISTED_MW, 20.0)], {"north": RIGHT * 2}) == []
    assert faults([gate(LISTED_MW, offered_mw=LISTED_MW)], {"north": RIGHT[:1]}) == []
    assert faults([gate()], {"north": ()}) == []


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (RIGHT[1:], "MeritOrderList came in revisions [2], not [1, 2]"),
        (RIGHT[:3], "BidAvailability came in revisions [1], not [1, 2]"),
        ((*RIGHT, listed(2, 20.0, "again")), "revisions [1, 2, 2]"),
        ((*RIGHT, listed(3)), "revisions [1, 2, 3]"),
        ((*RIGHT, Told("list-1", listed(1).payload + b"\n")), "list-1 has two contents"),
        ((listed(1, 20.0), *RIGHT[1:]), "MeritOrderList 1 says 20 MW, not 19.25"),
        ((*RIGHT[:3], limited(2)), "BidAvailability 2 says 19.25 MW, not 20"),
        ((RIGHT[0], listed(2, 20.0, mrid="TEST-MOL-2"), *RIGHT[2:]), "under 2 names"),
    ],
)
def test_what_is_wrong_is_found_out(told: tuple[Told, ...], found: str) -> None:
    (fault,) = faults([gate(LISTED_MW, 20.0)], {"north": told})
    assert found in fault


def test_gates_that_are_cancelled_or_unknown_tell_nothing() -> None:
    assert faults([gate()], {"north": RIGHT[:1]}) == [
        "q0 to north: 1 documents of a gate that tells it nothing"
    ]
    assert faults([gate(LISTED_MW)], {"south": RIGHT[:1]}) != []
    assert faults([], {"north": RIGHT[:1]}) != []


@pytest.mark.slow
def test_everybody_is_told_of_every_run_once_however_often_the_gateway_is_killed() -> None:
    told: list[str] = []
    result = rolling_gates.run(gates=12, seed=1, tell=told.append)
    assert result["faults"] == 0, (result, told)
    assert min(result[name] for name in ("kills", "cancelled", "amended", "run_again", "changed")) > 0
