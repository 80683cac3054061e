"""Explanations of a run in readable form: complete periods, and all that limits a bid in each."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from gateway.cli.screen import range_text
from gateway.domain.market_time import resolution

COLUMNS: Final = (
    "from",
    "to",
    "platform",
    "bid",
    "direction",
    "offered",
    "not available",
    "because of",
    "share",
    "flow before",
    "limit",
    "in grid",
    "at point",
)

WRAPPED: Final = {"not available": 13, "because of": 32}
"""Columns whose text or heading is long, and widths for them."""
ONCE: Final = ("in grid", "at point")
"""Columns that often say the same in every line."""

LEGEND: Final = (
    "share: how a bid's limitation divides over what binds, by what a MW more of each limit is worth to it. "
    "Of limits that are full together one may bear it all: a limit that is not listed may be full, too."
)

CARRIED_OVER: Final = (
    "A limit counts as full with what direct activation in the unit before still delivers, which flow and "
    "bid of the unit alone do not show."
)
"""For lists of which any amount may be activated, also directly."""

NOT_ASSESSED: Final[Mapping[str, str]] = {
    "no-model": "no model",
    "withdrawn": "its model was withdrawn",
    "outdated": "its model is older than the gate accepts",
    "unusable": "its model cannot be used",
    "unknown-connection-point": "not in the model",
}
"""Why a grid could not be assessed, by the codes of the interface (`GridGapCause`)."""

NOT_FOUND: Final[Mapping[str, str]] = {
    "search-not-through": "the search was not finished, so it is unknown what limits it",
    "not-assessed": "withheld: not assessed, so nothing of it is known to be safe",
}
"""Why no element was found, by the codes of the interface (`SearchGap`)."""


_FORMAT: Final[Mapping[str, str]] = {"MW": ".3f", "A": ".1f", "p.u.": ".4f"}
_HALF_A_KW_MW: Final = 5e-4
"""Smaller values are printed as 0.000 MW."""


class _Cause(NamedTuple):
    """An element that limits a bid, in any operating points."""

    grid: str
    element: str | None
    side: str | None
    withheld_because: str | None
    unit: str
    later: bool

    def text(self, limiting: Sequence[Mapping[str, Any]]) -> str:
        """Of these rows of a bid, which may not fit though the element is not full: it is indivisible, or has
        a minimum."""
        if self.withheld_because is not None:
            if self.withheld_because in NOT_FOUND:
                return NOT_FOUND[self.withheld_because]
            why = NOT_ASSESSED[self.withheld_because]
            return f"withheld: {why if self.element is None else f'{self.element} is {why}'}"
        if self.unit != "MW":
            return self._in_its_unit([row["limit_mw"] for row in limiting if row["limit_mw"] is not None])
        left = [row["margin_mw"] for row in limiting if row["margin_mw"] is not None]
        if left and min(left) >= _HALF_A_KW_MW:
            return f"{self.element}: {range_text(left, '.3f', 'MW')} left to its {self.side} limit"
        return f"{self.element} at its {self.side} limit"

    def _in_its_unit(self, limits: Sequence[float]) -> str:
        """Of a row that is no flow in MW, such as a voltage: what more of the bid would bring about."""
        if not limits:
            return f"{self.element} at its {'upper' if self.side == 'forward' else 'lower'} limit"
        beyond = "above" if self.side == "forward" else "below"
        return f"{self.element} {beyond} {range_text(limits, _FORMAT[self.unit], self.unit)}"


class _Unit(NamedTuple):
    """One market time unit of one bid: all that limits it there, and the limiting rows."""

    number: int
    platform: str
    bid: str
    direction: str
    mtu: int
    offered_mw: float
    cut_mw: float
    indivisible: bool
    causes: Mapping[_Cause, Sequence[Mapping[str, Any]]]


def explained(rows: Sequence[Mapping[str, Any]], start: str, mtu: str) -> Iterator[tuple[str, ...]]:
    """Lines of `COLUMNS` by bid and time: market time units that follow each other with the same causes and
    cut are one stretch, with a line for each cause, the one with the largest share first.

    An element that is full at several operating points is one cause; shares of these are added. Of a number
    that changes within a stretch the least and the most are given.

    Args:
        rows: `ExplanationView` as the interface returns them, any number for a bid and a market time unit.
        start: of the gate's delivery. mtu: its market time unit, as the gate states it.
    """
    begin, step = datetime.fromisoformat(start), resolution(mtu)
    stretches: list[list[_Unit]] = []
    for unit in _units(rows):
        if stretches and _continues(stretches[-1][-1], unit):
            stretches[-1].append(unit)
        else:
            stretches.append([unit])
    for stretch in stretches:
        first, last = stretch[0], stretch[-1]
        what: tuple[str, ...] = (
            f"{begin + first.mtu * step:%Y-%m-%dT%H:%MZ}",
            f"{begin + (last.mtu + 1) * step:%Y-%m-%dT%H:%MZ}",
            first.platform,
            first.bid,
            first.direction,
            range_text((unit.offered_mw for unit in stretch), ".3f", "MW"),
            f"{_cut([unit.cut_mw for unit in stretch])}{', indivisible' if first.indivisible else ''}",
        )
        for cause in sorted(first.causes, key=lambda one: -_share(stretch[0], one)):
            limiting = [row for unit in stretch for row in unit.causes[cause]]
            later = begin + (first.mtu + 1) * step, begin + (last.mtu + 2) * step
            yield (*what, *_why(cause, stretch, limiting, later))
            what = ("",) * len(what)


def _units(rows: Sequence[Mapping[str, Any]]) -> Iterator[_Unit]:
    def place(row: Mapping[str, Any]) -> tuple[str, int, int]:
        return row["bid_id"], row["bid"], row["mtu"]

    for (bid, number, mtu), own in groupby(sorted(rows, key=place), key=place):
        causes: dict[_Cause, list[Mapping[str, Any]]] = {}
        for row in own:
            names = (row[name] for name in ("grid_id", "element_id", "side", "withheld_because", "unit"))
            causes.setdefault(_Cause._make((*names, row["full_at"] > mtu)), []).append(row)
        first = next(iter(causes.values()))[0]
        yield _Unit(
            number,
            first["platform"] or "",
            bid,
            first["direction"],
            mtu,
            first["offered_mw"],
            first["cut_mw"],
            first["indivisible"],
            causes,
        )


def _share(unit: _Unit, cause: _Cause) -> float:
    return float(sum(row["share"] for row in unit.causes[cause]))


def _why(
    cause: _Cause,
    stretch: Sequence[_Unit],
    limiting: Sequence[Mapping[str, Any]],
    later: tuple[datetime, datetime],
) -> Iterator[str]:
    """Why, in columns; `later` are begin and end of the units after those of the stretch."""
    text = cause.text(limiting)
    if cause.later:
        after = " – ".join(f"{moment:%Y-%m-%dT%H:%MZ}" for moment in later)
        unit = "the unit before each" if len(stretch) > 1 else "the unit before"
        yield f"{text} in {after}, where direct activation of it in {unit} still delivers"
    else:
        yield text
    shares = [100 * _share(unit, cause) for unit in stretch]
    yield "< 1 %" if max(shares) < 1 else range_text(shares, ".0f", "%")
    for name in ("base_flow_mw", "limit_mw"):
        yield range_text((row[name] for row in limiting), _FORMAT[cause.unit], cause.unit)
    yield cause.grid
    yield ", ".join(dict.fromkeys(row["operating_point"] for row in limiting if row["operating_point"]))


def _cut(values_mw: Sequence[float]) -> str:
    """The quantity that is not available: in MW to the kW; in watts, as in documents, where that rounds to
    0."""
    if max(values_mw) >= _HALF_A_KW_MW:
        return range_text(values_mw, ".3f", "MW")
    return range_text((1e6 * value for value in values_mw), ".0f", "W")


def _continues(before: _Unit, after: _Unit) -> bool:
    return (
        (after.number, after.mtu) == (before.number, before.mtu + 1)
        and abs(after.cut_mw - before.cut_mw) < _HALF_A_KW_MW
        and (after.cut_mw < _HALF_A_KW_MW) is (before.cut_mw < _HALF_A_KW_MW)
        and after.causes.keys() == before.causes.keys()
    )
