"""Explanations of a run as a person reads them: whole periods, and the element with the largest share."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from gateway.domain.market_time import resolution

_SIDES: Final = {"upper": "at its upper limit", "lower": "at its lower limit"}

Line = tuple[str, str, str, str, str, str, str]
"""From, to, bid, MW not available, element and side, grid, operating point."""


def explained(rows: Sequence[Mapping[str, Any]], start: str, mtu: str) -> Iterator[Line]:
    """Lines by bid and time; market time units that follow each other with the same cause and cut are one.

    Args:
        rows: `ExplanationView` as the interface gives them, any number for a bid and a market time unit.
        start: of the gate's delivery. mtu: its market time unit, as the gate states it.
    """
    begin, step = datetime.fromisoformat(start), resolution(mtu)
    by_place = sorted(rows, key=lambda row: (row["bid_id"], row["mtu"], -row["share"]))
    causes = [next(group) for _, group in groupby(by_place, key=lambda row: (row["bid_id"], row["mtu"]))]
    stretches: list[list[Mapping[str, Any]]] = []
    for cause in causes:
        if stretches and _continues(stretches[-1][-1], cause):
            stretches[-1].append(cause)
        else:
            stretches.append([cause])
    for stretch in stretches:
        first = stretch[0]
        yield (
            f"{begin + first['mtu'] * step:%Y-%m-%dT%H:%MZ}",
            f"{begin + (stretch[-1]['mtu'] + 1) * step:%Y-%m-%dT%H:%MZ}",
            first["bid_id"],
            f"{first['cut_mw']:.3f} MW",
            f"{first['element_id']} {_SIDES.get(first['side'], first['side'])}",
            first["grid_id"],
            first["operating_point"],
        )


def _continues(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    same = ("bid_id", "element_id", "side", "grid_id", "operating_point")
    return (
        all(before[name] == after[name] for name in same)
        and after["mtu"] == before["mtu"] + 1
        and abs(after["cut_mw"] - before["cut_mw"]) < 5e-4
    )
