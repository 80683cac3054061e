"""Bad grid files are refused with file, line and rule, and difference models need exactly their base."""

import zipfile
from pathlib import Path

import pytest

from cim_profiles.bindings import BaseVoltage
from cim_profiles.collecting import Collector
from cim_profiles.differences import apply_difference, read_difference
from cim_profiles.findings import GridFileError
from cim_profiles.grid_files import GridFiles, read
from cim_profiles.reading import read_file
from cim_profiles.sources import Source
from tests.cim.sets import base_voltage, difference, model


def _refused(tmp_path: Path, text: str) -> GridFileError:
    file = tmp_path / "eq.xml"
    file.write_text(text)
    with pytest.raises(GridFileError) as refused:
        read([file])
    assert refused.value.place.file == str(file)
    return refused.value


def _kv(found: GridFiles) -> dict[str, float]:
    table = found.table(BaseVoltage)
    return {found.ids[number]: float(kv) for number, kv in zip(table.ids, table.nominalVoltage, strict=True)}


@pytest.mark.parametrize(
    ("objects", "rule", "line"),
    [
        (base_voltage("a", "20000"), "unit kV", 8),
        (base_voltage("a", "1,5"), "a number", 9),
        (base_voltage("a", "nan"), "a number", 9),
        (base_voltage("a", "1_0"), "a number", 9),
        (base_voltage("a", "20") * 2, "an rdf:ID is there once", 11),
        ("<cim:BaseVoltage/>", "an object has one id", 8),
        ('<BaseVoltage xmlns="http://iec.ch/TC57/2031/CIM#" rdf:ID="_a"/>', "known namespace", 8),
        (
            '<cim:VoltageLevel rdf:ID="_v"><cim:VoltageLevel.BaseVoltage>x</cim:VoltageLevel.BaseVoltage>',
            "a reference has an rdf:resource",
            8,
        ),
        (
            '<cim:Breaker rdf:ID="_v">\n<cim:Switch.open>perhaps</cim:Switch.open></cim:Breaker>',
            "true or false",
            9,
        ),
        (
            '<cim:BaseVoltage rdf:ID="_a"><cim:BaseVoltage.nominalVoltage>2<cim:x/>0',
            "a value is text",
            8,
        ),
    ],
)
def test_a_bad_object_is_refused_at_its_line(tmp_path: Path, objects: str, rule: str, line: int) -> None:
    found = _refused(tmp_path, model(objects))
    assert (found.rule, found.place.line) == (rule, line)


def test_two_values_of_one_attribute_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(model(base_voltage("a", "20"), name="a"))
    (tmp_path / "b.xml").write_text(model(base_voltage("a", "20"), name="b"))
    assert _kv(read([tmp_path])) == {"a": 20.0}
    (tmp_path / "b.xml").write_text(model(base_voltage("a", "21"), name="b"))
    with pytest.raises(GridFileError, match="given as 20 and 21"):
        read([tmp_path])


def test_entities_are_never_expanded(tmp_path: Path) -> None:
    text = model(base_voltage("a", "&b;")).replace("<rdf:RDF", '<!DOCTYPE x [<!ENTITY b "20">]>\n<rdf:RDF', 1)
    assert _refused(tmp_path, text).rule == "no document type"


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    whole = model(base_voltage("a", "20"))
    for cut in range(1, len(whole) - 2, 7):
        assert _refused(tmp_path, whole[:cut]).rule in ("well-formed XML", "known namespace")


def test_models_of_two_editions_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(model("", name="a"))
    (tmp_path / "b.xml").write_text(model("", name="b", cim="http://iec.ch/TC57/CIM100#"))
    with pytest.raises(GridFileError, match=r"b\.xml:5: this is 3\.0"):
        read([tmp_path])


@pytest.mark.parametrize(
    "cim",
    [
        "http://iec.ch/TC57/2013/CIM-schema-cim16#",
        "http://iec.ch/TC57/CIM100#",
        "https://cim.ucaiug.io/ns#",
    ],
)
def test_all_namespace_forms_are_read(tmp_path: Path, cim: str) -> None:
    (tmp_path / "a.xml").write_text(model(base_voltage("a", "20"), cim=cim))
    assert _kv(read([tmp_path])) == {"a": 20.0}


def test_a_later_path_replaces_a_model_and_one_path_has_it_once(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for folder, kv in ((first, "20"), (second, "10")):
        folder.mkdir()
        (folder / "a.xml").write_text(model(base_voltage("a", kv)))
    found = read([first, second])
    assert _kv(found) == {"a": 10.0}
    assert "given later" in found.skipped[0][1]
    with pytest.raises(GridFileError, match=r"is in .* too"):
        read([tmp_path])


def test_a_full_model_replaces_the_one_that_it_supersedes(tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(model(base_voltage("a", "20"), name="first"))
    (tmp_path / "2.xml").write_text(model(base_voltage("a", "10"), name="second", supersedes="first"))
    found = read([tmp_path])
    assert _kv(found) == {"a": 10.0}
    assert "supersedes it" in found.skipped[0][1]
    assert [header.model for header in found.models] == ["second"]


def test_zips_of_zips_are_read_and_other_paths_refused(tmp_path: Path) -> None:
    inner, outer = tmp_path / "in.zip", tmp_path / "out.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.xml", model(base_voltage("a", "20")))
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "in.zip")
    assert _kv(read([outer])) == {"a": 20.0}
    assert read([outer]).models[0].source.name == f"{outer}!in.zip!a.xml"
    for name in ("../a.xml", "/a.xml", "x/../../a.xml", "C:\\a.xml"):
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr(name, model(""))
        with pytest.raises(GridFileError, match="leads outside") as refused:
            read([outer])
        assert refused.value.rule == "zip path"


def test_a_zip_bomb_and_a_damaged_zip_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b" " * (40 << 20))
    with pytest.raises(GridFileError, match="would grow") as refused:
        read([bomb])
    assert refused.value.rule == "zip size"
    bomb.write_bytes(bomb.read_bytes()[:-30])
    with pytest.raises(GridFileError, match="no complete zip") as refused:
        read([bomb])
    assert refused.value.rule == "readable zip"


def _changed(kv: str) -> str:
    value = f"<cim:BaseVoltage.nominalVoltage>{kv}</cim:BaseVoltage.nominalVoltage>"
    return f'<rdf:Description rdf:about="#_a">\n{value}</rdf:Description>'


def test_a_difference_changes_adds_and_removes(tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(model(base_voltage("a", "20") + base_voltage("b", "10")))
    change = difference(
        _changed("21") + base_voltage("c", "0.4"), _changed("20") + base_voltage("b", "10"), "eq"
    )
    (tmp_path / "2.xml").write_text(change)
    found = read([tmp_path])
    assert _kv(found) == {"a": 21.0, "c": 0.4}
    assert [header.model for header in found.models] == ["diff"]
    (tmp_path / "3.xml").write_text(difference(_changed("22"), _changed("21"), "diff", name="second"))
    assert _kv(read([tmp_path])) == {"a": 22.0, "c": 0.4}


def test_a_difference_is_undone_by_its_reverse(tmp_path: Path) -> None:
    (tmp_path / "1.xml").write_text(model(base_voltage("a", "20") + base_voltage("b", "10")))
    change = difference(
        _changed("21") + base_voltage("c", "0.4"), _changed("20") + base_voltage("b", "10"), "eq"
    )
    (tmp_path / "2.xml").write_text(change)
    collector = Collector()
    read_file(Source("1.xml", 0, tmp_path / "1.xml"), collector, {})
    both = read_difference(Source("2.xml", 0, tmp_path / "2.xml"))
    apply_difference(both, collector)
    apply_difference(both.undone(), collector)
    assert collector.counts["BaseVoltage"] == 2
    table = collector.tables()[BaseVoltage]
    assert isinstance(table, BaseVoltage)
    ids = list(collector.ids)
    assert {ids[number]: kv for number, kv in zip(table.ids, table.nominalVoltage, strict=True)} == {
        "a": 20.0,
        "b": 10.0,
    }


@pytest.mark.parametrize(
    ("reverse", "base", "rule"),
    [
        (_changed("19"), "eq", "difference base"),
        (_changed("20").replace("_a", "_z"), "eq", "difference base"),
        (_changed("20"), "another", "a difference model has its base"),
    ],
)
def test_a_difference_without_its_base_is_refused(tmp_path: Path, reverse: str, base: str, rule: str) -> None:
    (tmp_path / "1.xml").write_text(model(base_voltage("a", "20")))
    (tmp_path / "2.xml").write_text(difference(_changed("21"), reverse, base))
    with pytest.raises(GridFileError) as refused:
        read([tmp_path])
    assert refused.value.rule == rule
    assert refused.value.place.line > 0
