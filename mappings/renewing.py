"""A document under another name and with another time of creation, else unchanged."""

from datetime import datetime

from lxml import etree

from mappings.header import HEADER


def renewed(data: bytes, mrid: str, created_at: datetime) -> bytes | None:
    """Return a document of any family with another mRID and time; None where it has none of these."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    root = etree.fromstring(data, parser)
    for field, text in (("mrid", mrid), ("created_at", f"{created_at:%Y-%m-%dT%H:%M:%SZ}")):
        element = root.find(f"{{*}}{HEADER[field]}")
        if element is None:
            return None
        element.text = text
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
