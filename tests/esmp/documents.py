"""Documents for the tests of this store: written from the tables, with invented parties."""

from lxml import etree

from esmp.codes import DEFAULT_CODES, code_set
from esmp.profiles import Family, Profile, profile
from esmp.sample_documents import specimen

BID = profile(Family.RESERVE_BID, "7.4")


def document(
    of: Profile = BID,
    *,
    codes: str = DEFAULT_CODES,
    full: bool = True,
    series: int = 1,
    encoding: str = "UTF-8",
) -> bytes:
    """A valid document as bytes."""
    root = specimen(of, code_set(codes), full=full, series=series)
    return etree.tostring(root, xml_declaration=True, encoding=encoding, pretty_print=True)


def tag(name: str, of: Profile = BID) -> str:
    """An element's tag in the profile's namespace."""
    return f"{{{of.namespace}}}{name}"
