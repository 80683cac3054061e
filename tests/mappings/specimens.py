"""Documents of every version that make sense: full ones say everything once, repeated things twice."""

from datetime import UTC, datetime, timedelta

from lxml import etree

from esmp.codes import code_set
from esmp.profiles import Profile, profiles
from esmp.sample_documents import specimen
from mappings.families import mapped_kinds

START = datetime(2026, 3, 28, 23, tzinfo=UTC)
PERIODS = ("Period", "Series_Period")

MAPPED = tuple(found for found in profiles() if found.family in mapped_kinds())


def name_of(profile: Profile) -> str:
    return f"{profile.family}-{profile.version}"


def document(profile: Profile, *, full: bool = True, series: int = 2) -> bytes:
    """A valid document whose times, positions and units agree."""
    root = specimen(profile, code_set(), full=full, series=series)
    for element in root.iter(etree.Element):
        name = local(element)
        children = {local(child) for child in element}
        if {"start", "end"} <= children:
            parent = element.getparent()
            assert parent is not None
            _set_interval(element, parent)
        elif name in PERIODS:
            for number, point in enumerate(points_of(element), start=1):
                point[0].text = str(number)
        elif name.endswith("Unit.name") or (name == "name" and "Unit" in local(element.getparent())):
            element.text = _unit(name if name != "name" else local(element.getparent()))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def local(element: etree._Element | None) -> str:
    return "" if element is None else etree.QName(element).localname


def points_of(period: etree._Element) -> list[etree._Element]:
    return [child for child in period if local(child) == "Point"]


def _set_interval(interval: etree._Element, parent: etree._Element) -> None:
    """Periods of a series follow each other with a gap; every other interval is the whole day."""
    start, length = START, timedelta(days=1)
    if local(parent) in PERIODS:
        rank = sum(1 for _ in parent.itersiblings(parent.tag, preceding=True))
        start, length = START + timedelta(hours=rank), timedelta(minutes=15 * len(points_of(parent)))
    interval[0].text = f"{start:%Y-%m-%dT%H:%MZ}"
    interval[1].text = f"{start + length:%Y-%m-%dT%H:%MZ}"


def _unit(name: str) -> str:
    if "urrency" in name:
        return "EUR"
    return "MWH" if "nergy" in name else "MAW"


def leaves(root: etree._Element) -> list[tuple[str, str, str | None]]:
    """Every value of a document: path, text, coding scheme."""
    tree = root.getroottree()
    return [
        (tree.getelementpath(element), (element.text or "").strip(), element.get("codingScheme"))
        for element in root.iter(etree.Element)
        if not len(element)
    ]
