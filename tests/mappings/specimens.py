"""Documents of every version that make sense: full ones say everything once, repeated things twice."""

from datetime import UTC, datetime, timedelta

from lxml import etree

from esmp.codes import code_set
from esmp.profiles import Profile, profiles
from esmp.sample_documents import agreeing, specimen
from mappings.families import mapped_kinds

START = datetime(2026, 3, 28, 23, tzinfo=UTC)

MAPPED = tuple(found for found in profiles() if found.family in mapped_kinds())


def name_of(profile: Profile) -> str:
    return f"{profile.family}-{profile.version}"


def document(profile: Profile, *, full: bool = True, series: int = 2) -> bytes:
    """A valid document whose times, positions and units agree."""
    root = specimen(profile, code_set(), full=full, series=series)
    agreeing(root, START, START + timedelta(days=1))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def leaves(root: etree._Element) -> list[tuple[str, str, str | None]]:
    """Every value of a document: path, text, coding scheme."""
    tree = root.getroottree()
    return [
        (tree.getelementpath(element), (element.text or "").strip(), element.get("codingScheme"))
        for element in root.iter(etree.Element)
        if not len(element)
    ]
