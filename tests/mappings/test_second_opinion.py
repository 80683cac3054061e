"""Generated bindings read what we write, and write it back as it was."""

import importlib

import pytest
from lxml import etree
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer

import esmp
from esmp.generate import module_name
from esmp.profiles import Family, Profile, profile
from mappings import read, write
from tests.mappings.specimens import document, leaves, name_of

STRICT = ParserConfig(fail_on_unknown_properties=True, fail_on_converter_warnings=True)
PROFILES = [
    profile(Family(family), version)
    for family, version in (
        ("ReserveBid", "7.2"),
        ("ReserveBid", "7.6"),
        ("Acknowledgement", "8.1"),
        ("BidAvailability", "1.1"),
        ("MeritOrderList", "7.3"),
        ("Activation", "6.3"),
        ("ReserveAllocationResult", "6.1"),
        ("PlannedResourceSchedule", "6.3"),
        ("ResourceMapping", "1.1"),
    )
]


@pytest.mark.parametrize("found", PROFILES, ids=name_of)
def test_bindings_agree_on_every_value(found: Profile) -> None:
    data = document(found)
    written = write(read(data, esmp.identify(data)).document).data
    module = importlib.import_module(f"esmp.bindings.{module_name(found)}")
    kind = getattr(module, found.root.replace("_", ""))
    parsed = XmlParser(config=STRICT).from_bytes(written, kind)
    again = XmlSerializer().render(parsed, ns_map={None: found.namespace})
    assert texts(etree.fromstring(again.encode())) == texts(etree.fromstring(written))


def texts(root: etree._Element) -> list[tuple[str, str, str | None]]:
    return [(path, text.removesuffix(".0"), scheme) for path, text, scheme in leaves(root)]
