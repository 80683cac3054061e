"""Every published set is read, or refused with file, line and rule; counts and values are as in lxml."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from cim_profiles.bindings import CLASSES
from cim_profiles.findings import GridFileError
from cim_profiles.grid_files import GridFiles, read
from cim_profiles.headers import NotCimError
from cim_profiles.names import RDF
from cim_profiles.profile_table import ENUM, REFERENCE, profile_table
from tests.cim.sets import BE, MINI, PUBLISHED, TELEMARK, base_of, model, modified_sets

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not MINI.is_dir(), reason="the published grids are not here"),
]
_RESOURCE = f"{{{RDF}}}resource"


def _second_reading(found: GridFiles) -> tuple[Counter[str], list[tuple[str, str, str, str]]]:
    """The same files with lxml: objects per class, and (class, id, attribute, value) of everything read."""
    counts: Counter[str] = Counter()
    values = []
    for header in found.models:
        with header.source.opened() as stream:
            root = etree.parse(stream).getroot()
        for element in root.iterchildren("*"):
            name = etree.QName(element).localname
            if name == "FullModel":
                continue
            counts[name] += 1
            if name not in CLASSES:
                continue
            known = profile_table().attributes(name)
            written = element.get(f"{{{RDF}}}ID") or element.get(f"{{{RDF}}}about").split("#")[-1]
            for child in element.iterchildren("*"):
                owner, _, attribute = etree.QName(child).localname.partition(".")
                if attribute in known and known[attribute].owner == owner:
                    value = child.get(_RESOURCE) or (child.text or "").strip()
                    values.append((name, written.removeprefix("_"), attribute, value))
    return counts, values


def _holds(found: GridFiles, name: str, own_id: str, attribute: str, written: str) -> bool:
    table = found.tables[CLASSES[name]]
    number = found.ids.index(own_id)
    value = getattr(table, attribute)[int(found.rows(CLASSES[name], np.array([number]))[0])]
    kind = profile_table().attributes(name)[attribute].kind
    if kind == REFERENCE:
        return found.ids[int(value)] == written.rsplit("#", maxsplit=1)[-1].removeprefix("_")
    if kind == ENUM:
        return str(value) == written.rsplit(".", maxsplit=1)[-1]
    if kind == "bool":
        return bool(value) == (written == "true")
    return bool(value == (float(written) if kind in profile_table().units else written))


@pytest.mark.feature(id="B7")
@pytest.mark.parametrize("name", PUBLISHED)
def test_counts_and_a_thousand_values_equal_a_second_reader(name: str) -> None:
    found = read(PUBLISHED[name])
    counts, values = _second_reading(found)
    assert found.counts == counts
    sample = random.Random(name).sample(values, min(1000, len(values)))
    assert [each for each in sample if not _holds(found, *each)] == []


CONTRADICTING = "BC_NL_v2_multiple_generators_with_reference_priority"
"""Its hypothesis says of one terminal that it is connected, and that it is not."""


@pytest.mark.parametrize("modified", modified_sets(), ids=lambda path: str(path.name))
def test_every_odd_set_is_read_on_top_of_its_base_or_refused(modified: Path) -> None:
    if modified.name == CONTRADICTING:
        with pytest.raises(GridFileError, match=r"ACDCTerminal\.connected is given as 1 and 0"):
            read(base_of(modified))
        return
    found = read(base_of(modified))
    files = {header.source.path for header in found.models}
    assert set(modified.glob("*.xml")) <= files
    counts, _ = _second_reading(found)
    assert found.counts == counts


def test_a_cut_off_published_file_is_refused_with_its_line() -> None:
    with pytest.raises(GridFileError, match=r"LV1_SSH\.xml:129: mismatched tag") as refused:
        read([TELEMARK])
    assert (refused.value.place.line, refused.value.rule) == (129, "well-formed XML")


def test_a_missing_boundary_is_refused_and_named() -> None:
    with pytest.raises(GridFileError, match="2399cbd0-9a39-11e0-aa80-0800200c9a66") as refused:
        read([BE])
    assert refused.value.rule == "header dependency"
    assert refused.value.place.line > 0


def test_another_xml_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_text("<a/>")
    with pytest.raises(NotCimError, match="root is a"):
        read([file])
    assert read([MINI, tmp_path_with(tmp_path)]).skipped[-1][1] == "the root is a, not rdf:RDF"


def tmp_path_with(folder: Path) -> Path:
    (folder / "model.xml").write_text(model(""))
    return folder
