"""The demo's report: one HTML file with everything in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jinja2

from contract_tests.emulators.dso import Limitation
from gateway.demo import drawing
from gateway.demo.area import DemoGrid
from gateway.demo.drawing import Page
from gateway.demo.grid_map import map_plot
from gateway.demo.plots import clearest_unit, loading_plot, merit_order_plot
from gateway.demo.recount import Recount
from gateway.demo.scenario import Scenario
from gateway.domain.counted import counted

_MOST_ROWS = 40
_LEAST_SHARE = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The content of a report.

    Attributes:
        limitations: what the DSOs know of their own elements.
        figures: the demo's figures, as its JSON has them.
        morning: the market of the balancing list.
        stages: seconds per stage.
        protocols: of each platform, by its tenant.
    """

    day: Scenario
    grids: Sequence[DemoGrid]
    count: Recount
    limitations: Sequence[Limitation]
    figures: Mapping[str, float]
    stages: Mapping[str, float]
    protocols: Mapping[str, str]
    morning: Scenario


@dataclass(frozen=True, slots=True)
class LimitedBid:
    """A row of the table of limited bids."""

    bid_id: str
    platform: str
    resource: str
    where: str
    up: bool
    units: int
    cut_mwh: float
    causes: Sequence[tuple[str, str, float]]
    """(grid, element, share of the limitation), largest first."""


def write(report: Report, directory: Path) -> Path:
    """Write `index.html` into `directory` and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "index.html"
    with drawing.style():
        file.write_text(_page(report), "utf-8")
    return file


def _page(report: Report) -> str:
    unit = clearest_unit(report.count)
    bids = limited_bids(report)
    cut = {bid.bid_id: bid.cut_mwh for bid in bids}
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("gateway.demo").joinpath("report.html.j2").read_text("utf-8"))
    return template.render(
        day=report.day,
        protocols=report.protocols,
        figures=report.figures,
        stages=report.stages,
        count=report.count,
        morning=report.morning,
        unit=report.day.units.start_of(unit),
        merit_order=_drawn(lambda page: merit_order_plot(report.day, report.count, unit, page)),
        loading=_drawn(lambda page: loading_plot(report.day, report.count, page)),
        map=_drawn(lambda page: map_plot(report.day, report.grids, report.count, cut, page)),
        cut_mwh=sum(bid.cut_mwh for bid in bids),
        bids=bids[:_MOST_ROWS],
        more=bids[_MOST_ROWS:],
    )


def _drawn(draw: Callable[[Page], str]) -> str:
    """A figure for every page; the style sheet shows the one that fits."""
    return "".join(draw(page) for page in Page)


def limited_bids(report: Report) -> list[LimitedBid]:
    """Every bid the grid limits, most energy first, with the elements that limit it."""
    books, hours = report.count.books, report.day.units.hours
    name_of = {platform.tenant: platform.name for platform in report.day.platforms}
    row_of = {bid: row for row, bid in enumerate(books.bid_id)}
    by_bid: dict[str, list[Limitation]] = {}
    for limitation in report.limitations:
        by_bid.setdefault(limitation.bid_id, []).append(limitation)
    found = []
    for bid, limitations in by_bid.items():
        row = row_of[bid]
        weight: dict[tuple[str, str], float] = {}
        for limitation in limitations:
            key = limitation.grid_id, limitation.element_id
            weight[key] = weight.get(key, 0.0) + limitation.share * limitation.cut_mw * hours
        total = sum(weight.values())
        found.append(
            LimitedBid(
                bid_id=bid,
                platform=name_of[books.platform[row]],
                resource=books.resource[row],
                where=_where(report.day, books.resource[row]),
                up=bool(books.sign[row] > 0),
                units=len({limitation.mtu for limitation in limitations}),
                cut_mwh=total,
                causes=tuple(
                    (grid, element, part / total if total else 0.0)
                    for (grid, element), part in sorted(
                        weight.items(), key=lambda entry: (-entry[1], entry[0])
                    )
                    if part >= _LEAST_SHARE * total
                ),
            )
        )
    return sorted(found, key=lambda bid: (-bid.cut_mwh, bid.bid_id))


def _where(day: Scenario, resource: str) -> str:
    units = day.pools.get(resource)
    if units is None:
        return day.locations[resource].node
    return counted(len(units), "unit")
