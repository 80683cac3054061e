"""Sample documents of every family and version: valid, and true to the situation that they are for.

The schema of a version says what must be there (`esmp.sample_documents`); `sample_values.toml` says what a
sensible document has in it. Nothing of it is anybody's data: parties, areas and units are invented.
"""

import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from lxml import etree

from esmp.codes import code_set
from esmp.document_edits import NoSuchElement, put
from esmp.profiles import Family, Profile
from esmp.sample_documents import agreeing, specimen

_NUMBERED: Final = re.compile(r"TEST-(\d{4})")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)(?:([+-]\d+))?\}")


@dataclass(frozen=True, slots=True)
class Situation:
    """For whom and when a sample document is.

    Attributes:
        mrid: of the document; its series have names that begin with it.
        start, end: its period (UTC, whole minutes).
        resource: what is offered or used, as a system operator has assigned it.
        process: ENTSO-E process type.
    """

    mrid: str = "TEST-DOCUMENT"
    sender: str = "11XTEST-NORTH--J"
    receiver: str = "11XTEST-GATE---C"
    area: str = "10YTEST-AREA---F"
    resource: str = "11WTEST-UNIT-1-U"
    process: str = "A47"
    currency: str = "EUR"
    start: datetime = datetime(2026, 2, 28, 23, tzinfo=UTC)
    end: datetime = datetime(2026, 3, 1, 23, tzinfo=UTC)
    created: datetime = datetime(2026, 2, 28, 10, 15, 30, tzinfo=UTC)

    def filled(self, text: str) -> str:
        """The text with its placeholders filled; `{start+15}` is a quarter of an hour after the start.

        Raises:
            AttributeError: the situation has nothing of that name.
        """
        return _PLACEHOLDER.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        value = getattr(self, found[1])
        if not isinstance(value, datetime):
            return str(value)
        value += timedelta(minutes=int(found[2] or 0))
        return f"{value:%Y-%m-%dT%H:%M:%SZ}" if found[1] == "created" else f"{value:%Y-%m-%dT%H:%MZ}"


@cache
def _values() -> Mapping[str, Any]:
    return tomllib.loads(files("contract_tests").joinpath("sample_values.toml").read_text("utf-8"))


def sample(profile: Profile, situation: Situation, *, series: int = 1) -> etree._Element:
    """The root of a valid document of a version, with a quarter of an hour in each of its time series."""
    codes = code_set()
    # What an acknowledgement lists are series that were rejected.
    root = specimen(profile, codes, full=False, series=int(profile.family != Family.ACKNOWLEDGEMENT))
    agreeing(root, situation.start, situation.end)
    for element in root.iter(etree.Element):
        if len(element) == 0:
            _fill(element, situation)
    for path, text in _values()["family"].get(profile.family, {}).items():
        try:
            put(root, profile, codes, path, situation.filled(text))
        except NoSuchElement:
            continue  # an older version, or one of another market
    if profile.series is not None:
        _multiply(root, profile.series.name, series)
    return root


def _fill(element: etree._Element, situation: Situation) -> None:
    name, parent = etree.QName(element).localname, element.getparent()
    everywhere = _values()["everywhere"]
    text = everywhere.get(name)
    if parent is not None:
        text = everywhere.get(f"{etree.QName(parent).localname}/{name}", text)
    if text is not None:
        element.text = situation.filled(text)
    elif (numbered := _NUMBERED.fullmatch(element.text or "")) and not element.attrib:
        is_own = parent is not None and parent.getparent() is None and name == "mRID"
        element.text = situation.mrid if is_own else f"{situation.mrid}-{int(numbered[1])}"


def _multiply(root: etree._Element, name: str, count: int) -> None:
    """As many series as asked for: copies of the first, under names that begin with the document's."""
    found = [child for child in root if etree.QName(child).localname == name]
    if found:
        found[0][0].text = f"{root[0].text}-1"
    for number in range(2, count + 1) if found else ():
        copy = deepcopy(found[0])
        copy[0].text = f"{root[0].text}-{number}"
        found[-1].addnext(copy)
        found.append(copy)


def written(root: etree._Element) -> bytes:
    """A document as UTF-8, one element a line."""
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def sample_document(profile: Profile, situation: Situation, *, series: int = 1) -> bytes:
    """The bytes of `sample`."""
    return written(sample(profile, situation, series=series))
