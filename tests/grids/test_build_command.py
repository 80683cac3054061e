"""The builder as the operator of a grid meets it: files in, a model, a key and plain words out."""

import json
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pytest

from gateway.domain.grid import Band
from gateway.grids import exchange
from gateway.grids.build import NetworkError
from gateway.grids.build_command import ALL, REACHABLE, Names, build_command, warnings
from gateway.grids.build_report import BuildReport
from gateway.grids.check_command import check_command
from gateway.grids.disclosure import disclosure
from gateway.grids.element_labels import labels
from gateway.grids.pseudonyms import PseudonymKeyFileError, Pseudonyms
from tests.grids.networks import network
from tests.grids.test_build import DAY


@dataclass
class Desk:
    """Where an operator builds models, and what was said."""

    directory: Path
    stated: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)

    @property
    def key(self) -> Path:
        return self.directory / "grid.key"

    @property
    def output(self) -> Path:
        return self.directory / "model.json"

    def save(self, net: Any) -> str:
        path = self.directory / "net.json"
        pp.to_json(net, str(path))
        return str(path)

    def write(self, name: str, content: object) -> Path:
        path = self.directory / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def build(self, net: str, **options: Any) -> BuildReport:
        chosen: dict[str, Any] = {
            "grid_id": "TEST",
            "validity": DAY,
            "band": Band(-2, 2, 1),
            "names": Names(self.key),
            "monitored": ALL,
            "echo": self.stated.append,
            "warn": self.warned.append,
        }
        return build_command(net, self.output, **(chosen | options))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def feeder() -> Any:
    """A radial feeder with ratings: `case33bw` has none."""
    net = network("case33bw")
    net.line["max_i_ka"] = 0.5
    return net


def test_it_builds_what_check_takes(desk: Desk) -> None:
    points = {"operating_points": [{"name": "a", "load": [0.8] * 24, "generation": [1.0] * 24}]}
    report = desk.build("mv_oberrhein", points=desk.write("points.json", points), external_grid=1)
    assert check_command(desk.output).findings == ()
    assert exchange.read(desk.output.read_bytes()).mtu_count == 24
    assert f"{report.model.error_band_pct} %" in desk.stated[2]
    assert desk.warned == []
    desk.output.write_bytes(desk.output.read_bytes().replace(b'"grid":"TEST"', b'"grid":""'))
    assert [finding.pointer for finding in check_command(desk.output).findings] == ["/grid"]


def test_no_name_of_the_network_leaves(desk: Desk) -> None:
    net = network("two feeds")
    desk.build(desk.save(net))
    text = desk.output.read_text()
    own = [*net.line.name, *net.bus.name]
    assert [name for name in own if f'"{name}"' in text] == []
    known = Pseudonyms.read(desk.key)
    model = exchange.read(desk.output.read_bytes())
    shown = [known.resolved(element.element_id) for element in model.elements]
    assert set(shown) <= set(net.line.name)
    assert stat.S_IMODE(desk.key.stat().st_mode) == 0o600


def test_own_names_leave_only_when_that_is_stated(desk: Desk) -> None:
    report = desk.build(desk.save(network("two feeds")), names=Names(None))
    assert {element.element_id for element in report.model.elements} <= {
        "l01",
        "l12",
        "l23",
        "l34",
        "l13",
        "l45",
    }
    assert "leave as they are" in "".join(desk.stated)
    assert not desk.key.exists()


def test_agreed_ids_of_connection_points_stay_and_choose_the_buses(desk: Desk) -> None:
    agreed = desk.write("points.json", {"b2": "Substation A", "b6": "DE-77"})
    model = desk.build(desk.save(network("two feeds")), names=Names(desk.key, agreed)).model
    assert model.connection_points[2:] == ("Substation A", "DE-77")
    assert all(name.startswith("N-") for name in model.connection_points[:2]), (
        "the reference has no agreed id"
    )


def test_it_is_stated_where_a_single_customer_can_be_read_off(desk: Desk) -> None:
    """And it can: the flow into the point less the flow out of it is the load there, but for losses."""
    net = feeder()
    shared = int(net.load.bus.iloc[3])
    pp.create_load(net, shared, p_mw=0.05)
    report = desk.build(desk.save(net), names=Names(None))
    (line,) = (stated for stated in desk.stated if "net load of one customer alone" in stated)
    model, found = report.model, disclosure(report.model)
    single = {model.connection_points[point] for point in found.single_points}
    bus_of = {name: index for (_, index), name in labels(net, ["bus"]).items()}
    names = {bus: name for name, bus in bus_of.items()}
    assert names[shared] in single
    assert f"at {len(single) - 1} buses" in line
    flow = model.operating_points[0].base_flow_mw[0]
    for number, branch in enumerate(found.branches):
        if len(branch.points) == 1:
            below = [flow[one.elements[0]] for one in found.branches if one.parent == number]
            load = net.load.p_mw[net.load.bus == bus_of[model.connection_points[branch.points[0]]]].sum()
            assert flow[branch.elements[-1]] - sum(below) == pytest.approx(load, abs=0.06)


def test_the_median_error_leaves_out_what_moves_nothing(desk: Desk) -> None:
    """CIGRE's transformer is full by itself, so half of the activations are scaled to nothing."""
    report = desk.build("create_cigre_network_mv", band=Band(-3, 3, 1), monitored=REACHABLE)
    assert 0.3 < report.significant / report.power_flows < 0.7
    assert 0.2 < report.error_median_pct < report.error_worst_pct
    (line,) = (stated for stated in desk.stated if stated.startswith("error of flow changes"))
    assert f"in {report.power_flows} AC power flows" in line
    assert f"in the {report.significant} of them" in line


def test_a_bad_line_is_left_out_and_named_and_stops_nothing(desk: Desk) -> None:
    net = feeder()
    for line, rating in enumerate((np.nan, 0.0, 99999.0, 1e-6, -1.0)):
        net.line.loc[10 + line, "max_i_ka"] = rating
    report = desk.build(desk.save(net))
    assert {out.name: out.reason for out in report.left_out if out.name.startswith("line 1")} == {
        "line 10": "no rating",
        "line 11": "a rating of 0 kA",
        "line 12": "a rating of 99,999 kA, which is a placeholder",
        "line 13": next(out.reason for out in report.left_out if "times its rating" in out.reason),
        "line 14": "a rating of -1 kA",
    }
    assert check_command(desk.output).findings == ()
    (warned,) = [line for line in desk.warned if "NOT PROTECTED" in line]
    assert all(f"line {number}" in warned for number in range(10, 15))


def test_a_base_overload_is_a_warning_and_leaves_a_model(desk: Desk) -> None:
    net = feeder()
    net.line.loc[5, "max_i_ka"] = 0.05
    report = desk.build(desk.save(net))
    assert list(report.overloaded_pct) == ["line 5"]
    pp.runpp(net, numba=False)
    assert report.overloaded_pct["line 5"] == pytest.approx(net.res_line.loading_percent.max(), rel=1e-4)
    (warned,) = (line for line in desk.warned if "OVERLOADED" in line and "line 5" in line)
    assert "will be available at most as far as others relieve them" in warned
    (voltage,) = (line for line in desk.stated if line.startswith("voltage"))
    assert f"in the {report.power_flows} sampled AC power flows, others may go further" in voltage
    assert check_command(desk.output).findings == ()


def test_large_errors_are_a_warning(desk: Desk) -> None:
    report = desk.build(desk.save(feeder()))
    assert report.error_worst_pct > 10
    (advised,) = (line for line in desk.warned if "ERRORS UP TO" in line)
    assert "--level-mw" in advised


def test_levels_that_are_there_are_not_advised(desk: Desk) -> None:
    report = desk.build(desk.save(feeder()))
    levels = [replace(report.model.operating_points[0], activation_level_mw=level) for level in (-2.0, 2.0)]
    levelled = replace(report, model=replace(report.model, operating_points=tuple(levels)))
    (warned,) = (line for line in warnings(levelled) if "ERRORS UP TO" in line)
    assert warned.endswith("Narrow the band")


def test_only_named_elements_are_monitored(desk: Desk) -> None:
    chosen = desk.write("monitored.txt", "l12\n\n l34 \n")
    report = desk.build(desk.save(network("two feeds")), names=Names(None), monitored=str(chosen))
    assert [element.element_id for element in report.model.elements] == ["l12", "l34"]
    unknown = desk.write("unknown.txt", "l99")
    with pytest.raises(NetworkError, match="l99"):
        desk.build(desk.save(network("two feeds")), monitored=str(unknown))


def test_what_is_left_out_as_unreachable_cannot_be_overloaded_within_the_band(desk: Desk) -> None:
    """Each left-out line driven as far as the band allows, by pandapower alone."""
    net = feeder()
    everything = desk.build(desk.save(net), names=Names(None))
    report = desk.build(desk.save(net), names=Names(None), monitored=REACHABLE)
    kept = {element.element_id for element in report.model.elements}
    left = [out.name for out in report.left_out]
    bus_of = {name: index for (_, index), name in labels(net, ["bus"]).items()}
    assert kept
    assert left
    assert kept | set(left) == {element.element_id for element in everything.model.elements}
    for name in left[::4]:
        row = [element.element_id for element in everything.model.elements].index(name)
        strongest = np.argsort(everything.model.operating_points[0].ptdf[row])[:2]
        for power in (-1.0, 1.0):
            pushed = feeder()
            for point in strongest:
                bus = bus_of[everything.model.connection_points[point]]
                pp.create_sgen(pushed, bus, power)
            pp.runpp(pushed, numba=False)
            assert pushed.res_line.loading_percent[int(name.split()[1])] < 75


def test_the_report_says_what_is_left_out_and_what_can_be_concluded(desk: Desk) -> None:
    net = feeder()
    net.line.loc[20, "max_i_ka"] = np.nan
    desk.build(desk.save(net), report_file=desk.directory / "report.txt")
    text = (desk.directory / "report.txt").read_text()
    assert "line 20 (no rating)" in text
    assert "31 of 31 elements form a tree" in text
    known = Pseudonyms.read(desk.key)
    assert "(line 3)" in text, "the operator reads its own names"
    assert known.resolved(desk.output.read_text()) != desk.output.read_text()


def test_it_is_stated_when_a_key_is_new(desk: Desk) -> None:
    net = desk.save(feeder())
    desk.build(net)
    assert any("a NEW key of the pseudonyms" in line for line in desk.stated)
    desk.stated.clear()
    desk.build(net)
    assert not any("NEW key" in line for line in desk.stated)
    assert (
        f"{desk.key}: the key of the pseudonyms; it stays with you, and later models need it" in desk.stated
    )


def test_a_key_of_another_grid_is_refused(desk: Desk) -> None:
    desk.build(desk.save(network("two feeds")))
    before = desk.output.read_bytes()
    with pytest.raises(PseudonymKeyFileError, match="'TEST', not of 'other'"):
        desk.build(desk.save(network("two feeds")), grid_id="other")
    assert desk.output.read_bytes() == before


REFUSED: dict[str, tuple[Callable[[Desk], object], str]] = {
    "two grids at once": (lambda desk: desk.build("mv_oberrhein"), "choose one external grid"),
    "no such network": (lambda desk: desk.build("no_such_network"), "neither a file"),
    "a module": (lambda desk: desk.build("os"), "neither a file"),
    "no network": (lambda desk: desk.build(str(desk.write("net.txt", "{}"))), "no pandapower network"),
    "points that are none": (
        lambda desk: desk.build(desk.save(feeder()), points=desk.write("points.json", "[]")),
        "points.json",
    ),
    "points without load": (
        lambda desk: desk.build(
            desk.save(feeder()), points=desk.write("p.json", {"operating_points": [{"name": "a"}]})
        ),
        "load",
    ),
    "an unknown bus": (
        lambda desk: desk.build(
            desk.save(feeder()), names=Names(None, desk.write("p.json", {"bus 99": "a"}))
        ),
        "no bus is called 'bus 99'",
    ),
    "no rating at all": (
        lambda desk: desk.build("case33bw"),
        r"32 with a rating of 99,999 kA, which is a placeholder \(line 0, .*max_i_ka",
    ),
    "a share that is no number": (
        lambda desk: desk.build(desk.save(feeder()), max_loading_pct=float("nan")),
        "nan %",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_it_cannot_use_is_refused(desk: Desk, case: str) -> None:
    attempt, why = REFUSED[case]
    with pytest.raises(NetworkError, match=why):
        attempt(desk)
    assert not desk.output.exists()
    assert not desk.key.exists()
