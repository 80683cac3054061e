"""What the documentation shows works as shown."""

import json
import re
from pathlib import Path

import pytest

from gateway.domain import bounds
from gateway.grids import check_matrices, exchange, topology
from gateway.grids.findings import MAX_PER_RULE

PAGES = Path(__file__).resolve().parents[2] / "docs" / "connecting-a-dso"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text("utf-8"), re.DOTALL)


def test_the_model_of_the_format_page_is_taken() -> None:
    [example] = blocks("format.md", "json")
    model = exchange.read(example.encode())
    shown = set(json.loads(example)) | {"area", "points", "rows", "topology"}
    assert shown == set(exchange.schema()["properties"])
    assert model.elements[1].element_id == "L7"


def test_the_topology_of_the_format_page_fits_its_model_and_finds_a_wrong_sign() -> None:
    [example] = blocks("format.md", "json")
    page = (PAGES / "format.md").read_text("utf-8")
    [added] = re.findall(r'^    ("topology": \{\n(?:    .*\n)+)', page, re.MULTILINE)
    content = json.loads(example) | json.loads(f"{{{added}}}")
    assert exchange.read(json.dumps(content).encode()).elements[1].element_id == "L7"
    row = content["operating_points"][0]["ptdf"][1]
    content["operating_points"][0]["ptdf"][1] = [-one for one in row]
    with pytest.raises(exchange.GridModelError) as caught:
        exchange.read(json.dumps(content).encode())
    [finding] = caught.value.findings
    assert finding.pointer == "/operating_points/0/ptdf/1/2"
    del content["topology"]
    exchange.read(json.dumps(content).encode())  # without it the sign passes


def test_the_program_of_the_building_page_runs() -> None:
    [program] = blocks("building.md", "python")
    names: dict[str, object] = {}
    exec(compile(program, "building.md", "exec"), names)  # noqa: S102
    data = names["data"]
    assert isinstance(data, bytes)
    assert exchange.read(data).grid_id == "TEST-oberrhein"


def test_the_checks_page_states_the_bounds_the_checks_use() -> None:
    page = (PAGES / "checks.md").read_text("utf-8")
    for stated in (
        f"more than {exchange.MAX_BYTES // 2**20} MiB",
        f"after {MAX_PER_RULE} of one kind",
        f"beyond ±{bounds.MAX_FLOW_MW:,.0f} MW, or {check_matrices.MAX_OVERLOAD:.0f} times",
        f"beyond ±{bounds.MAX_PTDF:g} ",
        f"above {check_matrices.REFERENCE_TOLERANCE:g} ",
        f"more than {topology.TOLERANCE:g} from DC ones",
    ):
        assert stated in page
