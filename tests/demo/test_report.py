"""The report is one sound HTML file that needs nothing else and leaves no colour to chance."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from lxml import html

from contract_tests.emulators.dso import Limitation
from gateway.demo.area import DemoGrid
from gateway.demo.next_morning import next_morning
from gateway.demo.plots import clearest_unit, worst_elements
from gateway.demo.recount import recount
from gateway.demo.report import Report, limited_bids, write
from gateway.demo.scenario import Scenario
from tests.demo.conftest import listed

FIGURES = {
    "bids": 90,
    "units": 80,
    "grids": 2,
    "mtus": 96,
    "limited_bids": 2,
    "cost_unconstrained_eur": 1234.5,
    "cost_eur": 2345.6,
    "max_loading_before_pct": 140.2,
    "max_loading_after_pct": 100.0,
    "violations_after": 0,
    "seconds_total": 12.3,
    "seconds_optimiser": 0.5,
    "seed": 1,
    "list_bids": 50,
    "list_limited_bids": 20,
    "list_offered_mwh": 522.4,
    "list_available_mwh": 208.7,
    "list_loading_offered_pct": 228.9,
    "list_loading_pct": 100.0,
}


@pytest.fixture(scope="module")
def report(day: Scenario, grids: tuple[DemoGrid, ...]) -> Report:
    count = recount(day, [grid.model for grid in grids], listed(day, part=0.5))
    first, second = (bids[0].bid_id for bids in day.bids.values())
    limitations = [
        Limitation(first, 40, 2.0, "north", "to farm", 0.75),
        Limitation(first, 40, 2.0, "north", "to village", 0.25),
        Limitation(first, 41, 2.0, "north", "to farm", 1.0),
        Limitation(second, 40, 8.0, "south", "transformer", 1.0),
    ]
    protocols = {"balancing": "MQTT 5", "local-market": "REST"}
    morning, _ = next_morning(day, [grid.model for grid in grids])
    return Report(day, grids, count, limitations, FIGURES, {"gateway starts": 1.5}, protocols, morning)


@pytest.fixture(scope="module")
def page(report: Report, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = write(report, tmp_path_factory.mktemp("report") / "new")
    assert file.name == "index.html"
    return file.read_text("utf-8")


def test_the_page_has_three_drawings_and_the_figures(page: str) -> None:
    tree = html.fromstring(page)
    assert [svg.get("class") for svg in tree.findall(".//svg")] == 3 * ["wide", "narrow"]
    text = tree.text_content()
    for reported in (
        "Thursday 17 June 2027",
        "140 %",
        "2 of\n90 bids",
        "gateway starts",
        "over MQTT 5",
        "229 → 100 %",
    ):
        assert reported in text


def test_the_page_needs_nothing_else(page: str) -> None:
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "<script" not in page
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_every_colour_comes_from_the_page(page: str) -> None:
    assert "#f0000" not in page
    used = set(re.findall(r"var\(--([a-z]+)\)", page))
    for theme in re.findall(r":root \{(.*?)\}", page, re.DOTALL)[:2]:
        assert used - {"font", "share"} <= set(re.findall(r"--([a-z]+):", theme))


def test_names_inside_the_drawings_are_unique_and_resolve(page: str) -> None:
    names = Counter(re.findall(r'\bid="([^"]+)"', page))
    assert {name for name, times in names.items() if times > 1} == set()
    assert set(re.findall(r'(?:url\(|href=")#([^")]+)', page)) <= set(names)


def test_limited_bids_come_with_the_elements_by_share(report: Report) -> None:
    second, first = limited_bids(report)
    assert (first.units, second.units) == (2, 1)
    assert first.cut_mwh == pytest.approx((2.0 + 2.0) / 4)
    assert second.cut_mwh == pytest.approx(8.0 / 4)
    assert [(element, round(share, 4)) for _, element, share in first.causes] == [
        ("to farm", 0.875),
        ("to village", 0.125),
    ]


def test_the_clearest_unit_is_where_the_grid_changes_most(report: Report) -> None:
    moved = np.abs(report.count.accepted_mw - report.count.merit_order_mw).sum(axis=0)
    assert moved[clearest_unit(report.count)] > np.median(moved)


def test_of_lines_in_a_row_only_the_worst_is_named(report: Report) -> None:
    named = worst_elements(report.count, 6)
    assert len({grid for grid, _ in named}) == 2
    # Transformer and first line carry the same flow; the line has the smaller limit.
    assert all(report.count.loadings[grid].elements[element] != "transformer" for grid, element in named)


def test_writing_twice_gives_the_same_page(report: Report, page: str, tmp_path: Path) -> None:
    assert write(report, tmp_path).read_text("utf-8") == page
