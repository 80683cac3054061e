"""Explanations as a person reads them."""

from typing import Any

import pytest

from gateway.cli.explained import COLUMNS, NOT_ASSESSED, NOT_FOUND, explained
from gateway.domain.result import GridGapCause, SearchGap, Side

START = "2026-03-01T23:00:00Z"


def row(
    bid_id: str, mtu: int, cut_mw: float, element: str = "E-1", share: float = 1.0, **reported: Any
) -> Any:
    return {
        "bid": ord(bid_id[0]),
        "bid_id": bid_id,
        "platform": "east",
        "direction": "up",
        "offered_mw": 5.0,
        "indivisible": bid_id == "whole",
        "mtu": mtu,
        "full_at": mtu,
        "cut_mw": cut_mw,
        "grid_id": "east",
        "withheld_because": None,
        "element_id": element,
        "unit": "MW",
        "side": Side.REVERSE.value,
        "operating_point": "as given",
        "share": share,
        "margin_mw": 0.0,
        "base_flow_mw": 3.25,
        "limit_mw": -4.0,
    } | reported


def lines(*rows: Any, mtu: str = "PT15M") -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, line, strict=True)) for line in explained(rows, START, mtu)]


def test_units_with_the_same_cause_and_cut_are_one_line() -> None:
    reported = lines(row("b", 2, 1.0), row("b", 0, 1.0), row("b", 1, 1.0), row("a", 1, 1.0))
    assert [(line["from"], line["to"], line["bid"]) for line in reported] == [
        ("2026-03-01T23:15Z", "2026-03-01T23:30Z", "a"),
        ("2026-03-01T23:00Z", "2026-03-01T23:45Z", "b"),
    ]


def test_bids_of_two_platforms_with_the_same_id_have_lines_of_their_own() -> None:
    first, second = row("b", 0, 3.0, bid=1), row("b", 0, 10.0, bid=2, direction="down")
    assert [
        (line["bid"], line["direction"], line["not available"], line["share"])
        for line in lines(first, second)
    ] == [
        ("b", "up", "3.000 MW", "100 %"),
        ("b", "down", "10.000 MW", "100 %"),
    ]


def test_an_element_that_a_bid_does_not_fit_is_not_called_full() -> None:
    """As where the bid is indivisible, or has a minimum above what is left."""
    for name in ("whole", "b"):
        (found,) = lines(row(name, 0, 5.0, margin_mw=2.0))
        assert found["because of"] == "E-1: 2.000 MW left to its reverse limit"
    (full,) = lines(row("b", 0, 5.0, margin_mw=2e-4))
    assert full["because of"] == "E-1 at its reverse limit"


def test_a_bid_that_is_withheld_whole_is_named_so() -> None:
    (line,) = lines(row("whole", 0, 3.0))
    assert line["not available"] == "3.000 MW, indivisible"


def test_platform_and_offer_are_shown_beside_what_is_not_available() -> None:
    rows = row("b", 0, 1.0), row("b", 1, 1.0, offered_mw=6.5), row("a", 0, 1.0, platform=None)
    reported = [(line["platform"], line["offered"], line["not available"]) for line in lines(*rows)]
    assert reported == [("", "5.000 MW", "1.000 MW"), ("east", "5.000 to 6.500 MW", "1.000 MW")]


def test_another_cut_another_cause_and_a_gap_begin_a_line() -> None:
    rows = row("b", 0, 1.0), row("b", 1, 2.0), row("b", 2, 2.0, "E-2"), row("b", 4, 2.0, "E-2")
    assert [(line["not available"], line["because of"]) for line in lines(*rows, mtu="PT1H")] == [
        ("1.000 MW", "E-1 at its reverse limit"),
        ("2.000 MW", "E-1 at its reverse limit"),
        ("2.000 MW", "E-2 at its reverse limit"),
        ("2.000 MW", "E-2 at its reverse limit"),
    ]


def test_all_that_limits_a_bid_together_is_listed_by_share_the_largest_first() -> None:
    reported = lines(row("b", 0, 1.0, "E-1", 0.3), row("b", 0, 1.0, "activation band up", 0.7))
    assert [(line["because of"], line["share"]) for line in reported] == [
        ("activation band up at its reverse limit", "70 %"),
        ("E-1 at its reverse limit", "30 %"),
    ]
    assert [line["bid"] for line in reported] == ["b", ""]


def test_what_rounds_to_nothing_in_mw_is_reported_in_watts_and_never_with_more() -> None:
    rows = row("b", 0, 37e-6), row("b", 1, 41e-6), row("b", 2, 0.0006), row("b", 3, 0.0009)
    assert [line["not available"] for line in lines(*rows)] == ["37 to 41 W", "0.001 MW"]


def test_a_share_that_rounds_to_nothing_is_not_none() -> None:
    reported = lines(row("b", 0, 1.0, "E-1", 0.999), row("b", 0, 1.0, "E-2", 0.001))
    assert [line["share"] for line in reported] == ["100 %", "< 1 %"]


def test_an_element_is_listed_once_whatever_its_operating_points() -> None:
    points = [
        row("b", 0, 1.0, share=share, operating_point=name) for share, name in ((0.5, "sun"), (0.3, "dull"))
    ]
    reported = lines(*points, row("b", 0, 1.0, "E-2", 0.2))
    assert [(line["share"], line["at point"]) for line in reported] == [
        ("80 %", "sun, dull"),
        ("20 %", "as given"),
    ]


def test_flow_and_limit_are_shown_with_their_unit_and_how_far_they_change() -> None:
    (reported,) = lines(row("b", 0, 1.0), row("b", 1, 1.0, base_flow_mw=-0.5))
    assert (reported["flow before"], reported["limit"]) == ("-0.500 to 3.250 MW", "-4.000 MW")
    (hidden,) = lines(row("b", 0, 1.0, base_flow_mw=None, limit_mw=None))
    assert (hidden["flow before"], hidden["limit"]) == ("", "")


def test_direct_activation_is_named_where_it_is_the_unit_after_that_is_full() -> None:
    (reported,) = lines(row("b", 0, 1.0, full_at=1))
    assert reported["because of"] == (
        "E-1 at its reverse limit in 2026-03-01T23:15Z – 2026-03-01T23:30Z, "
        "where direct activation of it in the unit before still delivers"
    )
    together, *_ = lines(row("b", 0, 1.0, full_at=1), row("b", 1, 1.0, full_at=2))
    assert together["because of"] == (
        "E-1 at its reverse limit in 2026-03-01T23:15Z – 2026-03-01T23:45Z, "
        "where direct activation of it in the unit before each still delivers"
    )


@pytest.mark.parametrize("cause", GridGapCause)
def test_a_grid_that_could_not_be_asked_is_reported_with_the_reason(cause: GridGapCause) -> None:
    nothing = dict.fromkeys(("side", "operating_point", "base_flow_mw", "limit_mw"))
    point = "connection point N-1" if cause is GridGapCause.UNKNOWN_CONNECTION_POINT else None
    (reported,) = lines(row("b", 0, 1.0, withheld_because=cause.value, **nothing | {"element_id": point}))
    why = NOT_ASSESSED[cause] if point is None else f"{point} is {NOT_ASSESSED[cause]}"
    assert (reported["because of"], reported["limit"]) == (f"withheld: {why}", "")


@pytest.mark.parametrize("because", SearchGap)
def test_an_unknown_limiting_element_is_stated_as_unknown(because: SearchGap) -> None:
    nothing = dict.fromkeys(("element", "side", "operating_point", "base_flow_mw", "limit_mw"))
    (line,) = lines(row("b", 0, 1.0, withheld_because=because.value, **nothing))
    assert NOT_FOUND.keys() == set(SearchGap)
    assert (line["because of"], line["share"], line["in grid"]) == (NOT_FOUND[because], "100 %", "east")
