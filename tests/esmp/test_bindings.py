"""Bindings follow from the tables, and what they write is valid."""

from importlib import import_module

import pytest
from lxml import etree
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.serializers import XmlSerializer

from esmp import validate
from esmp.catalogue import own_catalogue
from esmp.generate import BINDINGS, differences, generate, module_name
from esmp.profiles import Family, Profile, profile
from tests.esmp.documents import document

NEWEST = {p.family: p for p in own_catalogue().profiles()}


def canonical(data: bytes) -> bytes:
    return etree.tostring(etree.fromstring(data, etree.XMLParser(remove_blank_text=True)), method="c14n")


def test_generating_again_changes_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    fresh = tmp_path_factory.mktemp("bindings")
    generate(fresh)
    assert differences(fresh, BINDINGS) == []


def test_a_changed_missing_or_superfluous_module_is_a_difference(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    fresh, kept = (tmp_path_factory.mktemp(name) for name in ("fresh", "kept"))
    for folder, name, text in [
        (fresh, "a", "1"),
        (kept, "a", "2"),
        (fresh, "b", ""),
        (kept, "c", ""),
        (fresh, "d", ""),
        (kept, "d", ""),
    ]:
        (folder / f"{name}.py").write_text(text)
    assert differences(fresh, kept) == ["a.py", "b.py", "c.py"]


@pytest.mark.parametrize(
    "written",
    [
        *NEWEST.values(),
        profile(Family.RESERVE_ALLOCATION_RESULT, "6.1"),
        profile(Family.RESERVE_BID, "NBM-7.2"),
    ],
    ids=module_name,
)
def test_what_bindings_read_they_write_again(written: Profile) -> None:
    module = import_module(f"esmp.bindings.{module_name(written)}")
    root = getattr(module, written.root.replace("_", ""))
    data = document(written)
    parsed = XmlParser().from_bytes(data, root)
    again = XmlSerializer().render(parsed, ns_map={None: written.namespace}).encode()
    assert validate(again).findings == ()
    assert canonical(again).count(b"<") == canonical(data).count(b"<")
