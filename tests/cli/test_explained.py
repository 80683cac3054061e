"""Explanations as a person reads them."""

from typing import Any

from gateway.cli.explained import explained

START = "2026-03-01T23:00:00Z"


def row(bid: str, mtu: int, cut_mw: float, element: str = "E-1", share: float = 1.0) -> dict[str, Any]:
    return {
        "bid_id": bid,
        "mtu": mtu,
        "cut_mw": cut_mw,
        "grid_id": "east",
        "element_id": element,
        "side": "upper",
        "operating_point": "as given",
        "share": share,
    }


def test_units_with_the_same_cause_and_cut_are_one_line() -> None:
    rows = [row("b", 2, 1.0), row("b", 0, 1.0), row("b", 1, 1.0), row("a", 1, 1.0)]
    assert [line[:3] for line in explained(rows, START, "PT15M")] == [
        ("2026-03-01T23:15Z", "2026-03-01T23:30Z", "a"),
        ("2026-03-01T23:00Z", "2026-03-01T23:45Z", "b"),
    ]


def test_another_cut_another_cause_and_a_gap_begin_a_line() -> None:
    rows = [row("b", 0, 1.0), row("b", 1, 2.0), row("b", 2, 2.0, "E-2"), row("b", 4, 2.0, "E-2")]
    assert [(line[3], line[4]) for line in explained(rows, START, "PT1H")] == [
        ("1.000 MW", "E-1 at its upper limit"),
        ("2.000 MW", "E-1 at its upper limit"),
        ("2.000 MW", "E-2 at its upper limit"),
        ("2.000 MW", "E-2 at its upper limit"),
    ]


def test_the_element_with_the_largest_share_stands_there() -> None:
    rows = [row("b", 0, 1.0, "E-1", 0.3), row("b", 0, 1.0, "E-2", 0.7)]
    (line,) = explained(rows, START, "PT15M")
    assert line[4] == "E-2 at its upper limit"
