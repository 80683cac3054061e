"""Networks of CGMES files: their own power flow equals the state that the files deliver."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandapower as pp
import pytest
from typer.testing import CliRunner

from cim_profiles.findings import GridFileError
from gateway.cli.commands import app
from gateway.grids.cgmes.comparison import compared
from gateway.grids.cgmes.network import network
from gateway.grids.pandapower_grid import grid_data
from tests.cim.sets import ASSEMBLED, BE, BOUNDARY, CIGRE, MICRO_3, MINI, MODIFIED, NL, TELEMARK, base_of

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not MINI.is_dir(), reason="the published grids are not here"),
]
CONSISTENT = {
    "MicroGrid BE": [BOUNDARY, BE],
    "MicroGrid NL": [BOUNDARY, NL],
    "MicroGrid assembled": [BOUNDARY, ASSEMBLED],
    "MiniGrid": [MINI],
    "CIGRE MV": [CIGRE],
    **{
        name: base_of(MODIFIED / name)
        for name in (
            "BC_Assembled_v2_three_lines_at_boundary",
            "BC_BE_v2_eqbranch",
            "BC_BE_v2_gen_unit_with_two_sync_machines",
            "BC_BE_v2_missing_regulating_control",
            "BC_BE_v2_single_file",
        )
    },
}
"""Sets that deliver a state which fits their equipment."""


@pytest.mark.feature(id="B7")
@pytest.mark.parametrize("name", CONSISTENT)
def test_the_power_flow_equals_the_delivered_state(name: str) -> None:
    found = compared(network(CONSISTENT[name]))
    assert found is not None
    assert found.nodes >= 10
    assert found.max_dv_pu <= 1e-3
    assert found.max_da_deg <= 0.1


def test_a_state_of_other_tap_positions_is_seen_to_differ() -> None:
    """The published state of MicroGrid 3.0 fits step 16 of a changer at 17, and another phase shift."""
    found = compared(network([MICRO_3]))
    assert found is not None
    assert 1e-3 < found.max_dv_pu < 5e-3
    assert 0.1 < found.max_da_deg < 0.4


def _without(folder: Path, source: Path, *left_out: str) -> Path:
    folder.mkdir()
    for file in source.rglob("*.xml"):
        if not any(part in file.name for part in left_out):
            shutil.copy(file, folder)
    return folder


def test_nodes_come_of_switches_where_there_is_no_topology(tmp_path: Path) -> None:
    """MiniGrid without TP and SV: the same voltages, at nodes that are merged over closed switches."""
    whole = network([MINI])
    alone = network([_without(tmp_path / "mini", MINI, "_TP", "_SV")])
    for net in (whole.net, alone.net):
        pp.runpp(net, numba=False, trafo_model="pi")
    of_line = [
        {
            name: sorted(net.res_bus.vm_pu[[start, end]])
            for name, start, end, live in zip(
                net.line.name, net.line.from_bus, net.line.to_bus, net.line.in_service, strict=True
            )
            if live
        }
        for net in (whole.net, alone.net)
    ]
    assert set(of_line[0]) <= set(of_line[1])  # a solved state (SvStatus) takes out two that hang
    assert len(of_line[0]) == 7
    for name, volts in of_line[0].items():
        np.testing.assert_allclose(of_line[1][name], volts, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "old", "new", "rule"),
    [
        ("_SSH", r"<cim:TapChanger.step>\d+", "<cim:TapChanger.step>99", "tap position"),
        ("_EQ_", "cim:ACLineSegment([ >])", r"cim:Clamp\g<1>", "a terminal has known equipment"),
        ("_EQ_", r"<cim:ACLineSegment.x>[^<]*</cim:ACLineSegment.x>", "", "impedance"),
        ("_EQ_", r"<cim:PowerTransformerEnd.ratedU>[^<]*", "<cim:PowerTransformerEnd.ratedU>2900", "unit kV"),
        ("_SSH", r"<cim:EnergyConsumer.p>[^<]*</cim:EnergyConsumer.p>", "", "power"),
        (
            "_SSH",
            r"<cim:RegulatingControl.enabled>true",
            "<cim:RegulatingControl.enabled>false",
            "every island has a reference",
        ),
    ],
)
def test_what_makes_no_network_is_refused_at_its_line(
    tmp_path: Path, name: str, old: str, new: str, rule: str
) -> None:
    changed = _without(tmp_path / "be", BE, "_SV")
    file = next(each for each in changed.iterdir() if name in each.name)
    text = file.read_text("utf-8")
    assert re.search(old, text)
    text = re.sub(old, new, text)
    file.write_text(
        re.sub(r"<cim:RegulatingControl.enabled>true", "<cim:RegulatingControl.enabled>false", text)
    )
    with pytest.raises(GridFileError) as refused:
        network([BOUNDARY, changed])
    assert refused.value.rule == rule
    assert refused.value.place.line > 0


def test_a_line_without_impedance_joins_its_nodes(tmp_path: Path) -> None:
    changed = _without(tmp_path / "be", BE, "_SV")
    file = next(each for each in changed.iterdir() if "_EQ_" in each.name)
    text = file.read_text("utf-8")
    start = text.index("<cim:ACLineSegment ")
    end = text.index("</cim:ACLineSegment>", start)
    line = re.sub(r"(<cim:ACLineSegment.(?:r|x|bch|gch)>)[^<]*", r"\g<1>0", text[start:end])
    file.write_text(text[:start] + line + text[end:])
    found = network([BOUNDARY, changed])
    assert any("without impedance" in remark for remark in found.remarks)
    pp.runpp(found.net, numba=False)
    one, two = found.net.switch[["bus", "element"]].iloc[0]
    assert found.net.res_bus.vm_pu[one] == found.net.res_bus.vm_pu[two]


def test_a_model_can_be_built_of_it() -> None:
    data = grid_data(network([CIGRE]).net)
    assert len(data.names) >= 12
    assert np.all(data.rating_from > 0)
    assert np.abs(np.abs(data.ac.voltage) - 1).max() < 0.1


def _run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["grid", *(str(each) for each in arguments)])
    return done.exit_code, done.output


def test_read_says_what_is_in_it_or_why_it_is_refused() -> None:
    code, text = _run("read", MINI)
    assert code == 0
    assert "13 buses, 9 branches, 6 transformers, 10 injections" in text
    code, text = _run("read", TELEMARK, "--json")
    assert code == 1
    assert '"line": 129' in text
    assert '"rule": "well-formed XML"' in text


def test_build_takes_files_and_their_boundary(tmp_path: Path) -> None:
    output = tmp_path / "model.json"
    code, text = _run(
        "build", BE, output, "--also", BOUNDARY, "--grid-id", "be", "--valid-from", "2026-03-01T00:00Z",
        "--valid-to", "2026-03-01T01:00Z", "--lowest-mw", -5, "--highest-mw", 5, "--point-mw", 2,
        "--own-names", "--monitored", "all",
    )  # fmt: skip
    assert code == 0, text
    assert "17086487-56ba-4979-b8de-064025a6b4da" in output.read_text()


def test_inspect_shows_an_object_as_cimpy_sees_it() -> None:
    pytest.importorskip("cimpy")
    code, text = _run("inspect", MINI, "--object", "1e7f52a9-21d0-4ebe-9a8a-b29281d5bfc9")
    assert code == 0
    assert '"class": "ACLineSegment"' in text
    assert _run("inspect", MINI, "--object", "nobody")[0] == 1
    code, text = _run("inspect", BE, BOUNDARY, "--object", "17086487-56ba-4979-b8de-064025a6b4da")
    assert code == 1
    assert "cimpy fails" in text
