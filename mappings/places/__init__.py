"""Canonical places in documents: in XML of any version, canonical JSON and tables.

    places = XmlPlaces(data, kind, version)     # or JsonPlaces(document), TablePlaces(bids, lines)
    places.located(findings)                    # findings with path, line and column as their sender has them

`canonical` is between the two: places as steps of fields, and their elements in a version.
"""

from mappings.places.json import JsonPlaces
from mappings.places.places import MOST_PLACES, OwnPlaces, Places
from mappings.places.table import TablePlaces
from mappings.places.xml import XmlPlaces

__all__ = ["MOST_PLACES", "JsonPlaces", "OwnPlaces", "Places", "TablePlaces", "XmlPlaces"]
