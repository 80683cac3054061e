"""The benchmark of rolling gates in short, and whether its verdict sees what it has to see."""

import json
import re
from datetime import UTC, datetime

import pytest

from benchmarks import rolling_gates
from benchmarks.rolling.verdict import Gate, ReceivedDocument, faults
from tests.specimens import BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3

LISTED_MW = 19.25
START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def gate(*limits_mw: float, offered_mw: float = 30.0) -> Gate:
    return Gate("q0", START, {"north": offered_mw}, [(mw,) for mw in limits_mw])


def listed(
    revision: int, *mw: float, name: str = "", mrid: str = "TEST-MOL-1", platform: str = "north"
) -> ReceivedDocument:
    """A list of one bid in one unit of a quarter hour, or in three of five minutes."""
    data = MERIT_ORDER_LIST_7_3.data.replace(b"TEST-MOL-1", mrid.encode())
    data = data.replace(b">TEST-DOC-72<", b">q0-%s<" % platform.encode())
    point = "<Point><position>{}</position><quantity.quantity>{}</quantity.quantity></Point>"
    points = "".join(point.format(*one) for one in enumerate(mw, 1))
    data = re.sub(rb"<Point>.*</Point>", points.encode(), data, flags=re.DOTALL)
    data = data.replace(b"PT15M", b"PT%dM" % (15 // len(mw))).replace(b"08:30Z", b"08:15Z")
    data = data.replace(b"<revisionNumber>1<", b"<revisionNumber>%d<" % revision, 1)
    return ReceivedDocument(name or f"list-{revision}", data)


def limited(
    revision: int, mw: float, first: int = 0, last: int = 15, platform: str = "north"
) -> ReceivedDocument:
    """What is available from one minute of the gate to another."""
    data = BID_AVAILABILITY_1_1.data.replace(b">7.25<", b">%g<" % mw)
    data = data.replace(b">TEST-DOC-72<", b">q0-%s<" % platform.encode())
    data = data.replace(b"08:00Z", b"08:%02dZ" % first).replace(b"08:15Z</end>", b"08:%02dZ</end>" % last)
    data = data.replace(b"TEST-AVAILABILITY-1", b"TEST-AVAILABILITY-%d" % first)
    data = data.replace(b"<revisionNumber>1<", b"<revisionNumber>%d<" % revision, 1)
    return ReceivedDocument(f"limit-{platform}-{revision}-{first}", data)


RIGHT = (listed(1, LISTED_MW), listed(2, 20.0), limited(1, LISTED_MW), limited(2, 20.0))


def test_what_is_as_it_must_be_has_no_fault() -> None:
    assert faults([gate(LISTED_MW, 20.0)], {"north": RIGHT}) == []
    assert faults([gate(LISTED_MW, 20.0)], {"north": RIGHT * 2}) == []
    assert faults([gate(LISTED_MW, offered_mw=LISTED_MW)], {"north": RIGHT[:1]}) == []
    assert faults([gate()], {"north": ()}) == []


@pytest.mark.parametrize(
    ("received", "found"),
    [
        (RIGHT[1:], "MeritOrderList of north came in revisions [2], not [1, 2]"),
        (RIGHT[:3], "BidAvailability of north came in revisions [1], not [1, 2]"),
        ((*RIGHT, listed(2, 20.0, name="again")), "revisions [1, 2, 2]"),
        ((*RIGHT, listed(3, 20.0)), "revisions [1, 2, 3]"),
        ((RIGHT[1], RIGHT[0], *RIGHT[2:]), "TEST-MOL-1 came in revisions [2, 1]"),
        (
            (*RIGHT, listed(1, 5.0, name="s", platform="south")),
            "1 documents that are not for it: MeritOrderList",
        ),
        (
            (*RIGHT, ReceivedDocument("list-1", listed(1, LISTED_MW).payload + b"\n")),
            "list-1 has two contents",
        ),
        ((listed(1, 20.0), *RIGHT[1:]), "MeritOrderList of north 1 says [20.0] MW, not [19.25]"),
        ((*RIGHT[:3], limited(2, LISTED_MW)), "BidAvailability of north 2 says [19.25] MW, not [20.0]"),
        ((RIGHT[0], listed(2, 20.0, mrid="TEST-MOL-2"), *RIGHT[2:]), "under 2 names"),
    ],
)
def test_what_is_wrong_is_found_out(received: tuple[ReceivedDocument, ...], found: str) -> None:
    (fault,) = faults([gate(LISTED_MW, 20.0)], {"north": received})
    assert found in fault


BY_UNIT = (
    listed(1, 7.0, 7.0, 7.0),
    limited(1, 7.0),
    listed(2, 7.0, 9.0, 30.0),
    limited(2, 7.0, 0, 5),
    limited(2, 9.0, 5, 10),
    limited(2, 30.0, 10, 15),
)


def test_every_unit_must_be_as_the_last_run_that_decided_it_says() -> None:
    one = Gate("q0", START, {"north": 30.0}, [(7.0, 7.0, 7.0), (7.0, 9.0, 30.0)])
    assert faults([one], {"north": BY_UNIT}) == []
    (fault,) = faults([one], {"north": BY_UNIT[:-1]})
    assert "BidAvailability of north 2 says [7.0, 9.0, 7.0] MW, not [7.0, 9.0, 30.0]" in fault
    one.limits_mw[1] = (8.0, 9.0, 30.0)
    assert len(faults([one], {"north": BY_UNIT})) == 2


def test_gates_that_are_cancelled_or_unknown_tell_nothing() -> None:
    assert faults([gate()], {"north": RIGHT[:1]}) == [
        "q0 to north: 1 documents that are not for it: MeritOrderList"
    ]
    assert faults([gate(LISTED_MW)], {"south": RIGHT[:1]}) != []
    assert faults([], {"north": RIGHT[:1]}) != []


def noticed(version: int, event: str, **changed: object) -> ReceivedDocument:
    stated = {
        "delivery": {"start": START.isoformat()},
        "version": version,
        "event": event,
        "changed": changed,
    }
    return ReceivedDocument(f"notice-{version}", json.dumps(stated).encode())


def test_amendments_are_reported_once_in_their_order_and_before_results() -> None:
    one, both = gate(LISTED_MW, 20.0), [noticed(2, "amended", budget="PT9S"), noticed(3, "amended", a=1)]
    one.note("north", "amended", budget="PT9S")
    one.note("north", "amended", a=1)
    assert faults([one], {"north": (*both, *RIGHT)}) == []
    for messages in (
        RIGHT,
        (*both[:1], *RIGHT),
        (*both, noticed(4, "cancelled"), *RIGHT),
        (both[0], noticed(2, "amended", a=1), *RIGHT),
        (*reversed(both), *RIGHT),
        (both[0], *RIGHT[:2], both[1], *RIGHT[2:]),
    ):
        assert faults([one], {"north": messages}) != []
    assert faults([one], {"north": (*both, *RIGHT), "dso": both}) != []


def test_system_and_grid_operator_are_notified_of_all_platforms() -> None:
    """The line carries 20 MW: all of north's 15, and 5 of south's 10."""
    one = Gate("q0", START, {"north": 15.0, "south": 10.0}, [(20.0,)])
    north, south = listed(1, 15.0, mrid="north"), listed(1, 5.0, mrid="south", name="s", platform="south")
    cut = limited(1, 5.0, platform="south")
    assert faults([one], {"tso": (north, south), "dso": (cut,)}) == []
    assert faults([one], {"tso": (north,), "dso": ()}) == [
        "q0 to tso: MeritOrderList of south came in revisions [], not [1]",
        "q0 to dso: BidAvailability of south came in revisions [], not [1]",
    ]
    assert faults([one], {"tso": (north, south, cut), "dso": (cut, north)}) == [
        "q0 to tso: 1 documents that are not for it: BidAvailability",
        "q0 to dso: 1 documents that are not for it: MeritOrderList",
    ]


@pytest.mark.feature(id="A23")
@pytest.mark.feature(id="A32")
@pytest.mark.feature(id="F7")
@pytest.mark.slow
def test_everybody_is_notified_of_every_run_once_however_often_the_gateway_is_killed() -> None:
    received: list[str] = []
    result = rolling_gates.run(gates=12, seed=1, tell=received.append)
    assert result["faults"] == 0, (result, received)
    assert (
        min(result[name] for name in ("kills", "cancelled", "amended", "run_again", "by_unit", "changed")) > 0
    )
